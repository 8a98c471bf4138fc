"""A hall inside this process, on a real database and with no broker, and everybody there may be to ask it things.

Nobody logs in: each role's actor is behind a cookie of its own, so that what a role may do is asked in a millisecond.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from building.formats import open_building
from building.model import Building
from building.writers import write
from services.kernel.access import DEVICE_ROLES, PROGRAM, UNIT_ADMIN, USER_ROLES
from services.kernel.actor import Actor
from services.kernel.modules import access_table, load_modules
from services.kernel.vault import load_master_key
from ui.api.app import create_app
from ui.api.gate import API
from ui.bootstrap import Hall, build_hall
from ui.launcher.prepare import prepare
from ui.run_settings import BrokerAccess, RunSettings

VISITOR, STOPPED = "visitor", "stopped"
PEOPLE = (*USER_ROLES, UNIT_ADMIN)
HOST = "hall.example"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole; a header that is there more than once has a line for each."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        return json.loads(self.body)


async def ask_app(
    app: ASGIApp, method: str, path: str, sent: bytes = b"", headers: Mapping[str, str] | None = None,
    *, address: str = "127.0.0.1",
) -> Answer:  # fmt: skip
    """One request as a server would hand it over: the path is not made any nicer on its way."""
    where, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(where), "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": (address, 40_000), "server": (HOST, 80), "state": {}, "app": app,
    }  # fmt: skip
    incoming = iter([{"type": "http.request", "body": sent, "more_body": False}])
    status, pieces, gone = 0, [], asyncio.Event()
    told: dict[str, str] = {}

    async def receive() -> Any:
        message = next(incoming, None)
        if message is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            for name, value in message["headers"]:
                key, text = name.decode().lower(), value.decode("latin-1")
                told[key] = f"{told[key]}\n{text}" if key in told else text
            if told.get("content-type", "").startswith("text/event-stream"):
                gone.set()  # it would go on for ever: whoever asked has seen enough
        elif message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, told, b"".join(pieces))


class Everybody:
    """Tells people by a word instead of a secret; tokens of the hall's own making go on to the hall's own identity."""

    def __init__(self, hall: Hall) -> None:
        self._theirs = hall.accounts
        table, site = access_table(load_modules()), hall.site

        def actor(role: str, kind: Any, **more: Any) -> Actor:
            may = table.permissions_of({role})
            return Actor(
                id=f"{kind}:{role}", name=role, roles=frozenset({role}), permissions=may, site=site, kind=kind, **more
            )

        self.users = {role: actor(role, "user", session=f"session-{role}") for role in PEOPLE}
        self.devices = {role: actor(role, "device", place="A01") for role in DEVICE_ROLES}
        self.program = actor(PROGRAM, "program")

    def resolve_session(self, token: str) -> Actor | None:
        return self.users.get(token) or self._theirs.resolve_session(token)

    def resolve_device(self, token: str) -> Actor | None:
        return self.devices.get(token) or self._theirs.resolve_device(token)

    def resolve_token(self, token: str) -> Actor | None:
        return self.program if token == PROGRAM else self._theirs.resolve_token(token)


class InsideHall:
    """Asked as ASGI, by whoever it is told: a role, or VISITOR, or STOPPED, whose session was ended."""

    def __init__(self, settings: RunSettings, *, pages: Path | None = None) -> None:
        self.hall = build_hall(settings)
        self.hall.connectors.clear()
        self.vault_key = Path(settings.vault_key)
        self.everybody = Everybody(self.hall)
        self.hall.identity = self.everybody  # type: ignore[assignment]
        self.app = create_app(self.hall, pages=pages)
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        # One task for as long as the hall is there: worker threads end with the task that they were begun for.
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._stopped.wait(),), name="inside", daemon=True
        )

    def start(self) -> None:
        self.hall.start()
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        self._loop.close()
        self.hall.stop()

    def headers_of(self, who: str) -> dict[str, str]:
        """What a browser or program of this role sends by itself."""
        cookies = self.hall.cookies
        if who == PROGRAM:
            return {"authorization": f"Bearer {PROGRAM}"}
        if who == VISITOR:
            return {}
        return {"cookie": f"{cookies.device if who in DEVICE_ROLES else cookies.session}={who}"}

    def ask(
        self, method: str, path: str, body: Any = None, *, who: str = VISITOR, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """``body``: bytes go as they are, anything else as JSON."""
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        told = {"host": HOST, "content-type": "application/json", "content-length": str(len(sent))}
        told |= self.headers_of(who) | {name.lower(): value for name, value in (headers or {}).items()}
        return asyncio.run_coroutine_threadsafe(ask_app(self.app, method, path, sent, told), self._loop).result(60)


def log_in_at_first(inside: InsideHall, user: str, given: str, chosen: str) -> str:
    """The cookie of somebody who changes the password they were given, as they must, and logs in by their own."""

    def log_in(password: str) -> str:
        begun = inside.ask("POST", f"{API}/session", {"user": user, "password": password})
        cookies = begun.headers.get("set-cookie", "").splitlines()
        begins = f"{inside.hall.cookies.session}="
        return next((line.partition(";")[0] for line in cookies if line.startswith(begins)), "")

    first = {"cookie": log_in(given)}
    inside.ask("POST", f"{API}/accounts/password", {"old": given, "new": chosen}, headers=first)
    return log_in(chosen)


@contextmanager
def inside_hall(
    owner_url: str, folder: Path, *, pages: Path | None = None, site: str | None = None, vault_key: Path | None = None
) -> Iterator[InsideHall]:
    """The reference hall, opened on a database that is empty or holds halls of other sites."""
    building = open_building("reference") if site is None else _reference_of(site, folder)
    key = vault_key or folder / "vault.key"
    prepare(
        building, owner_url=owner_url, vault_key=load_master_key(key, os.urandom), data=folder, demo=False, seed=None
    )
    nowhere = BrokerAccess(host="127.0.0.1", port=1, user="hall", password="")
    inside = InsideHall(
        RunSettings(
            site=building.site, database=owner_url, broker=nowhere, vault_key=str(key), second_factor="administrators"
        ),
        pages=pages,
    )
    inside.start()
    try:
        yield inside
    finally:
        inside.stop()


def _reference_of(site: str, folder: Path) -> Building:
    """The same hall in another town: every id begins with the name of its site."""
    model = open_building("reference")
    write(model, path := folder / "elsewhere.hall.json")
    path.write_text(path.read_text(encoding="utf-8").replace(model.site, site), encoding="utf-8")
    return open_building(str(path))
