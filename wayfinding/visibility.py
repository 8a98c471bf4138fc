"""Which corners see each other in a free space: the edges a shortest way can be made of, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TANGENT_TOLERANCE_M2 = 1e-9
GRAZE_M2 = 1e-9
GRAZE_SINE = 1e-3
BLUR_M = 1e-6
"""A line this far outside still runs along the wall."""
SHORTEN = 1e-7
"""Share of a line cut off at either end, so that it does not touch the corner it ends at."""
CHUNK = 500_000
"""Pairs looked at in one go; bounds the memory of a build."""


@dataclass(frozen=True, slots=True)
class Walls:
    """The edges of a piece of free space, which lies on their left: their ends (2 x n) and lengths."""

    start: Floats
    end: Floats
    length: Floats


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
    walls: tuple[Walls, ...]


def find_corners(free: Any, *, wards: Any = (), points: Floats | None = None) -> Corners:
    """The reflex corners of a free space, then those of ``wards`` (areas that may be closed), then free points."""
    pieces = tuple(piece for piece in shapely.get_parts(free) if piece.geom_type == "Polygon")
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
    walls = tuple(_walls(piece) for piece in pieces)
    return Corners(at=at, before=before, after=after, part=part, on_wall=on_wall, pieces=pieces, walls=walls)


def _walls(piece: Any) -> Walls:
    rings = _rings(piece)
    start = np.ascontiguousarray(np.concatenate(rings).T)
    end = np.ascontiguousarray(np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]).T)
    return Walls(start, end, np.hypot(*(end - start)))


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
    boundaries = [shapely.boundary(piece) for piece in corners.pieces]
    shapely.prepare(boundaries)
    pieces = [shapely.buffer(piece, BLUR_M, join_style="mitre") for piece in corners.pieces]
    shapely.prepare(pieces)
    blocks = [
        _sight_lines(corners, boundaries, pieces, np.arange(first, min(first + rows, n)))
        for first in range(0, max(n, 1), rows)
    ]
    i, j = (np.concatenate(column) for column in zip(*blocks, strict=True))
    return i, j


def _sight_lines(corners: Corners, boundaries: Sequence[Any], pieces: Sequence[Any], block: Ints) -> tuple[Ints, Ints]:
    i, j = (index.ravel() for index in np.meshgrid(block, np.arange(len(corners.at)), indexing="ij"))
    keep = (i < j) & (corners.part[i] == corners.part[j]) & (corners.part[i] >= 0)
    i, j = i[keep], j[keep]
    direction = corners.at[j] - corners.at[i]
    keep = touches(corners, i, direction) & touches(corners, j, direction)
    i, j = i[keep], j[keep]
    beside = _same(corners.after[i], corners.at[j]) | _same(corners.before[i], corners.at[j])
    seen = corners.on_wall[i] & corners.on_wall[j] & beside
    short = (corners.at[j] - corners.at[i]) * SHORTEN
    lines = shapely.linestrings(np.stack([corners.at[i] + short, corners.at[j] - short], axis=1))
    for number in np.unique(corners.part[i]):
        here = corners.part[i] == number
        seen[here] |= ~shapely.intersects(boundaries[number], lines[here])
        # What runs along a wall, a hair outside, meets no boundary either, and may pass a gap between two walls.
        along = np.flatnonzero(here & seen & ~beside & (_grazes(corners, i, j) | _grazes(corners, j, i)))
        seen[along] = shapely.covers(pieces[number], lines[along])
    return i[seen], j[seen]


def _grazes(corners: Corners, here: Ints, there: Ints) -> Bools:
    """Whether the line from one corner to another starts along what stands at the first."""
    at, direction = corners.at[here], corners.at[there] - corners.at[here]
    grazes = np.zeros(len(here), dtype=bool)
    for neighbour in (corners.before[here] - at, corners.after[here] - at):
        side = direction[:, 0] * neighbour[:, 1] - direction[:, 1] * neighbour[:, 0]
        grazes |= np.abs(side) < GRAZE_SINE * np.hypot(*direction.T) * np.hypot(*neighbour.T)
    return grazes


def _same(a: Floats, b: Floats) -> Bools:
    same: Bools = (a == b).all(axis=1)
    return same


def seen_from(corners: Corners, part: int, point: Floats) -> Ints:
    """The corners that a way from or to a point inside may go to first or come from last."""
    candidates = np.flatnonzero(corners.part == part)
    candidates = candidates[touches(corners, candidates, corners.at[candidates] - point)]
    seen: Ints = candidates[_clear(corners.walls[part], point, corners.at[candidates])]
    return seen


def sees_corners(corners: Corners, part: int, which: Ints, point: Floats) -> Bools:
    """Which corners of its own piece a point sees."""
    return _clear(corners.walls[part], point, corners.at[which])


def sees_points(corners: Corners, part: int, point: Floats, ends: Floats) -> Bools:
    """Which points inside its own piece are seen from a point inside, or from a corner they may be gone to from."""
    return _clear(corners.walls[part], point, ends)


def sees(corners: Corners, part: int, a: Floats, b: Floats) -> bool:
    """Whether two points inside see each other."""
    return bool(_clear(corners.walls[part], a, b[None, :])[0])


def _clear(walls: Walls, point: Floats, ends: Floats) -> Bools:
    """Whether the lines from a point inside meet no wall before their ends.

    A line that grazes a third corner counts as blocked: the way over that corner is as long. Only walls that face
    the point and begin nearer than the farthest end are asked: a line that starts inside has to go out first.
    """
    away = ends - point
    a, b = walls.start - point[:, None], walls.end - point[:, None]
    facing = a[0] * b[1] - a[1] * b[0]
    asked = np.flatnonzero((facing > 0.0) & (facing < walls.length * np.sqrt((away**2).sum(axis=1).max(initial=0.0))))
    a, b, facing = a[:, asked], b[:, asked], facing[asked]
    # Sides by one product of matrices each: a facing wall lies counter-clockwise, so a line that meets it has its
    # start on the right and its end on the left, and meets it at the share facing / (to_b - to_a).
    turned = away[:, ::-1] * (-1.0, 1.0)
    to_a, to_b = turned @ a, turned @ b
    met = (to_a <= GRAZE_M2) & (to_b >= -GRAZE_M2) & (facing < (to_b - to_a) * (1.0 - SHORTEN))
    clear: Bools = ~met.any(axis=1)
    return clear
