"""The past as it was: what was recorded, nothing before and after it, and unknown where nobody listened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iot.messages import DeviceEvent
from twin import history
from twin.errors import NotFound
from twin.store.database import Database
from twin.testing import HALL, SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration

T1, UPS, SCREEN = (f"{SITE}:device:{key}" for key in ("T-1", "UPS-1", "SCR-1"))
START = 1_763_000_000_000


def say(hall: RunningHall, key: str, seq: int, ts_ms: int, **values: float | bool | str) -> None:
    receipt = hall.wire.receive(telemetry(key, values, seq=seq, ts_ms=ts_ms))
    wait_until(lambda: receipt in hall.wire.acknowledged)


def later(hall: RunningHall, ts_ms: int) -> None:
    hall.clock.now_ms = ts_ms


@pytest.mark.oldest
def test_the_state_at_any_time_is_what_was_said_last_before_it(hall: RunningHall) -> None:
    for n in range(5):
        later(hall, START + n * 1000)
        say(hall, "T-1", n, START + n * 1000, temperature=20.0 + n, humidity=50.0)
    say(hall, "SCR-1", 0, START + 4000, power=True)
    past = hall.twin.past
    assert past.entity_at(T1, START - 1) == {}
    for ms, temperature in ((0, 20.0), (999, 20.0), (1000, 21.0), (3999, 23.0), (4000, 24.0)):
        state = past.state_at(START + ms)
        assert state.known
        value = state.entities[T1]["temperature"]
        assert (value.value, value.quality, value.ts_ms) == (temperature, "good", START + ms // 1000 * 1000)
    screen = past.state_at(START + 4000).entities[SCREEN]["power"]
    assert screen.value is True
    assert SCREEN not in past.state_at(START + 3999).entities


def test_nothing_is_known_of_the_future_nor_of_before_the_beginning(hall: RunningHall) -> None:
    say(hall, "T-1", 1, START, temperature=20.0)
    for at_ms in (START + 1, START - 1, 0, -5, 10**18):
        state = hall.twin.past.state_at(at_ms)
        assert (state.known, dict(state.entities), state.building, list(state.alarms)) == (False, {}, None, [])
    assert hall.twin.past.entity_at(T1, START + 1) == {}
    assert hall.twin.past.recorded(0, 10**18) == [(START, START)]


def test_what_nobody_recorded_is_unknown_and_not_unchanged(database: Database) -> None:
    first = RunningHall(database)
    say(first, "T-1", 1, START, temperature=20.0)
    later(first, START + 60_000)
    first.twin.stop()
    second = RunningHall(database)
    second.twin.stop()
    later(second, START + 3_600_000)
    second.twin.start()
    try:
        past = second.twin.past
        assert past.recorded(START, START + 3_600_000) == [
            (START, START + 60_000),
            (START + 3_600_000, START + 3_600_000),
        ]
        assert [(past.state_at(START + ms).known, past.state_at(START + ms).entities[T1]["temperature"].quality)
                for ms in (60_000, 60_001, 3_599_999, 3_600_000)] == [
            (True, "good"), (False, "bad"), (False, "bad"), (True, "good"),
        ]  # fmt: skip
        assert past.trend(T1, "temperature", since_ms=START, until_ms=START + 3_600_000).gaps == (
            (START + 60_000, START + 3_600_000),
        )
    finally:
        second.twin.stop()


def test_of_one_millisecond_the_later_message_counts_and_a_late_one_takes_its_place(hall: RunningHall) -> None:
    for seq in (3, 1, 2):
        say(hall, "T-1", seq, START, temperature=20.0 + seq)
    later(hall, START + 10_000)
    say(hall, "T-1", 5, START + 10_000, temperature=30.0)
    say(hall, "T-1", 4, START + 5_000, temperature=25.0)
    past = hall.twin.past
    assert [past.entity_at(T1, START + ms)["temperature"].value for ms in (0, 4_999, 5_000, 9_999, 10_000)] == [
        23.0, 23.0, 25.0, 25.0, 30.0,
    ]  # fmt: skip


@pytest.mark.oldest
def test_changes_come_in_order_of_time_each_once(hall: RunningHall) -> None:
    later(hall, START + 100_000)
    said = [(3, 30_000), (1, 10_000), (2, 20_000), (0, 0)]
    for seq, ms in said:
        say(hall, "T-1", seq, START + ms, temperature=float(seq), humidity=50.0)
    found = list(hall.twin.past.changes(START, START + 30_000, limit=100))
    assert [(c.ts_ms - START, c.point, c.value.value) for c in found if c.point == "temperature"] == [
        (0, "temperature", 0.0), (10_000, "temperature", 1.0), (20_000, "temperature", 2.0),
    ]  # fmt: skip
    assert [c.ts_ms for c in found] == sorted(c.ts_ms for c in found)
    assert len(list(hall.twin.past.changes(START, START + 30_000, limit=3))) == 3


def test_no_page_of_changes_ends_before_its_time_for_doubles_or_other_sites(
    hall: RunningHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    later(hall, START + 10_000)
    say(hall, "T-1", 0, START, temperature=0.0)
    with hall.database.transaction() as conn:
        conn.execute(
            "insert into twin.point (entity, name) select 'other:device:X-' || n, 'p' from generate_series(1, 4) n"
        )
        conn.execute(
            "insert into twin.reading (ts, point_id, value, quality)"
            " select to_timestamp(%s + s), p.id, s, 0 from twin.point p, generate_series(1, 9) s, generate_series(1, 2)"
            " where p.name in ('p', 'temperature')",
            [START // 1000],
        )
    told = [c.value.value for c in hall.twin.past.changes(START, START + 9_000, limit=100)]
    assert told == [float(n) for n in range(9)]
    assert [c.value.value for c in hall.twin.past.changes(START, START + 9_000, limit=4)] == told[:4]


def test_alarms_and_the_building_are_those_of_then(hall: RunningHall) -> None:
    twin = hall.twin
    first = twin.versions.publish(HALL, actor="user:a")
    later(hall, START + 1000)
    say(hall, "UPS-1", 1, START + 1000, on_battery=True, battery=50.0)
    wait_until(twin.alarms.list_open)
    later(hall, START + 2000)
    (alarm, *_) = twin.alarms.list_open()
    twin.alarms.acknowledge(alarm["id"], actor="王芳")
    later(hall, START + 3000)
    second = twin.versions.publish(
        replace(HALL, devices=tuple(d for d in HALL.devices if d.key != "UPS-1")), actor="user:a"
    )
    twin.forget([UPS], actor="user:a")
    wait_until(lambda: not any(a["source"] == UPS for a in twin.alarms.list_open()))
    later(hall, START + 4000)

    def alarms(ms: int) -> list[tuple[str, str]]:
        return [(a["type"], a["state"]) for a in twin.past.state_at(START + ms).alarms if a["id"] == alarm["id"]]

    assert alarms(999) == []
    assert alarms(1000) == alarms(1999) == [(alarm["type"], "active")]
    assert alarms(2000) == alarms(2999) == [(alarm["type"], "acknowledged")]
    assert alarms(3000) == alarms(4000) == []
    assert [twin.past.state_at(START + ms).building for ms in (0, 2999, 3000)] == [first, first, second]
    assert UPS in twin.past.state_at(START + 2999).entities
    assert UPS not in twin.past.state_at(START + 3000).entities
    assert "on_battery" in twin.past.entity_at(UPS, START + 4000)
    marks = twin.past.happenings(START, START + 4000, kinds=("alarm", "building"))
    assert [(m.ts_ms - START, m.kind, m.state) for m in marks if m.name in {alarm["type"], first, second}] == [
        (0, "building", None), (1000, "alarm", "active"), (2000, "alarm", "acknowledged"),
        (3000, "alarm", "closed"), (3000, "building", None),
    ]  # fmt: skip


def test_events_are_marks_on_the_time_line(hall: RunningHall) -> None:
    event = DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=START, seq=1, boot=1)
    receipt = hall.wire.receive(event)
    wait_until(lambda: receipt in hall.wire.acknowledged)
    (mark,) = hall.twin.past.happenings(START, START)
    assert (mark.ts_ms, mark.kind, mark.entity, mark.name) == (START, "event", f"{SITE}:device:D-1", "opened")
    assert hall.twin.past.happenings(START, START, kinds=("alarm",)) == []


def test_what_claims_to_be_of_the_future_stands_where_it_was_received(hall: RunningHall) -> None:
    say(hall, "T-1", 1, START + 3_600_000, temperature=20.0)
    receipt = hall.wire.receive(DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=START + 10**9, seq=1, boot=1))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    value = hall.twin.past.entity_at(T1, START)["temperature"]
    assert (value.value, value.ts_ms, value.quality) == (20.0, START, "uncertain")
    assert [m.ts_ms for m in hall.twin.past.happenings(START, START, kinds=("event",))] == [START]


def test_a_call_is_one_mark_however_often_its_window_speaks_of_other_things(hall: RunningHall) -> None:
    window = f"{SITE}:window:A07"
    for ms, called, waiting in ((0, "", 2), (1000, "A001", 1), (2000, "A001", 2), (3000, "", 2), (4000, "A002", 1)):
        later(hall, START + ms)
        hall.twin.publish(window, {"called": called, "waiting": waiting}, source="service:queue")
    assert hall.twin.recorder.flush(patience_s=10)

    def calls(since: int) -> list[tuple[int, str, str]]:
        marks = hall.twin.past.happenings(START + since, START + 4000, kinds=("call",))
        return [(m.ts_ms - START, m.entity, m.name) for m in marks]

    assert calls(0) == [(1000, window, "A001"), (4000, window, "A002")]
    assert calls(1500) == [(4000, window, "A002")], "the first one was called before"


@pytest.mark.oldest
def test_a_trend_of_few_readings_is_the_readings_of_many_their_peaks(hall: RunningHall) -> None:
    later(hall, START + 1_000_000)
    for n in range(3):
        say(hall, "T-1", n, START + n * 1000, temperature=20.0 + n)
    past = hall.twin.past
    trend = past.trend(T1, "temperature", since_ms=START, until_ms=START + 1_000_000)
    assert [(p.ts_ms - START, p.value, p.quality) for p in trend.points] == [
        (0, 20.0, "good"), (1000, 21.0, "good"), (2000, 22.0, "good"),
    ]  # fmt: skip
    assert trend.whole
    for n in range(3, 50):
        say(hall, "T-1", n, START + n * 1000, temperature=80.0 if n == 33 else -30.0 if n == 34 else 20.0)
    trend = past.trend(T1, "temperature", since_ms=START, until_ms=START + 1_000_000, points_max=10)
    assert len(trend.points) <= 10
    assert not trend.whole
    assert {(START + 33_000, 80.0), (START + 34_000, -30.0)} <= {(p.ts_ms, p.value) for p in trend.points}
    with pytest.raises(NotFound, match="ever recorded"):
        past.trend(T1, "pressure", since_ms=START, until_ms=START + 1)


def test_of_words_a_trend_tells_when_they_became_others(hall: RunningHall) -> None:
    later(hall, START + 10_000)
    for n, text in enumerate(("甲", "甲", "乙", "乙", "甲")):
        say(hall, "SCR-1", n, START + n * 1000, text=text)
    trend = hall.twin.past.trend(SCREEN, "text", since_ms=START, until_ms=START + 10_000)
    assert [(p.ts_ms - START, p.value) for p in trend.points] == [(0, "甲"), (2000, "乙"), (4000, "甲")]
