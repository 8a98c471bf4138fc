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

from twin.live_wire import LANE_TAIL, NOWHERE, Changes, Stand, Told, Whole
from twin.state import PointValue
from twin.views import Filter, View, parse_view

LANE_MAX = 20_000
CALLS_MAX = 20
TICKETS_MAX = 20_000
PROTOCOL = 1

Topic = Literal["alarm", "building", "call", "command", "desired", "ticket"]
Json: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[str, int, int]
"""How far a client has been told: the hub's ``epoch`` and ``seq``, and the lane's ``n``."""
_DeltaKey: TypeAlias = tuple[frozenset[str], frozenset[str], Filter | None, int, int, int]
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
    """Threads publish, senders take. Every method is thread-safe. It is a ``LiveSource`` (``live_port.py``)."""

    stale_since_ms: int | None = None
    """Since when it hears nothing itself: only a mirror's ever is (``live_mirror.py``)."""

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
        self._complete = 0  # the lane holds all that came after this ``seq``, unless it is full
        self._shape = 0  # counts what ``seq`` does not tell: entities that are no more
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
            self._shape += 1
            self._deltas.clear()

    def replace(self, entities: Mapping[str, Mapping[str, PointValue]], *, calls: Collection[Json] = ()) -> None:
        """Another picture altogether, after a jump in time: everybody gets a new ``snap``. The oldest call first."""
        with self._lock:
            self._seq += 1
            self._shape += 1
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
            known = epoch == self.epoch and max(self._reach(), self._anew, 1) <= seq <= self._seq
            if not known:
                self.counters.resumes_refused += 1
            at = (epoch, seq, self._n - self._count_after(seq)) if known else None
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

    def place(self) -> tuple[str, int]:
        """Epoch and ``seq`` of what was published last."""
        with self._lock:
            return self.epoch, self._seq

    def snapshot(self) -> Snapshot:
        with self._lock:
            entities = {entity_id: entity.points for entity_id, entity in self._entities.items()}
            return Snapshot(epoch=self.epoch, seq=self._seq, entities=entities)

    def hello(self, epoch: str, seq: int) -> Message:
        """``seq``: where this client stands, 0 before its first snapshot: cut off here, it can resume from it."""
        told = {"type": "hello", "epoch": epoch, "seq": seq, "proto": PROTOCOL, "now_ms": self._now_ms()}
        return Message(told | self.sources.greeting())

    def snap_for(self, view: View) -> tuple[Message, Place]:
        """The snapshot message, and the place it stands at. Alarms are read after n: told twice, never missed."""
        with self._lock:
            place = self.epoch, self._seq, self._n
            entities = {i: shown for i, e in self._entities.items() if (shown := _shown(i, e, view)) is not None}
            calls = [c for c in self._calls if view.takes("call", c)] if view.hears(frozenset({"hall"})) else []
            tickets = [self._tickets[view.name]] if view.name in self._tickets else []
            self.counters.snaps += 1
        alarmed = view.hears(frozenset({"alert"}))
        message = {
            "type": "snap", "seq": place[1], "building": self.sources.building(), "entities": entities, "calls": calls,
            "tickets": tickets,
            "alarms": [x for x in self.sources.alarms() if view.takes("alarm", x)] if alarmed else [],
            "commands": [x for x in self.sources.commands() if view.takes("command", x)] if alarmed else [],
            "desired": [x for x in self.sources.desired() if view.takes("desired", x)] if alarmed else [],
        }  # fmt: skip
        return Message(message), place

    def since(self, view: View, place: Place) -> tuple[list[Message], Place] | None:
        """What came after this place, and the new one.

        None when the lane no longer reaches back that far, or run or picture are others by now. Values come first,
        marked with the place just before the first lane item: a client that is cut off anywhere between these messages
        loses nothing when it resumes.
        """
        with self._lock:
            lane, (epoch, seq, n) = self._lane, place
            if epoch != self.epoch or seq < self._anew:
                return None
            missed = self._n - n
            if missed > len(lane):
                self.counters.lane_overflows += 1
                return None
            items = [lane[i] for i in range(len(lane) - missed, len(lane))] if missed else []
            heard = [item for item in items if _is_heard(item, view)]
            delta = self._delta(view, seq, mark=heard[0].seq - 1 if heard else self._seq)
            messages = [item.message for item in heard]
            return [delta, *messages] if delta else messages, (epoch, self._seq, self._n)

    def changes(self, since: Stand) -> Changes:
        """For mirrors: what came after, or the whole picture where that cannot be told any more."""
        with self._lock:
            until = Stand(epoch=self.epoch, seq=self._seq, n=self._n, shape=self._shape)
            missed = self._n - since.n
            known = (since.epoch, since.shape) == (until.epoch, until.shape) and since.seq <= self._seq
            if known and 0 <= missed <= len(self._lane):
                lane, entities = self._tail(missed), self._changed_since(since.seq)
                return Changes(since=since, until=until, entities=entities, lane=lane)
            lane, entities = self._tail(min(len(self._lane), LANE_TAIL)), self._changed_since(-1)
            reach = self._reach() if len(lane) == len(self._lane) else lane[0].message["seq"] - 1
            anew, calls, tickets = self._anew, list(self._calls), dict(self._tickets)
        whole = Whole(
            reach=reach, anew=anew, calls=calls, tickets=tickets, building=self.sources.building(),
            alarms=self.sources.alarms(), commands=self.sources.commands(), desired=self.sources.desired(),
        )  # fmt: skip
        return Changes(since=NOWHERE, until=until, entities=entities, lane=lane, whole=whole)

    def _tail(self, count: int) -> list[Told]:
        first = len(self._lane) - count
        return [Told(sorted(i.scope), i.message) for i in (self._lane[k] for k in range(first, len(self._lane)))]

    def _changed_since(self, seq: int) -> list[tuple[str, int, dict[str, list[Any]]]]:
        """The latest changed last, as they stand in ``_entities``."""
        found = []
        for entity_id in reversed(self._entities):
            entity = self._entities[entity_id]
            if entity.seq <= seq:
                break
            found.append((entity_id, entity.seq, _wire(entity)))
        return found[::-1]

    def _reach(self) -> int:
        """Who stands at this ``seq`` or after it can be told all of the lane."""
        return self._lane[0].seq - 1 if len(self._lane) == self._lane.maxlen else self._complete

    def _count_after(self, seq: int) -> int:
        count = 0
        for item in reversed(self._lane):
            if item.seq <= seq:
                break
            count += 1
        return count

    def _delta(self, view: View, seq: int, *, mark: int) -> Message | None:
        """The newest values of what changed after ``seq``; one message for all clients that see the same."""
        key = (view.kinds, view.ids, view.only, view.stamp, seq, mark)
        if key in self._deltas:
            return self._deltas[key]
        changed: dict[str, Any] = {}
        for entity_id in reversed(self._entities):
            entity = self._entities[entity_id]
            if entity.seq <= seq:
                break
            if (shown := _shown(entity_id, entity, view)) is not None:
                changed[entity_id] = shown
        made = Message({"type": "delta", "seq": mark, "entities": changed}) if changed else None
        self._deltas[key] = made
        return made


