"""Several stops on one way, in the order given or in the best one, which is found exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from wayfinding.conditions import FREE, Conditions
from wayfinding.errors import Unanswerable
from wayfinding.profile import Profile
from wayfinding.reach import Reach
from wayfinding.route import Route

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router

STOPS_MAX = 8
"""All orders are looked at, by what they have in common: twice the work and more for each further stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """``order`` are the numbers of the stops as they are visited, ``legs`` the ways between."""

    order: tuple[int, ...]
    legs: tuple[Route, ...]

    @property
    def distance_m(self) -> float:
        return sum(leg.distance_m for leg in self.legs)

    @property
    def duration_s(self) -> float:
        return sum(leg.duration_s for leg in self.legs)


def find_tour(
    router: Router,
    start: Endpoint,
    stops: Sequence[Endpoint],
    *,
    end: Endpoint | None = None,
    best_order: bool,
    profile: Profile,
    now: Conditions = FREE,
) -> Tour:
    """From ``start`` over all stops, to ``end`` where one is named; ``NoRoute`` where a stop cannot be had.

    The best order is the one whose ways count least: their seconds, and what the profile dislikes more than that.
    """
    if len(stops) > STOPS_MAX:
        raise Unanswerable(
            "too_many_stops",
            {"zh": f"一次最多经过{STOPS_MAX}个地点。", "en": f"At most {STOPS_MAX} stops can be visited on one way."},
        )
    points = [start, *stops, *([] if end is None else [end])]
    order = tuple(range(len(stops)))
    if best_order and len(stops) > 1:
        reaches = [Reach(router, a, profile=profile, now=now) for a in points]
        costs = [[inf if (c := reach.to(b)) is None else c.weighted_s for b in points] for reach in reaches]
        # Where no order leads over all of them, the order given shows what stands in the way.
        order = find_order(costs, stops=len(stops)) or order
    visited = [start, *(stops[n] for n in order), *([] if end is None else [end])]
    legs = tuple(now.route(router, a, b, profile) for a, b in pairwise(visited))
    return Tour(order=order, legs=legs)


def find_order(costs: Sequence[Sequence[float]], *, stops: int) -> tuple[int, ...] | None:
    """The cheapest order of the stops 1..n of this matrix from 0, to n + 1 where there is one (Held and Karp).

    None where none leads over all; of equals the first in the order of the stops.
    """
    best: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {
        (1 << stop, stop): (costs[0][stop + 1], (stop,)) for stop in range(stops)
    }
    for visited in range(1, 1 << stops):
        for last in range(stops):
            if (visited, last) not in best:
                continue
            cost, path = best[visited, last]
            for stop in range(stops):
                if not visited >> stop & 1:
                    key, found = (visited | 1 << stop, stop), (cost + costs[last + 1][stop + 1], (*path, stop))
                    best[key] = min(best.get(key, found), found)
    everywhere = (1 << stops) - 1
    has_end = len(costs) > stops + 1
    whole = [
        (cost + (costs[last + 1][stops + 1] if has_end else 0.0), path)
        for (visited, last), (cost, path) in best.items()
        if visited == everywhere
    ]
    cost, path = min(whole)
    return path if cost < inf else None
