"""The live feed, free of any transport: the newest value wins per entity, alarms and calls are never dropped.

Nothing is stored per client but two numbers, so a slow one costs nothing and delays nobody: what changed since
its last ``take`` is read from one list of entities in order of their change, what happened from one bounded lane.
A client that falls behind the lane gets a new ``snap``, which is counted.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from twin.state import PointValue
from twin.views import View, parse_view

LANE_MAX = 20_000
CALLS_MAX = 20
TICKETS_MAX = 20_000
PROTOCOL = 1

Topic = Literal["alarm", "building", "call", "command", "desired", "ticket"]
Json: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[int, int]
"""How far a client has been told: the hub's ``seq`` and the lane's ``n``."""
_DeltaKey: TypeAlias = tuple[frozenset[str], frozenset[str], int, int]
_AUDIENCE: Mapping[str, frozenset[str]] = {
    "alarm": frozenset({"alert"}), "command": frozenset({"alert"}), "desired": frozenset({"alert"}),
    "call": frozenset({"hall"}), "ticket": frozenset({"desk"}), "building": frozenset({"hall", "alert"}),
}  # fmt: skip


class Message(dict[str, Any]):
    """One message as it travels; its JSON is made once, however many clients it goes to."""

    __slots__ = ("_text",)

    @property
    def text(self) -> str:
        try:
            return self._text
        except AttributeError:
            self._text: str = msgspec.json.encode(self).decode()
            return self._text


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    epoch: str
    seq: int
    entities: Mapping[str, Mapping[str, PointValue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneItem:
    n: int
    seq: int
    scope: frozenset[str]
    message: Message


@dataclass(slots=True, kw_only=True)
class LiveCounters:
    clients: int = 0
    snaps: int = 0
    lane_overflows: int = 0
    lane_items: int = 0
    resumes_refused: int = 0


@dataclass(slots=True)
class _Entity:
    seq: int
    points: Mapping[str, PointValue]
    wire: dict[str, list[Any]] | None = None


@dataclass(slots=True, kw_only=True)
class Sources:
    """What a snapshot shows besides values; asked outside the hub's lock."""

    building: Callable[[], str | None] = lambda: None
    alarms: Callable[[], list[Json]] = field(default=list)
    commands: Callable[[], list[Json]] = field(default=list)
    desired: Callable[[], list[Json]] = field(default=list)
    greeting: Callable[[], Json] = field(default=dict)
    """What ``hello`` says besides."""


