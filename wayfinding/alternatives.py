"""Ways that are really other ones: over other openings or links, not much longer, and mostly somewhere else."""

from __future__ import annotations

import heapq
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import shapely

from wayfinding.conditions import FREE, Conditions
from wayfinding.links import Ride, length_of
from wayfinding.profile import Profile
from wayfinding.route import Route
from wayfinding.way import Run, Way

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router

ALTERNATIVES_MAX = 3
LONGER_MAX = 1.5
"""A way that counts for more than so many times the best is nobody's alternative."""
SHARED_MAX = 0.7
"""Nor is one that runs along another for more than this part of its length."""
ALONG_M = 1.0
"""Lines no further apart than this run along each other."""
SEARCHES_MAX = 60
"""How often a way is looked for before what was found must do."""


def list_ways(
    router: Router,
    start: Endpoint,
    goal: Endpoint,
    *,
    profile: Profile,
    most: int,
    now: Conditions = FREE,
) -> tuple[Route, ...]:
    """The best way, then up to ``most`` others, from better to worse; ``NoRoute`` where there is none at all.

    What a way goes through is closed one by one, then what those go through: so ways come by what they count for,
    and each is the best there is without what was closed.
    """
    waits, closed = now.waits(router), now.closed
    first, hopes = router.get_way(start, goal, profile=profile, closed=closed, waits=waits)
    chosen, seen, tried, numbers = [first], {_marks(first)}, {closed}, count()
    queue = [(first.weighted_s, next(numbers), closed, first)]
    while queue and len(chosen) <= min(most, ALTERNATIVES_MAX):
        weighted_s, _, shut, way = heapq.heappop(queue)
        if weighted_s > first.weighted_s * LONGER_MAX:
            break
        if way is not first and all(shared(way, other) <= SHARED_MAX for other in chosen):
            chosen.append(way)
        for mark in _marks(way):
            more = shut | {mark}
            if more in tried or len(tried) > SEARCHES_MAX:
                continue
            tried.add(more)
            other = router.find_way(start, goal, profile, more, waits)
            if other is not None and _marks(other) not in seen:
                seen.add(_marks(other))
                heapq.heappush(queue, (other.weighted_s, next(numbers), more, other))
    return tuple(router.tell(way, hopes, start, goal, closed=closed, waits=waits) for way in chosen)


def _marks(way: Way) -> tuple[str, ...]:
    """What a way goes through, in its order: by these two are told apart."""
    marks = [
        mark
        for leg in way.legs
        for mark in ((leg.link,) if isinstance(leg, Ride) else (gate.opening.id for _, gate, _ in leg.crossed))
    ]
    return tuple(dict.fromkeys(marks))


def shared(way: Way, other: Way) -> float:
    """The part of a way's length that it has in common with another: the same rides, or lines along each other."""
    total = sum(length_of(leg.line) for leg in way.legs)
    rides = {(ride.link, ride.start.floor, ride.end.floor) for ride in other.rides}
    common = 0.0
    for leg in way.legs:
        if isinstance(leg, Run):
            walked = _lines(way, leg.floor, leg)
            common += float(walked.intersection(_lines(other, leg.floor).buffer(ALONG_M)).length)
        elif (leg.link, leg.start.floor, leg.end.floor) in rides:
            common += length_of(leg.line)
    return common / total if total else 1.0


def _lines(way: Way, floor: int, run: Run | None = None) -> Any:
    """What is walked on a floor, or of one run."""
    runs = [run] if run is not None else [r for r in way.runs if r.floor == floor]
    pieces = [(a[:2], b[:2]) for r in runs for a, b in pairwise(r.line) if a[:2] != b[:2]]
    return shapely.MultiLineString(pieces)
