"""OpenStreetMap and IndoorGML files told otherwise: turned, elsewhere, in another order, under other ids."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

from building.geodesy import LocalFrame

_POS = re.compile(r"(<gml:pos(?:\s[^>]*)?>)([^<]*)(</gml:pos>)")
PRIME, FACTOR = 2**61 - 1, 6_364_136_223_846_793_005
"""Products by a factor modulo a prime are all different."""


def osm_elsewhere(text: str, degrees: float = 17.0, east_deg: float = 7.3) -> str:
    """Turned about its middle, and on another meridian."""
    root = _root(text)
    nodes = root.findall("node")
    lons, lats = ([float(node.get(name, "0")) for node in nodes] for name in ("lon", "lat"))
    middle = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    here, there = LocalFrame(*middle), LocalFrame(middle[0] + east_deg, middle[1])
    for node, lon, lat in zip(nodes, lons, lats, strict=True):
        lon, lat = there.to_geographic(_turned(*here.to_local(lon, lat), degrees))  # noqa: PLW2901
        node.set("lon", f"{lon:.10f}")
        node.set("lat", f"{lat:.10f}")
    for bounds in root.findall("bounds"):
        root.remove(bounds)
    return ET.tostring(root, encoding="unicode")


def osm_reordered(text: str) -> str:
    """The last element first."""
    root = _root(text)
    root[:] = reversed(root)
    return ET.tostring(root, encoding="unicode")


def osm_renumbered(text: str) -> str:
    """Other ids, in an order that has nothing to do with the old one."""
    root = _root(text)
    for element in root.iter():
        for name in ("id", "ref"):
            if (old := element.get(name, "")).isdigit():
                element.set(name, str(int(old) * FACTOR % PRIME))
    return ET.tostring(root, encoding="unicode")


def indoorgml_elsewhere(text: str, degrees: float = 17.0) -> str:
    """Turned about the origin of its coordinates, and 500 km off."""

    def anew(match: re.Match[str]) -> str:
        x, y, *z = (float(v) for v in match[2].split())
        x, y = _turned(x, y, degrees)
        return match[1] + " ".join(f"{v:.9f}" for v in (x + 400_000.0, y + 300_000.0, *z)) + match[3]

    return _POS.sub(anew, text)


def indoorgml_reordered(text: str) -> str:
    """The last cell, state and transition first."""
    root = _root(text)
    for parent in root.iter():
        if len({child.tag for child in parent}) == 1 and parent[0].tag.endswith(("Member", "state", "transition")):
            parent[:] = reversed(parent)
    return ET.tostring(root, encoding="unicode")


def _turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return x * cos - y * sin, x * sin + y * cos


def _root(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # noqa: S314  a file of ours
