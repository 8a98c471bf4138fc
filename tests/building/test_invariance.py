"""The same building told otherwise gives the same graph: on every real file at hand, and on the reference hall.

What only a name or a boundary tells may be lost with it; what that is, is listed here. HALLTWIN_LONG=1 tries every
way on every file; without it each file is told in all ways at once, and one of them also in each way alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from building.formats import open_building, read
from building.graph import build_graph
from building.isomorphism import isomorphic
from building.model import OUT, Building
from building.writers import write
from tests.building import metamorphic as told
from tests.building import metamorphic_xml as xml

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "building"
REAL = ("duplex", "fzk-haus-ac11", "large-building", "tall-building")
FILES = (*REAL, "reference")
TRIED = FILES if os.environ.get("HALLTWIN_LONG") else ("duplex",)

SAME: dict[str, told.Retold] = {
    "turned": told.turned,
    "far away": told.far_away,
    "other metric units": told.in_other_metric_units,
    "feet": told.in_feet,
    "shuffled": told.shuffled,
    "new GlobalIds": told.with_new_guids,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retold")


@pytest.fixture(scope="module")
def source(folder: Path) -> Callable[[str], str]:
    @cache
    def text(name: str) -> str:
        path = DATA / f"{name}.ifc"
        if name == "reference":
            path = folder / "reference.ifc"
            write(open_building("reference"), path)
        if not path.exists():
            pytest.skip(f"../shared/data/building/{path.name} not found")
        return path.read_bytes().decode("latin-1")

    return text


@pytest.fixture(scope="module")
def reading(folder: Path) -> Callable[[str], Building]:
    """Reads a text, each once."""

    @cache
    def building(text: str) -> Building:
        path = folder / f"{abs(hash(text))}.ifc"
        path.write_bytes(text.encode("latin-1"))
        return read(path)

    return building


def explain(before: Building, after: Building) -> str:
    a, b = told.connections(before), told.connections(after)
    return f"lost {list(a - b)}, new {list(b - a)}, {len(before.spaces)} and {len(after.spaces)} rooms"


def same(before: Building, after: Building) -> bool | None:
    return isomorphic(build_graph(before), build_graph(after))


Texts = Callable[[str], str]
Readings = Callable[[str], Building]


@pytest.mark.parametrize(("name", "how"), [*product(TRIED, SAME)])
def test_told_otherwise_it_is_the_same_graph(name: str, how: str, source: Texts, reading: Readings) -> None:
    before, after = reading(source(name)), reading(SAME[how](source(name)))
    assert same(before, after) is True, explain(before, after)


@pytest.mark.parametrize("name", FILES)
def test_told_in_all_these_ways_at_once_too(name: str, source: Texts, reading: Readings) -> None:
    before, after = reading(source(name)), reading(told.all_at_once(source(name)))
    assert same(before, after) is True, explain(before, after)


ONLY_NAMED = {"duplex": {"R301"}}
"""Rooms that nobody is sent to for their name alone: a roof that is drawn like any room."""


@pytest.mark.parametrize("name", FILES)
def test_renamed_in_chinese_only_what_a_name_told_is_lost(name: str, source: Texts, reading: Readings) -> None:
    before, after = reading(source(name)), reading(told.renamed(source(name)))
    walkable = {s.source: s.walkable for s in after.spaces}
    lost = {s for s in before.spaces if s.walkable != walkable[s.source]}
    assert {s.number for s in lost} <= ONLY_NAMED.get(name, set())
    named = {s.source.value for s in lost if s.source}
    kept = [Counter({e: n for e, n in told.connections(b).items() if not named & {*e[0]}}) for b in (before, after)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("name", REAL)
def test_without_space_boundaries_geometry_says_the_same(name: str, source: Texts, reading: Readings) -> None:
    before, after = reading(source(name)), reading(told.without_boundaries(source(name)))
    assert same(before, after) is True, explain(before, after)


@pytest.mark.parametrize("name", REAL)
def test_an_old_header_changes_nothing_but_is_said_aloud(name: str, source: Texts, reading: Readings) -> None:
    before, after = reading(source(name)), reading(told.with_an_old_header(source(name)))
    assert same(before, after) is True, explain(before, after)
    assert any("IFC2X_FINAL" in warning for warning in after.warnings)


Edges = list[tuple[list[str], str, bool]]


def difference_by_number(before: Building, after: Building) -> tuple[Edges, Edges]:
    numbers = {s.source.value: s.number or s.key for s in before.spaces if s.source} | {OUT: OUT}
    a, b = told.connections(before), told.connections(after)
    lost, new = (
        sorted((sorted(numbers[end] for end in ends), via, leaves) for ends, via, leaves in edges.elements())
        for edges in (a - b, b - a)
    )
    return lost, new


ONLY_VEHICLES = [(["1F-GOODS", OUT], "door"), (["B1-PB", OUT], "door")]
"""Nobody leaves on foot by the car park's and the goods' gates: IFC has no word for it."""


def test_a_stranger_reads_the_same_hall_but_for_who_may_leave_by_its_gates(source: Texts, reading: Readings) -> None:
    before, after = reading(source("reference")), reading(told.without_own_sets(source("reference")))
    lost, new = difference_by_number(before, after)
    assert lost == [(ends, via, False) for ends, via in ONLY_VEHICLES]
    assert new == [(ends, via, True) for ends, via in ONLY_VEHICLES]


def test_and_without_boundaries_only_what_is_open_twice_or_hardly_is_lost(source: Texts, reading: Readings) -> None:
    before, after = reading(source("reference")), reading(told.without_boundaries(source("reference")))
    lost, new = difference_by_number(before, after)
    assert lost == [
        (["1F-ENT", "1F-WAITE"], "open", False),  # 0.4 m wide: less than a person
        (["1F-FORM", "1F-WAITE"], "open", False),  # the form area lies within: three of its sides are open
        (["1F-FORM", "1F-WAITE"], "open", False),
        (["2F-ESC", "2F-VOID"], "open", False),  # one void beside the other: nobody walks there
        (["B1-PA", "B1-PB"], "open", False),  # the car park's parts meet on both sides of the core
        (["B1-PB", "B1-PC"], "open", False),
        (["B1-PB", "B1-PC"], "open", False),
    ]
    assert new == []


OTHERS: list[tuple[str, told.Retold]] = [
    ("apb.osm", xml.osm_elsewhere),
    ("apb.osm", lambda text: xml.osm_renumbered(xml.osm_reordered(text))),
    ("fjk-haus.indoorgml.gml", xml.indoorgml_elsewhere),
    ("fjk-haus.indoorgml.gml", xml.indoorgml_reordered),
]


@pytest.mark.parametrize(
    ("name", "how"), OTHERS, ids=["osm elsewhere", "osm reordered", "igml elsewhere", "igml reordered"]
)
def test_other_formats_told_otherwise(name: str, how: told.Retold, tmp_path: Path) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name} not found")
    other = tmp_path / name
    other.write_text(how(path.read_text("utf-8")), "utf-8")
    before, after = read(path), read(other)
    assert same(before, after) is True, explain(before, after)


def test_the_comparison_sees_a_single_door_less(source: Texts, reading: Readings) -> None:
    import ifcopenshell

    file = ifcopenshell.file.from_string(source("duplex"))
    door = file.by_type("IfcDoor")[0]
    hole = door.FillsVoids[0].RelatingOpeningElement
    for gone in (door, hole):
        file.remove(gone)
    assert same(reading(source("duplex")), reading(file.to_string())) is False
