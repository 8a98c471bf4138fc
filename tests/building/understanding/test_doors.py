"""What a door joins, in the traps that real files set: each small file holds one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from building.formats import open_building
from building.model import OUT, Building
from tests.building.formats.ifc_builder import IfcBuilder
from tests.building.understanding.edges import edge, edges, reasons, sound

Read = Callable[[IfcBuilder], Building]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda b: sound(open_building(str(b.save(tmp_path / "house.ifc"))))


def two_rooms(b: IfcBuilder, *, gap_m: float = 0.2) -> tuple[Any, Any, Any, Any]:
    """101 | 102 with a wall between at x = 4..4.2; an outer door in the south wall of 101."""
    storey = b.storey("1F", 0.0)
    south, *_ = b.walls_around(storey, (0, 0, 8 + gap_m, 4))
    middle = b.wall(storey, (4 + gap_m / 2, 0), (4 + gap_m / 2, 4), thickness_m=gap_m)
    b.space(storey, "101", (0, 0, 4, 4))
    b.space(storey, "102", (4 + gap_m, 0, 8 + gap_m, 4))
    b.door(storey, south, (1.0, -0.1))
    return storey, south, middle, b


ENTRANCE = edge("101", OUT, leaves=True)


def test_a_door_joins_the_rooms_on_both_sides(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    building = read(b)
    assert edges(building) == [edge("101", "102"), ENTRANCE]
    assert all(o.evidence.confidence >= 0.9 and o.evidence.method for o in building.openings)


def test_boundaries_confirm_and_raise_the_confidence(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    door = b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    for space in b.file.by_type("IfcSpace"):
        b.boundary(space, door)
    building = read(b)
    inner = next(o for o in building.openings if OUT not in (o.between or ()))
    assert inner.evidence.confidence > 0.95


def test_a_door_that_touches_three_rooms_joins_the_two_before_it(read: Read) -> None:
    """103 lies beside the door's end, behind a thin wall; the file states all three."""
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    middle = b.wall(storey, (4.1, 0), (4.1, 4))
    b.wall(storey, (0, 2.5), (4, 2.5), thickness_m=0.1)
    spaces = [
        b.space(storey, "101", (0, 0, 4, 2.45)),
        b.space(storey, "103", (0, 2.55, 4, 4)),
        b.space(storey, "102", (4.2, 0, 8.2, 4)),
    ]
    door = b.door(storey, middle, (4.1, 2.0), along=(0, 1), width_m=0.9)
    for space in spaces:
        b.boundary(space, door)
    assert edges(read(b)) == [edge("101", "102")]


@pytest.mark.parametrize("gap_m", [0.05, 0.1, 0.5, 0.9])
def test_thin_and_thick_walls_make_no_difference(gap_m: float, read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b, gap_m=gap_m)
    b.door(storey, middle, (4 + gap_m / 2, 2.0), along=(0, 1), depth_m=gap_m)
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_rooms_drawn_to_the_middle_of_the_wall(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    middle = b.wall(storey, (4, 0), (4, 4))
    b.space(storey, "101", (0, 0, 4, 4))
    b.space(storey, "102", (4, 0, 8, 4))
    b.wall(storey, (0, 4), (8, 4))
    b.space(storey, "103", (0, 4, 8, 8))
    b.door(storey, middle, (4, 2.0), along=(0, 1))
    assert edges(read(b)) == [edge("101", "102")]


def test_a_hole_deeper_than_wide_still_knows_its_wall(read: Read) -> None:
    """A 0.7 m door in a wall whose hole was cut 1.2 m deep."""
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1), width_m=0.7, depth_m=1.2)
    building = read(b)
    assert edges(building) == [edge("101", "102"), ENTRANCE]
    assert {round(o.width_m, 2) for o in building.openings} == {0.7, 0.9}


