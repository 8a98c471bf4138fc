"""Storeys and spaces as the file has them: their heights, plans, and all words it has for their use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from building.formats.ifc.shapes import Shape
from building.formats.ifc.source import IfcSource, parts_of, storey_of, text_of
from building.survey import SeenFloor, SeenSpace

NO_STOREY = "no-storey"
OUTSIDE = ("EXTERNAL", "EXTERNAL_EARTH", "EXTERNAL_WATER", "EXTERNAL_FIRE")
GROSS = ("GFA", "BERTH")


def seen_floors(source: IfcSource) -> tuple[SeenFloor, ...]:
    """Every storey; a file without any gets one at level 0."""
    storeys = source.file.by_type("IfcBuildingStorey")
    if not storeys:
        return (SeenFloor(key=NO_STOREY, name={"en": "Level 0"}, number="L0", elevation_m=0.0),)
    placed = [float(source.placed(s)[2, 3]) for s in storeys]
    stated = [float(s.Elevation or 0.0) * source.unit_m for s in storeys]
    all_on_one = len(storeys) > 1 and max(placed) - min(placed) < 0.01 < max(stated) - min(stated)
    return tuple(
        SeenFloor(
            key=storey.GlobalId,
            name=text_of(storey.LongName, storey.Name, f"Level {i}"),
            number=(storey.Name or f"L{i}").strip(),
            elevation_m=level,
            source=source.source_id(storey),
        )
        for i, (storey, level) in enumerate(zip(storeys, stated if all_on_one else placed, strict=True))
    )


def seen_spaces(source: IfcSource, shapes: Mapping[str, Shape], warnings: list[str]) -> list[SeenSpace]:
    """Every IfcSpace that has a plan; one without, or a sum of others, is named in the warnings."""
    found = []
    for entity in source.file.by_type("IfcSpace"):
        name = entity.LongName or entity.Name or entity.GlobalId
        use = _use(entity)
        if use in GROSS:
            warnings.append(f"space {name} states an area of the whole floor, no room, and is left out")
            continue
        shape = shapes.get(entity.GlobalId)
        if shape is None:
            if not any(p.GlobalId in shapes for p in parts_of(entity)):
                warnings.append(f"space {name} has no shape and is left out")
            continue
        storey = storey_of(entity)
        found.append(
            SeenSpace(
                key=entity.GlobalId,
                name=text_of(entity.LongName, entity.Name, "Room"),
                floor=storey.GlobalId if storey is not None else NO_STOREY,
                plan=shape.plan(),
                z0_m=shape.z0_m,
                z1_m=shape.z1_m,
                number=(entity.Name or "").strip() or None,
                words=" ".join(filter(None, (entity.LongName, entity.Name, entity.ObjectType))),
                outdoors=use in OUTSIDE,
                source=source.source_id(entity),
            )
        )
    return found


def _use(entity: Any) -> str:
    """Inside, outside, or a sum of areas: IFC4 says it in one place, IFC2X3 in another."""
    for name in ("PredefinedType", "InteriorOrExteriorSpace"):
        value = getattr(entity, name, None)
        if value:
            return str(value)
    return ""
