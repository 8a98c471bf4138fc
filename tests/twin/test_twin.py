"""Messages in, truth out: what is shown, recorded, counted and acknowledged, over a fake wire and a real database."""

from __future__ import annotations

import pytest

from iot.catalogue import KINDS
from iot.messages import Description, DeviceEvent, Presence
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until
from twin.twin import Twin

pytestmark = pytest.mark.integration
T1 = f"{SITE}:device:T-1"
DAY_MS = 86_400_000


def test_a_reading_is_shown_recorded_and_only_then_acknowledged(hall: RunningHall) -> None:
    receipt = hall.wire.receive(telemetry("T-1", {"temperature": 21.5, "humidity": 40}, seq=1))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    assert hall.twin.history(f"{SITE}:device:T-1", "temperature", since_ms=0) == [(1_763_000_000_000, 21.5)]
    value = hall.twin.value(f"{SITE}:device:T-1", "temperature")
    assert value is not None
    assert (value.value, value.quality, value.source) == (21.5, "good", "device")


def test_words_truth_values_and_numbers_are_recorded(hall: RunningHall) -> None:
    receipt = hall.wire.receive(telemetry("SCR-1", {"text": "请到 A07\t窗口", "power": True, "brightness": 80}, seq=1))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    screen = f"{SITE}:device:SCR-1"
    assert [v for _, v in hall.twin.history(screen, "text", since_ms=0)] == ["请到 A07\t窗口"]
    assert [v for _, v in hall.twin.history(screen, "power", since_ms=0)] == [1.0]
    assert [v for _, v in hall.twin.history(screen, "brightness", since_ms=0)] == [80.0]


def test_a_message_that_comes_again_is_acknowledged_and_changes_nothing(hall: RunningHall) -> None:
    receipts = [hall.wire.receive(telemetry("T-1", {"temperature": 20.0 + n}, seq=1)) for n in range(3)]
    wait_until(lambda: set(receipts) <= set(hall.wire.acknowledged))
    assert hall.value("T-1", "temperature") == 20.0
    assert len(hall.twin.history(T1, "temperature", since_ms=0)) == 1
    assert hall.twin.registry.counters("T-1").duplicates == 2


def test_a_gap_is_counted_answered_and_filled_by_late_messages(hall: RunningHall) -> None:
    counters = hall.twin.registry.counters("T-1")
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=1))
    hall.wire.receive(telemetry("T-1", {"temperature": 4.0}, seq=4))
    wait_until(lambda: counters.missing == 2)
    assert [(r.device, r.name) for r in hall.wire.sent] == [("T-1", "rebirth")]
    for seq in (2, 3):
        hall.wire.receive(telemetry("T-1", {"temperature": float(seq)}, seq=seq, ts_ms=seq, late=True))
    wait_until(lambda: counters.missing == 0)
    assert (counters.gaps, counters.late) == (1, 2)
    assert hall.value("T-1", "temperature") == 4.0
    wait_until(lambda: len(hall.twin.history(T1, "temperature", since_ms=0)) == 4)


def test_a_device_with_a_buffer_is_asked_for_just_what_is_missing(hall: RunningHall) -> None:
    hall.wire.receive(Description(device="T-1", kind="climate_sensor", buffer=100))
    wait_until(lambda: hall.twin.registry.get_device("T-1").description)
    for seq in (1, 5):
        hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=seq, boot=3))
    wait_until(lambda: hall.wire.sent)
    assert (hall.wire.sent[0].name, hall.wire.sent[0].arguments) == ("resend", {"boot": 3, "from": 2, "to": 4})


def test_what_a_kind_does_not_allow_is_counted_and_a_number_out_of_range_is_kept_as_bad(hall: RunningHall) -> None:
    receipt = hall.wire.receive(
        telemetry("T-1", {"temperature": 999.0, "humidity": "wet", "nonsense": 1, "co2": 400}, seq=1)
    )
    wait_until(lambda: receipt in hall.wire.acknowledged)
    bad = hall.twin.value(T1, "temperature")
    assert bad is not None
    assert (bad.value, bad.quality) == (999.0, "bad")
    assert set(hall.twin.entity(T1)) == {"temperature", "co2"}
    counters = hall.twin.registry.counters("T-1")
    assert (counters.out_of_range, counters.rejected) == (1, 2)


def test_strangers_are_counted_in_the_lobby_and_acknowledged(hall: RunningHall) -> None:
    receipts = [
        hall.wire.receive(telemetry("NOBODY", {"temperature": 1.0}, seq=1)),
        hall.wire.receive(telemetry("X-1", {"pressure": 1.0}, seq=1)),
        hall.wire.receive(Description(device="D-1", kind="ups")),
    ]
    wait_until(lambda: set(receipts) <= set(hall.wire.acknowledged))
    strangers = {(s["device"], s["reason"]): s["count"] for s in hall.twin.registry.lobby.list_strangers()}
    assert strangers == {("NOBODY", "unknown_device"): 1, ("X-1", "unknown_kind"): 1, ("D-1", "wrong_kind"): 1}
    assert dict(hall.twin.snapshot().entities) == {}


