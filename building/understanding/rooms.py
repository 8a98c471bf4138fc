"""Rooms of a floor that the file shows by its walls only: what the walls enclose at the height where people walk, with
every door closed.

A ring of walls is a room where somebody can get in; it is a shaft where it is small and has no door, a court where the
house stands all round it, and nothing at all where it is only the gap within a wall or the void over a hall below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from building.model import Evidence, Text
from building.survey import SeenDoor, SeenFloor, SeenRun, SeenSpace, SeenWall, Survey
from building.understanding.floors import COURTYARD_MIN_M2, DEFAULT_HEIGHT_M, LEVEL_TOLERANCE_M
from building.understanding.plans import BODY_LOW_M

CUT_M = 1.1
"""Above the floor: under lintels. What reaches above ``BODY_LOW_M`` is in the way there: a counter, a railing, the knee
wall of a roof.
"""
GAP_MAX_M = 0.5
"""Walls that come this near meet, and what is narrower between walls is no room: nobody walks through."""
DOOR_DEPTH_MIN_M = 0.1
MITRE_MAX = 2.0  # corners down to 60 degrees stay sharp
STATED_SHARE_MAX = 0.5
"""A floor whose rooms the file draws over more than this of what its walls enclose is drawn; the rest is no room."""
REST_WIDTH_MIN_M = 0.8
REST_AREA_MIN_M2 = 1.5
SHAFT_MAX_M2 = 4.0
OCCUPIED_SHARE = 0.5
BELOW_M = 1.0
DOOR_REACH_M = 0.3
TOUCH_M = 0.05
EXTERIOR_SHARE_MIN = 0.9
CONFIDENCE_OPEN, CONFIDENCE_CLOSED, CONFIDENCE_NO_DOOR = 0.4, 0.9, 0.5
METHOD = "walls with doors closed"

_ROOM: Text = {"zh": "房间", "en": "Room"}
_NAMES: dict[str, Text] = {
    "stair": {"zh": "楼梯间", "en": "Stairwell"},
    "escalator": {"zh": "自动扶梯", "en": "Escalator"},
    "shaft": {"zh": "竖井", "en": "Shaft"},
    "courtyard": {"zh": "庭院", "en": "Courtyard"},
}
_FILLED_BY = {"lift": "shaft", "stairs": "stair", "escalator": "escalator"}
_NOBODY_STANDS = frozenset(("shaft", "escalator"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ring:
    """What walls enclose on one level."""

    plan: ShapelyPolygon
    floor: SeenFloor
    kind: str
    closed_share: float
    entered: bool


def derive_rooms(survey: Survey, floors: Sequence[SeenFloor], warnings: list[str]) -> list[SeenSpace]:
    """The rooms that the walls of these floors enclose and no stated space covers, each with its evidence.

    Floors whose rooms the file draws give none.
    """
    found: list[SeenSpace] = []
    for level in _levels(floors):
        section = _Section(survey, level)
        if (survey.rooms_drawn and section.is_drawn()) or not section.encloses():
            continue
        rings = section.rings(warnings)
        for floor in level:
            own = [r for r in rings if r.floor.key == floor.key]
            found += _spaces(floor, own, section.height_m)
    return found


def _levels(floors: Sequence[SeenFloor]) -> Iterator[list[SeenFloor]]:
    """Floors at one height (two houses in one file) are cut at once, so that no ring is found twice."""
    level: list[SeenFloor] = []
    for floor in sorted(floors, key=lambda f: (f.elevation_m, f.key)):
        if level and floor.elevation_m - level[0].elevation_m > LEVEL_TOLERANCE_M:
            yield level
            level = []
        level.append(floor)
    if level:
        yield level


def _spaces(floor: SeenFloor, rings: Sequence[_Ring], height_m: float) -> Iterator[SeenSpace]:
    """Numbered by size, then by distance from the middle: the same however the house is turned or listed."""
    middle = shapely.union_all([r.plan for r in rings]).centroid

    def order(ring: _Ring) -> tuple[float, ...]:
        at = ring.plan.centroid
        return (-round(ring.plan.area, 2), round(at.distance(middle), 2), round(at.x, 2), round(at.y, 2))

    counts: Counter[str] = Counter()
    for i, ring in enumerate(sorted(rings, key=order), start=1):
        counts[ring.kind] += 1
        name = _NAMES.get(ring.kind, _ROOM)
        confidence = CONFIDENCE_OPEN + (CONFIDENCE_CLOSED - CONFIDENCE_OPEN) * ring.closed_share
        yield SeenSpace(
            key=f"{floor.key}-r{i}",
            name={lang: f"{word} {counts[ring.kind]}" for lang, word in name.items()},
            number=f"{floor.number}-{i}",
            floor=floor.key,
            plan=ring.plan,
            z0_m=floor.elevation_m,
            z1_m=floor.elevation_m + height_m,
            kind=ring.kind,
            walkable=ring.kind not in _NOBODY_STANDS,
            outdoors=ring.kind == "courtyard",
            derived=Evidence(
                source="geometry",
                method=METHOD,
                confidence=round(confidence if ring.entered else min(confidence, CONFIDENCE_NO_DOOR), 2),
            ),
        )


class _Section:
    """The house cut open above one level: walls, closed doors, and what lies between them."""

    def __init__(self, survey: Survey, level: Sequence[SeenFloor]) -> None:
        self._level = level
        self._floor_m = level[0].elevation_m
        cut_m, low_m = self._floor_m + CUT_M, self._floor_m + BODY_LOW_M
        self._walls = [w for w in survey.walls if w.z0_m < cut_m and w.z1_m > low_m and not w.plan.is_empty]
        self._wall_tree = shapely.STRtree([w.plan for w in self._walls])
        self._doors = [d for d in survey.doors if d.z0_m < cut_m < d.z0_m + d.height_m and _length_m(d) > 0]
        self._door_tree = shapely.STRtree([_closed(d) for d in self._doors])
        self._stated = [s for s in survey.spaces if s.z0_m < cut_m < s.z1_m]
        self._runs = [
            (link.kind, run)
            for link in survey.links
            for run in link.runs
            if run.z0_m - LEVEL_TOLERANCE_M <= self._floor_m <= run.z1_m + LEVEL_TOLERANCE_M
        ]
        self._landings = [_landing(run, self._floor_m) for _, run in self._runs]
        self._holes = [run.plan for _, run in self._runs if run.path and run.z0_m < self._floor_m - BELOW_M]
        above = [f.elevation_m for f in survey.floors if f.elevation_m > level[-1].elevation_m + LEVEL_TOLERANCE_M]
        stated_m = [f.height_m for f in level if f.height_m]
        self.height_m = min([*stated_m, *(z - self._floor_m for z in above)], default=DEFAULT_HEIGHT_M)

    def encloses(self) -> bool:
        """Whether this level has walls of its own and they close round anything."""
        own = {f.key for f in self._level}
        return any(w.floor in own for w in self._walls) and bool(self._free)

    def is_drawn(self) -> bool:
        """Whether the file itself draws the rooms of this level."""
        rooms = shapely.union_all([s.plan for s in self._stated if s.walkable is not False])
        hull = shapely.convex_hull(shapely.geometrycollections([w.plan for w in self._walls]))
        if rooms.area > STATED_SHARE_MAX * hull.area:  # nothing more can be enclosed: no need to work it out
            return True
        enclosed = shapely.union_all(self._free)
        return bool(rooms.intersection(enclosed).area > STATED_SHARE_MAX * enclosed.area)

    def rings(self, warnings: list[str]) -> list[_Ring]:
        """Every enclosed place that is a room, a shaft or a court."""
        free = [part for ring in self._free for part in self._rest(ring)]
        plans = [p for p in free if not p.buffer(-GAP_MAX_M / 2).is_empty]
        where = self._level[0].number
        if len(plans) < len(free):
            warnings.append(f"floor {where}: {len(free) - len(plans)} gaps between walls are too narrow for a room")
        entered = [p for p in plans if self._doors_of(p) or self._meets_run(p)]
        if plans and not entered:
            warnings.append(
                f"floor {where}: walls enclose {len(plans)} places, but no door or stair leads there: no rooms made"
            )
            return []
        over = [p for p in plans if self._is_void(p)]
        if over:
            warnings.append(f"floor {where}: {len(over)} places are open to the floor below and no rooms of this one")
        built = shapely.union_all([ShapelyPolygon(p.exterior) for p in _polygons(self._solid)])
        return [self._ring(p, built) for p in plans if p not in over]

    @cached_property
    def _solid(self) -> BaseGeometry:
        """Walls and closed doors, small gaps closed."""
        closed = shapely.union_all([*self._wall_tree.geometries, *self._door_tree.geometries])
        return _grown(_grown(closed, GAP_MAX_M / 2), -GAP_MAX_M / 2).union(closed)

    @cached_property
    def _free(self) -> list[ShapelyPolygon]:
        filled = shapely.union_all([ShapelyPolygon(p.exterior) for p in _polygons(self._solid)])
        return _polygons(filled.difference(self._solid))

    def _rest(self, ring: ShapelyPolygon) -> list[ShapelyPolygon]:
        """What stated spaces leave of a ring, and stairs from below where they leave it in one piece."""
        rest = _without(ring, [s.plan for s in self._stated if s.plan.intersects(ring)])
        found = []
        for part in rest:
            own = [h for h in self._holes if h.intersection(part).area > OCCUPIED_SHARE * h.area]
            floor = _without(part, own) if self._run_share(part, "stairs") <= OCCUPIED_SHARE else [part]
            found.append(floor[0] if len(floor) == 1 else part)
        return found

    def _ring(self, plan: ShapelyPolygon, built: BaseGeometry) -> _Ring:
        doors, near = self._doors_of(plan), self._walls_of(plan)
        edge = plan.boundary
        real = shapely.union_all([w.plan for w in near] + [_closed(d) for d in doors]).buffer(TOUCH_M)
        keys = [f.key for f in self._level]
        owners = Counter(w.floor for w in near if w.floor in keys)
        owner = max(keys, key=lambda k: (owners[k], -keys.index(k)))
        return _Ring(
            plan=plan,
            floor=self._level[keys.index(owner)],
            kind=self._kind(plan, doors, near, built),
            closed_share=edge.intersection(real).length / edge.length,
            entered=bool(doors) or self._meets_run(plan),
        )

    def _kind(
        self, plan: ShapelyPolygon, doors: Sequence[SeenDoor], near: Sequence[SeenWall], built: BaseGeometry
    ) -> str:
        for run, kind in _FILLED_BY.items():
            if self._run_share(plan, run) > OCCUPIED_SHARE:
                return kind
        if not doors and plan.area < SHAFT_MAX_M2 and not self._meets_run(plan):
            return "shaft"
        return "courtyard" if self._is_court(plan, doors, near, built) else "room"

    def _is_court(
        self, plan: ShapelyPolygon, doors: Sequence[SeenDoor], near: Sequence[SeenWall], built: BaseGeometry
    ) -> bool:
        """Outer walls or outer doors all round, and yet the house beyond them."""
        if plan.area < COURTYARD_MIN_M2:
            return False
        thickest = max((2 * w.plan.area / w.plan.length for w in near if w.plan.length), default=0.0)
        if plan.buffer(thickest + GAP_MAX_M).intersects(built.boundary):
            return False
        outer = shapely.union_all([w.plan for w in near if w.kind == "exterior"]).buffer(TOUCH_M)
        all_outer = plan.boundary.intersection(outer).length > EXTERIOR_SHARE_MIN * plan.boundary.length
        return bool(all_outer or (doors and all(d.external is True for d in doors)))

    def _is_void(self, plan: ShapelyPolygon) -> bool:
        """The upper part of a hall below: its walls rise from there or a railing keeps people out of it, and no door
        or stair leads in at this height.
        """
        near = self._walls_of(plan)
        rising = all(w.z0_m < self._floor_m - BELOW_M for w in near)
        fenced = any(w.kind == "railing" for w in near)
        return bool(near) and (rising or fenced) and not self._doors_of(plan) and not self._meets_run(plan)

    def _doors_of(self, plan: BaseGeometry) -> list[SeenDoor]:
        near = self._door_tree.query(plan, predicate="dwithin", distance=DOOR_REACH_M)
        return [self._doors[i] for i in sorted(near) if self._doors[i].passable]

    def _walls_of(self, plan: BaseGeometry) -> list[SeenWall]:
        near = self._wall_tree.query(plan.boundary, predicate="dwithin", distance=TOUCH_M)
        return [self._walls[i] for i in sorted(near)]

    def _run_share(self, plan: BaseGeometry, kind: str) -> float:
        """How much of a place what runs between floors takes up."""
        runs = [run.plan for k, run in self._runs if k == kind and run.plan.intersects(plan)]
        return float(shapely.union_all(runs).intersection(plan).area / plan.area) if runs else 0.0

    def _meets_run(self, plan: BaseGeometry) -> bool:
        return any(landing.dwithin(plan, DOOR_REACH_M) for landing in self._landings)


def _landing(run: SeenRun, floor_m: float) -> BaseGeometry:
    """Where one gets on or off on this level: the end of the walking line, or anywhere along what shows none."""
    ends = [p for p in run.path if abs(p[2] - floor_m) <= LEVEL_TOLERANCE_M]
    return shapely.MultiPoint([p[:2] for p in ends]) if ends else run.plan


def _without(ring: ShapelyPolygon, taken: Sequence[BaseGeometry]) -> list[ShapelyPolygon]:
    """What is left of a ring, without the strips along the edges of what is taken from it."""
    if not taken:
        return [ring]
    rest, half = ring.difference(shapely.union_all(list(taken))), REST_WIDTH_MIN_M / 2
    core = _grown(_grown(rest, -half), half)
    strips = [p for p in _polygons(rest.difference(core)) if any(p.dwithin(t, TOUCH_M) for t in taken)]
    return [p for p in _polygons(rest.difference(shapely.union_all(strips))) if p.area >= REST_AREA_MIN_M2]


def _grown(shape: BaseGeometry, by_m: float) -> BaseGeometry:
    """Larger (or smaller) all round, corners kept. Needle-sharp ones overflow within GEOS, which then blunts them."""
    with np.errstate(all="ignore"):
        return shape.buffer(by_m, join_style="mitre", mitre_limit=MITRE_MAX)


def _closed(door: SeenDoor) -> BaseGeometry:
    return LineString(door.line).buffer(max(door.depth_m, DOOR_DEPTH_MIN_M) / 2, cap_style="flat")


def _length_m(door: SeenDoor) -> float:
    return float(LineString(door.line).length)


def _polygons(geometry: BaseGeometry) -> list[ShapelyPolygon]:
    return [p for p in shapely.get_parts(geometry) if isinstance(p, ShapelyPolygon) and not p.is_empty]
