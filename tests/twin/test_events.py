"""Events are kept at once and one by one while there is time, and together where one commit took its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from iot.messages import DeviceEvent
from iot.ports import Inbound
from iot.testing import eventually
from twin.committer import Committer
from twin.events import GROUP_MAX, EventLog, Row, list_events
from twin.store.database import Connection, Database
from twin.store.readings import read_cursors
from twin.testing import SITE, ManualClock, RunningHall, telemetry

pytestmark = pytest.mark.integration


@pytest.fixture
def committer(database: Database) -> Iterator[Committer]:
    made = Committer(database, site=SITE, now_ms=ManualClock())
    made.start()
    yield made
    made.stop()


def row(seq: int) -> Row:
    return "test:device:D-1", DeviceEvent(device="D-1", type="opened", id=f"e-{seq}", ts_ms=1, seq=seq, boot=1), 2


def commits(database: Database) -> int:
    """How many transactions wrote the events that are kept."""
    with database.transaction() as conn:
        found = conn.execute("select count(distinct xmin::text) from twin.event").fetchone()
    assert found is not None
    return int(found[0])


def kept(database: Database) -> set[str]:
    with database.transaction() as conn:
        return {event["id"] for event in list_events(conn, limit=1000)}


def busy(committer: Committer) -> threading.Event:
    """The committer is at something until that is set."""
    began, free = threading.Event(), threading.Event()

    def work(_: Connection) -> None:
        began.set()
        assert free.wait(20)

    committer.submit(work, lambda _: None)
    assert began.wait(10)
    return free


def test_what_came_while_the_committer_was_busy_is_committed_together(committer: Committer, database: Database) -> None:
    log, durable = EventLog(committer), list[int]()
    free = busy(committer)
    for seq in range(20):
        log.add([row(seq)], lambda seq=seq: durable.append(seq))  # type: ignore[misc]
    assert durable == [], "nothing is told before it is kept"
    free.set()
    eventually(lambda: len(durable) == 20)
    assert durable == list(range(20))
    assert (commits(database), len(kept(database))) == (1, 20)


def test_each_is_committed_at_once_where_nothing_is_in_its_way(committer: Committer, database: Database) -> None:
    log = EventLog(committer)
    for seq in range(3):
        told = threading.Event()
        log.add([row(seq)], told.set)
        assert told.wait(10)
    assert (commits(database), len(kept(database))) == (3, 3)


def test_a_flood_is_cut_so_that_commands_come_between(committer: Committer, database: Database) -> None:
    log, durable = EventLog(committer), threading.Semaphore(0)
    free = busy(committer)
    for seq in range(2 * GROUP_MAX):
        log.add([row(seq)], durable.release)
    assert committer.waiting == 3
    free.set()
    for _ in range(2 * GROUP_MAX):
        assert durable.acquire(timeout=20)
    assert (commits(database), len(kept(database))) == (2, 2 * GROUP_MAX)


def test_who_asked_for_an_event_hears_it_as_it_comes_once_and_no_other(hall: RunningHall) -> None:
    heard: list[tuple[str, str]] = []
    hall.twin.on_event("door", "opened", lambda entity, told: heard.append((entity, told["by"])))

    def tell(seq: int, **more: Any) -> None:
        said: dict[str, Any] = {"device": "D-1", "type": "opened", "id": f"e{seq}", "data": {"by": "key"}} | more
        event = DeviceEvent(ts_ms=hall.clock(), seq=seq, boot=1, **said)
        hall.twin.apply([Inbound(event, hall.clock(), 0)])

    tell(1)
    assert heard == [("test:device:D-1", "key")], "before it is kept"
    tell(1)  # the same again
    tell(2, late=True)  # of an hour that is over
    tell(3, type="no_such_event")
    tell(4, type="forced", data={})
    tell(5, device="D-unknown")
    assert len(heard) == 1


def test_the_hall_goes_on_where_one_that_told_an_event_is_no_more_as_it_was(hall: RunningHall) -> None:
    """A door tells an event and nothing else; then a device is let in; then others go on speaking."""
    event = DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=hall.clock(), seq=1, boot=1)
    hall.twin.apply([Inbound(event, hall.clock(), 0)])
    hall.twin.registry.add("NEW-1", "door", actor="user:manager", why="let in")
    hall.twin.apply([Inbound(telemetry("T-1", {"temperature": 21.5}, seq=1), hall.clock(), 0)])
    hall.twin.publish("test:window:A07", {"waiting": 3}, source="queue")
    eventually(lambda: "D-1" in cursors(hall), what="what was seen of the door is kept")


def cursors(hall: RunningHall) -> set[str]:
    with hall.database.transaction() as conn:
        return set(read_cursors(conn, site=SITE))
