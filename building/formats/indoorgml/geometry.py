"""GML shapes as plain corners in metres: whatever way the positions are written, axes in the order X, Y, Z."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from xml.etree.ElementTree import Element

from building.geodesy import LocalFrame
from building.model import XYZ, Georeference

FAR_M = 10_000.0
"""Farther from the origin than this, coordinates are those of a national grid: the building gets its own zero."""
MAX_VISITS = 5_000_000
"""Elements looked at while references are followed: a file whose references lead to references ends here."""
COORDINATE_MAX = 1e9
GEOGRAPHIC_EPSG = (4001, 4999)
NORTHING_FIRST_EPSG = (
    (2326, 2326), (2327, 2390), (2397, 2462), (4491, 4554), (5173, 5188), (6669, 6687), (31466, 31469),
)  # fmt: skip
"""National grids whose first axis points north (EPSG registry: China, Hong Kong, Japan, Korea, Germany)."""
UNITS_M = {"mm": 0.001, "cm": 0.01, "dm": 0.1, "m": 1.0, "ft": 0.3048, "foot": 0.3048, "in": 0.0254}

_CODE = re.compile(r"epsg[:/#.](?:[\w.]*[:/#])?(\d{4,6})", re.IGNORECASE)
_POLYGONS = ("Polygon", "PolygonPatch", "Triangle", "Rectangle")

Point = tuple[float, ...]


class TooMuch(Exception):
    """References within the file lead to more shapes than any building has."""


@dataclass(frozen=True, slots=True)
class Face:
    """One flat piece of a surface: its rings, the outer first, without the repeated last corner."""

    rings: tuple[tuple[XYZ, ...], ...]


@dataclass(slots=True)
class Geometry:
    """Reads the shapes of one file, all in the same way. ``flat``: no position anywhere has a height."""

    by_id: Mapping[str, Element]
    parents: Mapping[Element, Element]
    warnings: list[str]
    flat: bool = False
    georeference: Georeference | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    _swap: bool = False
    _unit_m: float = 1.0
    _frame: LocalFrame | None = None
    _origin: tuple[int, int] = (0, 0)
    _visits: int = 0
    _size: int = 3

    def settle(self, root: Element) -> None:
        """Finds out once how positions are written: their size, their axes, their unit, where the building lies."""
        sizes = {len(_numbers(e.text)) for e in root.iter("pos")} or {
            int(e.attrib["srsDimension"]) for e in root.iter() if e.get("srsDimension", "").isdigit()
        }
        self._size = 2 if sizes and max(sizes) == 2 else 3
        self.flat = self._size == 2
        names = list(dict.fromkeys(n for e in root.iter() if (n := e.get("srsName"))))
        if len(names) > 1:
            self.warnings.append(f"the file names {len(names)} coordinate systems; {names[0]} is taken for all")
        units = next((u for e in root.iter() if (u := e.get("uomLabels"))), "").lower().split()
        points = [p for e in root.iter() if e.tag in ("pos", "posList", "coordinates") for p in self._raw(e)]
        if not points:
            return
        low = [min(p[i] for p in points) for i in (0, 1)]
        high = [max(p[i] for p in points) for i in (0, 1)]
        name = names[0] if names else ""
        found = _CODE.search(name)
        code = int(found.group(1)) if found else 0
        if name:
            self.attributes["crs"] = name
        if self._is_geographic(code, name, units, low, high):
            self._swap = code != 0 and not _in_short_form(name)
            lon, lat = (1, 0) if self._swap else (0, 1)
            if max(abs(low[lat]), abs(high[lat])) > 90 and max(abs(low[lon]), abs(high[lon])) <= 90:
                self._swap, lon, lat = not self._swap, lat, lon
            here = ((low[lon] + high[lon]) / 2, (low[lat] + high[lat]) / 2)
            self._frame = LocalFrame(*here)
            self.georeference = Georeference(lon_deg=here[0], lat_deg=here[1])
            return
        self._unit_m = UNITS_M.get(units[0], 1.0) if units else 1.0
        self._swap = not _in_short_form(name) and any(a <= code <= b for a, b in NORTHING_FIRST_EPSG)
        x, y = (1, 0) if self._swap else (0, 1)
        if max(abs(c) for c in (*low, *high)) * self._unit_m > FAR_M:
            middle = [statistics.median(p[i] for p in points) for i in (x, y)]  # one stray corner does not move it
            self._origin = (math.floor(middle[0] * self._unit_m), math.floor(middle[1] * self._unit_m))
            self.attributes |= {"origin_x_m": str(self._origin[0]), "origin_y_m": str(self._origin[1])}

    @staticmethod
    def _is_geographic(code: int, name: str, units: list[str], low: list[float], high: list[float]) -> bool:
        if any(abs(c) > 180 for c in (*low, *high)):
            return False
        said = "crs84" in name.lower() or GEOGRAPHIC_EPSG[0] <= code <= GEOGRAPHIC_EPSG[1]
        return said or any(u.startswith("deg") for u in units[:2])

    def faces(self, element: Element | None) -> list[Face]:
        """Every flat piece below, following references within the file."""
        return [] if element is None else list(self._faces(element, frozenset()))

    def _faces(self, element: Element, seen: frozenset[str]) -> Iterator[Face]:
        self._visits += 1
        if self._visits > MAX_VISITS:
            raise TooMuch
        if element.tag in _POLYGONS:
            rings = [self._ring(r) for side in ("exterior", "interior") for e in element.findall(side) for r in e]
            rings = [r for r in rings if len(r) >= 3]
            if rings:
                yield Face(tuple(rings))
            return
        href = element.get("href", "")
        target = self.by_id.get(href[1:]) if href.startswith("#") else None
        if target is not None and href not in seen and element.tag in ("surfaceMember", "baseSurface", "solidMember"):
            yield from self._faces(target, seen | {href})
        for child in element:
            if child.tag != "interior":  # a hollow within a solid is no floor
                yield from self._faces(child, seen)

    def line(self, element: Element | None) -> tuple[XYZ, ...]:
        """The positions below, in their order."""
        return () if element is None else tuple(self._positions(element))

    def _ring(self, element: Element) -> tuple[XYZ, ...]:
        """A corner that comes twice in a row, or closes the ring, is one; a later one may lead to a hole and back."""
        points = [p for p, _ in groupby(self._positions(element))]
        return tuple(points[:-1] if len(points) > 1 and points[0] == points[-1] else points)

    def _positions(self, element: Element) -> Iterator[XYZ]:
        for e in element.iter():
            if e.tag in ("pos", "posList", "coordinates"):
                yield from (self._place(p) for p in self._raw(e))

    def _raw(self, e: Element) -> list[Point]:
        if e.tag == "coordinates":
            between, decimal, tuples = e.get("cs", ","), e.get("decimal", "."), e.get("ts")
            text = (e.text or "").strip()
            words = text.split(tuples) if tuples and tuples.strip() else text.split()
            rows = [[_number(n.replace(decimal, ".")) for n in w.split(between)] for w in words]
            return [tuple(r) for r in rows if len(r) >= 2 and all(map(_sane, r))]
        numbers = _numbers(e.text)
        size = len(numbers) if e.tag == "pos" else self._dimension(e, len(numbers))
        if size not in (2, 3) or len(numbers) % size or not all(map(_sane, numbers)):
            return []
        return [tuple(numbers[i : i + size]) for i in range(0, len(numbers), size)]

    def _dimension(self, e: Element, count: int) -> int:
        """How many numbers make a position in a list: what it or what it stands in says, else what divides it."""
        at: Element | None = e
        while at is not None:
            if at.get("srsDimension", "") in ("2", "3"):
                return int(at.attrib["srsDimension"])
            at = self.parents.get(at)
        return next((n for n in (self._size, 3, 2) if count % n == 0), 0)

    def _place(self, p: Point) -> XYZ:
        x, y = (p[1], p[0]) if self._swap else (p[0], p[1])
        z = p[2] if len(p) > 2 else 0.0
        if self._frame is not None:
            x, y = self._frame.to_local(x, y)
            return (x, y, z)
        unit = self._unit_m
        return (x * unit - self._origin[0], y * unit - self._origin[1], z * unit)


def _in_short_form(name: str) -> bool:
    """``EPSG:4326`` and the like put east first whatever the registry says; URNs and HTTP names follow the registry."""
    lowered = name.lower()
    return lowered.startswith("epsg:") or "epsg.xml#" in lowered or "crs84" in lowered


def _numbers(text: str | None) -> list[float]:
    return [_number(word) for word in (text or "").split()]


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _sane(number: float) -> bool:
    return math.isfinite(number) and abs(number) < COORDINATE_MAX
