"""The house in IFC: storeys, rooms, walls with their openings, doors, and where one passes without a door."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from building.labels import to_shape
from building.masonry import TOUCH_M, runs_along
from building.model import OUT, XY, XYZ, Building, Entity, Floor, Opening, Polygon, Space, Wall
from building.texts import text
from building.writers.ifc_assumed import assumed_walls, depth_between
from building.writers.ifc_file import IfcFile
from building.writers.ifc_told import Teller
from building.writers.writer import Loss

LEAF_M = 0.06
SHEET_M = 0.01
"""How thick the face is that stands for a place where one passes without a door."""
REVEAL_M = 0.02
"""An opening is this much deeper than its wall, so that no skin of it is left."""
FLAT_M = 0.05
LEAFLESS = frozenset({"open", "opening", "passage"})

_OPERATIONS = {
    "automatic": "DOUBLE_DOOR_SLIDING", "rolling": "ROLLINGUP", "sliding": "SLIDING_TO_LEFT", "revolving": "REVOLVING",
    "folding": "FOLDING_TO_LEFT",
}  # fmt: skip
_GATES = frozenset({"gate", "turnstile"})
DOUBLE_FROM_M = 1.3
_WALLS = {"partition": "PARTITIONING", "glass": "PARTITIONING", "counter": "PARAPET", "exterior": "SOLIDWALL"}


@dataclass(slots=True, kw_only=True)
class Draft:
    """The file in the making, and what stands in it already, by our ids."""

    b: Building
    out: IfcFile
    teller: Teller
    site: Any
    house: Any
    storeys: dict[str, Any] = field(default_factory=dict)
    levels: dict[str, float] = field(default_factory=dict)
    spaces: dict[str, Any] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def within(self, floor: str, at: XYZ, yaw_deg: float = 0.0) -> Any:
        """A place on a storey, by its absolute coordinates."""
        return self.out.placement(self.storeys[floor], (at[0], at[1], at[2] - self.levels[floor]), yaw_deg)

    def tell(self, product: Any, entity: Entity) -> None:
        self.out.say(product, *self.teller.told(entity))


def write_shell(d: Draft) -> None:
    for floor in d.b.floors:
        _storey(d, floor)
    for space in d.b.spaces:
        _space(d, space)
    standing = (*d.b.walls, *assumed_walls(d.b))
    walls = {f.id: _Walls(d, [w for w in standing if w.floor == f.id]) for f in d.b.floors}
    for opening in d.b.openings:
        _opening(d, opening, walls[opening.floor])


def _storey(d: Draft, floor: Floor) -> None:
    solids = [d.out.prism(p, SHEET_M) for p in floor.outline]
    d.levels[floor.id] = floor.elevation_m
    d.storeys[floor.id] = storey = d.out.product(
        "IfcBuildingStorey", floor, Name=floor.number, LongName=text(floor.name), Elevation=floor.elevation_m,
        CompositionType="ELEMENT", ObjectPlacement=d.out.placement(d.house, (0.0, 0.0, floor.elevation_m)),
    )  # fmt: skip
    d.out.compose(d.house, storey)
    d.out.say(storey, "Pset_BuildingStoreyCommon", {"EntranceLevel": floor.ordinal == 0})
    d.tell(storey, floor)
    if solids:
        slab = d.out.product(
            "IfcSlab", floor, part="slab", Name=f"{floor.number} slab", PredefinedType="FLOOR",
            ObjectPlacement=d.within(floor.id, (0.0, 0.0, floor.elevation_m - SHEET_M)),
            Representation=d.out.shape(solids),
        )  # fmt: skip
        d.out.contain(storey, slab)


def _space(d: Draft, space: Space) -> None:
    origin = origin_of(space.footprint, space.z0_m)
    d.spaces[space.id] = made = d.out.product(
        "IfcSpace", space, Name=space.number or space.key, LongName=text(space.name), ObjectType=space.kind,
        CompositionType="ELEMENT", PredefinedType="INTERNAL", ObjectPlacement=d.within(space.floor, origin),
        Representation=d.out.shape([d.out.prism(p, space.height_m, origin) for p in space.footprint]),
    )  # fmt: skip
    d.out.compose(d.storeys[space.floor], made)
    d.out.say(made, "Pset_SpaceCommon", {"IsExternal": False, "PubliclyAccessible": space.access == "public"})
    d.tell(made, space)


class _Walls:
    """The walls of a storey, each cut once for every door in it."""

    def __init__(self, d: Draft, walls: Sequence[Wall]) -> None:
        import shapely

        self._d = d
        self._drawn = [(wall, self._draw(wall), to_shape(wall.footprint)) for wall in walls]
        self._tree = shapely.STRtree([body for *_, body in self._drawn])

    def _draw(self, wall: Wall) -> Any:
        d, origin = self._d, origin_of(wall.footprint, wall.z0_m)
        lines = [d.out.line((x - origin[0], y - origin[1]) for x, y in wall.line)] if wall.line else []
        members: dict[str, Any] = {
            "Name": text(wall.name) or wall.key,
            "ObjectType": wall.kind,
            "ObjectPlacement": d.within(wall.floor, origin),
            "Representation": d.out.shape(
                [d.out.prism(p, wall.height_m, origin) for p in wall.footprint], lines, "Axis"
            ),
        }
        if wall.kind == "railing":
            made = d.out.product("IfcRailing", wall, PredefinedType="GUARDRAIL", **members)
        else:
            made = d.out.product("IfcWall", wall, PredefinedType=_WALLS.get(wall.kind, "STANDARD"), **members)
        d.out.contain(d.storeys[wall.floor], made)
        fire = {"FireRating": f"{wall.fire_rating_h:g} h"} if wall.fire_rating_h else {}
        d.out.say(made, "Pset_WallCommon", {"IsExternal": wall.kind == "exterior"} | fire)
        d.tell(made, wall)
        return made

    def around(self, opening: Opening) -> Iterator[tuple[Any, float]]:
        """The walls it goes through, the one that holds most of it first, with how deep each is there."""
        import shapely

        line = shapely.LineString(opening.line)
        found = []
        for i in self._tree.query(line.buffer(TOUCH_M), predicate="intersects"):
            wall, made, body = self._drawn[i]
            meets = wall.z0_m < opening.z0_m + opening.height_m and opening.z0_m < wall.z0_m + wall.height_m
            if meets and runs_along(opening, body):
                found.append((-line.intersection(body.buffer(TOUCH_M)).length, i, made, _depth(line, body)))
        for *_, made, depth_m in sorted(found, key=lambda f: f[:2]):
            yield made, depth_m


def _depth(line: Any, body: Any) -> float:
    """How far the wall reaches to either side of the line, both ways together."""
    import shapely

    (x0, y0), (x1, y1) = line.coords
    across = (-(y1 - y0) / line.length, (x1 - x0) / line.length)
    here = body.intersection(line.buffer(1.0, cap_style="flat"))
    points = shapely.get_coordinates(here)
    away = [abs((x - x0) * across[0] + (y - y0) * across[1]) for x, y in points]
    return 2 * max(away, default=0.0)


def _opening(d: Draft, o: Opening, walls: _Walls) -> None:
    (x0, y0), (x1, y1) = o.line
    if o.width_m == 0.0:
        d.losses.append(Loss(what="openings", count=1, reason=f"{o.key} has no width"))
        return
    middle: XYZ = ((x0 + x1) / 2, (y0 + y1) / 2, o.z0_m)
    yaw_deg = math.degrees(math.atan2(y1 - y0, x1 - x0))
    holes = _holes(d, o, walls, d.within(o.floor, middle, yaw_deg))
    if o.kind in LEAFLESS:
        made = holes[0] if holes else _face(d, o, middle, yaw_deg)
    else:
        made = _door(d, o, middle, yaw_deg, LEAF_M if holes else depth_between(d.b, o))
        if holes:
            d.out.relate("IfcRelFillsElement", made, "", RelatingOpeningElement=holes[0], RelatedBuildingElement=made)
    if made not in holes:
        d.out.contain(d.storeys[o.floor], made)
    d.tell(made, o)
    _boundaries(d, o, made)


def _holes(d: Draft, o: Opening, walls: _Walls, place: Any) -> list[Any]:
    """One in each wall it goes through; without a leaf, the first is the opening itself."""
    holes = []
    for n, (wall, depth_m) in enumerate(walls.around(o)):
        hole = d.out.product(
            "IfcOpeningElement", o, part="" if o.kind in LEAFLESS and not n else f"hole {n}",
            Name=text(o.name) or o.key, ObjectType=o.kind, PredefinedType="OPENING", ObjectPlacement=place,
            Representation=d.out.shape([d.out.box(o.width_m, depth_m + REVEAL_M, o.height_m)]),
        )  # fmt: skip
        d.out.relate("IfcRelVoidsElement", hole, "", RelatingBuildingElement=wall, RelatedOpeningElement=hole)
        holes.append(hole)
    return holes


def _face(d: Draft, o: Opening, at: XYZ, yaw_deg: float) -> Any:
    """Where one passes though there is neither wall nor door."""
    return d.out.product(
        "IfcVirtualElement", o, Name=text(o.name) or o.key, ObjectType=o.kind,
        ObjectPlacement=d.within(o.floor, at, yaw_deg),
        Representation=d.out.shape([d.out.box(o.width_m, SHEET_M, o.height_m)]),
    )  # fmt: skip


def _door(d: Draft, o: Opening, at: XYZ, yaw_deg: float, depth_m: float) -> Any:
    swing = "DOUBLE_DOOR_SINGLE_SWING" if o.width_m >= DOUBLE_FROM_M else "SINGLE_SWING_LEFT"
    gate = o.kind in _GATES
    made = d.out.product(
        "IfcDoor", o, Name=text(o.name) or o.key, ObjectType=o.kind, Tag=o.key,
        OverallHeight=o.height_m, OverallWidth=o.width_m, PredefinedType="GATE" if gate else "DOOR",
        OperationType="NOTDEFINED" if gate else _OPERATIONS.get(o.kind, swing),
        ObjectPlacement=d.within(o.floor, at, yaw_deg),
        Representation=d.out.shape([d.out.box(o.width_m, depth_m, o.height_m)]),
    )  # fmt: skip
    outer = o.between is not None and OUT in o.between
    common = {"IsExternal": outer, "FireExit": o.exit, "HandicapAccessible": o.step_free}
    d.out.say(made, "Pset_DoorCommon", common)
    return made


def _boundaries(d: Draft, o: Opening, made: Any) -> None:
    outer = "EXTERNAL" if o.between and OUT in o.between else "INTERNAL"
    for space in dict.fromkeys(o.between or ()):
        if space in d.spaces:
            d.out.relate(
                "IfcRelSpaceBoundary", made, space, RelatingSpace=d.spaces[space], RelatedBuildingElement=made,
                PhysicalOrVirtualBoundary="VIRTUAL" if o.kind in LEAFLESS else "PHYSICAL",
                InternalOrExternalBoundary=outer,
            )  # fmt: skip


def origin_of(footprint: Sequence[Polygon], z_m: float) -> XYZ:
    first: XY = footprint[0].outer[0] if footprint else (0.0, 0.0)
    return (first[0], first[1], z_m)
