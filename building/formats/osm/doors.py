"""Door nodes: where in which wall, how wide, and between which rooms the file says they lead.

A door is a node on the outlines of the rooms it joins; where outlines do not share the node but run past it within a
hand's breadth or two, they count as holding it. Its line follows the stretch of wall that the rooms have in common.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.osm import tags as meaning
from building.formats.osm.choice import Choice
from building.formats.osm.levels import parse_levels
from building.formats.osm.places import WALL_M, Place, Places, Stretch
from building.formats.osm.source import Tags
from building.formats.osm.storeys import Storeys, key_of
from building.model import OUT, XY, SourceId, Text
from building.survey import SeenDoor

NEAR_M = 0.3
"""Outlines this near a door node hold it though they do not share it."""
DOOR_M = 0.9
"""The clear width of a door that does not tell its own (DIN 18040: 0.90 m)."""
ASTRAY_M = 0.6
"""A door that is on no outline at all is in the nearest one, if that is no farther."""
ENTRANCE_M = 1.5
"""As thick as the outer wall of an old house may be."""
WIDTH_MIN_M, WIDTH_MAX_M = 0.5, 12.0
DOOR_HEIGHT_M = 2.1
STRAIGHT_COS = math.cos(math.radians(10.0))
"""Stretches of wall that turn by less run on in one line."""
BEND_COS = math.cos(math.radians(40.0))
"""A wall that turns by less at the door is bent (a round stair), by more it has a corner."""
AT_CORNER_M = 0.02
SAME_M = 0.3
SHARED_M = 0.05

_SHUT = frozenset({"no"})
_CONTROLLED = frozenset({"private", "permit", "key", "employees", "staff"})
_NARROW = frozenset({"turnstile", "full-height_turnstile", "kissing_gate"})
_NAMES: Mapping[str, tuple[str, str]] = {
    "main": ("主入口", "Main entrance"), "emergency": ("紧急出口", "Emergency exit"), "exit": ("出口", "Exit"),
    "service": ("服务入口", "Service entrance"), "yes": ("入口", "Entrance"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arm:
    """A straight stretch of wall that leaves a point: the direction and how far it runs."""

    dx: float
    dy: float
    length_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A door as drawn: a node, or a short way whose ends are its jambs."""

    source: SourceId
    tags: Tags
    at: XY
    holders: Sequence[Place]
    line: tuple[XY, XY] | None = None


