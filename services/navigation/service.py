"""The navigation service: a route through the hall as it is now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Protocol

import wayfinding
from building import places
from building.model import XYZ, Building
from building.places import Place
from services.kernel.buildings import TakeOver
from services.kernel.calendar import HallCalendar
from services.kernel.live import LiveReader
from services.kernel.places import PlaceSource
from services.kernel.ports import Clock
from services.navigation.crowd import Crowd
from services.navigation.destinations import Resolve, find_closable, find_place
from services.navigation.errors import NotReady, NoWay, TooManyClosed, UnknownProfile
from services.navigation.facts import Facts, concerns, read_facts
from wayfinding.errors import NoRoute
from wayfinding.profile import Profile
from wayfinding.route import Route

MAX_CLOSED = 50
RECENT_MAX = 2
"""The version that serves and the one before: going back takes no time."""
WORDS_KEPT = 1_000
"""How many words are remembered with the place they mean; what other modules answer never is."""


class Router(Protocol):
    """``wayfinding.Router`` is one. Called from many threads at once."""

    @property
    def network(self) -> wayfinding.Network: ...

    def prepare(self, profile: Profile) -> None: ...

    def route(
        self,
        start: Place,
        goal: Place,
        *,
        profile: Profile,
        closed: frozenset[str],
        lift_wait_s: Mapping[str, float],
        crowd: Mapping[str, float],
    ) -> Route: ...

    def metres_in(self, line: Sequence[XYZ], space: str) -> float: ...


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def compile_router(building: Building, profiles: Iterable[Profile]) -> Router:
    """A router prepared for these profiles: the first visitor waits no longer than the next."""
    router = wayfinding.Router(wayfinding.compile_network(building))
    for profile in profiles:
        router.prepare(profile)
    return router


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One building version and the router made from it: they change together."""

    version: str
    building: Building
    router: Router
    resolve: Resolve
    calendar: HallCalendar
    lifts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A route with the places its words meant, and the building version it holds for."""

    route: Route
    start: Place
    goal: Place
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The building as it serves, and what is true of its ways."""

    ready: Compiled
    facts: Facts


class Navigation:
    """A ``Follower``: it compiles before each publication, which takes a while, and at a start while it serves."""

    def __init__(
        self,
        *,
        live: LiveReader,
        profiles: Mapping[str, Profile],
        sources: Sequence[PlaceSource] = (),
        compile_router: Callable[[Building, Iterable[Profile]], Router] = compile_router,
        now_ms: Clock = _now_ms,
    ) -> None:
        self._live, self._sources, self._now_ms = live, tuple(sources), now_ms
        self._crowd = Crowd(live)
        self._compile_router = compile_router
        self.profiles: Mapping[str, Profile] = profiles
        self._recent: tuple[Compiled, ...] = ()

    def begin(self, version: str, building: Building) -> Callable[[], None]:
        """At a start: routes at once, the first of a profile after a moment, unless what is returned has prepared it
        by then. That takes a while and is for a thread of its own.
        """
        compiled = self._compile(version, building, ())
        self._recent = (compiled,)

        def prepare_all() -> None:
            for profile in self.profiles.values():
                compiled.router.prepare(profile)

        return prepare_all

    def prepare(self, version: str, building: Building) -> TakeOver:
        """Routes go on through the version before until the new one is taken over."""
        compiled = next((c for c in self._recent if c.version == version), None)
        if compiled is None:
            compiled = self._compile(version, building, self.profiles.values())

        def take_over() -> None:
            self._recent = (compiled, *(c for c in self._recent if c is not compiled))[:RECENT_MAX]

        return take_over

    def _compile(self, version: str, building: Building, profiles: Iterable[Profile]) -> Compiled:
        router = self._compile_router(building, profiles)
        resolve = lru_cache(WORDS_KEPT)(partial(places.resolve, building))
        return Compiled(
            version=version,
            building=building,
            router=router,
            resolve=resolve,
            calendar=HallCalendar(building.timezone),
            lifts=tuple(v.id for v in building.vertical_links if v.kind == "lift"),
        )

    def find_route(self, *, start: str, goal: str, profile: str = "walk", closed: Sequence[str] = ()) -> Answer:
        """The best way between two words for this profile; ``closed`` are ids or keys to do without."""
        now = self.look()
        walker = self.find_profile(profile)
        from_place, to_place = (self.find_place(now, word) for word in (start, goal))
        return self.lead(now, from_place, to_place, walker, closed=self.find_closed(now, closed))

    def look(self) -> Moment:
        """The building that serves and what the devices say of it, read anew: no answer is older than its question."""
        if not self._recent:
            raise NotReady
        ready = self._recent[0]
        local, crowd = ready.calendar.local(self._now_ms()), self._crowd.factors(ready.building)
        return Moment(ready=ready, facts=read_facts(ready.building, self._live, local, crowd))

    def find_profile(self, name: str) -> Profile:
        walker = self.profiles.get(name)
        if walker is None:
            raise UnknownProfile(name, self.profiles)
        return walker

    def find_place(self, now: Moment, word: str) -> Place:
        return find_place(now.ready.resolve, self._sources, word)

    def find_closed(self, now: Moment, words: Sequence[str]) -> frozenset[str]:
        """The ids that somebody wants to do without."""
        if len(words) > MAX_CLOSED:
            raise TooManyClosed(MAX_CLOSED)
        return frozenset[str]().union(*(find_closable(now.ready.building, word) for word in words))

    def lead(
        self, now: Moment, start: Place, goal: Place, walker: Profile, *, closed: frozenset[str] = frozenset()
    ) -> Answer:
        """The best way between two places at that moment; ``closed`` are ids to do without besides."""
        ready, facts = now.ready, now.facts
        live = {c.shuts: c for c in facts.closures if concerns(c, walker)}
        try:
            route = ready.router.route(
                start,
                goal,
                profile=walker,
                closed=closed.union(live),
                lift_wait_s=facts.waits_s(walker, ready.lifts),
                crowd=facts.crowd,
            )
        except NoRoute as error:
            raise NoWay(error) from None
        return self.tell(now, walker, route, start, goal)

    def tell(self, now: Moment, walker: Profile, route: Route, start: Place, goal: Place) -> Answer:
        """The router knows that something is closed; only the devices know why."""
        why = {c.id: c.cause.text for c in now.facts.closures if concerns(c, walker)}
        avoided = tuple(replace(a, text=why[a.id]) if a.id in why else a for a in route.avoided)
        return Answer(route=replace(route, avoided=avoided), start=start, goal=goal, version=now.ready.version)
