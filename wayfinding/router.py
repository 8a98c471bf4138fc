"""From here to there: the way that counts least for a profile, told in steps, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import shapely

from building.model import OUT, XY, XYZ, Space, Text
from building.shapes import contains
from wayfinding import refusal
from wayfinding.directions import Teller
from wayfinding.errors import NoRoute
from wayfinding.graph import OUTSIDE, Closed, Graph, Spot, Waits
from wayfinding.network import Network
from wayfinding.phrases import OUTSIDE as OUTSIDE_NAME
from wayfinding.profile import Profile
from wayfinding.route import Avoided, Route
from wayfinding.walkable import to_shape
from wayfinding.way import Run, Way
from wayfinding.way import find_way as shortest_way

NOTHING: Closed = frozenset()
HOPES = 2048
"""Ways that are remembered; the one asked for longest ago goes first."""
SAME_M = 1.0
"""What is nearer to a floor than this is on it."""


class Endpoint(Protocol):
    """A place to start or end at; ``building.places.Place`` is one."""

    @property
    def id(self) -> str: ...
    @property
    def floor(self) -> str | None: ...
    @property
    def at(self) -> XY | None: ...
    @property
    def name(self) -> Text: ...


class Router:
    """Routes on one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        # What would be the way with nothing closed is asked each time anew, and of many from the same door.
        self._hoped = lru_cache(HOPES)(
            lambda graph, a, b, waits: shortest_way(graph, a, b, closed=NOTHING, waits=waits)
        )
        self._windows = {window.id: window for window in network.building.windows}
        self._in_space = {
            item.id: item.space
            for items in (
                network.building.windows,
                network.building.pois,
                network.building.seats,
                network.building.bays,
            )
            for item in items
            if item.space != OUT
        }

    def prepare(self, profile: Profile) -> None:
        """Make what this profile's routes need, which its first route would wait for."""
        self.network.graph(profile)
        self.network.graph(profile.unrestricted())

    def route(
        self,
        start: Endpoint,
        goal: Endpoint,
        *,
        profile: Profile,
        closed: frozenset[str] = frozenset(),
        lift_wait_s: Mapping[str, float] | None = None,
        crowd: Mapping[str, float] | None = None,
    ) -> Route:
        """The best route; ``NoRoute`` where there is none. ``closed`` are ids of openings, links, spaces, devices;
        ``crowd`` says how many times as long a walk takes in a space (``wayfinding.crowd``).
        """
        waits = self.network.waits(lift_wait_s or {}, crowd)
        way, hopes = self.get_way(start, goal, profile=profile, closed=closed, waits=waits)
        return self.tell(way, hopes, start, goal, closed=closed, waits=waits)

    def get_way(
        self, start: Endpoint, goal: Endpoint, *, profile: Profile, closed: Closed, waits: Waits
    ) -> tuple[Way, Sequence[Way]]:
        """The best way, and those hoped for: if nothing but walls stood there, and with nothing closed or crowded."""
        free, calm, full = profile.unrestricted(), self.network.without_crowd(waits), self.network.crowded(waits)
        wish = self.find_way(start, goal, free, frozenset(), calm)
        hoped = wish if profile == free else self.find_way(start, goal, profile, frozenset(), calm)
        way, shut = hoped, self.is_shut(start, closed) or self.is_shut(goal, closed)
        if hoped is not None and (shut or hoped.meets(closed | full)):
            way = self.find_way(start, goal, profile, closed, waits)
        if way is None:
            raise NoRoute(refusal.explain(self, start, goal, profile=profile, closed=closed, waits=waits))
        return way, [hope for hope in (wish, hoped) if hope is not None]

    def tell(
        self, way: Way, hopes: Sequence[Way], start: Endpoint, goal: Endpoint, *, closed: Closed, waits: Waits
    ) -> Route:
        """A way that was found, in words, and what it keeps away from that one of those hoped for uses."""
        others = [hope for hope in hopes if hope is not way]
        avoided = self._avoided(others, way, way.graph.profile, closed, self.network.crowded(waits))
        return self._told(way, start, goal, avoided, dict(waits))

    def find_way(self, start: Endpoint, goal: Endpoint, profile: Profile, closed: Closed, waits: Waits) -> Way | None:
        graph = self.network.graph(profile)
        a, b = self.find_spot(graph, start), self.find_spot(graph, goal)
        if a is None or b is None or self.is_shut(start, closed) or self.is_shut(goal, closed):
            return None
        return shortest_way(graph, a, b, closed=closed, waits=waits) if closed else self._hoped(graph, a, b, waits)

    def find_spot(self, graph: Graph, end: Endpoint) -> Spot | None:
        """Where the profile stands to be at that place; None where it cannot get there."""
        if end.id == OUT:
            return OUTSIDE if len(graph.arrivals) else None
        if end.floor not in graph.floor_of or end.at is None:
            return None
        window = self._windows.get(end.id)
        return graph.spot(end.floor, window.stand if window else end.at, self.space_of(end))

    def space_of(self, end: Endpoint) -> str | None:
        """The space an endpoint is known to lie in; None for a bare point."""
        return end.id if end.id in self.network.spaces else self._in_space.get(end.id)

    def spaces_at(self, end: Endpoint) -> list[Space]:
        """The space an endpoint belongs to, or those a bare point lies in."""
        known = self.space_of(end)
        if known is not None:
            return [self.network.spaces[known]]
        spaces = self.network.building.spaces
        return [s for s in spaces if s.floor == end.floor and end.at is not None and contains(s.footprint, end.at)]

    def is_shut(self, end: Endpoint, closed: Closed) -> bool:
        return bool(closed) and (end.id in closed or self.space_of(end) in closed)

    def _told(
        self, way: Way, start: Endpoint, goal: Endpoint, avoided: tuple[Avoided, ...], waits: dict[str, float]
    ) -> Route:
        teller = Teller(self.network, way, start=self._start_name(way, start), goal=_called(goal), waits=waits)
        steps = teller.steps()
        line = [point for leg in way.legs for point in leg.line]
        floors = [
            floor
            for leg in way.legs
            for floor in (
                (way.graph.floors[leg.floor].floor.id,) if isinstance(leg, Run) else (leg.start.floor, leg.end.floor)
            )
        ]
        return Route(
            distance_m=sum(step.distance_m for step in steps),
            duration_s=sum(step.duration_s for step in steps),
            profile=way.graph.profile.id,
            geometry=tuple(point for i, point in enumerate(line) if i == 0 or point != line[i - 1]),
            floors=tuple(floor for i, floor in enumerate(floors) if i == 0 or floor != floors[i - 1]),
            steps=steps,
            avoided=avoided,
            links=tuple(dict.fromkeys(ride.link for ride in way.rides)),
            openings=tuple(dict.fromkeys(g.opening.id for g in way.gates() if g.opening.id in self.network.openings)),
        )

    def metres_in(self, line: Sequence[XYZ], space: str) -> float:
        """How far a way leads through a space."""
        floor = self.network.floors[self.network.spaces[space].floor]
        parts = [pair for pair in pairwise(line) if all(abs(p[2] - floor.elevation_m) < SAME_M for p in pair)]
        near = [(a[:2], b[:2]) for a, b in parts]
        shape = to_shape(self.network.spaces[space].footprint)
        return float(shapely.intersection(shape, shapely.MultiLineString(near)).length)

    def _avoided(
        self, wishes: Sequence[Way], way: Way, profile: Profile, closed: Closed, crowded: frozenset[str]
    ) -> tuple[Avoided, ...]:
        """What the freest way, and this profile's own with nothing closed, use and this one may or will not."""
        taken = {ride.link for ride in way.rides} | {gate.opening.id for gate in way.gates()}
        found: dict[str, refusal.Why | None] = {}
        for wish in wishes:
            found |= {ride.link: refusal.link_reason(self.network, ride, profile, closed) for ride in wish.rides}
            found |= {g.opening.id: refusal.gate_reason(g.opening, profile, closed) for g in wish.gates()}
            found |= {s: refusal.CLOSED for s in closed if s in self.network.spaces and wish.meets(frozenset({s}))}
            found |= {s: refusal.CROWDED for s in crowded if wish.meets(one := frozenset({s})) and not way.meets(one)}
        return tuple(
            Avoided(id=name, reason=reason.code, text=reason.text)
            for name, reason in found.items()
            if reason is not None and name not in taken
        )

    def _start_name(self, way: Way, start: Endpoint) -> Text:
        """Who comes from outside starts at a street, where the plan names one."""
        first = way.legs[0]
        if start.id != OUT or not isinstance(first, Run):
            return _called(start)
        point = first.line[0][:2]
        floor = way.graph.floors[first.floor]
        places = (self.network.outdoors[name] for name in floor.places_at(point) if name in self.network.outdoors)
        return next((place.name for place in places), OUTSIDE_NAME)


def _called(end: Endpoint) -> Text:
    return OUTSIDE_NAME if end.id == OUT else end.name
