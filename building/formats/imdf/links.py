"""What leads from level to level in IMDF: by relationships where there are some, else by units above one another.

Few tools write relationships, and stairs are often drawn on one level only, or beside each other on two: what was
matched by place is told by its evidence and in the warnings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import shapely

from building.formats.imdf import extension as ext
from building.formats.imdf.features import Contents, Feature, labels
from building.formats.imdf.openings import end_of, references
from building.formats.imdf.units import Keys, Plan, Unit, number_of
from building.formats.imdf.vocabulary import LINK_CATEGORY, LINKS
from building.model import XY, XYZ, LinkKind, Text
from building.survey import SeenLink, SeenRun, SeenStop

OVERLAP_SHARE = 0.2
"""Of the smaller unit: flights of one stair are drawn over each other, in part."""
BESIDE_M = 3.0
"""A stair whose flights lie side by side is drawn beside itself on the next level, a landing's length away at most."""
LANDING_M = 1.0
STAND_M = 0.3

Direction = Literal["both", "up", "down"]


@dataclass(slots=True, kw_only=True)
class _Link:
    """What belongs together: the relationships of one link, the units it runs in, where one gets on and off."""

    kind: LinkKind
    features: list[Feature] = field(default_factory=list)
    ends: dict[str, Unit] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    direction: Direction = "both"


def read_links(contents: Contents, plan: Plan, keys: Keys, warnings: list[str]) -> list[SeenLink]:
    stated = _stated(contents, plan)
    seen = [_seen_stated(link, contents, plan, keys) for link in stated]
    used = {u.key for link in stated for u in (*link.units.values(), *link.ends.values())}
    for kind in LINK_CATEGORY:
        # What we wrote states every link: a shaft without a relationship is none of any link.
        alone = [u for u in plan.units.values() if u.key not in used and ext.list_in(u.feature.properties) is None]
        left = [u for u in alone if u.use.link == kind and not u.outdoors]
        for column in _columns(left, plan, contents.language):
            link = _by_place(kind, column, plan, contents.language)
            if isinstance(link, str):
                warnings.append(f"{kind} {column[0].key} {link}")
                continue
            if any(s.kind == kind and _joins(s) == _joins(link) for s in seen[: len(stated)]):
                continue  # relationships tell of the belts in it
            if kind == "escalator":
                warnings.append(f"escalator {column[0].key}: the file does not say which way it runs")
            if len(column) == 1:
                warnings.append(
                    f"{kind} {column[0].key} is drawn on one level only: it is taken to end beside its plan"
                )
            seen.append(replace(link, key=keys.of(column[0].feature, "link")))
    return seen


# by relationships


def _joins(link: SeenLink) -> frozenset[str]:
    return frozenset(s.space for s in link.stops)


def _stated(contents: Contents, plan: Plan) -> list[_Link]:
    links: dict[object, _Link] = {}
    for f in contents.of("relationship"):
        ends = [end_of(f.properties.get(n), contents, plan) for n in ("origin", "destination")]
        units = [e for e in ends if isinstance(e, Unit) and not e.outdoors]
        via = [plan.units[r] for r in references(f.properties.get("intermediary")) if r in plan.units]
        ordinals = [u.storey.ordinal for u in (*units, *via)]
        if len(set(ordinals)) < 2:
            continue
        kind = LINKS.get(f.category) or next((u.use.link for u in (*via, *units) if u.use.link), None) or "stairs"
        direction: Direction = "both"
        if f.properties.get("direction") == "directed":
            direction = "up" if ordinals[0] < ordinals[len(units) - 1] else "down"
        own = ext.key_in(f.properties)
        shafts = {u.key for u in (*via, *units) if u.use.link}
        alike = (k for k, o in links.items() if (o.kind, o.direction) == (kind, direction) and shafts & o.units.keys())
        joint = own or next(alike, f.id)
        link = links.setdefault(joint, _Link(kind=kind, direction=direction))
        link.features.append(f)
        link.ends |= {u.key: u for u in units}
        link.units |= {u.key: u for u in via}
        if own is None:
            link.units |= {u.key: u for u in units if u.use.link}
    return list(links.values())


