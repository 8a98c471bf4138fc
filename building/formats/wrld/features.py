"""The features of a level in metres: what is drawn twice, nowhere, or as nothing is left out and counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import LineString
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from building.formats.packed import Refused
from building.formats.wrld.source import Level, Source, key_of, word
from building.geodesy import POLE_DEG, LocalFrame
from building.model import XY, SourceId, Text

FEATURES_MAX, POINTS_MAX = 200_000, 2_000_000
AREA_MIN_M2 = 1e-3
LENGTH_MIN_M = 0.01
EXTENT_MAX_M = 20_000.0
AREAS = frozenset(
    (
        "bathroom", "building_outline", "door", "elevator", "escalator", "floor_opening", "garden", "hallway",
        "highlight", "inaccessible_space", "no_geometry", "room", "stairs", "unit", "wall", "window",
    )
)  # fmt: skip
LINES = frozenset(("pathway", "entrance", "stairs", "escalator", "elevator"))

_Ring = list[XY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """``kind`` is the format's own type, ``id`` its own on its level; ``plan`` is valid and an area of some size."""

    key: str
    id: str
    kind: str
    name: str
    plan: BaseGeometry
    source: SourceId

    def text(self, zh: str, en: str) -> Text:
        """Its own name, or what it is called for want of one."""
        return {"zh": self.name or zh, "en": self.name or en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one level shows."""

    level: Level
    areas: tuple[Feature, ...]
    ways: tuple[Feature, ...]

    def of(self, *kinds: str) -> list[Feature]:
        return [f for f in self.areas if f.kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A line from level to level: for every point the order of its level."""

    kind: str
    name: str
    points: tuple[XY, ...]
    orders: tuple[int, ...]


def local_frame(source: Source) -> LocalFrame:
    """Metres around the middle of all that is drawn."""
    points: list[XY] = []
    count = 0
    for level in source.levels:
        for feature in (*level.features, *level.paths):
            count += 1
            if count > FEATURES_MAX:
                raise Refused(f"it holds more than {FEATURES_MAX:,} features")
            points += (p for ring in _rings(feature) for p in ring)
            if len(points) > POINTS_MAX:
                raise Refused(f"it holds more than {POINTS_MAX:,} points")
    if not points:
        raise Refused("it draws nothing")
    if any(abs(lon) > 180 or abs(lat) > POLE_DEG for lon, lat in points):
        raise Refused("its coordinates are no longitudes and latitudes (WGS84)")
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    if east - west > 180:
        raise Refused("it reaches round the earth")
    frame = LocalFrame(round((west + east) / 2, 7), round((south + north) / 2, 7))
    if max(map(abs, (*frame.to_local(west, south), *frame.to_local(east, north)))) > EXTENT_MAX_M:
        raise Refused(f"it is more than {EXTENT_MAX_M / 500:.0f} km wide: no building is")
    return frame


def drawn(level: Level, frame: LocalFrame, warnings: list[str]) -> Drawn:
    """What this level shows, in an order that does not depend on the file's."""
    left: Counter[str] = Counter()
    areas = _keyed(level, [f for raw in level.features for f in _areas(raw, frame, left)], "")
    ways = _keyed(level, [f for raw in level.paths for f in _ways(raw, frame, left)], "way-")
    warnings += [f"level {level.number}: {n} features are left out: {why}" for why, n in sorted(left.items())]
    return Drawn(level=level, areas=areas, ways=ways)


def ways_between(source: Source, frame: LocalFrame) -> list[Way]:
    """The lines that lead from level to level, as far as each of their points names one."""
    found = []
    for raw in source.between:
        lines = list(_rings(raw))
        orders = raw.get("levels") if isinstance(raw, dict) else None
        if len(lines) != 1 or not isinstance(orders, list) or len(orders) != len(lines[0]):
            continue
        if all(isinstance(o, int) for o in orders) and all(abs(x) <= 180 and abs(y) <= POLE_DEG for x, y in lines[0]):
            points = tuple(frame.to_local(*p) for p in lines[0])
            found.append(Way(kind=_kind(raw), name=word(_of(raw, "name")), points=points, orders=tuple(orders)))
    return found


def _keyed(level: Level, found: Sequence[tuple[str, str, str, BaseGeometry]], kind: str) -> tuple[Feature, ...]:
    """Each with a key of its own: its id, or where that is missing or used twice, its turn by place."""
    repeated = Counter(own for own, *_ in found)
    turns: Counter[str] = Counter()
    features = []
    for own, type_, name, plan in sorted(found, key=_by_place):
        key = own
        if not own or repeated[own] > 1:
            turns[type_] += 1
            key = f"{own or type_}-{type_}{turns[type_]}"
        source = SourceId(scheme="wrld", value=f"{level.key}/{kind}{key}")
        features.append(
            Feature(key=f"{level.key}-{kind}{key}", id=key, kind=type_, name=name, plan=plan, source=source)
        )
    return tuple(features)


def _by_place(found: tuple[str, str, str, BaseGeometry]) -> tuple[str, float, float, float, str]:
    own, type_, _, plan = found
    at = plan.centroid
    return (type_, round(at.x, 3), round(at.y, 3), round(plan.area, 3), own)


def _areas(raw: Any, frame: LocalFrame, left: Counter[str]) -> Iterator[tuple[str, str, str, BaseGeometry]]:
    kind, geometry = _kind(raw), _geometry(raw)
    if kind not in AREAS:
        left[f"type {kind!r} is not known" if kind else "they have no type"] += 1
        return
    polygons = _polygons(geometry)
    shapes = [_valid(_polygon(rings, frame)) for rings in polygons]
    plan = shapely.union_all([s for s in shapes if s is not None])
    if not polygons:
        left[f"a {kind} must be a polygon"] += 1
    elif plan.is_empty or plan.area < AREA_MIN_M2:
        left[f"a {kind} covers nothing"] += 1
    else:
        yield key_of(word(_of(raw, "id"))), kind, word(_of(raw, "name")), plan


def _ways(raw: Any, frame: LocalFrame, left: Counter[str]) -> Iterator[tuple[str, str, str, BaseGeometry]]:
    kind, geometry = _kind(raw), _geometry(raw)
    line = _points(geometry.get("coordinates")) if geometry.get("type") == "LineString" else []
    plan = LineString([frame.to_local(*p) for p in line]) if len(line) > 1 else LineString()
    if kind not in LINES:
        left[f"a way of type {kind!r} is not known"] += 1
    elif plan.length < LENGTH_MIN_M:
        left[f"a way of type {kind} leads nowhere"] += 1
    else:
        yield key_of(word(_of(raw, "id"))), kind, word(_of(raw, "name")), plan


def _polygon(rings: Sequence[_Ring], frame: LocalFrame) -> ShapelyPolygon | None:
    outer, *holes = ([frame.to_local(*p) for p in ring] for ring in rings)
    return ShapelyPolygon(outer, [h for h in holes if len(h) > 3]) if len(outer) > 3 else None


def _valid(shape: ShapelyPolygon | None) -> BaseGeometry | None:
    """Where an outline touches or crosses itself, what it encloses."""
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all([p for p in parts if p.area > 0])


def _kind(raw: Any) -> str:
    return word(_of(raw, "type")).lower()


def _of(raw: Any, name: str) -> Any:
    """A property; some exporters leave the id beside the properties, as GeoJSON has it."""
    properties = raw.get("properties") if isinstance(raw, dict) else None
    value = properties.get(name) if isinstance(properties, dict) else None
    return raw.get("id") if value is None and name == "id" and isinstance(raw, dict) else value


def _geometry(raw: Any) -> Mapping[str, Any]:
    geometry = raw.get("geometry") if isinstance(raw, dict) else None
    return geometry if isinstance(geometry, dict) else {}


def _polygons(geometry: Mapping[str, Any]) -> list[list[_Ring]]:
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return []
    parts: Iterable[Any] = [coordinates] if geometry["type"] == "Polygon" else coordinates
    found = [[_points(ring) for ring in part] for part in parts if isinstance(part, list)]
    return [rings for rings in found if rings]


def _rings(raw: Any) -> Iterator[_Ring]:
    geometry = _geometry(raw)
    if geometry.get("type") == "LineString":
        yield _points(geometry.get("coordinates"))
    for rings in _polygons(geometry):
        yield from rings


def _points(ring: Any) -> _Ring:
    """The points of a line or ring; one that is no pair of numbers makes it empty."""
    if not isinstance(ring, list):
        return []
    points = [(p[0], p[1]) for p in ring if isinstance(p, list) and len(p) > 1 and all(map(_is_number, p[:2]))]
    return [(float(x), float(y)) for x, y in points] if len(points) == len(ring) else []


def _is_number(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) < 1e9 and math.isfinite(value)
