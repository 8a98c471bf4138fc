"""The rules of IMDF about where things are: levels, units, openings, points, and what relationships join."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import shapely

from building.formats.imdf.features import Contents, Feature
from building.formats.imdf.openings import references
from building.formats.imdf.rules import Finding
from building.formats.imdf.vocabulary import LINKS

SLACK_M = 0.05
SLACK_M2 = 0.05
TOUCH_M = 0.35
"""An opening this near a unit is on its edge: a wall lies between."""
OVERLAP_M2 = 0.1
_ON_A_LEVEL = ("unit", "opening", "fixture", "kiosk", "section", "detail")


def check_plan(c: Contents) -> Iterator[Finding]:
    yield from _levels(c)
    yield from _buildings(c)
    yield from _within_levels(c)
    yield from _points_within(c)
    yield from _display_points(c)
    yield from _openings(c)
    yield from _overlaps(c)
    yield from _relationships(c)


def _error(rule: str, f: Feature, text: str) -> Finding:
    return Finding(rule=rule, severity="error", feature=f.id, text=text)


def _warning(rule: str, f: Feature, text: str) -> Finding:
    return Finding(rule=rule, severity="warning", feature=f.id, text=text)


def _levels(c: Contents) -> Iterator[Finding]:
    venue = shapely.union_all([v.shape for v in c.of("venue")])
    seen: dict[tuple[str, Any], str] = {}
    for level in c.of("level"):
        for building in level.ids("building_ids"):
            place = (building, level.properties.get("ordinal"))
            if place in seen:
                yield _error("level-ordinal", level, f"the building has another level {place[1]}: {seen[place]}")
            seen.setdefault(place, level.id)
        if level.properties.get("outdoor") is False and not level.ids("building_ids"):
            yield _warning("level-building", level, "a level indoors should name its building")
        if not venue.is_empty and _beyond(level.shape, venue):
            yield _error("level-within-venue", level, "part of the level lies outside the venue")
    ordinals = sorted({o for f in c.of("level") if isinstance(o := f.properties.get("ordinal"), int)})
    for low, high in pairwise(ordinals):
        if high - low > 1:
            level = next(f for f in c.of("level") if f.properties.get("ordinal") == high)
            yield _warning("level-ordinal-gap", level, f"no level stands between {low} and {high}")


def _buildings(c: Contents) -> Iterator[Finding]:
    with_ground = {b for f in c.of("footprint") if f.category == "ground" for b in f.ids("building_ids")}
    with_level = {b for f in c.of("level") for b in f.ids("building_ids")}
    for b in c.of("building"):
        if b.id not in with_ground:
            yield _error("building-footprint", b, "the building has no footprint on the ground")
        if b.id not in with_level:
            yield _error("building-level", b, "no level belongs to the building")
    venue = shapely.union_all([v.shape for v in c.of("venue")])
    for f in c.of("footprint"):
        if not venue.is_empty and _beyond(f.shape, venue):
            yield _error("footprint-within-venue", f, "part of the footprint lies outside the venue")


def _within_levels(c: Contents) -> Iterator[Finding]:
    levels = {f.id: f.shape.buffer(SLACK_M) for f in c.of("level")}
    for name in _ON_A_LEVEL:
        for f in c.of(name):
            level = levels.get(f.id_in("level_id") or "")
            if level is not None and not level.covers(f.shape) and _beyond(f.shape, level):
                yield _error(f"{name}-within-level", f, f"part of the {name} lies outside its level")


def _beyond(shape: Any, area: Any) -> bool:
    rest = shape.difference(area.buffer(SLACK_M))
    return bool(rest.area > SLACK_M2 or (shape.area == 0 and rest.length > SLACK_M))


def _points_within(c: Contents) -> Iterator[Finding]:
    units = {f.id: f.shape for f in c.of("unit")}
    for a in c.of("anchor"):
        unit = units.get(a.id_in("unit_id") or "")
        if unit is not None and unit.distance(a.shape) > SLACK_M:
            yield _error("anchor-within-unit", a, "the anchor does not stand in its unit")
    for a in c.of("amenity"):
        own = [units[u] for u in a.ids("unit_ids") if u in units]
        if own and min(u.distance(a.shape) for u in own) > SLACK_M:
            yield _warning("amenity-within-unit", a, "the amenity stands in none of its units")


def _display_points(c: Contents) -> Iterator[Finding]:
    for f in c.by_id.values():
        raw = f.properties.get("display_point")
        xy = raw.get("coordinates") if isinstance(raw, dict) else None
        if not isinstance(xy, list) or len(xy) < 2 or f.shape is None or f.shape.is_empty:
            continue
        if not all(isinstance(n, int | float) and abs(n) <= 180 for n in xy[:2]):
            yield _error("display-point", f, "the display point has no longitude and latitude")
        elif f.shape.distance(shapely.Point(c.placement.to_local(float(xy[0]), float(xy[1])))) > SLACK_M:
            yield _error("display-point", f, "the display point lies outside the feature")


def _openings(c: Contents) -> Iterator[Finding]:
    by_level: dict[str, list[Any]] = {}
    for unit in c.of("unit"):
        by_level.setdefault(unit.id_in("level_id") or "", []).append(unit.shape)
    trees = {level: shapely.STRtree(shapes) for level, shapes in by_level.items()}
    for o in c.of("opening"):
        tree = trees.get(o.id_in("level_id") or "")
        if tree is None or len(tree.query(o.shape, predicate="dwithin", distance=TOUCH_M)) == 0:
            yield _error("opening-on-unit", o, f"no unit of its level is within {TOUCH_M} m of the opening")
        elif len(o.shape.coords) != 2:
            yield _warning("opening-straight", o, "an opening should be one straight line")


def _overlaps(c: Contents) -> Iterator[Finding]:
    by_level: dict[str, list[Feature]] = {}
    for unit in c.of("unit"):
        by_level.setdefault(unit.id_in("level_id") or "", []).append(unit)
    for units in by_level.values():
        tree = shapely.STRtree([u.shape for u in units])
        for i, u in enumerate(units):
            for j in sorted(int(j) for j in tree.query(u.shape, predicate="intersects")):
                if j > i and u.shape.intersection(units[j].shape).area > OVERLAP_M2:
                    yield _warning("units-overlap", u, f"it overlaps the unit {units[j].id}")


def _relationships(c: Contents) -> Iterator[Finding]:
    ordinals = {f.id: f.properties.get("ordinal") for f in c.of("level")}
    storey = {u.id: ordinals.get(u.id_in("level_id") or "") for u in c.of("unit")}
    for r in c.of("relationship"):
        origin, destination = (references(r.properties.get(n)) for n in ("origin", "destination"))
        if not origin or not destination:
            yield _error("relationship-ends", r, "a relationship must have an origin and a destination")
        elif origin == destination:
            yield _error("relationship-ends", r, "origin and destination are the same")
        elif r.category in LINKS and origin[0] in storey and storey[origin[0]] == storey.get(destination[0]):
            yield _warning("relationship-levels", r, f"this {r.category} joins two units of one level")
