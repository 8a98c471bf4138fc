"""A floor in squares, each with a point to stand at: where something is asked of everywhere rather than of places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from building.model import OUT
from wayfinding.visibility import Corners, Floats, Ints
from wayfinding.walkable import Walkable

CELL_M = 1.5
"""The side of a square; smaller rooms have one all the same."""
CELLS_MAX = 40_000
"""Of one floor; where there were more, squares are larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """``at`` is where one stands in a cell, ``piece`` the connected piece of free space it is in.

    ``drawn`` is what of the square lies in its space, ``space`` the number of that in ``spaces``.
    """

    size_m: float
    at: Floats
    piece: Ints
    drawn: Any
    space: Ints
    spaces: tuple[tuple[str, Any], ...]


def make_cells(walkable: Walkable, corners: Corners) -> Cells:
    """The squares of the spaces and grounds that a profile walks on one floor."""
    spaces = tuple((name, walkable.shapes[name]) for name in walkable.parts if name != OUT)
    size_m = CELL_M
    while sum(shape.area for _, shape in spaces) / size_m**2 > CELLS_MAX:
        size_m *= 2
    at, drawn, space = [np.empty((0, 2))], [np.empty(0, dtype=object)], [np.empty(0, dtype=np.int64)]
    for number, (name, shape) in enumerate(spaces):
        squares = _squares(shape, size_m)
        pieces = shapely.intersection(squares, shape)
        middles = shapely.centroid(squares)
        stands = shapely.get_coordinates(shapely.shortest_line(walkable.parts[name], middles))[::2]
        near = np.hypot(*(stands - shapely.get_coordinates(middles)).T) <= size_m
        at.append(stands[near])
        drawn.append(pieces[near])
        space.append(np.full(np.count_nonzero(near), number))
    where = np.concatenate(at)
    piece = np.full(len(where), -1, dtype=np.int64)
    points = shapely.points(where)
    for number, free in enumerate(corners.pieces):
        piece[shapely.STRtree(points).query(free, predicate="intersects")] = number
    return Cells(
        size_m=size_m, at=where, piece=piece, drawn=np.concatenate(drawn), space=np.concatenate(space), spaces=spaces
    )


def _squares(shape: Any, size_m: float) -> Any:
    """Those of one grid that lie in a shape, wholly or in part."""
    x0, y0, x1, y1 = np.array(shapely.bounds(shape)) / size_m
    column, row = np.meshgrid(np.arange(np.floor(x0), np.ceil(x1)), np.arange(np.floor(y0), np.ceil(y1)))
    x, y = column.ravel() * size_m, row.ravel() * size_m
    squares = shapely.box(x, y, x + size_m, y + size_m)
    return squares[np.sort(shapely.STRtree(squares).query(shape, predicate="intersects"))]
