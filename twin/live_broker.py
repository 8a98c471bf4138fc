"""The live feed through the broker: told once by the hall, followed by any number of web processes.

The hall is one more client of its own hub, so nothing waits for a slow broker but two numbers: what it tells late is
what is true then. A follower that misses something says where it stands, and is told from there.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from iot.broker.credentials import LIVE_USER, ask_topic, live_topic
from iot.connectors.arrived import Arrived
from iot.connectors.connection import Connection, Subscription
from iot.connectors.settings import MqttSettings
from iot.conventions.convention import Publication
from iot.errors import CodecError
from twin.live import LANE_MAX, LiveHub
from twin.live_mirror import MirrorHub
from twin.live_wire import NOWHERE, Joiner, Stand, earliest, encode_ask, parse_ask, split_changes
from twin.periodic import Periodic

TICK_S = 0.05
"""Between two messages, so that a burst of calls goes out as few; the first is told at once."""
VALUES_EVERY_S = 0.1
BEAT_S = 0.5
"""Where nothing happens it is told that nothing did."""
SILENT_S = 4.0
"""A follower that hears nothing it can use for so long says so to its clients."""
ANSWER_EVERY_S = 0.25
ASK_EVERY_S = 0.25
ASKING_MAX = 100
"""Followers answered at once; others ask again."""
PARTS_UNANSWERED_MAX = 64
"""Three megabytes that the broker has not acknowledged: more is told when it has."""
KEEPALIVE_S = 5
"""A follower that hangs fills the broker's memory no longer than a few times that."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class PublisherCounters:
    messages: int = 0
    parts: int = 0
    bytes: int = 0
    wholes: int = 0
    asked: int = 0
    rejected: int = 0
    too_large: int = 0
    to_json = asdict


@dataclass(slots=True, kw_only=True)
class FollowerCounters:
    """``gaps``: messages that did not join on; ``torn``: of which a part was missing."""

    messages: int = 0
    gaps: int = 0
    torn: int = 0
    asks: int = 0
    rejected: int = 0
    silences: int = 0
    wholes: int = 0
    lane_breaks: int = 0
    to_json = asdict


class _Talker:
    """What publisher and follower share: a connection that is woken often, and acknowledges what it was handed."""

    def __init__(self, settings: MqttSettings, *, now_ms: Callable[[], int]) -> None:
        self._settings = replace(
            settings, session_expiry_s=0, keepalive_s=KEEPALIVE_S, queued_max=PARTS_UNANSWERED_MAX
        )  # fmt: skip
        self._now_ms, self._now_s = now_ms, time.monotonic
        self._taken: list[int] = []
        self._connection = Connection(self._settings, self, now_ms=now_ms, jitter=random.SystemRandom().random)
        self._ticks = Periodic("live-ticks", self._tick, every_s=TICK_S)

    def start(self) -> None:
        """Begin to connect, and keep at it."""
        self._connection.start()
        self._ticks.start()

    def stop(self) -> None:
        self._ticks.stop()
        self._connection.stop()

    @property
    def link(self) -> tuple[str, str | None]:
        """How the connection is, and what is wrong with it now."""
        return self._connection.state, self._connection.last_error

    def _tick(self) -> None:
        self._connection.wake()

    # What the connection asks, on its own thread.

    def will(self) -> None:
        """Silence says the same, whatever ended."""

    def lost(self) -> None:
        self._taken.clear()

    def ready(self) -> None:
        """Whoever just connected has something to say at once."""

    def settle(self) -> None:
        taken, self._taken = self._taken, []
        self._connection.acknowledge(taken)
        if self._connection.state == "connected":
            self._speak()

    def may_read(self) -> bool:
        return True

    def is_full(self) -> bool:
        return False

    def sift(self) -> None:
        return None

    def arrived(self, message: Arrived) -> None:
        if message.qos:
            self._taken.append(message.mid)
        try:
            self._hear(message.payload)
        except CodecError as error:
            self._reject(error)

    def subscriptions(self) -> list[Subscription]:
        raise NotImplementedError

    def _speak(self) -> None:
        raise NotImplementedError

    def _hear(self, payload: bytes) -> None:
        raise NotImplementedError

    def _reject(self, error: CodecError) -> None:
        raise NotImplementedError


