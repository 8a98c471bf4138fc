"""A small valid file of every format, and what malice and accident make of it.

``SEEDS`` holds for each format how to write two rooms with a door between them; a format that is registered without
a seed fails the tests, so that none is left out.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from building.formats.hall import dumps
from building.testing import small_house
from building.writers import write
from tests.building.formats.ifc_builder import IfcBuilder

XY = tuple[float, float]
WEST: tuple[XY, ...] = ((0, 0), (5, 0), (5, 5), (0, 5))
EAST: tuple[XY, ...] = ((5, 0), (10, 0), (10, 5), (5, 5))
LON, LAT, DEG_PER_M = 114.0, 22.5, 1e-5


def lonlat(at: XY) -> list[float]:
    return [round(LON + at[0] * DEG_PER_M, 9), round(LAT + at[1] * DEG_PER_M, 9)]


# Seeds: each writes one file into a folder and gives its path; ``ring`` takes the place of the west room's outline ----

Ring = Sequence[XY]


def hall(folder: Path, ring: Ring = WEST) -> Path:
    document = json.loads(dumps(small_house()))
    if ring is not WEST:
        document["floors"][0]["spaces"][0]["footprint"] = [[list(p) for p in ring]]
    return _text(folder / "seed.json", json.dumps(document, ensure_ascii=False))


def ifc(folder: Path, ring: Ring = WEST) -> Path:
    made = IfcBuilder()
    storey = made.storey("Ground", 0.0)
    made.space(storey, "West", WEST)
    made.space(storey, "East", EAST)
    between = made.wall(storey, (5, 0), (5, 5))
    front = made.wall(storey, (0, 0), (5, 0))
    made.door(storey, between, (5, 2.5), along=(0.0, 1.0))
    made.door(storey, front, (2.5, 0))
    path = made.save(folder / "seed.ifc")
    if ring is not WEST:  # as text: the library would take a minute
        text, points = path.read_text(), ",".join(f"({float(x)!r},{float(y)!r})" for x, y in (*ring, ring[0]))
        text = re.sub(r"(IFCARBITRARYCLOSEDPROFILEDEF\(\.AREA\.,\$,)#\d+", r"\1#900001", text, count=1)
        curve = f"#900000=IFCCARTESIANPOINTLIST2D(({points}),$);\n#900001=IFCINDEXEDPOLYCURVE(#900000,$,.F.);\n"
        _text(path, text.replace("ENDSEC;\nEND-ISO", f"{curve}ENDSEC;\nEND-ISO"))
    return path


def osm(folder: Path, ring: Ring = WEST) -> Path:
    corners = {**{p: f"c{n}" for n, p in enumerate(ring)}}
    for n, p in enumerate(EAST):
        corners.setdefault(p, f"e{n}")
    door, front = (5, 2.5), (2.5, 0)
    ids = {at: n for n, at in enumerate((*corners, door, front), 1)}
    west = [*ring]
    if ring is WEST:
        west = [(0, 0), front, (5, 0), door, (5, 5), (0, 5)]
    east = [(5, 0), (10, 0), (10, 5), (5, 5), door]
    nodes = [
        f'<node id="{n}" lat="{lonlat(at)[1]}" lon="{lonlat(at)[0]}">'
        + ('<tag k="door" v="hinged"/><tag k="level" v="0"/>' if at in (door, front) else "")
        + ('<tag k="entrance" v="main"/>' if at == front else "")
        + "</node>"
        for at, n in ids.items()
    ]
    ways = [
        f'<way id="{n}">'
        + "".join(f'<nd ref="{ids[p]}"/>' for p in (*points, points[0]))
        + f'<tag k="indoor" v="room"/><tag k="level" v="0"/><tag k="name" v="R{n}"/></way>'
        for n, points in ((1, west), (2, east))
    ]
    return _text(folder / "seed.osm", f'<?xml version="1.0"?>\n<osm version="0.6">{"".join(nodes + ways)}</osm>\n')


def imdf(folder: Path, ring: Ring = WEST) -> Path:
    path = folder / "seed.imdf.zip"
    write(small_house(), path)
    if ring is not WEST:
        with zipfile.ZipFile(path) as packed:
            texts = {name: packed.read(name) for name in packed.namelist()}
        name = next(n for n in texts if n.startswith("unit."))
        units = json.loads(texts[name])
        outline = [[round(x * DEG_PER_M, 9), round(y * DEG_PER_M, 9)] for x, y in (*ring, ring[0])]  # it lies at 0, 0
        units["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [outline]}
        texts[name] = json.dumps(units).encode()
        pack(path, texts)
    return path


def indoorgml(folder: Path, ring: Ring = WEST) -> Path:
    def cell(n: int, points: Ring) -> str:
        surfaces = "".join(_gml_polygon([(x, y, z) for x, y in points]) for z in (0, 3))
        return (
            f'<cellSpaceMember><CellSpace gml:id="C{n}"><gml:name>Room {n}</gml:name><cellSpaceGeometry><Geometry3D>'
            f"<gml:Solid><gml:exterior><gml:Shell>{surfaces}</gml:Shell></gml:exterior></gml:Solid>"
            f'</Geometry3D></cellSpaceGeometry><duality xlink:href="#R{n}"/></CellSpace></cellSpaceMember>'
        )

    def state(n: int, at: XY) -> str:
        return (
            f'<stateMember><State gml:id="R{n}"><duality xlink:href="#C{n}"/><connects xlink:href="#T1"/><geometry>'
            f"<gml:Point><gml:pos>{at[0]} {at[1]} 0</gml:pos></gml:Point></geometry></State></stateMember>"
        )

    return _text(
        folder / "seed.gml",
        '<?xml version="1.0" encoding="UTF-8"?>\n<IndoorFeatures xmlns:gml="http://www.opengis.net/gml/3.2"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.opengis.net/indoorgml/1.0/core" gml:id="I">'
        f'<primalSpaceFeatures><PrimalSpaceFeatures gml:id="P">{cell(1, ring)}{cell(2, EAST)}</PrimalSpaceFeatures>'
        '</primalSpaceFeatures><multiLayeredGraph><MultiLayeredGraph gml:id="M"><spaceLayers gml:id="S">'
        f'<spaceLayerMember><SpaceLayer gml:id="L"><nodes gml:id="N">{state(1, (2.5, 2.5))}{state(2, (7.5, 2.5))}'
        "</nodes>"
        '<edges gml:id="E"><transitionMember><Transition gml:id="T1"><weight>1</weight><connects xlink:href="#R1"/>'
        '<connects xlink:href="#R2"/><geometry><gml:LineString><gml:pos>2.5 2.5 0</gml:pos><gml:pos>7.5 2.5 0</gml:pos>'
        "</gml:LineString></geometry></Transition></transitionMember></edges></SpaceLayer></spaceLayerMember>"
        "</spaceLayers></MultiLayeredGraph></multiLayeredGraph></IndoorFeatures>\n",
    )


def wrld(folder: Path, ring: Ring = WEST) -> Path:
    def feature(n: int, kind: str, points: Ring) -> dict[str, Any]:
        outline = [lonlat(p) for p in (*points, points[0])]
        return {
            "type": "Feature",
            "properties": {"id": n, "type": kind, "name": f"{kind} {n}"},
            "geometry": {"type": "Polygon", "coordinates": [outline]},
        }

    hull = ((-1, -1), (11, -1), (11, 6), (-1, 6))
    features = [feature(1, "building_outline", hull), feature(2, "room", ring), feature(3, "room", EAST)]
    _text(folder / "ground.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    level = {"id": "g", "name": "G", "readable_name": "Ground", "z_order": 0, "filename": "ground.geojson"}
    place = {"type": "Point", "coordinates": lonlat((0, 0))}
    main = {"id": "seed", "name": "Seed", "owner": "test", "location": place, "levels": [level]}
    return _text(folder / "main.json", json.dumps(main))


SEEDS: dict[str, Callable[..., Path]] = {
    "hall": hall, "ifc": ifc, "osm": osm, "imdf": imdf, "indoorgml": indoorgml, "wrld": wrld,
}  # fmt: skip


def contents(path: Path) -> Iterator[Path]:
    """The files of a seed that hold what it says: WRLD spreads it over several."""
    yield from sorted(path.parent.iterdir())


# What is done to texts, also inside an archive ------------------------------------------------------------------------


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Every text of the seed is changed."""
    for file in contents(path):
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed:
                texts = {name: packed.read(name) for name in packed.namelist()}
            pack(file, {name: change(text.decode()).encode() for name, text in texts.items()})
        else:
            _text(file, change(file.read_text(encoding="utf-8")))


