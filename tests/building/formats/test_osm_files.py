"""OSM files: the real one, what must not matter, and what is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.checks import check
from building.errors import UnreadableFile
from building.formats import read
from building.formats.osm import FORMAT, places, source
from building.geodesy import LocalFrame
from building.graph import build_graph, unreached
from building.isomorphism import isomorphic
from building.model import OUT, Building, key_of
from building.versions import content_hash
from tests.building.formats.osm_files import (
    draw_house,
)

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building" / "apb.osm"


# what must not matter


def test_json_and_xml_give_the_same_building(tmp_path: Path) -> None:
    house = draw_house()
    as_json = tmp_path / "plan.json"
    as_json.write_text(house.json(), encoding="utf-8")
    assert content_hash(read(as_json)) == content_hash(read(house.save(tmp_path)))


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    house = draw_house()
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
        "<osm version='0.6'>" + "<a>" * 1_000,
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
    path = draw_house().save(tmp_path)
    monkeypatch.setattr(source, "MAX_ELEMENTS", 10)
    with pytest.raises(UnreadableFile, match="more than 10 elements"):
        read(path)


def test_rooms_on_endless_levels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = draw_house()
    for n in range(20):
        house.room(20, 0, 21, 1, level=str(n), repeat_on="0-300")
    monkeypatch.setattr(places, "MAX_PLACES", 50)
    with pytest.raises(UnreadableFile, match="more than 50 rooms"):
        FORMAT.read(house.save(tmp_path))


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


_BYTES = draw_house().xml().encode()


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
    house = draw_house()
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


def test_nothing_stands_in_the_way_of_publishing_the_university_building(apb: Building) -> None:
    assert [d for d in check(apb) if d.severity == "must"] == []


def test_basement_doors_of_the_university_building_lead_nowhere_known(apb: Building) -> None:
    """Only the stairwells are drawn on level -1: what their doors lead to is not in the file."""
    below = [o for o in apb.openings if key_of(o.floor) == "-1"]
    assert len(below) == 3
    assert all(o.between is None for o in below)


def test_without_its_stairs_the_upper_floors_are_reached_by_the_lifts(apb: Building) -> None:
    lifts_only = replace(apb, vertical_links=tuple(v for v in apb.vertical_links if v.kind == "lift"))
    left = {(u.space.number, key_of(u.space.floor)) for u in unreached(build_graph(lifts_only), lifts_only)}
    assert left == {("1065", "1"), ("TR01", "-1"), ("TR04", "-1"), ("TR05", "-1")}


def _turned(text: str) -> str:
    """By 17 degrees, and to another continent."""
    here, there = LocalFrame(13.723, 51.0254), LocalFrame(-58.4, -34.6)
    cos, sin = math.cos(math.radians(17)), math.sin(math.radians(17))

    def place(found: re.Match[str]) -> str:
        x, y = here.to_local(float(found[2]), float(found[1]))
        lon, lat = there.to_geographic((cos * x - sin * y, sin * x + cos * y))
        return f"lat='{lat:.8f}' lon='{lon:.8f}'"

    return re.sub(r"lat='([-\d.]+)' lon='([-\d.]+)'", place, text)


def _renumbered(text: str) -> str:
    ids = sorted(set(re.findall(r"<(?:node|way|relation) id='(\d+)'", text)))
    other = dict(zip(ids, [*ids[::2], *ids[1::2]][::-1], strict=True))
    return re.sub(r"\b(id|ref)='(\d+)'", lambda m: f"{m[1]}='{other.get(m[2], m[2])}'", text)


def _renamed(text: str) -> str:
    return re.sub(r"<tag k='(name|ref)' v='[^']*' />", r"<tag k='\1' v='房间' />", text)


@pytest.mark.parametrize("change", [_turned, _renumbered, _renamed])
def test_where_it_lies_and_what_things_are_called_changes_no_edge(
    apb: Building, tmp_path: Path, change: Callable[[str], str]
) -> None:
    changed = tmp_path / "changed.osm"
    changed.write_text(change(DATA.read_text(encoding="utf-8")), encoding="utf-8")
    assert isomorphic(build_graph(read(changed)), build_graph(apb))
