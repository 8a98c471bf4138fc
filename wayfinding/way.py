"""The way found on a graph: runs on foot and rides, with everything they pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from building.model import XYZ
from wayfinding.gates import Gate, crossings
from wayfinding.graph import Closed, Graph, Spot, Waits
from wayfinding.links import Ride
from wayfinding.visibility import Floats, sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch on foot on one floor."""

    floor: int
    line: tuple[XYZ, ...]

    @property
    def segments(self) -> Floats:
        flat = np.array(self.line)[:, :2]
        return np.concatenate([flat[:-1], flat[1:]], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """``weighted_s`` is what was minimised."""

    graph: Graph
    legs: tuple[Run | Ride, ...]
    weighted_s: float

    @property
    def runs(self) -> Iterator[Run]:
        return (leg for leg in self.legs if isinstance(leg, Run))

    @property
    def rides(self) -> Iterator[Ride]:
        return (leg for leg in self.legs if isinstance(leg, Ride))

    def gates(self) -> list[Gate]:
        """Every gate gone through, open passages too."""
        passed = []
        for run in self.runs:
            gates = self.graph.floors[run.floor].gates
            hits = crossings(run.segments, gates)
            passed += [gates[k] for _, k in sorted(zip(*np.nonzero(hits), strict=True))]
        return passed

    def meets(self, closed: Closed) -> bool:
        """Whether it uses anything that is closed."""
        return any(closed & ride.shut_by for ride in self.rides) or any(
            bool(self.graph.blocked(run.floor, run.segments, closed).any()) for run in self.runs
        )


def find_way(graph: Graph, start: Spot, goal: Spot, *, closed: Closed, waits: Waits) -> Way | None:
    """The way that counts least, or None where there is none."""
    nodes, metres = graph.open_approach(start, True, closed)
    seconds_to, following = graph.tree(goal, closed, waits)
    total = metres / graph.profile.speed_m_s + seconds_to[nodes]
    best = int(np.argmin(total)) if len(total) else -1
    weighted_s = float(total[best]) if best >= 0 else np.inf
    straight_s = _straight(graph, start, goal, closed) / graph.profile.speed_m_s
    if straight_s <= weighted_s and straight_s < np.inf:
        run = Run(floor=start.floor, line=(_point(graph, start), _point(graph, goal)))
        return Way(graph=graph, legs=(run,), weighted_s=straight_s)
    if weighted_s == np.inf:
        return None
    chain, node = [], int(nodes[best])
    while node != graph.count:
        chain.append(node)
        node = int(following[node])
    return Way(graph=graph, legs=tuple(_legs(graph, start, goal, chain)), weighted_s=weighted_s)


def _straight(graph: Graph, start: Spot, goal: Spot, closed: Closed) -> float:
    """Metres from start to goal where nothing stands between; inf otherwise."""
    if start.floor < 0 or start.floor != goal.floor or start.part != goal.part:
        return np.inf
    a, b = np.array(start.stand), np.array(goal.stand)
    segment = np.array([[*a, *b]])
    if not sees(graph.corners[start.floor], start.part, a, b) or bool(graph.forbidden(start.floor, segment, closed)[0]):
        return np.inf
    return float(np.linalg.norm(np.subtract(_point(graph, start), _point(graph, goal))))


def _point(graph: Graph, spot: Spot) -> XYZ:
    return (*spot.stand, graph.floors[spot.floor].z_at(spot.stand))


def _legs(graph: Graph, start: Spot, goal: Spot, chain: list[int]) -> Iterator[Run | Ride]:
    line = [] if start.floor < 0 else [_point(graph, start)]
    floor = int(graph.floor[chain[0]])
    for node, after in zip(chain, [*chain[1:], -1], strict=True):
        here: XYZ = (float(graph.at[node, 0]), float(graph.at[node, 1]), float(graph.z[node]))
        if not line or line[-1] != here:
            line.append(here)
        ride = graph.ride_taken(node, after)
        if ride is not None:
            if line[-1] != ride.line[0]:
                line.append(ride.line[0])
            if len(line) > 1:
                yield Run(floor=floor, line=tuple(line))
            yield ride
            line, floor = [ride.line[-1]], int(graph.floor[after])
    if goal.floor >= 0 and line[-1] != _point(graph, goal):
        line.append(_point(graph, goal))
    if len(line) > 1:
        yield Run(floor=floor, line=tuple(line))
