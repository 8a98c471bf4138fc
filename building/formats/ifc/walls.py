"""Everything that stands in the way on a floor: walls, curtain walls and their panes, railings, columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import shapely

from building.formats.ifc.shapes import Shape, merged
from building.formats.ifc.source import IfcSource, parts_of, property_of, storey_of, text_of
from building.formats.ifc.spaces import NO_STOREY
from building.survey import SeenWall

RAILING_HEIGHT_MAX_M = 1.6  # a higher one follows a stair
PROXY_HEIGHT_MIN_M = 1.5
PROXY_THICKNESS_MAX_M = 0.6
PROXY_FACES_MAX = 300
_KINDS = (
    ("IfcWall", "interior"),
    ("IfcCurtainWall", "glass"),
    ("IfcPlate", "glass"),
    ("IfcWindow", "glass"),
    ("IfcRailing", "railing"),
    ("IfcColumn", "column"),
    ("IfcBuildingElementProxy", "partition"),
)
IN_WALLS = ("IfcMember", "IfcBuildingElementPart")
_MADE_OF = ("IfcPlate", "IfcMember", "IfcBuildingElementPart", "IfcWall", "IfcWindow")


def wall_elements(source: IfcSource) -> Iterator[Any]:
    """What has to be given a shape so that walls can be seen."""
    for kind, _ in _KINDS:
        for element in source.file.by_type(kind):
            if kind == "IfcWindow" and element.FillsVoids:
                continue  # the wall around it is whole
            if kind == "IfcBuildingElementProxy" and _faces(element) > PROXY_FACES_MAX:
                continue  # a sofa, a tree: no partition has so many
            yield element
    for kind in ("IfcCurtainWall", "IfcWall"):
        for element in source.file.by_type(kind):
            yield from (p for p in parts_of(element) if p.is_a("IfcMember") or p.is_a("IfcBuildingElementPart"))


def seen_walls(source: IfcSource, shapes: Mapping[str, Shape]) -> list[SeenWall]:
    """One wall an element; panes and frames belong to the curtain wall they make up."""
    found = []
    done: set[str] = set()
    for kind, ours in _KINDS:
        for element in source.file.by_type(kind):
            own = [element, *(p for p in parts_of(element) if any(p.is_a(k) for k in _MADE_OF))]
            ids = [e.GlobalId for e in own if e.GlobalId in shapes and e.GlobalId not in done]
            if element.GlobalId in done or not ids:
                continue
            done.update(ids)
            wall = _wall(source, element, ours, merged(shapes[i] for i in ids))
            if wall is not None:
                found.append(wall)
    return found


def _wall(source: IfcSource, element: Any, kind: str, shape: Shape) -> SeenWall | None:
    height_m, plan = shape.z1_m - shape.z0_m, shape.plan()
    if kind == "railing" and (height_m > RAILING_HEIGHT_MAX_M or _of_stair(element)):
        return None
    if kind == "partition" and not (height_m >= PROXY_HEIGHT_MIN_M and _is_thin(plan)):
        return None
    storey = storey_of(element)
    return SeenWall(
        key=element.GlobalId,
        name=text_of(element.Name, element.is_a()[3:]),
        floor=storey.GlobalId if storey is not None else NO_STOREY,
        plan=plan,
        z0_m=shape.z0_m,
        z1_m=shape.z1_m,
        kind="exterior" if kind == "interior" and property_of(element, "IsExternal") is True else kind,
        source=source.source_id(element),
    )


def _of_stair(element: Any) -> bool:
    return any(
        r.RelatingObject.is_a("IfcStair") or r.RelatingObject.is_a("IfcRamp")
        for r in getattr(element, "Decomposes", None) or ()
    )


def _is_thin(plan: shapely.Geometry) -> bool:
    """Like a wall on plan: a long outline around little."""
    return bool(plan.length > 0 and 2 * plan.area / plan.length <= PROXY_THICKNESS_MAX_M)


def _faces(element: Any) -> int:
    """How many faces its shape has, as far as they are listed one by one."""
    waiting = [i for r in getattr(element.Representation, "Representations", None) or () for i in r.Items]
    count = 0
    while waiting:
        item = waiting.pop()
        if item.is_a("IfcMappedItem"):
            waiting += item.MappingSource.MappedRepresentation.Items
        elif item.is_a("IfcManifoldSolidBrep"):
            count += len(item.Outer.CfsFaces)
        elif item.is_a("IfcTriangulatedFaceSet"):
            count += len(item.CoordIndex)
        elif item.is_a("IfcPolygonalFaceSet"):
            count += len(item.Faces)
    return count
