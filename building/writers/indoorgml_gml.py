"""GML 3.2 by hand: elements in the order the schema asks for, ids that are XML names, solids raised from areas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from building.model import XYZ, Text

NAMESPACES = {
    "core": "http://www.opengis.net/indoorgml/1.0/core",
    "navi": "http://www.opengis.net/indoorgml/1.0/navigation",
    "gml": "http://www.opengis.net/gml/3.2",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_SCHEMAS = (
    "http://www.opengis.net/indoorgml/1.0/core http://schemas.opengis.net/indoorgml/1.0/indoorgmlcore.xsd "
    "http://www.opengis.net/indoorgml/1.0/navigation http://schemas.opengis.net/indoorgml/1.0/indoorgmlnavi.xsd"
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Ring = Sequence[XYZ]


def xml_id(kind: str, key: str) -> str:
    """An XML name for a key: the same key, the same name; two keys, two names."""
    return f"{kind}-" + _NOT_IN_NAMES.sub(lambda m: f"_{ord(m.group()):x}_", key)


def root_of(key: str, more: dict[str, str]) -> Element:
    attributes = {f"xmlns:{prefix}": uri for prefix, uri in (NAMESPACES | more).items()}
    return Element("core:IndoorFeatures", attributes | {"gml:id": key, "xsi:schemaLocation": _SCHEMAS})


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """A child; ``gml_id`` and ``xlink_href`` stand for ``gml:id`` and ``xlink:href``."""
    named = {key.replace("_", ":", 1): clean(value) for key, value in attributes.items()}
    child = SubElement(parent, tag, named)
    if text is not None:
        child.text = clean(text)
    return child


def clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return _NOT_IN_XML.sub(" ", text)


def describe(feature: Element, description: str, name: Text) -> None:
    """GML's own properties come first, in this order."""
    if description:
        add(feature, "gml:description", description)
    for language, words in name.items():
        if words:
            add(feature, "gml:name", words, codeSpace=language)


def refer(parent: Element, tag: str, key: str) -> Element:
    return add(parent, tag, xlink_href=f"#{key}")


def point(parent: Element, key: str, at: XYZ) -> None:
    add(add(parent, "gml:Point", gml_id=key), "gml:pos", _numbers(at), srsDimension="3")


def line(parent: Element, key: str, points: Iterable[XYZ]) -> None:
    string = add(parent, "gml:LineString", gml_id=key)
    for p in points:
        add(string, "gml:pos", _numbers(p), srsDimension="3")


def polygon(parent: Element, key: str, rings: Sequence[Ring]) -> None:
    """The outer ring first; each is closed here."""
    face = add(parent, "gml:Polygon", gml_id=key)
    for n, ring in enumerate(rings):
        loop = add(add(face, "gml:interior" if n else "gml:exterior"), "gml:LinearRing")
        for p in (*ring, ring[0]):
            add(loop, "gml:pos", _numbers(p), srsDimension="3")


def solid(parent: Element, key: str, areas: Sequence[Any], z0_m: float, z1_m: float) -> None:
    """Areas (shapely polygons) raised between two heights, every face looking outward."""
    if len(areas) > 1:
        whole = add(parent, "gml:CompositeSolid", gml_id=key)
        for n, area in enumerate(areas):
            solid(add(whole, "gml:solidMember"), f"{key}-{n}", [area], z0_m, z1_m)
        return
    shell = add(add(add(parent, "gml:Solid", gml_id=key), "gml:exterior"), "gml:Shell")
    rings = [list(ring.coords)[:-1] for ring in (areas[0].exterior, *areas[0].interiors)]
    faces: list[list[Ring]] = [
        [[(x, y, z0_m) for x, y in reversed(ring)] for ring in rings],
        [[(x, y, z1_m) for x, y in ring] for ring in rings],
    ]
    for ring in rings:
        for (ax, ay), (bx, by) in pairwise((*ring, ring[0])):
            faces.append([[(ax, ay, z0_m), (bx, by, z0_m), (bx, by, z1_m), (ax, ay, z1_m)]])
    for n, face in enumerate(faces):
        polygon(add(shell, "gml:surfaceMember"), f"{key}-f{n}", face)


def _numbers(point: XYZ) -> str:
    return " ".join(f"{round(c, 4) + 0.0:.10g}" for c in point)


def dumps(root: Element) -> bytes:
    indent(root, " ")
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"
