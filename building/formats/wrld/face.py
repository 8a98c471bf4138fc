"""Gaps in the outer walls, by the outline of the house: on the ground one walks in there, above nobody falls out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from building.formats.wrld.features import Feature
from building.formats.wrld.plan import DOOR_HEIGHT_M, Plan
from building.formats.wrld.storeys import STOREY_HEIGHT_M
from building.model import Evidence
from building.survey import SeenDoor, SeenWall

WIDTH_MIN_M, WIDTH_MAX_M = 0.6, 5.0
"""From a person's width to a cart gate; a longer open edge is an arcade or a terrace, no gap."""
WALL_REACH_M = 0.15
REVEAL_M = 0.8
DEPTH_M = 0.1
OPEN_FACE = Evidence(source="wrld", method="gap in the outer wall", confidence=0.6)


def closed_at_face(plan: Plan, warnings: list[str]) -> Plan:
    """The plan with every gap in its outer walls closed: by an entrance on the ground, by a pane above it."""
    solid = shapely.union_all([*(w.plan for w in plan.walls), *(f.plan for f in plan.drawn.of("door"))])
    gaps = [(f, gap) for f in plan.drawn.of("building_outline") for gap in _gaps(f, solid)]
    if plan.floor.ordinal == 0:
        doors = [_entrance(plan, f, gap, i) for i, (f, gap) in enumerate(gaps, start=1)]
        return replace(plan, doors=(*plan.doors, *doors))
    if gaps:
        warnings.append(
            f"level {plan.drawn.level.number}: {len(gaps)} gaps in the outer walls are taken for windows left out"
        )
    panes = [_pane(plan, f, gap, i) for i, (f, gap) in enumerate(gaps, start=1)]
    return replace(plan, walls=(*plan.walls, *panes))


def _gaps(outline: Feature, solid: BaseGeometry) -> Iterator[LineString]:
    """Straight pieces of the outline between two walls, the same in whatever direction it is drawn."""
    near = solid.buffer(WALL_REACH_M)
    sides = [
        LineString(sorted(pair))
        for polygon in shapely.get_parts(outline.plan)
        for ring in (polygon.exterior, *polygon.interiors)
        for pair in pairwise(ring.simplify(WALL_REACH_M).coords)
    ]
    for side in sorted(sides, key=lambda s: [round(c, 2) for c in s.coords[0]]):
        for piece in shapely.get_parts(side.difference(near)):
            held = all(near.distance(end) < WALL_REACH_M for end in shapely.points(piece.coords))
            if held and WIDTH_MIN_M <= piece.length <= WIDTH_MAX_M and not _backed(piece, solid):
                yield piece


def _backed(gap: LineString, solid: BaseGeometry) -> bool:
    """Whether a window or door stands a little behind it, as in a deep reveal."""
    (x0, y0), (x1, y1) = gap.coords
    nx, ny = (y0 - y1) / gap.length * REVEAL_M, (x1 - x0) / gap.length * REVEAL_M
    at = [gap.interpolate(t, normalized=True) for t in (0.1, 0.3, 0.5, 0.7, 0.9)]
    return all(LineString([(p.x - nx, p.y - ny), (p.x + nx, p.y + ny)]).intersects(solid) for p in at)


def _entrance(plan: Plan, outline: Feature, gap: LineString, number: int) -> SeenDoor:
    (x0, y0), (x1, y1) = gap.coords
    return SeenDoor(
        key=f"{outline.key}-gap{number}",
        name={"zh": "敞开的入口", "en": "Open entrance"},
        floor=plan.floor.key,
        line=((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3))),
        z0_m=plan.floor.elevation_m,
        height_m=DOOR_HEIGHT_M,
        depth_m=DEPTH_M,
        kind="passage",
        evidence=OPEN_FACE,
        source=outline.source,
    )


def _pane(plan: Plan, outline: Feature, gap: LineString, number: int) -> SeenWall:
    return SeenWall(
        key=f"{outline.key}-gap{number}",
        name={"zh": "未画出的窗", "en": "Window left out"},
        floor=plan.floor.key,
        plan=gap.buffer(DEPTH_M / 2, cap_style="flat"),
        z0_m=plan.floor.elevation_m,
        z1_m=plan.floor.elevation_m + STOREY_HEIGHT_M,
        kind="glass",
        source=outline.source,
    )
