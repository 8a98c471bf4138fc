"""Schemas, units, turned and far-away houses: the same small house must come to the same rooms and edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from building.formats import open_building
from building.graph import build_graph, reached, unreached
from building.model import OUT, Building
from tests.building.formats.ifc_builder import IfcBuilder

Edges = set[tuple[frozenset[str], str, bool]]

EXPECTED: Edges = {
    (frozenset({"101", OUT}), "door", True),
    (frozenset({"101", "102"}), "door", False),
    (frozenset({"102", "103"}), "open", False),
    (frozenset({"103", "201"}), "stairs", False),
    (frozenset({"201", "202"}), "door", False),
    (frozenset({"202", OUT}), "door", False),
}


def edges(building: Building) -> Edges:
    numbers = {s.id: s.number or s.key for s in building.spaces} | {OUT: OUT}
    return {(frozenset({numbers[e.a], numbers[e.b]}), e.via, e.exit) for e in build_graph(building).edges}


def house(b: IfcBuilder) -> IfcBuilder:
    """Below: 101 | 102, 102 open to 103 with a stair. Above: 201 | 202 with a balcony door."""
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    around = (0.0, 0.0, 10.2, 8.0)
    for storey in (one, two):
        south, *_ = b.walls_around(storey, around)
        middle = b.wall(storey, (5.1, 0.0), (5.1, 8.0))
        b.door(storey, middle, (5.1, 1.0), along=(0.0, 1.0))
        b.door(storey, south, (1.0, -0.1), width_m=1.0)
    b.space(one, "101", (0, 0, 5, 8))
    b.space(one, "102", (5.2, 0, 10.2, 4))
    b.space(one, "103", (5.2, 4, 10.2, 8))
    b.stair(one, (5.7, 7.2), (1.0, 0.0))
    b.space(two, "202", (0, 0, 5, 8))
    b.space(two, "201", (5.2, 0, 10.2, 8))
    return b


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3"])
@pytest.mark.parametrize("unit", ["m", "mm", "cm", "ft"])
def test_every_schema_and_unit_gives_the_same_house(schema: str, unit: str, tmp_path: Path) -> None:
    path = house(IfcBuilder(schema, unit=unit)).save(tmp_path / "house.ifc")
    building = open_building(str(path))
    assert edges(building) == EXPECTED
    assert [round(f.elevation_m, 2) for f in building.floors] == [0.0, 3.0]
    assert [f.ordinal for f in building.floors] == [0, 1]


@pytest.mark.parametrize("turned_deg", [0.0, 17.0, 90.0, 201.3])
@pytest.mark.parametrize("moved_m", [(0.0, 0.0, 0.0), (500_000.0, -300_000.0, 0.0), (12.5, 7.5, 431.0)])
def test_turned_moved_and_lifted_it_is_the_same_house(
    turned_deg: float, moved_m: tuple[float, float, float], tmp_path: Path
) -> None:
    path = house(IfcBuilder(turned_deg=turned_deg, moved_m=moved_m)).save(tmp_path / "house.ifc")
    building = open_building(str(path))
    assert edges(building) == EXPECTED
    assert all(abs(x) < 1_000 and abs(y) < 1_000 for s in building.spaces for x, y in s.footprint[0].outer)
    for space in building.spaces:
        assert space.height_m == pytest.approx(2.7, abs=0.002)


def test_the_old_schema_is_read_with_a_loud_warning(tmp_path: Path) -> None:
    path = house(IfcBuilder("IFC2X3")).save(tmp_path / "house.ifc")
    path.write_text(path.read_text().replace("('IFC2X3')", "('IFC2X_FINAL')"))
    building = open_building(str(path))
    assert edges(building) == EXPECTED
    assert "IFC2X_FINAL" in building.warnings[0]
    assert "AS IFC2X3" in building.warnings[0]
    assert building.schema == "IFC2X_FINAL"


def test_a_storey_that_lies_about_its_height_is_put_right(tmp_path: Path) -> None:
    b = IfcBuilder()
    one = b.storey("1F", 0.0)
    two = b.storey("2F", 0.0, stated_m=0.0)
    b.walls_around(one, (0, 0, 4, 4))
    b.space(one, "101", (0, 0, 4, 4))
    b.space(two, "201", (0, 0, 4, 4), z_m=3.0)
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert [(f.number, f.elevation_m) for f in building.floors] == [("1F", 0.0), ("2F", 3.0)]
    assert any("the rooms are believed" in w for w in building.warnings)


def test_a_room_listed_on_the_wrong_storey_is_put_on_its_own(tmp_path: Path) -> None:
    b = IfcBuilder()
    one, two = b.storey("1F", 0.0), b.storey("2F", 3.0)
    for number, x in (("101", 0.0), ("102", 5.0), ("103", 10.0)):
        b.space(one, number, (x, 0, x + 4, 4))
    b.space(one, "201", (0, 0, 4, 4), z_m=3.0)
    b.space(two, "202", (5, 0, 9, 4))
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    floors = {f.id: f.number for f in building.floors}
    assert {s.number: floors[s.floor] for s in building.spaces} == {
        "101": "1F", "102": "1F", "103": "1F", "201": "2F", "202": "2F",
    }  # fmt: skip


def test_a_file_without_storeys_still_has_a_floor(tmp_path: Path) -> None:
    b = IfcBuilder()
    one = b.storey("1F", 0.0)
    walls = b.walls_around(one, (0, 0, 4, 4))
    b.space(one, "101", (0, 0, 4, 4))
    b.door(one, walls[0], (2.0, -0.1))
    for relation in b.file.by_type("IfcRelContainedInSpatialStructure"):
        relation.RelatingStructure = b.building
    for relation in b.file.by_type("IfcRelAggregates"):
        if relation.RelatingObject == one:
            relation.RelatingObject = b.building
        elif one in relation.RelatedObjects:
            b.file.remove(relation)
    b.file.remove(one)
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert len(building.floors) == 1
    assert [s.number for s in building.spaces if s.id in reached(build_graph(building))] == ["101"]
    assert unreached(build_graph(building), building) == []


def test_shared_and_missing_ids_are_told_apart(tmp_path: Path) -> None:
    b = IfcBuilder()
    one = b.storey("1F", 0.0)
    first, second, third = (b.space(one, n, (x, 0, x + 4, 4)) for n, x in (("101", 0), ("102", 4), ("103", 8)))
    second.GlobalId = third.GlobalId = first.GlobalId
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert len({s.id for s in building.spaces}) == 3
    assert any("told apart" in w for w in building.warnings)


def test_a_room_contained_rather_than_part_of_its_storey(tmp_path: Path) -> None:
    b = IfcBuilder("IFC4")
    one = b.storey("1F", 0.0)
    space = b.space(one, "101", (0, 0, 4, 4))
    for relation in b.file.by_type("IfcRelAggregates"):
        if space in relation.RelatedObjects:
            b.file.remove(relation)
    b.contain(one, space)
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert [s.floor for s in building.spaces] == [building.floors[0].id]


def test_rooms_that_are_parts_of_a_whole_stand_on_its_storey(tmp_path: Path) -> None:
    b = IfcBuilder("IFC2X3")
    one = b.storey("1F", 0.0)
    whole = b.space(one, "1", (0, 0, 8, 4), CompositionType="COMPLEX")
    parts = [b.space(one, n, (x, 0, x + 4, 4), CompositionType="PARTIAL") for n, x in (("1a", 0), ("1b", 4))]
    for relation in b.file.by_type("IfcRelAggregates"):
        if relation.RelatedObjects[0] in parts:
            b.file.remove(relation)
    b.aggregate(whole, parts)
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert edges(building) == {(frozenset({"1a", "1b"}), "open", False)}


def test_two_houses_in_one_file_share_their_levels(tmp_path: Path) -> None:
    b = IfcBuilder()
    for x in (0.0, 30.0):
        for name, z in (("EG", 0.0), ("OG", 3.0)):
            storey = b.storey(name, z)
            south, *_ = b.walls_around(storey, (x, 0, x + 4, 4))
            b.space(storey, f"{name}{x:g}", (x, 0, x + 4, 4))
            b.door(storey, south, (x + 1, -0.1))
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert sorted((f.number, f.ordinal, f.height_m) for f in building.floors) == [
        ("EG", 0, 3.0), ("EG", 0, 3.0), ("OG", 1, 3.0), ("OG", 1, 3.0),
    ]  # fmt: skip
    assert edges(building) == {
        (frozenset({"EG0", OUT}), "door", True), (frozenset({"EG30", OUT}), "door", True),
        (frozenset({"OG0", OUT}), "door", False), (frozenset({"OG30", OUT}), "door", False),
    }  # fmt: skip


def test_shapes_drawn_far_from_their_placements(tmp_path: Path) -> None:
    """All placements at 0; the coordinates themselves are those of a map."""
    b = IfcBuilder()
    x, y = 512_345.25, 5_400_123.5
    one = b.storey("1F", 0.0)
    south, *_ = b.walls_around(one, (x, y, x + 4, y + 4))
    b.space(one, "101", (x, y, x + 4, y + 4))
    b.door(one, south, (x + 1, y - 0.1))
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    assert edges(building) == {(frozenset({"101", OUT}), "door", True)}
    assert all(abs(c) < 1_000 for s in building.spaces for at in s.footprint[0].outer for c in at)
