"""Stairs, ramps, escalators and lifts: flights between storeys put together to links, tall stairwells and shafts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from building.formats.indoorgml import words
from building.formats.indoorgml.cells import Room
from building.formats.indoorgml.doors import SAME_PLACE_M
from building.formats.indoorgml.geometry import Geometry
from building.formats.indoorgml.ways import Plan, Way
from building.model import XY, XYZ, LinkKind, Text
from building.survey import SeenDoor, SeenLink, SeenRun, SeenStop

LATERAL_RISE_M = 1.5
"""A cell that reaches this much above another's floor, beside it, is entered from there by a door, not by a stair."""
INSIDE_M = 0.3
WAY_NAMES: Mapping[str, Text] = {
    "stairs": {"zh": "楼梯", "en": "Stairs"}, "ramp": {"zh": "坡道", "en": "Ramp"},
    "escalator": {"zh": "自动扶梯", "en": "Escalator"}, "lift": {"zh": "电梯", "en": "Lift"},
}  # fmt: skip


class LinkReader:
    """Takes flights one after another; ``links`` puts them together once all doors are known."""

    def __init__(self, geometry: Geometry, plan: Plan) -> None:
        self._geometry, self._plan = geometry, plan
        self._shafts: dict[str, Room] = {}
        self._flights: list[_Flight] = []

    def links(self, doors: Sequence[SeenDoor]) -> list[SeenLink]:
        found = [self._link(group, doors) for group in self._groups()]
        linked = {key for link in found for key in (*link.spaces, *(s.space for s in link.stops))}
        return found + [self._tall(r, doors) for r in self._shafts.values() if r.key not in linked]

    def kind_of(self, way: Way, a: Room, b: Room) -> LinkKind | None:
        said = way.said
        if said.get("link"):
            return words.way_of(said.get("type", "")) or "stairs"
        low, high = sorted((a, b), key=lambda r: r.z0_m)
        beside = low.plan.intersection(high.plan).area < 0.05 * min(low.plan.area, high.plan.area)
        if a.floor == b.floor or (beside and low.z1_m - high.z0_m >= LATERAL_RISE_M):
            return None
        return words.way_of(said.get("type", ""), way.text, *(t for r in (a, b) for t in r.texts)) or "stairs"

    def add(self, way: Way, a: Room, b: Room) -> bool:
        kind = self.kind_of(way, a, b) or "stairs"
        low, high = sorted((a, b), key=lambda r: (r.z0_m, r.key))
        said = way.said
        path = _uphill(way.path(self._geometry), low, high)
        flight = _Flight(kind, low, high, path, said, way)
        for known in self._flights:
            same = {known.low.key, known.high.key} == {low.key, high.key} and known.said.get("link") == said.get("link")
            if same and math.dist(known.path[0][:2], path[0][:2]) < SAME_PLACE_M:
                return False
        self._flights.append(flight)
        return True

    def _groups(self) -> list[list[_Flight]]:
        """Flights of one link: those that say so, and those that meet in a cell that is itself a stair or a shaft."""
        groups: list[list[_Flight]] = []
        for flight in sorted(self._flights, key=lambda f: (f.low.z0_m, f.low.key, f.high.key)):
            for group in groups:
                if any(flight.continues(f) for f in group):
                    group.append(flight)
                    break
            else:
                groups.append([flight])
        return groups

    def _link(self, flights: Sequence[_Flight], doors: Sequence[SeenDoor]) -> SeenLink:
        first = flights[0]
        said, way = first.said, first.way
        stops: dict[str, SeenStop] = {}
        for f in flights:
            for room, p in ((f.low, f.path[0]), (f.high, f.path[-1])):
                stops.setdefault(room.key, SeenStop(space=room.key, at=(p[0], p[1])))
        runs = tuple(SeenRun(plan=f.ground, z0_m=f.low.z0_m, z1_m=f.high.z0_m, path=f.path) for f in flights)
        rooms = sorted({r.key: r for f in flights for r in (f.low, f.high)}.values(), key=lambda r: r.z0_m)
        in_shafts = first.kind == "lift" and all(words.way_of(*r.texts) == "lift" for r in rooms)
        return SeenLink(
            key=way.key("link"), name=way.name(WAY_NAMES[first.kind]), kind=first.kind,
            runs=tuple(SeenRun(plan=r.plan, z0_m=r.z0_m, z1_m=r.z1_m) for r in rooms) if in_shafts else runs,
            spaces=tuple(r.key for r in rooms) if in_shafts else (),
            stops=() if in_shafts and _have_doors(rooms, doors) else tuple(stops.values()),
            direction=said.get("direction", "both") if said.get("direction") in ("up", "down") else "both",  # type: ignore[arg-type]
            step_free=None if "step_free" not in said else said["step_free"] == "true",
            width_m=_metres(said.get("width_m")), source=way.source(),
        )  # fmt: skip

    def note_shafts(self, a: Room, b: Room) -> None:
        """Tall cells that are called a lift or a stair, entered on several storeys."""
        for room, other in ((a, b), (b, a)):
            if room.floor != other.floor and words.way_of(*room.texts) is not None:
                self._shafts[room.key] = room

    def _tall(self, room: Room, doors: Sequence[SeenDoor]) -> SeenLink:
        kind = words.way_of(*room.texts) or "stairs"
        own = [d for d in doors if room.key in d.joins]
        by_key = {r.key: r for r in self._plan.rooms.values()}
        stops = []
        for d in own:
            other = next((by_key.get(k) for k in d.joins if k != room.key), None)
            if other is not None:
                stops.append(SeenStop(space=other.key, at=_inside(other, LineString(d.line).centroid)))
        run = SeenRun(plan=room.plan, z0_m=room.z0_m, z1_m=room.z1_m)
        return SeenLink(
            key=f"{room.key}-{kind}", name=room.cell.name or WAY_NAMES[kind], kind=kind, runs=(run,),
            spaces=(room.key,), stops=tuple(stops) if kind != "lift" else (),
        )  # fmt: skip


