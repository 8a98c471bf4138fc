"""Stairs, ramps, escalators and lifts: on which floors one gets off, and into which room.

A run is followed along its walking line: its foot, its head, and every floor it passes on the way (a tower drawn as one
stair). A lift stops where a door of its shaft leads, else where the file says, else at the room nearest to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from building.model import XY, Evidence, Opening, Stop, VerticalLink, make_id
from building.survey import SeenLink, SeenRun
from building.understanding.adjacency import opening_between
from building.understanding.plans import Obstacles, Room, Rooms

LEVEL_TOLERANCE_M = 0.35
STEP_OFF_M = 0.45
REACH_MAX_M = 1.2
LIFT_REACH_M = 1.5
SHAFT_DOOR_M = 0.6  # from the car to its landing doors
RISE_MIN_M = 1.5
WIDTH_MIN_M = 0.6
WIDTH_USUAL_M = 1.2
STAND_CLEARANCE_M = 0.3
SHAFT_SHARE = 0.6
SHAFT_TIMES_MAX = 3.0  # a hall with a stair in it is no stairwell
FOLLOWED, STATED, NEAREST, NAMED, STEPS = 0.9, 0.95, 0.6, 0.5, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What the links of a building come to: those between floors, steps within one, and what joins nothing."""

    links: list[VerticalLink] = field(default_factory=list)
    steps: list[Opening] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class LinkReader:
    """Decides for one link after another where one gets on and off."""

    def __init__(self, site: str, rooms: Rooms, obstacles: Obstacles, openings: Sequence[Opening]) -> None:
        self._site, self._rooms, self._obstacles = site, rooms, obstacles
        self._loose = [o for o in openings if o.between is None and o.kind != "hatch"]
        self._doors: dict[str, list[Opening]] = {}
        for o in openings:
            for end in o.between or ():
                self._doors.setdefault(end, []).append(o)

    def read(self, seen: Sequence[SeenLink]) -> Joined:
        """One link for each object that joins at least two floors at rooms."""
        joined = Joined()
        for link in seen:
            landings = self._stated(link) or (self._lift(link) if link.kind == "lift" else self._climb(link))
            stops = _by_floor(landings)
            if link.kind != "lift":
                joined.steps.extend(self._steps(link, landings))
            if len(stops) < 2:
                if len({r.id for r, _ in landings}) < 2 and not (link.by_name and not link.runs):
                    joined.warnings.append(f"{link.kind} {_label(link)} ends at fewer than two floors with a room")
                continue
            joined.links.append(self._link(link, stops))
            if link.by_name:
                joined.warnings.append(f"{link.kind} {_label(link)} is known by its name alone: look whether it is one")
        return joined

    def _link(self, link: SeenLink, stops: Sequence[tuple[Room, XY]]) -> VerticalLink:
        return VerticalLink(
            id=make_id(self._site, "link", link.key),
            name=link.name,
            source=link.source,
            kind=link.kind,
            stops=tuple(Stop(floor=r.space.floor, space=r.id, at=at) for r, at in stops),
            direction=link.direction,
            step_free=link.step_free if link.step_free is not None else link.kind in ("lift", "ramp"),
            shafts=self._shafts(link, stops),
            width_m=round(max(link.width_m or WIDTH_USUAL_M, WIDTH_MIN_M), 3),
            paths=() if link.kind == "lift" else tuple(r.path for r in _upwards(link.runs) if len(r.path) > 1),
            evidence=_evidence(link),
        )

    def _stated(self, link: SeenLink) -> list[tuple[Room, XY]]:
        rooms = [(self._rooms.by_id.get(make_id(self._site, "space", s.space)), s.at) for s in link.stops]
        return [(room, at) for room, at in rooms if room is not None]

    # stairs, ramps, escalators

    def _climb(self, link: SeenLink) -> list[tuple[Room, XY]]:
        """The rooms that a run's foot, head or landing meets, lowest first."""
        found: dict[str, tuple[Room, XY]] = {}
        for run in _upwards(link.runs):
            for end, z_m in _ends(run):
                met = self._stand(end, z_m, run.plan)
                if met is not None:
                    found.setdefault(met[0].id, met)
            for room, at in self._passed(run):
                found.setdefault(room.id, (room, at))
        for key in link.spaces:
            well = self._rooms.by_id.get(make_id(self._site, "space", key))
            if well is not None and well.id not in found:
                found[well.id] = (well, _xy(well.plan.representative_point()))
        return _upwards_by_room(found.values())

    def _passed(self, run: SeenRun) -> Iterator[tuple[Room, XY]]:
        """Rooms on floors between foot and head, where the walking line comes by at their height."""
        if len(run.path) < 3:
            return
        low, high = run.path[0][2] + RISE_MIN_M, run.path[-1][2] - RISE_MIN_M
        near = self._rooms.near(run.plan, REACH_MAX_M)
        for room in sorted(near, key=lambda r: (round(r.plan.distance(run.plan), 2), r.plan.area)):
            if not (room.space.walkable and low < room.z0_m < high):
                continue
            x, y, z = min(run.path, key=lambda p: abs(p[2] - room.z0_m))
            if abs(z - room.z0_m) <= LEVEL_TOLERANCE_M:
                met = self._stand(((x, y), (0.0, 0.0)), room.z0_m, run.plan)
                if met is not None:
                    yield met

    def _stand(self, end: tuple[XY, XY], z_m: float, run: BaseGeometry) -> tuple[Room, XY] | None:
        """The room one steps into there: just off the end, else the nearest within reach that no wall cuts off."""
        (x, y), (dx, dy) = end
        start, point = Point(x, y), Point(x + dx * STEP_OFF_M, y + dy * STEP_OFF_M)
        here = []
        for room in self._rooms.near(point, REACH_MAX_M):
            level = abs(room.z0_m - z_m) <= LEVEL_TOLERANCE_M
            tall = room.z0_m < z_m < room.z1_m - RISE_MIN_M and room.plan.covers(point)
            if room.space.walkable and (level or tall):
                here.append((not level, round(room.plan.distance(point), 2), room.plan.area, room))
        for _, _, _, room in sorted(here, key=lambda h: h[:3]):
            inner = room.plan.buffer(-STAND_CLEARANCE_M)
            inside = shapely.shortest_line(point, room.plan if inner.is_empty else inner).coords[-1]
            edge = shapely.shortest_line(point, room.plan).coords[-1]
            way = LineString([start, edge]).difference(run)
            if room.plan.covers(start) or not self._obstacles.block(way, z_m):
                return room, (round(inside[0], 3), round(inside[1], 3))
        return None

    def _steps(self, link: SeenLink, landings: Sequence[tuple[Room, XY]]) -> Iterator[Opening]:
        """A few steps between two rooms of one storey are an open edge between them, no link between floors."""
        for (a, at_a), (b, at_b) in _neighbours(landings):
            if a.space.floor == b.space.floor and a.id != b.id:
                line = LineString([at_a, at_b])
                edge = LineString([line.interpolate(0.45, normalized=True), line.interpolate(0.55, normalized=True)])
                evidence = Evidence(source="geometry", method=f"{link.kind} within a storey", confidence=STEPS)
                yield replace(opening_between(self._site, a, b, edge, evidence), step_free=link.kind == "ramp")

    # lifts

    def _lift(self, link: SeenLink) -> list[tuple[Room, XY]]:
        shafts = self._shaft_rooms(link)
        if not shafts and not link.runs:
            return []
        plan = shapely.union_all([*(r.plan for r in link.runs), *(s.plan for s in shafts)])
        low = min((*(r.z0_m for r in link.runs), *(s.z0_m for s in shafts)))
        high = max((*(r.z1_m for r in link.runs), *(s.z1_m for s in shafts)))
        own = {s.id for s in shafts}
        found: list[tuple[Room, XY]] = [met for s in shafts for met in self._behind_doors(s)]
        found += [] if found or not link.runs else self._before_doors(plan, own)
        reached = {r.space.floor for r, _ in found}
        if found and not link.floors:
            return _upwards_by_room(found)
        stated = {make_id(self._site, "floor", k) for k in link.floors}
        near: dict[str, list[tuple[bool, float, float, Room]]] = {}
        for room in self._rooms.near(plan, LIFT_REACH_M):
            floor = room.space.floor
            there = floor in stated if stated else low - LEVEL_TOLERANCE_M <= room.z0_m < high - LEVEL_TOLERANCE_M
            if room.space.walkable and room.id not in own and there and floor not in reached:
                behind = self._obstacles.block(shapely.shortest_line(plan, room.plan), room.z0_m)
                near.setdefault(floor, []).append((behind, round(room.plan.distance(plan), 2), room.plan.area, room))
        for rooms in near.values():
            room = min(rooms, key=lambda r: r[:3])[3]
            inner = room.plan.buffer(-STAND_CLEARANCE_M)
            found.append((room, _xy(shapely.shortest_line(plan.centroid, room.plan if inner.is_empty else inner), -1)))
        return _upwards_by_room(found)

    def _shaft_rooms(self, link: SeenLink) -> list[Room]:
        ids = [make_id(self._site, "space", k) for k in link.spaces]
        stated = [self._rooms.by_id[i] for i in ids if i in self._rooms.by_id]
        if stated or not link.runs:
            return stated
        plan = shapely.union_all([r.plan for r in link.runs])
        return [r for r in self._rooms.near(plan) if _is_shaft(r, plan)]

    def _behind_doors(self, shaft: Room) -> Iterator[tuple[Room, XY]]:
        """The rooms that the shaft's doors lead to; a shaft through several floors has one on each."""
        for door in self._doors.get(shaft.id, ()):
            other = next((self._rooms.by_id.get(e) for e in door.between or () if e != shaft.id), None)
            if other is not None and other.space.walkable:
                inner = other.plan.buffer(-STAND_CLEARANCE_M)
                middle = LineString(door.line).centroid
                yield other, _xy(shapely.shortest_line(middle, other.plan if inner.is_empty else inner), -1)

    def _before_doors(self, shaft: BaseGeometry, own: set[str]) -> Iterator[tuple[Room, XY]]:
        """The rooms before doors that stand at a shaft which is no room itself: all its landings, on every floor."""
        for door in self._loose:
            line = LineString(door.line)
            if line.distance(shaft) > SHAFT_DOOR_M:
                continue
            level = [
                (round(r.plan.distance(line), 2), r.plan.area, r)
                for r in self._rooms.near(line, SHAFT_DOOR_M)
                if r.space.walkable and r.id not in own and abs(r.z0_m - door.z0_m) <= LEVEL_TOLERANCE_M
            ]
            if level:
                room = min(level, key=lambda f: f[:2])[2]
                inner = room.plan.buffer(-STAND_CLEARANCE_M)
                yield room, _xy(shapely.shortest_line(line.centroid, room.plan if inner.is_empty else inner), -1)

    def _shafts(self, link: SeenLink, stops: Sequence[tuple[Room, XY]]) -> dict[str, str]:
        """On which floors the stairwell or shaft is drawn as a room of its own that people get to and from."""
        candidates = self._shaft_rooms(link)
        found = {}
        for stop, _ in stops:
            for room in candidates:
                same = abs(room.z0_m - stop.z0_m) <= LEVEL_TOLERANCE_M and room.space.floor == stop.space.floor
                if same and (room.id == stop.id or room.id in self._doors):
                    found[stop.space.floor] = room.id
        return found


