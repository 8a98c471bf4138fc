"""What the server process is told by its launcher, in one private file."""

from __future__ import annotations

from pathlib import Path

import msgspec


class BrokerAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How the hall itself reaches the broker; ``socket`` wins over host and port."""

    host: str
    port: int
    user: str
    password: str
    socket: str | None = None
    tls: bool = False


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``database`` is the owner's URL; work runs as the role without DDL. ``launcher`` hears when credentials end."""

    site: str
    database: str
    broker: BrokerAccess
    vault_key: str
    kinds: str | None = None
    secure_cookies: bool = False
    session_idle_s: int = 900
    session_max_s: int = 28_800
    url: str = ""
    demo: bool = False
    launcher: int | None = None


def read_run_settings(path: Path) -> RunSettings:
    """The settings in this file."""
    return msgspec.json.decode(path.read_bytes(), type=RunSettings)


def dump_run_settings(settings: RunSettings) -> bytes:
    """The same as bytes."""
    return msgspec.json.encode(settings)
