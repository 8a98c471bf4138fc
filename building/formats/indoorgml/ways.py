"""Doors, passages and stairs from transitions: repeated ones once, those between storeys as links with their stops."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import shapely
from shapely.geometry import LineString, Point

from building.formats.indoorgml import places, words
from building.formats.indoorgml.cells import Room, Upright, upright
from building.formats.indoorgml.features import Features, Transition
from building.formats.indoorgml.geometry import Geometry
from building.model import OUT, XY, XYZ, LinkKind, SourceId, Text, key_of
from building.survey import SeenDoor, SeenLink, SeenRun, SeenStop

SAME_PLACE_M = 0.3
"""Two transitions of the same two cells that cross nearer to each other than this are one."""
LATERAL_RISE_M = 1.5
"""A cell that reaches this much above another's floor, beside it, is entered from there by a door, not by a stair."""
HUB_MAX = 12
"""A node without a shape that joins more cells than this is no door."""
INSIDE_M = 0.3
PASSAGE: Text = {"zh": "通道", "en": "Passage"}
DOOR: Text = {"zh": "门", "en": "Door"}
WAY_NAMES: Mapping[str, Text] = {
    "stairs": {"zh": "楼梯", "en": "Stairs"}, "ramp": {"zh": "坡道", "en": "Ramp"},
    "escalator": {"zh": "自动扶梯", "en": "Escalator"}, "lift": {"zh": "电梯", "en": "Lift"},
}  # fmt: skip


@dataclass(slots=True)
class Way:
    """A statement that one gets from ``a`` to ``b`` (cell keys, or ``OUT``), ``through`` a thin cell where one lies."""

    a: str
    b: str
    transition: Transition | None = None
    through: Room | None = None


@dataclass(slots=True)
class Plan:
    """What is known of the cells while ways are read: those with a shape, thin ones that are doors, the outside."""

    rooms: dict[str, Room]
    doors: dict[str, Room] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    anchors: frozenset[str] = frozenset()
    """Cells that lead outside by the standard's own word."""


def ways_of(features: Features, plan: Plan) -> list[Way]:
    """Every statement, with nodes that have no room of their own taken out of the way."""
    direct: list[Way] = []
    beyond: dict[str, set[str]] = defaultdict(set)
    dangling = 0
    for t in features.transitions:
        ends = [_node(end, features, plan) for end in t.ends]
        if len(ends) != 2 or None in ends:
            dangling += 1
            continue
        a, b = (str(e) for e in ends)
        if a == b:
            continue
        if all(e in plan.rooms or e == OUT for e in (a, b)):
            direct.append(Way(a, b, t))
        else:
            beyond[a].add(b)
            beyond[b].add(a)
    if dangling:
        features.warnings.append(f"{dangling} transitions refer to states that are not in the file and are left out")
    for anchor in sorted(plan.anchors):
        if anchor in plan.rooms:
            direct.append(Way(anchor, OUT))
        else:
            beyond[anchor].add(OUT)
    return direct + list(_contracted(beyond, plan, features.warnings))


def _node(end: str, features: Features, plan: Plan) -> str | None:
    state = features.states.get(end)
    cell = (state.cell if state else None) or end
    if cell in plan.outside or end in plan.outside:
        return OUT
    return cell if cell in features.cells else end if state else None


def _contracted(beyond: Mapping[str, set[str]], plan: Plan, warnings: list[str]) -> Iterator[Way]:
    """Doors and junctions that are nodes of their own: what lies on their sides is joined by them."""
    seen: set[str] = set()
    for start in sorted(beyond):
        if start in seen or start in plan.rooms or start == OUT:
            continue
        inner, sides, waiting = {start}, set[str](), [start]
        while waiting:
            for other in beyond[waiting.pop()]:
                if other in plan.rooms or other == OUT:
                    sides.add(other)
                elif other not in inner:
                    inner.add(other)
                    waiting.append(other)
        seen |= inner
        if not 2 <= len(sides) <= HUB_MAX:
            warnings.append(f"the node {start} has no shape and joins {len(sides)} rooms: it is left out")
            continue
        body = next((plan.doors[k] for k in sorted(inner) if k in plan.doors), None)
        yield from (Way(a, b, None, body) for a, b in combinations(sorted(sides), 2))


