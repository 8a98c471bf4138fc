"""Makes checked features of an IMDF archive's JSON: geometry in local metres, properties as they are.

A feature that cannot be read is left out with a warning; only an archive without a single place is refused.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.imdf.archive import Archive
from building.formats.imdf.placement import Placement, stated_placement
from building.formats.imdf.vocabulary import FEATURE_TYPES, LOCATED
from building.geodesy import LocalFrame
from building.model import Text

MAX_FEATURES = 200_000
MAX_POINTS = 4_000_000
MAX_TEXT = 500
MAX_SPREAD_M = 50_000.0
"""The largest venues there are measure 10 km; what reaches further is not of one place."""

Rings = list[list[tuple[float, float]]]


class Unusable(Exception):
    """Why no building can be made of the archive, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """``shape`` is a shapely geometry in local metres; None where the feature has no place of its own."""

    id: str
    type: str
    shape: Any
    properties: Mapping[str, Any]

    @property
    def category(self) -> str:
        word = self.properties.get("category")
        return word.strip().lower() if isinstance(word, str) else ""

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids a property holds, be it one or a list."""
        value = self.properties.get(name)
        values = value if isinstance(value, list) else [value]
        return tuple(v for v in values if isinstance(v, str))

    def id_in(self, name: str) -> str | None:
        return next(iter(self.ids(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Every feature of the archive by type, and where its local metres lie."""

    by_type: Mapping[str, tuple[Feature, ...]]
    by_id: Mapping[str, Feature]
    placement: Placement
    language: str

    def of(self, feature_type: str) -> tuple[Feature, ...]:
        return self.by_type.get(feature_type, ())


@dataclass(slots=True)
class Budget:
    """How many points may still come, and what was left out so far."""

    points: int = MAX_POINTS
    faults: Counter[str] = field(default_factory=Counter)


class Fault(Exception):
    """Why a feature is left out, in words."""


def read_contents(archive: Archive, warnings: list[str]) -> Contents:
    """All features, or ``Unusable``. What is left out is counted in ``warnings``."""
    budget = Budget()
    raw = [item for name in FEATURE_TYPES if name in archive.documents for item in _raw(archive, name, budget)]
    if len(raw) > MAX_FEATURES:
        raise Unusable(f"it holds more than {MAX_FEATURES:,} features")
    parsed: dict[str, tuple[str, Any, Mapping[str, Any]]] = {}
    for feature_type, item in raw:
        try:
            key, geometry, properties = _feature(item, budget)
        except Fault as fault:
            budget.faults[f"{feature_type}: {fault}"] += 1
            continue
        if key in parsed:
            budget.faults[f"{feature_type}: its id stands there twice"] += 1
        else:
            parsed[key] = (feature_type, geometry, properties)
    middle = _middle(parsed)
    placement = stated_placement(p for t, _, p in parsed.values() if t == "venue") or middle
    by_id = {key: _placed(key, *entry, placement) for key, entry in parsed.items()}
    by_type: dict[str, list[Feature]] = {}
    for feature in by_id.values():
        if feature.type in LOCATED and (feature.shape is None or feature.shape.is_empty):
            budget.faults[f"{feature.type}: its geometry has no extent"] += 1
        else:
            by_type.setdefault(feature.type, []).append(feature)
    warnings.extend(f"{n} × {what}: left out" for what, n in sorted(budget.faults.items()))
    manifest = archive.manifest if isinstance(archive.manifest, dict) else {}
    language = manifest.get("language")
    return Contents(
        by_type={name: tuple(features) for name, features in by_type.items()},
        by_id=by_id,
        placement=placement,
        language=language if isinstance(language, str) else "en",
    )


def _raw(archive: Archive, name: str, budget: Budget) -> Iterator[tuple[str, Any]]:
    document = archive.documents[name]
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        budget.faults[f"{name}: the file is no FeatureCollection"] += 1
        return
    for item in features:
        yield name, item


def _feature(item: Any, budget: Budget) -> tuple[str, Any, Mapping[str, Any]]:
    if not isinstance(item, dict):
        raise Fault("no feature object")
    properties = item.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    key = item.get("id", properties.get("id"))
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not key.strip():
        raise Fault("no id")
    geometry = item.get("geometry")
    return key.strip()[:200], None if geometry is None else parse_geometry(geometry, budget), properties