class DoorFinder:
    """Finds the rooms and the stretch of wall for one door after another."""

    def __init__(self, choice: Choice, places: Places, storeys: Storeys) -> None:
        self._choice, self._places, self._storeys = choice, places, storeys
        self.doors: list[SeenDoor] = []
        self._walls: dict[str, Stretch] = {}
        self._at: dict[tuple[str, frozenset[str]], list[XY]] = {}
        self._lost = self._doubles = 0

    def read(self, warnings: list[str]) -> tuple[list[SeenDoor], list[Stretch]]:
        """All doors, and the walls they stand in where two open areas meet at a door: there must be one."""
        for spot in self._spots():
            found = list(self._on_levels(spot)) or list(self._beyond_reach(spot))
            self._lost += not found and any(self._near(spot, n, ENTRANCE_M) for n in self._storeys.known)
            for level, holders in found:
                self._add(spot, level, holders, several=len(found) > 1)
        if self._lost:
            warnings.append(f"{self._lost} doors lie on the outline of no room of their level and are left out")
        if self._doubles:
            warnings.append(f"{self._doubles} doors are drawn twice on one spot and are read once")
        return self.doors, list(self._walls.values())

    def _spots(self) -> Iterator[Spot]:
        ground = self._choice.ground
        for node in ground.extract.nodes.values():
            at = ground.at(node.id) if meaning.is_door(node.tags) else None
            if at is not None:
                source = SourceId(scheme="osm", value=f"node/{node.id}")
                yield Spot(source=source, tags=node.tags, at=at, holders=self._places.holding(node.id))
        for way in ground.extract.ways.values():
            line = ground.line(way) if meaning.is_door(way.tags) and "building" not in way.tags else []
            if len(line) > 1 and not way.closed and math.dist(line[0], line[-1]) <= WIDTH_MAX_M:
                middle = shapely.LineString([line[0], line[-1]]).centroid
                source = SourceId(scheme="osm", value=f"way/{way.id}")
                jambs = (line[0], line[-1]) if math.dist(line[0], line[-1]) >= WIDTH_MIN_M else None
                yield Spot(source=source, tags=way.tags, at=(middle.x, middle.y), holders=(), line=jambs)

    def _on_levels(self, spot: Spot) -> Iterator[tuple[float, list[Place]]]:
        """The levels it stands on with the places that hold it there: as tagged, else where its holders meet."""
        known = self._storeys.known
        level, repeats = parse_levels(spot.tags.get("level", "")), parse_levels(spot.tags.get("repeat_on", ""))
        stated = {*level.named, *level.among(known), *repeats.among(known)}
        found = [(n, held) for n in sorted(stated) if (held := self._holders(spot, n))]
        if found:
            yield from found
            return
        # a level that none of its rooms lies on is a slip; that some outline of another level passes by proves nothing
        candidates = {p.level for p in spot.holders} if stated else known
        present = [(n, held) for n in sorted(candidates) if (held := self._holders(spot, n))]
        shared = [(n, held) for n, held in present if len(held) > 1]
        if shared:
            yield from shared
        elif present:
            yield min(present, key=lambda p: (abs(p[0]), p[0]))

    def _beyond_reach(self, spot: Spot) -> Iterator[tuple[float, list[Place]]]:
        """An entrance stands on the outline of the house, the rooms behind it may begin at the inside of its wall."""
        stated = parse_levels(spot.tags.get("level", "0")).among(self._storeys.known)
        for level in stated if meaning.leads_out(spot.tags) else ():
            for _, place in sorted(self._near(spot, level, ENTRANCE_M), key=lambda n: n[0])[:1]:
                yield level, [place]

    def _near(self, spot: Spot, level: float, within_m: float) -> list[tuple[float, Place]]:
        """(how far its outline is, place) of those that come this near."""
        point = shapely.Point(spot.at)
        found = [(p.plan.boundary.distance(point), p) for p in self._places.near(point, level, within_m)]
        return [(away, p) for away, p in found if away <= within_m]

    def _leads_out(self, spot: Spot, level: float) -> bool | None:
        """An entrance does; so does a door in the outline of the house at the ground."""
        if meaning.leads_out(spot.tags):
            return True
        outline = self._choice.outline
        if outline is None or not 0 <= level < 1:
            return None
        return True if outline.boundary.distance(shapely.Point(spot.at)) <= ASTRAY_M else None

    def _holders(self, spot: Spot, level: float) -> list[Place]:
        held = [p for p in spot.holders if p.level == level]
        if len(held) < 2:
            # a fraction is a few steps: its doors lead to the level beside it
            held += [p for p in spot.holders if p.level != level and abs(p.level - level) < 1 and not _whole(p, level)]
        if len(held) < 2:
            near = self._near(spot, level, ASTRAY_M)
            first_m = 0.0 if held else min((away for away, _ in near), default=0.0)
            reach_m = NEAR_M if first_m <= NEAR_M else min(first_m + AT_CORNER_M, ASTRAY_M)
            held += [p for away, p in near if away <= reach_m and p not in held]
        return held

    def _add(self, spot: Spot, level: float, holders: Sequence[Place], *, several: bool) -> None:
        tags = spot.tags
        width = min(
            max(meaning.length_m(tags, "door:width", "width", "entrance:width") or DOOR_M, WIDTH_MIN_M), WIDTH_MAX_M
        )
        pair, arms = _common(holders, spot.at, width)
        out = self._leads_out(spot, level) if len(pair) == 1 else None
        kind = spot.source.value.partition("/")[0][0] + spot.source.value.partition("/")[2]
        door = SeenDoor(
            key=f"{kind}@{key_of(level)}" if several else kind,
            name=_name(tags),
            floor=self._storeys.home(level),
            line=spot.line or door_line(self._foot_of(spot, pair), arms, width),
            z0_m=self._storeys.z_m(level),
            height_m=meaning.length_m(tags, "door:height", "height") or DOOR_HEIGHT_M,
            depth_m=WALL_M,
            kind=_kind(tags),
            joins=(*(p.key for p in pair), *((OUT,) if out else ())),
            decided=len([p for p in spot.holders if p.level == level]) == len(pair) == 2,
            external=out,
            passable=tags.get("access") not in _SHUT,
            one_way=(pair[0].key, OUT) if out and tags.get("entrance") == "exit" else None,
            step_free=_step_free(tags, pair),
            controlled=tags.get("access") in _CONTROLLED,
            source=spot.source,
        )
        if self._is_double(door, spot.at):
            return
        self.doors.append(door)
        if len(pair) == 2 and all(p.area.shape == "open" for p in pair):
            self._wall_between(pair, door, level)

    @staticmethod
    def _foot_of(spot: Spot, pair: Sequence[Place]) -> XY:
        """The door's place, on the wall it is nearest to if it stands astray."""
        away = min(pair, key=lambda p: p.plan.boundary.distance(shapely.Point(spot.at))).plan.boundary
        if away.distance(shapely.Point(spot.at)) <= NEAR_M:
            return spot.at
        foot = away.interpolate(away.project(shapely.Point(spot.at)))
        return foot.x, foot.y

    def _is_double(self, door: SeenDoor, at: XY) -> bool:
        """Drawn twice: two nodes on one spot, between the same rooms."""
        pair = (door.floor, frozenset(door.joins))
        if any(math.dist(at, other) < SAME_M for other in self._at.setdefault(pair, [])):
            self._doubles += 1
            return True
        self._at[pair].append(at)
        return False

    def _wall_between(self, pair: Sequence[Place], door: SeenDoor, level: float) -> None:
        a, b = sorted(pair, key=lambda p: (p.plan.area, p.key))
        shared = shapely.line_merge(a.plan.boundary.intersection(b.plan.buffer(SHARED_M)))
        stretches = [p for p in shapely.get_parts(shared) if p.geom_type == "LineString" and p.length > WIDTH_MIN_M]
        line = shapely.LineString(door.line)
        for i, stretch in enumerate(stretches):
            if stretch.distance(line) <= NEAR_M:
                key = f"{a.key}+{b.key}.wall{i}"
                self._walls[key] = Stretch(key=key, line=stretch, level=level)


