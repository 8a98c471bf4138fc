"""Real IFC files: what is in them, what is reached, and that each defect is named."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from building.errors import UnreadableFile
from building.formats import open_building
from building.graph import build_graph, reached, unreached
from building.model import OUT, Building
from building.places import resolve

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "building"


@cache
def _open(name: str) -> Building:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name} not found")
    return open_building(str(path))


def _edges(building: Building) -> set[tuple[frozenset[str], str, bool]]:
    """Edges by room numbers: ({"A101", "OUT"}, "door", exit)."""
    numbers = {s.id: s.number or s.key for s in building.spaces} | {OUT: OUT}
    return {(frozenset({numbers[e.a], numbers[e.b]}), e.via, e.exit) for e in build_graph(building).edges}


def test_the_two_flats_hold_twenty_rooms_and_a_roof() -> None:
    duplex = _open("duplex.ifc")
    assert len(duplex.floors) == 4
    assert len(duplex.spaces) == 21
    assert [s.number for s in duplex.spaces if not s.walkable] == ["R301"]


def test_every_room_of_the_two_flats_is_reached_from_outside() -> None:
    duplex = _open("duplex.ifc")
    graph = build_graph(duplex)
    assert {s.id for s in duplex.spaces if s.walkable} <= reached(graph)
    assert unreached(graph, duplex) == []


def test_the_two_flats_are_joined_only_through_the_outside() -> None:
    for pair, _, _ in _edges(_open("duplex.ifc")):
        flats = {name[0] for name in pair if name != OUT}
        assert len(flats) == 1, f"{sorted(pair)} joins the flats"


def test_each_flat_has_a_front_door_and_a_garden_door() -> None:
    leads_out = {min(pair - {OUT}) for pair, _, leaves in _edges(_open("duplex.ifc")) if leaves}
    assert leads_out == {"A101", "A102", "B101", "B102"}


@pytest.mark.parametrize("flat", ["A", "B"])
def test_a_door_that_touches_three_rooms_joins_the_two_beside_it(flat: str) -> None:
    doors = {pair for pair, via, _ in _edges(_open("duplex.ifc")) if via == "door"}
    assert {f"{flat}204", f"{flat}205"} in doors
    assert {f"{flat}201", f"{flat}205"} not in doors


@pytest.mark.parametrize("flat", ["A", "B"])
def test_the_stair_is_one_edge_through_the_stairwell_that_is_drawn(flat: str) -> None:
    stairs = {pair for pair, via, _ in _edges(_open("duplex.ifc")) if via == "stairs"}
    assert {f"{flat}105", f"{flat}201"} in stairs
    assert len(stairs) == 2


def test_a_gallery_is_reached_by_a_spiral_stair_without_flights() -> None:
    house = _open("fzk-haus-ac11.ifc")
    assert unreached(build_graph(house), house) == []


@pytest.mark.parametrize(("name", "doors"), [("large-building.ifc", 18), ("tall-building.ifc", 5)])
def test_without_boundaries_and_in_millimetres_every_door_joins_two_sides(name: str, doors: int) -> None:
    building = _open(name)
    assert len(building.openings) == doors
    assert all(o.between is not None and 0.5 < o.width_m < 4.0 for o in building.openings)
    assert unreached(build_graph(building), building) == []


def test_the_same_file_gives_the_same_ids() -> None:
    duplex = _open("duplex.ifc")
    again = open_building(str(DATA / "duplex.ifc"))
    assert [e.id for e in again.entities()] == [e.id for e in duplex.entities()]


def test_an_old_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "old.ifc"
    old.write_text(
        "ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC151_FINAL'));\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n"
    )
    with pytest.raises(UnreadableFile, match="IFC151_FINAL") as refused:
        open_building(str(old))
    assert "IFC4" in refused.value.todo


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    torn = tmp_path / "torn.ifc"
    torn.write_text("ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n#1=IFCPROJECT('0abc',$,'x'")
    with pytest.raises(UnreadableFile):
        open_building(str(torn))


def test_global_ids_that_differ_by_case_alone_are_two_places() -> None:
    building = _open("tall-building.ifc")
    for space in building.spaces:
        assert space.source is not None
        assert resolve(building, space.source.value).id == space.id