class WayReader:
    """Places every way: a door on its storey, or a link between storeys."""

    def __init__(self, features: Features, geometry: Geometry, plan: Plan) -> None:
        self._features, self._geometry, self._plan = features, geometry, plan
        self._shafts: dict[str, Room] = {}
        self._by_key = {room.key: room for room in plan.rooms.values()}
        self._joining: dict[frozenset[str], list[int]] = defaultdict(list)
        """Which doors join two spaces, by their keys."""
        self.doors: list[SeenDoor] = []
        self.links: list[SeenLink] = []
        self._flights: list[_Flight] = []

    def read(self, ways: Sequence[Way]) -> None:
        merged = 0
        for way in ways:
            a, b = self._plan.rooms.get(way.a), self._plan.rooms.get(way.b)
            if a is None or b is None:
                room = a or b
                if room is not None:
                    merged += not self._add(self._door(way, room, None))
            elif self._flight_kind(way, a, b) is None:
                self._note_shafts(a, b)
                merged += not self._add(self._door(way, a, b))
            else:
                merged += not self._add_flight(way, a, b)
        self.links = [self._link(group) for group in self._groups()]
        self.links += [self._tall(room) for key, room in self._shafts.items() if not self._is_linked(key)]
        if merged:
            self._features.warnings.append(f"{merged} transitions say once more what another one says")

    # on one storey

    def _door(self, way: Way, a: Room, b: Room | None) -> SeenDoor:
        said = way.transition.said if way.transition else {}
        path = self._path(way)
        found = self._surface(way, a, b, path)
        base = a.z0_m if b is None else max(a.z0_m, b.z0_m)
        if found is None:
            line = places.crossing(a.plan, b.plan, path, None) if b is not None else self._way_out(a)
            kind, z0, height = "opening", base, places.DOOR_HEIGHT_M
        else:
            line, z0, height = found.line, max(found.z0_m, base), found.z1_m - max(found.z0_m, base)
            kind = "door"
        name = self._name(way, DOOR if kind == "door" else PASSAGE)
        kind = said.get("type", kind) if self._is_ours(way) else kind
        ends = (way.a, way.b)
        joins = tuple(self._key(e) for e in ends)
        return SeenDoor(
            key=self._way_key(way, "opening"), name=name, kind=kind, joins=joins,
            floor=(b if b is not None and b.z0_m > a.z0_m else a).floor, line=_rounded(line), z0_m=z0,
            height_m=height if height > 0 else places.DOOR_HEIGHT_M,
            external=OUT in ends, exit=OUT not in ends or said.get("exit", "true") == "true",
            one_way=joins if said.get("one_way") == "true" else None,  # type: ignore[arg-type]
            step_free=said.get("step_free") != "false", controlled=said.get("controlled") == "true",
            source=self._source(way),
        )  # fmt: skip

    def _way_out(self, room: Room) -> places.Line:
        return places.outer_line(
            room, [r for r in self._plan.rooms.values() if r is not room and r.floor == room.floor]
        )

    def _surface(self, way: Way, a: Room, b: Room | None, path: Sequence[XYZ]) -> Upright | None:
        """The door itself, where the file draws it: a thin cell, a boundary, or a face that both cells share."""
        if way.through is not None:
            body = way.through
            line = places.through(body.plan, a.plan, b.plan if b else None)
            return Upright(line, body.z0_m, body.z1_m, body.slabs[0])
        boundary = self._boundary(way)
        if boundary is not None and (math.dist(*boundary.line) <= places.DOOR_WIDE_MAX_M or self._is_ours(way)):
            return boundary
        if b is None:
            return boundary
        shared = list(places.shared_uprights(a, b))
        doors = [u for u in shared if places.is_door_sized(u, a, b)]
        wall = places.nearest(doors or shared, path) or boundary
        if wall is None or doors:
            return wall
        line = places.crossing(a.plan, b.plan, path, wall.line)
        return Upright(line, wall.z0_m, min(wall.z1_m, wall.z0_m + places.DOOR_HEIGHT_M), wall.face)

    def _boundary(self, way: Way) -> Upright | None:
        key = way.transition.boundary if way.transition else None
        feature = self._features.boundaries.get(key or "")
        if feature is None:
            return None
        drawn = [u for f in self._geometry.faces(feature.element) if (u := upright(f)) is not None]
        if drawn:
            return max(drawn, key=lambda u: math.dist(*u.line))
        return None

    def _add(self, door: SeenDoor) -> bool:
        """False: it is known already."""
        at = LineString(door.line).centroid
        same = self._joining[frozenset(door.joins)]
        for i in same:
            known = self.doors[i]
            if LineString(known.line).centroid.distance(at) < SAME_PLACE_M:
                if known.one_way and door.one_way and known.one_way != door.one_way:
                    self.doors[i] = replace(known, one_way=None)
                return False
        same.append(len(self.doors))
        self.doors.append(door)
        return True

    # between storeys

    def _flight_kind(self, way: Way, a: Room, b: Room) -> LinkKind | None:
        said = way.transition.said if way.transition else {}
        if said.get("link"):
            return words.way_of(said.get("type", "")) or "stairs"
        low, high = sorted((a, b), key=lambda r: r.z0_m)
        beside = low.plan.intersection(high.plan).area < 0.05 * min(low.plan.area, high.plan.area)
        if a.floor == b.floor or (beside and low.z1_m - high.z0_m >= LATERAL_RISE_M):
            return None
        text = way.transition.text if way.transition else ""
        return words.way_of(said.get("type", ""), text, *(t for r in (a, b) for t in r.texts)) or "stairs"

    def _add_flight(self, way: Way, a: Room, b: Room) -> bool:
        kind = self._flight_kind(way, a, b) or "stairs"
        low, high = sorted((a, b), key=lambda r: (r.z0_m, r.key))
        said = way.transition.said if way.transition else {}
        path = _uphill(self._path(way), low, high)
        flight = _Flight(kind, low, high, path, said, way, {"up": a is low, "down": a is high})
        for known in self._flights:
            same = {known.low.key, known.high.key} == {low.key, high.key} and known.said.get("link") == said.get("link")
            if same and math.dist(known.path[0][:2], path[0][:2]) < SAME_PLACE_M:
                return False
        self._flights.append(flight)
        return True

    def _groups(self) -> list[list[_Flight]]:
        """Flights of one link: those that say so, and those that meet in a cell that is itself a stair or a shaft."""
        groups: list[list[_Flight]] = []
        for flight in sorted(self._flights, key=lambda f: (f.low.z0_m, f.low.key, f.high.key)):
            for group in groups:
                if any(flight.continues(f) for f in group):
                    group.append(flight)
                    break
            else:
                groups.append([flight])
        return groups

    def _link(self, flights: Sequence[_Flight]) -> SeenLink:
        first = flights[0]
        said, way = first.said, first.way
        stops: dict[str, SeenStop] = {}
        for f in flights:
            for room, p in ((f.low, f.path[0]), (f.high, f.path[-1])):
                stops.setdefault(room.key, SeenStop(space=room.key, at=(p[0], p[1])))
        runs = tuple(SeenRun(plan=f.ground, z0_m=f.low.z0_m, z1_m=f.high.z0_m, path=f.path) for f in flights)
        rooms = sorted({r.key: r for f in flights for r in (f.low, f.high)}.values(), key=lambda r: r.z0_m)
        is_lift = first.kind == "lift"
        return SeenLink(
            key=self._way_key(way, "link"), name=self._name(way, WAY_NAMES[first.kind]), kind=first.kind,
            runs=tuple(SeenRun(plan=r.plan, z0_m=r.z0_m, z1_m=r.z1_m) for r in rooms) if is_lift else runs,
            spaces=tuple(r.key for r in rooms) if is_lift else (),
            stops=() if is_lift and self._has_doors(rooms) else tuple(stops.values()),
            direction=said.get("direction", "both") if said.get("direction") in ("up", "down") else "both",  # type: ignore[arg-type]
            step_free=None if "step_free" not in said else said["step_free"] == "true",
            width_m=_metres(said.get("width_m")), source=self._source(way),
        )  # fmt: skip

    def _note_shafts(self, a: Room, b: Room) -> None:
        """Tall cells that are called a lift or a stair, entered on several storeys."""
        for room, other in ((a, b), (b, a)):
            if room.floor != other.floor and words.way_of(*room.texts) is not None:
                self._shafts[room.key] = room

    def _tall(self, room: Room) -> SeenLink:
        kind = words.way_of(*room.texts) or "stairs"
        doors = [d for d in self.doors if room.key in d.joins]
        stops = []
        for d in doors:
            other = next((self._by_key.get(k) for k in d.joins if k != room.key), None)
            if other is not None:
                stops.append(SeenStop(space=other.key, at=_inside(other, LineString(d.line).centroid)))
        run = SeenRun(plan=room.plan, z0_m=room.z0_m, z1_m=room.z1_m)
        return SeenLink(
            key=f"{room.key}-{kind}", name=room.cell.name or WAY_NAMES[kind], kind=kind, runs=(run,),
            spaces=(room.key,), stops=tuple(stops) if kind != "lift" else (),
        )  # fmt: skip

    def _is_linked(self, cell: str) -> bool:
        key = self._plan.rooms[cell].key if cell in self._plan.rooms else cell
        return any(key in (*link.spaces, *(s.space for s in link.stops)) for link in self.links)

    def _has_doors(self, rooms: Sequence[Room]) -> bool:
        return all(any(r.key in d.joins for d in self.doors) for r in rooms)

    # names

    def _key(self, cell: str) -> str:
        return OUT if cell == OUT else self._plan.rooms[cell].key

    def _path(self, way: Way) -> tuple[XYZ, ...]:
        return self._geometry.line(way.transition.element.find("geometry")) if way.transition else ()

    def _is_ours(self, way: Way) -> bool:
        return way.transition is not None and way.transition.own_id is not None

    def _way_key(self, way: Way, kind: str) -> str:
        t = way.transition
        if t is not None and t.own_id is not None:
            return key_of(t.own_id)
        base = t.key if t is not None else way.through.key if way.through is not None else kind
        return words.key(base if t is not None else f"{base}-{self._tag(way.a)}-{self._tag(way.b)}")

    def _tag(self, cell: str) -> str:
        return "out" if cell == OUT else cell

    def _name(self, way: Way, spare: Text) -> Text:
        own = way.transition or (way.through.cell if way.through else None)
        if own is not None and own.own_id is not None:
            return own.name
        return (own.name if own else {}) or spare

    def _source(self, way: Way) -> SourceId | None:
        if self._is_ours(way) or (way.transition is None and way.through is None):
            return None
        key = way.transition.key if way.transition else way.through.cell.key if way.through else ""
        return words.source(key)


