"""A gateway that dies takes its devices along: unknown, as one alarm; and gaps stay on record until they are closed."""

from collections.abc import Iterator

import pytest

from iot.messages import Description, DeviceEvent, Missed, Presence, Telemetry
from iot.ports import Binding
from twin.gateways import LOST, ON_DELAY_S
from twin.losses import REBIRTH_EVERY_MS
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration
BEHIND = ("D-1", "SCR-1", "T-1")


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    running.twin.registry.grant("UPS-1", BEHIND, actor="admin", why="test")
    yield running
    running.twin.stop()


def state(hall: RunningHall, key: str) -> tuple[object, str]:
    online = hall.twin.value(f"{SITE}:device:{key}", "online")
    assert online is not None
    return online.value, online.quality


def alarms(hall: RunningHall) -> list[tuple[str, str]]:
    return sorted((a["source"].rpartition(":")[2], a["type"]) for a in hall.twin.alarms.list_open())


def everybody_online(hall: RunningHall) -> None:
    for key in ("UPS-1", *BEHIND):
        hall.online(key)


def test_devices_behind_a_gateway_that_died_are_unknown_and_it_is_one_alarm(hall: RunningHall) -> None:
    everybody_online(hall)
    hall.online("UPS-1", online=False)
    assert [state(hall, key) for key in BEHIND] == [(False, "bad")] * 3
    assert state(hall, "UPS-1") == (False, "good")
    hall.clock.advance(ON_DELAY_S + 0.1)
    wait_until(lambda: alarms(hall) == [("UPS-1", LOST)])
    hall.clock.advance(3600)
    hall.twin.apply([])
    wait_until(lambda: alarms(hall) == [("UPS-1", LOST)])
    (alarm,) = hall.twin.alarms.list_open()
    assert alarm["label"] == {"zh": "网关失联，3 台设备状态未知", "en": "Gateway lost, 3 devices unknown"}
    assert alarm["priority"] == 2, "as urgent as the door behind it"


def test_a_gateway_that_is_back_at_once_is_no_alarm(hall: RunningHall) -> None:
    everybody_online(hall)
    hall.online("UPS-1", online=False)
    hall.clock.advance(ON_DELAY_S / 2)
    hall.online("UPS-1", boot=2)
    hall.clock.advance(60)
    hall.twin.apply([])
    assert alarms(hall) == []


def test_when_it_is_back_its_devices_are_asked_and_known_again_once_they_are_heard(hall: RunningHall) -> None:
    everybody_online(hall)
    hall.online("UPS-1", online=False)
    hall.clock.advance(ON_DELAY_S + 0.1)
    wait_until(lambda: alarms(hall) == [("UPS-1", LOST)])
    hall.online("UPS-1", boot=2)
    assert sorted(r.device for r in hall.wire.sent if r.name == "rebirth") == sorted(BEHIND)
    assert [state(hall, key) for key in BEHIND] == [(False, "bad")] * 3, "not heard yet"
    hall.wire.receive(telemetry("T-1", {"temperature": 20.0}, seq=1))
    hall.wire.receive(Presence(device="SCR-1", online=True, boot=1, ts_ms=hall.clock()))
    hall.wire.receive(
        DeviceEvent(device="D-1", type="opened", id="e", ts_ms=hall.clock(), seq=1, boot=1, data={"by": "key"})
    )
    wait_until(lambda: [state(hall, key) for key in BEHIND] == [(True, "good")] * 3)
    wait_until(lambda: all(a["state"] == "cleared-unacked" for a in hall.twin.alarms.list_open()))


def test_a_device_that_was_gone_before_stays_gone_and_one_about_to_be_missed_is_not(hall: RunningHall) -> None:
    everybody_online(hall)
    hall.online("D-1", online=False)
    hall.clock.advance(11)
    wait_until(lambda: alarms(hall) == [("D-1", "offline")])
    hall.online("T-1", online=False)
    hall.online("UPS-1", online=False)
    assert [state(hall, key) for key in BEHIND] == [(False, "good"), (False, "bad"), (False, "bad")]
    hall.clock.advance(60)
    wait_until(lambda: alarms(hall) == [("D-1", "offline"), ("UPS-1", LOST)])


def test_with_a_second_gateway_alive_nothing_is_unknown(hall: RunningHall) -> None:
    hall.twin.registry.grant("D-1", ["T-1"], actor="admin", why="test")
    everybody_online(hall)
    hall.online("UPS-1", online=False)
    assert state(hall, "T-1") == (False, "bad"), "D-1 is itself behind UPS-1 and unknown"
    hall.twin.registry.revoke_grant("UPS-1", "D-1", actor="admin", why="test")
    hall.online("D-1", boot=2)
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=1))
    wait_until(lambda: state(hall, "T-1") == (True, "good"))
    hall.online("UPS-1", boot=2)
    hall.online("UPS-1", boot=2, online=False)
    assert state(hall, "T-1") == (True, "good"), "D-1 speaks for it too"


def test_a_grant_taken_back_gives_the_device_its_own_alarm_again(hall: RunningHall) -> None:
    everybody_online(hall)
    for key in BEHIND:
        hall.twin.registry.revoke_grant("UPS-1", key, actor="admin", why="test")
    hall.online("UPS-1", online=False)
    hall.clock.advance(60)
    wait_until(lambda: alarms(hall) == [("UPS-1", "offline")])
    assert state(hall, "T-1") == (True, "good")


