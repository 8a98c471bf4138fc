"""All a profile can walk of a building, as flat arrays: corners, landings, sight lines and rides.

Edges lie sorted by their head, so that the arrays are the rows of the reversed graph: a search starts at the goal
and grows one tree that answers every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import shapely

from building.model import OUT, XY, Building
from wayfinding.links import Landing, Ride, list_rides
from wayfinding.profile import Profile
from wayfinding.trees import Tree, grow_tree
from wayfinding.visibility import (
    Bools,
    Corners,
    Floats,
    Ints,
    find_corners,
    seen_from,
    sees_corners,
    sight_lines,
    touches,
)
from wayfinding.walkable import Walkable, make_walkable

LANDING_REACH_M = 2.5
SPOT_REACH_M = 5.0
"""How far from a place somebody may stand to be there: the middle of a room may hold a table."""
WARD_RIM_M = 0.002
DOORSTEP_M = 0.1
APPROACHES = 4096
CLOSURES = 64
TREES = 512
"""Bounds of the caches of a graph; the least lately used leaves first."""
LOOK_AT = 12
"""Nodes whose sight is asked for first; then twice as many, and so on."""

Closed = frozenset[str]
Waits = tuple[tuple[str, float], ...]
"""What takes longer now: seconds at a lift, by the link; how many times as long a walk takes, by the space."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a way starts or ends: a point to stand at on a floor; floor -1 is the outside, by any arrival."""

    floor: int
    stand: XY
    part: int


OUTSIDE = Spot(-1, (0.0, 0.0), -1)


