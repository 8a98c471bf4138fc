"""Pace of the live feed, in a loop whose time passes only while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from twin.live import LiveHub
from twin.state import PointValue
from ui.api.feed import HEARTBEAT_S, URGENT_PAUSE_S, Fan, Feed

PROMPT_S = 0.001


class IdleLoop(asyncio.SelectorEventLoop):
    """Its clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 1000.0
        select = self._selector.select  # type: ignore[attr-defined]

        def skip(timeout: float | None) -> Any:
            self._now_s += timeout or 0.0
            return select(0)

        self._selector.select = skip  # type: ignore[attr-defined]

    def time(self) -> float:
        return self._now_s


@dataclass
class World:
    """A hub, its fan, and how often the loop was called from outside."""

    hub: LiveHub
    fan: Fan
    calls: list[Callable[..., Any]] = field(default_factory=list)

    def publish(self, number: int) -> None:
        now = PointValue(value=number, ts_ms=0, source="service", received_ms=0)
        self.hub.publish({"s:window:A07": {"n": now}})

    def client(self, *, hz: float = 4.0) -> Client:
        return Client(self.fan.open(_hall(self.hub), hz=hz, resume=None))


class Client:
    """Reads its batches; ``busy_s`` is how long it takes over each."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.busy_s = feed, 0.0
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self.batches = 0
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for batch in self.feed.batches():
            self.batches += 1
            self.heard += [(asyncio.get_running_loop().time(), message) for message in batch]
            await asyncio.sleep(self.busy_s)

    def values(self) -> list[tuple[float, int]]:
        return [(at, m["entities"]["s:window:A07"]["n"][0]) for at, m in self.heard if m["type"] == "delta"]

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.feed.close()


def _hall(hub: LiveHub) -> Any:
    from twin.views import parse_view

    return parse_view("hall", site=hub.site)


def play(story: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    hub = LiveHub(site="s", epoch="e", now_ms=lambda: 0)

    async def run() -> None:
        await story(World(hub=hub, fan=Fan(hub, now_ms=lambda: 7)))

    with asyncio.Runner(loop_factory=IdleLoop) as runner:
        runner.run(run())


@pytest.mark.parametrize("hz", [1.0, 4.0, 10.0])
def test_values_come_no_more_often_than_wished_and_the_last_one_always(hz: float) -> None:
    async def story(world: World) -> None:
        client = world.client(hz=hz)
        await asyncio.sleep(1)
        for n in range(1000):
            world.publish(n)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        assert len(client.values()) <= 10 * hz + 2
        assert client.values()[-1][1] == 999
        await client.leave()

    play(story)


def test_a_client_in_step_with_the_publisher_is_not_kept_waiting() -> None:
    async def story(world: World) -> None:
        client = world.client(hz=4.0)
        await asyncio.sleep(1)
        published = []
        for n in range(40):
            published.append((asyncio.get_running_loop().time(), n))
            world.publish(n)
            await asyncio.sleep(0.25 + (0.02 if n % 2 else -0.02))
        assert [n for _, n in client.values()] == list(range(40))
        assert max(heard - told for (heard, _), (told, _) in zip(client.values(), published, strict=True)) < PROMPT_S
        await client.leave()

    play(story)


def test_a_call_does_not_wait_for_the_pace_of_values() -> None:
    async def story(world: World) -> None:
        client = world.client(hz=0.5)
        await asyncio.sleep(5)
        world.publish(1)
        await asyncio.sleep(0.1)
        world.publish(2)
        await asyncio.sleep(0.1)
        told = asyncio.get_running_loop().time()
        world.hub.announce("call", {"n": 1})
        await asyncio.sleep(1)
        (heard,) = [at for at, m in client.heard if m["type"] == "call"]
        assert heard - told <= URGENT_PAUSE_S
        assert client.values()[-1] == (heard, 2)
        await client.leave()

    play(story)


def test_a_burst_of_calls_goes_out_in_few_batches_and_whole() -> None:
    async def story(world: World) -> None:
        client = world.client()
        await asyncio.sleep(1)
        before = client.batches
        for n in range(200):
            world.hub.announce("call", {"n": n})
            await asyncio.sleep(0.001)
        await asyncio.sleep(1)
        assert [m["call"]["n"] for _, m in client.heard if m["type"] == "call"] == list(range(200))
        assert client.batches - before <= 0.2 / URGENT_PAUSE_S + 2
        await client.leave()

    play(story)


def test_a_slow_client_gets_the_newest_value_once_and_holds_up_nobody() -> None:
    async def story(world: World) -> None:
        slow, quick = world.client(hz=10), world.client(hz=10)
        slow.busy_s = 20.0
        await asyncio.sleep(1)
        for n in range(100):
            world.publish(n)
            await asyncio.sleep(0.1)
        assert len(quick.values()) == 100
        assert slow.values() == []
        await asyncio.sleep(15)
        assert [n for _, n in slow.values()] == [99]
        await slow.leave()
        await quick.leave()

    play(story)


def test_who_hears_nothing_gets_a_ping_now_and_then() -> None:
    async def story(world: World) -> None:
        client = world.client()
        await asyncio.sleep(3 * HEARTBEAT_S + 1)
        assert [m for _, m in client.heard if m["type"] == "ping"] == [{"type": "ping", "now_ms": 7}] * 3
        await client.leave()

    play(story)


def test_the_loop_is_called_once_for_all_clients_and_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        clients = [world.client() for _ in range(100)]
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        calls: list[Any] = []
        call = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda f: calls.append(f) or call(f))
        for n in range(50):
            world.publish(n)
        assert len(calls) == 1
        await asyncio.sleep(1)
        assert all([n for _, n in client.values()] == [49] for client in clients)
        for client in clients:
            await client.leave()
        assert world.hub.counters.clients == 0

    play(story)
