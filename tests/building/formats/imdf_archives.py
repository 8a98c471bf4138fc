"""Small IMDF archives, drawn in metres around a point in a city: what tools write, told in a few lines."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from building.geodesy import LocalFrame

AT = LocalFrame(113.35, 23.12)

Json = dict[str, Any]
XY = tuple[float, float]

_POINTED = ("unit", "opening", "fixture", "kiosk", "section", "level", "venue")


def number(n: int) -> str:
    """The n-th feature's id."""
    return str(uuid.UUID(int=(n << 80) | 0x4000_8000_0000_0000_0001, version=4))


def box(x0: float, y0: float, x1: float, y1: float) -> list[XY]:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


class Sketch:
    """A venue with one building; every feature has all its properties, so that the archive keeps every rule."""

    def __init__(self, *, footprint: Sequence[XY] | None = None, venue: Sequence[XY] | None = None) -> None:
        self.files: dict[str, Json] = {}
        self.manifest: Any = {
            "version": "1.0.0", "created": "2024-05-06T07:08:09Z", "generated_by": "sketch", "language": "en",
            "extensions": None,
        }  # fmt: skip
        self._n = 0
        self.address = self.add("address", None, {
            "address": "1 Hall Road", "unit": None, "locality": "Guangzhou", "province": "CN-GD", "country": "CN",
            "postal_code": None, "postal_code_ext": None, "postal_code_vanity": None,
        })  # fmt: skip
        self.venue = self.add("venue", venue or box(-50, -50, 100, 100), {
            "category": "governmentfacility", "restriction": None, "name": {"en": "Small hall", "zh": "小厅"},
            "alt_name": None, "hours": None, "phone": None, "website": None, "address_id": self.address,
        })  # fmt: skip
        self.building = self.add("building", None, {
            "name": {"en": "House"}, "alt_name": None, "category": "unspecified", "restriction": None,
            "display_point": None, "address_id": self.address,
        })  # fmt: skip
        self.add("footprint", footprint or box(0, 0, 30, 20), {
            "category": "ground", "name": None, "building_ids": [self.building],
        })  # fmt: skip

    def add(self, kind: str, shape: Sequence[XY] | XY | None, properties: Json) -> str:
        self._n += 1
        geometry = None if shape is None else self.geometry(kind, shape)
        if kind in _POINTED and geometry:
            properties = {"display_point": self._inside(geometry), **properties}
        feature = {
            "id": number(self._n), "type": "Feature", "feature_type": kind, "geometry": geometry,
            "properties": properties,
        }  # fmt: skip
        collection = self.files.setdefault(kind, {"type": "FeatureCollection", "features": []})
        collection["features"].append(feature)
        return str(feature["id"])

    def geometry(self, kind: str, shape: Any) -> Json:
        if isinstance(shape[0], int | float):
            return {"type": "Point", "coordinates": self._at(shape)}
        points = [self._at(p) for p in shape]
        if kind in ("opening", "relationship", "detail"):
            return {"type": "LineString", "coordinates": points}
        return {"type": "Polygon", "coordinates": [[*points, points[0]]]}

    def level(self, ordinal: int, outline: Sequence[XY] | None = None, *, outdoor: bool = False, **more: Any) -> str:
        name = f"{ordinal + 1}F" if ordinal >= 0 else f"B{-ordinal}"
        return self.add("level", outline or box(0, 0, 30, 20), {
            "category": "unspecified", "restriction": None, "outdoor": outdoor, "ordinal": ordinal,
            "name": {"en": f"Floor {name}"}, "short_name": {"en": name}, "address_id": None,
            "building_ids": None if outdoor else [self.building], **more,
        })  # fmt: skip

    def unit(self, level: str, name: str | None, category: str, shape: Sequence[XY], **more: Any) -> str:
        return self.add("unit", shape, {
            "category": category, "restriction": None, "accessibility": None, "name": {"en": name} if name else None,
            "alt_name": None, "level_id": level, **more,
        })  # fmt: skip

    def opening(self, level: str, line: Sequence[XY], category: str = "pedestrian", **more: Any) -> str:
        return self.add("opening", line, {
            "category": category, "accessibility": None, "access_control": None, "door": None, "name": None,
            "alt_name": None, "level_id": level, **more,
        })  # fmt: skip

    def relationship(
        self, category: str, ends: tuple[str, str], via: Sequence[str] = (), direction: str = "undirected", **more: Any
    ) -> str:  # fmt: skip
        return self.add("relationship", None, {
            "category": category, "direction": direction, "origin": self.reference(ends[0]),
            "intermediary": [self.reference(v) for v in via] or None, "destination": self.reference(ends[1]),
            "hours": None, **more,
        })  # fmt: skip

    def amenity(self, unit: str, at: XY, category: str, name: str | None = None) -> str:
        return self.add("amenity", at, {
            "category": category, "accessibility": None, "name": {"en": name} if name else None, "alt_name": None,
            "hours": None, "phone": None, "website": None, "unit_ids": [unit], "address_id": None,
            "correlation_id": None,
        })  # fmt: skip

    def occupant(self, unit: str, at: XY, name: str, category: str = "books") -> str:
        anchor = self.add("anchor", at, {"address_id": None, "unit_id": unit})
        return self.add("occupant", None, {
            "name": {"en": name}, "category": category, "anchor_id": anchor, "hours": None, "phone": None,
            "website": None, "validity": None, "correlation_id": None,
        })  # fmt: skip

    def fixture(self, level: str, shape: Sequence[XY], category: str = "desk") -> str:
        return self.add("fixture", shape, {
            "category": category, "name": None, "alt_name": None, "anchor_id": None, "level_id": level,
        })  # fmt: skip

    def section(self, level: str, shape: Sequence[XY], category: str = "ticketing") -> str:
        return self.add("section", shape, {
            "category": category, "restriction": None, "accessibility": None, "name": {"en": "Tickets"},
            "alt_name": None, "level_id": level, "address_id": None, "correlation_id": None, "parents": None,
        })  # fmt: skip

    def reference(self, key: str) -> Json:
        return {"id": key, "feature_type": self.find(key)[0]}

    def find(self, key: str) -> tuple[str, Json]:
        return next((kind, f) for kind, c in self.files.items() for f in c["features"] if f["id"] == key)

    def feature(self, key: str) -> Json:
        return self.find(key)[1]

    def write(self, folder: Path, name: str = "venue.zip", *, inside: str = "") -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(f"{inside}manifest.json", json.dumps(self.manifest))
            for kind, collection in self.files.items():
                packed.writestr(f"{inside}{kind}.geojson", json.dumps(collection))
        return path

    def _at(self, xy: XY) -> list[float]:
        lon, lat = AT.to_geographic(xy)
        return [round(lon, 9), round(lat, 9)]

    @staticmethod
    def _inside(geometry: Json) -> Json:
        at = geometry["coordinates"]
        points = at[0][:-1] if geometry["type"] == "Polygon" else at
        middle = [sum(p[i] for p in points) / len(points) for i in (0, 1)]
        return {"type": "Point", "coordinates": middle}


def two_rooms() -> Sketch:
    """A lobby with its front door, and an office behind it."""
    s = Sketch()
    f = s.level(0)
    s.unit(f, "Lobby", "lobby", box(0, 0, 15, 20))
    s.unit(f, "Office", "office", box(15, 0, 30, 20))
    s.opening(f, [(0, 9), (0, 11)], "pedestrian.principal")
    s.opening(f, [(15, 9), (15, 10)])
    return s
