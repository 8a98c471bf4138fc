"""Roofs, attics, shafts and crawl spaces are no rooms to be sent to, whether a word or their shape tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from building.formats import open_building
from building.understanding.kinds import kind_of
from tests.building.formats.ifc_builder import IfcBuilder
from tests.building.understanding.edges import reasons


@pytest.mark.parametrize(
    ("words", "kind", "walkable"),
    [
        ("Roof R301", "roof", True), ("Roof terrace", "terrace", True), ("Dach", "roof", True),
        ("屋面", "roof", True), ("屋顶花园", "terrace", True), ("Dachboden", "attic", True),
        ("Elevator Shaft", "shaft", False), ("E-01 ELEV", "shaft", False), ("电梯厅", "lobby", True),
        ("电梯井", "shaft", False), ("Elevator Machine Room", "technical", True), ("电梯机房", "technical", True),
        ("Lift lobby", "lobby", True), ("Luftraum", "void", False),
        ("Stairwell A", "stair", True), ("楼梯间", "stair", True), ("Treppenhaus", "stair", True),
        ("Flur", "corridor", True), ("走廊", "corridor", True), ("Foyer", "lobby", True),
        ("Damen WC", "toilet", True), ("Büro 3.14", "room", True), ("Upstairs office", "room", True),
        ("Proof reading", "room", True), ("Deliveries", "room", True), ("", "room", True),
    ],
)  # fmt: skip
def test_words_in_several_languages_tell_the_kind(words: str, kind: str, walkable: bool) -> None:
    assert kind_of(words) == (kind, walkable)


def test_shapes_tell_what_no_word_does(tmp_path: Path) -> None:
    b = IfcBuilder()
    one, two, three = b.storey("A", 0.0), b.storey("B", 3.0), b.storey("C", 6.0)
    south, *_ = b.walls_around(one, (0, 0, 12.2, 8))
    middle = b.wall(one, (8.1, 0), (8.1, 8))
    b.space(one, "101", (0, 0, 8, 8))
    b.door(one, south, (1.0, -0.1))
    b.space(one, "102", (8.2, 0, 9.0, 0.8), name="X")
    b.space(one, "103", (8.2, 1, 12.2, 4), name="X", height_m=1.2)
    b.space(one, "104", (8.2, 4.2, 12.2, 8), name="X")
    b.stair(one, (2, 4), (1, 0))
    b.space(two, "201", (0, 0, 12.2, 8))
    b.space(three, "301", (0, 0, 12.2, 8), name="X", height_m=2.2)
    assert middle is not None
    building = open_building(str(b.save(tmp_path / "a.ifc")))
    kinds = {s.number: s.kind for s in building.spaces if not s.walkable}
    assert kinds == {"102": "shaft", "103": "void", "301": "attic"}
    assert reasons(building) == {"104": "No door or open edge that leads to it was found."}
    for number in kinds:
        assert any(f"room {number} " in w for w in building.warnings)
