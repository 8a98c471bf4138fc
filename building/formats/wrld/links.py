"""Stairs, escalators and lifts, from what covers the same ground on several levels.

Stairs and escalators lead to the next level where that shows them too, or leaves its floor open over them; a lift
may pass levels where it has no door.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import networkx as nx
import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.wrld.features import Feature, Way
from building.formats.wrld.plan import Plan
from building.formats.wrld.storeys import STOREY_HEIGHT_M
from building.model import LinkKind, Text
from building.survey import SeenLink, SeenRun

OVERLAP_MIN = 0.4
"""Of the smaller of two outlines, drawn level by level by hand."""
WAY_REACH_M = 1.5

_KINDS: tuple[tuple[str, LinkKind, Text], ...] = (
    ("stairs", "stairs", {"zh": "楼梯", "en": "Stairs"}),
    ("escalator", "escalator", {"zh": "自动扶梯", "en": "Escalator"}),
    ("elevator", "lift", {"zh": "电梯", "en": "Lift"}),
)
_Place = tuple[int, Feature]


def read_links(plans: Sequence[Plan], ways: Sequence[Way], warnings: list[str]) -> tuple[SeenLink, ...]:
    """Every stack of outlines that joins levels; what stands on one level alone is named in the warnings."""
    links: list[SeenLink] = []
    for type_, kind, name in _KINDS:
        places = [(i, f) for i, plan in enumerate(plans) for f in plan.drawn.of(type_)]
        stacks = sorted(_stacks(places, plans, ways, type_), key=lambda s: s[0][1].key)
        numbered = [s for s in stacks if _tops(s, plans)]
        for n, stack in enumerate(numbered, start=1):
            links.append(_link(stack, plans, kind, {lang: f"{word} {n}" for lang, word in name.items()}))
        warnings += [
            f"{type_} {stack[0][1].key} is drawn on one level only and leads nowhere"
            for stack in stacks
            if not _tops(stack, plans)
        ]
    return tuple(links)


def _stacks(places: Sequence[_Place], plans: Sequence[Plan], ways: Sequence[Way], type_: str) -> Iterator[list[_Place]]:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(places)))
    for a, (i, f) in enumerate(places):
        for b, (j, g) in enumerate(places[:a]):
            if i == j or not _over(f.plan, g.plan):
                continue
            near = abs(plans[i].drawn.level.order - plans[j].drawn.level.order) == 1
            if near or type_ == "elevator" or _told(ways, type_, (plans[i], f), (plans[j], g)):
                graph.add_edge(a, b)
    for group in nx.connected_components(graph):
        yield sorted((places[n] for n in group), key=lambda p: (p[0], p[1].key))


def _over(a: BaseGeometry, b: BaseGeometry) -> bool:
    return bool(a.intersection(b).area >= OVERLAP_MIN * min(a.area, b.area))


def _told(ways: Sequence[Way], type_: str, a: tuple[Plan, Feature], b: tuple[Plan, Feature]) -> bool:
    """Whether a line of a way leads from one outline to the other, past levels between."""
    return any(w.kind == type_ and all(_meets(w, plan, f) for plan, f in (a, b)) for w in ways)


def _meets(way: Way, plan: Plan, feature: Feature) -> bool:
    at = [p for p, order in zip(way.points, way.orders, strict=True) if order == plan.drawn.level.order]
    return any(feature.plan.dwithin(shapely.Point(p), WAY_REACH_M) for p in at)


def _tops(stack: Sequence[_Place], plans: Sequence[Plan]) -> list[int]:
    """The levels a stack reaches, lowest first; none where it is only one."""
    levels = sorted({i for i, _ in stack})
    top = levels[-1]
    if stack[0][1].kind != "elevator" and top + 1 < len(plans) and _opens(stack, top, plans[top + 1]):
        levels.append(top + 1)
    return levels if len(levels) > 1 else []


def _opens(stack: Sequence[_Place], top: int, above: Plan) -> bool:
    """Whether the next floor is left open over the stairs."""
    plan = shapely.union_all([f.plan for i, f in stack if i == top])
    openings = shapely.union_all([f.plan for f in above.drawn.of("floor_opening")])
    return bool(openings.intersection(plan).area >= OVERLAP_MIN * plan.area)


def _link(stack: Sequence[_Place], plans: Sequence[Plan], kind: LinkKind, name: Text) -> SeenLink:
    levels = _tops(stack, plans)
    plan_at = {i: shapely.union_all([f.plan for j, f in stack if j == i]) for i in levels}
    first = stack[0][1]
    if kind == "lift":
        low, high = (plans[i].floor.elevation_m for i in (levels[0], levels[-1]))
        runs = [SeenRun(plan=shapely.union_all(list(plan_at.values())), z0_m=low, z1_m=high + STOREY_HEIGHT_M)]
        stops = tuple(plans[i].floor.key for i in levels)
    else:
        runs = [
            SeenRun(plan=plan_at[a], z0_m=plans[a].floor.elevation_m, z1_m=plans[b].floor.elevation_m)
            for a, b in pairwise(levels)
        ]
        stops = ()
    return SeenLink(
        key=f"{first.key}-link",
        name={lang: first.name or word for lang, word in name.items()},
        kind=kind,
        runs=tuple(runs),
        floors=stops,
        spaces=tuple(f.key for _, f in stack) if kind == "lift" else (),
        source=first.source,
    )
