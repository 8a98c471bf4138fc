"""What else one may ask of ways: several stops, alternatives, times, tables, the nearest, how far, where to meet.

Each is answered for one profile (a meeting: for each person's own) with what is closed at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import wayfinding
from building.categories import list_category
from building.errors import UnknownPlace
from building.model import Building, Text
from building.places import Place
from services.kernel.calendar import HallCalendar, OpeningHours
from services.kernel.errors import ContractBroken
from services.kernel.ports import Clock
from services.navigation.errors import NoWay
from services.navigation.facts import concerns
from services.navigation.query_errors import AllShut, Unanswered, UnknownCategory, WishesApart
from services.navigation.service import Answer, Moment, Navigation
from wayfinding.alternatives import list_ways
from wayfinding.conditions import Conditions
from wayfinding.errors import NoRoute, Unanswerable
from wayfinding.isochrone import Isochrone, make_isochrone
from wayfinding.locate import Located, locate
from wayfinding.matrix import Cell, make_matrix
from wayfinding.meeting import Person, find_meeting
from wayfinding.nearest import Ranked, find_nearest
from wayfinding.profile import Profile
from wayfinding.refusal import CLOSED
from wayfinding.route import Avoided
from wayfinding.times import Times, plan_times
from wayfinding.tour import find_tour

OUT_OF_HOURS: Text = {"zh": "不在开放时间", "en": "outside its opening hours"}

Check = Callable[[Profile], None]
"""Raises where whoever asks may not walk like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How somebody walks, and what they want to do without besides what is closed."""

    profile: str = "walk"
    closed: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A profile at a moment: its router and all that is closed to it."""

    now: Moment
    walker: Profile
    conditions: Conditions
    shut: tuple[Avoided, ...]
    router: wayfinding.Router


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One way, in several legs where it has stops; ``others`` are its alternatives."""

    legs: tuple[Answer, ...]
    order: tuple[int, ...]
    others: tuple[Answer, ...]
    times: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    starts: tuple[Place, ...]
    goals: tuple[Place, ...]
    rows: tuple[tuple[Cell, ...], ...]
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestFound:
    way: Answer
    ranked: tuple[Ranked[Place], ...]
    unreached: int
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachFound:
    start: Place
    isochrone: Isochrone
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFound:
    place: Place
    ways: tuple[Answer, ...]
    asked: tuple[Asked, ...]


class Queries:
    """What the hall's visitors and its own programs ask; places are words, as ``Navigation`` takes them."""

    def __init__(self, navigation: Navigation, *, now_ms: Clock) -> None:
        self._navigation, self._now_ms = navigation, now_ms

    def plan(
        self,
        how: How,
        check: Check,
        *,
        start: str,
        goal: str | None,
        stops: Sequence[str] = (),
        best_order: bool = False,
        alternatives: int = 0,
        leave: datetime | None = None,
        arrive_by: datetime | None = None,
    ) -> Journey:
        """A way over all stops to the goal, where there is one, and when to be off."""
        if stops and alternatives:
            raise WishesApart
        asked = self._ask(how, check)
        begin, *between = (self._place(asked, word) for word in (start, *stops))
        end = None if goal is None else self._place(asked, goal)
        order: tuple[int, ...] = ()
        others: tuple[Answer, ...] = ()
        with _answering():
            if not stops and end is not None:
                routes = list_ways(
                    asked.router, begin, end, profile=asked.walker, most=alternatives,
                    now=asked.conditions,
                )  # fmt: skip
                found = [self._told(asked, route, begin, end) for route in routes]
                legs, others = tuple(found[:1]), tuple(found[1:])
            else:
                tour = find_tour(
                    asked.router, begin, between, end=end, best_order=best_order, profile=asked.walker,
                    now=asked.conditions,
                )  # fmt: skip
                visited = [begin, *(between[n] for n in tour.order), *([] if end is None else [end])]
                order = tour.order
                legs = tuple(
                    self._told(asked, leg, a, b) for leg, a, b in zip(tour.legs, visited, visited[1:], strict=False)
                )
            times = plan_times(
                sum(leg.route.duration_s for leg in legs),
                zone=ZoneInfo(asked.now.ready.building.timezone),
                now=datetime.fromtimestamp(self._now_ms() / 1000, UTC),
                leave=leave,
                arrive_by=arrive_by,
            )
        return Journey(legs=legs, order=order, others=others, times=times)

    def matrix(self, how: How, check: Check, *, starts: Sequence[str], goals: Sequence[str]) -> Table:
        asked = self._ask(how, check)
        froms, tos = (tuple(self._place(asked, word) for word in words) for words in (starts, goals))
        rows = make_matrix(
            asked.router, froms, tos, profile=asked.walker, now=asked.conditions,
        )  # fmt: skip
        return Table(starts=froms, goals=tos, rows=rows, asked=asked)

    def nearest(
        self, how: How, check: Check, *, start: str, category: str | None = None, goals: Sequence[str] = ()
    ) -> NearestFound:
        """Of all places of a kind, or of those named."""
        asked = self._ask(how, check)
        begin = self._place(asked, start)
        places = [self._place(asked, word) for word in goals]
        if category is not None:
            try:
                found_here = list_category(asked.now.ready.building, category)
            except UnknownPlace:
                raise UnknownCategory(category) from None
            shut = self._shut_now(asked.now.ready.building)
            places += [place for place in found_here if place.id not in shut]
            asked = replace(asked, shut=(*asked.shut, *(shut[p.id] for p in found_here if p.id in shut)))
            if not places:
                raise AllShut(category)
        with _answering():
            found = find_nearest(
                asked.router, begin, places, profile=asked.walker, now=asked.conditions,
            )  # fmt: skip
        way = self._told(asked, found.route, begin, found.ranked[0].goal)
        return NearestFound(way=way, ranked=found.ranked, unreached=len(found.unreached), asked=asked)

    def isochrone(
        self, how: How, check: Check, *, start: str, seconds: Sequence[float], draw: bool = True
    ) -> ReachFound:
        asked = self._ask(how, check)
        begin = self._place(asked, start)
        with _answering():
            found = make_isochrone(
                asked.router, begin, seconds, profile=asked.walker, now=asked.conditions, draw=draw
            )  # fmt: skip
        return ReachFound(start=begin, isochrone=found, asked=asked)

    def meet(self, people: Sequence[tuple[str, How]], check: Check) -> MeetingFound:
        """Each from where they are, as they walk."""
        asked = tuple(self._ask(how, check) for _, how in people)
        starts = [self._place(one, word) for one, (word, _) in zip(asked, people, strict=True)]
        with _answering():
            found = find_meeting(
                asked[0].router,
                [
                    Person(start=start, profile=one.walker, now=one.conditions)
                    for one, start in zip(asked, starts, strict=True)
                ],
            )
        ways = zip(asked, found.routes, starts, strict=True)
        return MeetingFound(
            place=found.place,
            ways=tuple(self._told(one, route, start, found.place) for one, route, start in ways),
            asked=asked,
        )

    def locate(self, how: How, check: Check, *, seen: Sequence[str]) -> tuple[Located, Asked]:
        asked = self._ask(how, check)
        signs = [self._place(asked, word) for word in seen]
        with _answering():
            return locate(asked.router, signs, profile=asked.walker), asked

    # --- what all of them need

    def _ask(self, how: How, check: Check) -> Asked:
        now, walker = self._navigation.look(), self._navigation.find_profile(how.profile)
        check(walker)
        given = self._navigation.find_closed(now, how.closed)
        live = [closure for closure in now.facts.closures if concerns(closure, walker)]
        shut = {name: Avoided(id=name, reason="closed", text=CLOSED.text) for name in sorted(given)}
        shut |= {c.id: Avoided(id=c.id, reason="closed", text=c.cause.text) for c in live}
        return Asked(
            now=now,
            walker=walker,
            conditions=Conditions(
                closed=given.union(c.shuts for c in live),
                lift_wait_s=now.facts.waits_s(walker, now.ready.lifts),
                crowd=now.facts.crowd,
            ),
            shut=tuple(shut.values()),
            router=wayfinding.Router(now.ready.router.network),
        )

    def _shut_now(self, building: Building) -> dict[str, Avoided]:
        """Points of interest outside their opening hours; hours that cannot be read keep nobody away."""
        local, shut = HallCalendar(building.timezone).local(self._now_ms()), {}
        for poi in building.pois:
            with suppress(ContractBroken):
                if poi.hours and not OpeningHours.parse(poi.hours).is_open(local):
                    shut[poi.id] = Avoided(id=poi.id, reason="closed", text=OUT_OF_HOURS)
        return shut

    def _place(self, asked: Asked, word: str) -> Place:
        return self._navigation.find_place(asked.now, word)

    def _told(self, asked: Asked, route: wayfinding.Route, start: Place, goal: Place) -> Answer:
        return self._navigation.tell(asked.now, asked.walker, route, start, goal)


@contextmanager
def _answering() -> Iterator[None]:
    """What wayfinding refuses, as the services refuse it."""
    try:
        yield
    except NoRoute as error:
        raise NoWay(error) from None
    except Unanswerable as error:
        raise Unanswered(error) from None
