"""Storeys become floors and IfcSpaces become spaces; what nobody walks in is typed so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from building.formats.ifc.shapes import Shape, polygons_of
from building.formats.ifc.source import IfcSource, storey_of, text_of
from building.model import Floor, Space

# What a name says in the languages of the files at hand: (kind, walkable).
_KINDS: tuple[tuple[str, bool, re.Pattern[str]], ...] = tuple(
    (kind, walkable, re.compile(pattern, re.IGNORECASE))
    for kind, walkable, pattern in (
        ("roof", False, r"\broof\b|\bdach\b|屋面|屋顶"),
        ("attic", False, r"\battic\b|\bloft\b|dachboden|spitzboden|阁楼"),
        ("shaft", False, r"\bshaft\b|\belev(ator)?\b|\blift\b|schacht|电梯井|管井|竖井"),
        ("void", False, r"\bvoid\b|luftraum|中空|上空"),
        ("stair", True, r"\bstairs?(well|case)?\b|treppe|楼梯"),
        ("corridor", True, r"corridor|hallway|passage|\bflur\b|走廊|过道"),
        ("lobby", True, r"foyer|lobby|entrance|diele|门厅|大厅"),
        ("toilet", True, r"toilet|\bwc\b|restroom|bath|卫生间|厕所"),
    )
)
DEFAULT_HEIGHT_M = 3.0
GROUND_TOLERANCE_M = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceShape:
    """A space with its plan and its height, as geometry to ask questions of."""

    space: Space
    plan: BaseGeometry
    z0_m: float
    z1_m: float


def read_floors(source: IfcSource, unit_m: float, outlines: Mapping[str, BaseGeometry]) -> tuple[Floor, ...]:
    """All storeys, lowest first. Ordinal 0 is the storey nearest to level 0 (or the first above it)."""
    storeys = sorted(source.file.by_type("IfcBuildingStorey"), key=lambda s: _elevation(s, unit_m))
    elevations = [_elevation(s, unit_m) for s in storeys]
    ground = min(range(len(storeys)), key=lambda i: (abs(elevations[i]), i))
    floors = []
    for i, storey in enumerate(storeys):
        above = elevations[i + 1] if i + 1 < len(storeys) else elevations[i] + DEFAULT_HEIGHT_M
        floors.append(
            Floor(
                id=source.id("floor", storey),
                name=text_of(storey.LongName, storey.Name, f"Level {i}"),
                source=source.source_id(storey),
                number=(storey.Name or f"L{i}").strip(),
                ordinal=i - ground,
                elevation_m=round(elevations[i], 3),
                height_m=round(max(above - elevations[i], 0.1), 3),
                outline=polygons_of(outlines[storey.GlobalId]) if storey.GlobalId in outlines else (),
            )
        )
    return tuple(floors)


def read_spaces(source: IfcSource, shapes: Mapping[str, Shape], warnings: list[str]) -> list[SpaceShape]:
    """Every IfcSpace that has a plan; one without is named in the warnings."""
    found = []
    for entity in source.file.by_type("IfcSpace"):
        storey = storey_of(entity)
        shape = shapes.get(entity.GlobalId)
        if storey is None or shape is None:
            warnings.append(f"space {entity.Name or entity.GlobalId} has no storey or no shape and is left out")
            continue
        kind, walkable = _kind_of(entity)
        plan = shape.plan()
        space = Space(
            id=source.id("space", entity),
            name=text_of(entity.LongName, entity.Name, "Room"),
            source=source.source_id(entity),
            floor=source.id("floor", storey),
            number=(entity.Name or "").strip() or None,
            kind=kind,
            footprint=polygons_of(plan),
            z0_m=round(shape.z0_m, 3),
            height_m=round(shape.z1_m - shape.z0_m, 3),
            walkable=walkable,
        )
        if not space.footprint:
            warnings.append(f"space {entity.Name or entity.GlobalId} covers no floor and is left out")
            continue
        found.append(SpaceShape(space=space, plan=plan, z0_m=shape.z0_m, z1_m=shape.z1_m))
    return found


def _kind_of(entity: Any) -> tuple[str, bool]:
    words = " ".join(filter(None, (entity.LongName, entity.Name, getattr(entity, "ObjectType", None))))
    return next(((kind, walkable) for kind, walkable, pattern in _KINDS if pattern.search(words)), ("room", True))


def _elevation(storey: Any, unit_m: float) -> float:
    """Metres in the world frame: the placement counts, ``Elevation`` is only a label where the two differ."""
    import ifcopenshell.util.placement

    if storey.ObjectPlacement is not None:
        return float(ifcopenshell.util.placement.get_local_placement(storey.ObjectPlacement)[2][3]) * unit_m
    return float(storey.Elevation or 0.0) * unit_m
