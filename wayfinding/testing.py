"""The exact oracle ways are measured against, and a judge of finished routes.

The oracle shares the definition of where a body may stand (``make_walkable``) and of rides (``list_rides``) and
nothing else: it cuts closures out of the plan, joins every pair of corners that see each other, without pruning, by
asking whether the free space covers the line, and runs a plain Dijkstra.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from math import dist
from typing import Any

import numpy as np
import shapely

from building.model import XY, XYZ, Building, Floor
from wayfinding.gates import OVERLAP_M, Gate
from wayfinding.graph import LANDING_REACH_M, Graph, Spot
from wayfinding.links import Landing, Ride, list_rides
from wayfinding.route import Route
from wayfinding.walkable import HAIR_M, Walkable, to_shape

CUT_M = 1e-4
"""Half the thickness of what a closed opening is taken to be."""
BLUR_M = 1e-6
CHUNK = 20_000
LEVEL_M = 0.7
"""Ground this far above or below a floor counts as that floor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """The best there is. ``weighted_s`` is what was minimised, ``metres`` how long that way is."""

    weighted_s: float
    metres: float


class Oracle:
    """One profile's building under one set of closures, as slowly and plainly as can be."""

    def __init__(self, building: Building, graph: Graph, closed: frozenset[str] = frozenset()) -> None:
        self._graph, self._speed = graph, graph.profile.speed_m_s
        self._free = [_open_space(walkable, closed) for walkable in graph.floors]
        self._points: list[tuple[int, XY]] = []
        self._near: list[list[tuple[int, float, float]]] = []
        rides = [ride for ride in list_rides(building, graph.profile) if not closed & ride.shut_by]
        ends: dict[tuple[int, XY], int] = {}
        joined: list[tuple[Ride, int, int]] = []
        for ride in rides:
            a, b = (self._stand(landing) for landing in (ride.start, ride.end))
            if a is not None and b is not None:
                joined.append((ride, ends.setdefault(a, len(ends)), ends.setdefault(b, len(ends))))
        self.arrivals = [
            ends.setdefault((int(graph.floor[n]), (float(graph.at[n, 0]), float(graph.at[n, 1]))), len(ends))
            for n in graph.arrivals
        ]
        self._points += ends
        for floor, free in enumerate(self._free):
            self._points += [(floor, at) for at in _reflex_points(free)]
        self._near = [[] for _ in self._points]
        for floor in range(len(graph.floors)):
            self._join([n for n, (f, _) in enumerate(self._points) if f == floor])
        for ride, first, last in joined:
            stub = dist(self._points[first][1], ride.line[0][:2]) + dist(self._points[last][1], ride.line[-1][:2])
            self._near[first].append((last, ride.weighted_s + stub / self._speed, ride.metres + stub))

    def _stand(self, landing: Landing) -> tuple[int, XY] | None:
        floor = self._graph.floor_of[landing.floor]
        at = self._graph.floors[floor].find_stand(landing.at, space=landing.space, reach_m=LANDING_REACH_M)
        return None if at is None else (floor, at)

    def best(self, start: Spot, goal: Spot) -> Exact | None:
        """The exact best way, None where there is none."""
        done: set[int] = set()
        last = self._links(goal, leaving=False)
        queue = [(s, m, n) for n, (s, m) in self._links(start, leaving=True).items()]
        heapq.heapify(queue)
        if start.floor >= 0 and start.floor == goal.floor:
            metres = self._straight(start.floor, start.stand, goal.stand)
            if metres is not None:
                queue.append((metres / self._speed, metres, -1))
                heapq.heapify(queue)
        while queue:
            seconds, metres, node = heapq.heappop(queue)
            if node == -1:
                return Exact(weighted_s=seconds, metres=metres)
            if node in done:
                continue
            done.add(node)
            if node in last:
                heapq.heappush(queue, (seconds + last[node][0], metres + last[node][1], -1))
            for after, s, m in self._near[node]:
                if after not in done:
                    heapq.heappush(queue, (seconds + s, metres + m, after))
        return None

    def _links(self, spot: Spot, *, leaving: bool) -> dict[int, tuple[float, float]]:
        if spot.floor < 0:
            return dict.fromkeys(self.arrivals, (0.0, 0.0))
        found = {}
        for n, (floor, at) in enumerate(self._points):
            if floor == spot.floor:
                a, b = (spot.stand, at) if leaving else (at, spot.stand)
                metres = self._straight(floor, a, b)
                if metres is not None:
                    found[n] = (metres / self._speed, metres)
        return found

    def _straight(self, floor: int, a: XY, b: XY) -> float | None:
        line = shapely.LineString([a, b])
        if not shapely.covers(self._free[floor], line) or self._wrong_way(floor, a, b, line):
            return None
        return dist(self._on_ground(floor, a), self._on_ground(floor, b))

    def _join(self, nodes: list[int]) -> None:
        if len(nodes) < 2:
            return
        floor = self._points[nodes[0]][0]
        at = np.array([self._points[n][1] for n in nodes])
        i, j = np.triu_indices(len(nodes), k=1)
        for start in range(0, len(i), CHUNK):
            a, b = i[start : start + CHUNK], j[start : start + CHUNK]
            lines = shapely.linestrings(np.stack([at[a], at[b]], axis=1))
            for k in np.flatnonzero(shapely.covers(self._free[floor], lines)):
                p, q = nodes[a[k]], nodes[b[k]]
                here, there = self._points[p][1], self._points[q][1]
                metres = dist(self._on_ground(floor, here), self._on_ground(floor, there))
                if not self._wrong_way(floor, here, there, lines[k]):
                    self._near[p].append((q, metres / self._speed, metres))
                if not self._wrong_way(floor, there, here, lines[k]):
                    self._near[q].append((p, metres / self._speed, metres))

    def _wrong_way(self, floor: int, a: XY, b: XY, line: Any) -> bool:
        return any(
            gate.allowed
            and shapely.LineString([gate.line[:2], gate.line[2:]]).intersects(line)
            and _goes(gate, a, b) != gate.allowed
            for gate in self._graph.floors[floor].gates
        )

    def _on_ground(self, floor: int, at: XY) -> XYZ:
        return (*at, self._graph.floors[floor].z_at(at))


