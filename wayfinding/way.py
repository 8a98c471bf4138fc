"""The way found on a graph: runs on foot and rides, with everything they pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from building.model import XYZ
from wayfinding.gates import Gate
from wayfinding.graph import Closed, Graph, Spot, Waits
from wayfinding.links import Ride
from wayfinding.visibility import Floats, sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch on foot on one floor.

    ``crossed`` are the gates gone through: the segment's number, the gate, and whether from its left to its right.
    """

    floor: int
    line: tuple[XYZ, ...]
    crossed: tuple[tuple[int, Gate, bool], ...]

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
        return [gate for run in self.runs for _, gate, _ in run.crossed]

    def meets(self, closed: Closed) -> bool:
        """Whether it uses anything that is closed."""
        return any(closed & ride.shut_by for ride in self.rides) or any(
            bool(self.graph.floors[run.floor].blocked(run.segments, closed).any()) for run in self.runs
        )


def find_way(graph: Graph, start: Spot, goal: Spot, *, closed: Closed, waits: Waits) -> Way | None:
    """The way that counts least, or None where there is none."""
    straight_s = straight_m(graph, start, goal, closed) / graph.profile.speed_m_s
    slowed_s = 0.0
    if straight_s < np.inf:
        slowed_s = float(graph.slowed_s(start.floor, np.array([[*start.stand, *goal.stand]]), waits)[0])
    first = None
    if straight_s == np.inf or slowed_s > 0.0:
        tree = graph.tree(goal, closed, waits)
        first = graph.first_node(start, tree, closed, waits)
    if straight_s < np.inf and (first is None or straight_s + slowed_s <= first[1]):
        run = _run(graph, start.floor, [_point(graph, start), _point(graph, goal)])
        return Way(graph=graph, legs=(run,), weighted_s=straight_s + slowed_s)
    if first is None:
        return None
    chain = tree.path(first[0])
    return Way(graph=graph, legs=tuple(_legs(graph, start, goal, chain)), weighted_s=first[1])


def straight_m(graph: Graph, start: Spot, goal: Spot, closed: Closed) -> float:
    """Metres from start to goal where nothing stands between; inf otherwise."""
    if start.floor < 0 or start.floor != goal.floor or start.part != goal.part:
        return np.inf
    a, b = np.array(start.stand), np.array(goal.stand)
    segment = np.array([[*a, *b]])
    floor = graph.floors[start.floor]
    if not sees(graph.corners[start.floor], start.part, a, b):
        return np.inf
    if floor.gates.against(segment)[0] or floor.blocked(segment, closed)[0]:
        return np.inf
    return float(np.linalg.norm(np.subtract(_point(graph, start), _point(graph, goal))))


def _point(graph: Graph, spot: Spot) -> XYZ:
    return (*spot.stand, graph.floors[spot.floor].z_at(spot.stand))


def _run(graph: Graph, floor: int, line: list[XYZ]) -> Run:
    flat = np.array(line)[:, :2]
    gates = graph.floors[floor].gates
    hits = gates.crossings(np.concatenate([flat[:-1], flat[1:]], axis=1), range(len(gates)))
    crossed = tuple((int(s), gates[int(g)], bool(hits[s, g] > 0)) for s, g in zip(*hits.nonzero(), strict=True))
    return Run(floor=floor, line=tuple(line), crossed=crossed)


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
                yield _run(graph, floor, line)
            yield ride
            line, floor = [ride.line[-1]], int(graph.floor[after])
    if goal.floor >= 0 and line[-1] != _point(graph, goal):
        line.append(_point(graph, goal))
    if start.floor < 0 and goal.floor < 0:
        line *= 2  # who is outside and goes there stays
    if len(line) > 1:
        yield _run(graph, floor, line)