def test_a_restart_of_the_hall_remembers_who_is_unknown(hall: RunningHall, database: Database) -> None:
    everybody_online(hall)
    hall.online("UPS-1", online=False)
    hall.twin.stop()
    again = RunningHall(database, clock=hall.clock)
    assert state(again, "T-1") == (False, "bad")
    again.wire.receive(telemetry("T-1", {"temperature": 20.0}, seq=1))
    wait_until(lambda: state(again, "T-1") == (True, "good"))
    again.twin.stop()


def test_what_stands_behind_a_sparkplug_node_is_behind_a_gateway(hall: RunningHall) -> None:
    for key, address in (("X-1", "plant/E1"), ("SCR-1", "plant/E1/D1")):
        hall.twin.registry.bind(Binding(device=key, convention="sparkplug", address=address), actor="admin", why="test")
    hall.twin.apply([])
    wait_until(lambda: hall.wire.bound)
    assert hall.twin.gateways.via("SCR-1") == ["UPS-1", "X-1"]
    assert [(b.device, b.kind) for b in hall.wire.bound] == [("SCR-1", "screen"), ("X-1", "sprinkler")]


def test_gaps_are_shown_kept_and_closed(hall: RunningHall) -> None:
    def missing() -> object:
        return hall.value("T-1", "missing")

    hall.wire.receive(Description(device="T-1", kind="climate_sensor", buffer=100))
    wait_until(lambda: hall.twin.registry.get_device("T-1").description)
    for seq in (1, 4, 9):
        hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=seq))
    wait_until(lambda: missing() == 6)
    asked = lambda: [(r.name, r.arguments["from"], r.arguments["to"]) for r in hall.wire.sent]  # noqa: E731
    wait_until(lambda: asked() == [("resend", 2, 3), ("resend", 5, 8)])
    hall.clock.advance(REBIRTH_EVERY_MS / 1000 + 0.1)
    wait_until(lambda: asked()[2:] == [("resend", 2, 3), ("resend", 5, 8)])
    for seq in (2, 3, 5, 6, 7):
        hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=seq, late=True))
    wait_until(lambda: missing() == 1)
    hall.clock.advance(REBIRTH_EVERY_MS / 1000 + 0.1)
    wait_until(lambda: asked()[4:] == [("resend", 8, 8)])
    wait_until(lambda: len(hall.twin.history(f"{SITE}:device:T-1", "missing", since_ms=0)) >= 2)


def test_numbers_far_behind_close_their_gap_too(hall: RunningHall) -> None:
    counters = hall.twin.registry.counters("T-1")
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=1))
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=5_000))
    wait_until(lambda: counters.missing == 4_998)
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=2, late=True))
    hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=1, late=True))
    wait_until(lambda: (counters.missing, counters.late, counters.old) == (4_997, 1, 1))


def test_a_boot_that_ended_with_a_gap_can_still_close_it(hall: RunningHall) -> None:
    counters = hall.twin.registry.counters("T-1")
    for boot, seq in ((1, 1), (1, 3), (2, 1), (1, 2)):
        hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=seq, boot=boot))
    wait_until(lambda: counters.messages == 4)
    assert (counters.gaps, counters.missing, counters.late, counters.old) == (1, 0, 1, 0)


def test_what_is_missing_stays_on_record_over_a_restart(hall: RunningHall, database: Database) -> None:
    for seq in (1, 4):
        hall.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=seq))
    wait_until(lambda: hall.value("T-1", "missing") == 2)
    hall.twin.stop()
    again = RunningHall(database, clock=hall.clock)
    assert again.value("T-1", "missing") == 2
    again.wire.receive(telemetry("T-1", {"temperature": 1.0}, seq=7))
    wait_until(lambda: again.value("T-1", "missing") == 4)
    again.twin.stop()


def test_messages_without_numbers_show_no_gap_and_a_convention_tells_its_own(hall: RunningHall) -> None:
    counters = hall.twin.registry.counters("T-1")
    for order in (100, 900, 500):
        hall.wire.receive(
            Telemetry(device="T-1", ts_ms=hall.clock(), seq=order, boot=0, values={"co2": order}, numbered=False)
        )
    hall.wire.receive(Missed(device="T-1", count=3))
    wait_until(lambda: hall.value("T-1", "missing") == 3)
    assert (counters.gaps, counters.late, counters.old, counters.duplicates) == (1, 0, 0, 0)
    assert hall.value("T-1", "co2") == 900


def test_a_device_that_fell_silent_is_offline_until_it_is_heard(hall: RunningHall) -> None:
    hall.online("T-1")
    hall.twin.mark_silent("T-1", over=False)
    assert state(hall, "T-1") == (False, "good")
    hall.twin.mark_silent("T-1", over=True)
    assert state(hall, "T-1") == (True, "good")


def test_a_gateway_that_fell_silent_takes_its_devices_along_and_its_will_changes_nothing(hall: RunningHall) -> None:
    everybody_online(hall)
    hall.twin.mark_silent("UPS-1", over=False)
    hall.online("UPS-1", online=False)
    assert [state(hall, key) for key in ("UPS-1", *BEHIND)] == [(False, "good"), *[(False, "bad")] * 3]
    hall.twin.mark_silent("UPS-1", over=True)
    assert state(hall, "UPS-1") == (False, "good"), "its line ended: only a new birth brings it back"


def test_who_is_no_device_may_be_silent(hall: RunningHall) -> None:
    hall.twin.mark_silent("lobby-abc", over=False)
    assert hall.twin.registry.lobby.total == 0
