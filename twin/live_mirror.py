"""A live hub in another process that stands exactly where the hall's own stood: same epoch, same seq, same lane.

So a client that was served here may resume at any other mirror, and there at the place where it was. What it is given
comes in order or not, once or often: what does not join on to what it has is refused, and nothing is taken twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.commands import REMEMBERED_S
from twin.live import CALLS_MAX, LANE_MAX, Json, LaneItem, LiveHub, Message, Sources, Topic, _Entity
from twin.live_wire import NOWHERE, Changes, Stand, Told, Whole


@dataclass(frozen=True, slots=True)
class _Rule:
    """How items of the lane change a list that ``snap`` shows: which entry one replaces, and which it takes away."""

    key: Callable[[Json], Any]
    is_over: Callable[[Json, int], bool]


_LISTS: Mapping[Topic, _Rule] = {
    "alarm": _Rule(lambda a: a["id"], lambda a, _: a["state"] == "closed"),
    "command": _Rule(
        lambda c: c["id"], lambda c, now_ms: c["ended_ms"] is not None and c["ended_ms"] + REMEMBERED_S * 1000 <= now_ms
    ),
    "desired": _Rule(lambda d: (d["entity"], d["point"]), lambda d, _: d["value"] is None),
}


class MirrorHub(LiveHub):
    """Knows nothing until it was given a whole picture: clients that come before wait for their ``hello``.

    Values are kept as they travel, so ``snapshot`` is not its to give.
    """

    def __init__(self, *, site: str, now_ms: Callable[[], int], lane_max: int = LANE_MAX) -> None:
        super().__init__(site=site, epoch="", now_ms=now_ms, lane_max=lane_max)
        self.wholes = self.lane_breaks = 0
        self._building: str | None = None
        self._lists: dict[Topic, dict[Any, Json]] = {topic: {} for topic in _LISTS}
        self.sources = Sources(
            building=lambda: self._building,
            alarms=lambda: sorted(self._list("alarm"), key=lambda a: (a["priority"], -a["raised_ms"])),
            commands=lambda: self._list("command"),
            desired=lambda: self._list("desired"),
        )

    @property
    def stand(self) -> Stand:
        with self._lock:
            return self._stand()

    def adopt(self, changes: Changes) -> bool:
        """True where it is now at least as far as these; False where something between is missing."""
        with self._lock:
            before, until, whole = self._stand(), changes.until, changes.whole
            if until.epoch == before.epoch and until.shape <= before.shape and until.seq <= before.seq:
                return True
            joins = (until.epoch, until.shape) == (before.epoch, before.shape)
            if whole is None and (not joins or changes.since.seq > before.seq or changes.since.n > before.n):
                return False
            if whole is not None:
                self._begin_anew(changes, whole)
            self._take_entities(changes)
            heard = self._take_lane(changes.lane, is_known=whole is not None)
            self._seq, self._n, self._shape = until.seq, until.n, until.shape
            self._deltas.clear()
            wakes = [wake for scope in heard for wake in self._wakes(scope)] + self._wakes()
        for wake in wakes:
            wake()
        return True

    def note_stale(self, since_ms: int | None) -> None:
        """Nothing was heard since then; None: it is up to date again. Clients are told when that changes."""
        with self._lock:
            if (self.stale_since_ms is None) == (since_ms is None):
                return
            self.stale_since_ms = since_ms
            wakes = self._wakes()
        for wake in wakes:
            wake()

    # --- within the lock -----------------------------------------------------------------------------------

    def _stand(self) -> Stand:
        return Stand(epoch=self.epoch, seq=self._seq, n=self._n, shape=self._shape) if self.epoch else NOWHERE

    def _begin_anew(self, changes: Changes, whole: Whole) -> None:
        """What the lane holds stays where it joins on to what comes: then nobody who is here misses anything."""
        self.wholes += 1
        first = changes.lane[0].message["n"] if changes.lane else changes.until.n + 1
        if self.epoch != changes.until.epoch or first > self._n + 1:
            self.lane_breaks += self.epoch == changes.until.epoch
            self._lane.clear()
            self._n = first - 1
            self._complete = whole.reach
        self.epoch, self._anew = changes.until.epoch, whole.anew
        self._entities.clear()
        self._calls = deque(whole.calls, maxlen=CALLS_MAX)
        self._tickets.clear()
        self._tickets.update(whole.tickets)
        self._building = whole.building
        told: dict[Topic, list[Json]] = {"alarm": whole.alarms, "command": whole.commands, "desired": whole.desired}
        self._lists = {topic: {_LISTS[topic].key(each): each for each in listed} for topic, listed in told.items()}

    def _take_entities(self, changes: Changes) -> None:
        """What was known already comes again in the same order, so the latest changed still stands last."""
        for entity_id, seq, wire in changes.entities:
            self._entities[entity_id] = _Entity(seq, {}, wire)
            self._entities.move_to_end(entity_id)

    def _take_lane(self, lane: Iterable[Told], *, is_known: bool) -> list[frozenset[str]]:
        """Who hears what is new of it. ``is_known``: what it changes in a snapshot stands there already."""
        heard = []
        for told in lane:
            message = Message(told.message)
            if message["n"] <= self._n:
                continue
            self._n = message["n"]
            self.counters.lane_items += 1
            scope = frozenset(told.scope)
            self._lane.append(LaneItem(n=self._n, seq=message["seq"], scope=scope, message=message))
            if not is_known:
                self._note(message, scope)
            heard.append(scope)
        return heard

    def _note(self, message: Message, scope: frozenset[str]) -> None:
        """What it changes in a snapshot."""
        topic: Topic = message["type"]
        if topic == "building":
            self._building = message["version"]
            return
        body = message[topic]
        if topic == "call":
            self._calls.append(body)
        elif topic == "ticket":
            self._keep_ticket(scope, body)
        else:
            self._put(topic, body)

    def _put(self, topic: Topic, body: Json) -> None:
        rule, listed = _LISTS[topic], self._lists[topic]
        listed[rule.key(body)] = body
        now_ms = self._now_ms()
        for key in [key for key, each in listed.items() if rule.is_over(each, now_ms)]:
            del listed[key]

    def _list(self, topic: Topic) -> list[Json]:
        """Asked outside the lock."""
        now_ms = self._now_ms()
        with self._lock:
            return [each for each in self._lists[topic].values() if not _LISTS[topic].is_over(each, now_ms)]
