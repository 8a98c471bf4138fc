"""Where one passes from one cell to the next: on the face both share, else where the transition's line crosses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from building.formats.indoorgml.cells import Room, Upright
from building.model import XY, XYZ

DOOR_WIDTH_M, DOOR_HEIGHT_M = 0.9, 2.1
"""Of a door whose size the file does not show."""
DOOR_WIDE_MAX_M = 2.6
SAME_PLANE_M = 0.02
SHARED_MIN_M, SHARED_RISE_MIN_M = 0.5, 1.5

Line = tuple[XY, XY]


def shared_uprights(a: Room, b: Room) -> Iterator[Upright]:
    """Parts of vertical faces that lie in the same plane on both cells, as wide and as high as both."""
    if a.plan.distance(b.plan) > SAME_PLANE_M:
        return
    for u in a.uprights:
        (x0, y0), (x1, y1) = u.line
        length = math.hypot(x1 - x0, y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        for v in b.uprights:
            z0, z1 = max(u.z0_m, v.z0_m), min(u.z1_m, v.z1_m)
            if z1 - z0 < SHARED_RISE_MIN_M:
                continue
            ends = [((x - x0) * ux + (y - y0) * uy, (y - y0) * ux - (x - x0) * uy) for x, y in v.line]
            if max(abs(away) for _, away in ends) > SAME_PLANE_M:
                continue
            low, high = max(0.0, min(t for t, _ in ends)), min(length, max(t for t, _ in ends))
            if high - low >= SHARED_MIN_M:
                line = ((x0 + ux * low, y0 + uy * low), (x0 + ux * high, y0 + uy * high))
                yield Upright(line, z0, z1)


def is_door_sized(u: Upright, a: Room, b: Room) -> bool:
    """A lintel above it, and no wider than a double door."""
    return math.dist(*u.line) <= DOOR_WIDE_MAX_M and u.z1_m < min(a.z1_m, b.z1_m) - 0.05


def nearest(uprights: Sequence[Upright], path: Sequence[XYZ]) -> Upright | None:
    """The one the transition's line comes nearest to; the widest where it has none."""
    way = plan_line(path)
    if way is None:
        return max(uprights, key=lambda u: math.dist(*u.line), default=None)
    return min(uprights, key=lambda u: round(float(way.distance(LineString(u.line))), 3), default=None)


def plan_line(path: Sequence[XYZ]) -> BaseGeometry | None:
    points = [(x, y) for x, y, _ in path]
    return LineString(points) if len(set(points)) > 1 else None


def crossing(a: BaseGeometry, b: BaseGeometry, path: Sequence[XYZ], along: Line | None) -> Line:
    """A door's width where one leaves the first area for the second; ``along`` is the wall they share."""
    way = plan_line(path)
    if along is not None:
        wall: BaseGeometry = LineString(along)
        at = (
            shapely.shortest_line(wall, way).coords[0]
            if way is not None
            else wall.interpolate(0.5, normalized=True).coords[0]
        )
        return _on(wall, Point(at), DOOR_WIDTH_M)
    return _on(a.boundary, _gap(a, b, way), DOOR_WIDTH_M)


def _gap(a: BaseGeometry, b: BaseGeometry, way: BaseGeometry | None) -> BaseGeometry:
    if way is not None:
        between = [p for p in shapely.get_parts(way.difference(shapely.union_all([a, b]))) if p.length > 0.01]
        touching = [p for p in between if p.distance(a) < 0.01 and p.distance(b) < 0.01]
        if touching:
            return min(touching, key=lambda p: float(p.length)).interpolate(0.5, normalized=True)
        leaving = [p for p in shapely.get_parts(way.intersection(a.boundary)) if not p.is_empty]
        if leaving:
            return min(leaving, key=lambda p: round(float(p.distance(b)), 3)).centroid
    common = [p for p in shapely.get_parts(a.boundary.intersection(b.buffer(SAME_PLANE_M))) if p.length > 0]
    if common:
        return max(common, key=lambda p: round(float(p.length), 3)).interpolate(0.5, normalized=True)
    return shapely.shortest_line(a, b).interpolate(0.5, normalized=True)


def _on(boundary: BaseGeometry, at: BaseGeometry, width_m: float) -> Line:
    """A piece of that width around the point, along the nearest straight stretch, not beyond its ends if it is long."""
    best = min(_stretches(boundary), key=lambda s: round(float(LineString(s).distance(at)), 4))
    (x0, y0), (x1, y1) = best
    length = math.dist(*best)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    t = (at.x - x0) * ux + (at.y - y0) * uy
    half = min(width_m, length) / 2
    t = min(max(t, half), length - half)
    off = (at.y - y0) * ux - (at.x - x0) * uy  # within the wall, between both areas
    x, y = x0 + ux * t - uy * off, y0 + uy * t + ux * off
    return (x - ux * half, y - uy * half), (x + ux * half, y + uy * half)


def _stretches(boundary: BaseGeometry) -> Iterator[Line]:
    for part in shapely.get_parts(boundary):
        for a, b in pairwise(part.coords):
            if math.dist(a[:2], b[:2]) > 1e-6:
                yield (a[0], a[1]), (b[0], b[1])


def through(door: BaseGeometry, a: BaseGeometry | None, b: BaseGeometry | None) -> Line:
    """The clear width of a door that is drawn as a body in its wall: square to the way from one area to the other."""
    box = list(shapely.minimum_rotated_rectangle(door).exterior.coords)[:4]
    sides = [(box[i], box[i + 1], box[(i + 2) % 4], box[(i + 3) % 4]) for i in (0, 1)]
    lines = [(_middle(p, s), _middle(q, r)) for p, q, r, s in sides]
    there = [c for c in (a, b) if c is not None]
    if len(there) == 2:
        (ax, ay), (bx, by) = (shapely.shortest_line(c, door.centroid).coords[0] for c in there)
        wx, wy = bx - ax, by - ay
        if math.hypot(wx, wy) > 0.01:
            return min(lines, key=lambda m: _alignment(m, wx, wy))
    return max(lines, key=lambda m: math.dist(*m))


def _middle(p: Sequence[float], q: Sequence[float]) -> XY:
    return ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)


def _alignment(line: Line, wx: float, wy: float) -> float:
    (x0, y0), (x1, y1) = line
    return abs((x1 - x0) * wx + (y1 - y0) * wy) / (math.dist(*line) or 1.0)


def outer_line(room: Room, others: Sequence[Room]) -> Line:
    """A door's width in the longest stretch of the room's outline that no other room lies behind."""
    near = shapely.union_all([r.plan for r in others]).buffer(0.6)
    free = [p for p in shapely.get_parts(room.plan.boundary.difference(near)) if p.length > 0]
    stretches = list(_stretches(shapely.union_all(free))) if free else list(_stretches(room.plan.boundary))
    longest = max(stretches, key=lambda s: round(math.dist(*s), 3))
    return _on(LineString(longest), LineString(longest).interpolate(0.5, normalized=True), DOOR_WIDTH_M)
