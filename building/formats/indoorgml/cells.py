"""Rooms from cells: the floor one stands on, from where to where it reaches, and the storey it belongs to."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.indoorgml import words
from building.formats.indoorgml.features import Cell
from building.formats.indoorgml.geometry import Face, Geometry
from building.model import XY
from building.survey import SeenFloor

LEVEL_SHARE = 0.5
"""A face leans less than 60 degrees from the level: something to stand on or under."""
SILL_M = 0.4
"""What lies higher above the lowest floor of a cell is a sill or a ledge, not where people walk."""
STOREY_GAP_M, STOREY_MIN_M = 1.0, 1.8
"""Where no storey is stated, a new one begins after a step this high, or once it is a person's height."""
HEIGHT_UNKNOWN_M = 3.0
TINY_M2 = 0.01
FARTHEST_M = 50_000.0
"""A corner farther from the middle of all is a slip of somebody's, not a building."""
DOOR_DEPTH_MAX_M = 0.8
"""A transfer space this thin is a door in its wall; a deeper one is a room."""


@dataclass(frozen=True, slots=True)
class Upright:
    """A vertical face on plan: from where to where, and between which heights."""

    line: tuple[XY, XY]
    z0_m: float
    z1_m: float


@dataclass(slots=True)
class Room:
    """A cell with a shape. ``slabs`` are its level faces, ``uprights`` its vertical ones."""

    cell: Cell
    key: str
    plan: BaseGeometry
    z0_m: float
    z1_m: float
    slabs: list[Face] = field(default_factory=list)
    uprights: list[Upright] = field(default_factory=list)
    floor: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What the cell says of its use, its own type first."""
        c = self.cell
        codes = [words.ANNEX_D.get(code, code) if c.sort == "TransitionSpace" else code for code in c.codes]
        return (c.said.get("type", ""), *codes, c.text)

    @property
    def thin(self) -> bool:
        box = shapely.minimum_rotated_rectangle(self.plan)
        sides = [math.dist(a, b) for a, b in pairwise(getattr(box, "exterior", box).coords)]
        return min(sides, default=0.0) <= DOOR_DEPTH_MAX_M


def room_of(cell: Cell, key: str, geometry: Geometry) -> Room | None:
    """None where the cell shows no area."""
    shape = next((e for e in cell.element if e.tag.lower() in _SHAPES), None)
    faces = geometry.faces(shape)
    slabs = [f for f in faces if abs(_normal(f)[2]) > LEVEL_SHARE]
    uprights = [u for f in faces if abs(_normal(f)[2]) < 0.1 and (u := upright(f)) is not None]
    heights = [p[2] for f in faces for p in f.rings[0]]
    if not heights or max(abs(c) for f in faces for p in f.rings[0] for c in p) > FARTHEST_M:
        return None
    low, high = min(heights), max(heights)
    plan, z0 = _floor_of(slabs, low)
    if plan.area < TINY_M2:
        plan, z0 = _outline(uprights, low), low
    if plan.area < TINY_M2:
        return None
    flat = high - low < SILL_M
    return Room(
        cell=cell, key=key, plan=plan, z0_m=z0, z1_m=z0 + HEIGHT_UNKNOWN_M if flat else high, slabs=slabs,
        uprights=uprights,
    )  # fmt: skip


_SHAPES = ("cellspacegeometry", "geometry3d", "geometry2d", "cellspacegeometry2d", "cellspacegeometry3d")


def _floor_of(slabs: Sequence[Face], low: float) -> tuple[BaseGeometry, float]:
    """The level faces near the bottom; all of them where those are but a part of it (a stair, a slope)."""
    plans = [(f, area_of(f)) for f in slabs]
    whole = shapely.union_all([a for _, a in plans])
    bottom = [(f, a) for f, a in plans if max(p[2] for p in f.rings[0]) <= low + SILL_M]
    floor = shapely.union_all([a for _, a in bottom])
    if floor.area < whole.area / 2:
        return whole, low
    heights: dict[float, float] = defaultdict(float)
    for f, a in bottom:
        heights[round(min(p[2] for p in f.rings[0]), 3)] += a.area
    return floor, max(heights, key=lambda z: (heights[z], -z), default=low)


def _outline(uprights: Sequence[Upright], low: float) -> BaseGeometry:
    """The area that the vertical faces stand around, where the cell has no floor of its own."""
    lines = [shapely.LineString(u.line) for u in uprights if u.z0_m < low + SILL_M]
    return shapely.union_all(list(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))).geoms))


def area_of(face: Face) -> BaseGeometry:
    """What the face covers on plan; rings that cross themselves are mended."""
    outer, *holes = ([(x, y) for x, y, _ in ring] for ring in face.rings)
    area = shapely.make_valid(shapely.Polygon(outer, [h for h in holes if len(h) > 2]))
    return shapely.union_all([p for p in shapely.get_parts(area) if p.geom_type in ("Polygon", "MultiPolygon")])


def upright(face: Face) -> Upright | None:
    """The face as a line on plan, between its two corners that lie farthest apart."""
    ring = face.rings[0]
    xs, ys, zs = zip(*ring, strict=True)
    along_x = max(xs) - min(xs) >= max(ys) - min(ys)
    ends = sorted(((x, y) for x, y, _ in ring), key=lambda p: p if along_x else (p[1], p[0]))
    if math.dist(ends[0], ends[-1]) < 0.01 or max(zs) - min(zs) < 0.01:
        return None
    return Upright((ends[0], ends[-1]), min(zs), max(zs))


def _normal(face: Face) -> tuple[float, float, float]:
    """Of length 1, by Newell's method; zero for a face without area."""
    ox, oy, oz = face.rings[0][0]
    ring = [(x - ox, y - oy, z - oz) for x, y, z in face.rings[0]]
    n = [0.0, 0.0, 0.0]
    for (ax, ay, az), (bx, by, bz) in pairwise((*ring, ring[0])):
        n[0] += ay * bz - az * by
        n[1] += az * bx - ax * bz
        n[2] += ax * by - ay * bx
    length = math.hypot(*n)
    return (n[0] / length, n[1] / length, n[2] / length) if length > 1e-9 else (0.0, 0.0, 0.0)


