"""The keeper at work: hours summed up, late readings put right at once, what is old let go, a killed run closed."""

from __future__ import annotations

from typing import Any

import pytest

from iot.ports import Inbound
from twin.keeping import GRACE_MS
from twin.store import runs
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry

pytestmark = pytest.mark.integration

T1 = f"{SITE}:device:T-1"
START = 1_763_006_400_000
"""A full hour, ten in the morning of no day's beginning."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def say(hall: RunningHall, seq: int, ts_ms: int, value: float) -> None:
    message = telemetry("T-1", {"temperature": value}, seq=seq, ts_ms=ts_ms, late=True)
    hall.twin.apply([Inbound(message, hall.clock(), 0)])


def keep(hall: RunningHall, at_ms: int) -> None:
    hall.clock.now_ms = at_ms
    assert hall.twin.recorder.flush(patience_s=10)
    hall.twin.keeper.keep()


def rows(hall: RunningHall, query: str, *given: Any) -> list[tuple[Any, ...]]:
    with hall.database.transaction() as conn:
        return conn.execute(query.encode(), given).fetchall()


KEYFRAMES = (
    "select (extract(epoch from k.at) * 1000)::bigint, k.value from twin.keyframe k join twin.point p"
    " on p.id = k.point_id where p.entity = %s and p.name = 'temperature' order by k.at"
)
ROLLUPS = (
    "select (extract(epoch from r.at) * 1000)::bigint, r.low, r.high, r.n from twin.rollup r join twin.point p"
    " on p.id = r.point_id where p.entity = %s and p.name = 'temperature' and r.step_s = %s and not r.bad order by r.at"
)


def test_an_hour_is_summed_up_when_its_grace_is_over_and_empty_hours_cost_nothing(hall: RunningHall) -> None:
    hall.clock.now_ms = START
    say(hall, 1, START, 20.0)
    keep(hall, START + HOUR_MS + GRACE_MS - 1)
    assert rows(hall, KEYFRAMES, T1) == []
    keep(hall, START + HOUR_MS + GRACE_MS)
    assert rows(hall, KEYFRAMES, T1) == [(START + HOUR_MS, 20.0)]
    say(hall, 2, hall.clock(), 25.0)
    keep(hall, START + 5 * HOUR_MS + GRACE_MS)
    assert rows(hall, KEYFRAMES, T1) == [(START + HOUR_MS, 20.0), (START + 2 * HOUR_MS, 25.0)]
    assert rows(hall, ROLLUPS, T1, 3600) == [(START, 20.0, 20.0, 1), (START + HOUR_MS, 25.0, 25.0, 1)]
    counters = hall.twin.counters()["keeping"]
    assert (counters["hours"], counters["hours_behind"], counters["last_error"]) == (5, 0, None)
    assert hall.twin.past.state_at(START + 4 * HOUR_MS).entities[T1]["temperature"].value == 25.0


@pytest.mark.oldest
def test_a_late_reading_corrects_the_keyframes_it_precedes_in_its_own_transaction(hall: RunningHall) -> None:
    hall.clock.now_ms = START
    for hour in range(4):
        hall.clock.now_ms = START + hour * HOUR_MS
        say(hall, 10 + hour, hall.clock(), 20.0 + hour if hour != 1 else 20.0)
    keep(hall, START + 4 * HOUR_MS + GRACE_MS)
    assert [value for _, value in rows(hall, KEYFRAMES, T1)] == [20.0, 20.0, 22.0, 23.0]
    say(hall, 1, START + HOUR_MS + 30 * 60_000, 80.0)
    assert hall.twin.recorder.flush(patience_s=10)
    assert [value for _, value in rows(hall, KEYFRAMES, T1)] == [20.0, 80.0, 22.0, 23.0], "before the keeper came by"
    past = hall.twin.past
    span = {"since_ms": START, "until_ms": START + 4 * HOUR_MS, "points_max": 2}
    assert [p.value for p in past.trend(T1, "temperature", **span).points] == [20.0, 80.0], "nor did rollups hide it"
    keep(hall, hall.clock())
    assert rows(hall, ROLLUPS, T1, 3600)[1] == (START + HOUR_MS, 20.0, 80.0, 2)
    assert rows(hall, "select count(*) from twin.late") == [(0,)]
    assert hall.twin.keeper.counters.late_hours == 1
    assert [p.value for p in past.trend(T1, "temperature", **span).points] == [20.0, 80.0]


def test_a_reading_marked_bad_hides_no_peak_and_is_shown_where_it_is_all_there_is(hall: RunningHall) -> None:
    hall.clock.now_ms = START + 2 * HOUR_MS
    for n in range(10):
        say(hall, n, START + n * 1000, 20.0 + n)
    say(hall, 10, START + 3_000, 999.0)  # beyond the sensor's range
    say(hall, 11, START + HOUR_MS + 1, 998.0)
    keep(hall, START + 3 * HOUR_MS)
    trend = hall.twin.past.trend(
        T1, "temperature", since_ms=START, until_ms=START + 2 * HOUR_MS - 1, points_max=4
    )  # fmt: skip
    assert [(p.ts_ms, p.value, p.quality) for p in trend.points] == [
        (START, 20.0, "good"), (START + 9_000, 29.0, "good"), (START + HOUR_MS + 1, 998.0, "bad"),
    ]  # fmt: skip
    assert trend.step_s == 3600


@pytest.mark.oldest
def test_what_is_old_is_let_go_as_the_table_says_and_is_unknown_from_then_on(hall: RunningHall) -> None:
    for day in range(6):
        hall.clock.now_ms = START + day * DAY_MS
        say(hall, day, hall.clock(), 20.0 + day)
        keep(hall, START + day * DAY_MS + 2 * HOUR_MS)
    with hall.database.transaction() as conn:
        conn.execute("update twin.retention set keep_days = 2 where what in ('reading', 'keyframe')")
        conn.execute("update twin.retention set keep_days = 4 where step_s = 3600")
    keep(hall, hall.clock() + HOUR_MS)
    counters = hall.twin.keeper.counters
    assert counters.days_dropped == 3
    assert [value for _, value in rows(hall, KEYFRAMES, T1)] == [23.0, 24.0, 25.0]
    assert [low for _, low, _, _ in rows(hall, ROLLUPS, T1, 3600)] == [21.0, 22.0, 23.0, 24.0, 25.0]
    assert [low for _, low, _, _ in rows(hall, ROLLUPS, T1, 86_400)] == [20.0, 21.0, 22.0, 23.0, 24.0]
    past = hall.twin.past
    assert not past.state_at(START + 2 * DAY_MS).known
    assert past.state_at(START + 4 * DAY_MS).known
    whole = past.trend(T1, "temperature", since_ms=START, until_ms=START + 6 * DAY_MS, points_max=4)
    assert whole.points[0].value == 20.0, "the days are still there"


def test_a_step_that_is_new_is_not_asked_for_what_it_never_summed_up(hall: RunningHall) -> None:
    hall.clock.now_ms = START
    for n in range(8):
        say(hall, n, START + n * 60_000, 20.0 + n)
    keep(hall, START + 2 * HOUR_MS)
    with hall.database.transaction() as conn:
        conn.execute("delete from twin.retention where step_s = 900")
        conn.execute("insert into twin.retention (what, step_s) values ('rollup 30 minutes', 1800)")
    keep(hall, START + 3 * HOUR_MS)
    trend = hall.twin.past.trend(T1, "temperature", since_ms=START, until_ms=START + HOUR_MS - 1, points_max=2)
    assert [p.value for p in trend.points] == [20.0, 27.0]


def test_a_run_that_was_cut_off_lasted_as_long_as_its_newest_reading(database: Database) -> None:
    first = RunningHall(database)
    first.clock.now_ms = START
    with database.transaction() as conn:
        killed = runs.begin(conn, site=SITE, now_ms=START)
        runs.beat(conn, killed, now_ms=START + 10_000)
    first.clock.now_ms = START + 14_000
    say(first, 1, START + 14_000, 20.0)
    assert first.twin.recorder.flush(patience_s=10)
    with database.transaction() as conn:
        runs.begin(conn, site=SITE, now_ms=START + 60_000)
        spans = runs.list_spans(
            conn, site=SITE, since_ms=START, until_ms=START + 60_000, running=None
        )  # fmt: skip
    assert spans == [(START, START + 14_000), (START + 60_000, START + 60_000)]
    first.twin.stop()


def test_two_keepers_at_once_come_to_what_one_does(hall: RunningHall) -> None:
    hall.clock.now_ms = START
    for n in range(5):
        say(hall, n, START + n * 60_000, 20.0 + n)
    keep(hall, START + 2 * HOUR_MS)
    once = rows(hall, KEYFRAMES, T1), rows(hall, ROLLUPS, T1, 900)
    with hall.database.transaction() as conn:
        conn.execute("update twin.kept set done = done - interval '1 hour'")
    keep(hall, START + 2 * HOUR_MS)
    assert (rows(hall, KEYFRAMES, T1), rows(hall, ROLLUPS, T1, 900)) == once