class Subscription:
    """One client's place in the feed. ``wake`` is called once when something came after the last ``take``.

    ``told``: something came; ``urgent``: an item of the lane is among it.
    """

    __slots__ = ("_at", "_hub", "_stale_told", "_stamp", "epoch", "told", "urgent", "view", "wake")

    def __init__(self, hub: LiveHub, view: View, wake: Callable[[], None], *, resumed_at: Place | None) -> None:
        self._hub, self.view, self.wake = hub, view, wake
        self.told = self.urgent = False
        self.epoch = ""
        self._at = resumed_at
        self._stamp = view.stamp
        self._stale_told: int | None = None

    def take(self) -> list[Message]:
        """All that is to be sent now. One sender a subscription."""
        self.told = self.urgent = False
        messages = [] if self._at is None and not self._hub.epoch else self._news()
        if self._hub.stale_since_ms != self._stale_told:
            self._stale_told = self._hub.stale_since_ms
            messages.append(Message({"type": "stale", "since_ms": self._stale_told}))
        return messages

    def _news(self) -> list[Message]:
        """``hello`` first, at the beginning and when the hall was started anew."""
        at, stamp = self._at, self.view.stamp
        news = self._hub.since(self.view, at) if at and stamp == self._stamp else None
        self._stamp = stamp
        if news is None:
            snap, self._at = self._hub.snap_for(self.view)
            came, stood = [snap], 0
        else:
            came, self._at = news
            stood = at[1] if at else 0
        if self.epoch == self._at[0]:
            return came
        self.epoch = self._at[0]
        return [self._hub.hello(self.epoch, stood), *came]

    def close(self) -> None:
        self._hub.remove(self)


def _is_heard(item: LaneItem, view: View) -> bool:
    topic = item.message["type"]
    return view.hears(item.scope) and view.takes(topic, item.message.get(topic, item.message))


def _shown(entity_id: str, entity: _Entity, view: View) -> Mapping[str, list[Any]] | None:
    """What of it travels to whom sees this; None where nothing does."""
    if not view.shows(entity_id):
        return None
    return _wire(entity) if view.only is None else view.only.cut(entity_id, _wire(entity))


def _wire(entity: _Entity) -> dict[str, list[Any]]:
    """A state as it travels, made once however many clients read it."""
    if entity.wire is None:
        entity.wire = {name: [p.value, p.quality, p.ts_ms] for name, p in entity.points.items()}
    return entity.wire
