"""WRLD indoor maps, drawn small: walls and doors with hardly a room, the traps of real folders, and hostile ones."""

from __future__ import annotations

import copy
import json
import math
import stat
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats import FORMATS, read
from building.formats.format import SNIFF_BYTES
from building.formats.wrld import FORMAT
from building.formats.wrld.plan import door_line
from building.geodesy import LocalFrame
from building.graph import build_graph, reached
from building.labels import to_shape
from building.model import OUT, Building, key_of

AT = LocalFrame(113.35, 23.12)
REAL = Path(__file__).parents[4] / "shared" / "data" / "building" / "westport-house"

Json = dict[str, Any]
Box = tuple[float, float, float, float]


# A house of two floors: a hall, an office and a closed stairwell with a lift, drawn in metres.


def _ring(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    return [list(AT.to_geographic(p)) for p in corners]


def _area(kind: str, box: Box, name: str | None = None, number: int | None = None) -> Json:
    return {
        "type": "Feature",
        "properties": {"id": number, "type": kind, "name": name},
        "geometry": {"type": "Polygon", "coordinates": [_ring(*box)]},
    }


def _way(kind: str, *points: tuple[float, float], levels: list[int] | None = None) -> Json:
    feature: Json = {
        "type": "Feature",
        "properties": {"id": 1, "type": kind},
        "geometry": {"type": "LineString", "coordinates": [list(AT.to_geographic(p)) for p in points]},
    }
    return feature if levels is None else {**feature, "levels": levels}


def _collection(features: list[Json], **more: Any) -> Json:
    return {"type": "FeatureCollection", "features": features, **more}


_SHELL: tuple[Box, ...] = ((-0.2, -0.2, 12.2, 0), (-0.2, 6, 12.2, 6.2), (-0.2, 0, 0, 6), (12, 0, 12.2, 6))
_BETWEEN: tuple[Box, ...] = ((5.9, 0, 6.1, 2.5), (5.9, 3.5, 6.1, 6), (8.9, 0, 9.1, 2.5), (8.9, 3.5, 9.1, 6))


def _floor(*extra: Json, front: Box | None = None) -> Json:
    """Hall (0..5.9), office (6.1..8.9) and stairwell (9.1..12); doors at y 2.5..3.5."""
    south = [(-0.2, -0.2, 2, 0), (3, -0.2, 12.2, 0)] if front else [_SHELL[0]]
    walls = [_area("wall", b) for b in (*south, *_SHELL[1:], *_BETWEEN)]
    doors = [_area("door", b) for b in ((5.9, 2.5, 6.1, 3.5), (8.9, 2.5, 9.1, 3.5), *([front] if front else []))]
    stairs = [_area("stairs", (9.1, 3.8, 11, 6), None), _area("elevator", (10, 0, 12, 2), "Elevator")]
    outline = _area("building_outline", (-0.2, -0.2, 12.2, 6.2))
    features = [*walls, *doors, *stairs, outline, *extra]
    for n, feature in enumerate(features):
        feature["properties"]["id"] = n
    return _collection(features)


def _house() -> dict[str, Json]:
    return {
        "main.json": {
            "id": "small house", "name": "小楼", "owner": "t",
            "location": {"type": "Point", "coordinates": [113.35, 23.12]},
            "levels": [
                {"id": "gf", "name": "G", "readable_name": "Ground Floor", "z_order": 0, "filename": "gf.geojson"},
                {"id": "f1", "name": "1", "readable_name": "First Floor", "z_order": 1, "filename": "f1.geojson"},
            ],
        },
        "gf.geojson": _floor(front=(2, -0.2, 3, 0)),
        "f1.geojson": _floor(),
    }  # fmt: skip


def _write(folder: Path, files: dict[str, Json]) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder / "main.json"


def _zip(path: Path, files: dict[str, Json], prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, document in files.items():
            packed.writestr(prefix + name, json.dumps(document, ensure_ascii=False))
    return path


def _areas(b: Building) -> Counter[tuple[str, str, float]]:
    numbers = {f.id: f.number for f in b.floors}
    return Counter((numbers[s.floor], s.kind, round(to_shape(s.footprint).area, 1)) for s in b.spaces)


def _joined(b: Building) -> Counter[tuple[frozenset[str], str]]:
    """Edges by floor and kind of room: one hall, office and stairwell a floor."""
    numbers = {f.id: f.number for f in b.floors}

    def name(i: str) -> str:
        if i == OUT:
            return OUT
        s = next(s for s in b.spaces if s.id == i)
        x = to_shape(s.footprint).centroid.x
        return numbers[s.floor] + ("-hall" if x < _MIDDLE_X else "-office" if s.kind == "room" else f"-{s.kind}")

    return Counter((frozenset((name(e.a), name(e.b))), e.via) for e in build_graph(b).edges)


_MIDDLE_X = 0.0
"""The frame lies around the middle of the house, x = 6 m: the hall is west of it."""

_EXPECTED = Counter(
    {
        (frozenset((OUT, "G-hall")), "door"): 1,
        (frozenset(("G-hall", "G-office")), "door"): 1,
        (frozenset(("G-office", "G-stair")), "door"): 1,
        (frozenset(("1-hall", "1-office")), "door"): 1,
        (frozenset(("1-office", "1-stair")), "door"): 1,
        (frozenset(("G-stair", "1-stair")), "stairs"): 1,
    }
)


def _without_lift(b: Building) -> Counter[tuple[frozenset[str], str]]:
    return Counter({k: n for k, n in _joined(b).items() if k[1] != "lift"})


def _stairwells(files: dict[str, Json]) -> dict[str, Json]:
    """Stairs that fill their well, so that it is called one."""
    made = copy.deepcopy(files)
    for name in ("gf.geojson", "f1.geojson"):
        for f in made[name]["features"]:
            if f["properties"]["type"] == "stairs":
                f["geometry"]["coordinates"] = [_ring(9.1, 2.1, 12, 6)]
    return made


@cache
def _read_house(folder: Path) -> Building:
    return read(_write(folder, _stairwells(_house())))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Building:
    return _read_house(tmp_path_factory.mktemp("wrld"))


def test_rooms_come_from_the_walls_and_doors_join_them(house: Building) -> None:
    assert _without_lift(house) == _EXPECTED
    hall, office, stairwell = 5.9 * 6, 2.8 * 6, 2.9 * 6 - 4.0
    for floor in ("G", "1"):
        found = {kind: area for (number, kind, area) in _areas(house) if number == floor and kind in ("stair", "shaft")}
        assert found == {"stair": round(stairwell, 1), "shaft": 4.0}
        rooms = sorted(area for (number, kind, area) in _areas(house) if number == floor and kind == "room")
        assert rooms == [round(office, 1), round(hall, 1)]
    assert all(s.derived for s in house.spaces if s.kind in ("room", "stair"))


def test_a_lift_stops_at_every_level_it_is_drawn_on_and_nobody_stands_in_its_shaft(house: Building) -> None:
    (lift,) = (v for v in house.vertical_links if v.kind == "lift")
    assert [key_of(s.floor) for s in lift.stops] == ["gf", "f1"]
    assert lift.step_free
    assert {s.walkable for s in house.spaces if s.kind == "shaft"} == {False}


def test_everything_is_reached_and_heights_are_named_as_assumed(house: Building) -> None:
    walkable = {s.id for s in house.spaces if s.walkable}
    assert walkable <= reached(build_graph(house))
    assert [(f.number, f.ordinal, f.elevation_m) for f in house.floors] == [("G", 0, 0.0), ("1", 1, 3.5)]
    assert house.warnings[0] == (
        "the format states no heights: every storey is taken to be 3.5 m high, and 'Ground Floor' to lie on the ground"
    )


def test_metres_are_metres_and_the_place_on_earth_is_kept(house: Building) -> None:
    xs = [x for w in house.walls for p in w.footprint for x, _ in p.outer]
    assert max(xs) - min(xs) == pytest.approx(12.4, abs=0.005)
    assert house.georeference is not None
    middle = AT.to_geographic((6.0, 3.0))
    assert (house.georeference.lon_deg, house.georeference.lat_deg) == pytest.approx(middle, abs=1e-6)


def test_a_basement_lies_below_the_ground_floor(tmp_path: Path) -> None:
    files = _house()
    files["main.json"]["levels"][0] |= {"name": "B1", "readable_name": "Basement"}
    files["main.json"]["levels"][1] |= {"name": "G", "readable_name": "Ground Floor"}
    found = read(_write(tmp_path, files))
    assert [(f.number, f.ordinal, f.elevation_m) for f in found.floors] == [("B1", -1, -3.5), ("G", 0, 0.0)]


# What a person gives.


def test_the_folder_its_index_and_a_zip_of_either_are_the_same_building(tmp_path: Path, house: Building) -> None:
    files = _stairwells(_house())
    folder = _write(tmp_path / "house", files).parent
    given = (folder, _zip(tmp_path / "flat.zip", files), _zip(tmp_path / "nested.zip", files, "some folder/"))
    for path in given:
        assert _areas(read(path)) == _areas(house)
        assert _joined(read(path)) == _joined(house)


def test_one_floor_alone_is_a_building_of_one_floor(tmp_path: Path) -> None:
    path = _write(tmp_path, _house()).with_name("gf.geojson")
    found = read(path)
    assert len(found.floors) == 1
    assert sum(s.kind in ("room", "stair") for s in found.spaces) == 3


def test_a_single_geojson_may_name_its_levels(tmp_path: Path) -> None:
    files = _house()
    features = []
    for level, name in ((10, "f1.geojson"), (2, "gf.geojson")):
        for feature in files[name]["features"]:
            feature["properties"]["level"] = level
            features.append(feature)
    path = tmp_path / "all.geojson"
    path.write_text(json.dumps(_collection(features)))
    assert [f.number for f in read(path).floors] == ["2", "10"]


def test_the_order_of_features_changes_nothing(tmp_path: Path) -> None:
    files, other = _house(), _house()
    for name in ("gf.geojson", "f1.geojson"):
        other[name]["features"].reverse()
    other["main.json"]["levels"].reverse()
    first, second = read(_write(tmp_path / "a", files)), read(_write(tmp_path / "b", other))
    assert first == second


def test_features_without_ids_or_with_one_twice_keep_apart(tmp_path: Path) -> None:
    files = _house()
    for feature in files["gf.geojson"]["features"]:
        feature["properties"]["id"] = 7
    for feature in files["f1.geojson"]["features"]:
        del feature["properties"]["id"]
    found = read(_write(tmp_path, files))
    ids = [e.id for e in found.entities()]
    assert len(ids) == len(set(ids))
    assert found == read(_write(tmp_path, {**files, "f1.geojson": _collection(files["f1.geojson"]["features"][::-1])}))


# What is drawn.


def _with(*extra: Json, level: str = "gf.geojson") -> dict[str, Json]:
    files = _house()
    for n, feature in enumerate(extra):
        feature["properties"]["id"] = f"x{n}"
        files[level]["features"].append(feature)
    return files


def test_drawn_rooms_keep_their_name_and_the_rest_is_derived(tmp_path: Path) -> None:
    files = _with(_area("bathroom", (0, 0, 2, 1.5), "Bathroom"), _area("room", (3, 4, 5.9, 6), "Server room"))
    found = read(_write(tmp_path, files))
    on_ground = {s.name["en"]: s for s in found.spaces if key_of(s.floor) == "gf"}
    assert on_ground["Bathroom"].kind == "toilet"
    assert on_ground["Bathroom"].derived is None
    assert on_ground["Server room"].derived is None
    assert round(to_shape(on_ground["Room 1"].footprint).area, 1) == round(5.9 * 6 - 3.0 - 5.8, 1)


def test_nobody_is_sent_to_what_is_closed_or_open_to_below(tmp_path: Path) -> None:
    files = _with(_area("inaccessible_space", (0, 0, 2, 2)), level="gf.geojson")
    files["f1.geojson"]["features"].append(_area("floor_opening", (0, 0, 3, 3), None, 99))
    found = read(_write(tmp_path, files))
    assert {(s.kind, s.walkable) for s in found.spaces} >= {("inaccessible", False), ("void", False)}


def test_a_unit_has_walls_round_it_but_for_its_door(tmp_path: Path) -> None:
    unit, door = _area("unit", (0, 4, 3, 6), "Shop"), _area("door", (1, 3.9, 2, 4.1))
    found = read(_write(tmp_path, _with(unit, door)))
    names = {s.id: s.name["en"] for s in found.spaces} | {OUT: OUT}
    joined = [({names[e.a], names[e.b]}, e.via) for e in build_graph(found).edges if "Shop" in (names[e.a], names[e.b])]
    assert joined == [({"Shop", "Room 1"}, "door")]


def test_stairs_whose_floor_above_is_left_open_lead_up(tmp_path: Path) -> None:
    files = _house()
    for feature in files["f1.geojson"]["features"]:
        if feature["properties"]["type"] == "stairs":
            feature["properties"]["type"] = "floor_opening"
    found = read(_write(tmp_path, files))
    (stairs,) = (v for v in found.vertical_links if v.kind == "stairs")
    assert [key_of(s.floor) for s in stairs.stops] == ["gf", "f1"]


def test_stairs_on_one_level_only_lead_nowhere_and_say_so(tmp_path: Path) -> None:
    found = read(_write(tmp_path, _with(_area("stairs", (0, 0, 1, 2)))))
    assert sum(v.kind == "stairs" for v in found.vertical_links) == 1
    assert "stairs gf-x0 is drawn on one level only and leads nowhere" in found.warnings


def test_a_gap_in_the_outer_wall_is_an_entrance_on_the_ground_and_a_window_above(tmp_path: Path) -> None:
    """The west wall is left out between y 2 and y 4, on both levels."""
    files = _house()
    for name in ("gf.geojson", "f1.geojson"):
        west = next(f for f in files[name]["features"] if f["geometry"]["coordinates"] == [_ring(*_SHELL[2])])
        west["geometry"]["coordinates"] = [_ring(-0.2, 0, 0, 2)]
        files[name]["features"].append(_area("wall", (-0.2, 4, 0, 6), None, 900))
    found = read(_write(tmp_path, files))
    assert sum(s.derived is not None and s.walkable for s in found.spaces) == 6
    gaps = [o for o in found.openings if o.kind == "passage"]
    assert [(key_of(o.floor), o.exit, OUT in (o.between or ())) for o in gaps] == [("gf", True, True)]
    assert "level 1: 1 gaps in the outer walls are taken for windows left out" in found.warnings


# Ways.


def _with_ways(ways: list[Json], main: list[Json] | None = None) -> dict[str, Json]:
    return {
        **_house(),
        "main-paths.json": _collection(main or [], level_filenames=["gf-paths.geojson"]),
        "gf-paths.geojson": _collection(ways, z_order=0),
    }


def test_a_way_through_a_wall_shows_a_passage_and_one_through_a_door_none(tmp_path: Path) -> None:
    """From hall to office beside the door, and back through it."""
    ways = [_way("pathway", (4, 5), (7, 5)), _way("pathway", (4, 3), (7, 3))]
    found = read(_write(tmp_path, _with_ways(ways)))
    passages = [o for o in found.openings if o.kind == "passage"]
    assert [(o.evidence.method, round(o.width_m, 2)) for o in passages] == [("way through a wall", 0.9)]
    (x0, _), (x1, _) = passages[0].line
    assert x0 == pytest.approx(x1, abs=0.01)


def test_the_door_on_an_entrance_way_is_an_exit_whatever_its_floor_is_called(tmp_path: Path) -> None:
    files = _with_ways([_way("entrance", (2.5, -3), (2.5, 2))])
    for level, name in zip(files["main.json"]["levels"], ("Ebene X", "Ebene Y"), strict=True):
        level |= {"name": name, "readable_name": name}
    found = read(_write(tmp_path, files))
    assert [(f.number, f.ordinal) for f in found.floors] == [("Ebene X", 0), ("Ebene Y", 1)]
    assert sum(o.exit for o in found.openings) == 1


def test_stairs_past_a_level_are_joined_only_where_a_way_says_so(tmp_path: Path) -> None:
    files = _house()
    files["main.json"]["levels"][1]["z_order"] = 2
    assert [v.kind for v in read(_write(tmp_path / "a", files)).vertical_links] == ["lift"]
    told = [_way("stairs", (10, 5), (10, 5), levels=[0, 2])]
    files |= {"main-paths.json": _collection(told, level_filenames=[])}
    assert {v.kind for v in read(_write(tmp_path / "b", files)).vertical_links} == {"lift", "stairs"}


# Doors.


@given(st.floats(0.6, 3.0), st.floats(0.05, 0.4), st.floats(0, 360))
def test_a_door_is_as_wide_as_long_and_as_deep_as_narrow(width_m: float, depth_m: float, degrees: float) -> None:
    plan = shapely.affinity.rotate(shapely.box(0, 0, width_m, depth_m), degrees)
    line, depth = door_line(plan, [])
    assert math.dist(*line) == pytest.approx(width_m, abs=0.003)
    assert depth == pytest.approx(depth_m, abs=0.003)


def test_a_narrow_door_in_a_thick_wall_goes_through_the_wall() -> None:
    """A wall 1.2 m thick with a door 0.8 m wide: its longer side runs through the wall."""
    door = shapely.box(0, 0, 0.8, 1.2)
    line, depth = door_line(door, [shapely.box(-2, 0, 0, 1.2), shapely.box(0.8, 0, 3, 1.2)])
    assert math.dist(*line) == pytest.approx(0.8)
    assert depth == pytest.approx(1.2)


# Traps.


def _refused(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.todo
    return caught.value


def test_a_missing_or_broken_floor_is_left_out_with_a_word(tmp_path: Path) -> None:
    files = _house()
    index = _write(tmp_path, files)
    (tmp_path / "f1.geojson").write_bytes(b'{"type": "FeatureColl')
    found = read(index)
    assert [f.number for f in found.floors] == ["G"]
    assert any(w.startswith("level 1 is left out: 'f1.geojson' is no JSON") for w in found.warnings)
    (tmp_path / "f1.geojson").unlink()
    assert "level 1 is left out: the file 'f1.geojson' cannot be read (it is missing)" in read(index).warnings
    (tmp_path / "gf.geojson").unlink()
    assert "none of the floor files" in _refused(index).what


@pytest.mark.parametrize("name", ["../gf.geojson", "/etc/passwd", ".gf.geojson", "a/gf.geojson", "a\\gf.geojson", ""])
def test_a_floor_file_is_looked_for_nowhere_but_beside_the_index(tmp_path: Path, name: str) -> None:
    files = _house()
    files["main.json"]["levels"][1]["filename"] = name
    _write(tmp_path, files)
    found = read(_write(tmp_path / "house", files))
    assert [f.number for f in found.floors] == ["G"]
    assert any("names no file beside main.json" in w for w in found.warnings)


def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    index = _write(tmp_path / "house", _house())
    secret = tmp_path / "secret.geojson"
    (index.parent / "f1.geojson").rename(secret)
    (index.parent / "f1.geojson").symlink_to(secret)
    assert [f.number for f in read(index).floors] == ["G"]


def test_a_zip_with_a_symlink_or_a_way_out_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "link.zip", _house())
    with zipfile.ZipFile(path, "a") as packed:
        link = zipfile.ZipInfo("link.geojson")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert "symbolic link" in _refused(path).what
    out = _zip(tmp_path / "out.zip", _house() | {"../f2.geojson": _floor()})
    assert "points out of the archive" in _refused(out).what


def test_self_touching_empty_and_unknown_shapes_are_mended_or_counted(tmp_path: Path) -> None:
    bow = _area("inaccessible_space", (0, 0, 2, 2))
    a, b, c, d, _ = bow["geometry"]["coordinates"][0]
    bow["geometry"]["coordinates"] = [[a, c, b, d, a]]
    flat = _area("wall", (1, 1, 3, 1))
    odd = _area("flux", (1, 1, 2, 2))
    point = {"type": "Feature", "properties": {"type": "door"}, "geometry": {"type": "Point", "coordinates": a}}
    none = {"type": "Feature", "properties": None, "geometry": None}
    files = _with(bow, flat, odd)
    files["gf.geojson"]["features"] += [point, none, 5, None]
    found = read(_write(tmp_path, files))
    (closed,) = (s for s in found.spaces if s.kind == "inaccessible")
    assert to_shape(closed.footprint).area == pytest.approx(2.0, abs=0.05)
    left = {w for w in found.warnings if "left out" in w}
    assert left == {
        "level G: 1 features are left out: a wall covers nothing",
        "level G: 1 features are left out: type 'flux' is not known",
        "level G: 1 features are left out: a door must be a polygon",
        "level G: 3 features are left out: they have no type",
    }


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"type": "FeatureCollection", "features": []}, "draws nothing"),
        (_collection([_area("tree", (0, 0, 1, 1))]), "nothing in this GeoJSON says"),
        (
            _collection([{"properties": {"type": "wall"}, "geometry": {"type": "Polygon", "coordinates": [
                [[500000, 1], [500001, 1], [500001, 2], [500000, 1]]
            ]}}]),
            "no longitudes and latitudes",
        ),
        (_collection([_area("wall", (0, 0, 1, 1)), _area("wall", (90_000, 0, 90_001, 1))]), "km wide"),
    ],
)  # fmt: skip
def test_what_is_no_indoor_map_is_refused_politely(tmp_path: Path, document: Json, words: str) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps(document))
    assert words in _refused(path).what


