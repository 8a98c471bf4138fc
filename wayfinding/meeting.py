"""Where several people meet: a place they can name, where the last of them is soonest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from building.labels import label_point
from building.model import OUT, Building
from building.places import Place
from wayfinding.conditions import FREE, Conditions
from wayfinding.errors import Unanswerable, WayfindingError
from wayfinding.profile import Profile
from wayfinding.reach import Reach
from wayfinding.route import Route

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router

PEOPLE_MAX = 8
UNFIT = ("toilet", "mother_baby", "changing", "first_aid", "aed", "storage")
"""Kinds of places where nobody waits for anybody; those that begin with one of these words too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Where somebody is, how they walk, and what ways are like for them."""

    start: Endpoint
    profile: Profile
    now: Conditions = FREE


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """``routes`` are in the order of the people; the last is there after ``seconds``."""

    place: Place
    routes: tuple[Route, ...]

    @property
    def seconds(self) -> float:
        return max(route.duration_s for route in self.routes)


def find_meeting(router: Router, people: Sequence[Person]) -> Meeting:
    """Points of interest and entrances come first, as people know them; any public space where there is none of those.

    Of places that are as soon, the one with the shortest ways in all. ``NoRoute`` where nothing is reached by all.
    """
    reaches = [Reach(router, p.start, profile=p.profile, now=p.now) for p in people]
    building = router.network.building
    tried: list[Tried] = []
    for places in (list_landmarks(building), list_spaces(building)):
        tried += [Tried(place=place, taken=_taken(reaches, place)) for place in places]
        if found := [one for one in tried if one.all_come]:
            place = min(found, key=lambda one: one.rank).place
            routes = [p.now.route(router, p.start, place, p.profile) for p in people]
            return Meeting(place=place, routes=tuple(routes))
    raise _refused(router, people, tried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A place and the seconds of each of the people, None for who does not get there."""

    place: Place
    taken: tuple[float | None, ...]

    @property
    def seconds(self) -> list[float]:
        return [s for s in self.taken if s is not None]

    @property
    def all_come(self) -> bool:
        return None not in self.taken

    @property
    def rank(self) -> tuple[float, float, str]:
        return round(max(self.seconds), 3), round(sum(self.seconds), 3), self.place.id


def _taken(reaches: Sequence[Reach], place: Place) -> tuple[float | None, ...]:
    return tuple(None if (cost := reach.to(place)) is None else cost.seconds for reach in reaches)


def _refused(router: Router, people: Sequence[Person], tried: Sequence[Tried]) -> WayfindingError:
    """Why the first who cannot does not come to the place that most of them reach."""
    if not tried:
        return Unanswerable(
            "nowhere_to_meet",
            {"zh": "楼内没有对公众开放的地点。", "en": "The building has no place that is open to everybody."},
        )
    nearly = max(tried, key=lambda one: len(one.seconds))
    stuck = people[nearly.taken.index(None)]
    return stuck.now.refuse(router, stuck.start, nearly.place, stuck.profile)


def list_landmarks(building: Building) -> list[Place]:
    """Public points of interest and the doors that people come in by."""
    public = {space.id for space in building.spaces if space.access == "public"} | {OUT}
    spots = [
        Place(id=poi.id, floor=poi.floor, at=poi.at, name=poi.name, kind=poi.kind)
        for poi in building.pois
        if poi.space in public and not poi.kind.startswith(UNFIT)
    ]
    for door in building.openings:
        if door.exit and door.between is not None and door.kind != "fire" and _for_people(door.between, public):
            if door.vehicles_only or door.goods_only:
                continue
            (x0, y0), (x1, y1) = door.line
            at = ((x0 + x1) / 2, (y0 + y1) / 2)
            spots.append(Place(id=door.id, floor=door.floor, at=at, name=door.name, kind="entrance"))
    return spots


def _for_people(between: tuple[str, str], public: set[str]) -> bool:
    return OUT in between and public.issuperset(between)


def list_spaces(building: Building) -> list[Place]:
    """Public spaces that one stays in."""
    found = ((space, label_point(space.footprint)) for space in building.spaces)
    return [
        Place(id=space.id, floor=space.floor, at=at, name=space.name, kind=space.kind)
        for space, at in found
        if at is not None and space.walkable and space.access == "public" and not space.kind.startswith(UNFIT)
    ]