def with_landing_doors(openings: Sequence[Opening], links: Sequence[VerticalLink]) -> list[Opening]:
    """The doors of a lift's shaft belong to the lift."""
    lifts = {shaft: link.id for link in links if link.kind == "lift" for shaft in link.shafts.values()}
    return [
        replace(o, link=next(lifts[end] for end in o.between if end in lifts))
        if o.link is None and o.between is not None and any(end in lifts for end in o.between)
        else o
        for o in openings
    ]


def _evidence(link: SeenLink) -> Evidence:
    if link.stops:
        return Evidence(source="file", method="stated", confidence=STATED)
    if link.by_name:
        return Evidence(
            source="name", method="called so" if link.runs else "rooms called so, stacked", confidence=NAMED
        )
    if link.kind == "lift":
        return Evidence(source="geometry", method="rooms at the shaft", confidence=STATED if link.spaces else NEAREST)
    return Evidence(source="geometry", method="ends on floors", confidence=FOLLOWED)


def _is_shaft(room: Room, plan: BaseGeometry) -> bool:
    """Whether the run fills the room: a stairwell or lift shaft drawn as a room."""
    common = room.plan.intersection(plan).area
    return bool(
        common >= SHAFT_SHARE * min(plan.area, room.plan.area) and room.plan.area <= SHAFT_TIMES_MAX * plan.area
    )


