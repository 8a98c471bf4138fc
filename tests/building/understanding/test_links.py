"""Stairs, ramps, escalators and lifts: what each joins, in the ways that real files draw them."""

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
CLIMB = edge("101", "201", "stairs")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda b: sound(open_building(str(b.save(tmp_path / "house.ifc"))))


def storeys(b: IfcBuilder, count: int = 2, *, height_m: float = 3.0) -> list[Any]:
    """One big room a floor: 101, 201, 301 ..."""
    found = []
    for i in range(count):
        storey = b.storey(f"{i + 1}F", i * height_m)
        b.walls_around(storey, (0, 0, 12, 8))
        b.space(storey, f"{i + 1}01", (0, 0, 12, 8))
        found.append(storey)
    return found


@pytest.mark.parametrize("flights", [True, False])
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4"])
def test_a_stair_joins_where_it_begins_and_ends(schema: str, flights: bool, read: Read) -> None:
    b = IfcBuilder(schema)
    one, _ = storeys(b)
    b.stair(one, (2, 4), (1, 0), flights=flights, ShapeType="STRAIGHT_RUN_STAIR")
    building = read(b)
    assert edges(building) == [CLIMB]
    (stair,) = building.vertical_links
    assert stair.stops[0].at[0] < 2.0
    assert stair.stops[1].at[0] > 6.0
    assert stair.width_m == pytest.approx(1.0, abs=0.05)
    assert not stair.step_free
    ends = stair.paths[0][0][2], stair.paths[0][-1][2]
    assert ends == (pytest.approx(0.0, abs=0.01), pytest.approx(3.0, abs=0.01))


def test_a_tower_drawn_as_one_stair_stops_at_every_floor(read: Read) -> None:
    b = IfcBuilder()
    one, *_ = storeys(b, 4)
    b.tower(one, (2, 2), 4)
    assert edges(read(b)) == [CLIMB, edge("201", "301", "stairs"), edge("301", "401", "stairs")]


def test_a_tower_of_one_body_stops_at_every_floor(read: Read) -> None:
    """No flights: the whole stair through three floors is one shape, floor landings included."""
    b = IfcBuilder()
    one, *_ = storeys(b, 3)
    b.whole_tower(one, (2, 2), 3)
    assert edges(read(b)) == [CLIMB, edge("201", "301", "stairs")]


def test_a_stair_in_a_well_with_walls_joins_the_well_and_not_the_room_beyond_the_wall(read: Read) -> None:
    b = IfcBuilder()
    for i, storey in enumerate([b.storey("1F", 0.0), b.storey("2F", 3.0)]):
        b.space(storey, f"{i + 1}01", (0, 0, 7, 2.4), name="Stair 1")
        b.space(storey, f"{i + 1}02", (0, 2.6, 7, 8))
        wall = b.wall(storey, (0, 2.5), (7, 2.5))
        b.door(storey, wall, (0.8, 2.5))
        b.door(storey, b.wall(storey, (-0.1, 2.6), (-0.1, 8)), (-0.1, 4.0), along=(0, 1))
        if i == 0:
            b.stair(storey, (1.5, 1.2), (1, 0))
    assert edges(read(b)) == [
        edge("101", "102"), CLIMB, edge("102", OUT, leaves=True), edge("201", "202"), edge("202", OUT),
    ]  # fmt: skip