def parse_geometry(raw: Any, budget: Budget) -> tuple[str, list[Rings]]:
    """(Point, Line or Polygon; parts of rings of points in degrees), or ``Fault``."""
    kind, coordinates = (raw.get("type"), raw.get("coordinates")) if isinstance(raw, dict) else (None, None)
    if kind == "Point":
        return "Point", [[[_position(coordinates, budget)]]]
    if kind == "LineString":
        return "Line", [[_positions(coordinates, budget, least=2)]]
    if kind == "MultiLineString":
        return "Line", [[_positions(c, budget, least=2)] for c in _list(coordinates)]
    if kind == "Polygon":
        return "Polygon", [[_positions(r, budget, least=4) for r in _list(coordinates)]]
    if kind == "MultiPolygon":
        return "Polygon", [[_positions(r, budget, least=4) for r in _list(part)] for part in _list(coordinates)]
    raise Fault("its geometry is of no type that IMDF has")


def _list(raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise Fault("its coordinates are no list")
    return raw


def _positions(raw: Any, budget: Budget, *, least: int) -> list[tuple[float, float]]:
    points = [_position(p, budget) for p in _list(raw)]
    if least == 4 and len(points) == 3:
        points.append(points[0])  # an open ring, as some tools write it
    if len(points) < least:
        raise Fault("too few points")
    return points


def _position(raw: Any, budget: Budget) -> tuple[float, float]:
    budget.points -= 1
    if budget.points < 0:
        raise Unusable(f"it holds more than {MAX_POINTS:,} points")
    if not isinstance(raw, list) or len(raw) < 2:
        raise Fault("a position is no longitude and latitude")
    lon, lat = raw[0], raw[1]
    for number, bound in ((lon, 180.0), (lat, 90.0)):
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= bound:
            raise Fault("a position is no longitude and latitude")
    return float(lon), float(lat)


def _middle(parsed: Mapping[str, tuple[str, Any, Any]]) -> Placement:
    """Around the middle of what is built."""
    for wanted in (("level", "unit", "footprint"), ("venue", "opening", "amenity")):
        points = [
            p
            for feature_type, geometry, _ in parsed.values()
            if feature_type in wanted and geometry is not None
            for part in geometry[1]
            for ring in part
            for p in ring
        ]
        if points:
            break
    else:
        raise Unusable("nothing in it has a place (no level, no unit, no venue with coordinates)")
    if max(abs(lat) for _, lat in points) > 89.0:
        raise Unusable("its coordinates lie at the pole: they are no longitudes and latitudes")
    # Measured from one of the points, so that a venue on the date line is no world apart.
    first = LocalFrame(*points[0])
    local = [first.to_local(*p) for p in points]
    xs, ys = [p[0] for p in local], [p[1] for p in local]
    if math.hypot(max(xs) - min(xs), max(ys) - min(ys)) > MAX_SPREAD_M:
        raise Unusable(f"its coordinates lie more than {MAX_SPREAD_M / 1000:g} km apart")
    lon, lat = first.to_geographic(((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2))
    return Placement(LocalFrame(round(lon, 7), round(lat, 7)))


def _placed(key: str, feature_type: str, geometry: Any, properties: Mapping[str, Any], at: Placement) -> Feature:
    shape = None if geometry is None else _shape(geometry[0], geometry[1], at)
    return Feature(id=key, type=feature_type, shape=shape, properties=properties)


def _shape(kind: str, parts: list[Rings], at: Placement) -> BaseGeometry:
    local = [[[_millimetres(at.to_local(*p)) for p in ring] for ring in part] for part in parts]
    if kind == "Point":
        return shapely.Point(local[0][0][0])
    if kind == "Line":
        return (
            shapely.MultiLineString([part[0] for part in local]) if len(local) > 1 else shapely.LineString(local[0][0])
        )
    mended = shapely.make_valid(shapely.MultiPolygon([(part[0], part[1:]) for part in local]))
    return shapely.union_all([p for p in shapely.get_parts(mended) if p.geom_type.endswith("Polygon")])


def _millimetres(xy: tuple[float, float]) -> tuple[float, float]:
    """Tools write 7 to 15 digits; below a millimetre they differ, and shared edges no longer meet."""
    return round(xy[0], 3) + 0.0, round(xy[1], 3) + 0.0


def labels(value: Any, language: str) -> Text:
    """A LABELS object, or the plain string some tools write, as our text: Chinese is ``zh``, English ``en``."""
    if isinstance(value, str):
        value = {language: value}
    if not isinstance(value, dict):
        return {}
    out: dict[str, str] = {}
    # The plain tag first, then its regions and scripts in their order: zh before zh-Hans before zh-Hant.
    for tag, words in sorted((str(t), w) for t, w in value.items() if isinstance(w, str)):
        stem = tag.replace("_", "-").split("-", 1)[0].lower()
        if words.strip() and 2 <= len(stem) <= 20:
            out.setdefault(stem, words.strip()[:MAX_TEXT])
    return out
