"""Rooms derived from walls: what is taken from a file's rooms and derived again, and places that are no rooms."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import networkx as nx
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from building.formats import open_building
from building.graph import build_graph
from building.labels import to_shape
from building.model import OUT, Building, Opening, Space, VerticalLink, key_of
from building.survey import SeenDoor, SeenFloor, SeenLink, SeenRun, SeenSpace, SeenWall, Survey
from building.understanding import understand
from building.understanding.rooms import derive_rooms

DATA = Path(__file__).parents[4] / "shared" / "data" / "building"
FILES = ("duplex", "fzk-haus-ac11", "large-building", "tall-building", "reference")
IOU_MIN, SHARE_MIN, EDGES_MIN = 0.9, 0.9, 0.95
DEPTH_M = 0.2


# Real files: their rooms taken away and derived again.


@cache
def _survey(name: str) -> Survey:
    if name == "reference":
        return _survey_of(open_building("reference"))
    path = DATA / f"{name}.ifc"
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name}.ifc not found")
    from building.formats.ifc.reader import survey

    return survey(path)


def _survey_of(hall: Building) -> Survey:
    """What would be seen of the hall if it were drawn without rooms."""
    return Survey(
        site=hall.site,
        name=hall.name,
        format="hall",
        schema="1",
        floors=tuple(
            SeenFloor(
                key=f.key, name=f.name, number=f.number, elevation_m=f.elevation_m, height_m=f.height_m,
                ordinal=f.ordinal,
            )
            for f in hall.floors
        ),
        walls=tuple(
            SeenWall(
                key=w.key, name=w.name, floor=key_of(w.floor), plan=to_shape(w.footprint), z0_m=w.z0_m,
                z1_m=w.z0_m + w.height_m, kind=w.kind,
            )
            for w in hall.walls
        ),
        doors=tuple(_seen_door(o) for o in hall.openings if o.kind != "open"),
        links=tuple(_seen_link(v, {s.id: s for s in hall.spaces}) for v in hall.vertical_links),
    )  # fmt: skip


def _seen_door(o: Opening) -> SeenDoor:
    return SeenDoor(
        key=o.key, name=o.name, floor=key_of(o.floor), line=o.line, z0_m=o.z0_m, height_m=max(o.height_m, 2.1),
        depth_m=DEPTH_M,
    )  # fmt: skip


def _seen_link(v: VerticalLink, spaces: Mapping[str, Space]) -> SeenLink:
    shafts = [spaces[i] for i in sorted(set(v.shafts.values()))] if v.kind == "lift" else []
    runs = [SeenRun(plan=to_shape(s.footprint), z0_m=s.z0_m, z1_m=s.z0_m + s.height_m) for s in shafts]
    for path in v.paths:
        plan = shapely.LineString([p[:2] for p in path]).buffer(v.width_m / 2, cap_style="flat")
        runs.append(SeenRun(plan=plan, z0_m=path[0][2], z1_m=path[-1][2], path=path))
    return SeenLink(key=v.key, name=v.name, kind=v.kind, runs=tuple(runs), direction=v.direction)


def _stripped(name: str) -> Survey:
    return replace(_survey(name), spaces=(), connections=())


@cache
def _stated(name: str) -> Building:
    return open_building(name) if name == "reference" else understand(_survey(name))


@cache
def _derived(name: str) -> Building:
    return understand(_stripped(name))


def _rooms(b: Building) -> list[Space]:
    """Where people walk, on storeys they get to: no roof, no attic without a stair."""
    walkable = [s for s in b.spaces if s.walkable]
    edges = build_graph(b).edges
    return [s for s in walkable if any(s.id in (e.a, e.b) for e in edges)]


def _open_groups(b: Building) -> list[list[Space]]:
    """Rooms with nothing between them count as one."""
    rooms = {s.id: s for s in _rooms(b)}
    graph = nx.Graph()
    graph.add_nodes_from(rooms)
    graph.add_edges_from((e.a, e.b) for e in build_graph(b).edges if e.via == "open" and {e.a, e.b} <= rooms.keys())
    groups = [[rooms[i] for i in sorted(group)] for group in nx.connected_components(graph)]
    return sorted(groups, key=lambda g: g[0].id)


def _plan(spaces: Sequence[Space]) -> BaseGeometry:
    return shapely.union_all([to_shape(s.footprint) for s in spaces])


def _iou(a: BaseGeometry, b: BaseGeometry) -> float:
    return float(a.intersection(b).area / a.union(b).area)


def _holders(group: Sequence[Space], derived: Building) -> list[Space]:
    """The derived rooms that lie mostly in these."""
    plan, floors = _plan(group), {key_of(s.floor) for s in group}
    here = [s for s in derived.spaces if key_of(s.floor) in floors]
    return [s for s in here if (own := to_shape(s.footprint)).intersection(plan).area > 0.5 * own.area]


@pytest.mark.parametrize("name", FILES)
def test_rooms_taken_away_come_back_where_they_were(name: str) -> None:
    groups = _open_groups(_stated(name))
    fits = {g[0].id: _iou(_plan(g), _plan(_holders(g, _derived(name)))) for g in groups if _holders(g, _derived(name))}
    closed = [g[0].id for g in groups if len(g) == 1]
    merged = [g[0].id for g in groups if len(g) > 1]
    lost = {i: round(fits.get(i, 0.0), 3) for i in (*closed, *merged) if fits.get(i, 0.0) < IOU_MIN}
    assert sum(fits.get(i, 0.0) >= IOU_MIN for i in closed) >= SHARE_MIN * len(closed), lost
    assert sum(fits.get(i, 0.0) >= IOU_MIN for i in merged) >= SHARE_MIN * len(merged), lost


@pytest.mark.parametrize("name", FILES)
def test_the_edges_between_what_remains_come_back(name: str) -> None:
    stated, derived = _stated(name), _derived(name)
    now: dict[str, str] = {OUT: OUT}
    for group in _open_groups(stated):
        for s in group:
            best = max(derived.spaces, key=lambda d: _overlap(s, d))
            if _overlap(s, best) > 0:
                now[s.id] = best.id
    before = _edges(stated, now)
    after = _edges(derived, {s.id: s.id for s in derived.spaces} | {OUT: OUT})
    assert (before & after).total() >= EDGES_MIN * before.total(), (before - after, after - before)


def _overlap(a: Space, b: Space) -> float:
    same = key_of(a.floor) == key_of(b.floor)
    return to_shape(a.footprint).intersection(to_shape(b.footprint)).area if same else 0.0


def _edges(b: Building, now: Mapping[str, str]) -> Counter[tuple[frozenset[str], str]]:
    """Doors and links by what they join today; what now lies within one room is no edge any more."""
    found = ((frozenset((now[e.a], now[e.b])), e.via) for e in build_graph(b).edges if e.a in now and e.b in now)
    return Counter((pair, via) for pair, via in found if len(pair) == 2)


@pytest.mark.parametrize("name", FILES)
def test_no_room_is_made_where_there_is_none(name: str) -> None:
    """Every derived room that one walks in covers something the file itself calls a space."""
    spaces = _stated(name).spaces
    false = [
        d.number
        for d in _derived(name).spaces
        if d.walkable and sum(_overlap(s, d) for s in spaces) < 0.5 * to_shape(d.footprint).area
    ]
    assert false == []


# Made-up floors.

_FLOOR = SeenFloor(key="F", name={"zh": "一层", "en": "Floor 1"}, number="1F", elevation_m=0.0, height_m=3.0)


def _box(x0: float, y0: float, x1: float, y1: float) -> BaseGeometry:
    return shapely.box(x0, y0, x1, y1)


def _wall(plan: BaseGeometry, key: str, *, kind: str = "interior", z0_m: float = 0.0, z1_m: float = 3.0) -> SeenWall:
    return SeenWall(key=key, name={"en": key}, floor="F", plan=plan, z0_m=z0_m, z1_m=z1_m, kind=kind)


def _walls(*boxes: tuple[float, float, float, float], kind: str = "interior") -> list[SeenWall]:
    return [_wall(_box(*b), f"w{i}", kind=kind) for i, b in enumerate(boxes)]


def _door(x0: float, y0: float, x1: float, y1: float, key: str = "d", **told: object) -> SeenDoor:
    door = SeenDoor(
        key=key, name={"en": key}, floor="F", line=((x0, y0), (x1, y1)), z0_m=0.0, height_m=2.1, depth_m=DEPTH_M
    )
    return replace(door, **told)  # type: ignore[arg-type]


def _seen(walls: Sequence[SeenWall], doors: Sequence[SeenDoor] = (), **more: object) -> Survey:
    survey = Survey(
        site="t", name={"en": "t"}, format="made", schema="1", floors=(_FLOOR,), walls=tuple(walls), doors=tuple(doors)
    )
    return replace(survey, **more)  # type: ignore[arg-type]


def _of(survey: Survey) -> list[SeenSpace]:
    return derive_rooms(survey, survey.floors, [])


def _house(gap_m: float = 0.0) -> list[SeenWall]:
    """6 m by 4 m inside, cut in two rooms of 3.9 m and 1.9 m by a wall that may stop short of the outer one."""
    return _walls(
        (-0.2, -0.2, 6.2, 0.0), (-0.2, 4.0, 6.2, 4.2), (-0.2, 0.0, 0.0, 4.0), (6.0, 0.0, 6.2, 4.0),
        (3.9, 0.0, 4.1, 4.0 - gap_m),
    )  # fmt: skip


_DOORS = (_door(3.0, -0.1, 2.0, -0.1, "out"), _door(4.0, 1.0, 4.0, 1.9, "between"))


def test_rooms_reach_to_the_face_of_the_walls() -> None:
    rooms = _of(_seen(_house(), _DOORS))
    assert [r.plan.area for r in rooms] == pytest.approx([3.9 * 4, 1.9 * 4])
    assert [r.name for r in rooms] == [{"zh": "房间 1", "en": "Room 1"}, {"zh": "房间 2", "en": "Room 2"}]
    assert all(r.derived is not None and r.derived.confidence == pytest.approx(0.9) for r in rooms)


@pytest.mark.parametrize(("gap_m", "count"), [(0.1, 2), (0.4, 2), (0.9, 1)])
def test_walls_that_nearly_meet_close_a_room_and_a_way_through_opens_it(gap_m: float, count: int) -> None:
    assert len(_of(_seen(_house(gap_m), _DOORS))) == count


def test_the_gap_within_a_double_wall_is_no_room() -> None:
    walls = [w for w in _house() if w.key != "w4"] + _walls((3.7, 0.0, 3.8, 4.0), (4.2, 0.0, 4.3, 4.0))
    rooms = _of(_seen(walls, (_DOORS[0], _door(4.0, 1.0, 4.0, 1.9, depth_m=0.6))))
    assert [r.plan.area for r in rooms] == pytest.approx([3.7 * 4, 1.7 * 4])


def test_a_foundation_without_doors_has_no_rooms() -> None:
    warnings: list[str] = []
    survey = _seen(_house())
    assert derive_rooms(survey, survey.floors, warnings) == []
    assert warnings == ["floor 1F: walls enclose 2 places, but no door or stair leads there: no rooms made"]


def test_a_small_place_without_a_door_is_a_shaft() -> None:
    shaft = _walls((2.0, 2.0, 3.2, 2.2), (2.0, 3.0, 3.2, 3.2), (2.0, 2.2, 2.2, 3.0), (3.0, 2.2, 3.2, 3.0))
    rooms = _of(_seen([*_house(), *(replace(w, key=f"s{w.key}") for w in shaft)], _DOORS))
    assert [(r.kind, r.walkable) for r in rooms] == [("room", True), ("room", True), ("shaft", False)]


def test_a_court_is_outdoors() -> None:
    """Outer walls all round it, and the house beyond them."""
    outer = _walls((0, 0, 20, 0.3), (0, 19.7, 20, 20), (0, 0.3, 0.3, 19.7), (19.7, 0.3, 20, 19.7), kind="exterior")
    inner = _walls((7, 7, 13, 7.3), (7, 12.7, 13, 13), (7, 7.3, 7.3, 12.7), (12.7, 7.3, 13, 12.7), kind="exterior")
    walls = [*outer, *(replace(w, key=f"i{w.key}") for w in inner)]
    rooms = _of(_seen(walls, [_door(5, 0.15, 6, 0.15), _door(9, 7.15, 10, 7.15, "court")]))
    assert [(r.kind, r.outdoors) for r in rooms] == [("room", False), ("courtyard", True)]


def test_the_upper_part_of_a_hall_is_no_room_of_the_floor_above() -> None:
    upper = replace(_FLOOR, key="U", number="2F", elevation_m=3.0)
    tall = [replace(w, z1_m=6.0) for w in _house() if w.key != "w4"]
    beside = [
        replace(w, key=f"u{w.key}", floor="U", z0_m=z0, z1_m=6.0)
        for w, z0 in zip(_walls((6.2, -0.2, 10, 0), (6.2, 4, 10, 4.2), (9.8, 0, 10, 4)), (3.0, 3.0, 3.0), strict=True)
    ]
    door = _door(6.1, 1.0, 6.1, 2.0, "up", floor="U", z0_m=3.0)
    balcony = _door(9.9, 1.0, 9.9, 2.0, "balcony", floor="U", z0_m=3.0)
    survey = _seen([*tall, *beside], [_DOORS[0], balcony], floors=(_FLOOR, upper))
    assert [(r.floor, round(r.plan.area, 1)) for r in _of(survey)] == [("F", 24.0), ("U", 14.4)]
    onto_it = replace(survey, doors=(*survey.doors, door))
    assert [(r.floor, round(r.plan.area, 1)) for r in _of(onto_it)] == [("F", 24.0), ("U", 24.0), ("U", 14.4)]


def test_knee_walls_under_a_roof_close_an_attic_room() -> None:
    low = [replace(w, z1_m=0.7) if w.key in ("w0", "w1") else w for w in _house() if w.key != "w4"]
    ladder = SeenLink(
        key="s", name={"en": "s"}, kind="stairs", runs=(SeenRun(plan=_box(1, 1, 2, 2), z0_m=-3.0, z1_m=0.0),)
    )
    assert [r.plan.area for r in _of(_seen(low, links=(ladder,)))] == pytest.approx([24.0])


def test_a_floor_whose_rooms_are_drawn_gets_no_more_and_one_with_hardly_any_gets_the_rest() -> None:
    drawn = SeenSpace(key="A", name={"en": "A"}, floor="F", plan=_box(0, 0, 3.9, 4), z0_m=0.0, z1_m=3.0)
    assert _of(_seen(_house(), _DOORS, spaces=(drawn,))) == []
    corner = replace(drawn, plan=_box(0, 0, 1.5, 1.5))
    assert [r.plan.area for r in _of(_seen(_house(), _DOORS, spaces=(corner,)))] == pytest.approx(
        [3.9 * 4 - 1.5 * 1.5, 1.9 * 4]
    )


def test_what_a_stair_from_below_takes_away_is_no_floor() -> None:
    run = SeenRun(plan=_box(0, 0, 1, 3), z0_m=-3.0, z1_m=0.0, path=((0.5, 0.0, -3.0), (0.5, 3.0, 0.0)))
    link = SeenLink(key="s", name={"en": "s"}, kind="stairs", runs=(run,))
    rooms = _of(_seen(_house(), _DOORS, links=(link,)))
    assert [r.plan.area for r in rooms] == pytest.approx([3.9 * 4 - 3.0, 1.9 * 4])


# Invariance.


@st.composite
def _floors_of_rooms(draw: st.DrawFn) -> Survey:
    """A row of rooms of different widths, each with a door to the next, the first with one to the outside."""
    widths = draw(st.lists(st.integers(10, 60), min_size=1, max_size=5, unique=True))
    walls, doors, x = [_box(-0.2, -0.2, sum(widths) / 10 + 0.2 * len(widths), 0)], [_door(-0.1, 1, -0.1, 2, "d0")], 0.0
    walls += [_box(-0.2, 3, sum(widths) / 10 + 0.2 * len(widths), 3.2), _box(-0.2, 0, 0, 3)]
    for i, width in enumerate(widths, start=1):
        x += width / 10
        walls.append(_box(x, 0, x + 0.2, 3))
        if i < len(widths):
            doors.append(_door(x + 0.1, 1, x + 0.1, 2, f"d{i}"))
        x += 0.2
    return _seen([_wall(w, f"w{i}") for i, w in enumerate(walls)], doors)


def _moved(survey: Survey, move: Callable[[BaseGeometry], BaseGeometry]) -> Survey:
    def line(d: SeenDoor) -> tuple[tuple[float, float], tuple[float, float]]:
        (x0, y0), (x1, y1) = move(shapely.LineString(d.line)).coords
        return (x0, y0), (x1, y1)

    return replace(
        survey,
        walls=tuple(replace(w, plan=move(w.plan)) for w in survey.walls),
        doors=tuple(replace(d, line=line(d)) for d in survey.doors),
    )


def _told(rooms: Sequence[SeenSpace]) -> Iterator[tuple[str, str, float, str]]:
    for r in rooms:
        yield r.key, r.name["en"], round(r.plan.area, 4), r.kind or ""


@given(_floors_of_rooms(), st.floats(0, 360), st.integers(0, 1_000))
def test_turned_moved_and_in_another_order_the_rooms_are_the_same(survey: Survey, degrees: float, seed: int) -> None:
    angle = math.radians(degrees)
    turn = [math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle), 5_000.0, -3_000.0]
    other = _moved(survey, lambda g: shapely.affinity.affine_transform(g, turn))
    mixed = random.Random(seed)  # noqa: S311  it must repeat
    other = replace(
        other,
        walls=tuple(mixed.sample(other.walls, len(other.walls))),
        doors=tuple(mixed.sample(other.doors, len(other.doors))),
    )
    assert list(_told(_of(other))) == list(_told(_of(survey)))
    assert len(_of(survey)) == len(survey.doors)