def _goes(gate: Gate, a: XY, b: XY) -> int:
    """+1 from the left of the gate to its right, -1 back."""
    x0, y0, x1, y1 = gate.line
    side_a, side_b = ((x1 - x0) * (p[1] - y0) - (y1 - y0) * (p[0] - x0) for p in (a, b))
    return 1 if side_a > side_b else -1


def _open_space(walkable: Walkable, closed: frozenset[str]) -> Any:
    cut = [walkable.cores[space] for space in closed & walkable.cores.keys()]
    for gate in walkable.gates:
        if {gate.opening.id, gate.opening.device} & closed:
            x0, y0, x1, y1 = gate.line
            ux, uy = (x1 - x0) / gate.opening.width_m * OVERLAP_M, (y1 - y0) / gate.opening.width_m * OVERLAP_M
            cut.append(shapely.LineString([(x0 - ux, y0 - uy), (x1 + ux, y1 + uy)]).buffer(CUT_M, cap_style="flat"))
    free = walkable.free.difference(shapely.union_all(cut)).buffer(BLUR_M, join_style="mitre")
    shapely.prepare(free)
    return free


def _reflex_points(free: Any) -> list[XY]:
    found = []
    for piece in (part for part in shapely.get_parts(free) if part.geom_type == "Polygon" and not part.is_empty):
        for ring in [piece.exterior, *piece.interiors]:
            points = list(ring.coords)[:-1]
            walked_left = ring.is_ccw == (ring.equals(piece.exterior))
            for before, here, after in zip([points[-1], *points[:-1]], points, [*points[1:], points[0]], strict=True):
                turn = (here[0] - before[0]) * (after[1] - here[1]) - (here[1] - before[1]) * (after[0] - here[0])
                if (turn < 0) == walked_left:
                    found.append((here[0], here[1]))
    return found


def violations(building: Building, route: Route, *, closed: frozenset[str], step_free: bool) -> list[str]:
    """What a route does that it may not, judged by its line and ids alone: empty for every route that is right."""
    found = [f"uses closed {name}" for name in closed & {*route.links, *route.openings}]
    stepped = {link.id for link in building.vertical_links if link.kind != "lift" and not link.step_free}
    stepped |= {link.id for link in building.outdoor_links if not link.step_free}
    with_device = {link.id: link.device for link in building.vertical_links}
    for link in route.links:
        if with_device.get(link) in closed:
            found.append(f"takes {link} with its device closed")
        if step_free and link in stepped:
            found.append(f"takes steps {link}")
    for floor in building.floors:
        walked = _walked(route, floor)
        found += [f"passes closed {o}" for o in _closed_openings(building, floor, closed) if walked.intersects(o[1])]
        found += [
            f"enters closed {s.id}"
            for s in building.spaces
            if s.floor == floor.id and s.id in closed and walked.intersects(to_shape(s.footprint).buffer(-2 * HAIR_M))
        ]
        if step_free:
            steps = [o for o in building.openings if o.floor == floor.id and not o.step_free]
            found += [f"passes steps {o.id}" for o in steps if walked.intersects(shapely.LineString(o.line))]
    return found


def _closed_openings(building: Building, floor: Floor, closed: frozenset[str]) -> list[tuple[str, Any]]:
    shut = [o for o in building.openings if o.floor == floor.id and {o.id, o.device} & closed]
    return [(o.id, shapely.LineString(o.line)) for o in shut]


def _walked(route: Route, floor: Floor) -> Any:
    """What of a route lies on a floor, or on the ground outside it."""
    level = [abs(p[2] - floor.elevation_m) < LEVEL_M for p in route.geometry]
    pairs = zip(pairwise(route.geometry), pairwise(level), strict=True)
    return shapely.union_all([shapely.LineString([a[:2], b[:2]]) for (a, b), on in pairs if all(on) and a[:2] != b[:2]])
