"""Walls, doors and areas of one level. A door is cut by its longer side, unless its ends show that it is a deep one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from building.formats.wrld.features import Drawn, Feature
from building.formats.wrld.storeys import STOREY_HEIGHT_M
from building.model import XY, Text
from building.survey import SeenDoor, SeenFloor, SeenSpace, SeenWall

DOOR_HEIGHT_M = 2.1
DOOR_WIDTH_MIN_M = 0.3
UNIT_WALL_M = 0.1
"""The walls that the format has made around a unit."""
JAMB_REACH_M = 0.05
JAMB_SHARE_MIN = 0.3
COURT_MIN_M2 = 6.0

_SPACES = {
    "room": ("room", "房间", "Room"),
    "unit": ("room", "单元", "Unit"),
    "hallway": ("corridor", "走廊", "Hallway"),
    "bathroom": ("toilet", "卫生间", "Bathroom"),
    "garden": ("garden", "花园", "Garden"),
    "inaccessible_space": ("inaccessible", "不可进入", "Not accessible"),
    "elevator": ("shaft", "电梯井", "Lift shaft"),
    "floor_opening": ("void", "楼板开口", "Floor opening"),
}
_CLOSED = frozenset(("inaccessible_space", "elevator", "floor_opening"))
_OVER = ("wall", "window", "door", "stairs", "escalator", "elevator", "inaccessible_space", "floor_opening")
"""What the outline of a room covers without being part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One level, read."""

    floor: SeenFloor
    drawn: Drawn
    walls: tuple[SeenWall, ...]
    doors: tuple[SeenDoor, ...]
    spaces: tuple[SeenSpace, ...]


def read_plan(drawn: Drawn, floor: SeenFloor) -> Plan:
    """What stands, opens and is named on this level."""
    return Plan(
        floor=floor,
        drawn=drawn,
        walls=tuple(_walls(drawn, floor)),
        doors=tuple(_doors(drawn, floor)),
        spaces=(*_spaces(drawn, floor), *_courts(drawn, floor)),
    )


def _walls(drawn: Drawn, floor: SeenFloor) -> Iterator[SeenWall]:
    for f in drawn.of("wall", "window"):
        window = f.kind == "window"
        yield _wall(f, floor, f.plan, f.key, "glass" if window else "interior")
    doors = shapely.union_all([f.plan for f in drawn.of("door")])
    for f in drawn.of("unit"):
        around = f.plan.boundary.buffer(UNIT_WALL_M / 2, cap_style="flat", join_style="mitre").difference(doors)
        if not around.is_empty:
            yield _wall(f, floor, around, f"{f.key}-walls", "interior")


def _wall(f: Feature, floor: SeenFloor, plan: BaseGeometry, key: str, kind: str) -> SeenWall:
    return SeenWall(
        key=key,
        name=f.text("窗", "Window") if kind == "glass" else f.text("墙", "Wall"),
        floor=floor.key,
        plan=plan,
        z0_m=floor.elevation_m,
        z1_m=floor.elevation_m + STOREY_HEIGHT_M,
        kind=kind,
        source=f.source,
    )


def _doors(drawn: Drawn, floor: SeenFloor) -> Iterator[SeenDoor]:
    solid = shapely.STRtree([f.plan for f in drawn.of("wall", "window", "door")])
    for f in drawn.of("door"):
        for i, part in enumerate(shapely.get_parts(f.plan)):
            line, depth_m = door_line(part, [g for g in solid.geometries[solid.query(part)] if not g.equals(f.plan)])
            if LineString(line).length >= DOOR_WIDTH_MIN_M:
                yield SeenDoor(
                    key=f.key if i == 0 else f"{f.key}-{i + 1}",
                    name=f.text(f"门 {f.id}", f"Door {f.id}"),
                    floor=floor.key,
                    line=line,
                    z0_m=floor.elevation_m,
                    height_m=DOOR_HEIGHT_M,
                    depth_m=round(depth_m, 3),
                    source=f.source,
                )


def door_line(plan: BaseGeometry, around: Sequence[BaseGeometry]) -> tuple[tuple[XY, XY], float]:
    """The clear width of a door on plan, and how deep it is: along its longer side, unless only the ends of the other
    stand against walls (a narrow door in a thick wall).
    """
    corners = list(shapely.minimum_rotated_rectangle(plan).exterior.coords)[:4]
    sides = [LineString((corners[i], corners[(i + 1) % 4])) for i in range(4)]
    first = 0 if sides[0].length >= sides[1].length else 1
    near = shapely.union_all(list(around)).buffer(JAMB_REACH_M)
    held = [side.intersection(near).length >= JAMB_SHARE_MIN * side.length for side in sides]
    if held[first] and held[first + 2] and not (held[1 - first] or held[(3 - first) % 4]):
        first = 1 - first
    a, b = sides[1 - first].interpolate(0.5, normalized=True), sides[(3 - first) % 4].interpolate(0.5, normalized=True)
    return ((round(a.x, 3), round(a.y, 3)), (round(b.x, 3), round(b.y, 3))), sides[1 - first].length


def _spaces(drawn: Drawn, floor: SeenFloor) -> Iterator[SeenSpace]:
    """Areas that the file names, as far as one can stand in them. A named area without walls is one, too."""
    over = {f.key: f.plan for f in drawn.of(*_OVER)}
    rooms = [f for f in drawn.areas if f.kind in _SPACES]
    named = [f for f in drawn.of("no_geometry") if f.name]
    climbed = shapely.union_all([f.plan for f in drawn.of("stairs", "escalator")])
    for f in rooms:
        kind, zh, en = _SPACES[f.kind]
        covered = [p for k, p in over.items() if k != f.key and p.intersects(f.plan)]
        plan = f.plan if f.kind in _CLOSED else f.plan.difference(shapely.union_all(covered))
        if f.kind == "floor_opening":
            plan = f.plan.difference(climbed)
        yield _space(f, floor, plan, kind, f.text(zh, en))
    for f in named:
        covered = [g.plan for g in (*rooms, *drawn.of(*_OVER)) if g.plan.intersects(f.plan)]
        yield _space(f, floor, f.plan.difference(shapely.union_all(covered)), None, f.text("区域", "Area"))


def _space(f: Feature, floor: SeenFloor, plan: BaseGeometry, kind: str | None, name: Text) -> SeenSpace:
    return SeenSpace(
        key=f.key,
        name=name,
        floor=floor.key,
        plan=plan,
        z0_m=floor.elevation_m,
        z1_m=floor.elevation_m + STOREY_HEIGHT_M,
        words=f.name if kind in (None, "room") else "",
        kind=None if kind == "room" and f.name else kind,
        walkable=False if f.kind in _CLOSED else None,
        outdoors=f.kind == "garden",
        source=f.source,
    )


def _courts(drawn: Drawn, floor: SeenFloor) -> Iterator[SeenSpace]:
    """Holes in what is built are open to the sky."""
    walls = shapely.union_all([f.plan for f in drawn.of("wall", "window", "door")])
    for f in drawn.of("building_outline"):
        holes = [shapely.Polygon(h) for p in shapely.get_parts(f.plan) for h in p.interiors]
        for i, hole in enumerate(sorted((h for h in holes if h.area >= COURT_MIN_M2), key=_by_place), start=1):
            yield SeenSpace(
                key=f"{f.key}-court{i}",
                name={"zh": "庭院", "en": "Courtyard"},
                floor=floor.key,
                plan=hole.difference(walls),
                z0_m=floor.elevation_m,
                z1_m=floor.elevation_m + STOREY_HEIGHT_M,
                kind="courtyard",
                outdoors=True,
                source=f.source,
            )


def _by_place(plan: BaseGeometry) -> tuple[float, float]:
    at = plan.centroid
    return (round(at.x, 3), round(at.y, 3))
