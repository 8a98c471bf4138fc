"""OSM indoor files: every habit and slip of mappers that decides what is reached, drawn small."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats import read
from building.formats.osm import FORMAT, source
from building.formats.osm.levels import parse_levels
from building.graph import build_graph, reached, unreached
from building.model import OUT, Building, Opening, VerticalLink, key_of
from building.versions import content_hash
from tests.building.formats.osm_files import AT, Sketch

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building" / "apb.osm"


def _names(building: Building) -> dict[str, str]:
    return {s.id: s.number or s.name["en"] for s in building.spaces} | {OUT: OUT}


def _edges(building: Building) -> set[frozenset[str]]:
    names = _names(building)
    return {frozenset({names[e.a], names[e.b]}) for e in build_graph(building).edges}


def _reached(building: Building) -> set[str]:
    names = _names(building)
    return {names[s] for s in reached(build_graph(building))}


def _between(building: Building, a: str, b: str) -> Opening:
    names = _names(building)
    return next(o for o in building.openings if o.between and {names[e] for e in o.between} == {a, b})


def _link(building: Building) -> VerticalLink:
    (link,) = building.vertical_links
    return link


def _stops(building: Building) -> list[tuple[str, str]]:
    names = _names(building)
    return [(key_of(s.floor), names[s.space]) for s in _link(building).stops]


def _edge(*ends: str) -> frozenset[str]:
    return frozenset(ends)


def _hall(sketch: Sketch, level: str = "0", **tags: str) -> int:
    """A corridor 10 m long, with the way out at its left end."""
    hall = sketch.box(0, 0, 10, 2, **{"indoor": "corridor", "level": level, "ref": f"C{level}", **tags})
    if level == "0":
        sketch.door((0, 1), hall, entrance="main")
    return hall


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
    hall = _hall(s)
    a = s.room(0, 2, 4, 6, ref="A")
    b = s.room(4, 2, 10, 6, ref="B")
    s.door((2, 2), hall, a)
    s.door((4, 4), a, b, width="1.2 m")
    building = read(s.save(tmp_path))
    assert _edges(building) == {_edge("C0", OUT), _edge("C0", "A"), _edge("A", "B")}
    assert _between(building, "A", "B").width_m == pytest.approx(1.2, abs=0.001)
    assert _between(building, "C0", OUT).exit
    assert unreached(build_graph(building), building) == []


def test_rooms_that_touch_without_a_door_are_walled_off_and_corridors_are_not(tmp_path: Path) -> None:
    s = Sketch()
    _hall(s)
    s.box(10, 0, 20, 2, indoor="corridor", level="0", ref="C2")
    s.room(0, 2, 10, 6, ref="A")
    building = read(s.save(tmp_path))
    assert _edges(building) == {_edge("C0", OUT), _edge("C0", "C2")}
    assert [u.space.number for u in unreached(build_graph(building), building)] == ["A"]


def test_a_door_between_two_corridors_means_a_wall_between_them(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    other = s.box(10, 0, 20, 2, indoor="corridor", level="0", ref="C2")
    s.door((10, 1), hall, other, width="0.9")
    building = read(s.save(tmp_path))
    kinds = [o.kind for o in building.openings if o.between and OUT not in o.between]
    assert kinds == ["door"]
    assert _between(building, "C0", "C2").width_m == pytest.approx(0.9, abs=0.001)
    assert [w.id for w in building.walls]


def test_a_door_joins_rooms_that_share_no_node_but_stand_a_wall_apart(tmp_path: Path) -> None:
    s = Sketch()
    _hall(s)
    s.room(0, 2.2, 4, 6, ref="A")
    s.node((2, 2.1), door="hinged")
    building = read(s.save(tmp_path))
    assert _edge("C0", "A") in _edges(building)


def test_a_door_at_a_corner_of_three_rooms_lies_in_the_wall_that_two_of_them_share(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    a, b = s.room(0, 2, 4, 6, ref="A"), s.room(4, 2, 10, 6, ref="B")
    s.door((2, 2), hall, a)
    corner = s.door((4, 2), a, b, hall)
    building = read(s.save(tmp_path))
    door = next(o for o in building.openings if o.key == f"n{corner}")
    (x0, y0), (x1, y1) = door.line
    assert abs(x1 - x0) < 0.01 or abs(y1 - y0) < 0.01, "along one of the walls, not across a room"
    assert _reached(building) >= {"A", "C0"}


def test_a_stack_of_floors_shares_its_door_nodes_and_each_door_stays_on_its_own(tmp_path: Path) -> None:
    s = Sketch()
    hall, up = _hall(s), _hall(s, "1")
    a, b = s.room(0, 2, 4, 6, ref="A"), s.room(0, 2, 4, 6, ref="B", level="1")
    s.door((2, 2), hall, a, up, b, level="0")
    building = read(s.save(tmp_path))
    assert _edge("C0", "A") in _edges(building)
    assert _edge("C1", "B") not in _edges(building)
    repeated = Sketch()
    hall, up = _hall(repeated), _hall(repeated, "1")
    a, b = repeated.room(0, 2, 4, 6, ref="A"), repeated.room(0, 2, 4, 6, ref="B", level="1")
    repeated.door((2, 2), hall, a, up, b, level="0", repeat_on="1")
    assert {_edge("C0", "A"), _edge("C1", "B")} <= _edges(read(repeated.save(tmp_path)))


def test_a_door_without_a_level_stands_where_its_rooms_meet(tmp_path: Path) -> None:
    s = Sketch()
    _hall(s)
    up = _hall(s, "1")
    b = s.room(0, 2, 4, 6, ref="B", level="1")
    s.door((2, 2), up, b)
    assert _edge("C1", "B") in _edges(read(s.save(tmp_path)))


def test_tags_of_a_door_say_who_gets_through(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    rooms = [s.room(x, 2, x + 2, 4, ref=ref) for x, ref in ((0, "A"), (2, "B"), (4, "D"), (6, "E"), (8, "F"))]
    s.door((1, 2), hall, rooms[0], door="no")
    s.door((3, 2), hall, rooms[1], access="private")
    s.door((5, 2), hall, rooms[2], access="no")
    s.door((7, 2), hall, rooms[3], wheelchair="no")
    s.door((9, 2), hall, rooms[4], door="revolving")
    s.door((10, 1), hall, entrance="emergency")
    building = read(s.save(tmp_path))
    assert _between(building, "C0", "A").kind == "passage"
    assert _between(building, "C0", "B").controlled
    assert _edge("C0", "D") not in _edges(building)
    assert not _between(building, "C0", "E").step_free
    assert not _between(building, "C0", "F").step_free
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
    hall = _hall(s)
    a = s.room(0, 2, 4, 6, ref="A")
    s.door((2, 2), hall, a)
    s.node((2.05, 2), door="yes", level="0")
    building = read(s.save(tmp_path))
    assert (
        sum(_edge("C0", "A") == frozenset(_names(building)[e] for e in o.between or ()) for o in building.openings) == 1
    )
    assert any("drawn twice" in w for w in building.warnings)


def test_a_room_within_an_open_area_is_entered_from_it(tmp_path: Path) -> None:
    s = Sketch()
    hall = s.box(0, 0, 20, 20, indoor="area", level="0", ref="H")
    s.door((0, 10), hall, entrance="yes")
    kiosk = s.room(8, 8, 12, 12, ref="K")
    s.door((10, 8), kiosk)
    building = read(s.save(tmp_path))
    assert _edges(building) == {_edge("H", OUT), _edge("H", "K")}


# vertical links


def test_a_stairwell_through_levels_is_a_space_on_each_and_one_link(tmp_path: Path) -> None:
    s = Sketch()
    hall, up, down = _hall(s), _hall(s, "1"), _hall(s, "-1")
    well = s.room(10, 0, 13, 2, level=" -1 - 1", stairs="yes", ref="T")
    s.door((10, 1), hall, up, down, well, level="-1-1")
    building = read(s.save(tmp_path))
    assert _stops(building) == [("-1", "T"), ("0", "T"), ("1", "T")]
    assert _link(building).kind == "stairs"
    assert not _link(building).step_free
    assert [f.number for f in building.floors] == ["-1", "0", "1"]
    assert _reached(building) == {"C0", "C1", "C-1", "T"}


@pytest.mark.parametrize(
    "tags", [{"room": "stairs"}, {"buildingpart": "verticalpassage", "indoor": "", "stairs": "yes"}]
)
def test_other_words_for_stairs(tmp_path: Path, tags: dict[str, str]) -> None:
    s = Sketch()
    hall, up = _hall(s), _hall(s, "1")
    well = s.room(10, 0, 13, 2, **{"level": "0-1", "ref": "T", **tags})
    s.door((10, 1), hall, up, well)
    building = read(s.save(tmp_path))
    assert _link(building).kind == "stairs"
    assert "C1" in _reached(building)


def test_stairs_drawn_anew_on_each_level_are_one_stairwell(tmp_path: Path) -> None:
    s = Sketch()
    halls = [_hall(s, n) for n in ("0", "1", "2")]
    wells = [s.room(10, 0, 13, 2, level=n, stairs="yes", ref="T") for n in ("0", "1", "2")]
    for n, (hall, well) in enumerate(zip(halls, wells, strict=True)):
        s.door((10, 1), hall, well, level=str(n))
    building = read(s.save(tmp_path))
    assert _stops(building) == [("0", "T"), ("1", "T"), ("2", "T")]


def test_a_lift_stops_at_the_levels_it_lists(tmp_path: Path) -> None:
    s = Sketch()
    halls = [_hall(s, n) for n in ("0", "1", "2")]
    shaft = s.room(10, 0, 12, 2, level="0;2", highway="elevator", ref="L")
    s.door((10, 1), *halls, shaft, level="0;2")
    building = read(s.save(tmp_path))
    link = _link(building)
    assert (link.kind, link.step_free) == ("lift", True)
    assert _stops(building) == [("0", "C0"), ("2", "C2")]
    assert {_names(building)[s] for s in link.shafts.values()} == {"L"}
    assert not next(s for s in building.spaces if s.number == "L").walkable


def test_a_lift_that_is_only_a_node_stops_where_there_are_rooms(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("0", "1", "2"):
        _hall(s, n)
    s.node((5, 1), highway="elevator", level="0-2", name="L")
    assert _stops(read(s.save(tmp_path))) == [("0", "C0"), ("1", "C1"), ("2", "C2")]


@pytest.mark.parametrize(
    ("tags", "kind", "direction"),
    [
        ({"incline": "up"}, "stairs", "both"),
        ({"conveying": "forward", "incline": "up"}, "escalator", "up"),
        ({"conveying": "backward", "incline": "up"}, "escalator", "down"),
        ({"conveying": "forward", "incline": "down"}, "escalator", "down"),
        ({"conveying": "yes"}, "escalator", "both"),
    ],
)
def test_steps_drawn_as_a_line(tmp_path: Path, tags: dict[str, str], kind: str, direction: str) -> None:
    s = Sketch()
    s.door((0, 1), s.box(0, 0, 10, 2, indoor="area", level="0", ref="C0"), entrance="yes")
    s.box(8, 0, 20, 2, indoor="area", level="1", ref="C1")
    ends = ((4.0, 1.0), (12.0, 1.0)) if tags.get("incline") != "down" else ((12.0, 1.0), (4.0, 1.0))
    s.line(*ends, highway="steps", level="0;1", **tags)
    building = read(s.save(tmp_path))
    link = _link(building)
    assert (link.kind, link.direction) == (kind, direction)
    assert _stops(building) == [("0", "C0"), ("1", "C1")]
    low, high = link.paths[0][0], link.paths[0][-1]
    assert (low[2], high[2]) == (0.0, 3.0)
    assert low[0] < high[0]


def test_levels_of_steps_may_stand_on_their_ends(tmp_path: Path) -> None:
    s = Sketch()
    s.door((0, 1), s.box(0, 0, 10, 2, indoor="area", level="0", ref="C0"), entrance="yes")
    s.box(8, 0, 20, 2, indoor="area", level="1", ref="C1")
    s.node((4, 1), level="0")
    s.node((12, 1), level="1")
    s.line((12, 1), (4, 1), highway="steps")
    assert _stops(read(s.save(tmp_path))) == [("0", "C0"), ("1", "C1")]


def test_a_walkway_between_levels_is_a_ramp(tmp_path: Path) -> None:
    s = Sketch()
    s.door((0, 1), s.box(0, 0, 10, 2, indoor="area", level="0", ref="C0"), entrance="yes")
    s.box(28, 0, 40, 2, indoor="area", level="1", ref="C1")
    s.box(-1, -1, 41, 3, building="yes")
    s.line((8, 1), (32, 1), highway="footway", level="0;1", indoor="yes")
    building = read(s.save(tmp_path))
    assert (_link(building).kind, _link(building).step_free) == ("ramp", True)
    assert "C1" in _reached(building)


# fractions of a level, heights


def test_a_few_steps_up_are_a_raised_part_of_the_storey(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    _hall(s, "1")
    stage = s.room(0, 2, 4, 6, ref="S", level="0.25")
    s.door((2, 2), hall, stage, level="0")
    building = read(s.save(tmp_path))
    assert [f.number for f in building.floors] == ["0", "1"]
    space = next(s for s in building.spaces if s.number == "S")
    assert (key_of(space.floor), space.z0_m) == ("0", 0.75)
    assert "S" in _reached(building)
    assert any("0.25" in w for w in building.warnings)


def test_a_mezzanine_over_the_hall_is_a_storey_of_its_own(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    _hall(s, "1")
    half = s.box(2, 0, 8, 2, indoor="area", level="0.5", ref="M")
    well = s.room(10, 0, 13, 2, level="0-0.5", stairs="yes", ref="T")
    landing = s.box(8, 0, 10, 2, indoor="area", level="0.5", ref="M2")
    s.door((10, 1), hall, well, level="0")
    s.door((10, 1.5), landing, well, level="0.5")
    assert half != landing
    building = read(s.save(tmp_path))
    assert [(f.number, f.elevation_m, f.ordinal) for f in building.floors] == [
        ("0", 0, 0),
        ("0.5", 1.5, 1),
        ("1", 3, 2),
    ]
    assert {"M", "M2"} <= _reached(building)


def test_heights_come_from_the_file_where_it_has_them(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("-1", "0", "1", "2"):
        _hall(s, n)
    s.box(-1, -1, 11, 3, building="office", height="16", building__levels="4", name="楼", name__en="House")
    s.box(-1, -1, 11, 3, indoor="level", level="1", height="5", name="Mezz", level__ref="M")
    building = read(s.save(tmp_path))
    assert [(f.number, f.elevation_m) for f in building.floors] == [("-1", -4), ("0", 0), ("M", 4), ("2", 9)]
    assert building.name == {"zh": "楼", "en": "House"}


def test_numbers_that_are_skipped_take_no_height(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("0", "2"):
        _hall(s, n)
    s.box(-1, -1, 11, 3, building="yes", non_existent_levels="1")
    assert [f.elevation_m for f in read(s.save(tmp_path)).floors] == [0, 3]


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
    assert _edges(building) == {_edge("M", OUT), _edge("M", "A"), _edge("M", "B")}
    assert _between(building, "M", OUT).exit


def test_a_footway_through_a_drawn_door_adds_none(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
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
    assert {"A", "B"} <= _reached(building)
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
    hall = _hall(s)
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
    assert {"C0", "C1"} <= _reached(building)
    assert _stops(building) == [("0", "T"), ("1", "T")]


def test_of_several_buildings_the_one_with_most_rooms_is_read(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
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
        left = _hall(s)
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
    hall = _hall(s)
    s.room(0, 2, 4, 6, ref="A")
    s.line((1, 2), (2, 2), osmAG__type="passage", osmAG__from="a", osmAG__to="b")
    building = read(s.save(tmp_path))
    assert _edge("C0", "A") in _edges(building)
    assert _between(building, "C0", "A").width_m == pytest.approx(1.0, abs=0.001)
    assert hall


def test_names_in_both_languages_and_places_on_the_way(tmp_path: Path) -> None:
    s = Sketch()
    hall = _hall(s)
    room = s.room(0, 2, 4, 6, ref="101", name="Registry", name__zh="登记处", alt_name="Desk", room="office")
    s.door((2, 2), hall, room)
    s.node((5, 1), amenity="atm", level="0")
    building = read(s.save(tmp_path))
    space = next(s for s in building.spaces if s.number == "101")
    assert space.name == {"zh": "登记处", "en": "Registry"}
    assert (space.kind, space.aliases) == ("office", ("Desk",))
    (poi,) = building.pois
    assert (poi.kind, poi.name["zh"], _names(building)[poi.space]) == ("atm", "自动取款机", "C0")


def test_who_drew_it_is_not_kept(tmp_path: Path) -> None:
    s = Sketch()
    _hall(s)
    path = s.save(tmp_path)
    assert "Somebody" in path.read_text()
    assert "Somebody" not in repr(read(path))


def test_the_building_lies_where_it_is_on_earth(tmp_path: Path) -> None:
    s = Sketch()
    _hall(s)
    building = read(s.save(tmp_path))
    where = building.georeference
    assert where is not None
    assert (where.lon_deg, where.lat_deg) == pytest.approx(AT.to_geographic((5, 1)), abs=1e-8)
    xs = [x for s in building.spaces for x, _ in s.footprint[0].outer]
    assert (min(xs), max(xs)) == pytest.approx((-5, 5), abs=0.002)


# what must not matter


def _house() -> Sketch:
    s = Sketch()
    hall, up = _hall(s), _hall(s, "1")
    well = s.room(10, 0, 13, 2, level="0-1", stairs="yes", ref="T")
    s.door((10, 1), hall, up, well, level="0-1")
    for x in (0.0, 5.0):
        s.door((x + 2, 2), hall, s.room(x, 2, x + 5, 6, ref=f"A{x:.0f}"), level="0")
    s.box(-1, -1, 14, 7, building="yes", name="House")
    s.node((5, 1), amenity="bench", level="0")
    return s


def test_json_and_xml_give_the_same_building(tmp_path: Path) -> None:
    house = _house()
    as_json = tmp_path / "plan.json"
    as_json.write_text(house.json(), encoding="utf-8")
    assert content_hash(read(as_json)) == content_hash(read(house.save(tmp_path)))


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    house = _house()
    backwards = tmp_path / "back.osm"
    backwards.write_text(house.xml(backwards=True), encoding="utf-8")
    assert content_hash(read(backwards)) == content_hash(read(house.save(tmp_path)))


# what is refused


@pytest.mark.parametrize(
    "text",
    [
        "<?xml version='1.0'?><!DOCTYPE osm [<!ENTITY a 'b'>]><osm version='0.6'><node id='&a;'/></osm>",
        "<?xml version='1.0'?><!DOCTYPE osm SYSTEM 'file:///etc/passwd'><osm version='0.6'></osm>",
        "<osm version='0.6'><node id='1' lat='1' lon='1'/><way id='2'>",
        "<osm version='0.6'></osm>",
        "<other/><osm >",
        '{"elements": [{"type": "node", "id": 1, "lat": 1, "lon": 2}]}',
        '{"elements": [{"type": "node"}, 7, null, {"type": "way", "nodes": 5, "tags": 4}]}',
        '{"elements": [{"type": "way", "id"',
    ],
)
def test_what_cannot_serve_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.osm"
    path.write_text(text)
    with pytest.raises(UnreadableFile) as refused:
        FORMAT.read(path)
    assert refused.value.todo


def test_more_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _house().save(tmp_path)
    monkeypatch.setattr(source, "MAX_ELEMENTS", 10)
    with pytest.raises(UnreadableFile, match="more than 10 elements"):
        read(path)


def test_only_osm_files_are_known() -> None:
    assert FORMAT.sniff(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<osm version='0.6'>")
    assert FORMAT.sniff(b'{"version": 0.6, "elements": [{"type": "way"')
    assert not FORMAT.sniff(b"<osmChange version='0.6'>")
    assert not FORMAT.sniff(b'{"type": "FeatureCollection", "features": []}')
    assert not FORMAT.sniff(b"ISO-10303-21;")


def _spaces_or_refusal(path: Path) -> object:
    try:
        return FORMAT.read(path).spaces
    except UnreadableFile as refused:
        return refused.todo


_BYTES = _house().xml().encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_torn_and_changed_files_are_a_building_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.osm"
    content = bytearray(_BYTES[: data.draw(st.integers(0, len(_BYTES)))] if data.draw(st.booleans()) else _BYTES)
    for _ in range(data.draw(st.integers(0, 6))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    assert _spaces_or_refusal(path)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_changed_values_are_a_building_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Well-formed nonsense: any tag value, any coordinate, any reference."""
    house = _house()
    odd = st.sampled_from(["", "-", "1e999", "nan", "9" * 30, "-5-5", "0-300", "x" * 300, "\u0661", "0.5", "-0"])
    for key in data.draw(st.lists(st.sampled_from(sorted(house.ways)), max_size=3)):
        nodes, tags = house.ways[key]
        changed = {k: data.draw(odd) if data.draw(st.booleans()) else v for k, v in tags.items()}
        house.ways[key] = (data.draw(st.permutations(nodes))[: data.draw(st.integers(0, len(nodes)))], changed)
    for key in data.draw(st.lists(st.sampled_from(sorted(house.nodes)), max_size=3)):
        place = (data.draw(st.floats(-1e7, 1e7)), data.draw(st.floats(-9e6, 5e6)))
        house.nodes[key] = (place, {**house.nodes[key][1], "level": data.draw(odd)})
    path = tmp_path_factory.getbasetemp() / "odd.osm"
    path.write_text(house.xml(), encoding="utf-8")
    assert _spaces_or_refusal(path)