def _whole(place: Place, level: float) -> bool:
    """Both on whole levels: then they are storeys apart."""
    return place.level.is_integer() and level.is_integer()


def _kind(tags: Tags) -> str:
    if tags.get("entrance") in ("emergency", "fire_exit") or tags.get("door") == "emergency":
        return "fire"
    if tags.get("barrier") in meaning.GATES:
        return "gate"
    return "passage" if tags.get("door", tags.get("osmAG:type")) in ("no", "passage") else "door"


def _step_free(tags: Tags, pair: Sequence[Place]) -> bool:
    """What the door says of wheelchairs, else what its rooms say; a revolving door or a turnstile is not for them."""
    said = meaning.step_free(tags)
    if said is not None:
        return said
    if any(meaning.step_free(p.area.tags) is False and not p.area.is_stairs for p in pair):
        return False
    steps = tags.get("step_count", "0") not in ("0", "") or tags.get("kerb") == "raised"
    return not (steps or tags.get("door") == "revolving" or tags.get("barrier") in _NARROW)


def _name(tags: Tags) -> Text:
    entrance = tags.get("entrance", "no")
    zh, en = _NAMES.get(entrance, _NAMES["yes"]) if entrance != "no" else ("门", "Door")
    return meaning.name_of(tags, zh, en)