def test_a_door_without_a_wall_or_hole(read: Read) -> None:
    b = IfcBuilder()
    storey, *_ = two_rooms(b)
    b.door(storey, None, (4.1, 2.0), along=(0, 1))
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_a_leaf_that_is_drawn_open_does_not_turn_the_door(read: Read) -> None:
    """The door's own shape is as deep as wide; its placement and its wall tell how it stands."""
    b = IfcBuilder()
    storey, *_ = two_rooms(b)
    door = b.door(storey, None, (4.5, 2.0), along=(0, 1), depth_m=0.9)
    assert door.OverallWidth == pytest.approx(0.9)
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_a_door_without_a_shape_stands_by_its_placement_and_size(read: Read) -> None:
    b = IfcBuilder("IFC2X3", unit="mm")
    storey, *_ = two_rooms(b)
    b.door(storey, None, (4.1, 2.0), along=(0, 1), with_shape=False)
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_a_door_in_a_curtain_wall(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    curtain = b.wall(storey, (4.1, 0), (4.1, 4), thickness_m=0.1, entity="IfcCurtainWall")
    b.space(storey, "101", (0, 0, 4, 4))
    b.space(storey, "102", (4.2, 0, 8.2, 4))
    door = b.door(storey, None, (4.1, 2.0), along=(0, 1), depth_m=0.1)
    b.aggregate(curtain, [door])
    assert edges(read(b)) == [edge("101", "102")]


def test_two_doors_side_by_side_in_one_hole_are_two_doors(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    hole = b.hole(storey, middle, [(4.0, 1.0), (4.2, 1.0), (4.2, 3.0), (4.0, 3.0)])
    for y in (1.5, 2.5):
        b.fill(hole, b.door(storey, None, (4.1, y), along=(0, 1)))
    building = read(b)
    assert edges(building) == [edge("101", "102"), edge("101", "102"), ENTRANCE]
    assert all(o.width_m == pytest.approx(0.9) for o in building.openings)


def test_a_double_door_and_a_sliding_door(read: Read) -> None:
    b = IfcBuilder("IFC2X3")
    storey, south, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1), width_m=1.8, entity="IfcDoor")
    b.door(storey, south, (6.0, -0.1), width_m=2.4, depth_m=0.3)
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE, edge("102", OUT, leaves=True)]


@pytest.mark.parametrize(("height_m", "sill_m"), [(1.2, 0.0), (2.0, 1.0)])
def test_a_hatch_is_no_door_and_says_so(height_m: float, sill_m: float, read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1), height_m=height_m, sill_m=sill_m)
    building = read(b)
    assert edges(building) == [ENTRANCE]
    assert any("hatch" in w for w in building.warnings)
    assert "too low" in reasons(building)["102"]


def test_a_window_is_no_door_and_a_french_window_is(read: Read) -> None:
    b = IfcBuilder()
    storey, south, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1), entity="IfcWindow", sill_m=0.9, height_m=1.2)
    b.door(storey, south, (6.0, -0.1), width_m=1.6, height_m=2.3)
    assert edges(read(b)) == [ENTRANCE, edge("102", OUT, leaves=True)]


