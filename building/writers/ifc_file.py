"""The plain building blocks of an IFC4 file: products with a place and a body, relations, property sets.

The same building gives the same bytes: GlobalIds are those of the source, else made from our ids, and the header has
no clock.
"""

from __future__ import annotations

import json
import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from building.model import XY, XYZ, Entity, Polygon

GUID_LENGTH = 22
LABEL_MAX = 255
"""IFC allows a label no more characters."""
NO_CLOCK = "1970-01-01T00:00:00"
DECIMALS = 6
PLACE_DECIMALS = 9
_NAMESPACE = uuid.UUID("5f0c6d5e-2a53-5d0a-9d5b-1f4c1c9d7a10")


class IfcFile:
    """An IFC4 file in the making, in metres. ``body`` and ``footprint`` are its two representation contexts."""

    def __init__(self, name: str) -> None:
        import ifcopenshell

        self.file = ifcopenshell.file(schema="IFC4")
        header = self.file.header
        header.file_description.description = ("ViewDefinition [ReferenceView_V1.2]",)
        header.file_name.name = name
        header.file_name.time_stamp = NO_CLOCK
        header.file_name.preprocessor_version = header.file_name.originating_system = "halltwin"
        self._used: set[str] = set()
        self._contained: dict[Any, list[Any]] = defaultdict(list)
        self._parts: dict[Any, list[Any]] = defaultdict(list)
        self._frame = self.file.createIfcAxis2Placement3D(self.point((0.0, 0.0, 0.0)))

    # identity

    def guid(self, entity: Entity | str, part: str = "") -> str:
        """The GlobalId the entity came with, else one made from its id; ``part`` names what we add to it."""
        import ifcopenshell.guid

        source = None if isinstance(entity, str) or part else entity.source
        if source and source.scheme == "ifc" and len(source.value) == GUID_LENGTH and source.value not in self._used:
            self._used.add(source.value)
            return source.value
        name = f"{entity if isinstance(entity, str) else entity.id}/{part}"
        while (made := ifcopenshell.guid.compress(uuid.uuid5(_NAMESPACE, name).hex)) in self._used:
            name += "'"
        self._used.add(made)
        return str(made)

    # geometry

    def point(self, at: Sequence[float]) -> Any:
        return self.file.createIfcCartesianPoint([round(float(v), DECIMALS) + 0.0 for v in at])

    def direction(self, along: Sequence[float]) -> Any:
        return self.file.createIfcDirection([round(float(v), PLACE_DECIMALS) + 0.0 for v in along])

    def placement(self, within: Any, at: XYZ = (0.0, 0.0, 0.0), yaw_deg: float = 0.0) -> Any:
        """A place within that of another product (None: the world), turned about the vertical."""
        axes = self.file.createIfcAxis2Placement3D(self.point(at))
        if yaw_deg:
            axes.Axis = self.direction((0.0, 0.0, 1.0))
            axes.RefDirection = self.direction((math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg)), 0.0))
        return self.file.createIfcLocalPlacement(within and within.ObjectPlacement, axes)

    def prism(self, polygon: Polygon, height_m: float, origin: Sequence[float] = (0.0, 0.0), z_m: float = 0.0) -> Any:
        """The polygon raised from ``z_m``; its coordinates count from ``origin``, where the product stands."""
        rings = [self.closed(ring, origin) for ring in (polygon.outer, *polygon.holes)]
        if polygon.holes:
            profile = self.file.createIfcArbitraryProfileDefWithVoids("AREA", None, rings[0], rings[1:])
        else:
            profile = self.file.createIfcArbitraryClosedProfileDef("AREA", None, rings[0])
        return self.extruded(profile, (0.0, 0.0, z_m), height_m)

    def closed(self, ring: Iterable[XY], origin: Sequence[float], yaw_deg: float = 0.0) -> Any:
        """A ring as seen from a product that stands at ``origin`` and is turned by ``yaw_deg``."""
        points = [self.point(seen_from(p, origin, yaw_deg)) for p in ring]
        return self.file.createIfcPolyline([*points, points[0]])

    def extruded(self, profile: Any, at: XYZ, height_m: float) -> Any:
        place = self.file.createIfcAxis2Placement3D(self.point(at))
        up = self.direction((0.0, 0.0, 1.0))
        return self.file.createIfcExtrudedAreaSolid(profile, place, up, round(height_m, DECIMALS))

    def box(self, length_m: float, depth_m: float, height_m: float, z_m: float = 0.0) -> Any:
        """Centred on the product's place, rising from ``z_m`` above it."""
        profile = self.file.createIfcRectangleProfileDef("AREA", None, None, length_m, depth_m)
        return self.extruded(profile, (0.0, 0.0, z_m), height_m)

    def slope(self, foot: XYZ, head: XYZ, width_m: float, thickness_m: float) -> Any:
        """A straight slab whose upper side rises from foot to head; it ends on the floor that it begins on."""
        run, rise = math.dist(foot[:2], head[:2]), head[2] - foot[2]
        ux, uy = (head[0] - foot[0]) / run, (head[1] - foot[1]) / run
        under = max(rise - thickness_m, 0.0)
        side = [(0.0, 0.0), (run, rise), (run, under), (run * (1 - under / rise), 0.0)]
        points = [self.point(p) for p in side]
        profile = self.file.createIfcArbitraryClosedProfileDef(
            "AREA", None, self.file.createIfcPolyline([*points, points[0]])
        )
        # The profile stands upright along the run: its x the way, its y the vertical, its z across to the right.
        corner = (foot[0] - uy * width_m / 2, foot[1] + ux * width_m / 2, foot[2])
        place = self.file.createIfcAxis2Placement3D(
            self.point(corner), self.direction((uy, -ux, 0.0)), self.direction((ux, uy, 0.0))
        )
        up = self.direction((0.0, 0.0, 1.0))
        return self.file.createIfcExtrudedAreaSolid(profile, place, up, round(width_m, DECIMALS))

    def line(self, points: Iterable[Sequence[float]]) -> Any:
        return self.file.createIfcPolyline([self.point(p) for p in points])

    def shape(self, solids: Sequence[Any], lines: Sequence[Any] = (), name: str = "FootPrint") -> Any:
        """What a product looks like: its body, and lines on plan."""
        shown = []
        if solids:
            shown.append(self.file.createIfcShapeRepresentation(self.body, "Body", "SweptSolid", solids))
        if lines:
            kind = f"Curve{len(lines[0].Points[0].Coordinates)}D"
            shown.append(self.file.createIfcShapeRepresentation(self.footprint, name, kind, lines))
        return self.file.createIfcProductDefinitionShape(None, None, shown) if shown else None

    # structure

    def begin(self, project_id: str, name: str, north: XY | None) -> Any:
        """The project with its units and contexts."""
        f = self.file
        units = [
            f.createIfcSIUnit(None, kind, None, unit)
            for kind, unit in (
                ("LENGTHUNIT", "METRE"), ("AREAUNIT", "SQUARE_METRE"), ("VOLUMEUNIT", "CUBIC_METRE"),
                ("PLANEANGLEUNIT", "RADIAN"), ("TIMEUNIT", "SECOND"),
            )
        ]  # fmt: skip
        model = f.createIfcGeometricRepresentationContext(
            None, "Model", 3, 1e-5, self._frame, north and self.direction(north)
        )
        self.body, self.footprint = (
            f.createIfcGeometricRepresentationSubContext(
                name, "Model", None, None, None, None, model, None, target, None
            )
            for name, target in (("Body", "MODEL_VIEW"), ("FootPrint", "PLAN_VIEW"))
        )
        return f.createIfcProject(
            self.guid(project_id), None, name, None, None, name, None, [model], f.createIfcUnitAssignment(units)
        )

    def product(self, kind: str, entity: Entity | str, *, part: str = "", **members: Any) -> Any:
        return self.file.create_entity(kind, GlobalId=self.guid(entity, part), **members)

    def contain(self, where: Any, product: Any) -> None:
        """The product stands in this storey or on this site."""
        self._contained[where].append(product)

    def compose(self, whole: Any, part: Any) -> None:
        self._parts[whole].append(part)

    def finish(self) -> None:
        """Writes the relations that were collected."""
        for whole, parts in self._parts.items():
            self.relate("IfcRelAggregates", whole, "parts", RelatingObject=whole, RelatedObjects=parts)
        for where, products in self._contained.items():
            self.relate(
                "IfcRelContainedInSpatialStructure", where, "contents",
                RelatingStructure=where, RelatedElements=products,
            )  # fmt: skip

    def relate(self, kind: str, first: Any, part: str, **members: Any) -> Any:
        """A relation, named after the first of those it joins."""
        return self.file.create_entity(kind, GlobalId=self.guid(first.GlobalId, f"{kind}/{part}"), **members)

    # what is said

    def say(self, product: Any, name: str, values: Mapping[str, Any]) -> None:
        """A property set: words as labels; lists, maps and null as JSON in a text."""
        properties = [
            self.file.createIfcPropertySingleValue(key, None, self._value(value), None) for key, value in values.items()
        ]
        told = self.relate("IfcPropertySet", product, name, Name=name, HasProperties=properties)
        self.relate(
            "IfcRelDefinesByProperties", product, name, RelatedObjects=[product], RelatingPropertyDefinition=told
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, bool):
            return self.file.createIfcBoolean(value)
        if isinstance(value, int):
            return self.file.createIfcInteger(value)
        if isinstance(value, float):
            return self.file.createIfcReal(value)
        if isinstance(value, str) and len(value) <= LABEL_MAX:
            return self.file.createIfcLabel(value)
        return self.file.createIfcText(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def seen_from(at: XY, origin: Sequence[float], yaw_deg: float = 0.0) -> XY:
    """A point of the plan in the axes of what stands at ``origin``, turned by ``yaw_deg``."""
    x, y = at[0] - origin[0], at[1] - origin[1]
    if not yaw_deg:
        return x, y
    cos, sin = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    return x * cos + y * sin, y * cos - x * sin
