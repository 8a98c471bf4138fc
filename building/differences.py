"""What changed between two buildings: what came, what went, what stands elsewhere, and what else is said of it.

Entities are the same when they have the same id, else the same foreign id, else the same kind and key (the site may
have been renamed). Where ids differ they are translated before anything is compared, so a renamed floor changes nothing
on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from building.graph import build_graph
from building.isomorphism import isomorphic
from building.labels import to_shape
from building.model import XY, XYZ, Building, Entity, Polygon, Pose, Stop
from building.texts import text

TOLERANCE_M = 0.01
"""Nearer than this is the same place; it is also how far other numbers may differ."""

_IDENTITY = frozenset({"id", "source"})
_EITHER_WAY = frozenset({"line", "between"})
"""Pairs whose order says nothing."""
_WHOLE = ("name", "timezone", "georeference", "opening_hours", "attributes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    before: Entity
    after: Entity
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """``fields`` are the members that differ, apart from where it stands."""

    before: Entity
    after: Entity
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``whole`` are the members of the building itself that differ (its name, its opening hours)."""

    added: tuple[Entity, ...]
    removed: tuple[Entity, ...]
    moved: tuple[Moved, ...]
    changed: tuple[Changed, ...]
    whole: tuple[str, ...] = ()


def difference(a: Building, b: Building) -> Difference:
    """From ``a`` to ``b``."""
    pairs = _pairs(a, b)
    matched = {after.id for _, after in pairs}
    kept = {before.id for before, _ in pairs}
    names = {after.id: before.id for before, after in pairs if after.id != before.id}
    moved, changed = [], []
    for before, after in pairs:
        differing = _differing(before, after, names)
        here, there = _place(before), _place(after)
        if here and there and (math.dist(here, there) > TOLERANCE_M or "floor" in differing):
            moved.append(Moved(before=before, after=after, distance_m=round(math.dist(here, there), 3)))
            by = (there[0] - here[0], there[1] - here[1], there[2] - here[2])
            differing = [
                n for n in differing if n != "floor" and not (n in _GEOMETRY and _same(n, before, after, names, by))
            ]
        if differing:
            changed.append(Changed(before=before, after=after, fields=tuple(differing)))
    return Difference(
        added=tuple(e for e in b.entities() if e.id not in matched),
        removed=tuple(e for e in a.entities() if e.id not in kept),
        moved=tuple(moved),
        changed=tuple(changed),
        whole=tuple(n for n in _WHOLE if not _equal(getattr(a, n), getattr(b, n), {})),
    )


def difference_json(a: Building, b: Building, *, lang: str | None = None) -> dict[str, Any]:
    """The document of ``halltwin building diff --json``; ``isomorphic`` is null where it could not be decided."""
    d = difference(a, b)
    whole = {"id": b.site, "kind": "site", "name": text(b.name, lang), "floor": None, "at": None}
    return {
        "added": [_told(e, lang) for e in d.added],
        "removed": [_told(e, lang) for e in d.removed],
        "moved": [_told(m.after, lang) | {"from_at": place_of(m.before), "distance_m": m.distance_m} for m in d.moved],
        "changed": [
            *([whole | {"fields": list(d.whole)}] if d.whole else []),
            *(_told(c.after, lang) | {"fields": list(c.fields)} for c in d.changed),
        ],
        "isomorphic": isomorphic(build_graph(a), build_graph(b)),
    }


def _told(e: Entity, lang: str | None) -> dict[str, Any]:
    kind = e.id.split(":", 2)[1]
    return {"id": e.id, "kind": kind, "name": text(e.name, lang), "floor": getattr(e, "floor", None), "at": place_of(e)}


def _pairs(a: Building, b: Building) -> list[tuple[Entity, Entity]]:
    pairs: list[tuple[Entity, Entity]] = []
    lists = b.lists()
    for name, before in a.lists().items():
        left, right = list(before), list(lists[name])
        for key in _KEYS:
            found = _unique(right, key)
            mine = _unique(left, key)
            same = [(e, found[value]) for value, e in mine.items() if value in found]
            pairs += same
            gone_left, gone_right = {e.id for e, _ in same}, {e.id for _, e in same}
            left = [e for e in left if e.id not in gone_left]
            right = [e for e in right if e.id not in gone_right]
    return pairs


_KEYS: tuple[Callable[[Entity], Any], ...] = (
    lambda e: e.id,
    lambda e: e.source,
    lambda e: e.key,
)


