"""Which corners see each other in a free space: the edges a shortest way can be made of, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from wayfinding.prepared import prepared

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TANGENT_TOLERANCE_M2 = 1e-9
SHORTEN = 1e-7
"""Share of a line cut off at either end, so that it does not touch the corner it ends at."""
CHUNK = 500_000
"""Pairs looked at in one go; bounds the memory of a build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """Points a way may bend at. ``before`` and ``after`` are their neighbours on the ring (itself: a free point).

    ``part`` is the connected piece of the free space each stands in, -1 for none.
    """

    at: Floats
    before: Floats
    after: Floats
    part: Ints
    on_wall: Bools
    pieces: tuple[Any, ...]
    walls: tuple[Any, ...]


def find_corners(free: Any, *, wards: Any = (), points: Floats | None = None) -> Corners:
    """The reflex corners of a free space, then those of ``wards`` (areas that may be closed), then free points."""
    pieces = tuple(prepared(piece) for piece in shapely.get_parts(free) if piece.geom_type == "Polygon")
    walls = tuple(prepared(shapely.boundary(piece)) for piece in pieces)
    found = [_reflex(ring) for piece in pieces for ring in _rings(piece)]
    inside = [_reflex(ring[::-1]) for ward in shapely.get_parts(wards) for ring in _rings(ward)]
    spots = np.empty((0, 2)) if points is None else points
    columns = zip(*found, *inside, (spots, spots, spots), strict=True)
    at, before, after = (np.concatenate(column) for column in columns)
    part = np.full(len(at), -1, dtype=np.int64)
    for number, piece in enumerate(pieces):
        part[shapely.intersects(piece, shapely.points(at))] = number
    on_wall = np.arange(len(at)) < sum(len(corners[0]) for corners in found)
    # A ward's corner that lies in a wall is none; free points keep their place even where they lie nowhere.
    keep = (part >= 0) | (np.arange(len(at)) >= len(at) - len(spots))
    at, before, after, part, on_wall = at[keep], before[keep], after[keep], part[keep], on_wall[keep]
    return Corners(at=at, before=before, after=after, part=part, on_wall=on_wall, pieces=pieces, walls=walls)


def _rings(piece: Any) -> list[Floats]:
    oriented = shapely.orient_polygons(piece)
    return [shapely.get_coordinates(ring)[:-1] for ring in (oriented.exterior, *oriented.interiors)]


def _reflex(ring: Floats) -> tuple[Floats, Floats, Floats]:
    """Corners that bend away from the inside, which lies on the left of the ring."""
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    a, b = ring - before, after - ring
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    bends = turn < -1e-12
    return ring[bends], before[bends], after[bends]


def touches(corners: Corners, which: Ints | slice, direction: Floats) -> Bools:
    """Whether a line of that direction through the corner passes it without cutting into what stands there."""
    at = corners.at[which]
    b, a = corners.before[which] - at, corners.after[which] - at
    side_b = direction[..., 0] * b[..., 1] - direction[..., 1] * b[..., 0]
    side_a = direction[..., 0] * a[..., 1] - direction[..., 1] * a[..., 0]
    result: Bools = side_b * side_a >= -TANGENT_TOLERANCE_M2
    return result


def sight_lines(corners: Corners) -> tuple[Ints, Ints]:
    """All pairs i < j that see each other and that a shortest way may join."""
    n = len(corners.at)
    rows = max(1, CHUNK // max(1, n))
    blocks = [_sight_lines(corners, np.arange(first, min(first + rows, n))) for first in range(0, max(n, 1), rows)]
    i, j = (np.concatenate([np.empty(0, dtype=np.int64), *column]) for column in zip(*blocks, strict=True))
    return i, j


def _sight_lines(corners: Corners, block: Ints) -> tuple[Ints, Ints]:
    i, j = (index.ravel() for index in np.meshgrid(block, np.arange(len(corners.at)), indexing="ij"))
    keep = (i < j) & (corners.part[i] == corners.part[j]) & (corners.part[i] >= 0)
    i, j = i[keep], j[keep]
    direction = corners.at[j] - corners.at[i]
    keep = touches(corners, i, direction) & touches(corners, j, direction)
    i, j = i[keep], j[keep]
    beside = _same(corners.after[i], corners.at[j]) | _same(corners.before[i], corners.at[j])
    along_wall = corners.on_wall[i] & corners.on_wall[j] & beside
    seen = along_wall | _clear(corners, corners.part[i], corners.at[i], corners.at[j])
    return i[seen], j[seen]


def _same(a: Floats, b: Floats) -> Bools:
    same: Bools = (a == b).all(axis=1)
    return same


def _clear(corners: Corners, part: Ints, a: Floats, b: Floats) -> Bools:
    """Whether the lines touch no wall between their ends.

    A line that grazes a third corner counts as blocked: the way over that corner is as long. Where lines start
    inside and touch no wall they stay inside, so the much slower question whether a polygon covers them is not asked.
    """
    short = (b - a) * SHORTEN
    lines = shapely.linestrings(np.stack([a + short, b - short], axis=1))
    clear = np.zeros(len(lines), dtype=bool)
    for number in np.unique(part):
        of_piece = part == number
        clear[of_piece] = ~shapely.intersects(corners.walls[number], lines[of_piece])
    return clear


def seen_from(corners: Corners, part: int, point: Floats) -> Ints:
    """The corners that a way from or to a point inside may go to first or come from last."""
    candidates = np.flatnonzero(corners.part == part)
    candidates = candidates[touches(corners, candidates, corners.at[candidates] - point)]
    seen: Ints = candidates[_clear_from(corners, candidates, point)]
    return seen


def sees_corners(corners: Corners, which: Ints, point: Floats) -> Bools:
    """The same asked for some corners of the point's own piece."""
    return touches(corners, which, corners.at[which] - point) & _clear_from(corners, which, point)


def _clear_from(corners: Corners, which: Ints, point: Floats) -> Bools:
    ends = corners.at[which]
    return _clear(corners, corners.part[which], np.broadcast_to(point, ends.shape), ends)


def sees(corners: Corners, part: int, a: Floats, b: Floats) -> bool:
    """Whether two points inside see each other."""
    return not bool(shapely.intersects(corners.walls[part], shapely.LineString([a, b])))