# the real file


@pytest.fixture(scope="module")
def apb() -> Building:
    if not DATA.exists():
        pytest.skip("../shared/data/building/apb.osm not found")
    return read(DATA)


def test_the_university_building_has_its_floors_rooms_and_links(apb: Building) -> None:
    assert [f.number for f in apb.floors] == ["-1", "0", "1", "2", "3"]
    assert len({s.source for s in apb.spaces}) == 446
    assert sorted(link.name["en"] for link in apb.vertical_links) == [
        "Aufzug1", "Aufzug2", "TR01", "TR02", "TR03", "TR04", "TR05", "TR06", "TR07",
    ]  # fmt: skip
    lifts = [v for v in apb.vertical_links if v.kind == "lift"]
    assert all([key_of(s.floor) for s in v.stops] == ["0", "1", "2", "3"] and v.step_free for v in lifts)


def test_every_room_of_the_university_building_is_reached_but_the_one_without_a_door(apb: Building) -> None:
    """Way 870541218 (1065) is drawn by four corners, none of which is a door."""
    assert [u.space.number for u in unreached(build_graph(apb), apb)] == ["1065"]


def test_the_way_out_of_the_university_building_is_by_its_entrances(apb: Building) -> None:
    """21 entrance nodes, 16 of them for emergencies."""
    out = [o for o in apb.openings if o.between is not None and OUT in o.between]
    assert sorted(o.kind for o in out) == ["door"] * 5 + ["fire"] * 16
    assert all(o.exit and key_of(o.floor) == "0" for o in out)


def test_basement_doors_of_the_university_building_lead_nowhere_known(apb: Building) -> None:
    """Only the stairwells are drawn on level -1: what their doors lead to is not in the file."""
    below = [o for o in apb.openings if key_of(o.floor) == "-1"]
    assert len(below) == 3
    assert all(o.between is None for o in below)


def test_without_its_stairs_the_upper_floors_are_reached_by_the_lifts(apb: Building) -> None:
    lifts_only = replace(apb, vertical_links=tuple(v for v in apb.vertical_links if v.kind == "lift"))
    assert len(unreached(build_graph(lifts_only), lifts_only)) <= 4  # 1065 and what is only drawn below ground