_NUMBER = re.compile(r"(?<![\w.#/;-])(?<!version=.)-?\d+(\.\d*)?([eE][+-]?\d+)?(?![\w.-])")


def numbers_as(word: str, *, every: int) -> Callable[[str], str]:
    """Every so many-th number is written as that word."""

    def change(text: str) -> str:
        count = 0

        def put(found: re.Match[str]) -> str:
            nonlocal count
            count += 1
            return word if count % every == 0 else found[0]

        return _NUMBER.sub(put, text)

    return change


def comb(corners: int) -> list[XY]:
    """A valid outline of the west room with that many corners: its north side is a comb."""
    width = 5.0 / (corners - 4)
    teeth = ((round(5 - k * width, 7), 5.0 - 0.5 * (k % 2)) for k in range(corners - 4))
    return [(0, 0), (5, 0), *teeth, (0, 5)]


# Archives -------------------------------------------------------------------------------------------------------------


def pack(path: Path, texts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    return path


MANIFEST = b'{"version": "1.0.0", "created": "2024-01-01T00:00:00Z", "language": "zh-CN"}'


def zip_bomb(folder: Path, *, megabytes: int = 400) -> Path:
    """Blanks that unpack to a thousand times their size."""
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr("manifest.json", MANIFEST)
        with packed.open("unit.geojson", "w", force_zip64=True) as entry:
            for _ in range(megabytes):
                entry.write(b" " * 1024**2)
    return path


def zip_that_lies(folder: Path) -> Path:
    """The same, and its headers say that it unpacks to ten bytes."""
    path = zip_bomb(folder, megabytes=200)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        entry = packed.getinfo("unit.geojson")
    size = entry.file_size.to_bytes(4, "little")
    at = raw.find(size)
    while at >= 0:
        raw[at : at + 4] = (10).to_bytes(4, "little")
        at = raw.find(size, at + 1)
    path.write_bytes(raw)
    return path


def zip_that_overlaps(folder: Path) -> Path:
    """Four hundred entries of the directory that all unpack the same packed bytes."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b" " * 4 * 1024**2) + packed.flush()
    crc = zlib.crc32(b" " * 4 * 1024**2)
    sizes = crc.to_bytes(4, "little") + len(body).to_bytes(4, "little") + (4 * 1024**2).to_bytes(4, "little")
    common = b"\x14\0\0\0\x08\0\0\0\0\0" + sizes
    name = b"unit.geojson"
    local = b"PK\x03\x04" + common + len(name).to_bytes(2, "little") + b"\0\0" + name + body
    central = b"".join(
        b"PK\x01\x02\x14\0" + common + len(entry).to_bytes(2, "little") + b"\0" * 16 + entry
        for entry in (b"manifest.json", *(b"f%d/unit.geojson" % n for n in range(400)))
    )
    end = (401).to_bytes(2, "little") * 2 + len(central).to_bytes(4, "little") + len(local).to_bytes(4, "little")
    path = folder / "overlap.zip"
    path.write_bytes(local + central + b"PK\x05\x06\0\0\0\0" + end + b"\0\0")
    return path


def zip_of_many(folder: Path) -> Path:
    return pack(folder / "many.zip", {"manifest.json": MANIFEST, **{f"n{n}/x.json": b"" for n in range(20_000)}})


def zip_within_zip(folder: Path) -> Path:
    inner = zip_bomb(folder, megabytes=50).read_bytes()
    return pack(folder / "nested.zip", {"manifest.json": MANIFEST, "unit.geojson": inner, "level.geojson": inner})


def zip_that_climbs(folder: Path) -> Path:
    texts = {"manifest.json": MANIFEST, "../../unit.geojson": b"{}", "/tmp/level.geojson": b"{}", "..\\x.json": b"{}"}  # noqa: S108
    return pack(folder / "climb.zip", texts)


def zip_with_a_link(folder: Path) -> Path:
    path = folder / "link.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("manifest.json", MANIFEST)
        link = zipfile.ZipInfo("unit.geojson")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        packed.writestr(link, str(folder / "secret"))
    return path


ARCHIVES = (zip_bomb, zip_that_lies, zip_that_overlaps, zip_of_many, zip_within_zip, zip_that_climbs, zip_with_a_link)


# XML ------------------------------------------------------------------------------------------------------------------

XML_SEEDS: dict[str, Callable[[Path], Path]] = {"osm": osm, "indoorgml": indoorgml}

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DOCTYPES = {
    "billion laughs": (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', "&l11;"),
    "quadratic blow-up": (f'<!DOCTYPE x [<!ENTITY big "{"x" * 20_000}">]>', "&big;" * 50_000),
    "external entity": ('<!DOCTYPE x [<!ENTITY e SYSTEM "file://SECRET">]>', "&e;"),
    "external entity by parameter": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "file://SECRET"> %p;]>', ""),
    "external DTD": ('<!DOCTYPE x SYSTEM "file://SECRET">', ""),
}


def with_doctype(path: Path, doctype: str, reference: str) -> Path:
    """The declaration stands before the root; what refers to it stands where a name would."""
    text = path.read_text(encoding="utf-8")
    root = re.search(r"<(osm|IndoorFeatures)", text)
    assert root is not None
    text = text[: root.start()] + doctype + text[root.start() :]
    text = text.replace('v="R1"', f'v="{reference}"').replace("<gml:name>Room 1<", f"<gml:name>{reference}<")
    return _text(path, text)


def deep_xml(path: Path, *, depth: int = 500_000) -> Path:
    """As many elements one within another."""
    text = path.read_text(encoding="utf-8")
    end = text.rindex("</")
    return _text(path, text[:end] + "<a>" * depth + "</a>" * depth + text[end:])


# Multitudes: written in one breath, as large as ten million entities are ---------------------------------------------

TEN_MILLION = 10_000_000
BLOCK = 10_000


def multitude(folder: Path, head: bytes, entity: Callable[[int], str], tail: bytes, name: str) -> Path:
    block = "".join(entity(n) for n in range(1, BLOCK + 1)).encode()
    path = folder / name
    with path.open("wb") as file:
        file.write(head)
        for _ in range(TEN_MILLION // BLOCK):
            file.write(block)
        file.write(tail)
    return path


def many_of_ifc(folder: Path) -> Path:
    head = (
        b"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
        b"FILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n"
    )
    return multitude(folder, head, lambda n: f"#{n}=IFCWALL();\n", b"ENDSEC;\nEND-ISO-10303-21;\n", "many.ifc")


def many_of_osm(folder: Path) -> Path:
    return multitude(
        folder, b'<osm version="0.6">', lambda n: f'<node id="{n}" lat="1" lon="1"/>', b"</osm>", "many.osm"
    )


def many_of_hall(folder: Path) -> Path:
    head = b'{"format": "halltwin-building/1", "site": "x", "floors": [{"key": "1", "walls": ['
    return multitude(folder, head, lambda _: "{},", b"{}]}]}", "many.json")


def many_of_indoorgml(folder: Path) -> Path:
    head = b'<IndoorFeatures xmlns="http://www.opengis.net/indoorgml/1.0/core"><nodes>'
    return multitude(folder, head, lambda _: "<State/>", b"</nodes></IndoorFeatures>", "many.gml")


def many_of_imdf(folder: Path) -> Path:
    text = b'{"type": "FeatureCollection", "features": [' + b"{}," * TEN_MILLION + b"{}]}"
    return pack(folder / "many.zip", {"manifest.json": MANIFEST, "unit.geojson": text})


def many_of_wrld(folder: Path) -> Path:
    path = wrld(folder)
    multitude(folder, b'{"type": "FeatureCollection", "features": [', lambda _: "{},", b"{}]}", "ground.geojson")
    return path


MULTITUDES: dict[str, Callable[[Path], Path]] = {
    "hall": many_of_hall, "ifc": many_of_ifc, "osm": many_of_osm, "imdf": many_of_imdf,
    "indoorgml": many_of_indoorgml, "wrld": many_of_wrld,
}  # fmt: skip


# Nesting --------------------------------------------------------------------------------------------------------------


def deep_json(folder: Path) -> dict[str, Path]:
    """A value a million brackets deep in a file of each format that is JSON."""
    deep = "[" * 1_000_000
    files = {
        "hall": '{"format": "halltwin-building/1", "attributes": ' + deep,
        "osm": '{"version": 0.6, "elements": [{"type": "node", "id": 1, "tags": ' + deep,
        "wrld": '{"id": "x", "name": "x", "levels": [{"id": "g", "name": "G", "z_order": 0, "filename": ' + deep,
    }
    made = {name: _text(folder / f"{name}.json", text) for name, text in files.items()}
    texts = {"manifest.json": MANIFEST, "unit.geojson": ('{"features": ' + deep).encode()}
    return {**made, "imdf": pack(folder / "deep.zip", texts)}


def _gml_polygon(points: Sequence[tuple[float, float, float]]) -> str:
    positions = "".join(f"<gml:pos>{x} {y} {z}</gml:pos>" for x, y, z in (*points, points[0]))
    return (
        f"<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>{positions}</gml:LinearRing></gml:exterior>"
        "</gml:Polygon></gml:surfaceMember>"
    )


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
