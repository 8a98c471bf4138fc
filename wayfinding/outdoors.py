"""The ground around the building as far as walking goes: drawn outdoor places, or a plain strip along the walls.

Where several houses stand apart on it, the ground between them belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely

from building.model import OUT, XY, Building, Floor, Opening, OutdoorLink, Polygon

WALKED = frozenset({"ground", "street"})
"""Kinds of outdoor places people walk on; a driveway or an assembly place is none of its own."""
STRIP_M = 3.0
"""How wide the ground is taken to be where the file draws none."""
GAP_M = 1.0
"""Gaps in the plan of a floor narrower than this are no outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """``places`` by id (``OUT`` where none is drawn), their ``heights``, and the ``joins`` where two meet level."""

    places: Mapping[str, Any]
    heights: Mapping[str, float]
    joins: tuple[Opening, ...]
    arrivals: tuple[XY, ...] = ()


def ground_floor_of(building: Building) -> str | None:
    """The floor most exits stand on; all drawn outdoor places belong to it."""
    exits = [o.floor for o in building.openings if _leads_out(o)]
    return max(sorted(set(exits)), key=exits.count) if exits else None


def ground_of(building: Building, floor: Floor, drawn: Iterable[Any]) -> Ground:
    """The ground that can be walked on at this floor."""
    grounds = [place for place in building.outdoor_places if place.kind in WALKED]
    if grounds and ground_floor_of(building) == floor.id:
        inside = _filled(floor, drawn)
        places = {p.id: _shape(p.footprint).difference(inside) for p in grounds}
        joins = tuple(
            join
            for link in building.outdoor_links
            if link.kind == "level" and set(link.between) <= places.keys()
            for join in _joins(link, floor, places)
        )
        return Ground(
            places=places,
            heights={p.id: p.z_m for p in grounds},
            joins=joins,
            arrivals=_arrivals(joins, frozenset(p.id for p in grounds if p.kind == "street")),
        )
    if not grounds and any(_leads_out(o) for o in building.openings if o.floor == floor.id):
        inside = _filled(floor, drawn)
        # Houses of one file stand on one ground: one walks from one to the next.
        several = shapely.get_num_geometries(inside) > 1 and ground_floor_of(building) == floor.id
        reach = shapely.convex_hull(inside) if several else inside
        strip = reach.buffer(STRIP_M, join_style="mitre").difference(inside)
        return Ground(places={OUT: strip}, heights={}, joins=())
    return Ground(places={}, heights={}, joins=())


def _arrivals(joins: Sequence[Opening], streets: frozenset[str]) -> tuple[XY, ...]:
    """Where people come from: the middle of every border of a street with other ground."""
    at_street = [join for join in joins if len(streets & set(join.between or ())) == 1]
    return tuple(((j.line[0][0] + j.line[1][0]) / 2, (j.line[0][1] + j.line[1][1]) / 2) for j in at_street)


def _leads_out(opening: Opening) -> bool:
    return opening.exit and opening.between is not None and OUT in opening.between and not opening.vehicles_only


def _filled(floor: Floor, drawn: Iterable[Any]) -> Any:
    """The floor's plan with the walls between its spaces."""
    outline = [_shape(polygon) for polygon in floor.outline]
    plan = shapely.union_all(outline or list(drawn))
    return plan.buffer(GAP_M / 2, join_style="mitre").buffer(-GAP_M / 2, join_style="mitre")


def _joins(link: OutdoorLink, floor: Floor, places: Mapping[str, Any]) -> list[Opening]:
    """An open passage along every straight stretch of border two places share."""
    a, b = link.between
    border = shapely.line_merge(places[a].buffer(0.02, join_style="mitre").intersection(places[b].boundary))
    joins: list[Opening] = []
    for line in shapely.get_parts(border):
        points = shapely.get_coordinates(line)
        for (x0, y0), (x1, y1) in pairwise(points):
            if (x1 - x0) ** 2 + (y1 - y0) ** 2 > 0.3**2:
                joins.append(
                    Opening(
                        id=f"{link.id}:{len(joins)}",
                        name=link.name,
                        floor=floor.id,
                        kind="open",
                        between=(a, b),
                        line=((float(x0), float(y0)), (float(x1), float(y1))),
                        step_free=link.step_free,
                    )
                )
    return joins


def _shape(polygon: Polygon) -> Any:
    return shapely.make_valid(shapely.Polygon(polygon.outer, polygon.holes))
