"""What goes first when not all can be kept, when that begins, what is never let go, and how it ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iot.messages import DeviceEvent, LetGo
from twin.overload import BACKLOG, BEHIND_AGAIN_MS, BEHIND_MS, FIRST_KEPT, FOR_S, KEPT_MIN, Overload, OverloadGuard
from twin.shedding import FairShare, fair_line
from twin.testing import SITE, RunningHall, telemetry, wait_until

rates = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


@given(rates, st.floats(0, 1))
def test_the_line_keeps_just_the_part_that_was_asked_for(rates: list[float], kept: float) -> None:
    line = fair_line(rates, kept)
    total = sum(rates)
    assert abs(sum(min(rate, line) for rate in rates) - kept * total) <= 1e-6 * max(1.0, total)


def test_the_noisiest_lose_and_the_quiet_nothing() -> None:
    share = FairShare(window_s=10)
    for _ in range(20):
        share.note("loud", 900)
        share.note("quiet", 100)
        share.settle(0.5)
    assert share.noisy == ["loud"]
    assert all(share.keeps("quiet") for _ in range(1000))
    kept = sum(share.keeps("loud") for _ in range(9000))
    assert abs(kept - 4000) <= 2, "900 a second are cut to 400 so that half of all 1,000 stay"
    share.settle(1.0)
    assert all(share.keeps("loud") for _ in range(1000))


def lags(overload: Overload, seconds_ms: list[int], *, backlog: int = BACKLOG, pressed: bool = False) -> list[float]:
    """What is kept after each second at whose end the hall was so far behind."""
    kept = []
    for behind_ms in seconds_ms:
        overload.look(backlog, pressed=pressed)
        overload.settle({"a": 1}, behind_ms)
        kept.append(overload.kept)
    return kept


def test_falling_behind_for_long_enough_is_overload_and_ends_by_itself() -> None:
    overload = Overload()
    growing = lags(overload, [20] * 5 + [BEHIND_MS + 300 * n for n in range(1, FOR_S + 16)])
    assert growing[: 5 + FOR_S - 1] == [1.0] * (5 + FOR_S - 1)
    assert growing[5 + FOR_S - 1] == FIRST_KEPT
    assert growing[-1] == KEPT_MIN
    assert lags(overload, [2000, 1000, 400])[-1] == growing[-1], "what is being caught up changes nothing yet"
    recovered = lags(overload, [30] * 15)
    assert recovered == sorted(recovered)
    assert recovered[-1] == 1.0
    again = lags(overload, [BEHIND_AGAIN_MS + 300 * n for n in range(1, FOR_S + 2)])
    assert again[-1] < 1.0, "it is noticed sooner while it is remembered"


def test_a_burst_that_ends_before_the_hall_is_far_behind_loses_nothing() -> None:
    burst = [400 * n for n in range(BEHIND_MS // 400 + 1)] + [BEHIND_MS - 100 * n for n in range(BEHIND_MS // 100)]
    assert set(lags(Overload(), burst)) == {1.0}


def test_what_was_kept_for_us_while_we_were_away_is_no_overload() -> None:
    assert set(lags(Overload(), [60_000 - 100 * n for n in range(600)])) == {1.0}


def test_what_comes_late_and_is_done_with_at_once_is_no_overload() -> None:
    assert set(lags(Overload(), [300 * n for n in range(60)], backlog=BACKLOG - 1)) == {1.0}


def test_a_connector_that_cannot_read_all_that_comes_is_overload_however_little_is_taken_in() -> None:
    assert lags(Overload(), [300 * n for n in range(60)], backlog=0, pressed=True)[-1] == KEPT_MIN


def test_silence_ends_it() -> None:
    overload = Overload()
    lags(overload, [0, *[BEHIND_MS + 500 * n for n in range(30)]])
    assert overload.is_shedding
    for _ in range(20):
        overload.settle({}, 0)
    assert not overload.is_shedding


class _Always(Overload):
    """Nothing is kept that need not be."""

    @property
    def is_shedding(self) -> bool:
        return True

    def settle(self, messages: dict[str, int], behind_ms: int) -> None:
        del messages, behind_ms

    def keeps(self, device: str) -> bool:
        del device
        return False


def shedding(hall: RunningHall) -> OverloadGuard:
    guard = hall.twin.overload
    guard.is_shedding, guard._overload = True, _Always()
    return guard


def test_alarms_events_and_answers_to_commands_are_never_shed(hall: RunningHall) -> None:
    hall.online("SCR-1")
    shedding(hall)
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=1))
    shed = hall.wire.receive(telemetry("UPS-1", {"battery": 90.0}, seq=2))
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=3))
    wait_until(lambda: [a["state"] for a in hall.twin.alarms.list_open()] == ["active"])
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=4))
    wait_until(lambda: [a["state"] for a in hall.twin.alarms.list_open()] == ["cleared-unacked"])
    wait_until(lambda: shed in hall.wire.acknowledged)
    assert "battery" not in hall.twin.entity(f"{SITE}:device:UPS-1")
    counters = hall.twin.registry.counters("UPS-1")
    hall.clock.advance(1)
    wait_until(lambda: counters.shed == 2)
    assert (counters.missing, counters.messages) == (0, 4)
    event = hall.wire.receive(DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=1, seq=1, boot=1, data={}))
    wait_until(lambda: event in hall.wire.acknowledged)
    command = hall.twin.commands.send("SCR-1", "power_on", {}, actor="officer")
    hall.wire.receive(telemetry("SCR-1", {"power": True}, seq=1))
    wait_until(lambda: hall.twin.commands.get(command.id).confirmed)


def test_what_was_shed_is_no_gap_after_a_restart(hall: RunningHall) -> None:
    shedding(hall)
    receipts = [hall.wire.receive(telemetry("T-1", {"humidity": 1.0}, seq=n)) for n in range(1, 6)]
    wait_until(lambda: set(receipts) <= set(hall.wire.acknowledged))
    hall.twin.stop()
    later = RunningHall(hall.database)
    try:
        receipt = later.wire.receive(telemetry("T-1", {"humidity": 2.0}, seq=6))
        wait_until(lambda: receipt in later.wire.acknowledged)
        assert later.twin.registry.counters("T-1").missing == 0
    finally:
        later.twin.stop()


def test_what_a_connector_lets_go_is_counted_and_no_gap(hall: RunningHall) -> None:
    hall.wire.receive(telemetry("T-1", {"humidity": 1.0}, seq=1))
    receipt = hall.wire.receive(LetGo(device="T-1", boot=1, first=2, last=900, readings=1798))
    hall.wire.receive(LetGo(device="T-1", boot=1, first=800, last=900, readings=202))
    last = hall.wire.receive(telemetry("T-1", {"humidity": 2.0}, seq=901))
    wait_until(lambda: {receipt, last} <= set(hall.wire.acknowledged))
    hall.clock.advance(1)
    counters = hall.twin.registry.counters("T-1")
    wait_until(lambda: counters.shed == 2000)
    assert (counters.missing, counters.messages, counters.duplicates) == (0, 1002, 101)


def test_a_connector_is_told_to_keep_what_an_alarm_or_a_command_depends_on(hall: RunningHall) -> None:
    hall.online("SCR-1")
    assert hall.twin.overload.sieve() is None
    guard = shedding(hall)
    for device in ("UPS-1", "SCR-1"):
        hall.wire.receive(telemetry(device, {}, seq=1))
    receipt = hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=2))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    assert guard.sieve() is guard
    assert guard.lets_go("UPS-1", {"battery": 90.0, "on_battery": False})
    assert not guard.lets_go("UPS-1", {"on_battery": True})
    assert not guard.lets_go("UPS-1", {"battery": "low"}), "what is no valid value is looked at more closely"
    assert not guard.lets_go("nobody", {"battery": 90.0}), "a stranger is counted in the lobby"
    assert guard.lets_go("SCR-1", {"power": False})
    hall.twin.commands.send("SCR-1", "power_on", {}, actor="officer")
    assert not guard.lets_go("SCR-1", {"power": False})
