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
FLAT_M = 0.3
LEVEL_TOLERANCE_M = 0.35
"""A floor build-up, a ramped threshold, a storey drawn to the raw slab: still the same level."""
STOREY_APART_M = 1.6
"""Rooms this far from their storey's height lie on another one; less may be a split level."""
COURTYARD_MIN_M2 = 6.0
OVERLAP_M2 = 0.02
WHOLE_SHARE, FILLED_SHARE, HEIGHT_SHARED_M = 0.95, 0.6, 1.0
CLOSING_M = 0.3


def settle(survey: Survey) -> tuple[Survey, list[str]]:
    """The survey with its floors, lowest first, at the height their rooms show, everything on the floor it stands on,
    and no space that is only the sum of others; and what was put right.
    """
    notes: list[str] = []
    floors = sorted((_levelled(f, survey, notes) for f in survey.floors), key=lambda f: (f.elevation_m, f.key))
    known = {f.key for f in floors}
    settled = replace(
        survey,
        floors=tuple(floors),
        spaces=tuple(
            _placed(_raised(s, notes), floors, notes) for s in _apart(_without_wholes(survey.spaces, notes), notes)
        ),
        doors=tuple(
            replace(d, floor=nearest.key) if d.floor not in known or _on_another(d.z0_m, own, nearest) else d
            for d in survey.doors
            for own, nearest in ((_find(floors, d.floor), _nearest(floors, d.z0_m)),)
        ),
        walls=tuple(w if w.floor in known else replace(w, floor=_nearest(floors, w.z0_m).key) for w in survey.walls),
    )
    return settled, notes


def _raised(space: SeenSpace, notes: list[str]) -> SeenSpace:
    """A room drawn flat, as an area only, is given the height of a room."""
    if space.z1_m - space.z0_m >= FLAT_M:
        return space
    notes.append(f"room {space.number or space.key} is drawn flat: {DEFAULT_HEIGHT_M:.1f} m of height are assumed")
    return replace(space, z1_m=space.z0_m + DEFAULT_HEIGHT_M)


def _find(floors: Sequence[SeenFloor], key: str) -> SeenFloor | None:
    return next((f for f in floors if f.key == key), None)


def _nearest(floors: Sequence[SeenFloor], z_m: float) -> SeenFloor:
    return min(floors, key=lambda f: (abs(f.elevation_m - z_m), f.elevation_m, f.key))


def _on_another(z0_m: float, own: SeenFloor | None, nearest: SeenFloor) -> bool:
    """Whether what starts at this height is listed on one storey but stands on another."""
    away = float("inf") if own is None else abs(own.elevation_m - z0_m)
    return away >= STOREY_APART_M and abs(nearest.elevation_m - z0_m) <= LEVEL_TOLERANCE_M


def _without_wholes(spaces: Sequence[SeenSpace], notes: list[str]) -> list[SeenSpace]:
    """A space that holds several others which fill most of it is their sum (a flat, a floor area), no room."""
    tree = shapely.STRtree([s.plan for s in spaces])
    kept = []
    for s in spaces:
        parts = []
        for i in tree.query(s.plan, predicate="intersects"):
            other = spaces[i]
            common_m = min(s.z1_m, other.z1_m) - max(s.z0_m, other.z0_m)
            smaller = other.plan.area < WHOLE_SHARE * s.plan.area
            stacked = abs(other.z0_m - s.z0_m) >= STOREY_APART_M  # a gallery in a hall is no part of its floor
            if (
                common_m > HEIGHT_SHARED_M
                and smaller
                and not stacked
                and other.plan.intersection(s.plan).area > 0.9 * other.plan.area
            ):
                parts.append(other.plan)
        if len(parts) > 1 and shapely.union_all(parts).area > FILLED_SHARE * s.plan.area:
            notes.append(f"space {s.number or s.key} is the sum of {len(parts)} others and is left out")
        else:
            kept.append(s)
    return kept


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
    own, nearest = _find(floors, space.floor), _nearest(floors, space.z0_m)
    if own is None:
        return replace(space, floor=nearest.key)
    if not _on_another(space.z0_m, own, nearest):
        return space
    notes.append(f"room {space.number or space.key} is listed on storey {own.number} but stands on {nearest.number}")
    return replace(space, floor=nearest.key)


