"""Plan geometry that several readers of a building need, in plain numbers: no geometry library to load."""

from __future__ import annotations

import math
from collections.abc import Sequence

from building.model import XY, Polygon, Ring


def band(line: tuple[XY, XY], thickness_m: float) -> tuple[Polygon, ...]:
    """The body of a straight wall: its line with half the thickness on either side and beyond either end."""
    (x0, y0), (x1, y1) = line
    length = math.hypot(x1 - x0, y1 - y0)
    if length == 0.0:
        return ()
    h = thickness_m / 2
    ux, uy = (x1 - x0) / length * h, (y1 - y0) / length * h
    corners = (
        (x0 - ux + uy, y0 - uy - ux),
        (x1 + ux + uy, y1 + uy - ux),
        (x1 + ux - uy, y1 + uy + ux),
        (x0 - ux - uy, y0 - uy + ux),
    )
    return (Polygon(outer=tuple((round(x, 4), round(y, 4)) for x, y in corners)),)


def area_m2(polygons: Sequence[Polygon]) -> float:
    return sum(_ring_area(p.outer) - sum(_ring_area(h) for h in p.holes) for p in polygons)


def _ring_area(ring: Ring) -> float:
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def contains(polygons: Sequence[Polygon], at: XY) -> bool:
    """Whether the point lies in one of the polygons and in none of its holes."""
    return any(_in_ring(p.outer, at) and not any(_in_ring(h, at) for h in p.holes) for p in polygons)


def _in_ring(ring: Ring, at: XY) -> bool:
    x, y = at
    inside = False
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
