"""A building as one RFC 7946 feature collection in WGS84: a feature an element, with its level and all it says.

Longitude and latitude to a millimetre; areas counter-clockwise with holes clockwise; heights as properties, because
GeoJSON's third coordinate is a height above the ellipsoid, which no building file knows.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from building.geodesy import LocalFrame
from building.labels import to_shape
from building.masonry import from_shape
from building.model import XY, Building, Entity, Georeference, Polygon
from building.versions import content_hash
from building.writers.writer import Loss, Writer

Json = dict[str, Any]

PLACEHOLDER = Georeference(lon_deg=0.0, lat_deg=0.0)
"""Where a building is put that does not know its place on Earth; the file says so."""
DECIMALS = 8
"""Of a degree: a millimetre."""

_LINES = {"openings": "line", "outdoor_links": "path", "approaches": "path"}
_AREAS = {
    "floors": "outline", "spaces": "footprint", "walls": "footprint", "bays": "footprint", "furniture": "footprint",
    "outdoor_places": "footprint",
}  # fmt: skip
_POINTS = {"windows": "at", "pois": "at", "seats": "at"}
_UNPLACED = ("departments", "supply")
_LOCAL = ("line", "path", "step_free_path", "paths", "stand", "at", "outline", "footprint")
"""Members in the building's own metres: drawn as geometry, or left out."""


def dumps(b: Building) -> str:
    return json.dumps(_collection(b), ensure_ascii=False, indent=None, separators=(",", ":"), allow_nan=False) + "\n"


def _collection(b: Building) -> Json:
    draw = _Draw(b)
    placed = {name: entities for name, entities in b.lists().items() if name not in _UNPLACED}
    return {
        "type": "FeatureCollection",
        "halltwin": {
            "site": b.site,
            "name": dict(b.name),
            "version": content_hash(b),
            "georeference": "stated" if b.georeference else "placeholder: where the building stands is not known",
        },
        "features": [draw.feature(name, e) for name, entities in placed.items() for e in entities],
    }


class _Draw:
    def __init__(self, b: Building) -> None:
        here = b.georeference or PLACEHOLDER
        self.frame = LocalFrame(here.lon_deg, here.lat_deg)
        turn = math.radians(here.rotation_deg)
        self.cos, self.sin = math.cos(turn), math.sin(turn)
        self.floors = {f.id: f for f in b.floors}
        self.spaces = {s.id: s for s in b.spaces}

    def feature(self, list_name: str, e: Entity) -> Json:
        return {
            "type": "Feature",
            "id": e.id,
            "geometry": self.geometry(list_name, e),
            "properties": self.properties(e),
        }

    def properties(self, e: Entity) -> Json:
        own = {f.name: getattr(e, f.name) for f in dataclasses.fields(e) if f.name not in (*_LOCAL, "id", "pose")}
        floors = self._floors(e)
        out: Json = {"entity": e.id.split(":")[1]}
        if len(floors) == 1:
            out |= {"level": floors[0].ordinal, "level_number": floors[0].number}
        elif floors:
            out["level"] = sorted(f.ordinal for f in floors)
        if pose := getattr(e, "pose", None):
            out |= {"z_m": pose.z_m, "yaw_deg": pose.yaw_deg, "pitch_deg": pose.pitch_deg}
        return out | {name: plain for name, value in own.items() if (plain := _plain(value)) not in (None, [], {})}

    def _floors(self, e: Any) -> list[Any]:
        if hasattr(e, "ordinal"):
            return [e]
        ids = [s.floor for s in getattr(e, "stops", ())] or [getattr(e, "floor", None)]
        return [self.floors[i] for i in dict.fromkeys(ids) if i in self.floors]

    def geometry(self, list_name: str, e: Any) -> Json | None:
        if list_name in _AREAS:
            area = getattr(e, _AREAS[list_name])
            return self._area((area,) if isinstance(area, Polygon) else area)
        if list_name in _LINES:
            line = getattr(e, _LINES[list_name])
            return {"type": "LineString", "coordinates": self._positions(line)} if len(line) > 1 else None
        if list_name in _POINTS:
            return {"type": "Point", "coordinates": self._position(getattr(e, _POINTS[list_name]))}
        if list_name == "devices":
            return {"type": "Point", "coordinates": self._position((e.pose.x_m, e.pose.y_m))}
        if list_name == "zones":
            return self._area(tuple(p for s in e.spaces if s in self.spaces for p in self.spaces[s].footprint))
        return self._link(e)

    def _link(self, v: Any) -> Json | None:
        if v.paths:
            return {"type": "MultiLineString", "coordinates": [self._positions(p) for p in v.paths if len(p) > 1]}
        stops = [self._position(s.at) for s in v.stops]
        return {"type": "MultiPoint", "coordinates": stops} if stops else None

    def _area(self, polygons: Sequence[Polygon]) -> Json | None:
        parts = [self._rings(p) for p in from_shape(to_shape(polygons))]
        if not parts:
            return None
        return (
            {"type": "MultiPolygon", "coordinates": parts}
            if parts[1:]
            else {"type": "Polygon", "coordinates": parts[0]}
        )

    def _rings(self, polygon: Polygon) -> list[list[list[float]]]:
        import shapely

        turned = shapely.orient_polygons(shapely.Polygon(polygon.outer, polygon.holes))
        return [self._positions(ring.coords) for ring in (turned.exterior, *turned.interiors)]

    def _positions(self, points: Any) -> list[list[float]]:
        return [self._position(p) for p in points]

    def _position(self, p: Sequence[float]) -> list[float]:
        at: XY = (p[0] * self.cos - p[1] * self.sin, p[0] * self.sin + p[1] * self.cos)
        return [round(c, DECIMALS) for c in self.frame.to_geographic(at)]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if dataclasses.is_dataclass(value):
        own = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in _LOCAL}
        return {name: v for name, v in own.items() if v is not None}
    return value


def _write(b: Building, path: Path) -> tuple[Loss, ...]:
    path.write_text(dumps(b), encoding="utf-8")
    unplaced = "It has no place of its own, and every feature is one."
    losses = [(name, len(b.lists()[name]), unplaced) for name in _UNPLACED]
    if b.georeference is None:
        losses.append(("georeference", 1, "Where the building stands is not known: it is drawn around 0° N 0° E."))
    heights = "A height in GeoJSON is above the ellipsoid, which is not known: the line is flat."
    losses.append(("vertical_links.paths", sum(bool(v.paths) for v in b.vertical_links), heights))
    losses.append(("windows.stand", len(b.windows), "A feature has one geometry: the counter's own point."))
    losses.append(("approaches.step_free_path", sum(bool(a.step_free_path) for a in b.approaches),
                   "A feature has one geometry: the shortest way."))  # fmt: skip
    return tuple(Loss(what=what, count=count, reason=reason) for what, count, reason in losses if count)


WRITER = Writer(name="geojson", suffixes=(".geojson",), write=_write)