def _apart(spaces: Sequence[SeenSpace], notes: list[str]) -> list[SeenSpace]:
    """Where two rooms of one level overlap, the smaller is cut out of the larger: a cabin in a hall, a careless one."""
    if not spaces:
        return []
    tree = shapely.STRtree([s.plan for s in spaces])
    found = []
    for s in spaces:
        within = [
            spaces[i]
            for i in sorted(tree.query(s.plan, predicate="intersects"))
            if abs(spaces[i].z0_m - s.z0_m) <= LEVEL_TOLERANCE_M and spaces[i].plan.area < WHOLE_SHARE * s.plan.area
        ]
        overlapping = [o for o in within if o.plan.intersection(s.plan).area > OVERLAP_M2]
        rest = s.plan.difference(shapely.union_all([o.plan for o in overlapping])) if overlapping else s.plan
        if overlapping and rest.area > OVERLAP_M2:
            names = ", ".join(sorted(o.number or o.key for o in overlapping))
            notes.append(f"room {s.number or s.key} is drawn over {names}, which is cut out of it")
            s = replace(s, plan=rest)  # noqa: PLW2901
        found.append(s)
    return found


def floors_of(
    site: str, seen: Sequence[SeenFloor], ground: int, outline: Callable[[SeenFloor], BaseGeometry]
) -> list[Floor]:
    """Our floors from the settled ones; ``ground`` is the index of the one people enter on."""
    stated = all(f.ordinal is not None for f in seen)
    levels = _levels(seen)
    floors = []
    for i, f in enumerate(seen):
        above = next(
            (o.elevation_m for o, level in zip(seen, levels, strict=True) if level > levels[i]),
            f.elevation_m + DEFAULT_HEIGHT_M,
        )
        floors.append(
            Floor(
                id=make_id(site, "floor", f.key),
                name=f.name,
                source=f.source,
                number=f.number,
                ordinal=f.ordinal if stated and f.ordinal is not None else levels[i] - levels[ground],
                elevation_m=round(f.elevation_m, 3),
                height_m=round(max(f.height_m or above - f.elevation_m, 0.1), 3),
                outline=polygons_of(outline(f)),
            )
        )
    return floors


def _levels(seen: Sequence[SeenFloor]) -> list[int]:
    """For each floor, lowest first, which level it is: storeys of two houses in one file share theirs."""
    levels: list[int] = []
    for i, f in enumerate(seen):
        same = i > 0 and f.elevation_m - seen[i - 1].elevation_m <= LEVEL_TOLERANCE_M
        levels.append(levels[-1] + (not same) if levels else 0)
    return levels


class Hulls:
    """What is built at a height: rooms and the walls around them, gaps closed, courtyards kept."""

    def __init__(self, floors: Sequence[SeenFloor], spaces: Sequence[SeenSpace], walls: Sequence[SeenWall]) -> None:
        self._outlines = [(f.elevation_m, f.outline) for f in floors if f.outline is not None]
        self._own: dict[str, list[BaseGeometry]] = {}
        for s in spaces:
            self._own.setdefault(s.floor, []).append(s.plan)
        self._parts = [(s.z0_m, s.z1_m, s.plan) for s in spaces if not s.outdoors]
        self._parts += [(w.z0_m, w.z1_m, w.plan) for w in walls]
        self.at = lru_cache(maxsize=256)(self._at)

    def __call__(self, floor_m: float) -> BaseGeometry:
        """The built area around somebody who stands at this height."""
        return self.at(round(floor_m, 1))

    def of_floor(self, floor: SeenFloor) -> BaseGeometry:
        """The outline of a storey: what the file says, else what is built at its height, and all its own rooms."""
        if floor.outline is not None:
            return floor.outline
        return shapely.union_all([self(floor.elevation_m), *self._own.get(floor.key, ())])

    def court_at(self, place: BaseGeometry, floor_m: float) -> BaseGeometry | None:
        """The area at this place that the house closes in all round without being built on, if it lies in one."""
        holes = [shapely.Polygon(h) for p in shapely.get_parts(self(floor_m)) for h in getattr(p, "interiors", ())]
        return next((h for h in holes if h.contains(place)), None)

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