class LiveHub:
    """Threads publish, senders take. Every method is thread-safe."""

    def __init__(
        self, *, site: str, epoch: str, now_ms: Callable[[], int], sources: Sources | None = None,
        lane_max: int = LANE_MAX,
    ) -> None:  # fmt: skip
        self.site, self.epoch = site, epoch
        self.sources = sources or Sources()
        self.counters = LiveCounters()
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._seq = 0
        self._n = 0
        self._anew = 0  # what was told before this ``seq`` is of another picture
        self._entities: OrderedDict[str, _Entity] = OrderedDict()  # the latest changed stands last
        self._deltas: dict[_DeltaKey, Message | None] = {}  # what clients of one view share until the next change
        self._lane: deque[LaneItem] = deque(maxlen=lane_max)
        self._calls: deque[Json] = deque(maxlen=CALLS_MAX)
        self._tickets: OrderedDict[str, Json] = OrderedDict()
        self._subscriptions: set[Subscription] = set()

    # --- publishing ----------------------------------------------------------------------------------------

    def publish(self, changed: Mapping[str, Mapping[str, PointValue]]) -> None:
        """New whole states of entities; the mappings must not change afterwards."""
        if not changed:
            return
        with self._lock:
            self._seq += 1
            for entity_id, points in changed.items():
                self._entities[entity_id] = _Entity(self._seq, points)
                self._entities.move_to_end(entity_id)
            self._deltas.clear()
            wakes = self._wakes()
        for wake in wakes:
            wake()

    def forget(self, entity_ids: Iterable[str]) -> None:
        """They are no more: nobody who comes from here on is told of them."""
        with self._lock:
            for entity_id in entity_ids:
                self._entities.pop(entity_id, None)
            self._deltas.clear()

    def replace(self, entities: Mapping[str, Mapping[str, PointValue]], *, calls: Collection[Json] = ()) -> None:
        """Another picture altogether, after a jump in time: everybody gets a new ``snap``. The oldest call first."""
        with self._lock:
            self._seq += 1
            self._anew = self._seq
            self._entities = OrderedDict((i, _Entity(self._seq, points)) for i, points in entities.items())
            self._deltas.clear()
            self._lane.clear()
            self._tickets.clear()
            self._calls = deque(calls, maxlen=CALLS_MAX)
            wakes = self._wakes()
        for wake in wakes:
            wake()

    def announce(self, topic: Topic, body: Json, *, scope: Collection[str] | str | None = None) -> None:
        """Put one item on the lossless lane. ``scope`` names audiences: a view (``ticket:T``), or ``hall``, ``desk``,
        ``alert``; by default the topic's own. ``ops`` hears everything.
        """
        audiences = _AUDIENCE[topic] if scope is None else frozenset({scope} if isinstance(scope, str) else scope)
        with self._lock:
            self._seq += 1
            self._n += 1
            self.counters.lane_items += 1
            told: Json = body if topic == "building" else {topic: body}
            message = Message({"type": topic, "seq": self._seq, "n": self._n, **told})
            self._lane.append(LaneItem(n=self._n, seq=self._seq, scope=audiences, message=message))
            self._deltas.clear()
            if topic == "call":
                self._calls.append(body)
            elif topic == "ticket":
                self._keep_ticket(audiences, body)
            wakes = self._wakes(audiences)
        for wake in wakes:
            wake()

    def _keep_ticket(self, audiences: frozenset[str], body: Json) -> None:
        for name in audiences:
            if name.startswith("ticket:"):
                self._tickets[name] = body
                self._tickets.move_to_end(name)
                if len(self._tickets) > TICKETS_MAX:
                    self._tickets.popitem(last=False)

    def _wakes(self, scope: frozenset[str] | None = None) -> list[Callable[[], None]]:
        """Those to be told: of values, who took everything and was not told since; of a lane item, who hears it."""
        woken = []
        for subscription in self._subscriptions:
            hurried = scope is not None and not subscription.urgent and subscription.view.hears(scope)
            if hurried or (scope is None and not subscription.told):
                subscription.told = True
                subscription.urgent = subscription.urgent or hurried
                woken.append(subscription.wake)
        return woken

    # --- subscribing ---------------------------------------------------------------------------------------

    def subscribe(self, view: View | str, *, wake: Callable[[], None]) -> Subscription:
        """A new client: its first ``take`` gives ``hello`` and ``snap``."""
        return self._add(Subscription(self, self._view(view), wake, resumed_at=None))

    def resume(self, view: View | str, *, epoch: str, seq: int, wake: Callable[[], None]) -> Subscription:
        """A client that was here: what it missed, or a new snapshot where that is no longer known."""
        with self._lock:
            oldest = self._lane[0].seq if len(self._lane) == self._lane.maxlen else 0
            known = epoch == self.epoch and oldest <= seq + 1 and max(self._anew, 1) <= seq <= self._seq
            if not known:
                self.counters.resumes_refused += 1
            at = (seq, self._n - self._count_after(seq)) if known else None
        return self._add(Subscription(self, self._view(view), wake, resumed_at=at))

    def _view(self, view: View | str) -> View:
        return view if isinstance(view, View) else parse_view(view, site=self.site)

    def _add(self, subscription: Subscription) -> Subscription:
        with self._lock:
            self._subscriptions.add(subscription)
            self.counters.clients = len(self._subscriptions)
        return subscription

    def remove(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)
            self.counters.clients = len(self._subscriptions)

    # --- reading -------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        with self._lock:
            entities = {entity_id: entity.points for entity_id, entity in self._entities.items()}
            return Snapshot(epoch=self.epoch, seq=self._seq, entities=entities)

    def hello(self, seq: int) -> Message:
        """``seq``: where this client stands, 0 before its first snapshot: cut off here, it can resume from it."""
        told = {"type": "hello", "epoch": self.epoch, "seq": seq, "proto": PROTOCOL, "now_ms": self._now_ms()}
        return Message(told | self.sources.greeting())

    def snap_for(self, view: View) -> tuple[Message, Place]:
        """The snapshot message, and the place it stands at. Alarms are read after n: told twice, never missed."""
        with self._lock:
            seq, n = self._seq, self._n
            entities = {i: _wire(e) for i, e in self._entities.items() if view.shows(i)}
            calls = list(self._calls) if view.hears(frozenset({"hall"})) else []
            tickets = [self._tickets[view.name]] if view.name in self._tickets else []
            self.counters.snaps += 1
        alarmed = view.hears(frozenset({"alert"}))
        message = {
            "type": "snap", "seq": seq, "building": self.sources.building(), "entities": entities, "calls": calls,
            "tickets": tickets,
            "alarms": self.sources.alarms() if alarmed else [],
            "commands": self.sources.commands() if alarmed else [],
            "desired": self.sources.desired() if alarmed else [],
        }  # fmt: skip
        return Message(message), (seq, n)

    def since(self, view: View, place: Place) -> tuple[list[Message], Place] | None:
        """What came after this place, and the new one.

        None when the lane no longer reaches back that far, or the picture is another one by now. Values come first,
        marked with the place just before the first lane item: a client that is cut off anywhere between these messages
        loses nothing when it resumes.
        """
        with self._lock:
            lane, (seq, n) = self._lane, place
            if seq < self._anew:
                return None
            missed = self._n - n
            if missed > len(lane):
                self.counters.lane_overflows += 1
                return None
            items = [lane[i] for i in range(len(lane) - missed, len(lane))] if missed else []
            heard = [item for item in items if view.hears(item.scope)]
            delta = self._delta(view, seq, mark=heard[0].seq - 1 if heard else self._seq)
            messages = [item.message for item in heard]
            return [delta, *messages] if delta else messages, (self._seq, self._n)

    def _count_after(self, seq: int) -> int:
        count = 0
        for item in reversed(self._lane):
            if item.seq <= seq:
                break
            count += 1
        return count

    def _delta(self, view: View, seq: int, *, mark: int) -> Message | None:
        """The newest values of what changed after ``seq``; one message for all clients that see the same."""
        key = (view.kinds, view.ids, seq, mark)
        if key in self._deltas:
            return self._deltas[key]
        changed: dict[str, Any] = {}
        for entity_id in reversed(self._entities):
            entity = self._entities[entity_id]
            if entity.seq <= seq:
                break
            if view.shows(entity_id):
                changed[entity_id] = _wire(entity)
        made = Message({"type": "delta", "seq": mark, "entities": changed}) if changed else None
        self._deltas[key] = made
        return made


