"""One pass of tessellation over everything that matters, and what plan and height it gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from building.model import Polygon, Ring

SNAP_M = 0.001
SIMPLIFY_M = 0.01
AREA_MIN_M2 = 0.01
PARTS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A tessellated element. ``vertices`` (n, 3) in metres in the file's world frame, ``faces`` (m, 3)."""

    vertices: npt.NDArray[np.float64]
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
        merged = shapely.union_all(shapely.polygons(flat), grid_size=SNAP_M)
        return shapely.simplify(shapely.make_valid(merged), SIMPLIFY_M)


def tessellate(file: Any, elements: Iterable[Any]) -> dict[str, Shape]:
    """The shapes of these elements by GlobalId; what has no geometry is left out."""
    import ifcopenshell.geom

    wanted = [e for e in elements if getattr(e, "Representation", None) is not None]
    if not wanted:
        return {}
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    iterator = ifcopenshell.geom.iterator(settings, file, 2, include=wanted)
    shapes: dict[str, Shape] = {}
    if not iterator.initialize():
        return shapes
    while True:
        made = iterator.get()
        vertices = np.asarray(made.geometry.verts, dtype=np.float64).reshape(-1, 3)
        faces = np.asarray(made.geometry.faces, dtype=np.int64).reshape(-1, 3)
        if len(faces):
            shapes[made.guid] = Shape(vertices=vertices, faces=faces)
        if not iterator.next():
            return shapes


def polygons_of(geometry: BaseGeometry) -> tuple[Polygon, ...]:
    """Our polygons from a shapely geometry, slivers left out."""
    parts = geometry.geoms if isinstance(geometry, MultiPolygon) else getattr(geometry, "geoms", [geometry])
    found = [p for p in parts if isinstance(p, ShapelyPolygon) and p.area > AREA_MIN_M2]
    return tuple(
        Polygon(
            outer=_ring(p.exterior), holes=tuple(_ring(h) for h in p.interiors if ShapelyPolygon(h).area > AREA_MIN_M2)
        )
        for p in found[:PARTS_MAX]
    )


def _ring(line: Any) -> Ring:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in list(line.coords)[:-1])
