"""Batches and the spool: exactly once whatever is lost on the way, and who goes first when the disk is full."""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from twin.batch import Batch, PointBook
from twin.gateways import ONLINE
from twin.recorder import Recorder
from twin.sequence import pack
from twin.spool import Spool
from twin.state import PointValue
from twin.store.database import Database
from twin.store.numbers import begin_run, take_numbers
from twin.store.readings import read_cursors, read_history, read_latest, writer_of
from twin.testing import SITE, wait_until

pytestmark = pytest.mark.integration
NOW_MS = 1_763_000_000_000


class Bench:
    """A recorder on a real database and a real disk; ``database.hang_up`` takes the database away. A second passes
    with each time the recorder asks.
    """

    def __init__(self, database: Database, folder: Path, *, bytes_max: int = 1 << 20, receipts_from: int = 0) -> None:
        self.database, self.folder, self.book = database, folder, PointBook()
        self.shed: Counter[str] = Counter()
        self.recorder = Recorder(
            database, self.book, site=SITE, now_ms=lambda: NOW_MS, shed=lambda key, n: self.shed.update({key: n}),
            spool=Spool(folder, bytes_max=bytes_max), monotonic_s=itertools.count(1.0).__next__,
        )  # fmt: skip
        self.acknowledged: list[int] = []
        self._receipt = receipts_from

    def start(self) -> None:
        self.recorder.recover()
        self.recorder.start()

    def put(self, device: str, values: dict[str, list[float | str | bool]]) -> int:
        """Some readings of one device, told after each other; their receipt."""
        self._receipt += 1
        batch = Batch(
            receipts=[(self.acknowledged.extend, [self._receipt])], cursors={device: (1, self._receipt * 1000, 1)}
        )  # fmt: skip
        for name, told in values.items():
            slot = self.book.slot(f"{SITE}:device:{device}", name)
            for n, value in enumerate(told):
                seq = self._receipt * 1000 + n
                point = PointValue(value=value, ts_ms=NOW_MS + seq, source="device", received_ms=NOW_MS, seq=seq)
                batch.add(slot, point)
                batch.latest[slot] = point
        self.recorder.put(batch)
        return self._receipt

    def put_and_wait(self, device: str, values: dict[str, list[float | str | bool]]) -> None:
        receipt = self.put(device, values)
        wait_until(lambda: receipt in self.acknowledged)

    def back(self) -> None:
        self.database.hangs = False
        wait_until(lambda: self.recorder.counters.spooled_rows == 0 and self.recorder.absence.since_ms is None)

    def recorded(self, device: str, name: str) -> list[float | str]:
        with self.database.transaction() as conn:
            rows = read_history(conn, entity=f"{SITE}:device:{device}", point=name, since_ms=0, limit=100_000)
        return [value for _, value in rows]


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(database, tmp_path)
    made.start()
    yield made
    database.hangs = False
    made.recorder.stop()


def test_everything_of_a_batch_survives_the_way_over_the_disk(bench: Bench) -> None:
    bench.put_and_wait("A", {"x": [1.0]})
    bench.database.hang_up()
    bench.put_and_wait("A", {"x": [2, 3.5], "on": [True], "text": ["请\n到 A07"]})
    assert bench.recorder.counters.spooled_rows == 4
    bench.back()
    assert bench.recorded("A", "x") == [1.0, 2.0, 3.5]
    assert (bench.recorded("A", "on"), bench.recorded("A", "text")) == ([1.0], ["请\n到 A07"])
    with bench.database.transaction() as conn:
        latest = read_latest(conn, site=SITE)[f"{SITE}:device:A"]
    assert {name: value.value for name, value in latest.items()} == {"x": 3.5, "on": True, "text": "请\n到 A07"}
    assert not list(bench.folder.iterdir())


