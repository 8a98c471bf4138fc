"""Many at once: nobody is called twice, nobody is lost, no number is given twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest

from iot.kind import Value
from services.kernel.errors import ServiceError
from services.queue.errors import NobodyWaiting, WindowBusy

from .conftest import World

pytestmark = pytest.mark.integration

TWENTY = 20


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Runs all, begun together; a refusal is its result."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        barrier.wait(timeout=10)
        try:
            return work()
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_twenty_calls_at_once_get_twenty_visitors(world: World) -> None:
    """Twenty calls over the six windows of one queue, served and called again until all have been."""
    windows = ["B01", "B02", "B03", "B04", "B05", "B06"]
    world.open(*windows)
    tickets = {str(world.take("bdc")["number"]) for _ in range(TWENTY)}
    called: list[str] = []

    def work_off(window: str) -> None:
        while True:
            try:
                seen = world.queue.desks.call_next(world.clerk, window)
            except NobodyWaiting:
                return
            called.append(seen["current"]["number"])
            world.queue.desks.no_show(world.clerk, window)

    results = at_once([lambda w=w: work_off(w) for w in windows])  # type: ignore[misc]
    assert results == [None] * len(windows)
    assert len(called) == TWENTY
    assert set(called) == tickets


def test_twenty_windows_call_at_once_in_all_queues(world: World) -> None:
    """One visitor fewer than windows in each of the large queues: exactly one call in each finds nobody."""
    queues = {
        "rsj": ["A01", "A02", "A03", "A04"],
        "gjj": ["A15", "A16", "A17"],
        "bdc": ["B01", "B02", "B03", "B04", "B05", "B06"],
        "sw": ["B07", "B08", "B09", "B10", "B11", "B12"],
        "cl": ["A19"],
    }
    windows = [w for ws in queues.values() for w in ws]
    assert len(windows) == TWENTY
    world.open(*windows)
    tickets = {str(world.take(q)["number"]) for q, ws in queues.items() for _ in ws[1:]}
    results = at_once([lambda w=w: world.queue.desks.call_next(world.clerk, w) for w in windows])  # type: ignore[misc]
    served = [r["current"]["number"] for r in results if isinstance(r, dict)]
    assert sorted(served) == sorted(tickets)
    assert sum(isinstance(r, NobodyWaiting) for r in results) == len(queues)
    assert {c["number"] for c in world.hall.heard("call")} == tickets


def test_two_clicks_at_one_window_call_one_visitor(world: World) -> None:
    world.open("A01")
    for _ in range(3):
        world.take()
    results = at_once([lambda: world.queue.desks.call_next(world.clerk, "A01")] * 5)
    assert sum(isinstance(r, dict) for r in results) == 1
    assert sum(isinstance(r, WindowBusy) for r in results) == 4
    assert world.queue.summary()[0]["waiting"] == 2


def test_tickets_taken_at_once_have_numbers_without_gap_or_double(world: World) -> None:
    world.open("A01")
    results = at_once([world.take] * TWENTY)
    numbers = sorted(int(str(r["number"])[1:]) for r in results if isinstance(r, dict))
    assert numbers == list(range(1, TWENTY + 1))


def test_one_device_asking_at_once_gets_one_ticket(world: World) -> None:
    world.open("A01")
    results = at_once([lambda: world.take(device_key="device-0001")] * 8)
    assert len({r["token"] for r in results if isinstance(r, dict)}) == 1
    assert all(isinstance(r, dict) for r in results)
    assert world.queue.summary()[0]["waiting"] == 1


def test_giving_up_and_being_called_at_once_ends_in_one_of_the_two(world: World) -> None:
    for _ in range(5):
        world.open("A01")
        token = str(world.take()["token"])
        at_once(
            [
                lambda: world.queue.desks.call_next(world.clerk, "A01"),
                lambda t=token: world.queue.tickets.give_up(world.visitor, t),  # type: ignore[misc]
            ]
        )
        assert world.queue.tickets.get(token)["state"] == "cancelled"
        assert world.queue.desks.get(world.clerk, "A01")["current"] is None
        assert world.hall.entity(_window_id(world, "A01"))["called"] == ""


def test_what_is_told_last_is_what_is_true(world: World) -> None:
    """A second ticket is committed while the first is being told: the older figure must not come after the newer."""
    world.open("A01")
    queue = f"{world.building.site}:queue:rsj"
    second = Thread(target=world.take)
    told_two = Event()
    publish = world.hall.publish

    def slow(entity_id: str, values: Mapping[str, Value], *, source: str) -> None:
        if entity_id == queue and values["waiting"] == 1:
            second.start()
            told_two.wait(timeout=0.3)
        publish(entity_id, values, source=source)
        if entity_id == queue and values["waiting"] == 2:
            told_two.set()

    world.hall.publish = slow  # type: ignore[method-assign]
    world.take()
    second.join(timeout=10)
    assert world.hall.entity(queue)["waiting"] == 2


def _window_id(world: World, number: str) -> str:
    return next(w.id for w in world.building.windows if w.number == number)
