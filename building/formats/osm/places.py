"""Areas on their floors: one space for each level an area lies on, and the walls that rooms have all round."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from building.errors import InvalidModel
from building.formats.osm import tags as meaning
from building.formats.osm.areas import GROUND, Area
from building.formats.osm.choice import Choice
from building.formats.osm.levels import Levels, parse_levels
from building.formats.osm.source import Tags
from building.formats.osm.storeys import Storeys, key_of
from building.model import XY
from building.survey import SeenDoor, SeenSpace, SeenWall

WALL_M = 0.12
"""Room outlines are drawn to the middle of their walls; OSM does not say how thick those are."""
PILLAR_M = 0.4
THIN_M = 1.0
"""A closed ``indoor=wall`` thinner than this is the body of a wall, a wider one encloses something."""
MAX_PLACES = 100_000
FACES_M = 0.42
"""No inner wall is thicker."""
BENT_M = 0.03
WALL_NEAR_M = 1.0
"""A wall farther from any room stands in the street or in another house."""

_BARRIERS = frozenset({"wall", "fence", "handrail", "guard_rail", "hedge"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An area on one of its levels."""

    key: str
    area: Area
    level: float

    @property
    def plan(self) -> BaseGeometry:
        return self.area.plan


class Places:
    """All places, found by level, by node and by place on plan."""

    def __init__(self, choice: Choice, storeys: Storeys) -> None:
        self.all = tuple(itertools.islice(_placed(choice, storeys), MAX_PLACES + 1))
        if len(self.all) > MAX_PLACES:
            raise InvalidModel(f"more than {MAX_PLACES:,} rooms, each counted on every level it lies on")
        self.by_key = {p.key: p for p in self.all}
        self._levels: dict[float, list[Place]] = defaultdict(list)
        self._holders: dict[str, list[Place]] = defaultdict(list)
        for place in self.all:
            self._levels[place.level].append(place)
            for node in place.area.nodes:
                self._holders[node].append(place)
        self._trees = {level: shapely.STRtree([p.plan for p in here]) for level, here in self._levels.items()}

    def holding(self, node: str) -> Sequence[Place]:
        """Those whose outline holds the node, on every level."""
        return self._holders.get(node, ())

    def near(self, shape: BaseGeometry, level: float, within_m: float = 0.0) -> Iterator[Place]:
        """Those of the level that come this near, in the order of the file."""
        if level in self._trees:
            for i in sorted(self._trees[level].query(shape, predicate="dwithin", distance=within_m)):
                yield self._levels[level][i]

    def around(self, at: BaseGeometry, level: float) -> Place | None:
        """The smallest one that the point lies in."""
        inside = [p for p in self.near(at, level) if p.plan.covers(at)]
        return min(inside, key=lambda p: (p.plan.area, p.key), default=None)


def _placed(choice: Choice, storeys: Storeys) -> Iterator[Place]:
    for area in choice.areas:
        levels = _levels_of(area, choice, storeys)
        for level in levels:
            key = area.key if len(levels) == 1 else f"{area.key}@{key_of(level)}"
            yield Place(key=key, area=area, level=level)


def _levels_of(area: Area, choice: Choice, storeys: Storeys) -> tuple[float, ...]:
    """Where one can stand in it. A hall through two storeys is on those from which a door leads into it, or else on
    the lowest; stairs and lifts are on all.
    """
    levels = set(area.levels.named)
    if area.levels.spanning and (area.is_stairs or area.is_lift):
        levels |= {level for level in area.levels.among(storeys.known) if level.is_integer()}
        if area.repeats.spans:
            shift = max(levels) - min(levels)
            return tuple(sorted(levels | {n + d for n in area.repeats.among(storeys.known) for d in (0.0, shift)}))
    elif area.levels.spanning:
        doors = {level for node in area.nodes for level in _door_levels(choice, node)}
        levels = {level for level in area.levels.among(storeys.known) if level in doors} or {min(levels)}
    return tuple(sorted(levels | set(area.repeats.among(storeys.known))))


def _door_levels(choice: Choice, node: str) -> tuple[float, ...]:
    found = choice.ground.extract.nodes.get(node)
    if found is None or not meaning.is_door(found.tags):
        return ()
    return parse_levels(found.tags.get("level", "") + ";" + found.tags.get("repeat_on", "")).named


def spaces_of(places: Places, storeys: Storeys) -> list[SeenSpace]:
    return [_space(p, storeys) for p in places.all]


def _space(place: Place, storeys: Storeys) -> SeenSpace:
    area, tags = place.area, place.area.tags
    top = max(place.level, area.levels.named[-1]) if not (area.is_stairs or area.is_lift) else place.level
    kind = meaning.kind_of(tags, area.shape)
    zh, en = _GENERIC.get(kind or "room", _GENERIC["room"])
    return SeenSpace(
        key=place.key,
        name=meaning.name_of(tags, zh, en),
        floor=storeys.home(place.level),
        plan=place.plan,
        z0_m=storeys.z_m(place.level),
        z1_m=storeys.top_m(top),
        number=tags.get("ref") or tags.get("local_ref"),
        words=meaning.words_of(tags),
        kind=kind,
        walkable=not area.is_lift if area.is_lift or area.is_stairs else None,
        access=meaning.access_of(tags),
        capacity=_capacity(tags.get("capacity", "")),
        aliases=tuple(dict.fromkeys(tags[k] for k in ("alt_name", "short_name", "loc_name", "old_name") if k in tags)),
        derived=area.derived,
        source=area.source,
    )


