"""OSM indoor files: stairs, lifts, escalators and ramps in every tagging, fractions of levels, heights."""

from __future__ import annotations

from pathlib import Path

import pytest

from building.formats import read
from building.model import key_of
from tests.building.formats.osm_files import (
    Sketch,
    draw_hall,
    names_of,
    only_link,
    reached_rooms,
    stops_of,
)

# vertical links


def test_a_stairwell_through_levels_is_a_space_on_each_and_one_link(tmp_path: Path) -> None:
    s = Sketch()
    hall, up, down = draw_hall(s), draw_hall(s, "1"), draw_hall(s, "-1")
    well = s.room(10, 0, 13, 2, level=" -1 - 1", stairs="yes", ref="T")
    s.door((10, 1), hall, up, down, well, level="-1-1")
    building = read(s.save(tmp_path))
    assert stops_of(building) == [("-1", "T"), ("0", "T"), ("1", "T")]
    assert only_link(building).kind == "stairs"
    assert not only_link(building).step_free
    assert [f.number for f in building.floors] == ["-1", "0", "1"]
    assert reached_rooms(building) == {"C0", "C1", "C-1", "T"}


@pytest.mark.parametrize(
    "tags", [{"room": "stairs"}, {"buildingpart": "verticalpassage", "indoor": "", "stairs": "yes"}]
)
def test_other_words_for_stairs(tmp_path: Path, tags: dict[str, str]) -> None:
    s = Sketch()
    hall, up = draw_hall(s), draw_hall(s, "1")
    well = s.room(10, 0, 13, 2, **{"level": "0-1", "ref": "T", **tags})
    s.door((10, 1), hall, up, well)
    building = read(s.save(tmp_path))
    assert only_link(building).kind == "stairs"
    assert "C1" in reached_rooms(building)


def test_stairs_drawn_anew_on_each_level_are_one_stairwell(tmp_path: Path) -> None:
    s = Sketch()
    halls = [draw_hall(s, n) for n in ("0", "1", "2")]
    wells = [s.room(10, 0, 13, 2, level=n, stairs="yes", ref="T") for n in ("0", "1", "2")]
    for n, (hall, well) in enumerate(zip(halls, wells, strict=True)):
        s.door((10, 1), hall, well, level=str(n))
    building = read(s.save(tmp_path))
    assert stops_of(building) == [("0", "T"), ("1", "T"), ("2", "T")]


def test_a_lift_stops_at_the_levels_it_lists(tmp_path: Path) -> None:
    s = Sketch()
    halls = [draw_hall(s, n) for n in ("0", "1", "2")]
    shaft = s.room(10, 0, 12, 2, level="0;2", highway="elevator", ref="L")
    s.door((10, 1), *halls, shaft, level="0;2")
    building = read(s.save(tmp_path))
    link = only_link(building)
    assert (link.kind, link.step_free) == ("lift", True)
    assert stops_of(building) == [("0", "C0"), ("2", "C2")]
    assert {names_of(building)[s] for s in link.shafts.values()} == {"L"}
    assert not next(s for s in building.spaces if s.number == "L").walkable


def test_a_lift_that_is_only_a_node_stops_where_there_are_rooms(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("0", "1", "2"):
        draw_hall(s, n)
    s.node((5, 1), highway="elevator", level="0-2", name="L")
    assert stops_of(read(s.save(tmp_path))) == [("0", "C0"), ("1", "C1"), ("2", "C2")]


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
    link = only_link(building)
    assert (link.kind, link.direction) == (kind, direction)
    assert stops_of(building) == [("0", "C0"), ("1", "C1")]
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
    assert stops_of(read(s.save(tmp_path))) == [("0", "C0"), ("1", "C1")]


def test_a_walkway_between_levels_is_a_ramp(tmp_path: Path) -> None:
    s = Sketch()
    s.door((0, 1), s.box(0, 0, 10, 2, indoor="area", level="0", ref="C0"), entrance="yes")
    s.box(28, 0, 40, 2, indoor="area", level="1", ref="C1")
    s.box(-1, -1, 41, 3, building="yes")
    s.line((8, 1), (32, 1), highway="footway", level="0;1", indoor="yes")
    building = read(s.save(tmp_path))
    assert (only_link(building).kind, only_link(building).step_free) == ("ramp", True)
    assert "C1" in reached_rooms(building)


# fractions of a level, heights


def test_a_few_steps_up_are_a_raised_part_of_the_storey(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    draw_hall(s, "1")
    stage = s.room(0, 2, 4, 6, ref="S", level="0.25")
    s.door((2, 2), hall, stage, level="0")
    building = read(s.save(tmp_path))
    assert [f.number for f in building.floors] == ["0", "1"]
    space = next(s for s in building.spaces if s.number == "S")
    assert (key_of(space.floor), space.z0_m) == ("0", 0.75)
    assert "S" in reached_rooms(building)
    assert any("0.25" in w for w in building.warnings)


def test_a_mezzanine_over_the_hall_is_a_storey_of_its_own(tmp_path: Path) -> None:
    s = Sketch()
    hall = draw_hall(s)
    draw_hall(s, "1")
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
    assert {"M", "M2"} <= reached_rooms(building)


def test_heights_come_from_the_file_where_it_has_them(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("-1", "0", "1", "2"):
        draw_hall(s, n)
    s.box(-1, -1, 11, 3, building="office", height="16", building__levels="4", name="楼", name__en="House")
    s.box(-1, -1, 11, 3, indoor="level", level="1", height="5", name="Mezz", level__ref="M")
    building = read(s.save(tmp_path))
    assert [(f.number, f.elevation_m) for f in building.floors] == [("-1", -4), ("0", 0), ("M", 4), ("2", 9)]
    assert building.name == {"zh": "楼", "en": "House"}


def test_numbers_that_are_skipped_take_no_height(tmp_path: Path) -> None:
    s = Sketch()
    for n in ("0", "2"):
        draw_hall(s, n)
    s.box(-1, -1, 11, 3, building="yes", non_existent_levels="1")
    assert [f.elevation_m for f in read(s.save(tmp_path)).floors] == [0, 3]


def test_stairs_without_any_door_are_entered_from_what_they_touch(tmp_path: Path) -> None:
    s = Sketch()
    draw_hall(s)
    draw_hall(s, "1")
    s.room(10, 0, 13, 2, level="0-1", stairs="yes", ref="T")
    assert {"C0", "C1", "T"} <= reached_rooms(read(s.save(tmp_path)))