def test_only_wrld_claims_its_files(tmp_path: Path) -> None:
    index = _write(tmp_path, _house())
    for path in (index, index.with_name("gf.geojson"), _zip(tmp_path / "z.zip", _house())):
        head = path.read_bytes()[:SNIFF_BYTES]
        assert [f.name for f in FORMATS if f.sniff(head)] == ["wrld"]
    assert not FORMAT.sniff(b'{"version": 0.6, "elements": [{"type": "node"}]}')
    assert not FORMAT.sniff(b"ISO-10303-21;")


# Fuzz: a building or a refusal, never anything else.


def _read_or_refuse(path: Path) -> None:
    try:
        floors = len(FORMAT.read(path).floors)
    except UnreadableFile as refusal:
        floors = len(refusal.todo)
    assert floors > 0


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_FUZZ
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_damaged_bytes(tmp_path: Path, cut: float, flips: list[tuple[float, int]]) -> None:
    for name in ("gf.geojson", "house.zip"):
        path = _zip(tmp_path / name, _house()) if name == "house.zip" else tmp_path / name
        data = bytearray(path.read_bytes() if name == "house.zip" else json.dumps(_floor()).encode())
        for at, value in flips:
            data[int(at * (len(data) - 1))] = value
        path.write_bytes(bytes(data[: int(cut * len(data)) + 1]) if cut < 0.9 else bytes(data))
        _read_or_refuse(path)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a document."""
    found: list[tuple[Any, Any]] = []
    keys = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else []
    for key in keys:
        found += [(value, key), *_places(value[key])]
    return found


@_FUZZ
@given(data=st.data())
def test_mutated_documents(tmp_path: Path, data: st.DataObject) -> None:
    files = _with_ways([_way("entrance", (2.5, -3), (2.5, 2))], [_way("elevator", (11, 1), (11, 1), levels=[0, 1])])
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(_places(files[data.draw(st.sampled_from(sorted(files)))])))
        container[key] = data.draw(_ANYTHING)
    _read_or_refuse(_write(tmp_path, files))


# The real folder.


@pytest.fixture(scope="module")
def westport() -> Building:
    if not REAL.exists():
        pytest.skip("../shared/data/building/westport-house not found")
    return read(REAL)


def test_all_that_the_real_folder_draws_is_there(westport: Building) -> None:
    assert [f.number for f in westport.floors] == ["G", "1", "2", "3", "4", "5", "6"]
    kinds = Counter(s.kind for s in westport.spaces if s.derived is None)
    assert kinds["toilet"] == 6
    assert kinds["shaft"] == 18
    assert kinds["inaccessible"] == 35
    assert sum(w.kind != "glass" for w in westport.walls) == 225
    doors = {o.source.value for o in westport.openings if o.source and o.kind == "door"}
    refused = {w.split()[2] for w in westport.warnings if w.startswith("door ") and "left out" in w}
    assert len(doors) + len(refused) == 333


def test_each_room_of_the_real_folder_is_reached_but_for_glazed_bays_without_a_door(westport: Building) -> None:
    """On floor 3 eight bays behind the glass show no door; looked at on the plan, all of them lie on an outer side."""
    arrived = reached(build_graph(westport))
    left = [s for s in westport.spaces if s.walkable and s.id not in arrived]
    assert len(left) == 8
    assert {key_of(s.floor) for s in left} == {"westport-house-floor-3"}
    doors = {end for o in westport.openings for end in o.between or ()}
    assert not doors & {s.id for s in left}


def test_stairs_and_lifts_of_the_real_folder_go_where_the_plans_show_them(westport: Building) -> None:
    numbers = {f.id: f.number for f in westport.floors}
    stops = Counter((v.kind, "".join(numbers[s.floor] for s in v.stops)) for v in westport.vertical_links)
    assert stops == Counter(
        {
            ("stairs", "G1"): 2, ("stairs", "G12"): 1, ("stairs", "G1234"): 2, ("stairs", "G123456"): 1,
            ("stairs", "456"): 1, ("stairs", "56"): 1,
            ("lift", "G1"): 3, ("lift", "G2"): 1, ("lift", "G134"): 1, ("lift", "G13456"): 1,
        }
    )  # fmt: skip
