"""The navigation service: a route through the hall as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Protocol

import wayfinding
from building import places
from building.model import Building
from building.places import Place
from services.kernel.buildings import TakeOver
from services.kernel.live import LiveReader
from services.kernel.places import PlaceSource
from services.navigation.destinations import Resolve, find_closable, find_place
from services.navigation.errors import NotReady, NoWay, TooManyClosed, UnknownProfile
from services.navigation.facts import lift_waits_s, list_closures
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

    def prepare(self, profile: Profile) -> None: ...

    def route(
        self,
        start: Place,
        goal: Place,
        *,
        profile: Profile,
        closed: frozenset[str],
        lift_wait_s: Mapping[str, float],
    ) -> Route: ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A route with the places its words meant, and the building version it holds for."""

    route: Route
    start: Place
    goal: Place
    version: str


class Navigation:
    """A ``Follower``: it compiles before each publication, which takes a while, and at a start while it serves."""

    def __init__(
        self,
        *,
        live: LiveReader,
        profiles: Mapping[str, Profile],
        sources: Sequence[PlaceSource] = (),
        compile_router: Callable[[Building, Iterable[Profile]], Router] = compile_router,
    ) -> None:
        self._live, self._sources = live, tuple(sources)
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
        return Compiled(version=version, building=building, router=router, resolve=resolve)

    def find_route(self, *, start: str, goal: str, profile: str = "walk", closed: Sequence[str] = ()) -> Answer:
        """The best way between two words for this profile; ``closed`` are ids or keys to do without."""
        if not self._recent:
            raise NotReady
        ready = self._recent[0]
        walker = self.profiles.get(profile)
        if walker is None:
            raise UnknownProfile(profile, self.profiles)
        if len(closed) > MAX_CLOSED:
            raise TooManyClosed(MAX_CLOSED)
        from_place, to_place = (find_place(ready.resolve, self._sources, word) for word in (start, goal))
        asked = frozenset[str]().union(*(find_closable(ready.building, word) for word in closed))
        has_card = walker.max_access != "public"
        live = {c.id: c for c in list_closures(ready.building, self._live) if not (c.card and has_card)}
        try:
            route = ready.router.route(
                from_place,
                to_place,
                profile=walker,
                closed=asked.union(live),
                lift_wait_s=lift_waits_s(ready.building, self._live),
            )
        except NoRoute as error:
            raise NoWay(error) from None
        # The router knows that something is closed; only the devices know why.
        avoided = tuple(replace(a, text=live[a.id].text) if a.id in live else a for a in route.avoided)
        return Answer(route=replace(route, avoided=avoided), start=from_place, goal=to_place, version=ready.version)