class Graph:
    """One profile's walkable building. Everything is made once; closures only mask edges."""

    def __init__(self, building: Building, profile: Profile) -> None:
        self.profile = profile
        self.floors = tuple(make_walkable(building, floor, profile) for floor in building.floors)
        self.floor_of = {w.floor.id: i for i, w in enumerate(self.floors)}
        rides = list_rides(building, profile)
        ends = [self._stand(landing) for ride in rides for landing in (ride.start, ride.end)]
        arrivals = [self._arrivals(w) for w in self.floors]
        self.corners: list[Corners] = []
        self.first: list[int] = []
        pairs: list[tuple[Ints, Ints]] = []
        total = 0
        node_of: dict[tuple[int, XY], int] = {}
        for i, walkable in enumerate(self.floors):
            landings = [at for floor, at in (end for end in ends if end is not None) if floor == i]
            spots = list(dict.fromkeys(landings + arrivals[i][0] + arrivals[i][1]))
            corners = find_corners(
                walkable.free, wards=self._wards(walkable), points=np.array(spots) if spots else None
            )
            node_of.update({(i, at): total + len(corners.at) - len(spots) + k for k, at in enumerate(spots)})
            a, b = sight_lines(corners)
            pairs.append((a + total, b + total))
            self.corners.append(corners)
            self.first.append(total)
            total += len(corners.at)
        self.count = total
        self.at: Floats = np.concatenate([c.at for c in self.corners]) if total else np.empty((0, 2))
        self.floor: Ints = np.repeat(np.arange(len(self.floors)), [len(c.at) for c in self.corners])
        self.z: Floats = np.array([self.floors[f].z_at((x, y)) for f, (x, y) in zip(self.floor, self.at, strict=True)])
        taken = [
            (ride, node_of[start], node_of[end])
            for ride, start, end in zip(rides, ends[::2], ends[1::2], strict=True)
            if start is not None and end is not None
        ]
        self.rides: tuple[Ride, ...] = tuple(ride for ride, _, _ in taken)
        self.ride_between = {(a, b): n for n, (_, a, b) in enumerate(taken)}
        self._connect(pairs, [a for _, a, _ in taken], [b for _, _, b in taken])
        street, doorsteps = (
            np.array([node_of[i, at] for i, kinds in enumerate(arrivals) for at in kinds[n]], dtype=np.int64)
            for n in range(2)
        )
        self.arrivals = self._choose_arrivals(street, doorsteps)
        self.cuts = self._index_cuts()
        self._caches()

    def _spot(self, floor: str, at: XY, space: str | None) -> Spot | None:
        """Where to stand to be at a point, in that space or the one it lies in; None where nobody can stand."""
        i = self.floor_of[floor]
        stand = self.floors[i].find_stand(at, space=space, reach_m=SPOT_REACH_M)
        if stand is None:
            return None
        point = shapely.Point(stand)
        return Spot(i, stand, next(n for n, piece in enumerate(self.corners[i].pieces) if piece.intersects(point)))

    def _stand(self, landing: Landing) -> tuple[int, XY] | None:
        i = self.floor_of[landing.floor]
        stand = self.floors[i].find_stand(landing.at, space=landing.space, reach_m=LANDING_REACH_M)
        return None if stand is None else (i, stand)

    def _arrivals(self, walkable: Walkable) -> tuple[list[XY], list[XY]]:
        """The street's points where one is drawn, and a step out of every exit."""
        at_street = [walkable.find_stand(at, reach_m=LANDING_REACH_M) for at in walkable.arrivals]
        doorsteps = []
        for gate in walkable.gates:
            between = gate.opening.between
            if between is not None and OUT in between:
                x0, y0, x1, y1 = gate.line
                out_is_left = between[0] == OUT
                away = gate.depth_m[0 if out_is_left else 1] + self.profile.clearance_m + DOORSTEP_M
                side = (1.0 if out_is_left else -1.0) * away / gate.opening.width_m
                at = ((x0 + x1) / 2 - (y1 - y0) * side, (y0 + y1) / 2 + (x1 - x0) * side)
                doorsteps.append(walkable.find_stand(at, reach_m=LANDING_REACH_M))
        return [at for at in at_street if at is not None], [at for at in doorsteps if at is not None]

    def _choose_arrivals(self, street: Ints, doorsteps: Ints) -> Ints:
        """Street points count where a door can be reached from them; else people start at the doors."""
        tree = grow_tree(self.tail, self.rows, self.weight, doorsteps, np.zeros(len(doorsteps)))
        reaching = street[np.isfinite(tree.seconds[street])]
        return reaching if len(reaching) else doorsteps

    def _wards(self, walkable: Walkable) -> Any:
        """Open-plan spaces and the passages between them, a hair wider: where one is closed, ways bend at its rim."""
        passages = [gate for gate in walkable.gates if gate.opening.kind == "open"]
        spaces = sorted({end for gate in passages for end in gate.between})
        return [
            *(walkable.cores[space].buffer(WARD_RIM_M, join_style="mitre") for space in spaces),
            *(gate.bar(WARD_RIM_M) for gate in passages),
        ]

    def _connect(self, pairs: list[tuple[Ints, Ints]], ride_from: list[int], ride_to: list[int]) -> None:
        tails, heads, keep = [], [], []
        for i, (a, b) in enumerate(pairs):
            tail, head = np.concatenate([a, b]), np.concatenate([b, a])
            tails.append(tail)
            heads.append(head)
            keep.append(~self.floors[i].gates.against(self.segments(tail, head)))
        kept = np.concatenate(keep)
        tail = np.concatenate([np.concatenate(tails)[kept], np.array(ride_from, dtype=np.int64)])
        head = np.concatenate([np.concatenate(heads)[kept], np.array(ride_to, dtype=np.int64)])
        walked = len(tail) - len(self.rides)
        metres = self.metres_between(tail[:walked], head[:walked])
        stubs = [self.stub_m(ride, *ends) for ride, *ends in zip(self.rides, tail[walked:], head[walked:], strict=True)]
        riding = np.array([ride.weighted_s for ride in self.rides]) + np.array(stubs) / self.profile.speed_m_s
        weight = np.concatenate([metres / self.profile.speed_m_s, riding])
        ride = np.concatenate([np.full(walked, -1), np.arange(len(self.rides))]).astype(np.int64)
        order = np.lexsort((tail, head))
        self.tail, self.head, self.ride = tail[order], head[order], ride[order]
        self.weight: Floats = np.maximum(weight[order], 1e-9)
        counts = np.bincount(self.head, minlength=self.count)
        self.rows: Ints = np.concatenate([[0], np.cumsum(counts)])

    def stub_m(self, ride: Ride, tail: int, head: int) -> float:
        """Metres between where one can stand and where the ride's line begins and ends."""
        ends = np.array([ride.line[0][:2], ride.line[-1][:2]])
        return float(np.linalg.norm(self.at[[tail, head]] - ends, axis=1).sum())

    def segments(self, tail: Ints, head: Ints) -> Floats:
        return np.concatenate([self.at[tail], self.at[head]], axis=1)

    def _caches(self) -> None:
        # On the instance: a cache on the class would keep every graph alive.
        self.approach = lru_cache(APPROACHES)(self._approach)
        self.spot = lru_cache(APPROACHES)(self._spot)
        self._members = lru_cache(None)(self._list_members)
        self._within = lru_cache(None)(self._measure_within)
        self.weights = lru_cache(CLOSURES)(self._weights)
        self.tree = lru_cache(TREES)(self._tree)

    # What closures cut ------------------------------------------------------------------------------------------

    def _index_cuts(self) -> Mapping[str, Ints]:
        """For everything that may be closed (opening, space, link, device) the edges that then go."""
        cuts: dict[str, list[Ints]] = {}
        on_floor = np.where(self.ride < 0, self.floor[self.tail], -1)
        for i, walkable in enumerate(self.floors):
            edges = np.flatnonzero(on_floor == i)
            segments = self.segments(self.tail[edges], self.head[edges])
            for n, gate in enumerate(walkable.gates):
                crossing = edges[walkable.gates.crossings(segments, [n])[:, 0] != 0]
                for name in {gate.opening.id, gate.opening.device} - {None}:
                    cuts.setdefault(str(name), []).append(crossing)
            lines = shapely.STRtree(shapely.linestrings(segments.reshape(-1, 2, 2)))
            for space, core in walkable.cores.items():
                cuts.setdefault(space, []).append(edges[lines.query(core, predicate="intersects")])
        for n, ride in enumerate(self.rides):
            for name in ride.shut_by:
                cuts.setdefault(name, []).append(np.flatnonzero(self.ride == n))
        return {name: np.unique(np.concatenate(edges)) for name, edges in cuts.items()}

    def _weights(self, closed: Closed, waits: Waits) -> Floats:
        weight = self.weight.copy()
        by_link = dict(waits)
        for n, ride in enumerate(self.rides):
            if ride.link in by_link:
                weight[self.ride == n] += (by_link[ride.link] - ride.wait_s) * ride.weight
        for name, slow in waits:
            for floor, walkable in enumerate(self.floors):
                if name in walkable.cores:
                    edges, metres = self._within(floor, name)
                    weight[edges] += metres * ((slow - 1.0) / self.profile.speed_m_s)
        for name in closed & self.cuts.keys():
            weight[self.cuts[name]] = np.inf
        return weight

    def _measure_within(self, floor: int, space: str) -> tuple[Ints, Floats]:
        """The edges that lead through a space, and how far each does."""
        edges = np.flatnonzero((self.ride < 0) & (self.floor[self.tail] == floor))
        metres = _metres_inside(self.floors[floor].cores[space], self.segments(self.tail[edges], self.head[edges]))
        return edges[metres > 0.0], metres[metres > 0.0]

    def slowed_s(self, floor: int, segments: Floats, waits: Waits) -> Floats:
        """How much longer each segment on a floor takes where people stand close."""
        slowed = np.zeros(len(segments))
        for name, slow in waits if floor >= 0 else ():
            if name in self.floors[floor].cores:
                inside_m = _metres_inside(self.floors[floor].cores[name], segments)
                slowed += inside_m * ((slow - 1.0) / self.profile.speed_m_s)
        return slowed

    def _list_members(self, floor: int, part: int) -> Ints:
        """The nodes of a connected piece of a floor."""
        return np.flatnonzero(self.corners[floor].part == part) + self.first[floor]

    # Searching --------------------------------------------------------------------------------------------------

    def _approach(self, goal: Spot) -> tuple[Ints, Floats]:
        """The nodes a way to the goal comes from last, and how far they are."""
        if goal.floor < 0:
            return self.arrivals, np.zeros(len(self.arrivals))
        nodes = seen_from(self.corners[goal.floor], goal.part, np.array(goal.stand)) + self.first[goal.floor]
        nodes = nodes[~self.floors[goal.floor].gates.against(self._spokes(goal, nodes, leaving=False))]
        return nodes, self._metres(goal, nodes)

    def approaches(self, goal: Spot, closed: Closed) -> tuple[Ints, Floats]:
        """The same with all of this closed."""
        nodes, metres = self.approach(goal)
        if closed and goal.floor >= 0:
            blocked = self.floors[goal.floor].blocked(self._spokes(goal, nodes, leaving=False), closed)
            nodes, metres = nodes[~blocked], metres[~blocked]
        return nodes, metres

    def departures(self, start: Spot, closed: Closed) -> tuple[Ints, Floats]:
        """The nodes a way from the start goes to first, and how far they are."""
        if start.floor < 0:
            return self.arrivals, np.zeros(len(self.arrivals))
        nodes = self._members(start.floor, start.part)
        nodes = nodes[self._bends_at(start, nodes)]
        nodes = nodes[self._goes_to(start, nodes, closed)]
        return nodes, self._metres(start, nodes)

    def approach_slowed_s(self, goal: Spot, nodes: Ints, waits: Waits) -> Floats:
        """How much longer the last stretch from each of these takes where people stand close."""
        return self.slowed_s(goal.floor, self._spokes(goal, nodes, leaving=False), waits)

    def departure_slowed_s(self, start: Spot, nodes: Ints, waits: Waits) -> Floats:
        """The same of the first stretch."""
        return self.slowed_s(start.floor, self._spokes(start, nodes, leaving=True), waits)

    def grow_outward(self, nodes: Ints, seconds: Floats, closed: Closed, waits: Waits) -> Tree:
        """Weighted seconds to every node from a start so far before these; ``following`` is the one before."""
        order, rows = self._by_tail
        weights = self.weights(closed, waits)[order]
        return grow_tree(self.head[order], rows, weights, nodes, seconds)

    @cached_property
    def _by_tail(self) -> tuple[Ints, Ints]:
        """The edges in the order of their tails, and where each tail's begin."""
        counts = np.bincount(self.tail, minlength=self.count)
        return np.argsort(self.tail, kind="stable"), np.concatenate([[0], np.cumsum(counts)])

    def metres_between(self, nodes: Ints, others: Ints) -> Floats:
        run = np.hypot(*(self.at[nodes] - self.at[others]).T)
        metres: Floats = np.hypot(run, self.z[nodes] - self.z[others])
        return metres

    def _metres(self, spot: Spot, nodes: Ints) -> Floats:
        run = np.hypot(*(self.at[nodes] - spot.stand).T)
        metres: Floats = np.hypot(run, self.z[nodes] - self.floors[spot.floor].z_at(spot.stand))
        return metres

    def _spokes(self, spot: Spot, nodes: Ints, *, leaving: bool) -> Floats:
        """Segments between the spot and its nodes, in walking direction."""
        here = np.broadcast_to(np.array(spot.stand), (len(nodes), 2))
        return np.concatenate([here, self.at[nodes]] if leaving else [self.at[nodes], here], axis=1)

    def first_node(self, start: Spot, tree: Tree, closed: Closed, waits: Waits) -> tuple[int, float] | None:
        """The node a way to the tree's goal goes to first, and the seconds from the start; None if there is none.

        Nodes are looked at in the order of what the way over them would take if they could be seen: the first that
        can be is the best, and few need looking at.
        """
        if start.floor < 0:
            nodes, seconds = self.arrivals, tree.seconds[self.arrivals]
        else:
            nodes = self._members(start.floor, start.part)
            nodes = nodes[self._bends_at(start, nodes)]
            seconds = self._metres(start, nodes) / self.profile.speed_m_s + tree.seconds[nodes]
            seconds += self.slowed_s(start.floor, self._spokes(start, nodes, leaving=True), waits)
        order = np.argsort(seconds)
        order = order[: np.count_nonzero(np.isfinite(seconds))]
        first, size = 0, LOOK_AT
        while first < len(order):
            block = order[first : first + size]
            first, size = first + size, size * 2
            if start.floor >= 0:
                block = block[self._goes_to(start, nodes[block], closed)]
            if len(block):
                return int(nodes[block[0]]), float(seconds[block[0]])
        return None

    def _bends_at(self, start: Spot, nodes: Ints) -> Bools:
        """Where a way from the start may bend, seen or not."""
        which = nodes - self.first[start.floor]
        corners = self.corners[start.floor]
        return touches(corners, which, corners.at[which] - start.stand)

    def _goes_to(self, start: Spot, nodes: Ints, closed: Closed) -> Bools:
        """Which nodes one may walk to straight from the start."""
        walkable, corners = self.floors[start.floor], self.corners[start.floor]
        seen = sees_corners(corners, start.part, nodes - self.first[start.floor], np.array(start.stand))
        spokes = self._spokes(start, nodes, leaving=True)
        seen &= ~walkable.gates.against(spokes)
        if closed:
            seen &= ~walkable.blocked(spokes, closed)
        return seen

    def ride_taken(self, node: int, after: int) -> Ride | None:
        """The ride between two nodes that follow each other on a way, None where one walks."""
        ride = self.ride_between.get((node, after))
        return None if ride is None else self.rides[ride]

    def _tree(self, goal: Spot, closed: Closed, waits: Waits) -> Tree:
        """Weighted seconds from every node to the goal, under those closures and waits."""
        nodes, metres = self.approaches(goal, closed)
        seconds = metres / self.profile.speed_m_s + self.approach_slowed_s(goal, nodes, waits)
        return grow_tree(self.tail, self.rows, self.weights(closed, waits), nodes, seconds)


def _metres_inside(shape: Any, segments: Floats) -> Floats:
    """How much of each segment lies in a shape; most do not meet it at all."""
    lines = shapely.linestrings(segments.reshape(-1, 2, 2))
    metres = np.zeros(len(lines))
    meets = shapely.intersects(shape, lines)
    metres[meets] = shapely.length(shapely.intersection(shape, lines[meets]))
    return metres
