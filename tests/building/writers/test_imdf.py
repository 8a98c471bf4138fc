"""IMDF archives of ours keep the specification's rules and come back as the same building, but for what is listed."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.differences import difference
from building.errors import UnwritableFile
from building.formats import open_building, read
from building.formats.imdf.extension import IDENTIFIER
from building.formats.imdf.rules import check_archive
from building.graph import build_graph
from building.isomorphism import isomorphic
from building.model import (
    ENTITY_LISTS,
    OUT,
    Building,
    Evidence,
    Floor,
    Georeference,
    LinkKind,
    Opening,
    Polygon,
    SourceId,
    Space,
    Stop,
    VerticalLink,
    Wall,
    key_of,
)
from building.testing import box, id_of, small_house, words
from building.writers import Written, write

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building"
FILES = (
    "duplex.ifc", "fzk-haus-ac11.ifc", "large-building.ifc", "tall-building.ifc", "apb.osm", "fjk-haus.indoorgml.gml",
)  # fmt: skip


def _there(b: Building, folder: Path) -> tuple[Path, Written]:
    path = folder / "out.imdf.zip"
    return path, write(b, path)


def _there_and_back(b: Building, folder: Path) -> Building:
    return read(_there(b, folder)[0])


def _errors(path: Path) -> list[Any]:
    return [f for f in check_archive(path) if f.severity == "error"]


def _features(path: Path, kind: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as packed:
        features: list[dict[str, Any]] = json.loads(packed.read(f"{kind}.geojson"))["features"]
    return features


def _same_but_for_losses(before: Building, after: Building, written: Written) -> None:
    """Every entity that was kept is there, and every member of it that is not listed as lost is the same."""
    lost_members = {loss.what for loss in written.dropped}
    for name in ENTITY_LISTS:
        old = {e.id: e for e in before.lists()[name]}
        new = {e.id: e for e in after.lists()[name]}
        assert len(new) == written.kept.get(name, 0), name
        assert new.keys() <= old.keys(), name
        for key, e in new.items():
            for f in fields(e):
                # walls come back without their doors, outlines with what stuck out of them
                if f"{name}.{f.name}" not in lost_members and f.name not in ("footprint", "outline"):
                    was, now = (_said(getattr(x, f.name), f.name) for x in (old[key], e))
                    assert now == was, (key, f.name)


def _said(value: Any, name: str) -> Any:
    """The two sides of a door have no order."""
    return frozenset(value) if name == "between" and value else value


def test_the_reference_hall_breaks_no_rule(tmp_path: Path) -> None:
    path, _ = _there(open_building("reference"), tmp_path)
    assert _errors(path) == []


def test_the_reference_hall_comes_back_as_it_was_but_for_what_is_listed(tmp_path: Path) -> None:
    before = open_building("reference")
    path, written = _there(before, tmp_path)
    after = read(path)
    assert isomorphic(build_graph(before), build_graph(after))
    _same_but_for_losses(before, after, written)
    lost = {loss.what: loss.count for loss in written.dropped}
    whole = {name: n for name, n in lost.items() if "." not in name}
    assert whole == {"devices": 585, "supply": 13, "outdoor_links": 6, "approaches": 2}
    assert {w for w in lost if w.startswith(("spaces.", "openings.", "vertical_links."))} == {
        "openings.device", "vertical_links.device",
    }  # fmt: skip
    assert all(loss.reason for loss in written.dropped)


def test_rooms_and_doors_of_the_reference_hall_stand_where_they_stood(tmp_path: Path) -> None:
    before = open_building("reference")
    changes = difference(before, _there_and_back(before, tmp_path))
    assert changes.added == ()
    assert changes.moved == ()
    assert not [c for c in changes.changed if isinstance(c.after, Space | Floor | Wall)]


@pytest.mark.parametrize("name", FILES)
def test_real_files_go_through_imdf(name: str, tmp_path: Path) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not among the shared data")
    before = open_building(str(DATA / name))
    path, written = _there(before, tmp_path)
    assert _errors(path) == []
    after = read(path)
    assert isomorphic(build_graph(before), build_graph(after))
    assert written.kept["openings"] == len(after.openings)
    assert [s.source for s in after.spaces] == [s.source for s in before.spaces]


@pytest.mark.parametrize("relationships", [True, False], ids=["with relationships", "units and openings alone"])
def test_the_reference_hall_is_understood_without_our_own_words(tmp_path: Path, relationships: bool) -> None:
    """As a stranger would have drawn it: no key, no kind, no height, no evidence of ours."""
    before = open_building("reference")
    path, _ = _there(before, tmp_path)
    keys: dict[str, str] = {OUT: OUT}
    strange = tmp_path / "strange.zip"
    with zipfile.ZipFile(path) as ours, zipfile.ZipFile(strange, "w") as theirs:
        for name in ours.namelist():
            document = json.loads(ours.read(name))
            for feature in document.get("features", ()):
                own = feature["properties"].pop("halltwin", {})
                keys[feature["id"]] = own.get("key", "")
            if relationships or not name.startswith("relationship"):
                theirs.writestr(name, json.dumps(document))
    after = read(strange)
    true = Counter(frozenset({key_of(e.a), key_of(e.b)}) for e in build_graph(before).edges)
    found = Counter(frozenset({keys[key_of(e.a)], keys[key_of(e.b)]}) for e in build_graph(after).edges)
    right = (true & found).total()
    assert right / found.total() >= 0.97
    assert right / true.total() >= 0.95
    assert found == true or not relationships


def test_a_small_house_comes_back(tmp_path: Path) -> None:
    before = small_house()
    path, written = _there(before, tmp_path)
    assert _errors(path) == []
    after = read(path)
    assert isomorphic(build_graph(before), build_graph(after))
    _same_but_for_losses(before, after, written)
    assert after.georeference is None
    assert "building.georeference" in {loss.what for loss in written.dropped}


def test_ids_are_uuids_of_version_4_and_always_the_same(tmp_path: Path) -> None:
    path, _ = _there(small_house(), tmp_path)
    ids = [f["id"] for kind in ("unit", "opening", "relationship", "level") for f in _features(path, kind)]
    assert all(uuid.UUID(i).version == 4 for i in ids)
    once = path.read_bytes()
    assert _there(small_house(), tmp_path)[0].read_bytes() == once


def test_names_stand_in_both_languages_and_our_words_under_our_name(tmp_path: Path) -> None:
    path, _ = _there(small_house(), tmp_path)
    office = next(f for f in _features(path, "unit") if f["properties"]["category"] == "office")
    assert office["properties"]["name"] == {"zh": "办公室", "en": "Office"}
    assert office["properties"]["restriction"] == "employeesonly"
    assert office["properties"]["halltwin"]["key"] == "1F-OFF"
    with zipfile.ZipFile(path) as packed:
        assert json.loads(packed.read("manifest.json"))["extensions"] == [IDENTIFIER]


def test_ids_of_other_formats_are_kept(tmp_path: Path) -> None:
    b = small_house()
    first = replace(b.spaces[0], source=SourceId(scheme="ifc", value="0pNy6pOyf7JPmXRLgxs3sW"))
    after = _there_and_back(replace(b, spaces=(first, *b.spaces[1:])), tmp_path)
    assert {s.source for s in after.spaces} == {first.source, None}


def test_an_archive_edited_elsewhere_is_read_as_it_was_edited(tmp_path: Path) -> None:
    path, _ = _there(small_house(), tmp_path)
    with zipfile.ZipFile(path) as packed:
        files = {n: json.loads(packed.read(n)) for n in packed.namelist()}
    for unit in files["unit.geojson"]["features"]:
        if unit["properties"]["category"] == "office":
            unit["properties"]["name"] = {"en": "Archive"}
    dropped = files["opening.geojson"]["features"].pop(1)["id"]
    edited = tmp_path / "edited.zip"
    with zipfile.ZipFile(edited, "w") as packed:
        for name, document in files.items():
            packed.writestr(name, json.dumps(document))
    after = read(edited)
    assert {"en": "Archive"} in [s.name for s in after.spaces]
    assert len(after.openings) == len(small_house().openings) - 1
    assert dropped


@pytest.mark.parametrize("rotation_deg", [0.0, 17.0, -90.0])
def test_a_turned_building_comes_back_in_its_own_metres(tmp_path: Path, rotation_deg: float) -> None:
    b = replace(small_house(), georeference=Georeference(lon_deg=13.37, lat_deg=52.52, rotation_deg=rotation_deg))
    after = _there_and_back(b, tmp_path)
    assert after.georeference == b.georeference
    assert [o.line for o in after.openings] == [o.line for o in b.openings]


def test_a_building_at_the_pole_is_refused(tmp_path: Path) -> None:
    b = replace(small_house(), georeference=Georeference(lon_deg=0, lat_deg=90))
    with pytest.raises(UnwritableFile, match="georeference"):
        _there(b, tmp_path)


def test_what_is_not_drawn_is_listed_with_what_hangs_on_it(tmp_path: Path) -> None:
    b = small_house()
    office = replace(b.spaces[1], footprint=())
    path, written = _there(replace(b, spaces=(b.spaces[0], office, *b.spaces[2:])), tmp_path)
    lost = {loss.what: loss.count for loss in written.dropped}
    assert lost["spaces"] == 1
    assert lost["openings.between"] == 2  # the side door and the lift door
    assert _errors(path) == []
    assert len(read(path).spaces) == len(b.spaces) - 1


def test_a_wall_that_was_moved_elsewhere_is_where_it_was_moved_to(tmp_path: Path) -> None:
    path, _ = _there(small_house(), tmp_path)
    moved = tmp_path / "moved.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(moved, "w") as new:
        for name in old.namelist():
            document = json.loads(old.read(name))
            for f in document.get("features", ()):
                if f["properties"].get("halltwin", {}).get("list") == "walls":
                    polygons = f["geometry"]["coordinates"]
                    many = f["geometry"]["type"] == "MultiPolygon"
                    for ring in (r for p in (polygons if many else [polygons]) for r in p):
                        ring[:] = [[lon, lat + 1e-5] for lon, lat in ring]  # 1.1 m to the north
            new.writestr(name, json.dumps(document))
    (wall,) = read(moved).walls
    assert wall.line is None
    assert max(y for p in wall.footprint for _, y in p.outer) == pytest.approx(7.2, abs=0.05)


def test_what_is_left_of_a_wall_beside_the_rooms_is_a_wall_or_nothing(tmp_path: Path) -> None:
    b = small_house()
    wide = replace(b.spaces[1], footprint=(box(7.9005, -0.1, 10, 6.1),))  # over the partition but for half a millimetre
    path, written = _there(replace(b, spaces=(b.spaces[0], wide, *b.spaces[2:])), tmp_path)
    assert ("walls", 1) in {(loss.what, loss.count) for loss in written.dropped}
    assert _errors(path) == []


def test_a_door_that_leads_nowhere_far_from_any_room_is_no_opening(tmp_path: Path) -> None:
    b = small_house()
    lost = replace(b.openings[1], between=None, swing_to=None, line=((20.0, 20.0), (21.0, 20.0)))
    near = replace(b.openings[1], id=id_of("opening", "D9"), between=None, swing_to=None)
    path, written = _there(replace(b, openings=(*b.openings[:1], lost, near, *b.openings[2:])), tmp_path)
    assert written.kept["openings"] == len(b.openings)
    assert _errors(path) == []
    after = read(path)
    assert [o.between for o in after.openings if o.id == near.id] == [None]


def test_storeys_of_the_same_ordinal_are_counted_anew(tmp_path: Path) -> None:
    b = small_house()
    path, written = _there(replace(b, floors=tuple(replace(f, ordinal=0) for f in b.floors)), tmp_path)
    assert _errors(path) == []
    assert "floors.ordinal" in {loss.what for loss in written.dropped}
    assert len(read(path).floors) == 2


def test_an_empty_building_can_be_written(tmp_path: Path) -> None:
    b = Building(site="test", name={}, format="hall", schema="1", floors=())
    path, _ = _there(b, tmp_path)
    assert {f.rule for f in _errors(path)} <= {"file-missing", "building-level"}


# Any building: rooms in a grid, doors wherever two touch or one meets the outside, links between floors


@st.composite
def _buildings(draw: st.DrawFn) -> Building:
    columns, rows, storeys = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    size = 5.0
    floors: list[Floor] = []
    spaces: list[Space] = []
    openings: list[Opening] = []
    for n in range(storeys):
        floor = id_of("floor", f"F{n}")
        floors.append(
            Floor(id=floor, name=words(f"{n}层", f"Floor {n}"), number=f"{n}F", ordinal=n, elevation_m=4.0 * n,
                  height_m=4.0, outline=(box(0, 0, columns * size, rows * size),))
        )  # fmt: skip
        for c in range(columns):
            for r in range(rows):
                kind = draw(st.sampled_from(("room", "hall", "corridor", "toilet_men", "stair", "made_up")))
                spaces.append(
                    Space(id=id_of("space", f"{n}-{c}-{r}"), name={}, floor=floor, kind=kind, z0_m=4.0 * n,
                          access=draw(st.sampled_from(("public", "staff", "restricted"))),
                          walkable=draw(st.booleans()),
                          footprint=(box(c * size, r * size, (c + 1) * size, (r + 1) * size),))
                )  # fmt: skip
                here, x, y = id_of("space", f"{n}-{c}-{r}"), (c + 1) * size, r * size
                for there, line in (
                    (
                        id_of("space", f"{n}-{c + 1}-{r}"),
                        ((x, y + 2), (x, y + 3)),
                    ),
                    (OUT if r == 0 else "", ((c * size + 2, 0.0), (c * size + 3, 0.0))),
                ):
                    if (there == OUT or (there and c + 1 < columns)) and draw(st.booleans()):
                        pair = (here, there)
                        openings.append(
                            Opening(id=id_of("opening", f"D{len(openings)}"), name={}, floor=floor, between=pair,
                                    line=line, z0_m=4.0 * n, exit=there == OUT and draw(st.booleans()),
                                    kind=draw(st.sampled_from(("door", "fire", "open", "turnstile", "rolling"))),
                                    one_way=draw(st.sampled_from((None, pair, pair[::-1]))),
                                    evidence=Evidence(source="test", method="drawn", confidence=0.5))
                        )  # fmt: skip
    links = []
    for n in range(storeys - 1):
        link: LinkKind = draw(st.sampled_from(get_args(LinkKind)))
        ends = [
            (id_of("floor", f"F{m}"), id_of("space", f"{m}-{draw(st.integers(0, columns - 1))}-0")) for m in (n, n + 1)
        ]
        links.append(
            VerticalLink(id=id_of("link", f"L{n}"), name=words("梯", "Link"), kind=link,
                         direction=draw(st.sampled_from(("both", "up", "down"))),
                         stops=tuple(Stop(floor=f, space=s, at=_middle(spaces, s)) for f, s in ends))
        )  # fmt: skip
    return replace(
        small_house(), floors=tuple(floors), spaces=tuple(spaces), openings=tuple(openings),
        vertical_links=tuple(links), walls=(), windows=(), devices=(), zones=(), pois=(), seats=(), furniture=(),
        outdoor_places=(), supply=(),
        georeference=Georeference(
            lon_deg=draw(st.floats(-180, 180)), lat_deg=draw(st.floats(-80, 80)),
            rotation_deg=draw(st.floats(-180, 180)),
        ),
    )  # fmt: skip


def _middle(spaces: list[Space], key: str) -> tuple[float, float]:
    (polygon,) = next(s.footprint for s in spaces if s.id == key)
    assert isinstance(polygon, Polygon)
    return (polygon.outer[0][0] + 2.5, polygon.outer[0][1] + 2.5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_buildings())
def test_any_building_keeps_the_rules_and_its_graph(before: Building, tmp_path: Path) -> None:
    path, written = _there(before, tmp_path)
    assert _errors(path) == []
    after = read(path)
    _same_but_for_losses(before, after, written)
    assert {(e.a, e.b, e.via, e.exit, e.directed) for e in build_graph(before).edges} == {
        (e.a, e.b, e.via, e.exit, e.directed) for e in build_graph(after).edges
    }
