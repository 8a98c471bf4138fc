"""IMDF archives as tools write them, drawn small: every trap that decides what is reached, and every hostile ZIP."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats import FORMATS, read
from building.formats.imdf import FORMAT
from building.formats.imdf.units import STOREY_M
from building.formats.packed import MAX_ENTRIES
from building.graph import build_graph, reached, unreached
from building.model import OUT, Building, VerticalLink
from building.versions import content_hash
from tests.building.formats.imdf_archives import Sketch, box, two_rooms


def _names(b: Building) -> dict[str, str]:
    return {s.id: s.name.get("en", s.key) for s in b.spaces} | {OUT: OUT}


def _edges(b: Building) -> set[tuple[frozenset[str], str]]:
    names = _names(b)
    return {(frozenset({names[e.a], names[e.b]}), e.via) for e in build_graph(b).edges}


def _pairs(b: Building) -> set[frozenset[str]]:
    return {pair for pair, _ in _edges(b)}


def _unreached(b: Building) -> set[str]:
    names = _names(b)
    return {names[u.space.id] for u in unreached(build_graph(b), b)}


def _pair(a: str, b: str) -> frozenset[str]:
    return frozenset({a, b})


def _link(b: Building) -> VerticalLink:
    (link,) = b.vertical_links
    return link


def test_a_small_archive_becomes_a_building_in_metres(tmp_path: Path) -> None:
    b = read(two_rooms().write(tmp_path))
    assert (b.format, b.name) == ("imdf", {"en": "Small hall", "zh": "小厅"})
    assert _pairs(b) == {_pair("Lobby", "Office"), _pair("Lobby", OUT)}
    lobby = next(s for s in b.spaces if s.name["en"] == "Lobby")
    xs = [x for x, _ in lobby.footprint[0].outer]
    assert max(xs) - min(xs) == pytest.approx(15, abs=0.01)
    assert lobby.source is not None
    assert lobby.source.scheme == "imdf"
    assert b.georeference is not None
    assert (b.georeference.lon_deg, b.georeference.lat_deg) == pytest.approx((113.35, 23.12), abs=0.001)


def test_the_same_archive_gives_the_same_ids_and_hash(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path)
    assert content_hash(read(path)) == content_hash(read(path))


def test_one_reader_only_takes_it_and_the_name_does_not_matter(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path, "plan.ifc")
    head = path.read_bytes()[: 64 * 1024]
    assert [f.name for f in FORMATS if f.sniff(head)] == ["imdf"]


def test_a_zip_of_another_kind_is_not_taken() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("main.json", "{}")
        out.writestr("floor-1.geojson", "{}")
    assert not FORMAT.sniff(packed.getvalue())


def test_archives_in_a_folder_with_what_a_mac_adds_are_read(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path, inside="My venue/")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("__MACOSX/My venue/._unit.geojson", b"\x00\x05\x16\x07")
        packed.writestr("My venue/inner.zip", b"PK\x03\x04")
    b = read(path)
    assert len(b.spaces) == 2
    assert any("inner.zip" in w for w in b.warnings)


# Doors


def test_an_opening_in_reach_of_five_units_joins_the_two_before_and_behind_it(tmp_path: Path) -> None:
    s = Sketch()
    f = s.level(0)
    s.unit(f, "West", "room", box(0, 0, 10, 20))
    s.unit(f, "East", "room", box(10, 5.15, 30, 6.25))
    s.unit(f, "South", "room", box(10, 0, 30, 5))
    s.unit(f, "North", "room", box(10, 6.4, 30, 20))
    s.unit(f, "Closet", "storage", box(9.9, 4.9, 10.1, 5.05))
    s.opening(f, [(10, 5.2), (10, 6.2)])
    assert _pairs(read(s.write(tmp_path))) == {_pair("West", "East")}


def test_units_that_touch_are_not_joined_for_that(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    s.unit(f, "Vault", "room", box(0, 20, 30, 30))
    s.feature(f)["geometry"] = s.geometry("level", box(0, 0, 30, 30))
    b = read(s.write(tmp_path))
    assert _unreached(b) == {"Vault"}


def test_walkways_that_touch_are_one_way_unless_a_door_stands_between(tmp_path: Path) -> None:
    s = Sketch(footprint=box(0, 0, 40, 4))
    f = s.level(0, box(0, 0, 40, 4))
    s.unit(f, "A", "walkway", box(0, 0, 10, 4))
    s.unit(f, "B", "walkway", box(10, 0, 20, 4))
    s.unit(f, "C", "walkway", box(20, 0, 30, 4))
    s.opening(f, [(0, 1), (0, 3)])
    s.opening(f, [(20, 1), (20, 2)])
    edges = _edges(read(s.write(tmp_path)))
    assert edges == {
        (_pair("A", "B"), "open"), (_pair("B", "C"), "door"), (_pair("A", OUT), "door"),
    }  # fmt: skip


def test_a_traversal_says_what_a_door_joins_and_which_way(tmp_path: Path) -> None:
    s = Sketch()
    f = s.level(0)
    lobby = s.unit(f, "Lobby", "lobby", box(0, 0, 15, 20))
    office = s.unit(f, "Office", "office", box(16, 0, 30, 20))
    door = s.opening(f, [(15.5, 9), (15.5, 10)], access_control=["badgereader"], door={"type": "turnstile"})
    s.relationship("traversal", (lobby, office), [door], "directed")
    front = s.opening(f, [(0, 9), (0, 11)])
    s.relationship("traversal", (s.venue, lobby), [front])
    b = read(s.write(tmp_path))
    inner = next(o for o in b.openings if o.source and o.source.value == door)
    assert inner.one_way == inner.between
    assert [_names(b)[e] for e in inner.between or ()] == ["Lobby", "Office"]
    assert (inner.controlled, inner.kind) == (True, "gate")
    assert _pair("Lobby", OUT) in _pairs(b)


def test_there_and_back_as_two_relationships_is_no_one_way_door(tmp_path: Path) -> None:
    s = two_rooms()
    lobby, office = (f["id"] for f in s.files["unit"]["features"])
    door = s.files["opening"]["features"][1]["id"]
    s.relationship("traversal", (lobby, office), [door], "directed")
    s.relationship("traversal", (office, lobby), [door], "directed")
    b = read(s.write(tmp_path))
    assert all(o.one_way is None for o in b.openings)


# Outdoors


def test_a_door_onto_a_level_in_the_open_leads_out(tmp_path: Path) -> None:
    s = two_rooms()
    yard = s.level(0, box(-20, -20, 50, 0), outdoor=True)
    s.unit(yard, "Yard", "walkway", box(-20, -20, 50, 0))
    f = s.files["level"]["features"][0]["id"]
    s.opening(f, [(20, 0), (22, 0)])
    b = read(s.write(tmp_path))
    assert {s.name["en"] for s in b.spaces} == {"Lobby", "Office"}
    assert _pair("Office", OUT) in _pairs(b)
    assert [p.name["en"] for p in b.outdoor_places] == ["Yard"]
    assert [f.ordinal for f in b.floors] == [0]


def test_a_walkway_beyond_the_footprint_is_ground_outside(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    s.feature(f)["geometry"] = s.geometry("level", box(-20, -20, 50, 40))
    s.unit(f, "Forecourt", "walkway", box(-20, 0, 0, 20))
    b = read(s.write(tmp_path))
    assert {s.name["en"] for s in b.spaces} == {"Lobby", "Office"}
    assert _pair("Lobby", OUT) in _pairs(b)


def test_where_units_cover_the_ground_too_the_principal_entrance_leads_out(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    s.feature(f)["geometry"] = s.geometry("level", box(-20, -20, 50, 40))
    s.files["footprint"]["features"][0]["geometry"] = s.geometry("footprint", box(-20, -20, 50, 40))
    s.unit(f, "Venue floor", "walkway", box(-20, -20, 0, 40))
    b = read(s.write(tmp_path))
    assert _unreached(b) <= {"Venue floor"}
    assert any(OUT in pair for pair in _pairs(b))
    assert any("called entrances" in w for w in b.warnings)


def test_without_a_word_on_entrances_one_leaves_over_the_walkway_that_reaches_beyond_the_house(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    s.feature(f)["geometry"] = s.geometry("level", box(-20, -20, 50, 40))
    s.files["opening"]["features"][0]["properties"]["category"] = "pedestrian"
    s.unit(f, "Forecourt", "lobby", box(-20, 0, 0, 20))
    s.files["footprint"]["features"][0]["properties"]["category"] = "aerial"
    b = read(s.write(tmp_path))
    assert _pair("Forecourt", OUT) in _pairs(b)
    assert not _unreached(b)
    assert any("reach beyond" in w for w in b.warnings)


# Between levels


def _storeys(s: Sketch, count: int = 2) -> list[str]:
    levels = [s.level(n) for n in range(count)]
    for n, level in enumerate(levels):
        s.unit(level, f"Hall {n}", "walkway", box(0, 0, 30, 15))
    s.opening(levels[0], [(0, 5), (0, 7)])
    return levels


def test_stairs_drawn_over_each_other_join_their_levels(tmp_path: Path) -> None:
    s = Sketch()
    for level in _storeys(s, 3):
        s.unit(level, None, "stairs", box(0, 15, 4, 20))
    b = read(s.write(tmp_path))
    link = _link(b)
    assert (link.kind, len(link.stops)) == ("stairs", 3)
    assert [f.elevation_m for f in b.floors] == [0, STOREY_M, 2 * STOREY_M]
    assert not _unreached(b)


def test_stairs_drawn_beside_each_other_join_their_levels_too(tmp_path: Path) -> None:
    s = Sketch()
    low, high = _storeys(s)
    s.unit(low, "S", "stairs", box(0, 15, 4, 20))
    s.unit(high, "S", "stairs", box(4.2, 15, 8, 20))
    s.unit(high, "T", "stairs", box(20, 15, 24, 20))
    b = read(s.write(tmp_path))
    assert not _unreached(b)
    assert _pair("S", "S") in {frozenset(_names(b)[st.space] for st in v.stops) | {"S"} for v in b.vertical_links}
    assert any("drawn on one level only" in w for w in b.warnings)  # T, which ends in the hall below


def test_a_stair_drawn_once_ends_beside_its_plan_on_the_next_level(tmp_path: Path) -> None:
    s = Sketch()
    low, _ = _storeys(s)
    s.unit(low, "Stair", "stairs", box(0, 15, 4, 20))
    b = read(s.write(tmp_path))
    assert {_names(b)[st.space] for st in _link(b).stops} == {"Stair", "Hall 1"}
    assert not _unreached(b)


def test_an_elevator_is_one_lift_over_all_levels_and_its_shaft_is_no_room_to_be_in(tmp_path: Path) -> None:
    s = Sketch()
    for level in _storeys(s, 3):
        s.unit(level, "Lift 1", "elevator", box(10, 15, 12, 17))
        s.opening(level, [(10.5, 15), (11.5, 15)])
    b = read(s.write(tmp_path))
    link = _link(b)
    assert (link.kind, link.step_free, [_names(b)[s.space] for s in link.stops]) == (
        "lift", True, ["Hall 0", "Hall 1", "Hall 2"],
    )  # fmt: skip
    assert len(link.shafts) == 3
    assert not any(s.walkable for s in b.spaces if s.kind == "lift")
    assert not _unreached(b)


def test_a_directed_relationship_makes_an_escalator_run_one_way(tmp_path: Path) -> None:
    s = Sketch()
    low, high = _storeys(s)
    halls = [f["id"] for f in s.files["unit"]["features"]]
    for n, (a, z) in enumerate(((0, 1), (1, 0))):
        belt = [s.unit(x, None, "escalator", box(5 + 2 * n, 15, 6 + 2 * n, 20)) for x in (low, high)]
        s.relationship("escalator", (halls[a], halls[z]), belt, "directed")
    b = read(s.write(tmp_path))
    assert sorted((v.kind, v.direction) for v in b.vertical_links) == [("escalator", "down"), ("escalator", "up")]
    assert {tuple(_names(b)[st.space] for st in v.stops) for v in b.vertical_links} == {("Hall 0", "Hall 1")}
    assert not _unreached(b)


def test_relationships_from_level_to_level_are_one_lift(tmp_path: Path) -> None:
    s = Sketch()
    cabins = [s.unit(x, "Lift", "elevator", box(10, 15, 12, 17)) for x in _storeys(s, 3)]
    for level, cabin in zip(s.files["level"]["features"], cabins, strict=True):
        s.opening(level["id"], [(10.5, 15), (11.5, 15)])
        assert cabin
    s.relationship("elevator", (cabins[0], cabins[1]))
    s.relationship("elevator", (cabins[1], cabins[2]))
    b = read(s.write(tmp_path))
    assert len(_link(b).stops) == 3
    assert not _unreached(b)


def test_what_is_open_to_below_and_what_is_built_is_no_room_to_walk_in(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    s.unit(f, "Void", "opentobelow", box(5, 5, 8, 8))
    s.unit(f, None, "structure", box(0, 19.5, 30, 20))
    b = read(s.write(tmp_path))
    assert [s.walkable for s in b.spaces if s.name.get("en") == "Void"] == [False]
    assert len(b.walls) == 1


# Names, access and places


def test_what_an_archive_tells_of_its_rooms_is_kept(tmp_path: Path) -> None:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    office = s.files["unit"]["features"][1]
    office["properties"] |= {"restriction": "employeesonly", "name": None}
    s.occupant(office["id"], (20, 10), "Book shop")
    s.amenity(s.files["unit"]["features"][0]["id"], (3, 3), "atm", "Cash")
    s.fixture(f, box(2, 2, 4, 3))
    s.section(f, box(0, 0, 15, 20))
    b = read(s.write(tmp_path))
    shop = next(x for x in b.spaces if x.access == "staff")
    assert shop.name == {"en": "Book shop"}
    assert {(p.kind, p.name["en"]) for p in b.pois} == {("atm", "Cash"), ("books", "Book shop")}
    assert [(x.kind, _names(b)[x.space]) for x in b.furniture] == [("desk", "Lobby")]
    assert [(z.kind, [_names(b)[x] for x in z.spaces]) for z in b.zones] == [("ticketing", ["Lobby"])]


def test_chinese_labels_in_any_script_are_chinese(tmp_path: Path) -> None:
    s = two_rooms()
    s.files["unit"]["features"][0]["properties"]["name"] = {"zh-Hant": "大廳", "zh-Hans": "大厅", "en-GB": "Lobby"}
    b = read(s.write(tmp_path))
    assert {"zh": "大厅", "en": "Lobby"} in [x.name for x in b.spaces]


def test_two_houses_of_a_venue_share_their_storeys(tmp_path: Path) -> None:
    s = two_rooms()
    other = s.level(0, box(60, 0, 80, 20))
    s.unit(other, "Annex", "room", box(60, 0, 80, 20))
    s.opening(other, [(60, 5), (60, 6)])
    b = read(s.write(tmp_path))
    assert len(b.floors) == 1
    assert not _unreached(b)


def test_a_venue_on_the_date_line_stays_in_one_piece(tmp_path: Path) -> None:
    s = two_rooms()
    for collection in s.files.values():
        text = json.dumps(collection["features"])
        collection["features"] = json.loads(text, parse_float=_moved_to_the_date_line)
    b = read(s.write(tmp_path))
    assert _pair("Lobby", "Office") in _pairs(b)


def _moved_to_the_date_line(word: str) -> float:
    value = float(word)
    lon = value + 66.65  # the site lies at 113.35 degrees east
    return value if abs(value) < 90 else lon if lon <= 180 else lon - 360


# What cannot be read


def _refused(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as refused:
        FORMAT.read(path)
    assert refused.value.todo
    return refused.value


@pytest.mark.parametrize("missing", ["level", "manifest"])
def test_an_archive_without_levels_or_manifest_is_refused(tmp_path: Path, missing: str) -> None:
    path = two_rooms().write(tmp_path)
    _refused(_without(path, missing))


@pytest.mark.parametrize("missing", ["unit", "opening", "venue", "footprint", "address", "building"])
def test_other_files_may_be_missing(tmp_path: Path, missing: str) -> None:
    b = FORMAT.read(_without(two_rooms().write(tmp_path), missing))
    assert len(b.floors) == 1
    assert len(b.spaces) == (0 if missing == "unit" else 2)


def _without(path: Path, missing: str) -> Path:
    other = path.with_name("less.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if not name.startswith(missing):
                new.writestr(name, old.read(name))
    return other


@pytest.mark.parametrize("junk", ["[]", '"text"', "{}", '{"features": 3}', '{"features": [1, null, {"id": 5}]}'])
@pytest.mark.parametrize("kind", ["unit", "opening", "relationship", "venue", "occupant"])
def test_files_of_the_wrong_shape_are_left_out_with_a_warning(tmp_path: Path, kind: str, junk: str) -> None:
    path = _without(two_rooms().write(tmp_path), kind)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(f"{kind}.geojson", junk)
    assert any(kind in w for w in FORMAT.read(path).warnings)


def _zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _zip(tmp_path / "bomb.zip", {"manifest.json": b"{}", "unit.geojson": b"0" * (8 * 1024 * 1024)})
    assert path.stat().st_size < 64 * 1024
    assert "times its size" in _refused(path).what


def test_what_the_zip_says_of_its_sizes_is_not_believed(tmp_path: Path) -> None:
    path = _zip(tmp_path / "liar.zip", {"manifest.json": b"{}", "unit.geojson": b"0" * (8 * 1024 * 1024)})
    real = (8 * 1024 * 1024).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(real, (10).to_bytes(4, "little")))
    _refused(path)


def test_more_than_the_unpacked_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("building.formats.packed.MAX_UNPACKED_BYTES", 1_000)
    assert "unpacks to more" in _refused(two_rooms().write(tmp_path)).what


def test_too_many_entries_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        for n in range(MAX_ENTRIES):
            packed.writestr(f"photo-{n}.jpg", b"")
    assert "entries" in _refused(path).what


@pytest.mark.parametrize("name", ["../unit.geojson", "/etc/unit.geojson", "a/../../x", "..\\x", "C:/unit.geojson"])
def test_names_that_point_out_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = two_rooms().write(tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, b"{}")
    assert "points out" in _refused(path).what


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        entry = zipfile.ZipInfo("kiosk.geojson")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    assert "symbolic link" in _refused(path).what


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    path = two_rooms().write(tmp_path)
    data = bytearray(path.read_bytes())
    for at in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[at] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in _refused(path).what


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"{" * 50, b"\xff\xfe\x00", b'{"a": NaN}', b"1" * 5_000, b""], ids=range(6)
)
def test_json_made_to_hurt_is_refused(tmp_path: Path, content: bytes) -> None:
    path = _without(two_rooms().write(tmp_path), "unit")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("unit.geojson", content)
    _refused(path)


def test_coordinates_that_are_none_are_refused(tmp_path: Path) -> None:
    s = two_rooms()
    for collection in s.files.values():
        for feature in collection["features"]:
            feature["geometry"] = {"type": "Polygon", "coordinates": [[[500_000.0, 4_000_000.0]] * 4]}
    assert "nothing in it has a place" in _refused(s.write(tmp_path)).what


def test_coordinates_all_over_the_world_are_refused(tmp_path: Path) -> None:
    s = two_rooms()
    s.files["unit"]["features"][0]["geometry"]["coordinates"][0][0] = [2.35, 48.85]
    assert "km apart" in _refused(s.write(tmp_path)).what


# Fuzz: a building or one error, nothing else


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    s = two_rooms()
    f = s.files["level"]["features"][0]["id"]
    lobby, office = (u["id"] for u in s.files["unit"]["features"])
    high = s.level(1)
    hall = s.unit(high, "Above", "walkway", box(0, 0, 30, 20))
    stairs = [s.unit(x, "Stair", "stairs", box(0, 20, 3, 24)) for x in (f, high)]
    s.relationship("stairs", (stairs[0], stairs[1]))
    s.relationship("traversal", (lobby, office), [s.files["opening"]["features"][1]["id"]])
    s.occupant(hall, (5, 5), "Shop")
    s.amenity(lobby, (3, 3), "atm")
    s.fixture(f, box(2, 2, 4, 3))
    s.section(f, box(0, 0, 15, 20))
    return s.write(tmp_path_factory.mktemp("seed")).read_bytes()


_FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read_or_refuse(data: bytes, folder: Path) -> None:
    path = folder / "fuzz.zip"
    path.write_bytes(data)
    try:
        building = FORMAT.read(path)
    except UnreadableFile:
        return
    assert building.floors


@_FUZZ
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_torn_and_altered_bytes(
    seed: bytes, tmp_path: Path, cut: float, flips: list[tuple[float, int]]
) -> None:  # fmt: skip
    data = bytearray(seed[: int(len(seed) * cut)] if not flips else seed)
    for at, value in flips:
        data[min(int(at * len(data)), len(data) - 1)] = value
    _read_or_refuse(bytes(data), tmp_path)


_JUNK = st.sampled_from(
    ("null", "true", "-1", "7", "1e308", "100000000000000000000", '""', '"no"', "[]", "{}", "[[]]", "[null]", "0.5")
).map(json.loads)  # a new value each time


@_FUZZ
@given(data=st.data())
def test_junk_anywhere_in_the_json(seed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(seed)) as packed:
        files = {name: json.loads(packed.read(name)) for name in packed.namelist()}
    for _ in range(data.draw(st.integers(1, 4))):
        at = files[data.draw(st.sampled_from(sorted(files)))]
        while isinstance(at, dict | list) and at:
            key = (
                data.draw(st.sampled_from(sorted(at)))
                if isinstance(at, dict)
                else data.draw(st.integers(0, len(at) - 1))
            )
            inner = at[key]
            if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
                at[key] = data.draw(_JUNK)
                break
            at = inner
    path = _zip(tmp_path / "junk.zip", {name: json.dumps(d).encode() for name, d in files.items()})
    _read_or_refuse(path.read_bytes(), tmp_path)


def test_every_walkable_unit_of_the_seed_is_reached(seed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "seed.zip"
    path.write_bytes(seed)
    b = FORMAT.read(path)
    assert reached(build_graph(b)) == {s.id for s in b.spaces if s.walkable}