def test_an_empty_hole_down_to_the_floor_is_a_passage(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.hole(storey, middle, [(4.0, 1.0), (4.2, 1.0), (4.2, 2.2), (4.0, 2.2)])
    assert edges(read(b)) == [edge("101", "102", "opening"), ENTRANCE]


@pytest.mark.parametrize(("sill_m", "height_m"), [(1.0, 1.1), (0.0, 1.2), (2.2, 0.6)])
def test_an_empty_hole_that_one_cannot_walk_through_is_none(sill_m: float, height_m: float, read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    outline = [(4.0, 1.0), (4.2, 1.0), (4.2, 2.2), (4.0, 2.2)]
    b.hole(storey, middle, outline, sill_m=sill_m, height_m=height_m)
    assert edges(read(b)) == [ENTRANCE]


def test_a_door_into_something_not_modelled_joins_nothing(read: Read) -> None:
    """A closet stands in 102's place, with walls all round but no space of its own."""
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    south, *_ = b.walls_around(storey, (0, 0, 6.2, 4))
    middle = b.wall(storey, (4.1, 0), (4.1, 4))
    b.space(storey, "101", (0, 0, 4, 4))
    b.door(storey, south, (1.0, -0.1))
    b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    building = read(b)
    assert edges(building) == [ENTRANCE]
    assert any("not modelled" in w for w in building.warnings)


def test_a_room_whose_only_door_leads_into_something_not_modelled_says_so(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    b.walls_around(storey, (0, 0, 6.2, 4))
    middle = b.wall(storey, (4.1, 0), (4.1, 4))
    b.space(storey, "101", (0, 0, 4, 4))
    b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    assert "does not show as a room" in reasons(read(b))["101"]


def test_a_door_with_the_same_room_on_both_sides_is_left_out(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    south, *_ = b.walls_around(storey, (0, 0, 8, 4))
    screen = b.wall(storey, (4, 1), (4, 3))
    b.space(storey, "101", (0, 0, 8, 4))
    b.door(storey, screen, (4, 2.0), along=(0, 1))
    b.door(storey, south, (1.0, -0.1))
    building = read(b)
    assert edges(building) == [ENTRANCE]
    assert any("same room on both sides" in w for w in building.warnings)


def test_a_room_within_a_room_is_entered_by_its_door(read: Read) -> None:
    """The hall's space was not cut out where a cabin with its own walls stands in it."""
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    south, *_ = b.walls_around(storey, (0, 0, 12, 10))
    b.space(storey, "101", (0, 0, 12, 10))
    walls = b.walls_around(storey, (4, 4, 7, 7))
    b.space(storey, "102", (4, 4, 7, 7))
    b.door(storey, walls[0], (5.0, 3.9))
    b.door(storey, south, (1.0, -0.1))
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_a_balcony_is_outside_but_no_exit(read: Read) -> None:
    b = IfcBuilder()
    for name, z, number in (("1F", 0.0, "101"), ("2F", 3.0, "201")):
        storey = b.storey(name, z)
        south, *_ = b.walls_around(storey, (0, 0, 4, 4))
        b.space(storey, number, (0, 0, 4, 4))
        b.door(storey, south, (1.0, -0.1))
    assert edges(read(b)) == [ENTRANCE, edge("201", OUT)]


def test_a_balcony_drawn_as_a_room_is_walkable_and_leads_nowhere_else(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    for storey, number in ((one, "101"), (two, "201")):
        south, *_ = b.walls_around(storey, (0, 0, 4, 4))
        b.space(storey, number, (0, 0, 4, 4))
        b.door(storey, south, (1.0, -0.1))
    b.space(two, "202", (0, -1.7, 4, -0.2), name="Balkon")
    assert edges(read(b)) == [ENTRANCE, edge("201", "202")]


def test_a_terrace_at_ground_level_lies_open_to_the_outside(read: Read) -> None:
    b = IfcBuilder()
    one = b.storey("1F", 0.0)
    south, *_ = b.walls_around(one, (0, 0, 4, 4))
    b.space(one, "101", (0, 0, 4, 4))
    b.door(one, south, (1.0, -0.1))
    b.space(one, "102", (0, -3.2, 4, -0.2), name="Area", PredefinedType="EXTERNAL")
    assert edges(read(b)) == [edge("101", "102"), edge("102", OUT, "open", leaves=True)]


def test_a_court_with_the_house_all_round_is_no_exit(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    b.walls_around(storey, (0, 0, 20, 20))
    inner = b.walls_around(storey, (5, 5, 15, 15))
    ring = [
        (0, 0),
        (20, 0),
        (20, 20),
        (0, 20),
        (0, 0.01),
        (4.8, 4.8),
        (4.8, 15.2),
        (15.2, 15.2),
        (15.2, 4.8),
        (4.8, 4.79),
    ]
    b.space(storey, "101", ring)
    door = b.door(storey, inner[0], (10.0, 4.9))
    b.has(door, "Pset_DoorCommon", IsExternal=True)
    building = read(b)
    assert edges(building) == [edge("101", OUT)]
    assert "101" in reasons(building)


def test_a_ground_floor_above_the_street_and_a_cellar_below(read: Read) -> None:
    """Steps before the door; the cellar has no door out."""
    b = IfcBuilder(moved_m=(0.0, 0.0, 212.0))
    for name, z, number in (("B1", -2.2, "001"), ("1F", 0.8, "101"), ("2F", 3.8, "201")):
        storey = b.storey(name, z)
        south, *_ = b.walls_around(storey, (0, 0, 4, 4))
        b.space(storey, number, (0, 0, 4, 4))
        if number == "101":
            b.door(storey, south, (1.0, -0.1))
    building = read(b)
    assert edges(building) == [ENTRANCE]
    assert {f.number: f.ordinal for f in building.floors} == {"B1": -1, "1F": 0, "2F": 1}


def test_levels_counted_from_the_sea_still_have_a_ground_floor(read: Read) -> None:
    b = IfcBuilder()
    for name, z, number in (("B1", 431.0, "001"), ("1F", 434.0, "101"), ("2F", 437.0, "201")):
        storey = b.storey(name, z)
        south, *_ = b.walls_around(storey, (0, 0, 4, 4))
        b.space(storey, number, (0, 0, 4, 4))
        if number != "001":
            b.door(storey, south, (1.0, -0.1))
    assert edges(read(b)) == [ENTRANCE, edge("201", OUT)]


def test_a_door_between_split_levels(read: Read) -> None:
    b = IfcBuilder()
    low, high = b.storey("0", 0.0), b.storey("1", 1.0)
    wall = b.wall(low, (4.1, 0), (4.1, 4), height_m=4.0)
    b.space(low, "101", (0, 0, 4, 4), height_m=3.8)
    b.space(high, "102", (4.2, 0, 8.2, 4))
    b.door(high, wall, (4.1, 2.0), along=(0, 1))
    assert edges(read(b)) == [edge("101", "102")]


def test_a_door_listed_on_the_wrong_storey_joins_what_it_stands_between(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    b.space(one, "101", (0, 0, 4, 4))
    b.space(one, "102", (4.2, 0, 8.2, 4))
    b.space(two, "201", (0, 0, 4, 4))
    b.space(two, "202", (4.2, 0, 8.2, 4))
    wall = b.wall(two, (4.1, 0), (4.1, 4))
    door = b.door(two, wall, (4.1, 2.0), along=(0, 1))
    for relation in b.file.by_type("IfcRelContainedInSpatialStructure"):
        if door in relation.RelatedElements:
            relation.RelatingStructure = one
    building = read(b)
    assert edges(building) == [edge("201", "202")]
    floors = {f.id: f.number for f in building.floors}
    assert [floors[o.floor] for o in building.openings] == ["2F"]


def test_a_flat_that_is_the_sum_of_its_rooms_is_no_room(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    b.space(storey, "flat", (0, 0, 8.2, 4))
    building = read(b)
    assert edges(building) == [edge("101", "102"), ENTRANCE]
    assert any("sum of 2" in w for w in building.warnings)


def test_a_hall_stays_a_room_under_the_galleries_that_cover_it(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    b.walls_around(one, (0, 0, 8, 4), height_m=6.0)
    b.space(one, "hall", (0, 0, 8, 4), height_m=6.0)
    b.space(two, "west", (0, 0, 4, 4))
    b.space(two, "east", (4, 0, 8, 4))
    assert {s.number for s in read(b).spaces} == {"hall", "west", "east"}


def test_a_gross_area_is_no_room(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.door(storey, middle, (4.1, 2.0), along=(0, 1))
    b.space(storey, "GFA", (-0.2, -0.2, 8.4, 4.2), PredefinedType="GFA")
    assert edges(read(b)) == [edge("101", "102"), ENTRANCE]


def test_a_niche_is_no_passage(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.hole(storey, middle, [(4.0, 1.0), (4.1, 1.0), (4.1, 2.2), (4.0, 2.2)])
    assert edges(read(b)) == [ENTRANCE]


def test_a_hole_with_glazing_in_it_that_does_not_say_so_is_no_passage(read: Read) -> None:
    b = IfcBuilder()
    storey, _, middle, _ = two_rooms(b)
    b.hole(storey, middle, [(4.0, 1.0), (4.2, 1.0), (4.2, 3.2), (4.0, 3.2)])
    b.wall(storey, (4.1, 1.05), (4.1, 3.15), thickness_m=0.05, entity="IfcCurtainWall")
    assert edges(read(b)) == [ENTRANCE]
