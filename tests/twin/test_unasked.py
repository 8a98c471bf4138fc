"""Who appeared unasked is kept once, however often heard, until it is settled, approved or dismissed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iot.messages import Description, Foreign
from iot.ports import Inbound
from twin.errors import NotFound
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry
from twin.unasked import HEARD_MAX, KEPT_MAX, WORDS_CHARS_MAX, Unasked, UnaskedBook

pytestmark = pytest.mark.integration


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    yield running
    running.twin.stop()


def listed(hall: RunningHall) -> dict[str, tuple[str, int, dict[str, str]]]:
    waiting = hall.twin.registry.unasked.list_waiting()
    return {one.unasked.name: (one.unasked.what, one.times, dict(one.unasked.said)) for one in waiting}


def test_an_unknown_device_waits_with_what_it_says_until_it_is_registered(hall: RunningHall) -> None:
    now = hall.clock()
    said = Description(device="NEW-1", kind="ups", model="U 5", serial="4711", points=("battery",))
    messages = [telemetry("NEW-1", {"battery": 1.0}, seq=n, ts_ms=now) for n in range(3)]
    hall.twin.apply([Inbound(message, now, 0) for message in [*messages[:2], said, messages[2]]])
    words = {"kind": "ups", "model": "U 5", "serial": "4711", "points": "battery"}
    assert listed(hall) == {"NEW-1": ("device", 4, words)}
    hall.twin.apply([Inbound(messages[0], now, 0)])
    assert listed(hall) == {"NEW-1": ("device", 5, words)}, "silence takes nothing back"
    hall.twin.registry.add("NEW-1", "ups", actor="t", why="t")
    assert listed(hall) == {}


def test_an_address_nobody_bound_waits_until_it_is_bound(hall: RunningHall) -> None:
    inbox = hall.twin.intake.inboxes[0]
    foreign = Foreign(convention="onvif", address="Acme", said={"speaks": "x" * 1000})
    for _ in range(2):
        inbox.reject(device="Acme", reason="unbound", detail="", foreign=foreign)
    assert listed(hall) == {"Acme": ("binding", 2, {"speaks": "x" * WORDS_CHARS_MAX})}


def test_another_process_sees_it_and_a_restart_forgets_nothing(hall: RunningHall, database: Database) -> None:
    wanted = Unasked(what="device", name="NEW-2")
    hall.twin.registry.unasked.seen(wanted, 1)
    hall.twin.registry.unasked.flush()
    other = UnaskedBook(site=SITE, database=database, now_ms=hall.clock, is_settled=lambda _: False)
    assert [(one.unasked, one.times) for one in other.list_waiting()] == [(wanted, 1)]
    other.dismiss(wanted.id, actor="t", why="not ours")
    hall.twin.registry.unasked.seen(wanted, 2)
    assert listed(hall) == {}
    elsewhere = UnaskedBook(site="other", database=database, now_ms=hall.clock, is_settled=lambda _: False)
    assert elsewhere.list_waiting() == []
    with pytest.raises(NotFound):
        elsewhere.get(wanted.id)


def test_without_end_they_are_bounded(hall: RunningHall) -> None:
    book = hall.twin.registry.unasked
    for at in range(HEARD_MAX + 5):
        book.seen(Unasked(what="device", name=f"A-{at}"), at)
    assert book.forgotten == 5
    book.flush()
    for at in range(10):
        book.seen(Unasked(what="device", name=f"B-{at}"), 10_000 + at)
    waiting = [one.unasked.name for one in book.list_waiting()]
    assert len(waiting) == KEPT_MAX
    assert waiting[:10] == [f"B-{at}" for at in range(9, -1, -1)]
    assert "A-0" not in waiting