_GENERIC: Mapping[str, tuple[str, str]] = {
    "room": ("房间", "Room"), "hall": ("大厅", "Hall"), "corridor": ("走廊", "Corridor"),
    "stair": ("楼梯间", "Stairwell"), "lift": ("电梯", "Lift"), "escalator": ("自动扶梯", "Escalator"),
    "toilet": ("卫生间", "Toilet"),
    "toilet_accessible": ("无障碍卫生间", "Accessible toilet"), "toilet_men": ("男卫生间", "Men's toilet"),
    "toilet_women": ("女卫生间", "Women's toilet"),
}  # fmt: skip


def _capacity(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Where a wall stands."""

    key: str
    line: BaseGeometry
    level: float


def outlines_of(places: Places, doors: Sequence[SeenDoor]) -> list[Stretch]:
    """Rooms have walls all round. Stairs that are drawn without any door are open to what they touch: one gets in."""
    entered = {places.by_key[key].area.key for d in doors for key in d.joins if key in places.by_key}
    return [
        Stretch(key=f"{p.key}.wall", line=p.plan.boundary, level=p.level)
        for p in places.all
        if p.area.shape == "room" and (p.area.key in entered or not p.area.is_stairs)
    ]


def walls_of(
    choice: Choice, places: Places, storeys: Storeys, stretches: Sequence[Stretch], doors: Sequence[SeenDoor]
) -> list[SeenWall]:
    """The walls along these stretches, made to fit their doors, and what is drawn as a wall or a pillar."""
    passages = Passages(doors)
    walls = [wall(s.key, passages.body(s.line, storeys.home(s.level)), s.level, storeys) for s in stretches]
    for key, tags, levels, body in _drawn_walls(choice):
        meant = {*(levels if levels.spans else GROUND).among(storeys.known)}
        meant |= {*parse_levels(tags.get("repeat_on", "")).among(storeys.known)}
        near = [n for n in sorted(meant) if any(True for _ in places.near(body, n, WALL_NEAR_M))]
        walls += [wall(f"{key}@{key_of(n)}", body, n, storeys) for n in near]
    return walls


class Passages:
    """Where a wall is drawn by its two faces, as the outlines of the rooms on either side, a door on one of them is in
    both: between them the wall is as thick as they lie apart.
    """

    def __init__(self, doors: Sequence[SeenDoor]) -> None:
        self._doors = [(d.floor, shapely.LineString(d.line)) for d in doors]
        self._through = [line.buffer(FACES_M, cap_style="flat") for _, line in self._doors]
        self._tree = shapely.STRtree(self._through)

    def body(self, outline: BaseGeometry, floor: str) -> BaseGeometry:
        """The walls along an outline: thickened up to the doors that are drawn in their other face, straight at the
        doors in a bent one.
        """
        body = strip(outline)
        for i in self._tree.query(outline, predicate="intersects"):
            on, line = self._doors[i]
            beside = outline.intersection(self._through[i])
            if on != floor or not _runs_past(beside, line):
                continue
            if beside.distance(line.interpolate(0.5, normalized=True)) > WALL_M / 2:
                body = body.union(shapely.union(beside, line).convex_hull)
            elif shapely.hausdorff_distance(beside, line) > BENT_M:
                body = body.difference(self._through[i]).union(line.buffer(WALL_M / 2, cap_style="flat"))
        return body


def _runs_past(stretch: BaseGeometry, line: BaseGeometry) -> bool:
    """Whether this stretch of outline is as long as the door's line that it accompanies."""
    reach = [line.project(shapely.Point(c)) for part in shapely.get_parts(stretch) for c in part.coords]
    return bool(max(reach, default=0.0) - min(reach, default=0.0) > 0.9 * line.length)


def _drawn_walls(choice: Choice) -> Iterator[tuple[str, Tags, Levels, BaseGeometry]]:
    ground = choice.ground
    for way in ground.extract.ways.values():
        points = ground.line(way) if _is_wall(way.tags) else []
        if len(points) > 1:
            yield f"w{way.id}", way.tags, ground.levels("way", way.id, way.tags), _wall_body(points, closed=way.closed)
    for node in ground.extract.nodes.values():
        at = ground.at(node.id) if _is_wall(node.tags) else None
        if at is not None:
            pillar = shapely.Point(at).buffer(PILLAR_M / 2, cap_style="square")
            yield f"n{node.id}", node.tags, ground.levels("node", node.id, node.tags), pillar


def strip(lines: BaseGeometry) -> BaseGeometry:
    """The body of walls along lines."""
    return shapely.buffer(lines, WALL_M / 2, cap_style="square", join_style="mitre", mitre_limit=2.0)


def wall(key: str, body: BaseGeometry, level: float, storeys: Storeys) -> SeenWall:
    return SeenWall(
        key=key,
        name={"zh": "墙", "en": "Wall"},
        floor=storeys.home(level),
        plan=body,
        z0_m=storeys.z_m(level),
        z1_m=storeys.top_m(level),
    )


def _is_wall(tags: Tags) -> bool:
    return tags.get("indoor") in ("wall", "pillar", "column") or (tags.get("barrier") in _BARRIERS and "level" in tags)


def _wall_body(points: Sequence[XY], *, closed: bool) -> BaseGeometry:
    if closed and len(points) > 3:
        area = shapely.make_valid(shapely.Polygon(points))
        if 2 * area.area < THIN_M * shapely.LineString(points).length / 2:
            return area
    return strip(shapely.LineString(points))
