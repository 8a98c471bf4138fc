"""Where the name of an area is written, and where one stands to be in it: well inside, near the middle."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from building.model import XY, Polygon

_NEAR_MIDDLE = 0.6
"""The centroid is kept as long as it has this share of the room the best point has."""


def to_shape(polygons: Sequence[Polygon]) -> Any:
    """A valid shapely geometry of all polygons together; rings that cross themselves are mended."""
    import shapely

    shapes = [shapely.make_valid(shapely.Polygon(p.outer, p.holes)) for p in polygons]
    return shapely.union_all(shapes) if shapes else shapely.Polygon()


@lru_cache(maxsize=4_096)
def label_point(polygons: tuple[Polygon, ...]) -> XY | None:
    """A point well inside the largest polygon; None where there is no area."""
    return point_within(to_shape(polygons))


def point_within(shape: Any) -> XY | None:
    """The same for a shapely geometry."""
    import shapely

    parts = [p for p in shapely.get_parts(shape) if p.area > 0]
    if not parts:
        return None
    largest = max(parts, key=lambda p: float(p.area))
    middle, edge = largest.centroid, largest.boundary
    spoke = shapely.maximum_inscribed_circle(largest, 0.05)
    best = shapely.get_point(spoke, 0)
    chosen = middle if largest.contains(middle) and middle.distance(edge) >= _NEAR_MIDDLE * spoke.length else best
    return (round(float(chosen.x), 2), round(float(chosen.y), 2))
