"""Puts an IFC file's evidence together: floors, spaces, walls, openings, open edges and vertical links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from building.errors import UnreadableFile
from building.formats.ifc.adjacency import read_open_edges
from building.formats.ifc.links import read_links
from building.formats.ifc.openings import read_openings
from building.formats.ifc.shapes import Shape, polygons_of, tessellate
from building.formats.ifc.source import IfcSource, open_source, storey_of, text_of
from building.formats.ifc.spaces import SpaceShape, read_floors, read_spaces
from building.model import Building, Floor, Georeference, Wall

SHAPED = (
    "IfcSpace",
    "IfcWall",
    "IfcDoor",
    "IfcOpeningElement",
    "IfcStair",
    "IfcStairFlight",
    "IfcRamp",
    "IfcRampFlight",
    "IfcTransportElement",
)
ELEMENTS_MAX = 200_000


def read(path: Path) -> Building:
    """The building in this file. What could not be understood stands in its ``warnings``."""
    source = open_source(path)
    warnings: list[str] = []
    shapes = _shapes(source, warnings)
    spaces = read_spaces(source, shapes, warnings)
    walls = _walls(source, shapes)
    outlines = _outlines(source, spaces, walls)
    floors = read_floors(source, _unit_m(source), {key: _filled(plan) for key, plan in outlines.items()})
    hulls = {source.id("floor", s): _filled(outlines[s.GlobalId]) for s in _storeys(source) if s.GlobalId in outlines}
    openings = read_openings(source, shapes=shapes, spaces=spaces, floors=floors, hulls=hulls, warnings=warnings)
    openings += read_open_edges(source, spaces, [(plan, shape.z0_m, shape.z1_m) for _, plan, shape in walls])
    links = read_links(source, shapes, spaces, floors, warnings)
    if not spaces:
        warnings.append("the file holds no rooms (IfcSpace): it can be seen, but nothing in it can be routed to yet")
    first = next(iter(source.file.by_type("IfcBuilding")), None)
    project = source.file.by_type("IfcProject")[0]
    return Building(
        site=source.site,
        name=text_of(first and first.LongName, first and first.Name, project.LongName, project.Name, path.stem),
        georeference=_georeference(source),
        format="ifc",
        schema=source.schema,
        floors=floors,
        spaces=tuple(s.space for s in spaces),
        walls=tuple(_wall(source, floors, *w) for w in walls),
        openings=tuple(openings),
        vertical_links=tuple(links),
        warnings=tuple(warnings),
    )


def _shapes(source: IfcSource, warnings: list[str]) -> dict[str, Shape]:
    elements = [e for kind in SHAPED for e in source.file.by_type(kind) if _matters(e)]
    if len(elements) > ELEMENTS_MAX:
        raise UnreadableFile(
            path=str(source.path),
            what=f"the file holds {len(elements)} walls, doors and rooms, more than {ELEMENTS_MAX}",
            todo="Export one building, architecture only.",
        )
    shapes = tessellate(source.file, elements)
    missing = sum(e.GlobalId not in shapes for e in elements if e.Representation is not None)
    if missing:
        warnings.append(f"{missing} elements have a shape that could not be built and are left out")
    return shapes


def _matters(element: Any) -> bool:
    """Of the holes in walls only those a door fills: windows and niches lead nowhere."""
    if not element.is_a("IfcOpeningElement"):
        return True
    return any(r.RelatedBuildingElement.is_a("IfcDoor") for r in element.HasFillings or ())


def _walls(source: IfcSource, shapes: Mapping[str, Shape]) -> list[tuple[Any, BaseGeometry, Shape]]:
    found = []
    for wall in source.file.by_type("IfcWall"):
        shape = shapes.get(wall.GlobalId)
        if shape is None:
            parts = [p for r in wall.IsDecomposedBy or () for p in r.RelatedObjects]
            shape = next((shapes[p.GlobalId] for p in parts if p.GlobalId in shapes), None)
        if shape is not None:
            found.append((wall, shape.plan(), shape))
    return found


def _wall(source: IfcSource, floors: Sequence[Floor], wall: Any, plan: BaseGeometry, shape: Shape) -> Wall:
    storey = storey_of(wall)
    floor = source.id("floor", storey) if storey is not None else floors[0].id
    return Wall(
        id=source.id("wall", wall),
        name=text_of(wall.Name, "Wall"),
        source=source.source_id(wall),
        floor=floor,
        footprint=polygons_of(plan),
        z0_m=round(shape.z0_m, 3),
        height_m=round(max(shape.z1_m - shape.z0_m, 0.01), 3),
    )


def _outlines(
    source: IfcSource, spaces: Sequence[SpaceShape], walls: Sequence[tuple[Any, BaseGeometry, Shape]]
) -> dict[str, BaseGeometry]:
    """What is built on each storey, by the storey's GlobalId: its rooms and the walls at their height."""
    outlines = {}
    for storey in _storeys(source):
        own = [s for s in spaces if s.space.floor == source.id("floor", storey)]
        if own:
            low, high = min(s.z0_m for s in own), min(s.z1_m for s in own)
            around = [plan for _, plan, w in walls if w.z0_m < high - 0.5 and w.z1_m > low + 0.5]
        else:
            around = [plan for wall, plan, _ in walls if storey_of(wall) == storey]
        parts = [*(s.plan for s in own), *around]
        if parts:
            outlines[storey.GlobalId] = shapely.union_all(parts)
    return outlines


def _filled(plan: BaseGeometry) -> BaseGeometry:
    """Gaps between rooms and walls closed, courtyards kept when they are larger than a shaft."""
    closed = plan.buffer(0.3, join_style="mitre").buffer(-0.3, join_style="mitre")
    parts = [p for p in getattr(closed, "geoms", [closed]) if p.geom_type == "Polygon"]
    return shapely.union_all(
        [shapely.Polygon(p.exterior, [h for h in p.interiors if shapely.Polygon(h).area > 6.0]) for p in parts]
    )


def _storeys(source: IfcSource) -> list[Any]:
    return list(source.file.by_type("IfcBuildingStorey"))


def _unit_m(source: IfcSource) -> float:
    import ifcopenshell.util.unit

    return float(ifcopenshell.util.unit.calculate_unit_scale(source.file))


def _georeference(source: IfcSource) -> Georeference | None:
    site = next(iter(source.file.by_type("IfcSite")), None)
    if site is None or not site.RefLatitude or not site.RefLongitude:
        return None
    return Georeference(lon_deg=_degrees(site.RefLongitude), lat_deg=_degrees(site.RefLatitude))


def _degrees(compound: Sequence[int]) -> float:
    """Degrees, minutes, seconds, millionths of a second (IfcCompoundPlaneAngleMeasure)."""
    return round(sum(part / unit for part, unit in zip(compound, (1, 60, 3600, 3.6e9), strict=False)), 7)
