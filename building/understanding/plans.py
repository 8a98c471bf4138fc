"""Plan geometry that every step of understanding asks for: rooms with their heights, walls that stand in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from building.model import Polygon, Ring, Space
from building.survey import SeenDoor, SeenWall

AREA_MIN_M2 = 0.01
PARTS_MAX = 64
LEAF_M = 0.15
WITHOUT_LEAF = ("passage", "opening", "open")
BODY_LOW_M, BODY_HIGH_M = 0.5, 1.5
"""Between these heights above a floor a wall is in the way: a kerb below and a lintel above are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A space as understood, with the geometry to ask questions of. ``outdoors``: a terrace, balcony or forecourt;
    ``words`` is all the file says of its use.
    """

    space: Space
    plan: BaseGeometry
    z0_m: float
    z1_m: float
    outdoors: bool = False
    words: str = ""

    @property
    def id(self) -> str:
        return self.space.id


class Rooms:
    """All rooms, found by place."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self.all = tuple(rooms)
        self.by_id = {r.id: r for r in rooms}
        self._tree = shapely.STRtree([r.plan for r in rooms])

    def near(self, area: BaseGeometry, within_m: float = 0.0) -> Iterator[Room]:
        """Every room whose plan comes this near, at whatever height, in the order of ``all``."""
        for i in sorted(self._tree.query(area, predicate="dwithin", distance=within_m)):
            yield self.all[i]


class Obstacles:
    """What stands in the way at the height where people walk, found by place."""

    def __init__(self, walls: Sequence[SeenWall]) -> None:
        self._walls = tuple(walls)
        self._tree = shapely.STRtree([w.plan for w in walls])

    def near(self, area: BaseGeometry, floor_m: float, within_m: float = 0.0) -> list[BaseGeometry]:
        """The plans of the walls this near that hinder somebody who stands at the height ``floor_m``."""
        found = (self._walls[i] for i in sorted(self._tree.query(area, predicate="dwithin", distance=within_m)))
        return [w.plan for w in found if w.z0_m < floor_m + BODY_HIGH_M and w.z1_m > floor_m + BODY_LOW_M]

    def block(self, way: LineString, floor_m: float) -> bool:
        """Whether a wall crosses this way."""
        return any(w.intersection(way).length > 0 for w in self.near(way, floor_m))


def leaves(doors: Sequence[SeenDoor]) -> list[SeenWall]:
    """A gap between two walls that a door fills is no more open than the walls are."""
    return [
        SeenWall(
            key=d.key,
            name=d.name,
            floor=d.floor,
            plan=LineString(d.line).buffer(max(d.depth_m / 2, LEAF_M), cap_style="flat"),
            z0_m=d.z0_m,
            z1_m=d.z0_m + d.height_m,
        )
        for d in doors
        if d.kind not in WITHOUT_LEAF and d.line[0] != d.line[1]
    ]


def polygons_of(geometry: BaseGeometry) -> tuple[Polygon, ...]:
    """Our polygons from a shapely geometry, slivers left out."""
    found = [p for p in shapely.get_parts(geometry) if isinstance(p, ShapelyPolygon) and p.area > AREA_MIN_M2]
    return tuple(
        Polygon(
            outer=_ring(p.exterior), holes=tuple(_ring(h) for h in p.interiors if ShapelyPolygon(h).area > AREA_MIN_M2)
        )
        for p in found[:PARTS_MAX]
    )


def _ring(line: LineString) -> Ring:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in list(line.coords)[:-1])
