"""Storeys by where their rooms truly lie, rooms on the storey they stand on, and what is built at a height."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from building.model import Floor, make_id
from building.survey import SeenFloor, SeenSpace, SeenWall, Survey
from building.understanding.plans import polygons_of

DEFAULT_HEIGHT_M = 3.0
LEVEL_TOLERANCE_M = 0.35
"""A floor build-up, a ramped threshold, a storey drawn to the raw slab: still the same level."""
STOREY_APART_M = 1.6
"""Rooms this far from their storey's height lie on another one; less may be a split level."""
COURTYARD_MIN_M2 = 6.0
CLOSING_M = 0.3


def settle(survey: Survey) -> tuple[list[SeenFloor], list[SeenSpace], list[str]]:
    """Floors, lowest first, at the height their rooms show; spaces on the floor they stand on; what was put right."""
    notes: list[str] = []
    floors = sorted((_levelled(f, survey, notes) for f in survey.floors), key=lambda f: (f.elevation_m, f.key))
    return floors, [_placed(s, floors, notes) for s in survey.spaces], notes


def _levelled(floor: SeenFloor, survey: Survey, notes: list[str]) -> SeenFloor:
    """A storey whose stated height is far from where all its rooms start lies about it."""
    starts = sorted((s.z0_m, s.plan.area) for s in survey.spaces if s.floor == floor.key and not s.outdoors)
    if not starts:
        return floor
    half, run, middle = sum(area for _, area in starts) / 2, 0.0, starts[-1][0]
    for z0_m, area in starts:
        run += area
        if run >= half:
            middle = z0_m
            break
    others = [f.elevation_m for f in survey.floors if f.key != floor.key]
    taken = any(abs(middle - other) <= LEVEL_TOLERANCE_M for other in others)
    unique = len({round(z, 2) for z in (floor.elevation_m, *others)}) == len(survey.floors)
    if abs(middle - floor.elevation_m) <= LEVEL_TOLERANCE_M or (taken and unique):
        return floor
    notes.append(
        f"storey {floor.number} is stated at {floor.elevation_m:.2f} m but its rooms stand at {middle:.2f} m: "
        "the rooms are believed"
    )
    return replace(floor, elevation_m=middle)


def _placed(space: SeenSpace, floors: Sequence[SeenFloor], notes: list[str]) -> SeenSpace:
    own = next((f for f in floors if f.key == space.floor), None)
    best = min(floors, key=lambda f: (abs(f.elevation_m - space.z0_m), f.elevation_m, f.key))
    if own is None:
        return replace(space, floor=best.key)
    away, better = abs(own.elevation_m - space.z0_m), abs(best.elevation_m - space.z0_m)
    if away < STOREY_APART_M or better > LEVEL_TOLERANCE_M:
        return space
    notes.append(f"room {space.number or space.key} is listed on storey {own.number} but stands on {best.number}")
    return replace(space, floor=best.key)


def floors_of(
    site: str, seen: Sequence[SeenFloor], ground: int, outline: Callable[[float], BaseGeometry]
) -> list[Floor]:
    """Our floors from the settled ones; ``ground`` is the index of the one people enter on."""
    stated = all(f.ordinal is not None for f in seen)
    floors = []
    for i, f in enumerate(seen):
        above = seen[i + 1].elevation_m if i + 1 < len(seen) else f.elevation_m + DEFAULT_HEIGHT_M
        built = f.outline if f.outline is not None else outline(f.elevation_m)
        floors.append(
            Floor(
                id=make_id(site, "floor", f.key),
                name=f.name,
                source=f.source,
                number=f.number,
                ordinal=f.ordinal if stated and f.ordinal is not None else i - ground,
                elevation_m=round(f.elevation_m, 3),
                height_m=round(max(f.height_m or above - f.elevation_m, 0.1), 3),
                outline=polygons_of(built),
            )
        )
    return floors


class Hulls:
    """What is built at a height: rooms and the walls around them, gaps closed, courtyards kept."""

    def __init__(self, floors: Sequence[SeenFloor], spaces: Sequence[SeenSpace], walls: Sequence[SeenWall]) -> None:
        self._outlines = [(f.elevation_m, f.outline) for f in floors if f.outline is not None]
        self._parts = [(s.z0_m, s.z1_m, s.plan) for s in spaces if not s.outdoors]
        self._parts += [(w.z0_m, w.z1_m, w.plan) for w in walls]
        self.at = lru_cache(maxsize=256)(self._at)

    def __call__(self, floor_m: float) -> BaseGeometry:
        """The built area around somebody who stands at this height."""
        return self.at(round(floor_m, 1))

    def _at(self, floor_m: float) -> BaseGeometry:
        outlines = [o for z, o in self._outlines if abs(z - floor_m) <= LEVEL_TOLERANCE_M]
        parts = [plan for z0, z1, plan in self._parts if z0 < floor_m + 1.5 and z1 > floor_m + 0.5]
        return _filled(shapely.union_all([*outlines, *parts]))


def _filled(plan: BaseGeometry) -> BaseGeometry:
    """Gaps between rooms and walls closed, courtyards kept when they are larger than a shaft."""
    closed = plan.buffer(CLOSING_M, join_style="mitre").buffer(-CLOSING_M, join_style="mitre")
    parts = [p for p in shapely.get_parts(closed) if p.geom_type == "Polygon"]
    return shapely.union_all(
        [
            shapely.Polygon(p.exterior, [h for h in p.interiors if shapely.Polygon(h).area > COURTYARD_MIN_M2])
            for p in parts
        ]
    )
