"""IndoorGML files: the real house room by room, every way to write a shape, what tools make of the standard, traps."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats import open_building
from building.formats.hall import dumps, loads
from building.formats.indoorgml import FORMAT, tree
from building.formats.indoorgml.reader import read
from building.graph import build_graph, reached, unreached
from building.isomorphism import isomorphic
from building.model import OUT, Building
from building.shapes import area_m2
from tests.building.formats import indoorgml_files as files

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building"
NAME = "fjk-haus.indoorgml.gml"


@cache
def _house() -> Building:
    if not (DATA / NAME).exists():
        pytest.skip(f"../shared/data/building/{NAME} not found")
    return open_building(str(DATA / NAME))


def _house_text() -> str:
    _house()
    return (DATA / NAME).read_text(encoding="utf-8")


def _read(tmp_path: Path, text: str) -> Building:
    path = tmp_path / "file.gml"
    path.write_text(text, encoding="utf-8")
    return open_building(str(path))


def _pairs(b: Building) -> list[tuple[str, ...]]:
    """What each opening joins, by keys."""
    return sorted(tuple(sorted(e.rpartition(":")[2] for e in o.between)) for o in b.openings if o.between)


# the real house, as its solids and transitions show it


def test_the_house_has_fourteen_rooms_on_three_storeys() -> None:
    house = _house()
    assert [(f.ordinal, round(f.elevation_m, 2)) for f in house.floors] == [(-1, -2.52), (0, 0.16), (1, 2.94)]
    names = {f.ordinal: sorted(s.number or "" for s in house.spaces if s.floor == f.id) for f in house.floors}
    assert names == {
        -1: ["001", "002", "003", "004", "005", "006"],
        0: ["101", "102", "103", "104"],
        1: ["201", "202", "203", "204"],
    }


def test_thirty_transitions_are_fourteen_pairs_and_fifteen_ways() -> None:
    """Rooms 101 and 102 have two doors, a single and a double one; each transition stands twice, there and back."""
    house = _house()
    numbers = {s.id: s.number for s in house.spaces} | {OUT: OUT}
    edges = [{numbers[e.a], numbers[e.b]} for e in build_graph(house).edges if OUT not in (e.a, e.b)]
    assert len(edges) == 15
    assert len({frozenset(e) for e in edges}) == 14
    assert edges.count({"101", "102"}) == 2


def test_its_doors_lie_where_both_solids_share_a_face() -> None:
    for (a, b), expected in (
        (("001", "002"), [0.885]),
        (("101", "102"), [0.885, 1.385]),
        (("101", "104"), [0.76]),
        (("102", "103"), [1.01]),
    ):
        widths = sorted(o.width_m for o in _house().openings if o.between and {a, b} == _numbers(o.between))
        assert widths == pytest.approx(expected, abs=0.006)


def _numbers(between: tuple[str, str]) -> set[str]:
    numbers = {s.id: s.number or "" for s in _house().spaces} | {OUT: OUT}
    return {numbers[e] for e in between}


def test_two_stairs_join_its_storeys() -> None:
    house = _house()
    numbers = {s.id: s.number for s in house.spaces}
    assert [(v.kind, [numbers[s.space] for s in v.stops]) for v in house.vertical_links] == [
        ("stairs", ["001", "101"]),
        ("stairs", ["101", "201"]),
    ]
    for link in house.vertical_links:
        (path,) = link.paths
        floors = {f.id: f.elevation_m for f in house.floors}
        assert [p[2] for p in (path[0], path[-1])] == [floors[s.floor] for s in link.stops]


def test_its_entrances_are_inferred_and_that_is_said_aloud() -> None:
    """No cell, state or transition leads outside; recesses at floor level under a lintel in outer walls do."""
    house = _house()
    outer = [o for o in house.openings if o.between and OUT in o.between]
    assert {n for o in outer for n in _numbers(o.between or ("", ""))} == {"001", "101", "102", OUT}
    assert {o.evidence.confidence for o in outer} == {0.4}
    assert any("states no way in from outside" in w for w in house.warnings)
    assert len(reached(build_graph(house))) == 14


# the same house told otherwise


def _moved(text: str, turn_deg: float, dx: float, dy: float) -> str:
    turn = math.radians(turn_deg)

    def change(match: re.Match[str]) -> str:
        x, y, z = map(float, match.group(1).split())
        x, y = x - 445_500, y - 5_444_900
        x, y = x * math.cos(turn) - y * math.sin(turn) + dx, x * math.sin(turn) + y * math.cos(turn) + dy
        return f"<gml:pos>{x:.6f} {y:.6f} {z}</gml:pos>"

    return re.sub(r"<gml:pos>([^<]*)</gml:pos>", change, text)


def _reversed_members(text: str) -> str:
    for tag in ("cellSpaceMember", "stateMember", "transitionMember", "gml:surfaceMember"):
        pattern = re.compile(rf"<{tag}>.*?</{tag}>", re.DOTALL)
        members = pattern.findall(text)
        if tag != "gml:surfaceMember":
            rest = iter(reversed(members))
            text = pattern.sub(lambda _, rest=rest: next(rest), text)
    return text


def _other_ids(text: str) -> str:
    ids = sorted(set(re.findall(r'gml:id="([^"]+)"', text)))
    order = list(range(len(ids)))
    random.Random(7).shuffle(order)  # noqa: S311 - it must repeat
    new = {key: f"id{order[n]}" for n, key in enumerate(ids)}
    text = re.sub(r'gml:id="([^"]+)"', lambda m: f'gml:id="{new[m.group(1)]}"', text)
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{new[m.group(1)]}"', text)


ODD_TRANSITIONS = re.compile(r'<transitionMember>\s*<Transition gml:id="T\d*[13579]">.*?</transitionMember>', re.DOTALL)
VARIANTS = {
    "turned": lambda t: _moved(t, 17, 0, 0),
    "moved 500 km": lambda t: _moved(t, 0, 945_500, 5_944_900),
    "at its own zero": lambda t: _moved(t, 0, 0, 0),
    "reversed": _reversed_members,
    "other ids": _other_ids,
    "renamed": lambda t: re.sub(r"<gml:name>(\d+)</gml:name>", r"<gml:name>房间\1</gml:name>", t),
    "there only": lambda t: ODD_TRANSITIONS.sub("", t),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_told_otherwise_it_is_the_same_house(variant: object, tmp_path: Path) -> None:
    other = _read(tmp_path, variant(_house_text()))  # type: ignore[operator]
    assert isomorphic(build_graph(_house()), build_graph(other)) is True
    before, after = (sorted(round(o.width_m, 2) for o in b.openings) for b in (_house(), other))
    assert after == pytest.approx(before, abs=0.02)
    assert all(abs(x) < 10_000 and abs(y) < 10_000 for s in other.spaces for p in s.footprint for x, y in p.outer)


# how shapes are written


@pytest.mark.parametrize("form", ["pos", "posList", "bare posList", "coordinates"])
def test_positions_are_read_however_they_are_written(form: str, tmp_path: Path) -> None:
    file = files.two_rooms()
    for cell in file.cells:
        cell.form = form
    building = _read(tmp_path, file.xml())
    a, b = building.spaces
    assert sorted(a.footprint[0].outer) == [(0, 0), (0, 4), (5, 0), (5, 4)]
    assert (b.z0_m, b.height_m) == (0, 3)


def test_a_ring_need_not_repeat_its_first_corner(tmp_path: Path) -> None:
    text = files.two_rooms().xml()
    open_rings = re.sub(
        r"(<gml:LinearRing>.*?)<gml:pos>[^<]*</gml:pos></gml:LinearRing>", r"\1</gml:LinearRing>", text, flags=re.DOTALL
    )
    assert open_rings != text
    assert _pairs(_read(tmp_path, open_rings)) == [("A", "B"), ("A", "OUT")]


def test_a_hole_may_be_reached_by_a_bridge_within_the_ring(tmp_path: Path) -> None:
    """10 x 10 m with a court of 4 x 4 m in its middle, drawn as one ring that goes in and comes back."""
    ring = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (3, 3), (3, 7), (7, 7), (7, 3), (3, 3), (0, 0)]
    file = files.File(cells=[files.Cell("A", (0, 0, 0), (1, 1), flat=True)])
    loop = files.positions([(x, y, 0) for x, y in ring])
    text = re.sub(
        r"<gml:LinearRing>.*</gml:LinearRing>", f"<gml:LinearRing>{loop}</gml:LinearRing>", file.xml(), flags=re.DOTALL
    )
    (room,) = _read(tmp_path, text).spaces
    assert area_m2(room.footprint) == pytest.approx(100 - 16)


def test_faces_may_stand_elsewhere_in_the_file(tmp_path: Path) -> None:
    file = files.two_rooms()
    text = file.xml()
    count = 0

    def swap(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        pool.append(match.group(1).replace("<gml:Polygon>", f'<gml:Polygon gml:id="F{count}">'))
        return f'<gml:surfaceMember xlink:href="#F{count}"/>'

    pool: list[str] = []
    text = re.sub(r"<gml:surfaceMember>(.*?)</gml:surfaceMember>", swap, text, flags=re.DOTALL)
    text = text.replace(
        "<core:primalSpaceFeatures>",
        f"<gml:metaDataProperty>{''.join(pool)}</gml:metaDataProperty><core:primalSpaceFeatures>",
        1,
    )
    assert [s.footprint[0].outer for s in _read(tmp_path, text).spaces] == [
        s.footprint[0].outer for s in _read(tmp_path, file.xml()).spaces
    ]


def test_flat_cells_stand_on_the_storeys_they_name(tmp_path: Path) -> None:
    """As indoor editors export them: polygons at one height, the storey in the description."""
    cells = [
        files.Cell("A", (0, 0), (5, 4), flat=True, description='storey="F1":'),
        files.Cell("B", (5, 0), (9, 4), flat=True, description='storey="F1":'),
        files.Cell("C", (0, 0), (5, 4), flat=True, description='storey="F2":type="room":'),
    ]
    file = files.File(cells=cells, ways=[files.Way("A", "B"), files.Way("A", "C", description='type="stairs":')])
    building = _read(tmp_path, file.xml())
    assert [(f.number, f.elevation_m) for f in building.floors] == [("F1", 3.0), ("F2", 6.0)]
    assert [(v.kind, len(v.stops)) for v in building.vertical_links] == [("stairs", 2)]
    assert any("gives no heights" in w for w in building.warnings)


def test_degrees_are_metres_around_the_middle_and_axes_follow_the_name(tmp_path: Path) -> None:
    """A room of about 10 m by 10 m in Guangzhou: a URN puts latitude first, the short form longitude."""
    step_lat, step_lon = 10 / 110_755.0, 10 / 102_556.0
    corners = {
        "urn:ogc:def:crs:EPSG::4326": ((23.12, 113.35), (23.12 + step_lat, 113.35 + 2 * step_lon)),
        "EPSG:4326": ((113.35, 23.12), (113.35 + 2 * step_lon, 23.12 + step_lat)),
        "urn:ogc:def:crs:OGC:1.3:CRS84": ((113.35, 23.12), (113.35 + 2 * step_lon, 23.12 + step_lat)),
    }
    for srs, (low, high) in corners.items():
        cell = files.Cell("A", (*low, 0), (*high, 3), srs=srs)
        building = _read(tmp_path, files.File(cells=[cell]).xml())
        xs, ys = zip(*building.spaces[0].footprint[0].outer, strict=True)
        assert max(xs) - min(xs) == pytest.approx(20, abs=0.05)
        assert max(ys) - min(ys) == pytest.approx(10, abs=0.05)
        assert building.georeference is not None
        assert building.georeference.lat_deg == pytest.approx(23.12, abs=0.001)


def test_a_grid_that_says_northing_first_is_not_mirrored(tmp_path: Path) -> None:
    cell = files.Cell("A", (5_444_900, 3_445_500, 0), (5_444_904, 3_445_510, 3), srs="urn:ogc:def:crs:EPSG::31467")
    (room,) = _read(tmp_path, files.File(cells=[cell]).xml()).spaces
    xs, ys = zip(*room.footprint[0].outer, strict=True)
    assert (max(xs) - min(xs), max(ys) - min(ys)) == (10, 4)


# what the standard says, and what tools make of it


def test_a_way_without_a_door_of_its_own_lies_where_its_line_crosses(tmp_path: Path) -> None:
    building = _read(tmp_path, files.two_rooms().xml())
    door = next(o for o in building.openings if OUT not in (o.between or ()))
    (x0, y0), (x1, y1) = door.line
    assert (x0, x1) == pytest.approx((5.1, 5.1), abs=0.01)  # in the middle of the wall, where the line comes by
    assert (y0 + y1) / 2 == pytest.approx(1.0, abs=0.05)
    assert abs(y1 - y0) == pytest.approx(0.9)
    assert len(reached(build_graph(building))) == 2


def test_transitions_may_name_cells_and_layers_be_misspelt(tmp_path: Path) -> None:
    file = files.two_rooms(layer="core:spaceLayer")
    file.ways = [files.Way("A", "B", prefix="")]
    assert ("A", "B") in _pairs(_read(tmp_path, file.xml()))


def test_doors_may_be_cells_of_their_own(tmp_path: Path) -> None:
    """ConnectionSpace and AnchorSpace as thin bodies in the walls."""
    cells = [
        files.Cell("A", (0, 0, 0), (5, 4, 3), tag="navi:GeneralSpace"),
        files.Cell("B", (5.2, 0, 0), (9.2, 4, 3), tag="navi:GeneralSpace"),
        files.Cell("D", (5, 1, 0), (5.2, 2.2, 2.1), tag="navi:ConnectionSpace"),
        files.Cell("E", (1, -0.3, 0), (2.5, 0, 2.4), tag="navi:AnchorSpace"),
    ]
    file = files.File(cells=cells, ways=[files.Way("A", "D"), files.Way("D", "B"), files.Way("A", "E")])
    building = _read(tmp_path, file.xml())
    assert [s.key for s in building.spaces] == ["A", "B"]
    inner, outer = (next(o for o in building.openings if (OUT in (o.between or ())) is out) for out in (False, True))
    assert inner.width_m == pytest.approx(1.2)
    assert [x for x, _ in inner.line] == pytest.approx([5.1, 5.1])
    assert outer.width_m == pytest.approx(1.5)
    assert outer.exit
    assert len(reached(build_graph(building))) == 2


def test_a_thin_cell_that_is_called_a_door_is_one(tmp_path: Path) -> None:
    cells = [
        files.Cell("A", (0, 0, 0), (5, 4, 3)),
        files.Cell("B", (5.2, 0, 0), (9.2, 4, 3), name="Indoor pool"),
        files.Cell("D", (5, 1, 0), (5.2, 2, 2.1), name="Door 12"),
        files.Cell("W", (0, 1, 1), (0.2, 2, 2), name="Window 3"),
    ]
    building = _read(tmp_path, files.File(cells=cells, ways=[files.Way("A", "D"), files.Way("D", "B")]).xml())
    assert [(s.key, s.walkable) for s in building.spaces] == [("A", True), ("B", True), ("W", False)]
    assert _pairs(building) == [("A", "B")]
    assert building.openings[0].name == {"en": "Door 12"}


def test_long_names_and_ids_still_travel_in_our_own_format(tmp_path: Path) -> None:
    file = files.two_rooms()
    file.cells[0] = dataclasses.replace(file.cells[0], name="x" * 5000, description=f'storey="{"y" * 900}"')
    long = "k" * 3000
    building = _read(tmp_path, file.xml().replace('"A"', f'"{long}"').replace('"#A"', f'"#{long}"'))
    assert loads(dumps(building)) == building


def test_a_wide_anchor_space_is_a_room_that_leads_outside(tmp_path: Path) -> None:
    cells = [files.Cell("A", (0, 0, 0), (5, 4, 3)), files.Cell("V", (0, -3, 0), (5, 0, 3), tag="navi:AnchorSpace")]
    building = _read(tmp_path, files.File(cells=cells, ways=[files.Way("A", "V")]).xml())
    assert _pairs(building) == [("A", "V"), ("OUT", "V")]
    assert len(reached(build_graph(building))) == 2


def test_nodes_without_a_cell_join_what_lies_beside_them(tmp_path: Path) -> None:
    file = files.two_rooms()
    file.states = ["D", "OUT"]
    file.ways = [files.Way("A", "D"), files.Way("D", "B"), files.Way("OUT", "B")]
    file.cells[0].name = "Room"
    assert _pairs(_read(tmp_path, file.xml())) == [("A", "B"), ("B", "OUT")]


@pytest.mark.parametrize("name", ["Outdoor", "EXTERIOR", "室外", "Außenraum", "the outside"])
def test_a_cell_called_the_outside_is_the_outside(name: str, tmp_path: Path) -> None:
    cells = [files.Cell("A", (0, 0, 0), (5, 4, 3)), files.Cell("X", (-20, -20, 0), (20, 0, 3), name=name)]
    building = _read(tmp_path, files.File(cells=cells, ways=[files.Way("A", "X")]).xml())
    assert _pairs(building) == [("A", "OUT")]
    assert building.openings[0].exit


def _boundary(key: str, line: list[tuple[float, ...]], tag: str) -> str:
    curve = f"<core:geometry2D><gml:LineString>{files.positions(line)}</gml:LineString></core:geometry2D>"
    inner = f"<core:cellSpaceBoundaryGeometry>{curve}</core:cellSpaceBoundaryGeometry>"
    return f'<core:cellSpaceBoundaryMember><{tag} gml:id="{key}">{inner}</{tag}></core:cellSpaceBoundaryMember>'


def test_a_transition_lies_on_the_boundary_it_is_dual_to(tmp_path: Path) -> None:
    file = files.two_rooms(boundaries=_boundary("B1", [(5.1, 2.5, 0), (5.1, 3.7, 0)], "core:CellSpaceBoundary"))
    file.ways[0].boundary = "B1"
    door = next(o for o in _read(tmp_path, file.xml()).openings if OUT not in (o.between or ()))
    assert sorted(door.line) == [(5.1, 2.5), (5.1, 3.7)]


def test_without_a_graph_passable_boundaries_and_doors_join_rooms(tmp_path: Path) -> None:
    """Three rooms against each other: a door drawn as a boundary, a door drawn as a cell, and a mere wall."""
    bound = '<core:partialboundedBy xlink:href="#{}"/>'
    cells = [
        files.Cell("A", (0, 0, 0), (5, 4, 3), extra=bound.format("B1") + bound.format("B2") + bound.format("B3")),
        files.Cell("B", (5, 0, 0), (9, 4, 3), extra=bound.format("B1")),
        files.Cell("C", (0, 4, 0), (5, 8, 3), extra=bound.format("B2")),
        files.Cell("D", (5.2, 5, 0), (9, 8, 3)),
        files.Cell("DOOR", (5, 6, 0), (5.2, 7, 2.1), tag="navi:ConnectionSpace"),
    ]
    boundaries = (
        _boundary("B1", [(5, 1, 0), (5, 2, 0)], "navi:ConnectionBoundary")
        + _boundary("B2", [(0, 4, 0), (5, 4, 0)], "core:CellSpaceBoundary")
        + _boundary("B3", [(1, 0, 0), (2, 0, 0)], "navi:AnchorBoundary")
    )
    building = _read(tmp_path, files.File(cells=cells, boundaries=boundaries).xml())
    assert _pairs(building) == [("A", "B"), ("A", "OUT"), ("C", "D")]
    assert any("holds no graph" in w for w in building.warnings)
    assert [s.key for s in building.spaces if s.id in reached(build_graph(building))] == ["A", "B"]


def test_cells_of_other_schemas_and_their_storeys_are_read(tmp_path: Path) -> None:
    cells = [
        files.Cell("A", (0, 0, 0), (5, 4, 3), tag="core:CellSpaceStorey", description="level=1;desc=;"),
        files.Cell("B", (0, 0, 3), (5, 4, 6), tag="core:CellSpaceStorey", description="level=2;desc=;"),
    ]
    building = _read(tmp_path, files.File(cells=cells, ways=[files.Way("A", "B")]).xml())
    assert [f.number for f in building.floors] == ["1", "2"]
    assert len(building.vertical_links) == 1


def test_a_lift_is_one_link_with_a_stop_on_every_storey(tmp_path: Path) -> None:
    cells, ways = [], []
    for n in range(3):
        z = 3.0 * n
        cells.append(files.Cell(f"H{n}", (0, 0, z), (5, 4, z + 3)))
        cells.append(files.Cell(f"L{n}", (5, 0, z), (7, 2, z + 3), tag="navi:TransitionSpace", name="Elevator"))
        ways.append(files.Way(f"H{n}", f"L{n}"))
        if n:
            ways.append(files.Way(f"L{n - 1}", f"L{n}"))
    file = files.File(cells=cells, ways=[*ways, files.Way("H0", "OUT")], states=["OUT"])
    building = _read(tmp_path, file.xml())
    (lift,) = building.vertical_links
    assert lift.kind == "lift"
    assert len(lift.stops) == 3
    walkable = {s.id for s in building.spaces if s.walkable}
    assert walkable <= reached(build_graph(building))


def test_a_tall_stairwell_joins_the_storeys_it_opens_onto(tmp_path: Path) -> None:
    cells = [
        files.Cell("H0", (0, 0, 0), (5, 4, 3)),
        files.Cell("H1", (0, 0, 3), (5, 4, 6)),
        files.Cell("ST", (5, 0, 0), (8, 4, 6), name="Staircase"),
    ]
    building = _read(tmp_path, files.File(cells=cells, ways=[files.Way("H0", "ST"), files.Way("H1", "ST")]).xml())
    (stair,) = building.vertical_links
    assert {s.space.rpartition(":")[2] for s in stair.stops} == {"H0", "H1"}


def test_layers_that_are_no_graph_of_ways_are_left_out_aloud(tmp_path: Path) -> None:
    file = files.two_rooms()
    file.ways = [files.Way("A", "OUT")]
    adjacency = files.two_rooms()
    layer = re.search(r"<core:spaceLayerMember>.*</core:spaceLayerMember>", adjacency.xml(), re.DOTALL)
    assert layer is not None
    file.more_layers = layer.group().replace('gml:id="L">', 'gml:id="L2"><gml:name>adjacency</gml:name>')
    file.after = "<core:interEdges><core:InterLayerConnection/></core:interEdges>"
    building = _read(tmp_path, file.xml())
    assert ("A", "B") not in _pairs(building)
    assert sum("left out" in w for w in building.warnings) >= 2


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    file = files.two_rooms()
    file.cells.append(files.Cell("N", name="Attic"))
    file.ways.append(files.Way("A", "NOWHERE"))
    building = _read(tmp_path, file.xml())
    said = " ".join(building.warnings)
    assert "1 cells have no usable shape" in said
    assert "Attic" in said
    assert "1 transitions refer to states that are not in the file" in said


def test_one_stray_corner_costs_one_room(tmp_path: Path) -> None:
    text = _house_text().replace("445538.386149777", "845538386.149777", 1)
    building = _read(tmp_path, text)
    assert len(building.spaces) == 13
    assert any("1 cells have no usable shape" in w for w in building.warnings)
    assert all(abs(c) < 100 for s in building.spaces for p in s.footprint for xy in p.outer for c in xy)


def test_a_closed_house_without_a_way_in_says_so(tmp_path: Path) -> None:
    file = files.two_rooms()
    file.ways, file.states = file.ways[:1], []
    building = _read(tmp_path, file.xml())
    assert reached(build_graph(building)) == frozenset()
    assert any("no room can be reached" in w for w in building.warnings)
    assert {u.reason["en"] for u in unreached(build_graph(building), building)} == {
        "No entrance is known: nobody gets into the building from outside."
    }


def test_a_graph_without_shapes_is_refused_politely(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no cell with a shape") as refused:
        _read(tmp_path, files.File(cells=[files.Cell("A"), files.Cell("B")], ways=[files.Way("A", "B")]).xml())
    assert "primal space" in refused.value.todo


# what is refused


def test_sniffing_knows_its_own_kind_only() -> None:
    assert FORMAT.sniff(files.HEAD.encode())
    assert FORMAT.sniff(("\ufeff" + files.HEAD).encode("utf-16"))
    assert not FORMAT.sniff(files.HEAD.replace("indoorgml/1.0", "indoorgml/2.0").encode())
    assert not FORMAT.sniff(b'<osm version="0.6">')
    assert not FORMAT.sniff(b'{"IndoorFeatures": "http://www.opengis.net/indoorgml/1.0/core"}')


BOMBS = {
    "entities": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "external doctype": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_entities_are_refused(bomb: str, tmp_path: Path) -> None:
    text = files.two_rooms().xml().replace("\n", f"\n{bomb}\n", 1)
    with pytest.raises(UnreadableFile, match="DOCTYPE"):
        _read(tmp_path, text)


def test_deep_and_endless_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = files.HEAD + "<a>" * 300 + "</a>" * 300 + "</core:IndoorFeatures>"
    with pytest.raises(UnreadableFile, match="nested"):
        _read(tmp_path, deep)
    monkeypatch.setattr(tree, "MAX_ELEMENTS", 50)
    with pytest.raises(UnreadableFile, match="more than 50 elements"):
        _read(tmp_path, files.two_rooms().xml())


def test_references_that_lead_to_references_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve composites, each naming the next one ten times: 10^12 faces, were they all followed."""
    monkeypatch.setattr("building.formats.indoorgml.geometry.MAX_VISITS", 20_000)
    members = [f'<gml:surfaceMember xlink:href="#C{n + 1}"/>' * 10 for n in range(12)]
    chain = "".join(f'<gml:CompositeSurface gml:id="C{n}">{m}</gml:CompositeSurface>' for n, m in enumerate(members))
    text = files.two_rooms().xml().replace("<gml:Shell>", '<gml:Shell><gml:surfaceMember xlink:href="#C0"/>', 1)
    text = text.replace(
        "<core:primalSpaceFeatures>",
        f"<gml:metaDataProperty>{chain}</gml:metaDataProperty><core:primalSpaceFeatures>",
        1,
    )
    with pytest.raises(UnreadableFile, match="shapes"):
        _read(tmp_path, text)


