"""Doors and passages on one storey: where they are, how wide, and each of them once however often it is stated."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from shapely.geometry import LineString

from building.formats.indoorgml import places
from building.formats.indoorgml.cells import Room, Upright, upright
from building.formats.indoorgml.features import Features
from building.formats.indoorgml.geometry import Geometry
from building.formats.indoorgml.ways import Plan, Way
from building.model import OUT, XYZ, Text
from building.survey import SeenDoor

SAME_PLACE_M = 0.3
"""Two statements of the same two cells that cross nearer to each other than this are one."""
PASSAGE: Text = {"zh": "通道", "en": "Passage"}
DOOR: Text = {"zh": "门", "en": "Door"}


class DoorReader:
    """Places one way after another; ``doors`` holds what was found."""

    def __init__(self, features: Features, geometry: Geometry, plan: Plan) -> None:
        self._features, self._geometry, self._plan = features, geometry, plan
        self._joining: dict[frozenset[str], list[int]] = defaultdict(list)
        """Which doors join two spaces, by their keys."""
        self.doors: list[SeenDoor] = []

    def add(self, way: Way, a: Room, b: Room | None) -> bool:
        """A door from the first room to the second, or to the outside. False: it is known already."""
        door = self._door(way, a, b)
        at = LineString(door.line).centroid
        same = self._joining[frozenset(door.joins)]
        for i in same:
            known = self.doors[i]
            if LineString(known.line).centroid.distance(at) < SAME_PLACE_M:
                if known.one_way and door.one_way and known.one_way != door.one_way:
                    self.doors[i] = replace(known, one_way=None)
                return False
        same.append(len(self.doors))
        self.doors.append(door)
        return True

    def _door(self, way: Way, a: Room, b: Room | None) -> SeenDoor:
        said, path = way.said, way.path(self._geometry)
        found = self._surface(way, a, b, path)
        base = a.z0_m if b is None else max(a.z0_m, b.z0_m)
        if found is None:
            line = places.crossing(a.plan, b.plan, path, None) if b is not None else self._way_out(a)
            kind, z0, height = "opening", base, places.DOOR_HEIGHT_M
        else:
            line, z0, height = found.line, max(found.z0_m, base), found.z1_m - max(found.z0_m, base)
            kind = "door"
        name = way.name(DOOR if kind == "door" else PASSAGE)
        kind = said.get("type", kind) if way.is_ours else kind
        ends = (way.a, way.b)
        joins = tuple(self._plan.key(e) for e in ends)
        return SeenDoor(
            key=way.key("opening"), name=name, kind=kind, joins=joins,
            floor=(b if b is not None and b.z0_m > a.z0_m else a).floor, line=_rounded(line), z0_m=z0,
            height_m=height if height > 0 else places.DOOR_HEIGHT_M,
            external=OUT in ends, exit=OUT not in ends or said.get("exit", "true") == "true",
            one_way=joins if said.get("one_way") == "true" else None,  # type: ignore[arg-type]
            step_free=said.get("step_free") != "false", controlled=said.get("controlled") == "true",
            source=way.source(),
        )  # fmt: skip

    def _way_out(self, room: Room) -> places.Line:
        return places.outer_line(
            room, [r for r in self._plan.rooms.values() if r is not room and r.floor == room.floor]
        )

    def _surface(self, way: Way, a: Room, b: Room | None, path: Sequence[XYZ]) -> Upright | None:
        """The door itself, where the file draws it: a thin cell, a boundary, or a face that both cells share."""
        if way.through is not None:
            body = way.through
            line = places.through(body.plan, a.plan, b.plan if b else None)
            return Upright(line, body.z0_m, body.z1_m)
        boundary = self._boundary(way)
        if boundary is not None and (math.dist(*boundary.line) <= places.DOOR_WIDE_MAX_M or way.is_ours):
            return boundary
        if b is None:
            return boundary
        shared = list(places.shared_uprights(a, b))
        doors = [u for u in shared if places.is_door_sized(u, a, b)]
        wall = places.nearest(doors or shared, path) or boundary
        if wall is None or doors:
            return wall
        line = places.crossing(a.plan, b.plan, path, wall.line)
        return Upright(line, wall.z0_m, min(wall.z1_m, wall.z0_m + places.DOOR_HEIGHT_M))

    def _boundary(self, way: Way) -> Upright | None:
        """The surface of the boundary; where it is drawn as a line on the floor, a door stands on it."""
        feature = self._features.boundaries.get(way.boundary or "")
        if feature is None:
            return None
        drawn = [u for f in self._geometry.faces(feature.element) if (u := upright(f)) is not None]
        if drawn:
            return max(drawn, key=lambda u: math.dist(*u.line))
        (ax, ay, z), *_, (bx, by, _) = self._geometry.line(feature.element) or ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        if math.dist((ax, ay), (bx, by)) < 0.01:
            return None
        return Upright(((ax, ay), (bx, by)), z, z + places.DOOR_HEIGHT_M)


def _rounded(line: places.Line) -> places.Line:
    (x0, y0), (x1, y1) = line
    return (round(x0, 4), round(y0, 4)), (round(x1, 4), round(y1, 4))