class Subscription:
    """One client's place in the feed. ``wake`` is called once when something came after the last ``take``.

    ``told``: something came; ``urgent``: an item of the lane is among it.
    """

    __slots__ = ("_at", "_fresh", "_hub", "told", "urgent", "view", "wake")

    def __init__(self, hub: LiveHub, view: View, wake: Callable[[], None], *, resumed_at: Place | None) -> None:
        self._hub, self.view, self.wake = hub, view, wake
        self.told = self.urgent = False
        self._fresh = True
        self._at = resumed_at

    def take(self) -> list[Message]:
        """All that is to be sent now. One sender a subscription."""
        self.told = self.urgent = False
        messages: list[Message] = []
        if self._fresh:
            self._fresh = False
            messages.append(self._hub.hello(self._at[0] if self._at else 0))
        news = self._hub.since(self.view, self._at) if self._at else None
        if news is None:
            snap, self._at = self._hub.snap_for(self.view)
            return [*messages, snap]
        came, self._at = news
        return [*messages, *came]

    def close(self) -> None:
        self._hub.remove(self)


def _wire(entity: _Entity) -> dict[str, list[Any]]:
    """A state as it travels, made once however many clients read it."""
    if entity.wire is None:
        entity.wire = {name: [p.value, p.quality, p.ts_ms] for name, p in entity.points.items()}
    return entity.wire