def test_a_face_that_refers_to_itself_is_read_once(tmp_path: Path) -> None:
    loop = '<gml:CompositeSurface gml:id="C"><gml:surfaceMember xlink:href="#C"/></gml:CompositeSurface>'
    text = (
        files.two_rooms().xml().replace("<gml:Shell>", f"<gml:Shell><gml:surfaceMember>{loop}</gml:surfaceMember>", 1)
    )
    assert len(_read(tmp_path, text).spaces) == 2


# any bytes at all: a building or one typed refusal


def _survives(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with contextlib.suppress(UnreadableFile):
        assert read(path).spaces


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_files_are_refused_or_read(data: st.DataObject, tmp_path: Path) -> None:
    content = files.two_rooms().xml().encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["cut", "flip", "drop", "double", "number"])):
            case "cut":
                content = content[:at] or b"<"
            case "flip":
                content = content[:at] + bytes([data.draw(st.integers(0, 255))]) + content[at + 1 :]
            case "drop":
                content = content[:at] + content[at + data.draw(st.integers(1, 80)) :] or b"<"
            case "double":
                content = content[:at] + content[at : at + 200] + content[at:]
            case _:
                numbers = list(re.finditer(rb"(?<=[\s>])-?\d+(\.\d+)?(?=[\s<])", content))
                if numbers:
                    hit = data.draw(st.sampled_from(numbers))
                    odd = data.draw(st.sampled_from([b"nan", b"1e308", b"-inf", b"0", b"", b"x", b"9" * 30]))
                    content = content[: hit.start()] + odd + content[hit.end() :]
    _survives(tmp_path / "file.gml", content)


def test_the_real_house_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = _house_text().encode()
    for n in range(1, 12):
        with pytest.raises(UnreadableFile):
            read(_written(tmp_path, content[: len(content) * n // 12]))


def test_the_real_house_with_faults_in_it_is_refused_or_read(tmp_path: Path) -> None:
    content = _house_text().encode()
    chance = random.Random(3)  # noqa: S311 - it must repeat
    for _ in range(25):
        damaged = bytearray(content)
        for _ in range(8):
            at = chance.randrange(len(damaged))
            damaged[at] = chance.choice(b'0123456789.- <>"#x')
        _survives(tmp_path / "file.gml", bytes(damaged))


def _written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file.gml"
    path.write_bytes(content)
    return path
