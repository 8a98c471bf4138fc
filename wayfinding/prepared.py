"""Shapes made ready to be asked by many threads at once."""

from __future__ import annotations

from typing import Any

import shapely


def prepared(shape: Any) -> Any:
    """The shape, with the index its questions need already built.

    A prepared shape indexes itself when first asked, which two threads must not do at once: so it is asked here. The
    line begins outside, or the answer would be found before the edges are looked at.
    """
    shapely.prepare(shape)
    if not shape.is_empty:
        x0, y0, x1, y1 = shape.bounds
        shapely.intersects(shape, shapely.LineString([(x0 - 1.0, y0 - 1.0), (x1 + 1.0, y1 + 1.0)]))
    return shape