def _have_doors(rooms: Sequence[Room], doors: Sequence[SeenDoor]) -> bool:
    entered = {key for d in doors for key in d.joins}
    return all(r.key in entered for r in rooms)


@dataclass(slots=True)
class _Flight:
    kind: LinkKind
    low: Room
    high: Room
    path: tuple[XYZ, ...]
    said: Mapping[str, str]
    way: Way

    @property
    def ground(self) -> BaseGeometry:
        common = self.low.plan.intersection(self.high.plan)
        return common if common.area > 0 else Point(self.path[0][:2]).buffer(INSIDE_M)

    def continues(self, other: _Flight) -> bool:
        if self.said.get("link") or other.said.get("link"):
            return self.said.get("link") == other.said.get("link")
        common = {self.low.key, self.high.key} & {other.low.key, other.high.key}
        shared = next((r for r in (self.low, self.high) if r.key in common), None)
        return self.kind == other.kind and shared is not None and words.way_of(*shared.texts) == self.kind


def _uphill(path: Sequence[XYZ], low: Room, high: Room) -> tuple[XYZ, ...]:
    """The line lower end first, from floor to floor: states float above theirs."""
    points = [p for i, p in enumerate(path) if i == 0 or p != path[i - 1]]
    if len(points) < 2:
        common = low.plan.intersection(high.plan)
        at = (common if common.area > 0 else low.plan).representative_point()
        points = [(at.x, at.y, low.z0_m), (at.x, at.y, high.z0_m)]
    if points[0][2] > points[-1][2]:
        points.reverse()
    start, end = _inside(low, Point(points[0][:2])), _inside(high, Point(points[-1][:2]))
    above = points[0][2] - low.z0_m
    middle = [(x, y, min(max(z - above, low.z0_m), high.z0_m)) for x, y, z in points[1:-1]]
    ends = ((*start, low.z0_m), (*end, high.z0_m))
    return tuple((round(x, 3), round(y, 3), round(z, 3)) for x, y, z in (ends[0], *middle, ends[1]))


def _inside(room: Room, at: Point) -> XY:
    """The point itself where it lies in the room, else the nearest that does."""
    if room.plan.covers(at):
        return (round(at.x, 3), round(at.y, 3))
    inner = room.plan.buffer(-INSIDE_M)
    near = shapely.shortest_line(at, room.plan if inner.is_empty else inner).coords[-1]
    return (round(near[0], 3), round(near[1], 3))


def _metres(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
