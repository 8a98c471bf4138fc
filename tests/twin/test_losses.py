"""What a device said last before it fell silent: nobody sees that it is missing, so it is asked for."""

from collections.abc import Iterator

import pytest

from iot.messages import CommandAck, Description
from twin.losses import REBIRTH_EVERY_MS, RETURNED_MS
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration
BUFFER = 100
T1 = f"{SITE}:device:T-1"


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    yield running
    running.twin.stop()


def describe(hall: RunningHall, *, buffer: int) -> None:
    hall.wire.receive(Description(device="T-1", kind="climate_sensor", buffer=buffer))
    wait_until(lambda: hall.twin.registry.get_device("T-1").description)


def say(hall: RunningHall, *numbers: int, boot: int = 1, late: bool = False) -> None:
    for seq in numbers:
        hall.wire.receive(telemetry("T-1", {"temperature": 20.0}, seq=seq, boot=boot, late=late))


def asked(hall: RunningHall) -> list[tuple[str, dict[str, object]]]:
    return [(r.name, dict(r.arguments)) for r in hall.wire.sent]


def test_a_device_that_connects_anew_is_asked_once_for_what_it_said_last(hall: RunningHall) -> None:
    describe(hall, buffer=BUFFER)
    say(hall, 1, 2)
    hall.online("T-1")
    say(hall, 3)  # what is under way comes by itself
    wait_until(lambda: hall.twin.registry.counters("T-1").messages == 3)
    hall.clock.advance(RETURNED_MS / 1000)
    wait_until(lambda: asked(hall) == [("resend", {"boot": 1, "from": 4, "to": 3 + BUFFER})])
    answer = hall.wire.receive(CommandAck(device="T-1", id=hall.wire.sent[0].id, ts_ms=0, status="done"))
    wait_until(lambda: answer in hall.wire.acknowledged)
    assert hall.twin.commands.unknown_acks == 0
    say(hall, 4, 5, late=True)
    wait_until(lambda: len(hall.twin.history(T1, "temperature", since_ms=0)) == 5)
    hall.online("T-1", boot=2)
    hall.clock.advance(RETURNED_MS / 1000)
    wait_until(lambda: asked(hall)[1:] == [("resend", {"boot": 2, "from": 0, "to": BUFFER - 1})])
    assert hall.twin.registry.counters("T-1").missing == 0


def test_a_device_without_a_buffer_is_left_in_peace(hall: RunningHall) -> None:
    describe(hall, buffer=0)
    say(hall, 1)
    hall.online("T-1")
    hall.clock.advance(RETURNED_MS / 1000)
    say(hall, 3)  # seen after whatever the return would have asked for
    wait_until(lambda: [name for name, _ in asked(hall)] == ["rebirth"])


def test_what_was_asked_for_before_a_device_connected_anew_is_asked_for_again_at_once(hall: RunningHall) -> None:
    describe(hall, buffer=BUFFER)
    say(hall, 1, 5)
    gap = ("resend", {"boot": 1, "from": 2, "to": 4})
    wait_until(lambda: asked(hall) == [gap])
    hall.online("T-1")
    wait_until(lambda: asked(hall) == [gap, gap])


def test_a_second_gap_soon_after_the_first_gets_its_rebirth_too(hall: RunningHall) -> None:
    say(hall, 1, 3, 5)
    wait_until(lambda: hall.twin.registry.counters("T-1").gaps == 2)
    hall.clock.advance(REBIRTH_EVERY_MS / 1000)
    wait_until(lambda: [name for name, _ in asked(hall)] == ["rebirth", "rebirth"])


def test_after_a_restart_of_the_hall_open_gaps_are_asked_for_again(hall: RunningHall, database: Database) -> None:
    describe(hall, buffer=BUFFER)
    say(hall, 1, 4, 8)
    wait_until(lambda: hall.value("T-1", "missing") == 5)
    hall.twin.stop()
    hall.clock.advance(1)
    again = RunningHall(database, clock=hall.clock)
    say(again, 9)
    wait_until(lambda: asked(again) == [("resend", {"boot": 1, "from": 2, "to": 3}),
                                        ("resend", {"boot": 1, "from": 5, "to": 7})])  # fmt: skip
    say(again, 2, 3, 5, 6, 7, late=True)
    wait_until(lambda: again.value("T-1", "missing") == 0)
    again.twin.stop()
