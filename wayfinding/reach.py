"""What it takes from one place to any other: one search outward answers all, as exactly as single routes do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wayfinding.conditions import Conditions
from wayfinding.graph import Closed, Graph, Spot, Waits
from wayfinding.links import Ride
from wayfinding.profile import Profile
from wayfinding.trees import Tree
from wayfinding.visibility import Floats
from wayfinding.way import straight_m

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a way takes. ``weighted_s`` is what was minimised."""

    seconds: float
    metres: float
    weighted_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """To every node of a graph: the search's own seconds (inf: no way), and what the way found really takes."""

    tree: Tree
    seconds: Floats
    metres: Floats


class Reach:
    """All ways of one profile from one place at one moment."""

    def __init__(self, router: Router, start: Endpoint, *, profile: Profile, now: Conditions) -> None:
        self.graph = router.network.graph(profile)
        self._router, self.now, self.waits = router, now, now.waits(router)
        self.start = None if router.is_shut(start, now.closed) else router.find_spot(self.graph, start)
        self.outward = None if self.start is None else _search(self.graph, self.start, now.closed, self.waits)

    def to(self, goal: Endpoint) -> Cost | None:
        """What the way to a place takes, None where there is none."""
        if self._router.is_shut(goal, self.now.closed):
            return None
        spot = self._router.find_spot(self.graph, goal)
        return None if spot is None else self._to_spot(spot)

    def _to_spot(self, goal: Spot) -> Cost | None:
        if self.start is None or self.outward is None:
            return None
        found = self._straight(self.start, goal)
        if found is not None and not self._router.network.crowded(self.waits):
            return found
        nodes, metres = self.graph.approaches(goal, self.now.closed)
        walked_s = metres / self.graph.profile.speed_m_s + self.graph.approach_slowed_s(goal, nodes, self.waits)
        weighted = self.outward.tree.seconds[nodes] + walked_s
        if not len(nodes) or not np.isfinite(best := float(weighted.min())):
            return found
        if found is not None and found.weighted_s <= best:
            return found
        last = int(weighted.argmin())
        return Cost(
            seconds=float(self.outward.seconds[nodes[last]] + walked_s[last]),
            metres=float(self.outward.metres[nodes[last]] + metres[last]),
            weighted_s=best,
        )

    def _straight(self, start: Spot, goal: Spot) -> Cost | None:
        """Where nothing stands between."""
        metres = straight_m(self.graph, start, goal, self.now.closed)
        if metres == np.inf:
            return None
        slowed_s = self.graph.slowed_s(start.floor, np.array([[*start.stand, *goal.stand]]), self.waits)
        seconds = metres / self.graph.profile.speed_m_s + float(slowed_s[0])
        return Cost(seconds=seconds, metres=metres, weighted_s=seconds)


def _search(graph: Graph, start: Spot, closed: Closed, waits: Waits) -> Outward:
    nodes, metres = graph.departures(start, closed)
    begun_s = metres / graph.profile.speed_m_s + graph.departure_slowed_s(start, nodes, waits)
    tree = graph.grow_outward(nodes, begun_s, closed, waits)
    before = np.frombuffer(tree.following, dtype=np.int32)
    reached = np.flatnonzero(np.isfinite(tree.seconds))
    first = reached[before[reached] == tree.goal]
    later = reached[before[reached] != tree.goal]
    step_m, step_s = np.zeros(graph.count), np.zeros(graph.count)
    step_m[nodes], step_s[nodes] = metres, begun_s  # of those reached from the start itself; for others it is replaced
    step_m[later] = graph.metres_between(before[later], later)
    step_s[later] = step_m[later] / graph.profile.speed_m_s
    for floor in range(len(graph.floors)):
        here = later[graph.floor[later] == floor]
        step_s[here] += graph.slowed_s(floor, graph.segments(before[here], here), waits)
    for node in later.tolist():
        ride = graph.ride_taken(int(before[node]), node)
        if ride is not None:
            step_m[node], step_s[node] = _ridden(graph, ride, int(before[node]), node, waits)
    seconds, total_m = np.full(graph.count, np.inf), np.full(graph.count, np.inf)
    seconds[first], total_m[first] = step_s[first], step_m[first]
    for node in later[np.argsort(tree.seconds[later], kind="stable")].tolist():
        seconds[node] = seconds[before[node]] + step_s[node]
        total_m[node] = total_m[before[node]] + step_m[node]
    return Outward(tree=tree, seconds=seconds, metres=total_m)


def _ridden(graph: Graph, ride: Ride, tail: int, head: int, waits: Waits) -> tuple[float, float]:
    """Metres and seconds from where one gets on to where one is off, with the steps to and from the ride's line."""
    stub_m = graph.stub_m(ride, tail, head)
    seconds = ride.seconds + dict(waits).get(ride.link, ride.wait_s) - ride.wait_s + stub_m / graph.profile.speed_m_s
    on = np.array([[*graph.at[tail], *ride.line[0][:2]]])
    off = np.array([[*ride.line[-1][:2], *graph.at[head]]])
    for node, step in ((tail, on), (head, off)):
        seconds += float(graph.slowed_s(int(graph.floor[node]), step, waits)[0])
    return ride.metres + stub_m, seconds
