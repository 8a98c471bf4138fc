"""Who sends too much is throttled and named, whose clock is wrong is named, and the neighbours do not notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS
from iot.messages import DeviceEvent, Presence
from iot.ports import Inbound
from twin.admission import CLOCK_PERSISTS_MS, CLOCK_SKEW_MS, Admission, Conduct, Meter, Quota
from twin.conditions import Verdict
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until

QUOTA = Quota(rate_per_s=100, burst=1000, usual_per_s=10, usual_burst=50)


# --- the bucket


def test_within_its_burst_a_device_may_do_as_it_likes() -> None:
    meter = Meter(QUOTA)
    assert not any(meter.exceeds(0) for _ in range(50))
    assert meter.exceeds(0)


def test_beyond_the_burst_the_rate_is_let_in_and_no_more() -> None:
    meter = Meter(QUOTA)
    taken = 0
    for n in range(20_000):  # one a millisecond: ten times what is allowed
        meter.exceeds(n)
        taken += not meter.overflows(n)
    assert taken == pytest.approx(1000 + 20_000 / 10, abs=2)


@given(st.lists(st.integers(min_value=100, max_value=5_000), max_size=200))
def test_who_keeps_to_the_usual_rate_is_never_named(pauses_ms: list[int]) -> None:
    meter, now_ms = Meter(QUOTA), 0
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        assert not meter.exceeds(now_ms)
        assert not meter.overflows(now_ms)


@given(st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=3000))
def test_no_more_than_burst_and_rate_gets_through_whatever_the_rhythm(pauses_ms: list[int]) -> None:
    meter, now_ms, taken = Meter(QUOTA), 0, 0
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        meter.exceeds(now_ms)
        taken += not meter.overflows(now_ms)
    assert taken <= QUOTA.burst + now_ms * QUOTA.rate_per_s / 1000 + 1


def test_a_kind_says_what_is_usual_for_it_and_the_setting_stays_the_upper_bound() -> None:
    busy, calm, other = (replace(KINDS["ups"], usual_per_s=rate) for rate in (60.0, 1.0, None))
    assert (QUOTA.of(busy).usual_per_s, QUOTA.of(busy).usual_burst) == (60.0, 600)
    assert (QUOTA.of(calm).usual_per_s, QUOTA.of(calm).usual_burst) == (1.0, 50)
    assert QUOTA.of(replace(busy, usual_per_s=5000.0)).usual_per_s == QUOTA.rate_per_s
    assert QUOTA.of(other) == QUOTA
    for kind in (busy, calm):
        assert (QUOTA.of(kind).rate_per_s, QUOTA.of(kind).burst) == (QUOTA.rate_per_s, QUOTA.burst)


# --- naming


def test_one_alarm_however_often_and_an_end_when_it_is_quiet() -> None:
    heard: list[Verdict] = []
    admission = Admission(heard.append, quota=QUOTA)
    for now_ms in range(0, 5000, 10):
        admission.flooding.happens("x", True, now_ms)
        admission.tick(now_ms)
    assert [v.holds for v in heard] == [True]
    admission.tick(14_989)
    assert len(heard) == 1
    admission.tick(14_990)
    assert [(v.holds, v.alarm.name) for v in heard] == [(True, "device_flooding"), (False, "device_flooding")]


def test_what_held_before_a_restart_ends_after_it() -> None:
    heard: list[Verdict] = []
    admission = Admission(heard.append, quota=None)
    admission.restore([("x", "broker_refused"), ("y", "offline")], 1000)
    admission.tick(70_000)
    assert [(v.source, v.alarm.name, v.holds) for v in heard] == [("x", "broker_refused", False)]


def test_strangers_without_end_are_counted_and_not_all_named() -> None:
    heard: list[Verdict] = []
    conduct = Conduct(Admission(heard.append, quota=None).refused.alarm, heard.append, quiet_ms=1000)
    for n in range(1500):
        conduct.happens(f"s{n}", "x", 0)
    assert (len(heard), conduct.happenings) == (1000, 1500)


# --- in the hall


@pytest.fixture
def measured(database: Database) -> Any:
    running = RunningHall(database, quota=QUOTA)
    yield running
    running.twin.stop()


def alarms(hall: RunningHall) -> set[tuple[str, str]]:
    return {(a["source"].rpartition(":")[2], a["type"]) for a in hall.twin.alarms.list_open()}


@pytest.mark.integration
def test_a_flood_is_throttled_and_named_and_the_neighbour_loses_nothing(measured: RunningHall) -> None:
    clock = measured.clock
    for second in range(20):
        clock.advance(1)
        flood = [
            Inbound(telemetry("UPS-1", {"battery": 50.0}, seq=second * 500 + n, ts_ms=clock()), clock(), 0)
            for n in range(500)
        ]
        own = Inbound(telemetry("T-1", {"temperature": 20.0 + second}, seq=second, ts_ms=clock()), clock(), 0)
        measured.twin.apply([*flood, own])
    flooding, calm = measured.twin.registry.counters("UPS-1"), measured.twin.registry.counters("T-1")
    assert flooding.throttled == pytest.approx(10_000 - 1000 - 19 * 100, abs=2)
    assert (flooding.missing, flooding.rebirths_asked) == (0, 0), "what we drop ourselves is no gap"
    assert (calm.throttled, calm.messages, measured.value("T-1", "temperature")) == (0, 20, 39.0)
    wait_until(lambda: alarms(measured) == {("UPS-1", "device_flooding")})

    clock.advance(11)
    wait_until(lambda: measured.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    measured.twin.recorder.flush(patience_s=10)
    kept = measured.twin.history(f"{SITE}:device:T-1", "temperature", since_ms=0)
    assert [value for _, value in kept] == [20.0 + second for second in range(20)]


@pytest.mark.integration
def test_a_camera_may_say_more_than_a_leak_sensor_before_it_is_named(database: Database) -> None:
    kinds = {**KINDS, "ups": replace(KINDS["ups"], usual_per_s=90.0)}
    hall = RunningHall(database, quota=QUOTA, kinds=kinds)
    try:
        for second in range(20):
            hall.clock.advance(1)
            for n in range(60):
                seq, now = second * 60 + n, hall.clock()
                values = {"UPS-1": {"battery": 50.0}, "T-1": {"temperature": 20.0}}
                hall.twin.apply([Inbound(telemetry(k, v, seq=seq, ts_ms=now), now, 0) for k, v in values.items()])
        wait_until(lambda: alarms(hall) == {("T-1", "device_flooding")})
        assert [hall.twin.registry.counters(key).throttled for key in ("UPS-1", "T-1")] == [0, 0]
    finally:
        hall.twin.stop()


@pytest.mark.integration
def test_events_and_presence_are_never_dropped(measured: RunningHall) -> None:
    now = measured.clock()
    flood = [Inbound(telemetry("D-1", {"position": "open"}, seq=n, ts_ms=now), now, 0) for n in range(3000)]
    event = DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=now, seq=3000, boot=1)
    presence = Presence(device="D-1", online=True, boot=1, ts_ms=now)
    measured.twin.apply([*flood, Inbound(event, now, 0), Inbound(presence, now, 0)])
    assert measured.value("D-1", "online") is True
    wait_until(lambda: [e["id"] for e in measured.twin.events(f"{SITE}:device:D-1")] == ["e1"])
    assert measured.twin.registry.counters("D-1").throttled == 2000


@pytest.mark.integration
def test_a_clock_that_stays_wrong_is_named_until_it_is_set_right(hall: RunningHall) -> None:
    for n in range(4):
        late_ms = hall.clock() - CLOCK_SKEW_MS - 1
        hall.twin.apply([Inbound(telemetry("T-1", {"temperature": 20.0}, seq=n, ts_ms=late_ms), hall.clock(), 0)])
        hall.clock.advance(CLOCK_PERSISTS_MS / 2000)
    assert hall.twin.registry.counters("T-1").clock_behind == 4
    wait_until(lambda: alarms(hall) == {("T-1", "clock_wrong")})
    shown = hall.twin.value(f"{SITE}:device:T-1", "temperature")
    assert shown is not None
    assert shown.quality == "uncertain"

    hall.twin.apply([Inbound(telemetry("T-1", {"temperature": 21.0}, seq=4, ts_ms=hall.clock()), hall.clock(), 0)])
    wait_until(lambda: hall.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    shown = hall.twin.value(f"{SITE}:device:T-1", "temperature")
    assert shown is not None
    assert shown.quality == "good"


@pytest.mark.integration
def test_a_wrong_clock_that_was_set_right_while_the_hall_was_away_is_seen_so(hall: RunningHall) -> None:
    source = f"{SITE}:device:T-1"
    hall.twin.admission.clock_wrong.happens(source, 600, hall.clock())
    wait_until(lambda: alarms(hall) == {("T-1", "clock_wrong")})
    again = RunningHall(hall.database, clock=hall.clock)
    again.twin.apply([Inbound(telemetry("T-1", {"temperature": 21.0}, seq=4, ts_ms=again.clock()), again.clock(), 0)])
    wait_until(lambda: again.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    again.twin.stop()


@pytest.mark.integration
def test_what_is_made_to_hurt_is_an_alarm_of_who_sent_it(hall: RunningHall) -> None:
    inbox = hall.twin.intake.inboxes[0]
    for device, reason in (("UPS-1", "oversized"), ("T-1", "json"), ("NOBODY", "properties")):
        inbox.reject(device=device, reason=reason, detail="x")
    wait_until(lambda: alarms(hall) == {("UPS-1", "broker_refused"), ("mqtt", "broker_refused")})
    assert hall.twin.registry.lobby.total == 3


@pytest.mark.integration
def test_what_the_broker_kept_while_the_hall_was_away_is_no_wrong_clock(hall: RunningHall) -> None:
    now = hall.clock()
    kept = [telemetry("T-1", {"temperature": 20.0}, seq=n, ts_ms=now - 3_600_000 + n * 1000) for n in range(3600)]
    hall.twin.apply([Inbound(message, now + n, 0) for n, message in enumerate(kept)])
    hall.twin.apply([Inbound(telemetry("T-1", {"temperature": 21.0}, seq=3600, ts_ms=now + 3600), now + 3600, 0)])
    assert hall.twin.admission.clock_wrong.happenings == 0
    assert hall.value("T-1", "temperature") == 21.0