def _common(holders: Sequence[Place], at: XY, width_m: float) -> tuple[Sequence[Place], list[Arm]]:
    """The two places with the longest stretch of wall in common at the door, and that stretch; or the only one."""
    arms = {p.key: arms_of(p.plan, at) for p in holders}
    if len(holders) < 2:
        return holders, arms[holders[0].key]
    found = []
    for a, b in itertools.combinations(holders, 2):
        both = [
            Arm(x.dx, x.dy, min(x.length_m, y.length_m))
            for x in arms[a.key]
            for y in arms[b.key]
            if x.dx * y.dx + x.dy * y.dy > STRAIGHT_COS
        ]
        length = sum(min(arm.length_m, width_m) for arm in both)
        found.append((round(length, 1), (a, b), both or arms[min(a, b, key=lambda p: p.plan.area).key]))
    _, pair, common = max(found, key=lambda f: f[0])
    return pair, common


def _in_wall(pair: Sequence[Place], at: XY) -> XY:
    """Where the door stands: in the wall, though its node was drawn beside it."""
    outline = min(pair, key=lambda p: p.plan.area).plan.boundary
    away = shapely.shortest_line(outline, shapely.Point(at))
    return at if away.length <= AT_CORNER_M else (away.coords[0][0], away.coords[0][1])


def door_line(at: XY, arms: Sequence[Arm], width_m: float) -> tuple[XY, XY]:
    """The door's width along the wall: to both sides where it runs on (along the tangent of a round one), else away
    from the corner.
    """
    for one, other in itertools.combinations(sorted(arms, key=lambda arm: -arm.length_m), 2):
        if one.dx * other.dx + one.dy * other.dy < -BEND_COS:
            dx, dy = one.dx - other.dx, one.dy - other.dy
            along = Arm(dx / math.hypot(dx, dy), dy / math.hypot(dx, dy), one.length_m)
            short = min(width_m / 2, other.length_m)
            return _along(at, along, -short), _along(
                at, along, max(min(width_m - short, one.length_m), WIDTH_MIN_M / 2)
            )
    arm = max(arms, key=lambda a: a.length_m, default=Arm(1.0, 0.0, width_m))
    return at, _along(at, arm, max(min(width_m, arm.length_m), WIDTH_MIN_M))


def _along(at: XY, arm: Arm, length_m: float) -> XY:
    return at[0] + arm.dx * length_m, at[1] + arm.dy * length_m


def arms_of(plan: BaseGeometry, at: XY) -> list[Arm]:
    """The straight stretches of the outline on both sides of the point of it that is nearest."""
    rings = [[(x, y) for x, y in r.coords][:-1] for p in shapely.get_parts(plan) for r in (p.exterior, *p.interiors)]
    nearest = min(
        (
            (math.dist(at, _foot(at, ring[i - 1], ring[i])), r, i)
            for r, ring in enumerate(rings)
            for i in range(len(ring))
        ),
        default=None,
    )
    if nearest is None:
        return []
    _, r, i = nearest
    ring = rings[r]
    foot = _foot(at, ring[i - 1], ring[i])
    return [arm for arm in (_run(foot, ring, i, 1), _run(foot, ring, i - 1, -1)) if arm is not None]


def _foot(at: XY, start: XY, end: XY) -> XY:
    """The point of the stretch nearest to ``at``."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((at[0] - start[0]) * dx + (at[1] - start[1]) * dy) / square)) if square else 0.0
    return start[0] + dx * t, start[1] + dy * t


def _run(at: XY, ring: Sequence[XY], first: int, step: int) -> Arm | None:
    """Along the ring from the point as far as it runs straight; corners at the point itself are passed over."""
    arm: Arm | None = None
    for k in range(len(ring)):
        x, y = ring[(first + step * k) % len(ring)]
        dx, dy = x - at[0], y - at[1]
        length = math.hypot(dx, dy)
        if length <= AT_CORNER_M and arm is None:
            continue
        if arm is None:
            arm = Arm(dx / length, dy / length, length)
        elif length <= arm.length_m or (dx * arm.dx + dy * arm.dy) / length < STRAIGHT_COS:
            break
        else:
            arm = Arm(arm.dx, arm.dy, dx * arm.dx + dy * arm.dy)
        if arm.length_m > WIDTH_MAX_M:
            break
    return arm