def _upwards_by_room(landings: Iterable[tuple[Room, XY]]) -> list[tuple[Room, XY]]:
    """Lowest first; on one level as they were found, which no name or number decides."""
    return sorted(landings, key=lambda f: round(f[0].z0_m, 2))


def _by_floor(landings: Sequence[tuple[Room, XY]]) -> list[tuple[Room, XY]]:
    """One stop a floor: the lowest room it meets there."""
    found: dict[str, tuple[Room, XY]] = {}
    for room, at in landings:
        found.setdefault(room.space.floor, (room, at))
    return list(found.values())


def _neighbours(landings: Sequence[tuple[Room, XY]]) -> Iterator[tuple[tuple[Room, XY], tuple[Room, XY]]]:
    yield from pairwise(landings)


def _upwards(runs: Sequence[SeenRun]) -> list[SeenRun]:
    return sorted(runs, key=lambda r: (round(r.z0_m, 2), round(r.z1_m, 2), r.plan.area))


def _ends(run: SeenRun) -> Iterator[tuple[tuple[XY, XY], float]]:
    """Foot and head: the point, the direction in which one steps off, the height."""
    if len(run.path) < 2:
        at = _xy(run.plan.centroid)
        yield (at, (0.0, 0.0)), run.z0_m
        yield (at, (0.0, 0.0)), run.z1_m
        return
    for here, before in ((run.path[0], run.path[1]), (run.path[-1], run.path[-2])):
        dx, dy = here[0] - before[0], here[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        yield ((here[0], here[1]), (dx / length, dy / length)), here[2]


def _xy(geometry: BaseGeometry, index: int = 0) -> XY:
    x, y = geometry.coords[index][:2]
    return (round(float(x), 3), round(float(y), 3))


def _label(link: SeenLink) -> str:
    return next((w for w in link.name.values() if w), "") or link.key
