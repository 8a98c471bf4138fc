"""What every part of the IMDF writer writes on: features with their ids and geometry, and the list of what is lost."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import shapely

from building.formats.hall.codecs import Scope
from building.formats.imdf import extension as ext
from building.formats.imdf.placement import placement_of
from building.labels import point_within
from building.model import OUT, Building, Entity, Text
from building.writers.writer import Loss

Json = dict[str, Any]

THIN_M = 0.002
"""Half the thickness below which a piece is a slip of the cutting, not a thing."""

_IN_IMDF: Mapping[str, tuple[str, ...]] = {
    "floors": ("ordinal", "outline"),
    "spaces": ("floor", "access", "footprint"),
    "walls": ("floor", "footprint"),
    "openings": ("floor", "between", "line", "one_way"),
    "vertical_links": ("kind", "stops", "direction", "paths", "shafts"),
    "windows": ("floor", "stand", "space"),
    "pois": ("floor", "space", "at"),
    "seats": ("floor", "space", "at"),
    "bays": ("floor", "footprint"),
    "furniture": ("floor", "footprint"),
    "outdoor_places": ("footprint",),
}
"""Members that stand in IMDF's own words, by list."""


class Sheet:
    """The features of one building as they are written, by type.

    ``spaces``, ``levels`` and ``grounds`` are the shapes of what is drawn as units and levels, by entity id.
    """

    def __init__(self, b: Building) -> None:
        self.b = b
        self.features: dict[str, list[Json]] = {}
        self.spaces: dict[str, Any] = {}
        self.levels: dict[str, Any] = {}
        self.grounds: dict[str, Any] = {}
        self.language = "zh" if "zh" in b.name or not b.name else next(iter(b.name))
        self.placement = placement_of(b.georeference)
        self.ids = {n: ext.feature_id(f"{b.site}:{n}:") for n in ("address", "venue", "building", "outdoors")}
        self._floors = {f.id: f for f in b.floors}
        self._scope = Scope(site=b.site, known={})
        self._lost: Counter[tuple[str, str]] = Counter()

    def add(self, feature_type: str, key: str, shape: Any, properties: Json) -> None:
        self.features.setdefault(feature_type, []).append({
            "id": key, "type": "Feature", "feature_type": feature_type,
            "geometry": None if shape is None else self.geometry(shape), "properties": properties,
        })  # fmt: skip

    def own(self, list_name: str, e: Entity, extra: Mapping[str, Any] | None = None, *, count: bool = True) -> Json:
        """What IMDF has no word for; what even that does not hold is counted as lost."""
        held = {"id", "name", "source", *ext.MEMBERS[list_name], *_IN_IMDF.get(list_name, ())}
        for f in dataclasses.fields(e) if count else ():
            if f.name not in held and getattr(e, f.name) != _default_of(f):
                self.lose(f"{list_name}.{f.name}", "IMDF has no word for it")
        return {ext.NAME: {**self.carried(list_name, e), **(extra or {})}}

    def carried(self, list_name: str, e: Entity) -> Json:
        self._scope.floor = self._floors.get(getattr(e, "floor", ""))
        return ext.carried(list_name, e, self._scope)

    def reference(self, end: str, outside: str | None = None) -> Json | None:
        """The unit of a space; outdoors the piece of ground, else the venue as a whole. None: it is not drawn."""
        if end != OUT:
            return {"id": ext.feature_id(end), "feature_type": "unit"} if end in self.spaces else None
        if outside in self.grounds:
            return {"id": ext.feature_id(outside), "feature_type": "unit"}
        return {"id": self.ids["venue"], "feature_type": "venue"}

    def keep(self, kept: bool, list_name: str, reason: str) -> bool:
        """Whether an entity is written; one that is not is counted with the reason."""
        if not kept:
            self.lose(list_name, reason)
        return kept

    def lose(self, what: str, reason: str, count: int = 1) -> None:
        self._lost[what, reason] += count

    def losses(self) -> tuple[Loss, ...]:
        return tuple(Loss(what=w, count=n, reason=r) for (w, r), n in sorted(self._lost.items()) if n)

    def geometry(self, shape: Any) -> Json:
        """Counter-clockwise outside, clockwise inside, as RFC 7946 wants it."""
        placed = shapely.transform(shape, self._to_degrees)
        if placed.geom_type.endswith("Polygon"):
            whole = [p for p in shapely.get_parts(shapely.make_valid(placed)) if p.geom_type.endswith("Polygon")]
            parts = [shapely.geometry.polygon.orient(p) for p in shapely.get_parts(shapely.union_all(whole))]
            rings = [[_positions(r) for r in (p.exterior, *p.interiors)] for p in parts]
            one = len(rings) == 1
            return {"type": "Polygon" if one else "MultiPolygon", "coordinates": rings[0] if one else rings}
        points = _positions(placed)
        if placed.geom_type == "Point":
            return {"type": "Point", "coordinates": points[0]}
        return {"type": "LineString", "coordinates": points}

    def point(self, shape: Any) -> Json:
        """Where its name is written: within it."""
        at = point_within(shape) if shape.geom_type.endswith("Polygon") else None
        if at is not None and shape.contains(shapely.Point(at)):
            return self.geometry(shapely.Point(at))
        return self.geometry(shape.representative_point())

    def _to_degrees(self, points: Any) -> Any:
        return [self.placement.to_geographic((float(x), float(y))) for x, y in points]


def areas(shape: Any) -> Any:
    """The polygons of a geometry, without the lines, points and slivers that cutting leaves."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    return shapely.union_all([p for p in parts if not p.buffer(-THIN_M).is_empty])


def labels(name: Text) -> Json | None:
    return {tag: words for tag, words in name.items() if words} or None


def _positions(shape: Any) -> list[list[float]]:
    return [[float(x), float(y)] for x, y in shapely.get_coordinates(shape)]


def _default_of(f: dataclasses.Field[Any]) -> Any:
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