def _seen_stated(link: _Link, contents: Contents, plan: Plan, keys: Keys) -> SeenLink:
    first = link.features[0]
    # A lift's shaft is no place to stand in: where the relationship names only shafts, their doors tell the stops.
    stands = [u for u in link.ends.values() if u.use.walkable]
    points = _points(link, plan)
    stops = tuple(
        SeenStop(space=u.key, at=points.get(u.key) or _inside(u))
        for u in sorted(stands, key=lambda u: (u.storey.ordinal, u.key))
    )
    own_name = ext.own(first.properties).get("name")
    return SeenLink(
        key=keys.of(first, "link"),
        name=labels(own_name, contents.language)
        or _name((*link.units.values(), *link.ends.values()), contents.language),
        kind=link.kind,
        runs=_runs(link),
        floors=tuple(dict.fromkeys(u.storey.key for u in (*link.ends.values(), *link.units.values()))),
        spaces=tuple(link.units),
        stops=stops if len({u.storey.ordinal for u in stands}) > 1 else (),
        direction=link.direction,
        source=ext.source_in(first.properties, first.id),
    )


def _points(link: _Link, plan: Plan) -> Mapping[str, XY]:
    """Where the drawn line of a relationship begins and ends, by the unit there."""
    found: dict[str, XY] = {}
    for f in link.features:
        if f.shape is None or f.shape.geom_type not in ("LineString", "Point"):
            continue
        for name, index in (("origin", 0), ("destination", -1)):
            unit = next((plan.units[r] for r in references(f.properties.get(name)) if r in plan.units), None)
            x, y = f.shape.coords[index][:2]
            if unit is not None and unit.plan.distance(shapely.Point(x, y)) < 0.01:
                found.setdefault(unit.key, (x, y))
    return found


def _runs(link: _Link) -> tuple[SeenRun, ...]:
    """Walking lines with the heights our own archives give them; a stranger's line has none and is left out."""
    paths = [path for f in link.features if len(path := _path(f)) > 1]
    drawn = tuple(SeenRun(plan=shapely.Polygon(), z0_m=p[0][2], z1_m=p[-1][2], path=p) for p in paths)
    return drawn or tuple(_run(u) for u in link.units.values())


def _run(unit: Unit) -> SeenRun:
    low = unit.storey.elevation_m
    return SeenRun(plan=unit.plan, z0_m=low, z1_m=low + unit.storey.height_m)


def _path(f: Feature) -> tuple[XYZ, ...]:
    """The points of the drawn line that have a height: those without are where one stands before and after."""
    raw = ext.own(f.properties).get("z_m")
    if f.shape is None or f.shape.geom_type != "LineString" or not isinstance(raw, list):
        return ()
    points = list(f.shape.coords)
    if len(raw) != len(points):
        return ()
    heights = [number_of(h) for h in raw]
    path = tuple((float(x), float(y), z) for (x, y), z in zip(points, heights, strict=True) if z is not None)
    return path if len(path) < 2 or path[0][2] <= path[-1][2] else path[::-1]


def _inside(unit: Unit) -> XY:
    at = unit.plan.representative_point()
    return round(float(at.x), 3), round(float(at.y), 3)


# by place


def _columns(units: Iterable[Unit], plan: Plan, language: str) -> list[list[Unit]]:
    """Units of one kind that are one thing: on each level at most one, the surest pairs first."""
    order = {o: i for i, o in enumerate(sorted({s.ordinal for s in plan.storey_of.values()}))}
    columns: list[list[Unit]] = []
    by_level: dict[int, list[Unit]] = {}
    for unit in sorted(units, key=lambda u: u.key):
        by_level.setdefault(order[unit.storey.ordinal], []).append(unit)
    for level, here in sorted(by_level.items()):
        pairs = []
        for i, column in enumerate(columns):
            gap = level - order[column[-1].storey.ordinal]
            for unit in here:
                rank = _alike(column[-1], unit, gap, language)
                if rank is not None:
                    pairs.append((rank, i, unit.key, unit))
        grown, placed = set[int](), set[str]()
        for _, i, key, unit in sorted(pairs, key=lambda p: p[:3]):
            if i not in grown and key not in placed:
                columns[i].append(unit)
                grown.add(i)
                placed.add(key)
        columns += [[u] for u in here if u.key not in placed]
    return columns