def test_a_commit_whose_answer_was_lost_is_not_repeated(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    table = bench.recorder._table
    write, lost = table.write, []

    def write_and_lose(*args: object, **numbers: int) -> bool:
        written = write(*args, **numbers)  # type: ignore[arg-type]
        if not lost:
            lost.append(numbers)
            raise psycopg.OperationalError("the line broke after the commit")
        return written

    monkeypatch.setattr(table, "write", write_and_lose)
    for n in range(20):
        bench.put("A", {"x": [float(n)]})
    wait_until(lambda: len(bench.acknowledged) == 20)
    bench.back()
    assert bench.recorded("A", "x") == [float(n) for n in range(20)]
    assert len(lost) == 1


def test_one_batch_that_is_refused_costs_no_other(bench: Bench) -> None:
    bench.put_and_wait("A", {"x": [0.0]})
    bench.database.hang_up()
    for n in range(1, 6):
        bench.put_and_wait("A", {"x": [float(n)], "text": ["\0" if n == 3 else "fine"]})
    bench.back()
    assert bench.recorded("A", "x") == [0.0, 1.0, 2.0, 4.0, 5.0]
    assert bench.recorder.counters.refused_rows == 2


def test_nothing_of_an_earlier_run_commits_after_a_later_one_began(database: Database) -> None:
    writer = writer_of(SITE)
    with database.transaction() as conn:
        first = begin_run(conn, writer)
        assert take_numbers(conn, writer, first=first + 1, last=first + 3)
    with database.transaction() as conn:
        assert not take_numbers(conn, writer, first=first + 3, last=first + 4), "in part there already"
        begin_run(conn, writer)
    with database.transaction() as conn:
        assert not take_numbers(conn, writer, first=first + 4, last=first + 4)


def test_what_an_earlier_run_has_under_way_is_waited_for_before_anything_is_read(database: Database) -> None:
    """Its process is dead, its server goes on: else what it commits last would be taken in and recorded again."""
    earlier = database.connect()
    with earlier.transaction():
        assert take_numbers(earlier, writer_of(SITE), first=1, last=1)
        earlier.execute(
            "insert into twin.cursor (site, device, boot, seq, seen) values (%s, 'T-1', 1, 5, %s)", [SITE, pack(1)]
        )
        later = Recorder(database, PointBook(), site=SITE, now_ms=lambda: 0)
        recovering = threading.Thread(target=later.recover)
        recovering.start()
        wait_until(lambda: is_waiting_for_a_lock(database))
        with database.transaction() as conn:
            assert read_cursors(conn, site=SITE) == {}
    recovering.join()
    with database.transaction() as conn:
        assert read_cursors(conn, site=SITE) == {"T-1": (1, 5, 1)}
    later.stop()
    earlier.close()


def is_waiting_for_a_lock(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute("select count(*) from pg_locks where not granted").fetchone()
    return row is not None and row[0] > 0


def test_what_an_earlier_run_left_is_known_at_once_and_recorded_behind_it(database: Database, tmp_path: Path) -> None:
    old = Bench(database, tmp_path, bytes_max=40_000)
    old.start()
    old.put_and_wait("A", {"x": [0.5], "text": ["before"]})
    database.hang_up()
    noise = random.Random(1)  # noqa: S311 - values that do not compress
    told = {device: [noise.random() for _ in range(60)] for device in ("A", "B")}
    for n in range(60):
        for device, values in told.items():
            old.put_and_wait(device, {"x": [values[n]], "only once": [7.0] if n == 0 else []})
    old.recorder.stop()
    assert len(list(tmp_path.glob("*.spool"))) > 2
    database.hangs = False
    later = Bench(database, tmp_path, bytes_max=40_000, receipts_from=1000)
    newest = later.recorder.recover()
    with database.transaction() as conn:
        latest, cursors = read_latest(conn, site=SITE), read_cursors(conn, site=SITE)
    assert later.recorded("A", "x") == [0.5], "nothing is recorded before it runs"
    assert later.recorder.counters.spooled_rows == 122
    for slot, value in newest.latest.items():
        entity, point = later.book.names[slot]
        latest.setdefault(entity, {})[point] = value
    known = {entity: {point: value.value for point, value in points.items()} for entity, points in latest.items()}
    assert known == {
        f"{SITE}:device:A": {"x": told["A"][-1], "only once": 7.0, "text": "before"},
        f"{SITE}:device:B": {"x": told["B"][-1], "only once": 7.0},
    }
    later.recorder.start()
    try:
        later.put_and_wait("A", {"x": [99.0]})
        later.back()
        assert later.recorded("A", "x") == [0.5, *told["A"], 99.0]
        assert later.recorded("B", "x") == told["B"]
        latest[f"{SITE}:device:A"].pop("x")
        with database.transaction() as conn:
            in_the_end = read_latest(conn, site=SITE)
            assert read_cursors(conn, site=SITE) == cursors | newest.cursors | {"A": (1, 1_001_000, 1)}
        assert in_the_end[f"{SITE}:device:A"].pop("x").value == 99.0
        assert in_the_end == latest, "recording it makes nothing else the newest"
        assert later.recorder.waits_since_ms is None
    finally:
        later.recorder.stop()


def test_a_spool_of_another_database_is_recorded_though_its_numbers_are_old(database: Database, tmp_path: Path) -> None:
    old = Bench(database, tmp_path)
    old.start()
    old.put_and_wait("A", {"x": [1.0]})
    database.hang_up()
    old.put_and_wait("A", {"x": [2.0]})
    old.recorder.stop()
    database.hangs = False
    with database.transaction() as conn:
        begin_run(conn, writer_of(SITE))
    later = Bench(database, tmp_path)
    later.start()
    try:
        assert later.recorded("A", "x") == [1.0, 2.0]
    finally:
        later.recorder.stop()


def test_a_spool_that_fills_up_lets_the_noisiest_go_first_and_presence_never(
    database: Database, tmp_path: Path
) -> None:  # fmt: skip
    bench = Bench(database, tmp_path, bytes_max=200_000)
    bench.start()
    try:
        bench.put_and_wait("QUIET", {"x": [0.0]})
        database.hang_up()
        quiet, noise = 1, random.Random(1)  # noqa: S311 - values that do not compress
        while not bench.shed["LOUD"]:
            bench.put_and_wait("LOUD", {"x": [noise.random() for _ in range(200)]})
            bench.put_and_wait("QUIET", {"x": [float(quiet)]})
            quiet += 1
        assert bench.shed["QUIET"] == 0
        assert bench.recorder.counters.spool_bytes > 140_000
        for n in range(20):
            bench.put_and_wait("LOUD", {"x": [noise.random() for _ in range(200)]})
            bench.put_and_wait("LOUD", {ONLINE: [n % 2 == 0]})
        assert bench.recorder.counters.spool_bytes <= 200_000
        assert bench.recorder.counters.shed_rows == sum(bench.shed.values()) > 500
        bench.back()
        assert len(bench.recorded("LOUD", ONLINE)) == 20
        assert bench.recorded("QUIET", "x") == [float(n) for n in range(quiet)]
        bench.put_and_wait("LOUD", {"x": [7.0]})
        assert bench.recorded("LOUD", "x")[-1] == 7.0
    finally:
        database.hangs = False
        bench.recorder.stop()


def test_with_the_disk_full_too_nothing_is_acknowledged_and_nothing_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put_and_wait("A", {"x": [1.0]})
    bench.database.hang_up()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    receipt = bench.put("A", {"x": [2.0]})
    wait_until(lambda: bench.recorder.counters.spool_failures > 1)
    assert receipt not in bench.acknowledged
    bench.database.hangs = False
    wait_until(lambda: receipt in bench.acknowledged)
    assert bench.recorded("A", "x") == [1.0, 2.0]