def test_a_stair_whose_top_is_a_void_lands_in_the_room_beside_it(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    b.space(one, "101", (0, 0, 12, 8))
    b.space(two, "201", [(0, 0), (12, 0), (12, 8), (6.1, 8), (6.1, 3), (1.9, 3), (1.9, 8), (0, 8)])
    b.space(two, "202", (1.9, 3, 6.1, 8), name="Luftraum")
    b.stair(one, (2, 4), (1, 0))
    building = read(b)
    assert edges(building) == [CLIMB]
    assert reasons(building).keys() == {"101", "201"}


def test_a_stairwell_that_is_one_room_through_all_floors(read: Read) -> None:
    """Its doors join it to every floor; the stair within it joins no two rooms."""
    b = IfcBuilder()
    for i in range(3):
        storey = b.storey(f"{i + 1}F", i * 3.0)
        if i == 0:
            b.space(storey, "S", (0, 0, 3, 6), name="Treppenhaus", height_m=8.7)
            b.tower(storey, (0.2, 1.5), 3)
        b.space(storey, f"{i + 1}01", (3.2, 0, 9, 6))
        b.door(storey, b.wall(storey, (3.1, 0), (3.1, 6)), (3.1, 0.8), along=(0, 1))
    assert edges(read(b)) == [edge("101", "S"), edge("201", "S"), edge("301", "S")]


@pytest.mark.parametrize("entity", ["IfcBuildingElementProxy", "IfcSlab"])
def test_a_stair_only_called_so_is_one_with_less_certainty(entity: str, read: Read) -> None:
    b = IfcBuilder()
    one, _ = storeys(b)
    b.stair(one, (2, 4), (1, 0), entity=entity, flights=False, name="Cast-In-Place Stair:1")
    building = read(b)
    assert edges(building) == [CLIMB]
    assert building.vertical_links[0].evidence.confidence <= 0.6


def test_steps_within_a_storey_join_its_levels_and_no_floors(read: Read) -> None:
    b = IfcBuilder()
    one = b.storey("1F", 0.0)
    b.storey("2F", 3.5)
    b.space(one, "101", (0, 0, 6, 4))
    b.space(one, "102", (6, 0, 12, 4), z_m=1.0)
    b.stair(one, (4.6, 2), (1, 0), rise_m=1.0, steps=6)
    building = read(b)
    assert edges(building) == [edge("101", "102", "open")]
    assert building.vertical_links == ()
    assert not building.openings[0].step_free


def test_a_spiral_stair(read: Read) -> None:
    b = IfcBuilder()
    one, _ = storeys(b)
    b.spiral(one, (5, 4))
    assert edges(read(b)) == [CLIMB]


def test_a_ramp_is_step_free(read: Read) -> None:
    b = IfcBuilder()
    one, _ = storeys(b)
    b.ramp(one, (1, 2), (1, 0), length_m=10.0)
    building = read(b)
    assert edges(building) == [edge("101", "201", "ramp")]
    assert building.vertical_links[0].step_free


def test_an_escalator_has_a_direction(read: Read) -> None:
    b = IfcBuilder("IFC4")
    one, _ = storeys(b)
    b.stair(
        one,
        (2, 4),
        (1, 0),
        entity="IfcTransportElement",
        flights=False,
        name="Escalator up",
        PredefinedType="ESCALATOR",
    )
    building = read(b)
    assert edges(building) == [edge("101", "201", "escalator")]
    assert building.vertical_links[0].direction == "up"


def test_a_lift_stops_at_every_floor_it_passes(read: Read) -> None:
    b = IfcBuilder("IFC4")
    one, *_ = storeys(b, 3)
    b.box("IfcTransportElement", one, "lift", (5, 3, 7, 5), z_m=0.0, height_m=8.5)
    building = read(b)
    assert edges(building) == [edge("101", "201", "lift"), edge("201", "301", "lift")]
    assert building.vertical_links[0].step_free


def shafts(b: IfcBuilder, name: str, floors: int = 3, *, doors: bool = True) -> None:
    for i in range(floors):
        storey = b.storey(f"{i + 1}F", i * 3.0)
        b.space(storey, f"{i + 1}01", (0, 0, 8, 4))
        b.space(storey, f"L{i + 1}", (8.2, 1, 10.2, 3), name=name)
        wall = b.wall(storey, (8.1, 0), (8.1, 4))
        if doors:
            b.door(storey, wall, (8.1, 2.0), along=(0, 1))


@pytest.mark.parametrize("name", ["Elevator", "ELEV 2", "Aufzug", "电梯", "Lift shaft"])
def test_rooms_called_a_lift_are_one_with_its_stops(name: str, read: Read) -> None:
    b = IfcBuilder()
    shafts(b, name)
    building = read(b)
    assert edges(building) == [
        edge("101", "L1"), edge("201", "L2"), edge("301", "L3"), edge("L1", "L2", "lift"), edge("L2", "L3", "lift"),
    ]  # fmt: skip
    assert building.vertical_links[0].evidence.confidence <= 0.6
    assert {s.number for s in building.spaces if not s.walkable} == {"L1", "L2", "L3"}


@pytest.mark.parametrize("name", ["Elevator Lobby", "Aufzugsvorraum", "电梯厅"])
def test_the_lobby_before_a_lift_is_a_room(name: str, read: Read) -> None:
    b = IfcBuilder()
    shafts(b, name)
    building = read(b)
    assert building.vertical_links == ()
    assert all(s.walkable for s in building.spaces)


@pytest.mark.parametrize("name", ["Stair 1", "Treppenhaus", "楼梯间", "Escalier"])
def test_stairwells_one_above_the_other_are_stairs_even_if_none_is_drawn(name: str, read: Read) -> None:
    b = IfcBuilder()
    shafts(b, name)
    building = read(b)
    assert edge("L1", "L2", "stairs") in edges(building)
    assert edge("L2", "L3", "stairs") in edges(building)
    assert building.vertical_links[0].evidence.confidence <= 0.6


def test_a_stairwell_with_its_stair_is_not_joined_twice(read: Read) -> None:
    b = IfcBuilder()
    for i in range(2):
        storey = b.storey(f"{i + 1}F", i * 3.0)
        b.space(storey, f"{i + 1}01", (0, 0, 7, 2.4), name="Stair 1")
        if i == 0:
            b.stair(storey, (1.5, 1.2), (1, 0))
    assert edges(read(b)) == [CLIMB]


def test_an_outside_stair_makes_the_door_above_a_way_out(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    for storey, number in ((one, "101"), (two, "201")):
        south, *_ = b.walls_around(storey, (0, 0, 8, 6))
        b.space(storey, number, (0, 0, 8, 6))
        b.door(storey, south, (6.5, -0.1))
    b.stair(one, (1.5, -1.0), (1, 0))
    building = read(b)
    assert edges(building) == [edge("101", OUT, leaves=True), edge("201", OUT, leaves=True)]
    upper = next(o for o in building.openings if o.z0_m > 1)
    assert not upper.step_free


def test_a_storey_without_a_stair_says_so(read: Read) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    south, *_ = b.walls_around(one, (0, 0, 8.2, 6))
    b.space(one, "101", (0, 0, 8.2, 6))
    b.door(one, south, (1.0, -0.1))
    b.space(two, "201", (0, 0, 4, 6))
    b.space(two, "202", (4.2, 0, 8.2, 6))
    b.door(two, b.wall(two, (4.1, 0), (4.1, 6)), (4.1, 2), along=(0, 1))
    expected = "No stair, ramp or lift leads to this floor."
    assert reasons(read(b)) == {"201": expected, "202": expected}


def test_a_stair_that_joins_nothing_is_named(read: Read) -> None:
    b = IfcBuilder()
    one, _ = storeys(b)
    b.stair(one, (2, 4), (1, 0), rise_m=1.5)
    building = read(b)
    assert edges(building) == []
    assert any("fewer than two floors" in w for w in building.warnings)


def test_a_car_drawn_on_one_floor_stops_where_the_doors_of_its_shaft_are(read: Read) -> None:
    """The shaft is no room: its landing doors lead into nothing, floor above floor."""
    b = IfcBuilder("IFC4")
    for i in range(3):
        storey = b.storey(f"{i + 1}F", i * 3.0)
        b.walls_around(storey, (0, 0, 10.2, 4))
        b.space(storey, f"{i + 1}01", (0, 0, 8, 4))
        wall = b.wall(storey, (8.1, 0), (8.1, 4))
        if i == 0:
            b.box("IfcTransportElement", storey, "car", (8.3, 1, 10.0, 3), z_m=0.0, height_m=2.3)
        if i != 1:
            b.door(storey, wall, (8.1, 2.0), along=(0, 1))
    assert edges(read(b)) == [edge("101", "301", "lift")]


def test_an_attic_with_a_stair_is_walked_on(read: Read) -> None:
    for with_stair in (True, False):
        b = IfcBuilder()
        one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
        b.space(one, "101", (0, 0, 12, 8))
        b.space(two, "201", (0, 0, 12, 8), name="Dachboden")
        if with_stair:
            b.stair(one, (2, 4), (1, 0))
        building = read(b)
        assert edges(building) == ([CLIMB] if with_stair else [])
        assert {s.number: s.walkable for s in building.spaces} == {"101": True, "201": with_stair}


def test_what_only_a_name_tells_is_listed(read: Read) -> None:
    b = IfcBuilder()
    shafts(b, "Elevator")
    building = read(b)
    assert any("known by its name alone" in w for w in building.warnings)
    shaft_doors = [o for o in building.openings if o.link is not None]
    assert [o.link for o in shaft_doors] == [building.vertical_links[0].id] * 3