def _alike(low: Unit, high: Unit, gap: int, language: str) -> float | None:
    """How little speaks for these two being one stair or shaft, 0 the most; None: nothing does.

    A lift may pass levels by; a stair that does not stop on a level between is drawn there, or is another one.
    """
    common = low.plan.intersection(high.plan).area / min(low.plan.area, high.plan.area)
    if low.use.link == "lift":
        return 1.0 - common if common >= OVERLAP_SHARE else None
    if gap != 1:
        return None
    apart_m = float(low.plan.distance(high.plan))
    if common >= OVERLAP_SHARE:
        return 1.0 - float(common)
    if apart_m > BESIDE_M:
        return None
    called = [labels(u.feature.properties.get("name"), language) for u in (low, high)]
    return (1.0 if called[0] and called[0] == called[1] else 2.0) + apart_m


def _by_place(kind: LinkKind, column: list[Unit], plan: Plan, language: str) -> SeenLink | str:
    """The link that this column is; in words, why it is none."""
    stops: list[Unit | None] = []
    if kind != "lift":
        stops = [u if u.use.walkable else _landing(u, u.storey.ordinal, plan) for u in column]
    if len(column) == 1:
        other = None if kind == "lift" else _beyond(column[0], plan)
        if other is None:
            return "stands on one level only and leads nowhere"
        stops.append(other)
    if None in stops:
        return "has no room beside it on one of its levels"
    known = sorted((u for u in stops if u is not None), key=lambda u: u.storey.ordinal)
    floors = known or column
    return SeenLink(
        key="",
        name=_name(column, language),
        kind=kind,
        runs=tuple(_run(u) for u in column),
        floors=tuple(dict.fromkeys(u.storey.key for u in floors)),
        spaces=tuple(u.key for u in column),
        stops=tuple(SeenStop(space=u.key, at=_nearest(u, column[0])) for u in known),
        source=ext.source_in(column[0].feature.properties, column[0].feature.id),
    )


def _beyond(unit: Unit, plan: Plan) -> Unit | None:
    """Where a stair that is drawn once ends: a level up, else a level down."""
    ordinals = sorted({s.ordinal for s in plan.storey_of.values()})
    at = ordinals.index(unit.storey.ordinal)
    for there in (*ordinals[at + 1 : at + 2], *reversed(ordinals[max(at - 1, 0) : at])):
        end = _landing(unit, there, plan)
        if end is not None:
            return end
    return None


def _landing(unit: Unit, ordinal: int, plan: Plan) -> Unit | None:
    """The room one steps into from this unit's plan on that level: a way before a room, then the longest edge."""
    found = []
    for other in plan.near(ordinal, unit.plan, LANDING_M):
        if not other.outdoors and other.use.walkable and other.key != unit.key:
            edge_m = other.plan.intersection(unit.plan.buffer(LANDING_M)).area
            found.append((not other.use.flows, -round(edge_m, 2), other.key, other))
    return min(found, key=lambda f: f[:3])[3] if found else None


def _nearest(unit: Unit, link: Unit) -> XY:
    """A point to stand on in the unit, near the link's plan."""
    inner = unit.plan.buffer(-STAND_M)
    line = shapely.shortest_line(unit.plan if inner.is_empty else inner, link.plan.centroid)
    x, y = line.coords[0]
    return round(float(x), 3), round(float(y), 3)


def _name(units: Iterable[Unit], language: str) -> Text:
    return next((name for u in units if (name := labels(u.feature.properties.get("name"), language))), {})
