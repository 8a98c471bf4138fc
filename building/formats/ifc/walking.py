"""The line along which a stair or ramp is walked, found in its shape alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from building.formats.ifc.shapes import Shape, Vectors
from building.model import XYZ

TREADS_MIN = 3
TREAD_FLAT = 0.995
TREAD_MIN_M2 = 0.05
TREAD_SHARE_MIN = 0.3  # a handrail's top is no tread
SAME_TREAD_M = 0.03
SLAB_MAX_M, SLAB_SHARE = 0.35, 0.5
RISER_MAX_M = 0.25
ENDS_M = 0.3


def climb(shape: Shape) -> tuple[tuple[XYZ, ...], float | None]:
    """The line from the foot to the head, tread by tread, and how wide it is to walk; along the slope where there are
    no treads; empty for a flat slab.
    """
    corners = shape.vertices[shape.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(normals, axis=1)
    real = doubled > 1e-9
    corners, areas = corners[real], doubled[real] / 2
    flat = np.abs(normals[real][:, 2]) / doubled[real] > TREAD_FLAT
    treads = _treads(corners[flat], areas[flat])
    if len(treads) >= TREADS_MIN:
        line = _from_floor([middle for middle, _ in treads], shape.z0_m)
        return _points(line), _width(line[1:], sum(size for _, size in treads))
    if shape.z1_m - shape.z0_m < ENDS_M:
        return (), None
    line = _slope(shape.vertices)
    return _points(line), _width(line, shape.plan().area)


def _treads(corners: Vectors, areas: Vectors) -> list[tuple[Vectors, float]]:
    """The middle and the size of each tread, lowest first.

    Which way a face looks is not to be relied on: of a slab's two faces the upper one is walked on.
    """
    groups = _by_height(corners)
    plans = [shapely.union_all(shapely.polygons(corners[g][:, :, :2])) for g in groups]
    heights = [float(corners[g][:, :, 2].mean()) for g in groups]
    sizes = [plan.area for plan in plans]
    usual = float(np.median(sizes)) if sizes else 0.0
    found = []
    for i, group in enumerate(groups):
        covered = any(
            heights[j] - heights[i] <= SLAB_MAX_M
            and plans[i].intersection(plans[j]).area > SLAB_SHARE * min(sizes[i], sizes[j])
            for j in range(i + 1, len(groups))
        )
        if not covered and sizes[i] >= max(TREAD_MIN_M2, TREAD_SHARE_MIN * usual):
            found.append((np.average(corners[group].mean(axis=1), axis=0, weights=areas[group]), sizes[i]))
    return found


def _by_height(corners: Vectors) -> list[list[int]]:
    """Faces at one height together, lowest first."""
    heights = corners[:, :, 2].mean(axis=1)
    groups: list[list[int]] = []
    last = -np.inf
    for i in np.argsort(heights, kind="stable").tolist():
        if heights[i] - last > SAME_TREAD_M:
            groups.append([])
        groups[-1].append(i)
        last = heights[i]
    return groups


def _from_floor(treads: list[Vectors], z0_m: float) -> list[Vectors]:
    """The first tread is a riser above the floor one comes from."""
    rise = treads[0][2] - z0_m
    if not 0.02 < rise <= RISER_MAX_M:
        return treads
    foot = 2 * treads[0] - treads[1]
    foot[2] = z0_m
    return [foot, *treads]


def _slope(vertices: Vectors) -> list[Vectors]:
    """The middles of the lowest and of the highest edge."""
    ends = []
    for z in (vertices[:, 2].min(), vertices[:, 2].max()):
        points = vertices[np.abs(vertices[:, 2] - z) <= ENDS_M][:, :2]
        middle = shapely.minimum_rotated_rectangle(shapely.multipoints(points)).centroid
        ends.append(np.array([middle.x, middle.y, z]))
    return ends


def _points(line: Sequence[Vectors]) -> tuple[XYZ, ...]:
    return tuple((round(float(x), 3), round(float(y), 3), round(float(z), 3)) for x, y, z in line)


def _width(line: Sequence[Vectors], walked_m2: float) -> float | None:
    """What is walked on, spread along the way."""
    along = float(np.hypot(*np.diff(np.asarray(line)[:, :2], axis=0).T).sum())
    share = len(line) / (len(line) - 1) if len(line) > 2 else 1.0  # the line runs from middle to middle
    return walked_m2 / (along * share) if along > 0 else None
