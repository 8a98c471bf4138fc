"""Solids for a 3D file, in metres and Z up: every mesh is closed or flat, its corners shared, its faces outward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from building.model import XYZ

Triangle = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Corners and triangles, counter-clockwise seen from outside."""

    corners: tuple[XYZ, ...]
    triangles: tuple[Triangle, ...]


def joined(meshes: Sequence[Mesh]) -> Mesh:
    corners: list[XYZ] = []
    triangles: list[Triangle] = []
    for mesh in meshes:
        first = len(corners)
        corners += mesh.corners
        triangles += [(a + first, b + first, c + first) for a, b, c in mesh.triangles]
    return Mesh(tuple(corners), tuple(triangles))


def plate(shape: Any, z_m: float) -> Mesh:
    """The area itself, seen from above."""
    return joined([Mesh(tuple((x, y, z_m) for x, y in points), tuple(faces)) for points, faces in _areas(shape)])


def prism(shape: Any, z0_m: float, z1_m: float) -> Mesh:
    """The area raised from ``z0_m`` to ``z1_m``, closed on all sides."""
    parts = []
    for points, faces in _areas(shape):
        n = len(points)
        corners = (*((x, y, z0_m) for x, y in points), *((x, y, z1_m) for x, y in points))
        caps = [(a + n, b + n, c + n) for a, b, c in faces] + [(c, b, a) for a, b, c in faces]
        sides = [t for a, b in _rim(faces) for t in ((a, b, b + n), (a, b + n, a + n))]
        parts.append(Mesh(corners, (*caps, *sides)))
    return joined(parts)


def box(half_x_m: float, half_y_m: float, height_m: float, z0_m: float = 0.0) -> Mesh:
    """An upright box around the origin."""
    import shapely

    return prism(shapely.box(-half_x_m, -half_y_m, half_x_m, half_y_m), z0_m, z0_m + height_m)


def ribbon(path: Sequence[XYZ], width_m: float) -> Mesh:
    """The surface one walks on along a line: level across, seen from above and from below."""
    parts = []
    for (x0, y0, z0), (x1, y1, z1) in pairwise(path):
        length = math.hypot(x1 - x0, y1 - y0)
        if length > 0:
            dx, dy = (y0 - y1) / length * width_m / 2, (x1 - x0) / length * width_m / 2
            corners = (
                (x0 - dx, y0 - dy, z0), (x1 - dx, y1 - dy, z1), (x1 + dx, y1 + dy, z1), (x0 + dx, y0 + dy, z0)
            )  # fmt: skip
            parts.append(Mesh(corners, ((0, 1, 2), (0, 2, 3), (2, 1, 0), (3, 2, 0))))
    return joined(parts)


def _areas(shape: Any) -> list[tuple[list[tuple[float, float]], list[Triangle]]]:
    """Each polygon as its corners and the triangles that fill it."""
    import shapely

    out = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        index: dict[tuple[float, float], int] = {}
        faces: list[Triangle] = []
        for triangle in shapely.constrained_delaunay_triangles(part).geoms:
            ring = triangle.exterior.coords[:3]
            a, b, c = (index.setdefault((x, y), len(index)) for x, y in ring)
            faces.append((a, b, c) if triangle.exterior.is_ccw else (a, c, b))
        if faces:
            out.append((list(index), faces))
    return out


def _rim(faces: Sequence[Triangle]) -> list[tuple[int, int]]:
    """The edges with a face on one side only, with the area to their left."""
    edges = {edge for a, b, c in faces for edge in ((a, b), (b, c), (c, a))}
    return sorted((a, b) for a, b in edges if (b, a) not in edges)