def storeys(rooms: Sequence[Room], *, flat: bool, warnings: list[str]) -> tuple[SeenFloor, ...]:
    """The storeys, lowest first; every room is told its own. A file without heights has its storeys put apart."""
    stated: dict[str, list[Room]] = defaultdict(list)
    for room in rooms:
        if room.cell.storey:
            stated[room.cell.storey].append(room)
    if not stated:
        return _by_height(rooms)
    if len(stated) > 1 and (flat or len({round(r.z0_m, 1) for r in rooms}) == 1):
        _put_apart(rooms, list(stated), warnings)
    floors = [_floor(label, label, members) for label, members in stated.items()]
    floors.sort(key=lambda f: (f.elevation_m, f.key))
    for room in rooms:
        own = room.cell.storey and words.key(room.cell.storey)
        nearest = min(floors, key=lambda f: (abs(f.elevation_m - room.z0_m), f.elevation_m))
        room.floor = own or nearest.key
    return tuple(floors)


def _put_apart(rooms: Sequence[Room], labels: Sequence[str], warnings: list[str]) -> None:
    known = {label: words.storey_order(label) for label in labels}
    if any(order is None for order in known.values()):
        known = dict(zip(labels, map(float, range(len(labels))), strict=True))
    for room in rooms:
        lift = (known.get(room.cell.storey or "") or 0.0) * HEIGHT_UNKNOWN_M
        room.z0_m, room.z1_m = room.z0_m + lift, room.z1_m + lift
    warnings.append(f"the file gives no heights: its {len(labels)} storeys are put {HEIGHT_UNKNOWN_M:g} m apart")


def _by_height(rooms: Sequence[Room]) -> tuple[SeenFloor, ...]:
    groups: list[list[Room]] = []
    for room in sorted(rooms, key=lambda r: (r.z0_m, r.key)):
        last = groups[-1] if groups else None
        if last is None or room.z0_m - last[-1].z0_m > STOREY_GAP_M or room.z0_m - last[0].z0_m > STOREY_MIN_M:
            groups.append([room])
        else:
            last.append(room)
    floors = [_floor(f"L{n}", f"L{n}", group) for n, group in enumerate(groups)]
    for floor, group in zip(floors, groups, strict=True):
        for room in group:
            room.floor = floor.key
    return tuple(floors)


def _floor(key: str, label: str, members: Sequence[Room]) -> SeenFloor:
    """At the height where most of its rooms' area stands."""
    areas: dict[float, float] = defaultdict(float)
    for room in members:
        areas[round(room.z0_m, 2)] += room.plan.area
    elevation = max(areas, key=lambda z: (areas[z], -z))
    return SeenFloor(key=words.key(key), name={"zh": label, "en": label}, number=label, elevation_m=elevation)
