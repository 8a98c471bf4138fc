"""A hall on one broker as strangers meet it: credentials by ``halltwin enrol``, everything else by its HTTP API."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from iot.broker.credentials import DASHBOARD_USER
from tests.interop.brokers import Broker
from tests.interop.program import Program
from tests.interop.tools import NotLive, Tools, eventually
from ui.settings import FIELDS
from ui.testing import ROOT, RunningHall

SITE = "shifanqu"
START_WITHIN_S = 120.0
REPORTS_EVERY_S = 1.0
LISTED_WITHIN_S = 5.0
ENDED = {"done", "failed", "refused", "expired", "disarmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    user: str
    password: str


class Stage:
    """``start`` first, ``stop`` whatever happened. Peers are started through it, so that none outlives it."""

    def __init__(self, broker: Broker, *, folder: Path, tools: Tools) -> None:
        self.broker, self.tools, self._folder = broker, tools, folder
        self._data = folder / "d"
        self._hall: RunningHall | None = None
        self._clients: dict[str, httpx2.Client] = {}
        self._programs: list[Program] = []
        self._repeating: list[threading.Thread] = []
        self._over = threading.Event()

    @property
    def site(self) -> str:
        return SITE

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self._running().document["broker"])
        return parts.hostname or "", parts.port or 1883

    def start(self) -> None:
        """Up when the hall says it is ready."""
        sections: dict[str, dict[str, Any]] = {
            "hall": {"data": str(self._data)},
            "http": {"port": 0},
            "login": {"second_factor": "administrators"},
        }
        if outside := self.broker.start(self._folder / "broker", self.tools):
            sections["broker"] = outside
        if self.offers_discovery():
            sections["mqtt"] = {"home_assistant": True}
        config = self._folder / "hall.toml"
        config.write_text(
            "".join(
                f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in content.items())
                for name, content in sections.items()
            ),
            encoding="utf-8",
        )
        self._hall = RunningHall("up", "--config", str(config), "--json", folder=self._folder / "run")
        self._hall.await_ready(START_WITHIN_S)
        self._clients["admin"] = self._hall.client("admin")
        first, password = secrets.token_urlsafe(), secrets.token_urlsafe()
        person = {"user": "operator", "password": first, "name": "Operator"}
        made = _checked(self._clients["admin"].post("/accounts/users", json=person))
        given = {"roles": ["manager"], "why": "runs the hall"}
        with closing(self._hall.client("security_admin")) as security:
            _checked(security.put(f"/accounts/users/{made['id']}/roles", json=given))
        with closing(self._client("operator", first)) as newcomer:
            _checked(newcomer.post("/accounts/password", json={"old": first, "new": password}))
        self._clients["manager"] = self._client("operator", password)

    def stop(self) -> None:
        self._over.set()
        for thread in self._repeating:
            thread.join()
        for program in self._programs:
            program.stop()
        for client in self._clients.values():
            client.close()
        try:
            if self._hall is not None and self._hall.process.poll() is None:
                self._hall.stop()
        finally:
            if self._hall is not None:
                self._hall.kill()
            self.broker.stop()

    # --- what a peer gets

    def enrol(self, key: str, kind: str) -> Login:
        """A credential of its own, as an operator makes one."""
        words = ["enrol", key, "--kind", kind, "--data", str(self._data), "--json"]
        ended = subprocess.run(
            [sys.executable, "-m", "ui.cli", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise NotLive(f"halltwin enrol {key}: {ended.stderr.strip()[-300:]}")
        self.broker.admit(ended.stderr)
        eventually(lambda: self.find_device(key), what=f"{key} in the hall's list", within_s=LISTED_WITHIN_S)
        credential = json.loads(ended.stdout)
        return Login(user=credential["user"], password=credential["password"])

    def bind(self, key: str, convention: str, address: str) -> None:
        """From now on what comes from this foreign address is this device's."""
        asked = {"device": key, "convention": convention, "address": address}
        _checked(self._clients["admin"].post("/admission/bindings", json=asked))

    def enrol_dashboard(self) -> Login:
        """The one user that may read where discovery points to."""
        made = _checked(self._clients["admin"].post("/admission/rotate", json={"keys": [DASHBOARD_USER]}))[0]
        self.broker.admit(made["line"] or "")
        return Login(user=made["user"], password=made["password"])

    def script(self, script: str, login: Login, *words: str) -> Program:
        """A script of ours that speaks with other people's packages, as this user."""
        host, port = self.address
        told = {
            "PEER_HOST": host, "PEER_PORT": str(port), "PEER_USER": login.user, "PEER_PASSWORD": login.password,
            "PEER_SITE": self.site, "PEER_VERSION": self.broker.mqtt,
        }  # fmt: skip
        log = self._folder / "peers" / f"{script}-{login.user}"
        self._programs.append(self.tools.start_script(script, *words, log=log, env=told))
        return self._programs[-1]

    def program(self, name: str, command: list[str]) -> Program:
        """A program of others that goes on running."""
        self._programs.append(Program(command, log=self._folder / "peers" / name, env=os.environ))
        return self._programs[-1]

    def repeat(self, do: Callable[[], object]) -> None:
        """What a device does every so often, until all is over."""

        def go_on() -> None:
            while not self._over.wait(REPORTS_EVERY_S):
                do()

        self._repeating.append(threading.Thread(target=go_on, daemon=True))
        self._repeating[-1].start()

    # --- what an operator sees and does

    def find_device(self, key: str) -> dict[str, Any] | None:
        answer = self._clients["admin"].get(f"/devices/{key}")
        return None if answer.status_code == 404 else _checked(answer)

    def find_value(self, key: str, point: str) -> Any:
        device = self.find_device(key)
        return _values(device).get(point) if device else None

    def await_shown(self, key: str, values: Mapping[str, Any], *, of: Program | None = None) -> None:
        """Until the twin shows the device online, with these values."""

        def shown() -> bool:
            device = self.find_device(key)
            return device is not None and device["online"] is True and values.items() <= _values(device).items()

        try:
            eventually(shown, what=f"{key} online with {dict(values)}", of=of)
        except NotLive as error:
            device = self.find_device(key)
            now = f"online {device['online']}, {_values(device)}" if device else "no such device"
            raise NotLive(f"{error}; the twin has {now}") from error

    def await_gone(self, key: str) -> None:
        """Until the twin no longer shows the device online."""
        eventually(lambda: (self.find_device(key) or {}).get("online") is not True, what=f"{key} shown as gone")

    def command(self, key: str, name: str, **args: Any) -> dict[str, Any]:
        """Sent, and fired where it is dangerous."""
        asked = {"name": name, "args": args, "reason": "interop"}
        sent = _checked(self._clients["manager"].post(f"/devices/{key}/commands", json=asked))
        if sent["state"] == "armed":
            sent = _checked(self._clients["manager"].post(f"/commands/{sent['id']}/fire"))
        return sent

    def await_done(self, command: Mapping[str, Any]) -> None:
        """``NotLive`` when it ends otherwise."""

        def ended() -> dict[str, Any] | None:
            now = _checked(self._clients["manager"].get(f"/commands/{command['id']}"))
            return now if now["state"] in ENDED else None

        end = eventually(ended, what=f"the end of {command['name']}")
        if (end["state"], end["confirmed"]) != ("done", True):
            raise NotLive(f"{command['name']} ended {end['state']}, confirmed {end['confirmed']}: {end['detail']}")

    def list_alarms(self) -> list[dict[str, Any]]:
        """All there were, the newest first."""
        found: list[dict[str, Any]] = _checked(self._clients["admin"].get("/alarms", params={"state": "all"}))
        return found

    def connector(self) -> dict[str, Any]:
        """How the hall's own connection to the broker is."""
        found: dict[str, Any] = _checked(self._clients["admin"].get("/counters"))["connectors"]["mqtt"]
        return found

    def offers_discovery(self) -> bool:
        return any((field.section, field.key) == ("mqtt", "home_assistant") for field in FIELDS)

    def _running(self) -> RunningHall:
        assert self._hall is not None, "start first"
        return self._hall

    def _client(self, user: str, password: str) -> httpx2.Client:
        client = httpx2.Client(base_url=self._running().document["api"], timeout=20)
        _checked(client.post("/session", json={"user": user, "password": password}))
        return client


def _values(device: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told["value"] for name, told in device["values"].items()}


def _checked(answer: httpx2.Response) -> Any:
    if answer.is_error:
        raise NotLive(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer.json() if answer.content else None
