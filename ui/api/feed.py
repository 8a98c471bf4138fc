"""Brings what threads publish to the clients of one event loop: each in its own pace, all with one wake-up.

Values come at most ``hz`` times a second and conflated, items of the lane at once. A client is held back by its own
connection alone: what it has not taken is not kept for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from twin.live import Message
from twin.live_port import LivePlace, LiveSource
from twin.views import View

HEARTBEAT_S = 15.0
URGENT_PAUSE_S = 0.05
"""Between two takes for lane items: a burst of calls goes out as one batch."""


class Fan:
    """All feeds of the event loop. However often the hub publishes, the loop is woken once until it has looked."""

    def __init__(self, source: LiveSource, *, now_ms: Callable[[], int]) -> None:
        self._source, self._now_ms = source, now_ms
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feeds: set[Feed] = set()
        self._called = False
        self._heartbeat: asyncio.TimerHandle | None = None

    def open(self, view: View, *, hz: float, resume: tuple[str, int] | None) -> Feed:
        """A feed of the running loop, new or resumed at (epoch, seq). Close it."""
        loop = asyncio.get_running_loop()
        if not self._feeds:
            self._loop, self._called = loop, False
            self._heartbeat = loop.call_later(HEARTBEAT_S, self._beat)
        subscription = (
            self._source.resume(view, epoch=resume[0], seq=resume[1], wake=self._wake)
            if resume
            else self._source.subscribe(view, wake=self._wake)
        )
        feed = Feed(subscription, loop=loop, hz=hz, leave=self._leave)
        self._feeds.add(feed)
        return feed

    def _wake(self) -> None:
        """From any thread, once for each subscription that is told: all but the first cost nothing."""
        if not self._called and self._loop is not None:
            self._called = True
            self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._called = False
        for feed in self._feeds:
            feed.look()

    def _beat(self) -> None:
        ping = Message({"type": "ping", "now_ms": self._now_ms()})
        for feed in self._feeds:
            feed.aside(ping)
        if self._loop is not None:
            self._heartbeat = self._loop.call_later(HEARTBEAT_S, self._beat)

    def _leave(self, feed: Feed) -> None:
        self._feeds.discard(feed)
        if not self._feeds and self._heartbeat is not None:
            self._heartbeat.cancel()


class Feed:
    """One client's batches of messages, as they come and as its pace allows."""

    def __init__(
        self,
        subscription: LivePlace,
        *,
        loop: asyncio.AbstractEventLoop,
        hz: float,
        leave: Callable[[Feed], None],
    ) -> None:
        self._subscription, self._loop, self._leave = subscription, loop, leave
        self._pause_s = 1.0 / hz
        self._ready = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._taken_s = -1.0
        self._values_s = -1.0
        self._asides: dict[str, Message] = {}

    async def batches(self) -> AsyncIterator[list[Message]]:
        """Never empty; ends only with the task that reads it."""
        while True:
            batch = self._take()
            if batch:
                yield batch
            await self._ready.wait()

    def look(self) -> None:
        """See whether something is to be taken, now or when it is due."""
        if self._subscription.urgent:
            self._be_ready_at(self._taken_s + URGENT_PAUSE_S)
        elif self._subscription.told:
            self._be_ready_at(self._values_s)

    def aside(self, message: Message) -> None:
        """Tell it with the next batch, outside of the feed's order; of each type only the newest waits."""
        self._asides[message["type"]] = message
        self._ready.set()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._subscription.close()
        self._leave(self)

    def _take(self) -> list[Message]:
        self._ready.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now_s = self._loop.time()
        batch = self._subscription.take()
        self._taken_s = now_s
        # Half a pause may be caught up: a publisher in step with us must not be made to wait for our own delay.
        self._values_s = min(max(self._values_s + self._pause_s, now_s + self._pause_s / 2), now_s + self._pause_s)
        batch += self._asides.values()
        self._asides.clear()
        return batch

    def _be_ready_at(self, when_s: float) -> None:
        if when_s <= self._loop.time():
            self._ready.set()
        elif self._timer is None or when_s < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(when_s, self._ready.set)