def _unique(entities: Sequence[Entity], key: Callable[[Entity], Any]) -> dict[Any, Entity]:
    found: dict[Any, Entity] = {}
    repeated = set()
    for e in entities:
        value = key(e)
        if value in found:
            repeated.add(value)
        elif value is not None:
            found[value] = e
    return {value: e for value, e in found.items() if value not in repeated}


def _differing(before: Entity, after: Entity, names: Mapping[str, str]) -> list[str]:
    return [f.name for f in fields(before) if f.name not in _IDENTITY and not _same(f.name, before, after, names)]


def _same(name: str, before: Entity, after: Entity, names: Mapping[str, str], by: XYZ = (0.0, 0.0, 0.0)) -> bool:
    """Whether a member is the same once the second entity is put back by so much."""
    a, b = getattr(before, name), _put_back(getattr(after, name), by) if any(by) else getattr(after, name)
    return _equal(a, b, names) or (name in _EITHER_WAY and bool(b) and _equal(a, b[::-1], names))


def _equal(a: Any, b: Any, names: Mapping[str, str]) -> bool:
    """Equal within the tolerance, once ids of the second are said as in the first."""
    if isinstance(b, str):
        return bool(a == names.get(b, b))
    if _is_number(a) and _is_number(b):
        return bool(abs(a - b) <= TOLERANCE_M)
    if _is_area(a) or _is_area(b):
        return _same_area(a, b)
    parts, others = _parts(a, {}), _parts(b, names)
    if parts is None or others is None:
        return bool(a == b)
    return parts.keys() == others.keys() and all(_equal(part, others[name], names) for name, part in parts.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parts(value: Any, names: Mapping[str, str]) -> dict[Any, Any] | None:
    """What a value is made of; None where it is one piece."""
    if isinstance(value, Mapping):
        return {names.get(key, key): part for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return dict(enumerate(value))
    if is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    return None


def _is_area(value: Any) -> bool:
    return isinstance(value, Polygon) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Polygon))


def _same_area(a: Any, b: Any) -> bool:
    """Wherever a ring begins and however many points it has: what only one covers is a sliver."""
    if a == b:
        return True
    apart = to_shape(_areas(a)).symmetric_difference(to_shape(_areas(b)))
    return bool(apart.buffer(-TOLERANCE_M, quad_segs=1).is_empty)


def _areas(value: Any) -> tuple[Polygon, ...]:
    return (value,) if isinstance(value, Polygon) else tuple(value)


_PLACED = ("pose", "at", "line", "footprint", "outline", "stops", "path")
"""Where an entity stands: the middle of the first of these members that it has."""
_HEIGHTS = ("z0_m", "z_m", "elevation_m")
_GEOMETRY = frozenset({*_PLACED, *_HEIGHTS, "stand", "paths", "step_free_path"})


def place_of(e: Entity) -> XY | None:
    """Where it is on plan: the middle of the box around it."""
    place = _place(e)
    return place and (round(place[0], 3), round(place[1], 3))


def _place(e: Entity) -> XYZ | None:
    """The middle of the box around it."""
    points = next((found for name in _PLACED if (found := list(_points(getattr(e, name, None))))), None)
    if points is None:
        return None
    z_m = next((float(getattr(e, name)) for name in _HEIGHTS if hasattr(e, name)), 0.0)
    x, y, z = zip(*((p[0], p[1], p[2] if len(p) > 2 else z_m) for p in points), strict=True)
    return (min(x) + max(x)) / 2, (min(y) + max(y)) / 2, (min(z) + max(z)) / 2


def _points(value: Any) -> Iterator[tuple[float, ...]]:
    if isinstance(value, Pose):
        yield (value.x_m, value.y_m, value.z_m)
    elif isinstance(value, Stop):
        yield value.at
    elif isinstance(value, Polygon):
        yield from value.outer
    elif isinstance(value, tuple) and value and isinstance(value[0], int | float):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _points(part)


def _put_back(value: Any, by: XYZ) -> Any:
    if isinstance(value, Pose):
        return replace(value, x_m=value.x_m - by[0], y_m=value.y_m - by[1], z_m=value.z_m - by[2])
    if isinstance(value, Stop):
        return replace(value, at=_put_back(value.at, by))
    if isinstance(value, Polygon):
        return Polygon(outer=_put_back(value.outer, by), holes=_put_back(value.holes, by))
    if isinstance(value, tuple) and value and isinstance(value[0], int | float):
        return tuple(v - d for v, d in zip(value, by, strict=False))
    if isinstance(value, tuple):
        return tuple(_put_back(part, by) for part in value)
    return value - by[2] if isinstance(value, int | float) else value
