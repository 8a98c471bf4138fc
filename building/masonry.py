"""Walls as they are built: where a door is, the wall stands only above its head; where two walls meet, one ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from building.labels import to_shape
from building.model import Building, Opening, Polygon, Wall

HEAD_M = 2.1
"""Nothing hangs lower than this in a passage: the flaps of a gate are low, its way is not."""
CUT_DEPTH_M = 0.5
"""How far a door cuts to either side of its line; walls are thinner than twice this."""
TOUCH_M = 0.05
TINY_M2 = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of the walls of one kind that rises straight from ``z0_m``."""

    floor: str
    kind: str
    polygons: tuple[Polygon, ...]
    z0_m: float
    height_m: float


def build_walls(b: Building) -> list[Piece]:
    """The walls of every floor in pieces that do not overlap."""
    return [piece for floor in b.floors for piece in _floor_walls(b, floor.id)]


def cut_walls(b: Building, floor: str) -> Iterator[tuple[Wall, list[tuple[float, float, Any]]]]:
    """Each wall of a floor without its doors, as parts that rise straight: from where, how high, and their plan."""
    import shapely

    openings = [o for o in b.openings if o.floor == floor and o.width_m > 0]
    lines = shapely.STRtree([shapely.LineString(o.line) for o in openings])
    for wall in b.walls:
        if wall.floor == floor:
            body = to_shape(wall.footprint)
            through = [openings[i] for i in lines.query(body.buffer(TOUCH_M), predicate="intersects")]
            yield wall, _cut(wall, body, [o for o in through if runs_along(o, body)])


def _floor_walls(b: Building, floor: str) -> list[Piece]:
    standing: dict[tuple[str, float, float], list[Any]] = defaultdict(list)
    for wall, parts in cut_walls(b, floor):
        for z0_m, height_m, shape in parts:
            standing[wall.kind, z0_m, height_m].append(shape)
    return _without_overlaps(floor, standing)


def runs_along(opening: Opening, body: Any) -> bool:
    """A door is in this wall, not in one that ends at its jamb."""
    import shapely

    line = shapely.LineString(opening.line)
    return bool(line.intersection(body.buffer(TOUCH_M)).length > line.length / 2)


def _cut(wall: Wall, body: Any, openings: Sequence[Opening]) -> list[tuple[float, float, Any]]:
    import shapely

    top_m = wall.z0_m + wall.height_m
    gaps = [shapely.LineString(o.line).buffer(CUT_DEPTH_M, cap_style="flat") for o in openings]
    out = [(wall.z0_m, wall.height_m, body.difference(shapely.union_all(gaps)) if gaps else body)]
    for opening, gap in zip(openings, gaps, strict=True):
        head_m = max(opening.z0_m + opening.height_m, wall.z0_m + HEAD_M)
        if opening.kind != "open" and head_m < top_m:
            out.append((round(head_m, 3), round(top_m - head_m, 3), body.intersection(gap)))
    return out


def _without_overlaps(floor: str, standing: dict[tuple[str, float, float], list[Any]]) -> list[Piece]:
    """Where pieces overlap, the taller keeps the ground."""
    import shapely

    out: list[Piece] = []
    taken: dict[float, Any] = defaultdict(shapely.Polygon)
    for (kind, z0_m, height_m), shapes in sorted(standing.items(), key=lambda item: (-item[0][2], item[0][0])):
        rest = shapely.union_all(shapes).difference(taken[z0_m])
        taken[z0_m] = taken[z0_m].union(rest)
        if polygons := from_shape(rest):
            out.append(Piece(floor=floor, kind=kind, polygons=polygons, z0_m=z0_m, height_m=height_m))
    return out


def from_shape(shape: Any) -> tuple[Polygon, ...]:
    """The polygons of a shapely geometry, in millimetres, without slivers."""
    import shapely

    parts = [p for p in shapely.get_parts(shapely.set_precision(shape, 0.001)) if p.geom_type == "Polygon"]
    return tuple(
        Polygon(outer=tuple(p.exterior.coords[:-1]), holes=tuple(tuple(r.coords[:-1]) for r in p.interiors))
        for part in parts
        if (p := part.simplify(0.0005)).area > TINY_M2
    )
