"""``halltwin bench vault``: what it costs a page of 50 tickets that its names are sealed, beside the page in clear.

Both are asked for over HTTP, by turns, of one server on one database: a query, the page as JSON, and for the sealed one
the names opened on the way. Peer and limit are measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from psycopg.rows import class_row
from pydantic import BaseModel

from services.kernel.actor import Actor
from services.kernel.http import LOOPBACK_COOKIES, make_router, permitted
from services.kernel.modules import migration_sets
from services.kernel.vault import SealedVault
from services.kernel.vault_ciphers import Sm4Box
from services.queue.model import Ticket
from twin.store.database import Database
from twin.store.migrations import MigrationSet
from twin.store.postgres import EmbeddedPostgres
from ui.api.gate import API, Gate
from ui.interpreter import tuned_interpreter
from ui.server import make_server

SITE = "bench"
TICKETS = 2_000
"""A busy hall's day."""
PAGE = 50
WARM = 100
NAMES = ("张三", "李晓梅", "欧阳建国", "阿依古丽·买买提", "John Smith")
_TABLE = """
CREATE TABLE bench.ticket (
    id bigint PRIMARY KEY, site text NOT NULL, token text NOT NULL, number text NOT NULL, day date NOT NULL,
    queue text NOT NULL, item text, profile text NOT NULL, lang text NOT NULL, state text NOT NULL,
    virtual_ms bigint NOT NULL, issued_ms bigint NOT NULL, window_no text, staff text, calls int NOT NULL,
    called_ms bigint, started_ms bigint, ended_ms bigint, name text NOT NULL, name_sealed text NOT NULL
);
"""


