"""IMDF openings as doors, with what relationships say they join; and where one walks on without any door.

IMDF draws no walls: units that touch are divided unless both are of a kind one walks through (walkways, lobbies, stairs
without a door of their own), or an opening or a relationship joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.imdf import extension as ext
from building.formats.imdf.features import Contents, Feature, labels
from building.formats.imdf.units import Keys, Plan, Storey, Unit
from building.formats.imdf.vocabulary import LINKS
from building.model import OUT, XY
from building.survey import SeenConnection, SeenDoor

DOOR_HEIGHT_M = 2.1
"""IMDF gives doors no height."""
TOUCH_M = 0.3
"""An opening this near a unit is in its wall: lines are drawn in the middle of walls up to 0.6 m thick."""
SHARED_MIN_M = 0.6
GAP_M = 0.1

_KINDS = {"turnstile": "gate", "turnstile.fullheight": "gate", "turnstile.waistheight": "gate", "open": "opening"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traversal:
    """Two ends that a relationship joins on one storey, as space keys or ``OUT``; ``openings`` are the ways between."""

    feature: Feature
    a: str
    b: str
    directed: bool
    openings: tuple[str, ...]


def read_traversals(contents: Contents, plan: Plan) -> list[Traversal]:
    """What relationships say of a storey; those between storeys are links, not doors."""
    found = []
    for f in contents.of("relationship"):
        if f.category in LINKS:
            continue
        ends = [end_of(f.properties.get(n), contents, plan) for n in ("origin", "destination")]
        storeys = {u.storey.ordinal for u in ends if isinstance(u, Unit) and not u.outdoors}
        a, b = (_key(e) for e in ends)
        if a is not None and b is not None and a != b and len(storeys) <= 1:
            via = tuple(r for r in references(f.properties.get("intermediary")) if _is(contents, r, "opening"))
            directed = f.properties.get("direction") == "directed"
            found.append(Traversal(feature=f, a=a, b=b, directed=directed, openings=via))
    return found


def references(value: Any) -> tuple[str, ...]:
    """The ids of FEATURE-REFERENCE objects, be it one or a list."""
    items = value if isinstance(value, list) else [value]
    ids = (i.get("id") if isinstance(i, dict) else i for i in items)
    return tuple(i for i in ids if isinstance(i, str))


def end_of(value: Any, contents: Contents, plan: Plan) -> Unit | str | None:
    """The unit a reference means, or ``OUT`` where it means the venue or the building as a whole."""
    for key in references(value):
        if key in plan.units:
            return plan.units[key]
        feature = contents.by_id.get(key)
        if feature is not None and feature.type in ("venue", "building", "footprint"):
            return OUT
    return None


def _key(end: Unit | str | None) -> str | None:
    return (OUT if end.outdoors else end.key) if isinstance(end, Unit) else end


def _is(contents: Contents, key: str, feature_type: str) -> bool:
    feature = contents.by_id.get(key)
    return feature is not None and feature.type == feature_type


def read_doors(
    contents: Contents, plan: Plan, traversals: Iterable[Traversal], keys: Keys, warnings: list[str]
) -> list[SeenDoor]:
    said = _by_opening(traversals)
    doors: list[SeenDoor] = []
    homeless = 0
    for f in contents.of("opening"):
        storey = plan.storey_of.get(f.id_in("level_id") or "")
        if storey is None or f.shape is None or f.shape.length == 0:
            homeless += 1
            continue
        name = labels(f.properties.get("name"), contents.language)
        doors.append(replace(_door(f, storey, said.get(f.id, ()), plan), key=keys.of(f, "opening"), name=name))
    if homeless:
        warnings.append(f"{homeless} × opening: it stands on no level that there is: left out")
    return _led_out(doors, contents, plan, warnings)


def _by_opening(traversals: Iterable[Traversal]) -> dict[str, list[Traversal]]:
    found: dict[str, list[Traversal]] = {}
    for t in traversals:
        for opening in t.openings:
            found.setdefault(opening, []).append(t)
    return found


def _door(f: Feature, storey: Storey, said: Sequence[Traversal], plan: Plan) -> SeenDoor:
    """The door, as yet without its key and name."""
    door = f.properties.get("door")
    kind = _KINDS.get(str(door.get("type")), "door") if isinstance(door, dict) else "door"
    first = said[0] if said else None
    ends = {(t.a, t.b) for t in said if t.directed}
    one_way = first is not None and first.directed and (first.b, first.a) not in ends
    joins: tuple[str, ...] = (first.a, first.b) if first else ()
    if not joins and (inside := _only_out(f, storey, plan)) is not None:
        joins = (inside.key, OUT)
    coords = f.shape.coords
    return SeenDoor(
        key=f.id,
        name={},
        floor=storey.key,
        line=(_xy(coords[0]), _xy(coords[-1])),
        z0_m=storey.elevation_m,
        height_m=DOOR_HEIGHT_M,
        kind=kind,
        joins=joins,
        decided=bool(joins),
        external=True if OUT in joins else None,
        one_way=(first.a, first.b) if first and one_way else None,
        controlled=bool(f.properties.get("access_control")),
        source=ext.source_in(f.properties, f.id),
    )


def _only_out(f: Feature, storey: Storey, plan: Plan) -> Unit | None:
    """The one room beside a door whose other side is ground outside."""
    beside = plan.near(storey.ordinal, f.shape, TOUCH_M)
    indoors = [u for u in beside if not u.outdoors]
    return indoors[0] if len(indoors) == 1 and len(beside) > 1 else None


def _led_out(doors: list[SeenDoor], contents: Contents, plan: Plan, warnings: list[str]) -> list[SeenDoor]:
    """Where units cover the ground outside too, no door seems to lead out: then the entrances do.

    An opening is called principal or emergency exit because it leads out of the building. Where none is called so, one
    leaves over the units that reach beyond the footprint.
    """
    if any(OUT in d.joins or len(_beside(d, plan)) == 1 for d in doors):
        return doors
    called = {f.id for f in contents.of("opening") if f.category in ("pedestrian.principal", "emergencyexit")}
    chosen = {
        d.key: inner
        for d in doors
        if d.source is not None and d.source.value in called and (inner := _inner(d, plan)) is not None
    }
    if chosen:
        warnings.append(f"no opening leads outside: the {len(chosen)} that are called entrances or exits are taken to")
        return [
            replace(d, joins=(chosen[d.key].key, OUT), decided=True, external=True) if d.key in chosen else d
            for d in doors
        ]
    edges = list(_edges_of_the_ground(plan))
    if edges:
        warnings.append("no opening leads outside: one is taken to leave where walkways reach beyond the buildings")
    return doors + edges


def _beside(door: SeenDoor, plan: Plan) -> list[Unit]:
    ordinal = next(s.ordinal for s in plan.storey_of.values() if s.key == door.floor)
    return [u for u in plan.near(ordinal, shapely.LineString(door.line), TOUCH_M) if not u.outdoors]


def _inner(door: SeenDoor, plan: Plan) -> Unit | None:
    """Of the units beside an entrance, the one that lies within the house: the most of it, and the smallest."""
    beside = _beside(door, plan)
    return min(beside, key=lambda u: (round(_share_beyond(u, plan), 2), u.plan.area, u.key)) if beside else None


def _share_beyond(unit: Unit, plan: Plan) -> float:
    return 0.0 if plan.footprint.is_empty else float(unit.plan.difference(plan.footprint).area / unit.plan.area)


def _edges_of_the_ground(plan: Plan) -> Iterator[SeenDoor]:
    """The outermost straight edge of each walkway on the ground that reaches beyond the footprint."""
    for unit in plan.units.values():
        if unit.storey.ordinal != 0 or not unit.use.flows or unit.outdoors or _share_beyond(unit, plan) <= 0.0:
            continue
        outer = unit.plan.boundary.difference(plan.footprint.buffer(GAP_M))
        pieces = [
            shapely.LineString(pair)
            for line in shapely.get_parts(shapely.line_merge(outer))
            for pair in pairwise(line.coords)
        ]
        longest = max(pieces, key=lambda p: (round(p.length, 2), *p.centroid.coords[0]), default=None)
        if longest is not None and longest.length >= SHARED_MIN_M:
            yield SeenDoor(
                key=f"{unit.key}~out",
                name={},
                floor=unit.storey.key,
                line=(_xy(longest.coords[0]), _xy(longest.coords[-1])),
                z0_m=unit.storey.elevation_m,
                height_m=DOOR_HEIGHT_M,
                kind="opening",
                joins=(unit.key, OUT),
                decided=True,
                external=True,
                exit=True,
            )


def read_edges(plan: Plan, doors: Iterable[SeenDoor], traversals: Iterable[Traversal]) -> list[SeenConnection]:
    """Where one walks on without a door: what relationships say, and units that flow into each other."""
    edges = [
        SeenConnection(
            key=t.feature.id, a=t.a, b=t.b, statement="relationship",
            source=ext.source_in(t.feature.properties, t.feature.id),
        )
        for t in traversals
        if not t.openings
    ]  # fmt: skip
    lines: dict[str, list[BaseGeometry]] = {}
    for d in doors:
        lines.setdefault(d.floor, []).append(shapely.LineString(d.line))
    by_floor: dict[str, list[Unit]] = {}
    for unit in plan.units.values():
        if not unit.outdoors and ext.list_in(unit.feature.properties) is None:  # what we wrote states its edges
            by_floor.setdefault(unit.storey.key, []).append(unit)
    for floor, units in by_floor.items():
        edges += _flows(units, lines.get(floor, []))
    return edges


def _flows(units: list[Unit], doors: list[BaseGeometry]) -> Iterator[SeenConnection]:
    tree = shapely.STRtree(doors)
    doors_of: Mapping[str, frozenset[int]] = {
        u.key: frozenset(int(i) for i in tree.query(u.plan, predicate="dwithin", distance=TOUCH_M)) for u in units
    }
    for a, b in _touching([u for u in units if u.use.flows]):
        closed = [u for u in (a, b) if u.use.link and doors_of[u.key]]
        if closed or doors_of[a.key] & doors_of[b.key]:
            continue  # a stairwell with doors has walls; two walkways with a door between have a wall between
        yield SeenConnection(key=f"{a.key}+{b.key}", a=a.key, b=b.key, statement="walkways that touch")


def _touching(units: list[Unit]) -> Iterator[tuple[Unit, Unit]]:
    tree = shapely.STRtree([u.plan for u in units])
    for i, a in enumerate(units):
        for j in sorted(int(j) for j in tree.query(a.plan, predicate="dwithin", distance=GAP_M) if j > i):
            b = units[j]
            shared = a.plan.boundary.intersection(b.plan.buffer(GAP_M, cap_style="flat", join_style="mitre"))
            if shared.length >= SHARED_MIN_M:
                yield a, b


def _xy(point: Any) -> XY:
    return float(point[0]), float(point[1])
