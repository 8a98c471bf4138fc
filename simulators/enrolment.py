"""The enrolment file: which devices there are, with whose credentials they connect, and to which broker."""

from __future__ import annotations

import json
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

TLS_READ_BYTES = 16_384


class BadEnrolment(Exception):
    """The enrolment file cannot serve; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One device. ``via``: the gateway on whose connection it speaks; then it has no credential of its own."""

    key: str
    kind: str
    user: str = ""
    password: str = ""
    via: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What ``halltwin enrol --simulators`` wrote. ``logins``: role -> (user, password)."""

    site: str
    host: str
    port: int
    devices: tuple[Login, ...]
    logins: Mapping[str, tuple[str, str]]
    tls: ssl.SSLContext | None = None


def read_enrolment(path: Path) -> Enrolment:
    """``ca`` beside an ``mqtts`` address: the file of the authority that the broker's certificate comes from."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        broker = urlsplit(body["broker"])
        secure = broker.scheme == "mqtts"
        enrolment = Enrolment(
            site=body["site"],
            host=broker.hostname or "127.0.0.1",
            port=broker.port or (8883 if secure else 1883),
            devices=tuple(_login(device) for device in body["devices"]),
            logins={one["role"]: (one["user"], one["password"]) for one in body.get("logins", [])},
            tls=_trust(body.get("ca")) if secure else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadEnrolment(f"{path} is no enrolment file: {type(error).__name__}: {error}") from error
    alone = {login.key for login in enrolment.devices if login.via is None}
    for login in enrolment.devices:
        if login.via is not None and login.via not in alone:
            raise BadEnrolment(
                f"{path}: {login.key} speaks via {login.via}, which is no device with a connection of its own"
            )
    return enrolment


def _trust(ca: str | None) -> ssl.SSLContext:
    # asyncio sets 256 KiB aside for each TLS connection: half a gigabyte for two thousand whose packets are small.
    SSLProtocol.max_size = TLS_READ_BYTES
    return ssl.create_default_context(cafile=ca)


def _login(device: Mapping[str, str]) -> Login:
    if via := device.get("via"):
        return Login(key=device["key"], kind=device["kind"], via=via)
    return Login(key=device["key"], kind=device["kind"], user=device["user"], password=device["password"])