def test_the_late_will_of_an_older_boot_changes_nothing(hall: RunningHall) -> None:
    hall.online("T-1", boot=7)
    hall.online("T-1", boot=8)
    hall.online("T-1", boot=7, online=False)
    assert hall.value("T-1", "online") is True
    assert hall.twin.registry.counters("T-1").late_wills == 1
    hall.online("T-1", boot=8, online=False)
    assert hall.value("T-1", "online") is False
    hall.online("T-1", boot=8)
    assert hall.value("T-1", "online") is True


def test_a_device_that_was_reset_or_replaced_is_believed_again(hall: RunningHall) -> None:
    hall.online("T-1", boot=9)
    hall.wire.receive(telemetry("T-1", {"temperature": 30.0}, seq=500, boot=9))
    hall.clock.advance(60)
    hall.online("T-1", boot=1)
    hall.wire.receive(telemetry("T-1", {"temperature": 20.0}, seq=1, boot=1))
    wait_until(lambda: hall.value("T-1", "temperature") == 20.0)
    assert hall.value("T-1", "online") is True
    assert hall.twin.registry.counters("T-1").resets == 1


def test_a_device_taken_out_of_the_building_is_no_ghost_after_a_restart(database: Database) -> None:
    first = RunningHall(database)
    first.online("T-1")
    first.twin.stop()
    with database.transaction() as conn:
        conn.execute("update twin.device set removed_ms = 1 where key = 'T-1'")
    second = Twin(site=SITE, kinds=KINDS, database=database)
    second.start()
    try:
        assert T1 not in second.snapshot().entities
    finally:
        second.stop()


def test_a_clock_far_ahead_is_flagged_and_its_rows_are_kept(hall: RunningHall) -> None:
    receipt = hall.wire.receive(telemetry("T-1", {"temperature": 5.0}, seq=1, ts_ms=hall.clock() + 900 * DAY_MS))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    value = hall.twin.value(T1, "temperature")
    assert value is not None
    assert value.quality == "uncertain"
    assert hall.twin.registry.counters("T-1").clock_ahead == 1
    assert len(hall.twin.history(T1, "temperature", since_ms=0)) == 1


def test_an_event_is_kept_once_and_acknowledged_each_time(hall: RunningHall) -> None:
    event = DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=1, seq=1, boot=1, data={"by": "card"})
    receipts = [hall.wire.receive(event) for _ in range(2)]
    wait_until(lambda: set(receipts) <= set(hall.wire.acknowledged))
    assert hall.twin.events() == [
        {"entity": f"{SITE}:device:D-1", "id": "e1", "type": "opened", "ts_ms": 1, "data": {"by": "card"}}
    ]


def test_facts_of_services_are_facts_of_the_twin(hall: RunningHall) -> None:
    window = f"{SITE}:window:A07"
    page = hall.twin.hub.subscribe("window:A07", wake=lambda: None)
    page.take()
    hall.twin.publish(window, {"called": "A012", "waiting": 3}, source="service:queue")
    hall.clock.advance(1)
    hall.twin.publish(window, {"waiting": 2}, source="service:queue")
    (delta,) = page.take()
    assert {name: wire[0] for name, wire in delta["entities"][window].items()} == {"called": "A012", "waiting": 2}
    wait_until(lambda: [v for _, v in hall.twin.history(window, "waiting", since_ms=0)] == [3.0, 2.0])


def test_after_a_restart_the_hall_knows_what_was_and_what_it_has_seen(database: Database) -> None:
    first = RunningHall(database)
    first.online("T-1", boot=2)
    first.wire.receive(telemetry("T-1", {"temperature": 21.0}, seq=5, boot=2))
    first.twin.publish(f"{SITE}:window:A07", {"waiting": 4}, source="service:queue")
    first.twin.stop()
    second = RunningHall(database)
    try:
        assert second.value("T-1", "temperature") == 21.0
        assert second.value("T-1", "online") is True
        assert second.twin.snapshot().entities[f"{SITE}:window:A07"]["waiting"].value == 4
        again = second.wire.receive(telemetry("T-1", {"temperature": 99.0}, seq=5, boot=2))
        late = second.wire.receive(Presence(device="T-1", online=False, boot=1, ts_ms=0))
        wait_until(lambda: {again, late} <= set(second.wire.acknowledged))
        assert second.value("T-1", "temperature") == 21.0
        assert second.value("T-1", "online") is True
        assert second.twin.registry.counters("T-1").duplicates == 1
    finally:
        second.twin.stop()


def test_every_loss_has_a_name(hall: RunningHall) -> None:
    counters = hall.twin.counters()
    assert set(counters) == {"devices", "recorder", "intake", "committer", "live", "commands", "admission", "keeping"}
    assert {"missing", "duplicates", "rejected", "out_of_range", "lobby"} <= set(counters["devices"])
    assert {"refused_rows", "retries"} <= set(counters["recorder"])
