"""Fakes and throw-away servers for tests of the twin and of what stands on it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from building.model import Building, Device, Floor, Polygon, Pose, Space
from iot.catalogue import KINDS
from iot.errors import CommandRefused
from iot.kind import Kind, Value
from iot.messages import CommandRequest, Message, Presence, Quality, Telemetry
from iot.ports import Binding, ConnectorHealth, Inbound, Inbox
from twin.admission import Quota
from twin.spool import SpoolPlace
from twin.store.database import Database
from twin.store.migrations import find_timescale
from twin.store.postgres import EmbeddedPostgres
from twin.twin import Twin

_MEMORY, _MEMORY_BYTES = Path("/dev/shm"), 4 << 30  # noqa: S108 - a place, not a file
"""Where files cost nothing; a test's server writes its log of changes there too, so only where there is plenty."""

TEST_URL = "HALLTWIN_TEST_DATABASE"
"""A server of one's own to run the database tests against; its user must be allowed to make databases and roles."""


class ManualClock:
    """A clock that stands until told otherwise."""

    def __init__(self, now_ms: int = 1_763_000_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


class Ids:
    """Ids that count, each longer than none: ``id-1``, ``id-2`` ..."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def __call__(self) -> str:
        return f"id-{next(self._next)}"


class FakeConnector:
    """A connector without a wire: ``receive`` stands for a message from a device, ``sent`` keeps the commands."""

    name = "fake"

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._inbox: Inbox | None = None
        self._receipts = itertools.count(1)
        self.acknowledged: list[int] = []
        self.sent: list[CommandRequest] = []
        self.withdrawn: list[tuple[str, str]] = []
        self.bound: list[Binding] = []
        self.refuse: str | None = None

    def start(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def stop(self) -> None:
        self._inbox = None

    def receive(self, message: Message) -> int:
        assert self._inbox is not None, "attach the connector first"  # noqa: S101 - a fake for tests
        receipt = next(self._receipts)
        taken = self._inbox.offer(Inbound(message, self._now_ms(), receipt))
        assert taken, "the inbox is full"  # noqa: S101 - a fake for tests
        return receipt

    def acknowledge(self, receipts: list[int]) -> None:
        self.acknowledged += receipts

    def send(self, request: CommandRequest) -> None:
        if self.refuse is not None:
            raise CommandRefused(self.refuse)
        self.sent.append(request)

    def bind(self, bindings: Sequence[Binding]) -> None:
        self.bound = list(bindings)

    def withdraw(self, device: str, command: str) -> None:
        self.withdrawn.append((device, command))

    def health(self) -> ConnectorHealth:
        return ConnectorHealth(
            state="connected", since_ms=0, last_error=None, received=0, rejected=0, unacknowledged=0, broker_dropped=0
        )


def telemetry(
    device: str, values: Mapping[str, Value], *, seq: int, boot: int = 1, ts_ms: int = 1_763_000_000_000,
    quality: Mapping[str, Quality] | None = None, late: bool = False,
) -> Telemetry:  # fmt: skip
    return Telemetry(device=device, values=values, seq=seq, boot=boot, ts_ms=ts_ms, quality=quality or {}, late=late)


def wait_until(condition: Callable[[], object], *, timeout_s: float = 10.0) -> None:
    """Until the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s")
        time.sleep(0.005)


SITE = "test"


def _device(key: str, kind: str) -> Device:
    return Device(
        id=f"{SITE}:device:{key}", name={"zh": key, "en": key}, kind=kind, floor=f"{SITE}:floor:1F",
        space=f"{SITE}:space:1F-HALL", pose=Pose(x_m=1, y_m=2, z_m=3),
    )  # fmt: skip


HALL = Building(
    site=SITE, name={"zh": "厅", "en": "Hall"}, format="test", schema="1",
    floors=(Floor(id=f"{SITE}:floor:1F", name={"zh": "一层"}, number="1F", ordinal=1, elevation_m=0, height_m=4),),
    spaces=(
        Space(id=f"{SITE}:space:1F-HALL", name={"zh": "大厅"}, floor=f"{SITE}:floor:1F", number="1F-HALL",
              footprint=(Polygon(outer=((0, 0), (10, 0), (10, 10), (0, 10))),)),
    ),
    devices=(
        _device("UPS-1", "ups"), _device("D-1", "door"), _device("SCR-1", "screen"),
        _device("T-1", "climate_sensor"), _device("X-1", "sprinkler"),
    ),
)  # fmt: skip
"""X-1 is of a kind that only one test declares."""


class RunningHall:
    """A twin with its threads, a fake wire and a clock that stands."""

    def __init__(
        self, database: Database, *, kinds: Mapping[str, Kind] = KINDS, ids: Ids | None = None,
        quota: Quota | None = None, clock: ManualClock | None = None, spool: SpoolPlace | None = None,
    ) -> None:  # fmt: skip
        self.clock, self.database = clock or ManualClock(), database
        self.twin = Twin(
            site=SITE, kinds=kinds, database=database, now_ms=self.clock, new_id=ids or Ids(), quota=quota,
            spool=spool,
        )  # fmt: skip
        with database.transaction() as conn:
            self.twin.registry.adopt(conn, HALL)
        self.twin.start()
        self.wire = FakeConnector(self.clock)
        self.twin.attach(self.wire)

    def online(self, key: str, *, boot: int = 1, online: bool = True) -> None:
        receipt = self.wire.receive(Presence(device=key, online=online, boot=boot, ts_ms=self.clock()))
        wait_until(lambda: receipt in self.wire.acknowledged)

    def value(self, key: str, point: str) -> object:
        found = self.twin.value(f"{SITE}:device:{key}", point)
        return None if found is None else found.value


class TestServer:
    """A PostgreSQL server that hands out empty databases."""

    __test__ = False

    def __init__(self, url: str, *, owner: str | None) -> None:
        self.url, self._owner = url, owner
        self._next = itertools.count(1)

    @contextmanager
    def database(self, *, plain: bool = False) -> Iterator[str]:
        """The URL of a new database, dropped afterwards; with TimescaleDB where the server's has it, unless plain."""
        name = f"hall_test_{os.getpid()}_{next(self._next)}"
        with psycopg.connect(self.url, autocommit=True) as conn:
            timescaledb = find_timescale(conn) is not None and not plain
            owner = sql.SQL(" owner {}").format(sql.Identifier(self._owner)) if self._owner else sql.SQL("")
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)) + owner)
        try:
            changes = {"dbname": name, **({"user": self._owner} if self._owner else {})}
            url = make_conninfo(self.url, **changes)
            if timescaledb:
                with psycopg.connect(url, autocommit=True) as conn:
                    conn.execute("create extension timescaledb")
            yield url
        finally:
            with psycopg.connect(self.url, autocommit=True) as conn:
                conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def is_given() -> bool:
    """Whether the tests run on a server that somebody named."""
    return TEST_URL in os.environ


def quick_place() -> Path | None:
    """In memory, where programs may be started from there; None: where temporary files always are.

    A database is some three hundred files. For servers that come and go with the tests, never for one that is killed.
    """
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return None
    runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return _MEMORY if runs_programs and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES else None


@contextmanager
def throwaway_server() -> Iterator[TestServer]:
    """The server named by HALLTWIN_TEST_DATABASE, else an embedded one in a temporary folder."""
    if url := os.environ.get(TEST_URL):
        yield TestServer(url, owner=None)
        return
    with tempfile.TemporaryDirectory(prefix="halltwin-test-", dir=quick_place(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            yield TestServer(server.home.url(user="postgres", database="postgres"), owner="hall_owner")
        finally:
            server.stop()
