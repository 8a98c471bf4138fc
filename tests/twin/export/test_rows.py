"""Which rows an export has: those of the points asked for, each once, in order, however they lie in pages."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import psycopg
import pytest

from iot.catalogue import KINDS
from twin.export import parquet
from twin.export import rows as module
from twin.export.parquet import parquet_chunks
from twin.export.rows import Exported, RecordedPoints, Span
from twin.selection import Directory, Selection
from twin.store.database import Database
from twin.testing import HALL, SITE, throwaway_server

pytestmark = pytest.mark.integration

DAY = 1_763_000_000_000
TEMPERATURE, HUMIDITY = (f"{SITE}:device:T-1", "temperature"), (f"{SITE}:device:T-1", "humidity")
DOOR = (f"{SITE}:device:D-1", "position")


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with throwaway_server() as server, server.database() as url:
        database = Database(url)
        database.migrate()
        with psycopg.connect(url, autocommit=True, options="-c role=hall_owner") as conn:
            for n, (entity, name) in enumerate([HUMIDITY, DOOR, TEMPERATURE, ("other:device:T-1", "temperature")], 1):
                conn.execute("insert into twin.point (entity, name) values (%s, %s)", [entity, name])
                conn.execute(
                    "insert into twin.reading (ts, point_id, value, text, quality)"
                    " select to_timestamp((%s + i * 1000) / 1000.0), %s, case when %s then null else i end,"
                    " case when %s then 'open' end, 2 from generate_series(0, 1249) i order by random()",
                    [DAY, n, n == 2, n == 2],
                )
        yield database
        database.close()


def ask(database: Database, selection: Selection, *, since: int = DAY, until: int = DAY + 2_000_000) -> list[Exported]:
    recorded = RecordedPoints(database, site=SITE)
    chooser = Directory(HALL, HALL.devices, KINDS, entities=recorded.entities).chooser(selection)
    return [row for batch in recorded.rows(chooser, Span(since_ms=since, until_ms=until)) for row in batch]


def test_every_reading_once_in_order(database: Database) -> None:
    found = ask(database, Selection())
    assert [(r.entity, r.point) for r in found] == [p for p in (DOOR, HUMIDITY, TEMPERATURE) for _ in range(1250)]
    assert [r.ts_ms for r in found] == [DAY + i * 1000 for i in range(1250)] * 3
    assert [r.value for r in found if r.point == "temperature"] == list(range(1250))
    assert {r.text for r in found if r.entity == DOOR[0]} == {"open"}


def test_what_is_asked_and_nothing_else(database: Database) -> None:
    found = ask(database, Selection(bricks=("brick:Temperature_Sensor",)), since=DAY + 2000, until=DAY + 5000)
    assert [(r.point, r.value) for r in found] == [("temperature", 2), ("temperature", 3), ("temperature", 4)]
    assert ask(database, Selection(kinds=("ups",))) == []


@pytest.mark.parametrize("page", [1, 7, 500])
def test_pages_are_no_part_of_the_answer(database: Database, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ask(database, Selection(), until=DAY + 60_000)
    monkeypatch.setattr(module, "ROWS_A_POINT", page)
    monkeypatch.setattr(module, "ROWS_A_PAGE", page)
    monkeypatch.setattr(module, "POINTS_A_PAGE", 2)
    assert ask(database, Selection(), until=DAY + 60_000) == whole


def test_of_one_moment_what_counts_is_told(database: Database) -> None:
    """Two readings of one millisecond: one of them, as everywhere else."""
    with database.transaction() as conn:
        conn.execute("select set_config('role', 'hall_owner', true)")
        conn.execute(
            "insert into twin.reading (ts, point_id, value, quality) select to_timestamp(%s / 1000.0), id, 99, q"
            " from twin.point, (values (0), (1)) as quality (q) where (entity, name) = (%s, %s)",
            [DAY - 1000, *TEMPERATURE],
        )
    found = ask(database, Selection(points=("temperature",)), since=DAY - 1000, until=DAY)
    assert len(found) == 1


def test_what_was_let_go_is_told(database: Database) -> None:
    with database.transaction() as conn:
        conn.execute("insert into twin.kept (site, told, done) values (%s, now(), now())", [SITE])
    assert RecordedPoints(database, site=SITE).kept_since_ms is None
    with database.transaction() as conn:
        conn.execute("update twin.kept set raw_since = to_timestamp(%s / 1000.0) where site = %s", [DAY, SITE])
    assert RecordedPoints(database, site=SITE).kept_since_ms == DAY


def test_memory_does_not_grow_with_the_history(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 500)
    recorded = RecordedPoints(database, site=SITE)
    chooser = Directory(HALL, HALL.devices, KINDS, entities=recorded.entities).chooser(Selection())
    batch = next(recorded.rows(chooser, Span(since_ms=DAY, until_ms=DAY + 2_000_000)))

    def peak(times: int) -> int:
        tracemalloc.start()
        for _ in parquet_chunks(batch for _ in range(times)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(220) - peak(20) < 200 * 1024  # what the end of the file says of a group, and nothing of its rows