class LivePublisher(_Talker):
    """In the hall's own process. ``settings`` say where the broker is; it logs in as ``hall.live``."""

    def __init__(self, hub: LiveHub, settings: MqttSettings, *, now_ms: Callable[[], int]) -> None:
        super().__init__(replace(settings, user=LIVE_USER), now_ms=now_ms)
        self.counters = PublisherCounters()
        self._hub, self._place = hub, hub.subscribe("ops", wake=self._connection.wake)
        self._stand = NOWHERE
        self._number = 0
        self._parts: deque[bytes] = deque()
        self._asking: list[Stand] = []
        self._told_s = self._answered_s = -BEAT_S

    def stop(self) -> None:
        super().stop()
        self._place.close()

    def subscriptions(self) -> list[Subscription]:
        return [Subscription(ask_topic(self._settings.site, "+"))]

    def _hear(self, payload: bytes) -> None:
        self.counters.asked += 1
        if len(self._asking) < ASKING_MAX:
            self._asking.append(parse_ask(payload))

    def _reject(self, error: CodecError) -> None:
        self.counters.rejected += 1
        _log.warning("live_ask_rejected", extra={"reason": error.reason})

    def _speak(self) -> None:
        if not self._parts and self._is_due():
            self._tell()
        while self._parts and self._connection.has_room:
            part = self._parts.popleft()
            self._connection.publish(Publication(topic=live_topic(self._settings.site), payload=part))
            self.counters.parts += 1
            self.counters.bytes += len(part)

    def _is_due(self) -> bool:
        now_s, place = self._now_s(), self._place
        if now_s < self._told_s + TICK_S:
            return False
        asked = bool(self._asking) and now_s >= self._answered_s + ANSWER_EVERY_S
        values = place.told and now_s >= self._told_s + VALUES_EVERY_S
        return place.urgent or asked or values or now_s >= self._told_s + BEAT_S

    def _tell(self) -> None:
        """All that changed since what was told last, or since where the hindmost of those who asked stands."""
        now_s = self._now_s()
        stands = [self._stand]
        if self._asking and now_s >= self._answered_s + ANSWER_EVERY_S:
            stands, self._asking = [*stands, *self._asking], []
            self._answered_s = now_s
        self._place.told = self._place.urgent = False
        changes = self._hub.changes(earliest(stands, epoch=self._stand.epoch, shape=self._stand.shape))
        self._told_s = now_s
        self._stand = changes.until
        self._number += 1
        parts = split_changes(changes, number=self._number)
        self.counters.messages += 1
        self.counters.wholes += changes.whole is not None
        self.counters.too_large += not parts
        self._parts.extend(parts)


class LiveFollower(_Talker):
    """In a web process. ``hub`` is where its clients join; ``settings.user`` is one of the broker's web users."""

    def __init__(
        self, settings: MqttSettings, *, now_ms: Callable[[], int], lane_max: int = LANE_MAX,
        silent_s: float = SILENT_S,
    ) -> None:  # fmt: skip
        super().__init__(settings, now_ms=now_ms)
        self.hub = MirrorHub(site=settings.site, now_ms=now_ms, lane_max=lane_max)
        self._counters = FollowerCounters()
        self._silent_s, self._joiner = silent_s, Joiner()
        self._heard_s, self._heard_ms = self._now_s(), now_ms()
        self._is_behind = True
        self._asked_s = -ASK_EVERY_S
        self._first = threading.Event()

    @property
    def counters(self) -> FollowerCounters:
        return replace(
            self._counters, torn=self._joiner.torn, wholes=self.hub.wholes, lane_breaks=self.hub.lane_breaks
        )  # fmt: skip

    def await_picture(self, timeout_s: float) -> bool:
        """Whether it knows the hall by then."""
        return self._first.wait(timeout_s)

    def subscriptions(self) -> list[Subscription]:
        return [Subscription(live_topic(self._settings.site))]

    def ready(self) -> None:
        """What was told while it was away it can only ask for."""
        self._is_behind, self._asked_s = True, -ASK_EVERY_S

    def _hear(self, payload: bytes) -> None:
        changes = self._joiner.join(payload)
        if changes is None:
            return
        self._counters.messages += 1
        if not self.hub.adopt(changes):
            self._counters.gaps += 1
            self._is_behind = True
            return
        self._is_behind = False
        self._heard_s, self._heard_ms = self._now_s(), self._now_ms()
        self.hub.note_stale(None)
        self._first.set()

    def _reject(self, error: CodecError) -> None:
        self._counters.rejected += 1
        self._is_behind = True
        _log.warning("live_part_rejected", extra={"reason": error.reason})

    def _speak(self) -> None:
        if self._is_behind and self._connection.has_room and self._now_s() >= self._asked_s + ASK_EVERY_S:
            self._asked_s = self._now_s()
            self._counters.asks += 1
            topic = ask_topic(self._settings.site, self._settings.user)
            self._connection.publish(Publication(topic=topic, payload=encode_ask(self.hub.stand)))

    def _tick(self) -> None:
        super()._tick()
        if self.hub.stale_since_ms is None and self._now_s() >= self._heard_s + self._silent_s:
            self._counters.silences += 1
            self.hub.note_stale(self._heard_ms)
