"""The 3D file: read back by the letter of glTF 2.0, every element is there, where it stands and closed."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely

from building.formats import open_building
from building.model import Building, SourceId
from building.testing import small_house
from building.writers import glb
from building.writers.glb_meshes import Mesh, box, plate, prism, ribbon

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building"
SIZES = {5123: 2, 5125: 4, 5126: 4}
WIDTHS = {"SCALAR": 1, "VEC3": 3}


class Reader:
    """A strict reader of what a viewer would read; every offset is checked."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        chunks, at = [], 12
        while at < len(data):
            size, kind = struct.unpack_from("<I4s", data, at)
            assert size % 4 == 0
            chunks.append((kind, data[at + 8 : at + 8 + size]))
            at += 8 + size
        assert at == len(data)
        assert [kind for kind, _ in chunks] == [b"JSON", b"BIN\0"][: len(chunks)]
        self.document: dict[str, Any] = json.loads(chunks[0][1])
        self.binary = chunks[1][1] if len(chunks) > 1 else b""
        for view in self.document.get("bufferViews", ()):
            assert view["byteOffset"] + view["byteLength"] <= self.document["buffers"][0]["byteLength"]
        assert len(self.binary) - self.document.get("buffers", [{"byteLength": 0}])[0]["byteLength"] in range(4)

    def numbers(self, accessor: int) -> list[tuple[float, ...]]:
        a = self.document["accessors"][accessor]
        view = self.document["bufferViews"][a["bufferView"]]
        size, width = SIZES[a["componentType"]], WIDTHS[a["type"]]
        start = view["byteOffset"] + a["byteOffset"]
        assert start % size == 0
        assert a["byteOffset"] + a["count"] * size * width <= view["byteLength"]
        code = {5123: "H", 5125: "I", 5126: "f"}[a["componentType"]]
        flat = struct.unpack_from(f"<{a['count'] * width}{code}", self.binary, start)
        return [flat[i : i + width] for i in range(0, len(flat), width)]

    def check_meshes(self) -> None:
        for mesh in self.document.get("meshes", ()):
            for primitive in mesh["primitives"]:
                corners = self.numbers(primitive["attributes"]["POSITION"])
                indices = [i for (i,) in self.numbers(primitive["indices"])]
                assert len(indices) % 3 == 0
                assert min(indices) >= 0
                assert max(indices) < len(corners)
                accessor = self.document["accessors"][primitive["attributes"]["POSITION"]]
                assert accessor["min"] == [min(c) for c in zip(*corners, strict=True)]
                assert accessor["max"] == [max(c) for c in zip(*corners, strict=True)]
                assert primitive["material"] < len(self.document["materials"])

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Every node below the scene by its name; each hangs in one place only."""
        found: dict[str, dict[str, Any]] = {}
        waiting = list(self.document["scenes"][self.document["scene"]]["nodes"])
        while waiting:
            node = self.document["nodes"][waiting.pop()]
            assert node["name"] not in found
            found[node["name"]] = node
            waiting += node.get("children", [])
        assert len(found) == len(self.document["nodes"])
        return found

    def extent(self, node: dict[str, Any]) -> tuple[list[float], list[float]]:
        a = self.document["meshes"][node["mesh"]]["primitives"][0]["attributes"]["POSITION"]
        return self.document["accessors"][a]["min"], self.document["accessors"][a]["max"]


def _placed(b: Building) -> set[str]:
    return {e.id for e in b.entities()} - {e.id for e in (*b.departments, *b.supply, *b.zones)}


@pytest.mark.parametrize("building", [small_house(), open_building("reference")], ids=["house", "reference"])
def test_every_element_with_a_place_is_one_node(building: Building) -> None:
    reader = Reader(glb.dumps(building))
    reader.check_meshes()
    nodes = reader.nodes()
    assert nodes.keys() - {building.site} == _placed(building)
    kinds = Counter(n["extras"]["kind"] for n in nodes.values() if n["name"] != building.site)
    assert kinds["space"] == len(building.spaces)
    assert kinds["wall"] == len(building.walls)
    assert kinds["opening"] == len(building.openings)
    assert kinds["device"] == len(building.devices)
    for floor in building.floors:
        below = {reader.document["nodes"][i]["name"] for i in nodes[floor.id].get("children", ())}
        assert {s.id for s in building.spaces if s.floor == floor.id} <= below


def test_the_model_stands_upright() -> None:
    """A partition from (8, 0) to (8, 6), 3.8 m high, with a door in it: Y is up, and north is minus Z."""
    reader = Reader(glb.dumps(small_house()))
    low, high = reader.extent(reader.nodes()["test:wall:W1"])
    assert low == pytest.approx([7.9, 0.0, -6.1], abs=1e-5)
    assert high == pytest.approx([8.1, 3.8, 0.1], abs=1e-5)


def test_a_device_stands_where_it_is_and_looks_where_it_does() -> None:
    node = Reader(glb.dumps(small_house())).nodes()["test:device:SCR-A01"]
    assert node["translation"] == [7.8, 2.5, -2.0]
    assert node["rotation"] == pytest.approx([0, 1, 0, 0], abs=1e-9)


def test_names_and_foreign_ids_are_kept() -> None:
    house = small_house()
    source = SourceId(scheme="ifc", value="0pNy6pOyf7JPmXRLgxs3sW")
    first = dataclasses.replace(house.spaces[0], source=source)
    house = dataclasses.replace(house, spaces=(first, *house.spaces[1:]))
    extras = Reader(glb.dumps(house)).nodes()[first.id]["extras"]
    assert extras["name"] == {"zh": "大厅", "en": "Hall"}
    assert (extras["source_id"], extras["scheme"]) == (source.value, "ifc")


def test_far_from_the_origin_nothing_is_lost() -> None:
    """500 km off a 32-bit coordinate would be 3 cm out: the model is moved as a whole instead."""
    house = small_house()
    spaces = tuple(dataclasses.replace(s, footprint=tuple(_far(p) for p in s.footprint)) for s in house.spaces)
    floors = tuple(dataclasses.replace(f, outline=tuple(_far(p) for p in f.outline)) for f in house.floors)
    moved = dataclasses.replace(house, floors=floors, spaces=spaces)
    reader = Reader(glb.dumps(moved))
    nodes = reader.nodes()
    low, _ = reader.extent(nodes["test:space:1F-OFF"])
    x, _, z = nodes["test"]["translation"]
    assert x + low[0] == pytest.approx(500_008.1, abs=1e-3)
    assert z + low[2] == pytest.approx(-6.0, abs=1e-3)


def _far(polygon: Any) -> Any:
    return dataclasses.replace(polygon, outer=tuple((x + 500_000, y) for x, y in polygon.outer))


def test_the_same_building_gives_the_same_bytes() -> None:
    assert glb.dumps(small_house()) == glb.dumps(small_house())


def test_what_the_format_cannot_hold_is_listed(tmp_path: Path) -> None:
    lost = {loss.what: loss.count for loss in glb.WRITER.write(small_house(), tmp_path / "house.glb")}
    assert lost["departments"] == 1
    assert lost["supply"] == 2
    assert lost["zones"] == 1
    assert all(loss.reason for loss in glb.WRITER.write(small_house(), tmp_path / "house.glb"))


def _volume_m3(mesh: Mesh) -> float:
    """By the divergence theorem: right only where the mesh is closed and every face looks outward."""
    total = 0.0
    for a, b, c in mesh.triangles:
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (mesh.corners[i] for i in (a, b, c))
        total += ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
    return total / 6


def test_prisms_are_closed_and_look_outward() -> None:
    square_with_hole = shapely.box(0, 0, 4, 3).difference(shapely.box(1, 1, 2, 2))
    assert _volume_m3(prism(square_with_hole, 1.0, 3.5)) == pytest.approx((12 - 1) * 2.5)
    two = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7, 6)])
    assert _volume_m3(prism(two, 0.0, 2.0)) == pytest.approx(6.0)
    assert _volume_m3(box(0.5, 1.0, 2.0)) == pytest.approx(4.0)


def test_plates_and_ribbons_look_up() -> None:
    mesh = plate(shapely.box(0, 0, 2, 1), 4.0)
    assert {c[2] for c in mesh.corners} == {4.0}
    (ax, ay, _), (bx, by, _), (cx, cy, _) = (mesh.corners[i] for i in mesh.triangles[0])
    assert (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0
    stair = ribbon([(0, 0, 0), (3, 0, 1.5), (3, 0, 1.5), (3, 2, 1.5)], 1.2)
    assert {c[1] for c in stair.corners[:4]} == {-0.6, 0.6}
    assert len(stair.triangles) == 8


@pytest.mark.parametrize("name", ["duplex.ifc", "tall-building.ifc", "large-building.ifc", "fzk-haus-ac11.ifc"])
def test_it_is_less_than_a_third_of_the_ifc(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name} not found")
    building = open_building(str(path))
    data = glb.dumps(building)
    Reader(data).check_meshes()
    assert Reader(data).nodes().keys() - {building.site} == _placed(building)
    assert len(data) <= 0.3 * path.stat().st_size
