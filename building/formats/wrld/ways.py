"""What the lines of ways tell: which doors lead outside, and where one walks through a wall that shows no door."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from building.formats.wrld.features import Feature
from building.formats.wrld.plan import DOOR_HEIGHT_M, Plan
from building.model import XY, Evidence
from building.survey import SeenDoor

WIDTH_M = 0.9
DEPTH_MAX_M = 1.0
"""A line that runs through more wall than this was drawn beside the truth, not through an opening."""
DEPTH_MIN_M = 0.02
DOOR_REACH_M = 0.25
CROSSED = Evidence(source="wrld", method="way through a wall", confidence=0.6)


def with_ways(plan: Plan, warnings: list[str]) -> Plan:
    """The plan with what its lines add: a door on an entrance is an exit, one more door where only a line passes."""
    doors = [_entered(d, plan.drawn.ways) for d in plan.doors]
    known = shapely.union_all([_body(d) for d in doors]).buffer(DOOR_REACH_M)
    walls = shapely.union_all([w.plan for w in plan.walls])
    for way in plan.drawn.ways:
        for i, piece in enumerate(_through(way.plan, walls, known), start=1):
            if piece.length > DEPTH_MAX_M:
                warnings.append(f"way {way.name or way.key} runs along inside a wall and opens none")
                continue
            line, depth_m = _square_to(piece)
            door = SeenDoor(
                key=f"{way.key}-{i}", name=way.text("通道", "Passage"), floor=plan.floor.key, line=line,
                z0_m=plan.floor.elevation_m, height_m=DOOR_HEIGHT_M, depth_m=round(depth_m, 3), kind="passage",
                exit=True if way.kind == "entrance" else None, evidence=CROSSED, source=way.source,
            )  # fmt: skip
            doors.append(door)
            known = known.union(_body(door).buffer(DOOR_REACH_M))
    return replace(plan, doors=tuple(doors))


def _entered(door: SeenDoor, ways: Sequence[Feature]) -> SeenDoor:
    body = _body(door).buffer(DOOR_REACH_M, cap_style="flat")
    entrance = any(w.kind == "entrance" and w.plan.intersects(body) for w in ways)
    return replace(door, exit=True, external=True) if entrance else door


def _through(way: BaseGeometry, walls: BaseGeometry, known: BaseGeometry) -> Iterator[LineString]:
    """The pieces of a way that lie in walls, where no door is known."""
    inside = way.intersection(walls)
    merged = shapely.line_merge(inside) if inside.geom_type == "MultiLineString" else inside
    for part in shapely.get_parts(merged):
        if isinstance(part, LineString) and part.length >= DEPTH_MIN_M and not part.intersects(known):
            ends = part.coords[0], part.coords[-1]
            if all(way.boundary.distance(shapely.Point(end)) > DEPTH_MIN_M for end in ends):
                yield part


def _body(door: SeenDoor) -> BaseGeometry:
    return LineString(door.line).buffer(max(door.depth_m, DEPTH_MIN_M) / 2, cap_style="flat")


def _square_to(piece: LineString) -> tuple[tuple[XY, XY], float]:
    """A passage square to the piece of way that runs through the wall, and as deep as the wall is there."""
    (x0, y0), (x1, y1) = piece.coords[0], piece.coords[-1]
    length = math.hypot(x1 - x0, y1 - y0)
    x, y, ux, uy = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / length, (y1 - y0) / length
    h = WIDTH_M / 2
    return ((round(x - uy * h, 3), round(y + ux * h, 3)), (round(x + uy * h, 3), round(y - ux * h, 3))), length
