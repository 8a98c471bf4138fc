"""People under way: whoever's way is touched by a change is led another within a second of it, and told why.

Nothing of a person is kept. A trip is two places and how one walks, in memory alone, under the digest of a secret that
the page holds; it is gone when they are there, when they say so, or when their page is.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from building.errors import PlaceError
from building.model import Text
from building.places import Place
from services.kernel.ports import Clock, Random, new_token
from services.navigation.along import find_rest, find_spot
from services.navigation.changes import Change, Names, find_change, is_rest_of, list_names, tell
from services.navigation.errors import NotReady, NoWay, TooManyTrips, UnknownTrip
from services.navigation.service import Answer, Compiled, Moment, Navigation
from wayfinding.profile import Profile
from wayfinding.route import Route

TRIPS_MAX = 5_000
LISTENERS_MAX = 4
"""Pages that hear one trip: a phone that comes back before its last line was seen to be cut."""
ABSENT_S = 120
"""A page that is not there for so long is gone; one that stands at the same step for ``STILL_S`` was forgotten."""
STILL_S = 2 * 3600
BETTER_S = 20.0
"""A way that is shorter by less is no reason to turn anybody round."""
Check: TypeAlias = Callable[[Profile], None]
"""Raises where whoever asks may not walk like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """How somebody is led now. ``why`` it is another way than before. Without ``answer`` there is none: ``refusal``
    says what stands in it, and ``ask`` where somebody can help.
    """

    revision: int
    answer: Answer | None
    why: Text | None = None
    refusal: NoWay | None = None
    ask: Place | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class _Trip:
    """``at`` is where the way began, ``step`` the one of it they are on. ``led`` None: it ended.

    ``moment`` is what the way was found by, ``looked`` what it was last compared with.
    """

    at: Place
    goal: Place
    walker: Profile
    moment: Moment
    looked: Moment
    led: Led | None
    stepped_ms: int
    seen_ms: int
    step: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    listeners: list[Listener] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Listener:
    """A page that hears a trip. ``wake`` is called from any thread when there is something to hear."""

    _trip: _Trip
    wake: Callable[[], object]
    _now_ms: Clock
    replaced: bool = False
    """Others came after it: it hears no more."""

    @property
    def led(self) -> Led | None:
        """None: the trip has ended."""
        return self._trip.led

    def close(self) -> None:
        with self._trip.lock:
            if not self.replaced:
                self._trip.listeners.remove(self)
            self._trip.seen_ms = self._now_ms()