class TicketOut(BaseModel):
    """A ticket as those who work with it see it."""

    number: str
    queue: str
    item: str | None
    profile: str
    priority: bool
    lang: str
    state: str
    window: str | None
    calls: int
    issued: datetime
    called: datetime | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Ticket):
    """The queue's own ticket, with a name: sealed or not."""

    name: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=1_000, metavar="N", help="pages of each kind")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    rng = random.Random(args.seed)  # noqa: S311  reproducible, not secret
    with tempfile.TemporaryDirectory(prefix="ht-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        server = EmbeddedPostgres(Path(name) / "postgres")
        database = Database(server.start())
        try:
            vault = SealedVault(site=SITE, master_key=os.urandom(32), random=os.urandom)
            _fill(database, vault, Path(name) / "tables")
            with tuned_interpreter(), _served(_app(database, vault)) as port:
                sealed_ms, clear_ms = _measure(port, args.pages, rng)
        finally:
            database.close()
            server.stop()
    sealed, clear = statistics.median(sealed_ms), statistics.median(clear_ms)
    metrics = {
        "tickets": PAGE,
        "pages": args.pages,
        "page_ms_p50": round(sealed, 3),
        "page_ms_p99": round(_p99(sealed_ms), 3),
        "costs_more_percent": round((sealed / clear - 1) * 100, 2),
    }
    peers = {"clear_page_ms_p50": round(clear, 3), "clear_page_ms_p99": round(_p99(clear_ms), 3)}
    return metrics, peers, {"sm4_open_us": round(_sm4_us(), 2)}


def _fill(database: Database, vault: SealedVault, folder: Path) -> None:
    folder.mkdir()
    (folder / "0001_bench.sql").write_text(_TABLE, encoding="utf-8")
    database.migrate((*migration_sets(()), MigrationSet(schema="bench", directory=folder)))
    with database.transaction() as conn:
        for n in range(TICKETS):
            name = NAMES[n % len(NAMES)]
            sealed = vault.seal(conn, subject=f"ticket:2026-01-05:C{n:04}", field="name", text=name)
            at_ms = 1_767_578_400_000 + n
            conn.execute(
                "INSERT INTO bench.ticket VALUES (%s, %s, %s, %s, '2026-01-05', 'rsj', 'RSJ-01', 'walk', 'zh',"
                " 'called', %s, %s, 'A07', 'user:bench', 1, %s, NULL, NULL, %s, %s)",
                (n, SITE, f"token-{n}", f"C{n:04}", at_ms, at_ms, at_ms, name, sealed),
            )


def _app(database: Database, vault: SealedVault) -> FastAPI:
    """The routes behind what stands before every route of a hall: its gate, who asks, what they may."""
    app, routes = FastAPI(), make_router("bench")

    @routes.get("/{kind}/{first}", **permitted("ops.view"))
    def page(kind: str, first: int) -> list[TicketOut]:
        column = "name_sealed" if kind == "sealed" else "name"
        with database.transaction() as conn, conn.cursor(row_factory=class_row(Named)) as cursor:
            tickets = cursor.execute(
                "SELECT id, token, number, day, queue, item, profile, lang, state, virtual_ms, issued_ms,"  # noqa: S608
                f' window_no AS "window", staff, calls, called_ms, started_ms, ended_ms, {column} AS name'
                " FROM bench.ticket WHERE site = %s AND id >= %s ORDER BY id LIMIT %s",
                (SITE, first, PAGE),
            ).fetchall()
            names: list[str | None] = [ticket.name for ticket in tickets]
            if kind == "sealed":
                names = vault.open_many(conn, names)
        return [_shown(ticket, name) for ticket, name in zip(tickets, names, strict=True)]

    app.include_router(routes, prefix=API)
    app.add_middleware(Gate, hall=_Door())  # type: ignore[arg-type]
    return app


def _shown(ticket: Ticket, name: str | None) -> TicketOut:
    return TicketOut(
        number=ticket.number, queue=ticket.queue, item=ticket.item, profile=ticket.profile, priority=ticket.priority,
        lang=ticket.lang, state=ticket.state, window=ticket.window, calls=ticket.calls,
        issued=datetime.fromtimestamp(ticket.issued_ms / 1000, UTC),
        called=None if ticket.called_ms is None else datetime.fromtimestamp(ticket.called_ms / 1000, UTC), name=name,
    )  # fmt: skip


class _Door:
    """Of a hall, what its gate asks for: one person, known at once, whatever they show."""

    site, cookies = SITE, LOOPBACK_COOKIES

    @property
    def identity(self) -> _Door:
        return self

    def resolve_session(self, token: str) -> Actor:
        return Actor(
            id=f"user:{token}", name="bench", roles=frozenset(), permissions=frozenset({"ops.view"}), site=SITE
        )

    def resolve_device(self, token: str) -> None:
        """Nobody sends one."""

    def resolve_token(self, token: str) -> None:
        """Nobody sends one."""


@contextmanager
def _served(app: FastAPI) -> Iterator[int]:
    """As a hall serves its pages, in a thread of this process."""
    # Named TCP, so that asyncio lets small answers go at once.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def _measure(port: int, pages: int, rng: random.Random) -> tuple[list[float], list[float]]:
    """By turns, which of the two goes first changing; both kinds of the same page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    taken: dict[str, list[float]] = {"sealed": [], "clear": []}
    for n in range(pages + WARM):
        first = rng.randrange(TICKETS - PAGE)
        bodies = {}
        for kind in ("sealed", "clear") if n % 2 else ("clear", "sealed"):
            began = time.perf_counter()
            connection.request("GET", f"{API}/{kind}/{first}", headers={"cookie": f"{LOOPBACK_COOKIES.session}=bench"})
            answer = connection.getresponse()
            body = answer.read()
            if n >= WARM:
                taken[kind].append((time.perf_counter() - began) * 1e3)
            bodies[kind] = json.loads(body)
        if bodies["sealed"] != bodies["clear"]:
            raise AssertionError("the two pages do not say the same")
    connection.close()
    return taken["sealed"], taken["clear"]


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _sm4_us() -> float:
    """One name, the key at hand."""
    box = Sm4Box(os.urandom(32), b"bench")
    sealed = box.seal(bytes(12), "欧阳建国".encode(), b"here")
    began = time.perf_counter()
    for _ in range(2_000):
        box.open(sealed, b"here")
    return (time.perf_counter() - began) / 2_000 * 1e6
