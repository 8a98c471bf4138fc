"""One pass of tessellation over everything that matters, and what plan, height and walking line it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from building.formats.ifc.placements import ON_EARTH_M
from building.formats.progress import report

SNAP_M = 0.001
SIMPLIFY_M = 0.01
THREADS = 1  # with two, both spin for small elements: twice the CPU time
CIRCLE_SEGMENTS = 16
BUILDING = {"zh": "构造形体", "en": "Building shapes"}
OPENED, BUILT = 0.1, 0.8
"""How much of the whole reading is behind when the file is open, and when its shapes are built."""

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A tessellated element. ``vertices`` (n, 3) in metres in the building's local frame, ``faces`` (m, 3)."""

    vertices: Vectors
    faces: npt.NDArray[np.int64]

    @property
    def z0_m(self) -> float:
        return float(self.vertices[:, 2].min())

    @property
    def z1_m(self) -> float:
        return float(self.vertices[:, 2].max())

    def plan(self) -> BaseGeometry:
        """What it covers, seen from above."""
        triangles = self.vertices[self.faces][:, :, :2]
        a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
        area = np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / 2
        flat = triangles[area > 1e-6]
        if not len(flat):
            return ShapelyPolygon()
        pieces = shapely.polygons(flat)
        try:
            joined = shapely.union_all(pieces, grid_size=SNAP_M)
        except shapely.GEOSException:  # snapping may fold a sliver over itself
            joined = shapely.union_all(shapely.make_valid(pieces))
        return shapely.simplify(shapely.make_valid(joined), SIMPLIFY_M)


def merged(shapes: Iterable[Shape]) -> Shape:
    """Several shapes as one."""
    vertices, faces, count = [], [], 0
    for shape in shapes:
        vertices.append(shape.vertices)
        faces.append(shape.faces + count)
        count += len(shape.vertices)
    return Shape(vertices=np.vstack(vertices), faces=np.vstack(faces))


def tessellate(file: Any, elements: Iterable[Any], origin: Vectors) -> dict[str, Shape]:
    """The shapes of these elements by GlobalId, seen from ``origin``; what has no geometry is left out.

    Holes are not cut: a wall's whole body is wanted, and cutting is what takes the time. Each element is built in its
    own frame and moved in double precision, so that a building far from the origin keeps its shape.
    """
    import ifcopenshell.geom

    wanted = [e for e in elements if getattr(e, "Representation", None) is not None]
    if not wanted:
        return {}
    settings = ifcopenshell.geom.settings()
    settings.set("disable-opening-subtractions", True)
    settings.set("apply-default-materials", False)
    settings.set("no-normals", True)
    settings.set("circle-segments", CIRCLE_SEGMENTS)
    iterator = ifcopenshell.geom.iterator(settings, file, THREADS, include=wanted)
    return dict(_built(iterator, origin)) if iterator.initialize() else {}


def _built(iterator: Any, origin: Vectors) -> Iterator[tuple[str, Shape]]:
    while True:
        made = iterator.get()
        local = np.asarray(made.geometry.verts, dtype=np.float64).reshape(-1, 3)
        faces = np.asarray(made.geometry.faces, dtype=np.int64).reshape(-1, 3)
        matrix = np.asarray(made.transformation.matrix, dtype=np.float64).reshape(4, 4, order="F")
        with np.errstate(all="ignore"):  # a hostile file holds any number; what comes of it is judged below
            vertices = local @ matrix[:3, :3].T + (matrix[:3, 3] - origin)
        if len(faces) and np.isfinite(vertices).all() and np.abs(vertices).max() < ON_EARTH_M:
            yield made.guid, Shape(vertices=vertices, faces=faces)
        report(BUILDING, OPENED + (BUILT - OPENED) * iterator.progress() / 100)
        if not iterator.next():
            return
