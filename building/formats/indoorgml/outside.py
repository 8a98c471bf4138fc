"""Which way leads outside where the file names none: recesses as high as a door in an outer wall, with little trust.

A cell that keeps the niches of its doors and windows in its solid shows its outer doors too: an upright face at floor
level, under a lintel, a wall's thickness outside of the room, that no other cell shares or stands behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import shapely
from shapely.geometry import LineString, Point

from building.formats.indoorgml.cells import Room, Upright, area_of
from building.formats.indoorgml.geometry import Face
from building.formats.indoorgml.places import shared_uprights
from building.model import OUT, Evidence
from building.survey import SeenDoor

RECESS = Evidence(source="geometry", method="recess in an outer wall", confidence=0.4)
HEIGHT_MIN_M = 1.9
WIDTH_MIN_M, WIDTH_MAX_M = 0.7, 4.0
SILL_MAX_M = 0.25
LINTEL_MIN_M = 0.1
DEPTH_MAX_M = 0.6
BEHIND_M = 0.8
"""Beyond the face: farther than any inner wall is thick."""


def outer_recesses(rooms: Sequence[Room]) -> Iterator[SeenDoor]:
    tree = shapely.STRtree([r.plan for r in rooms])
    for room in rooms:
        near = (rooms[i] for i in tree.query(room.plan.buffer(BEHIND_M)))
        others = [r for r in near if r is not room and r.z0_m < room.z1_m and r.z1_m > room.z0_m]
        found = [u for u in room.uprights if _is_door(u, room) and not _is_behind(u, room, others)]
        for n, u in enumerate(sorted(found, key=lambda u: u.line)):
            yield SeenDoor(
                key=f"{room.key}-exit-{n + 1}", name={"zh": "外门(推断)", "en": "Outer door (inferred)"},
                floor=room.floor, line=u.line, z0_m=max(u.z0_m, room.z0_m), height_m=u.z1_m - u.z0_m,
                joins=(room.key, OUT), external=True, evidence=RECESS,
            )  # fmt: skip


def _is_door(u: Upright, room: Room) -> bool:
    width, height = math.dist(*u.line), u.z1_m - u.z0_m
    return (
        WIDTH_MIN_M <= width <= WIDTH_MAX_M
        and height >= HEIGHT_MIN_M
        and u.z0_m <= room.z0_m + SILL_MAX_M
        and u.z1_m <= room.z1_m - LINTEL_MIN_M
        and any(_is_lintel(u, slab) for slab in room.slabs if abs(slab.rings[0][0][2] - u.z1_m) < 0.03)
    )


def _is_lintel(u: Upright, slab: Face) -> bool:
    area = area_of(slab)
    width = math.dist(*u.line)
    along = area.buffer(0.02).intersection(LineString(u.line)).length
    return bool(along >= 0.8 * width and area.area <= DEPTH_MAX_M * width)


def _is_behind(u: Upright, room: Room, others: Sequence[Room]) -> bool:
    """Whether another cell shares the face or stands just behind it."""
    (x0, y0), (x1, y1) = u.line
    nx, ny = (y1 - y0) / math.dist(*u.line), (x0 - x1) / math.dist(*u.line)
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    sides = [LineString([middle, (middle[0] + s * nx * BEHIND_M, middle[1] + s * ny * BEHIND_M)]) for s in (1, -1)]
    away = min(sides, key=lambda s: room.plan.intersection(s).length)
    return any(
        r.plan.intersects(away) or any(_same(u, v) for v in shared_uprights(room, r))
        for r in others
        if r.plan.distance(Point(middle)) < BEHIND_M
    )


def _same(u: Upright, v: Upright) -> bool:
    return bool(shapely.distance(LineString(u.line).centroid, LineString(v.line)) < 0.05)