class Trips:
    """All that are under way. Thread-safe; ``tick`` is called a few times a second by one thread."""

    def __init__(self, navigation: Navigation, *, now_ms: Clock, random: Random) -> None:
        self._navigation, self._now_ms, self._random = navigation, now_ms, random
        self._lock = threading.Lock()
        self._trips: dict[bytes, _Trip] = {}
        self._moment: Moment | None = None
        self._named: tuple[Compiled, Names] | None = None
        self.rerouted = 0

    def __len__(self) -> int:
        return len(self._trips)

    # --- what a page does

    def start(self, *, start: str, goal: str, profile: str, check: Check = lambda _: None) -> tuple[str, Led]:
        """The secret of a new trip, and its way. Raises what ``check`` does, and where there is no way."""
        now = self._look()
        walker = self._navigation.find_profile(profile)
        check(walker)
        at, to = (self._navigation.find_place(now, word) for word in (start, goal))
        led = Led(revision=1, answer=self._navigation.lead(now, at, to, walker))
        now_ms = self._now_ms()
        trip = _Trip(
            at=at, goal=to, walker=walker, moment=now, looked=now, led=led, stepped_ms=now_ms, seen_ms=now_ms
        )  # fmt: skip
        token = new_token(self._random)
        with self._lock:
            if len(self._trips) >= TRIPS_MAX:
                self._make_room()
            self._trips[_digest(token)] = trip
        return token, led

    def get(self, token: str) -> Led:
        trip = self._find(token)
        trip.seen_ms = self._now_ms()
        return _still(trip)

    def step(self, token: str, *, revision: int, step: int) -> Led:
        """They are at this step of that way; of a way before it says nothing."""
        trip = self._find(token)
        with trip.lock:
            led = _still(trip)
            if led.answer is not None and revision == led.revision:
                trip.step = min(step, len(led.answer.route.steps) - 1)
            trip.seen_ms = trip.stepped_ms = self._now_ms()
        return led

    def stand(self, token: str, *, at: str) -> Led:
        """They stand there, by a code they scanned or a sign they see: the way goes on from it."""
        trip = self._find(token)
        with trip.lock:
            now, led = self._look(), _still(trip)
            place = self._navigation.find_place(now, at)
            answer = self._navigation.lead(now, place, trip.goal, trip.walker)
            trip.at, trip.step, trip.moment, trip.looked = place, 0, now, now
            trip.seen_ms = trip.stepped_ms = self._now_ms()
            trip.led = led = Led(revision=led.revision + 1, answer=answer)
        _wake(trip)
        return led

    def end(self, token: str) -> None:
        """They are there, or need no way any more."""
        with self._lock:
            trip = self._trips.pop(_digest(token), None)
        if trip is None:
            raise UnknownTrip
        _end(trip)

    def listen(self, token: str, wake: Callable[[], object]) -> Listener:
        """Close it. Where there are too many already the oldest is replaced."""
        trip = self._find(token)
        listener = Listener(_trip=trip, wake=wake, _now_ms=self._now_ms)
        replaced = None
        with trip.lock:
            if len(trip.listeners) >= LISTENERS_MAX:
                replaced = trip.listeners.pop(0)
                replaced.replaced = True
            trip.listeners.append(listener)
        if replaced is not None:
            replaced.wake()
        return listener

    # --- what the hall does

    def tick(self) -> None:
        """Lead anew whom something touches, and forget who is gone."""
        with self._lock:
            trips = list(self._trips.values())
        if not trips:
            return
        try:
            now = self._look()
        except NotReady:
            return
        changes: dict[int, tuple[Moment, Change]] = {}
        for trip in trips:
            if trip.looked is not now:
                trip.looked, since = now, trip.moment
                if id(since) not in changes:  # most are led since the same moment
                    rebuilt = since.ready is not now.ready
                    changes[id(since)] = since, find_change(since.facts, now.facts, rebuilt=rebuilt)
                if self._judge(trip, now, changes[id(since)][1]):
                    _wake(trip)
        self._forget()

    def _judge(self, trip: _Trip, now: Moment, change: Change) -> bool:
        """Whether there is something to tell."""
        with trip.lock:
            led = trip.led
            if led is None:
                return False
            before = None if led.answer is None else led.answer.route
            touched = bool(change.opened or change.rebuilt)
            if before is not None:
                touched = change.touches(before, trip.walker, now.ready.router.metres_in)
            if not touched:
                # Small delays add up: they are counted from when the way was found.
                if not change.has_costs:
                    trip.moment = now
                return False
            trip.moment = now
            here = _here(trip)
            goal = self._goal(trip, now) if change.rebuilt else trip.goal
            answer, refusal = self._lead(now, here, goal, trip.walker)
            if not self._is_news(trip, change, before, answer):
                return False
            route = None if answer is None else answer.route
            trip.at, trip.goal, trip.step = here, goal, 0
            trip.led = Led(
                revision=led.revision + 1,
                answer=answer,
                why=tell(change, trip.walker, before, route, self._names(now.ready)),
                refusal=refusal,
                ask=None if answer is not None else _find_help(now, here),
            )
            self.rerouted += 1
            return True

    def _lead(self, now: Moment, here: Place, goal: Place, walker: Profile) -> tuple[Answer | None, NoWay | None]:
        try:
            return self._navigation.lead(now, here, goal, walker), None
        except NoWay as refusal:
            return None, refusal

    def _is_news(self, trip: _Trip, change: Change, before: Route | None, answer: Answer | None) -> bool:
        if before is None or answer is None:
            return (before is None) != (answer is None)
        if change.rebuilt:
            return True
        if is_rest_of(answer.route, before):
            return False
        if change.blocks(before, trip.walker):
            return True
        stay_s = sum(step.duration_s for step in before.steps[trip.step :])
        stay_s += sum(by_s for link, by_s in change.waits.items() if link in before.links)
        router, rest = trip.moment.ready.router, find_rest(before, trip.step)
        for space, (was, slow) in change.crowd.items():
            stay_s += router.metres_in(rest, space) * (slow - was) / trip.walker.speed_m_s
        return stay_s - answer.route.duration_s >= BETTER_S

    def _goal(self, trip: _Trip, now: Moment) -> Place:
        """In a new building it may stand elsewhere; one that is no more stays where it was."""
        try:
            return now.ready.resolve(trip.goal.id)
        except PlaceError:
            return trip.goal

    def _look(self) -> Moment:
        """The same object for as long as nothing changes."""
        now, known = self._navigation.look(), self._moment
        if known is not None and known.ready is now.ready and known.facts == now.facts:
            return known
        self._moment = now
        return now

    def _names(self, ready: Compiled) -> Names:
        if self._named is None or self._named[0] is not ready:
            self._named = ready, list_names(ready.building)
        return self._named[1]

    # --- who there is

    def _find(self, token: str) -> _Trip:
        trip = self._trips.get(_digest(token))
        if trip is None:
            raise UnknownTrip
        return trip

    def _forget(self) -> None:
        now_ms = self._now_ms()
        with self._lock:
            gone = [key for key, trip in self._trips.items() if _is_gone(trip, now_ms)]
            ended = [self._trips.pop(key) for key in gone]
        for trip in ended:
            _end(trip)

    def _make_room(self) -> None:
        """Whom nobody hears goes first: the one unseen for longest."""
        unheard = [(trip.seen_ms, key) for key, trip in self._trips.items() if not trip.listeners]
        if not unheard:
            raise TooManyTrips
        _end(self._trips.pop(min(unheard)[1]))


def _is_gone(trip: _Trip, now_ms: int) -> bool:
    absent = not trip.listeners and now_ms - trip.seen_ms > ABSENT_S * 1000
    return absent or now_ms - trip.stepped_ms > STILL_S * 1000


def _still(trip: _Trip) -> Led:
    if trip.led is None:
        raise UnknownTrip
    return trip.led


def _end(trip: _Trip) -> None:
    with trip.lock:
        trip.led = None
    _wake(trip)


def _wake(trip: _Trip) -> None:
    for listener in list(trip.listeners):
        listener.wake()


def _digest(token: str) -> bytes:
    """What is looked up: how long that takes tells nothing of a token."""
    return hashlib.sha256(token.encode()).digest()


def _here(trip: _Trip) -> Place:
    """Where they are, as far as their page said."""
    answer = None if trip.led is None else trip.led.answer
    return (None if answer is None else find_spot(answer.route, trip.step)) or trip.at


def _find_help(now: Moment, here: Place) -> Place | None:
    """Somebody to ask, on the same floor if there is one."""
    desks = [p for p in now.ready.building.pois if p.kind == "consultation"]
    desk = min(desks, key=lambda p: p.floor != here.floor, default=None)
    return None if desk is None else now.ready.resolve(desk.id)
