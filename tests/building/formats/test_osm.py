"""OSM indoor files: every habit and slip of mappers in drawing rooms, doors and ways that decides what is reached."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from building.formats import read
from building.formats.osm.levels import parse_levels
from building.graph import build_graph, unreached
from building.labels import to_shape
from building.masonry import build_walls
from building.model import OUT, Building, Opening, key_of
from tests.building.formats.osm_files import (
    AT,
    Sketch,
    draw_hall,
    edges_of,
    names_of,
    opening_between,
    pair,
    reached_rooms,
    stops_of,
)

# levels


@pytest.mark.parametrize(
    ("value", "named", "of_minus_one_to_three"),
    [
        ("0", (0,), (0,)),
        ("0;1", (0, 1), (0, 1)),
        (" 0 , 1 ", (0, 1), (0, 1)),
        ("-1-3", (-1, 3), (-1, 0, 1, 2, 3)),
        ("-1--3", (-3, -1), (-1,)),
        ("3-1", (1, 3), (1, 2, 3)),
        ("0 - 2", (0, 2), (0, 1, 2)),
        ("-1–1", (-1, 1), (-1, 0, 1)),
        ("0.25", (0.25,), ()),
        ("1-2;-1", (-1, 1, 2), (-1, 1, 2)),
        ("0;EG;;1.", (0,), (0,)),
        ("1995", (), ()),
        ("", (), ()),
    ],
)
def test_level_values_are_read_as_people_write_them(
    value: str, named: tuple[float, ...], of_minus_one_to_three: tuple[float, ...]
) -> None:
    levels = parse_levels(value)
    assert levels.named == named
    assert levels.among((-1, 0, 1, 2, 3)) == of_minus_one_to_three


@given(st.one_of(st.text(max_size=40), st.text(alphabet="0123456789-–;,. to+", max_size=20)))
def test_any_text_gives_levels(value: str) -> None:
    levels = parse_levels(value)
    assert all(low <= high for low, high in levels.spans)
    assert set(levels.among(levels.named)) == set(levels.named)


# rooms and doors


def test_rooms_are_joined_where_their_outlines_share_a_door_node(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    a = s.room(0, 2, 4, 6, ref="A")
    b = s.room(4, 2, 10, 6, ref="B")
    s.door((2, 2), hall, a)
    s.door((4, 4), a, b, width="1.2 m")
    building = read(s.save(tmp_path))
    assert edges_of(building) == {pair("C0", OUT), pair("C0", "A"), pair("A", "B")}
    assert opening_between(building, "A", "B").width_m == pytest.approx(1.2, abs=0.001)
    assert opening_between(building, "C0", OUT).exit
    assert unreached(build_graph(building), building) == []


def test_rooms_that_touch_without_a_door_are_walled_off_and_corridors_are_not(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    s.box(10, 0, 20, 2, indoor="corridor", level="0", ref="C2")
    s.room(0, 2, 10, 6, ref="A")
    building = read(s.save(tmp_path))
    assert edges_of(building) == {pair("C0", OUT), pair("C0", "C2")}
    assert [u.space.number for u in unreached(build_graph(building), building)] == ["A"]


def test_a_door_between_two_corridors_means_a_wall_between_them(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    other = s.box(10, 0, 20, 2, indoor="corridor", level="0", ref="C2")
    s.door((10, 1), hall, other, width="0.9")
    building = read(s.save(tmp_path))
    kinds = [o.kind for o in building.openings if o.between and OUT not in o.between]
    assert kinds == ["door"]
    assert opening_between(building, "C0", "C2").width_m == pytest.approx(0.9, abs=0.001)
    assert [w.id for w in building.walls]


def test_a_door_joins_rooms_that_share_no_node_but_stand_a_wall_apart(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    s.room(0, 2.2, 4, 6, ref="A")
    s.node((2, 2.1), door="hinged")
    building = read(s.save(tmp_path))
    assert pair("C0", "A") in edges_of(building)


def test_a_door_in_one_face_of_a_wall_goes_through_both(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    s.room(0, 2.3, 10, 6, ref="A")
    s.door((3, 2), hall)
    s.room(0, 2, 10, 2.3, ref="wall cavity", level="7")
    building = read(s.save(tmp_path))
    assert pair("C0", "A") in edges_of(building)
    assert [o.kind for o in building.openings] == ["door", "door"]
    assert _is_clear(building, opening_between(building, "C0", "A"), reach_m=0.5)


def test_a_door_in_a_round_wall_can_be_walked_through(tmp_path: Path) -> None:
    s = Sketch()
    corners = [(5 + 2 * math.cos(math.radians(a)), 5 + 2 * math.sin(math.radians(a))) for a in range(0, 360, 15)]
    round_room = s.area(*corners, indoor="room", level="0", ref="R")
    s.door((0, 5), s.box(0, 0, 10, 10, indoor="area", level="0", ref="H"), entrance="yes")
    s.nodes[s.node(corners[18])] = (corners[18], {"door": "yes", "level": "0"})
    building = read(s.save(tmp_path))
    door = opening_between(building, "R", "H")
    assert door.width_m == pytest.approx(0.9, abs=0.01)
    assert _is_clear(building, door, reach_m=0.4)
    assert round_room


def _is_clear(building: Building, door: Opening, *, reach_m: float) -> bool:
    """Whether no wall stands in the middle of the door, so far before and behind it."""
    (x0, y0), (x1, y1) = door.line
    middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), reach_m / door.width_m
    dx, dy = -(y1 - y0) * half, (x1 - x0) * half
    through = shapely.LineString([(middle[0] - dx, middle[1] - dy), (middle[0] + dx, middle[1] + dy)]).buffer(0.3)
    walls = [to_shape(p.polygons) for p in build_walls(building) if p.floor == door.floor and p.z0_m < 1.0]
    return not any(wall.intersects(through) for wall in walls)


def test_a_door_at_a_corner_of_three_rooms_lies_in_the_wall_that_two_of_them_share(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    a, b = s.room(0, 2, 4, 6, ref="A"), s.room(4, 2, 10, 6, ref="B")
    s.door((2, 2), hall, a)
    corner = s.door((4, 2), a, b, hall)
    building = read(s.save(tmp_path))
    door = next(o for o in building.openings if o.key == f"n{corner}")
    (x0, y0), (x1, y1) = door.line
    assert abs(x1 - x0) < 0.01 or abs(y1 - y0) < 0.01, "along one of the walls, not across a room"
    assert reached_rooms(building) >= {"A", "C0"}


def test_a_stack_of_floors_shares_its_door_nodes_and_each_door_stays_on_its_own(tmp_path: Path) -> None:
    s = Sketch()
    hall, up = draw_hall(s), draw_hall(s, "1")
    a, b = s.room(0, 2, 4, 6, ref="A"), s.room(0, 2, 4, 6, ref="B", level="1")
    s.door((2, 2), hall, a, up, b, level="0")
    building = read(s.save(tmp_path))
    assert pair("C0", "A") in edges_of(building)
    assert pair("C1", "B") not in edges_of(building)
    repeated = Sketch()
    hall, up = draw_hall(repeated), draw_hall(repeated, "1")
    a, b = repeated.room(0, 2, 4, 6, ref="A"), repeated.room(0, 2, 4, 6, ref="B", level="1")
    repeated.door((2, 2), hall, a, up, b, level="0", repeat_on="1")
    assert {pair("C0", "A"), pair("C1", "B")} <= edges_of(read(repeated.save(tmp_path)))


def test_a_door_without_a_level_stands_where_its_rooms_meet(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    up = draw_hall(s, "1")
    b = s.room(0, 2, 4, 6, ref="B", level="1")
    s.door((2, 2), up, b)
    assert pair("C1", "B") in edges_of(read(s.save(tmp_path)))


def test_tags_of_a_door_say_who_gets_through(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    rooms = [s.room(x, 2, x + 2, 4, ref=ref) for x, ref in ((0, "A"), (2, "B"), (4, "D"), (6, "E"), (8, "F"))]
    s.door((1, 2), hall, rooms[0], door="no")
    s.door((3, 2), hall, rooms[1], access="private")
    s.door((5, 2), hall, rooms[2], access="no")
    s.door((7, 2), hall, rooms[3], wheelchair="no")
    s.door((9, 2), hall, rooms[4], door="revolving")
    s.door((10, 1), hall, entrance="emergency")
    building = read(s.save(tmp_path))
    assert opening_between(building, "C0", "A").kind == "passage"
    assert opening_between(building, "C0", "B").controlled
    assert pair("C0", "D") not in edges_of(building)
    assert not opening_between(building, "C0", "E").step_free
    assert not opening_between(building, "C0", "F").step_free
    assert {o.kind for o in building.openings if o.between and OUT in o.between} == {"door", "fire"}


def test_an_exit_lets_people_out_only(tmp_path: Path) -> None:
    s = Sketch()
    hall = s.box(0, 0, 10, 2, indoor="corridor", level="0", ref="C0")
    s.door((0, 1), hall, entrance="exit")
    building = read(s.save(tmp_path))
    (door,) = building.openings
    assert door.one_way is not None
    assert door.one_way[1] == OUT


def test_a_door_drawn_twice_is_one(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    a = s.room(0, 2, 4, 6, ref="A")
    s.door((2, 2), hall, a)
    s.node((2.05, 2), door="yes", level="0")
    building = read(s.save(tmp_path))
    assert (
        sum(pair("C0", "A") == frozenset(names_of(building)[e] for e in o.between or ()) for o in building.openings)
        == 1
    )
    assert any("drawn twice" in w for w in building.warnings)


def test_a_room_within_an_open_area_is_entered_from_it(tmp_path: Path) -> None:
    s = Sketch()
    hall = s.box(0, 0, 20, 20, indoor="area", level="0", ref="H")
    s.door((0, 10), hall, entrance="yes")
    kiosk = s.room(8, 8, 12, 12, ref="K")
    s.door((10, 8), kiosk)
    building = read(s.save(tmp_path))
    assert edges_of(building) == {pair("H", OUT), pair("H", "K")}


# ways people walk


def test_footways_join_rooms_that_have_no_doors(tmp_path: Path) -> None:
    s = Sketch()
    s.box(-1, -1, 21, 11, building="retail")
    s.room(0, 0, 20, 4, ref="M")
    s.room(0, 4.2, 8, 10, ref="A")
    s.room(8, 4.2, 20, 10, ref="B")
    s.line((-5, 2), (4, 2), (4, 8), highway="footway", indoor="yes", level="0")
    s.line((4, 2), (15, 2), (15, 4.2), highway="footway", indoor="yes", level="0")
    building = read(s.save(tmp_path))
    assert edges_of(building) == {pair("M", OUT), pair("M", "A"), pair("M", "B")}
    assert opening_between(building, "M", OUT).exit


def test_a_footway_through_a_drawn_door_adds_none(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    a = s.room(0, 2, 4, 6, ref="A")
    s.door((2, 2), hall, a)
    s.line((1, 1), (2, 2), (2, 5), highway="footway", level="0")
    assert len(read(s.save(tmp_path)).openings) == 2


def test_corridors_drawn_as_lines_become_spaces(tmp_path: Path) -> None:
    s = Sketch()
    s.box(0, 0, 20, 12, building="school")
    for x, ref in ((0.0, "A"), (10.0, "B")):
        room = s.room(x, 6, x + 10, 12, ref=ref)
        s.door((x + 5, 6), room, level="0")
        s.line((x + 5, 5), (x + 5, 6), highway="corridor", level="0")
    s.node((0, 5), entrance="yes", level="0")
    s.line((0, 5), (20, 5), highway="corridor", level="0", width="2")
    building = read(s.save(tmp_path))
    assert {"A", "B"} <= reached_rooms(building)
    (corridor,) = [s for s in building.spaces if s.kind == "corridor"]
    assert corridor.derived is not None
    assert corridor.derived.confidence < 1.0


# other shapes of the same


def test_a_multipolygon_keeps_its_hole_whatever_the_order_of_its_ways(tmp_path: Path) -> None:
    s = Sketch()
    pieces = [s.line((20, 0), (20, 20), (0, 20)), s.line((0, 0), (20, 0)), s.line((0, 0), (0, 20))]
    hole = s.box(8, 8, 12, 12)
    s.relation(
        [("way", hole, "inner"), *(("way", p, "outer") for p in pieces)],
        type="multipolygon", indoor="area", level="0", ref="F",
    )  # fmt: skip
    (space,) = read(s.save(tmp_path)).spaces
    (footprint,) = space.footprint
    assert len(footprint.holes) == 1
    assert space.number == "F"


def test_a_relation_that_lacks_a_way_is_told(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    gap = s.line((0, 5), (5, 5))
    s.relation([("way", gap, "outer"), ("way", 999, "outer")], type="multipolygon", indoor="room", level="0")
    building = read(s.save(tmp_path))
    assert len(building.spaces) == 1
    assert sum("relation/5000" in w for w in building.warnings) == 2
    assert hall


def test_the_older_tagging_gives_levels_by_relations(tmp_path: Path) -> None:
    s = Sketch()
    low = s.box(0, 0, 10, 4, buildingpart="corridor", ref="C0")
    high = s.box(0, 0, 10, 4, buildingpart="corridor", ref="C1")
    well = s.box(
        10, 0, 14, 4, buildingpart="verticalpassage", level="0;1", ref="T", buildingpart__verticalpassage="stairs"
    )
    s.door((0, 2), low, entrance="yes")
    s.door((10, 2), low, high, well)
    ground = s.relation([("way", low, "buildingpart")], type="level", level="0")
    upper = s.relation([("way", high, "buildingpart")], type="level")
    s.relation([("relation", ground, "level_0"), ("relation", upper, "level_1")], type="building", name="Old")
    building = read(s.save(tmp_path))
    assert {"C0", "C1"} <= reached_rooms(building)
    assert stops_of(building) == [("0", "T"), ("1", "T")]


def test_of_several_buildings_the_one_with_most_rooms_is_read(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    for x in (0.0, 5.0):
        s.door((x + 2, 2), hall, s.room(x, 2, x + 5, 6, ref=f"R{x:.0f}"))
    s.box(-1, -1, 11, 7, building="yes", name="Large")
    s.room(100, 0, 110, 10, ref="far")
    s.box(99, -1, 111, 11, building="yes", name="Small")
    building = read(s.save(tmp_path))
    assert building.name["en"] == "Large"
    assert {s.number for s in building.spaces} == {"C0", "R0", "R5"}
    assert any("2 buildings" in w for w in building.warnings)


def test_houses_side_by_side_are_one_where_a_door_joins_them(tmp_path: Path) -> None:
    def draw(*, joined: bool) -> Building:
        s = Sketch()
        left = draw_hall(s)
        s.box(0, -2, 10, 2, building="yes", name="Left")
        s.room(0, -2, 10, 0, ref="L2")
        right = s.box(10, 0, 20, 2, indoor="corridor", level="0", ref="R")
        s.box(10, -2, 20, 2, building="yes", name="Right")
        if joined:
            s.door((10, 1), left, right)
        return read(s.save(tmp_path))

    assert {s.number for s in draw(joined=True).spaces} == {"C0", "L2", "R"}
    assert {s.number for s in draw(joined=False).spaces} == {"C0", "L2"}


def test_passages_of_the_area_graph_dialect(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    s.room(0, 2, 4, 6, ref="A")
    s.line((1, 2), (2, 2), osmAG__type="passage", osmAG__from="a", osmAG__to="b")
    building = read(s.save(tmp_path))
    assert pair("C0", "A") in edges_of(building)
    assert opening_between(building, "C0", "A").width_m == pytest.approx(1.0, abs=0.001)
    assert hall


def test_names_in_both_languages_and_places_on_the_way(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    room = s.room(0, 2, 4, 6, ref="101", name="Registry", name__zh="登记处", alt_name="Desk", room="office")
    s.door((2, 2), hall, room)
    s.node((5, 1), amenity="atm", level="0")
    building = read(s.save(tmp_path))
    space = next(s for s in building.spaces if s.number == "101")
    assert space.name == {"zh": "登记处", "en": "Registry"}
    assert (space.kind, space.aliases) == ("office", ("Desk",))
    (poi,) = building.pois
    assert (poi.kind, poi.name["zh"], names_of(building)[poi.space]) == ("atm", "自动取款机", "C0")


def test_who_drew_it_is_not_kept(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    path = s.save(tmp_path)
    assert "Somebody" in path.read_text()
    assert "Somebody" not in repr(read(path))


def test_the_building_lies_where_it_is_on_earth(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    building = read(s.save(tmp_path))
    where = building.georeference
    assert where is not None
    assert (where.lon_deg, where.lat_deg) == pytest.approx(AT.to_geographic((5, 1)), abs=1e-8)
    xs = [x for s in building.spaces for x, _ in s.footprint[0].outer]
    assert (min(xs), max(xs)) == pytest.approx((-5, 5), abs=0.002)


def test_an_entrance_stands_on_the_outline_of_the_house_and_the_hall_begins_behind_its_wall(tmp_path: Path) -> None:
    s = Sketch()
    s.box(-1, -1, 11, 3, building="yes")
    s.box(0, 0, 10, 2, indoor="corridor", level="0", ref="C0")
    s.node((-1, 1), entrance="main")
    building = read(s.save(tmp_path))
    assert opening_between(building, "C0", OUT).exit


def test_a_plain_door_in_the_outer_wall_leads_out_on_the_ground_floor(tmp_path: Path) -> None:
    s = Sketch()
    s.box(-0.4, -0.4, 10.4, 6.4, building="yes")
    low, high = s.room(0, 0, 10, 6, ref="A"), s.room(0, 0, 10, 6, ref="B", level="1")
    s.door((0, 3), low, high, level="0-1")
    building = read(s.save(tmp_path))
    assert opening_between(building, "A", OUT).exit
    assert not any(o.exit for o in building.openings if key_of(o.floor) == "1")


def test_shops_need_no_indoor_tag_and_furniture_is_no_room(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    shop = s.box(0, 2, 4, 6, shop="ticket", tourism="information", level="0", ref="S")
    s.door((2, 2), hall, shop)
    s.box(5, 0.5, 6, 1, indoor="yes", level="0", amenity="bench")
    s.box(7, 0.5, 8, 1, indoor="yes", level="0", tourism="artwork")
    building = read(s.save(tmp_path))
    assert reached_rooms(building) - {OUT} == {"C0", "S"}


def test_doors_of_other_houses_are_not_missed(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    s.node((100, 100), door="yes", level="0")
    s.node((5, 1), door="yes", level="0")
    building = read(s.save(tmp_path))
    assert any(w.startswith("1 doors lie on the outline of no room") for w in building.warnings)


def test_a_room_that_is_not_for_wheelchairs_is_not_entered_by_one(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    for x, tags in ((0.0, {"wheelchair": "no", "male": "yes"}), (5.0, {"wheelchair": "yes"})):
        s.door((x + 2, 2), hall, s.room(x, 2, x + 5, 6, ref=f"T{x:.0f}", amenity="toilets", **tags))
    building = read(s.save(tmp_path))
    assert [opening_between(building, "C0", t).step_free for t in ("T0", "T5")] == [False, True]
    assert {s.number: s.kind for s in building.spaces} == {
        "C0": "corridor",
        "T0": "toilet_men",
        "T5": "toilet_accessible",
    }
