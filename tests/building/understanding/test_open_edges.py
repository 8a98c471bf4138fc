"""Open plan: what touches with nothing between is joined, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from building.formats import open_building
from building.model import Building
from tests.building.formats.ifc_builder import IfcBuilder
from tests.building.understanding.edges import edge, edges, sound

Read = Callable[[IfcBuilder], Building]
OPEN = edge("101", "102", "open")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda b: sound(open_building(str(b.save(tmp_path / "house.ifc"))))


def side_by_side(b: IfcBuilder, *, gap_m: float = 0.0, step_m: float = 0.0) -> Any:
    """101 | 102, their floors ``step_m`` apart."""
    storey = b.storey("1F", 0.0)
    b.space(storey, "101", (0, 0, 4, 4))
    b.space(storey, "102", (4 + gap_m, 0, 8, 4), z_m=step_m)
    return storey


def test_rooms_that_touch_are_open_to_each_other(read: Read) -> None:
    b = IfcBuilder()
    side_by_side(b, gap_m=0.03)
    building = read(b)
    assert edges(building) == [OPEN]
    assert building.openings[0].width_m == pytest.approx(4.0, abs=0.1)


def test_a_gap_as_thick_as_a_wall_is_none(read: Read) -> None:
    b = IfcBuilder()
    side_by_side(b, gap_m=0.1)
    assert edges(read(b)) == []


@pytest.mark.parametrize("entity", ["IfcWall", "IfcWallStandardCase", "IfcCurtainWall", "IfcPlate"])
@pytest.mark.parametrize("thickness_m", [0.03, 0.1, 0.3])
def test_a_wall_between_rooms_drawn_to_its_middle_closes_the_edge(entity: str, thickness_m: float, read: Read) -> None:
    b = IfcBuilder()
    storey = side_by_side(b)
    b.wall(storey, (4, 0), (4, 4), thickness_m=thickness_m, entity=entity)
    assert edges(read(b)) == []


def test_a_railing_closes_the_edge_and_a_kerb_does_not(read: Read) -> None:
    for height_m, expected in ((1.0, []), (0.2, [OPEN])):
        b = IfcBuilder()
        storey = side_by_side(b)
        b.wall(storey, (4, 0), (4, 4), thickness_m=0.05, height_m=height_m, entity="IfcRailing")
        assert edges(read(b)) == expected


def test_a_lintel_is_passed_under_and_a_storey_high_wall_is_not(read: Read) -> None:
    for z_m, expected in ((2.1, [OPEN]), (0.0, [])):
        b = IfcBuilder()
        storey = side_by_side(b)
        b.wall(storey, (4, 0), (4, 4), z_m=z_m, height_m=0.9 if z_m else 3.0)
        assert edges(read(b)) == expected


def test_the_gap_left_by_a_short_wall_is_where_one_passes(read: Read) -> None:
    b = IfcBuilder()
    storey = side_by_side(b)
    b.wall(storey, (4, -0.1), (4, 2.4))
    building = read(b)
    assert edges(building) == [OPEN]
    assert building.openings[0].width_m == pytest.approx(1.5, abs=0.1)


def test_between_close_columns_nobody_passes(read: Read) -> None:
    b = IfcBuilder()
    storey = side_by_side(b)
    for i in range(5):
        b.box("IfcColumn", storey, "c", (3.8, i * 0.9, 4.2, i * 0.9 + 0.45), z_m=0.0, height_m=3.0)
    assert edges(read(b)) == []


def test_a_wall_of_parts_closes_the_edge(read: Read) -> None:
    b = IfcBuilder()
    storey = side_by_side(b)
    wall = b.wall(storey, (4, 0), (4, 4))
    wall.Representation = None
    b.aggregate(wall, [b.wall(storey, (4, 0), (4, 4), entity="IfcBuildingElementPart")])
    assert edges(read(b)) == []


def test_a_partition_drawn_as_a_proxy_closes_the_edge_and_a_cupboard_does_not(read: Read) -> None:
    for outline, expected in (((3.95, 0, 4.05, 4), []), ((3.0, 0, 5.0, 4), [OPEN])):
        b = IfcBuilder()
        storey = side_by_side(b)
        b.box("IfcBuildingElementProxy", storey, "thing", outline, z_m=0.0, height_m=2.2)
        assert edges(read(b)) == expected


def test_a_step_is_passed_and_a_drop_is_not(read: Read) -> None:
    for step_m, expected in ((0.15, [OPEN]), (1.0, [])):
        b = IfcBuilder()
        side_by_side(b, step_m=step_m)
        assert edges(read(b)) == expected


def test_a_gallery_over_a_hall_is_no_way_down(read: Read) -> None:
    """The hall is two storeys high; the gallery looks into it over no wall at all."""
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    b.space(one, "101", (0, 0, 8, 8), height_m=6.0)
    b.space(two, "201", (8, 0, 12, 8))
    assert edges(read(b)) == []


def test_an_imaginary_wall_confirms_and_a_real_one_refuses(read: Read) -> None:
    for walled in (False, True):
        b = IfcBuilder("IFC4")
        storey = side_by_side(b)
        if walled:
            b.wall(storey, (4, 0), (4, 4))
        between = b.box("IfcVirtualElement", storey, "v", (3.99, 0, 4.01, 4), z_m=0.0, height_m=2.7)
        for space in b.file.by_type("IfcSpace"):
            b.boundary(space, between, kind="VIRTUAL")
        building = read(b)
        assert edges(building) == ([] if walled else [OPEN])
        assert any("a wall stands there" in w for w in building.warnings) == walled
        assert all(o.evidence.confidence > 0.9 for o in building.openings)


def test_a_part_of_a_hall_is_joined_to_it(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    b.space(storey, "101", (0, 0, 12, 10))
    b.space(storey, "102", (2, 2, 5, 5))
    assert edges(read(b)) == [OPEN]


def test_the_order_of_a_thousand_rooms_costs_little(read: Read) -> None:
    """A grid of rooms with open sides: every one is joined to its neighbours and to no other."""
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    n = 12
    for i in range(n):
        for j in range(n):
            b.space(storey, f"{i}-{j}", (i * 4.0, j * 4.0, i * 4.0 + 4, j * 4.0 + 4))
    assert len(edges(read(b))) == 2 * n * (n - 1)


def test_a_gap_that_a_door_fills_is_a_door_and_not_open(read: Read) -> None:
    """Two pieces of wall with a door between that fills no hole; the rooms touch in the middle of the wall."""
    b = IfcBuilder()
    storey = side_by_side(b)
    b.wall(storey, (4, 0), (4, 1.4))
    b.wall(storey, (4, 2.6), (4, 4))
    b.door(storey, None, (4, 2.0), along=(0, 1), width_m=1.0)
    assert edges(read(b)) == [edge("101", "102")]


def test_rooms_drawn_flat_are_rooms(read: Read) -> None:
    b = IfcBuilder()
    storey = b.storey("1F", 0.0)
    b.space(storey, "101", (0, 0, 4, 4), height_m=0.01)
    b.space(storey, "102", (4, 0, 8, 4), height_m=0.01)
    building = read(b)
    assert edges(building) == [OPEN]
    assert any("drawn flat" in w for w in building.warnings)