@dataclass(slots=True)
class _Flight:
    kind: LinkKind
    low: Room
    high: Room
    path: tuple[XYZ, ...]
    said: Mapping[str, str]
    way: Way
    directions: Mapping[str, bool]

    @property
    def ground(self) -> shapely.geometry.base.BaseGeometry:
        common = self.low.plan.intersection(self.high.plan)
        return common if common.area > 0 else Point(self.path[0][:2]).buffer(INSIDE_M)

    def continues(self, other: _Flight) -> bool:
        if self.said.get("link") or other.said.get("link"):
            return self.said.get("link") == other.said.get("link")
        common = {self.low.key, self.high.key} & {other.low.key, other.high.key}
        shared = next((r for r in (self.low, self.high) if r.key in common), None)
        return self.kind == other.kind and shared is not None and words.way_of(*shared.texts) == self.kind


def _uphill(path: Sequence[XYZ], low: Room, high: Room) -> tuple[XYZ, ...]:
    """The line lower end first, from floor to floor: states float above theirs."""
    points = [p for i, p in enumerate(path) if i == 0 or p != path[i - 1]]
    if len(points) < 2:
        common = low.plan.intersection(high.plan)
        at = (common if common.area > 0 else low.plan).representative_point()
        points = [(at.x, at.y, low.z0_m), (at.x, at.y, high.z0_m)]
    if points[0][2] > points[-1][2]:
        points.reverse()
    start, end = _inside(low, Point(points[0][:2])), _inside(high, Point(points[-1][:2]))
    above = points[0][2] - low.z0_m
    middle = [(x, y, min(max(z - above, low.z0_m), high.z0_m)) for x, y, z in points[1:-1]]
    ends = ((*start, low.z0_m), (*end, high.z0_m))
    return tuple((round(x, 3), round(y, 3), round(z, 3)) for x, y, z in (ends[0], *middle, ends[1]))


def _inside(room: Room, at: Point) -> XY:
    """The point itself where it lies in the room, else the nearest that does."""
    if room.plan.covers(at):
        return (round(at.x, 3), round(at.y, 3))
    inner = room.plan.buffer(-INSIDE_M)
    near = shapely.shortest_line(at, room.plan if inner.is_empty else inner).coords[-1]
    return (round(near[0], 3), round(near[1], 3))


def _rounded(line: places.Line) -> places.Line:
    (x0, y0), (x1, y1) = line
    return (round(x0, 4), round(y0, 4)), (round(x1, 4), round(y1, 4))


def _metres(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
