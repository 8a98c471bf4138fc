"""Walls that a file without walls leaves out: rooms that touch and are not joined have something between them.

In IFC two rooms that touch with nothing between are open to each other, so a partition is drawn there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from building.formats.ifc.told import ASSUMED
from building.labels import to_shape
from building.masonry import from_shape, runs_along
from building.model import Building, Opening, Space, Wall, make_id

TOUCH_M = 0.08
SHARED_MIN_M = 0.3
COMMON_HEIGHT_MIN_M = 1.0
THICKNESS_M = 0.02
OPEN_M = 0.15
"""Nearer than this to the line of an open edge nothing is drawn."""


FRAME_M = 0.2
"""How far a frame reaches beyond either end of the passage in it."""
DEPTH_MIN_M, DEPTH_MAX_M = 0.06, 1.5


def assumed_walls(b: Building) -> list[Wall]:
    return [wall for floor in b.floors for wall in (*_on_floor(b, floor.id), *_frames(b, floor.id))]


def depth_between(b: Building, o: Opening) -> float:
    """How deep the wall must be that an opening stands in, from the room on one side to that on the other."""
    import shapely

    line = shapely.LineString(o.line)
    away = [line.distance(to_shape(s.footprint)) for s in b.spaces if s.id in (o.between or ())]
    return min(max(DEPTH_MIN_M, 2 * max(away, default=0.0)), DEPTH_MAX_M)


def _frames(b: Building, floor: str) -> Iterator[Wall]:
    """A passage is a hole in something: where no wall is drawn around it, a frame stands for one."""
    import shapely

    walls = shapely.STRtree([to_shape(w.footprint) for w in b.walls if w.floor == floor])
    for o in b.openings:
        if o.floor != floor or o.kind not in ("opening", "passage") or o.width_m == 0.0:
            continue
        line = shapely.LineString(o.line)
        if not any(
            runs_along(o, walls.geometries[i]) for i in walls.query(line, predicate="dwithin", distance=TOUCH_M)
        ):
            (x0, y0), (x1, y1) = o.line
            ux, uy = (x1 - x0) / o.width_m * FRAME_M, (y1 - y0) / o.width_m * FRAME_M
            body = shapely.LineString([(x0 - ux, y0 - uy), (x1 + ux, y1 + uy)])
            yield Wall(
                id=make_id(b.site, "wall", f"around:{o.key}"),
                name={},
                floor=floor,
                kind=ASSUMED,
                footprint=from_shape(body.buffer(depth_between(b, o) / 2, cap_style="flat")),
                z0_m=o.z0_m,
                height_m=o.height_m + FRAME_M,
            )


def _on_floor(b: Building, floor: str) -> Iterator[Wall]:
    import shapely

    spaces = [s for s in b.spaces if s.floor == floor and s.footprint]
    if not spaces:
        return
    plans = [to_shape(s.footprint) for s in spaces]
    tree = shapely.STRtree(plans)
    walls = shapely.STRtree([to_shape(w.footprint) for w in b.walls if w.floor == floor])
    gaps = [shapely.LineString(o.line) for o in b.openings if o.floor == floor and o.kind == "open" and o.width_m > 0]
    clear = shapely.union_all([g.buffer(OPEN_M, cap_style="square") for g in gaps])
    for i, j in sorted(zip(*tree.query(plans, predicate="dwithin", distance=TOUCH_M).tolist(), strict=True)):
        if i < j and _common_height(spaces[i], spaces[j]) > COMMON_HEIGHT_MIN_M:
            between = plans[i].boundary.intersection(plans[j].buffer(TOUCH_M, cap_style="flat", join_style="mitre"))
            standing = [walls.geometries[k] for k in walls.query(between, predicate="dwithin", distance=TOUCH_M)]
            bare = between.difference(shapely.union_all([clear, *(w.buffer(TOUCH_M / 2) for w in standing)]))
            yield from _partition(b, spaces[i], spaces[j], bare)


def _common_height(a: Space, b: Space) -> float:
    return min(a.z0_m + a.height_m, b.z0_m + b.height_m) - max(a.z0_m, b.z0_m)


def _partition(b: Building, one: Space, other: Space, bare: Any) -> Iterator[Wall]:
    import shapely

    merged = shapely.line_merge(bare) if bare.geom_type == "MultiLineString" else bare
    lines = [line for line in shapely.get_parts(merged) if line.length >= SHARED_MIN_M]
    if lines:
        half = THICKNESS_M / 2
        body = shapely.union_all([line.buffer(half, cap_style="square", join_style="mitre") for line in lines])
        yield Wall(
            id=make_id(b.site, "wall", f"between:{one.key}+{other.key}"),
            name={},
            floor=one.floor,
            kind=ASSUMED,
            footprint=from_shape(body),
            z0_m=max(one.z0_m, other.z0_m),
            height_m=_common_height(one, other),
        )
