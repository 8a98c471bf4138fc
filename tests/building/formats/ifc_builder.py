"""Writes small IFC files for tests: storeys, rooms, walls with doors, stairs and lifts, in any schema and unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

XY = tuple[float, float]
UNITS = {"m": 1.0, "mm": 0.001, "cm": 0.01, "ft": 0.3048}


class IfcBuilder:
    """Everything is given in metres and in the building's own frame; the file is written in ``unit``.

    The whole house is turned by ``turned_deg`` and moved to ``moved_m`` by the placement of its site.
    """

    def __init__(
        self,
        schema: str = "IFC4",
        *,
        unit: str = "m",
        turned_deg: float = 0.0,
        moved_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        self.file: Any = ifcopenshell.file(schema=schema)
        self._scale = 1.0 / UNITS[unit]
        make = self.file.create_entity
        self._context = make(
            "IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, self._axes((0.0, 0.0, 0.0)), None
        )
        project = self._rooted("IfcProject", "test")
        project.UnitsInContext = make("IfcUnitAssignment", [self._length_unit(unit)])
        project.RepresentationContexts = [self._context]
        self.site = self._rooted("IfcSite", "site")
        angle = math.radians(turned_deg)
        self.site.ObjectPlacement = self._place(None, moved_m, x=(math.cos(angle), math.sin(angle), 0.0))
        self.building = self._rooted("IfcBuilding", "house")
        self.building.ObjectPlacement = self._place(self.site.ObjectPlacement)
        self.aggregate(project, [self.site])
        self.aggregate(self.site, [self.building])

    # the frame

    def storey(self, name: str, elevation_m: float, *, stated_m: float | None = None) -> Any:
        """``stated_m``: what the storey says of itself where it lies."""
        storey = self._rooted("IfcBuildingStorey", name)
        storey.ObjectPlacement = self._place(self.building.ObjectPlacement, (0.0, 0.0, elevation_m))
        storey.Elevation = (elevation_m if stated_m is None else stated_m) * self._scale
        self.aggregate(self.building, [storey])
        return storey

    def save(self, path: Path) -> Path:
        self.file.write(str(path))
        return path

    # what stands in it; z is measured from the storey

    def space(
        self,
        storey: Any,
        number: str,
        outline: Sequence[XY] | tuple[float, float, float, float],
        *,
        name: str = "Room",
        z_m: float = 0.0,
        height_m: float = 2.7,
        **attributes: Any,
    ) -> Any:
        space = self._shaped("IfcSpace", storey, number, self._prism(outline, z_m, height_m))
        space.LongName = name
        for key, value in attributes.items():
            setattr(space, key, value)
        self.aggregate(storey, [space])
        return space

    def wall(
        self, storey: Any, start: XY, end: XY, *, thickness_m: float = 0.2, z_m: float = 0.0, height_m: float = 3.0,
        entity: str = "IfcWall",
    ) -> Any:  # fmt: skip
        outline = _band(start, end, thickness_m)
        wall = self._shaped(entity, storey, f"wall {start} {end}", self._prism(outline, z_m, height_m))
        self.contain(storey, wall)
        return wall

    def walls_around(self, storey: Any, box: tuple[float, float, float, float], **options: Any) -> list[Any]:
        """Four walls, their middle lines 0.1 m outside the box: south, east, north, west."""
        x0, y0, x1, y1 = box[0] - 0.1, box[1] - 0.1, box[2] + 0.1, box[3] + 0.1
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        return [self.wall(storey, a, b, **options) for a, b in pairwise(corners)]

    def door(
        self,
        storey: Any,
        wall: Any | None,
        at: XY,
        *,
        along: XY = (1.0, 0.0),
        width_m: float = 0.9,
        height_m: float = 2.1,
        sill_m: float = 0.0,
        depth_m: float = 0.2,
        entity: str = "IfcDoor",
        with_shape: bool = True,
        **attributes: Any,
    ) -> Any:
        """A door whose middle is ``at``; with a wall it fills a hole of that wall."""
        outline = _band(
            (at[0] - along[0] * width_m / 2, at[1] - along[1] * width_m / 2),
            (at[0] + along[0] * width_m / 2, at[1] + along[1] * width_m / 2),
            depth_m,
            square_ends=False,
        )
        body = self._prism(outline, sill_m, height_m) if with_shape else None
        door = self._shaped(entity, storey, f"door {at}", body)
        start = (at[0] - along[0] * width_m / 2, at[1] - along[1] * width_m / 2, sill_m)
        if not with_shape:
            door.ObjectPlacement = self._place(storey.ObjectPlacement, start, x=(along[0], along[1], 0.0))
        door.OverallWidth, door.OverallHeight = width_m * self._scale, height_m * self._scale
        for key, value in attributes.items():
            setattr(door, key, value)
        self.contain(storey, door)
        if wall is not None:
            hole = self.hole(storey, wall, outline, sill_m=sill_m, height_m=height_m)
            self.fill(hole, door)
        return door

    def hole(self, storey: Any, wall: Any, outline: Sequence[XY], *, sill_m: float = 0.0, height_m: float = 2.1) -> Any:
        hole = self._shaped("IfcOpeningElement", storey, "hole", self._prism(outline, sill_m, height_m))
        self._rooted("IfcRelVoidsElement", None, RelatingBuildingElement=wall, RelatedOpeningElement=hole)
        return hole

    def stair(
        self, storey: Any, foot: XY, direction: XY, *, rise_m: float = 3.0, z_m: float = 0.0, width_m: float = 1.0,
        steps: int = 16, going_m: float = 0.25, entity: str = "IfcStair", flights: bool = True, name: str = "stair",
        **attributes: Any,
    ) -> Any:  # fmt: skip
        """A straight flight that rises from ``foot`` (middle of its first riser) in ``direction``."""
        flight = self._flight(foot, direction, (z_m, rise_m), width_m, (steps, going_m))
        stair = self._shaped(entity, storey, name, None if flights else flight)
        self.contain(storey, stair)
        for key, value in attributes.items():
            if hasattr(stair, key):
                setattr(stair, key, value)
        if not flights:
            return stair
        self.aggregate(stair, [self._shaped("IfcStairFlight", storey, name, flight)])
        return stair

    def tower(self, storey: Any, corner: XY, floors: int, *, height_m: float = 3.0, width_m: float = 1.1) -> Any:
        """One IfcStair through several floors: two flights a floor, back and forth, landings at half height."""
        stair = self._shaped("IfcStair", storey, "tower", None)
        self.contain(storey, stair)
        flights, landings = self._tower(corner, floors, height_m, width_m)
        parts = [self._shaped("IfcStairFlight", storey, "flight", f) for f in flights]
        parts += [self._shaped("IfcSlab", storey, "landing", f) for f in landings]
        self.aggregate(stair, parts)
        return stair

    def whole_tower(self, storey: Any, corner: XY, floors: int, *, height_m: float = 3.0, width_m: float = 1.1) -> Any:
        """The same as one shape without parts, with a landing at every floor."""
        flights, landings = self._tower(corner, floors, height_m, width_m)
        x, y = corner
        for i in range(floors):
            landings.append(self._prism((x, y - 1.1, x + 2.1 * width_m, y), i * height_m - 0.2, 0.2))
        stair = self._shaped("IfcStair", storey, "tower", flights[0])
        stair.Representation.Representations[0].Items = [*flights, *landings]
        self.contain(storey, stair)
        return stair

    def _tower(self, corner: XY, floors: int, height_m: float, width_m: float) -> tuple[list[Any], list[Any]]:
        (x, y), run_m = corner, 8 * 0.28
        flights, landings = [], []
        for i in range(floors - 1):
            base, half = i * height_m, height_m / 2
            flights.append(self._flight((x + width_m / 2, y), (0.0, 1.0), (base, half), width_m, (8, 0.28)))
            back = (x + 1.6 * width_m, y + run_m)
            flights.append(self._flight(back, (0.0, -1.0), (base + half, half), width_m, (8, 0.28)))
            landings.append(self._prism((x, y + run_m, x + 2.1 * width_m, y + run_m + 1.1), base + half - 0.2, 0.2))
        return flights, landings

    def spiral(self, storey: Any, middle: XY, *, rise_m: float = 3.0, radius_m: float = 1.1, steps: int = 16) -> Any:
        """An IfcStair of wedges around a newel, without flights."""
        wedges = []
        for i in range(steps):
            a, b = (2 * math.pi * 0.9 * k / steps for k in (i, i + 1))
            ring = [middle, *((middle[0] + radius_m * math.cos(t), middle[1] + radius_m * math.sin(t)) for t in (a, b))]
            wedges.append(self._prism(ring, (i + 1) * rise_m / steps - 0.05, 0.05))
        stair = self._shaped("IfcStair", storey, "spiral", wedges[0])
        stair.Representation.Representations[0].Items = wedges
        self.contain(storey, stair)
        return stair

    def ramp(
        self, storey: Any, foot: XY, direction: XY, *, length_m: float, rise_m: float = 3.0, width_m: float = 1.5
    ) -> Any:
        (dx, dy), thick = direction, 0.2
        left = (foot[0] - dy * width_m / 2, foot[1] + dx * width_m / 2, 0.0)
        profile = [(0.0, 0.0), (length_m, rise_m), (length_m, rise_m - thick), (thick, 0.0)]
        ramp = self._shaped(
            "IfcRamp", storey, "ramp", self._extruded(profile, self._axes(left, z=(dy, -dx, 0), x=(dx, dy, 0)), width_m)
        )
        self.contain(storey, ramp)
        return ramp

    def box(self, entity: str, storey: Any, name: str, outline: Any, *, z_m: float, height_m: float) -> Any:
        """Any other element: a lift, a proxy, a column."""
        made = self._shaped(entity, storey, name, self._prism(outline, z_m, height_m))
        self.contain(storey, made)
        return made

    def boundary(self, space: Any, element: Any | None, *, kind: str = "PHYSICAL") -> Any:
        return self._rooted(
            "IfcRelSpaceBoundary", None, RelatingSpace=space, RelatedBuildingElement=element,
            PhysicalOrVirtualBoundary=kind, InternalOrExternalBoundary="INTERNAL",
        )  # fmt: skip

    def has(self, element: Any, pset: str, **values: Any) -> None:
        """Gives an element a property set."""
        kinds = {bool: "IfcBoolean", str: "IfcLabel"}
        properties = [
            self.file.create_entity(
                "IfcPropertySingleValue", name, None, self.file.create_entity(kinds[type(value)], value), None
            )
            for name, value in values.items()
        ]
        one = self._rooted("IfcPropertySet", pset, HasProperties=properties)
        self._rooted("IfcRelDefinesByProperties", None, RelatedObjects=[element], RelatingPropertyDefinition=one)

    def aggregate(self, whole: Any, parts: list[Any]) -> None:
        self._rooted("IfcRelAggregates", None, RelatingObject=whole, RelatedObjects=parts)

    def fill(self, hole: Any, door: Any) -> None:
        self._rooted("IfcRelFillsElement", None, RelatingOpeningElement=hole, RelatedBuildingElement=door)

    # the pieces of a file

    def contain(self, storey: Any, element: Any) -> None:
        self._rooted(
            "IfcRelContainedInSpatialStructure", None, RelatedElements=[element], RelatingStructure=storey
        )  # fmt: skip

    def _rooted(self, entity: str, name: str | None, **attributes: Any) -> Any:
        return self.file.create_entity(entity, GlobalId=ifcopenshell.guid.new(), Name=name, **attributes)

    def _shaped(self, entity: str, storey: Any, name: str, solid: Any | None) -> Any:
        made = self._rooted(entity, name)
        made.ObjectPlacement = self._place(storey.ObjectPlacement)
        if solid is not None:
            shape = self.file.create_entity("IfcShapeRepresentation", self._context, "Body", "SweptSolid", [solid])
            made.Representation = self.file.create_entity("IfcProductDefinitionShape", None, None, [shape])
        return made

    def _prism(self, outline: Any, z_m: float, height_m: float) -> Any:
        return self._extruded(_ring(outline), self._axes((0.0, 0.0, z_m)), height_m)

    def _flight(
        self, foot: XY, direction: XY, height: tuple[float, float], width_m: float, treads: tuple[int, float]
    ) -> Any:
        """A saw-tooth profile, drawn in the plane of walking and extruded across it."""
        (z_m, rise_m), (steps, going_m) = height, treads
        riser = rise_m / steps
        profile = [(0.0, 0.0)]
        for i in range(steps):
            profile += [(i * going_m, (i + 1) * riser), ((i + 1) * going_m, (i + 1) * riser)]
        profile += [(steps * going_m, rise_m - 0.25)] if rise_m > 0.5 else []
        profile.append((going_m, 0.0))
        dx, dy = direction
        left = (foot[0] - dy * width_m / 2, foot[1] + dx * width_m / 2, z_m)
        return self._extruded(profile, self._axes(left, z=(dy, -dx, 0.0), x=(dx, dy, 0.0)), width_m)

    def _extruded(self, ring: Sequence[XY], axes: Any, depth_m: float) -> Any:
        make = self.file.create_entity
        points = [make("IfcCartesianPoint", (x * self._scale, y * self._scale)) for x, y in ring]
        profile = make("IfcArbitraryClosedProfileDef", "AREA", None, make("IfcPolyline", [*points, points[0]]))
        up = make("IfcDirection", (0.0, 0.0, 1.0))
        return make("IfcExtrudedAreaSolid", profile, axes, up, depth_m * self._scale)

    def _place(
        self, parent: Any, at: tuple[float, float, float] = (0.0, 0.0, 0.0), x: tuple[float, float, float] = (1, 0, 0)
    ) -> Any:
        return self.file.create_entity("IfcLocalPlacement", parent, self._axes(at, x=x))

    def _axes(
        self,
        at: tuple[float, float, float],
        *,
        z: tuple[float, float, float] = (0.0, 0.0, 1.0),
        x: tuple[float, float, float] = (1.0, 0.0, 0.0),
    ) -> Any:
        make = self.file.create_entity
        scaled = tuple(float(c * self._scale) for c in at)
        directions = [make("IfcDirection", tuple(float(c) for c in d)) for d in (z, x)]
        return make("IfcAxis2Placement3D", make("IfcCartesianPoint", scaled), *directions)

    def _length_unit(self, unit: str) -> Any:
        make = self.file.create_entity
        prefix = {"m": None, "mm": "MILLI", "cm": "CENTI", "ft": None}[unit]
        metre = make("IfcSIUnit", None, "LENGTHUNIT", prefix, "METRE")
        if unit != "ft":
            return metre
        dimensions = make("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
        factor = make("IfcMeasureWithUnit", make("IfcLengthMeasure", 0.3048), metre)
        return make("IfcConversionBasedUnit", dimensions, "LENGTHUNIT", "FOOT", factor)


def _ring(outline: Any) -> list[XY]:
    if isinstance(outline[0], (int, float)):
        x0, y0, x1, y1 = outline
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return list(outline)


def _band(start: XY, end: XY, thickness_m: float, *, square_ends: bool = True) -> list[XY]:
    """The outline of a straight wall; ``square_ends``: longer by half its thickness, so that corners close."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    h = thickness_m / 2
    ux, uy = (x1 - x0) / length * h, (y1 - y0) / length * h
    ex, ey = (ux, uy) if square_ends else (0.0, 0.0)
    return [
        (x0 - ex + uy, y0 - ey - ux),
        (x1 + ex + uy, y1 + ey - ux),
        (x1 + ex - uy, y1 + ey + ux),
        (x0 - ex - uy, y0 - ey + ux),
    ]
