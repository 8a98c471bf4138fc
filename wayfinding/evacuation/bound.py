"""How soon everybody could be out at best, whatever the plan, and which doors decide it: the quickest flow.

The network is laid out over slices of time and asked, by maximum flow, whether all get out within so many of them;
the fewest that do are searched by halving. Every passage has a clock of its own, set forward by the shortest time
from it to the outside: so on a shortest way no clock turns, only detours and queues cost slices, and rounding down to
slices loses less than one on any such way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from wayfinding.evacuation.dispatch import Party
from wayfinding.evacuation.ways import NEVER, Ways
from wayfinding.visibility import Floats, Ints

SLICES = 32
PARTS = 64
"""People are counted in parts: a slice rarely passes a whole number of them."""
MANY = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Nobody has all out before ``at_least_s``; the doors of ``cut`` are why, the narrowest part first."""

    at_least_s: float
    slice_s: float
    cut: tuple[int, ...]


def find_bound(parties: Sequence[Party], ways: Ways, within_s: float) -> Bound:
    """The least time, known that ``within_s`` is enough."""
    if not parties or within_s <= 0.0:
        return Bound(at_least_s=0.0, slice_s=0.0, cut=())
    flow = _Slices(parties, ways, within_s / SLICES)
    too_few, enough, stride = 0, SLICES, 1
    cut: tuple[int, ...] = ()
    # A good plan is nearly the best: questions just below it mostly settle the matter.
    while enough - too_few > 1:
        slices = max(enough - stride, (too_few + enough) // 2)
        fits, passages = flow.fit(slices)
        if fits:
            enough, stride = slices, stride * 2
        else:
            too_few, cut = slices, passages
    return Bound(at_least_s=too_few * flow.slice_s, slice_s=flow.slice_s, cut=cut)


class _Slices:
    """The network over time. Nodes: 0 where all come from, 1 outside, then each passage's two sides by slice."""

    def __init__(self, parties: Sequence[Party], ways: Ways, slice_s: float) -> None:
        self.slice_s = slice_s
        useful = np.flatnonzero(ways.to_go_s < NEVER)
        self._passages = useful
        number = np.full(len(ways.to_go_s), -1)
        number[useful] = np.arange(len(useful))
        p, q = ways.legs.T
        leads_on = ways.to_go_s[q] < NEVER
        p, q = p[leads_on], q[leads_on]
        later = self._slices(ways.transit_s[p] + ways.walk_s[leads_on] + ways.to_go_s[q] - ways.to_go_s[p])
        starts: Counter[tuple[tuple[tuple[int, float], ...], float]] = Counter()
        for party in parties:
            starts[party.doors, party.starts_s] += party.people
        rows = [(n, p, begins_s + walk) for n, (doors, begins_s) in enumerate(starts) for p, walk in doors]
        who, door, at_s = np.array(rows).T
        door = door.astype(np.int64)
        self._lay(
            flow=np.ceil(ways.flow_p_s[useful] * slice_s * PARTS),
            ends=np.flatnonzero(np.isin(useful, ways.ends)),
            legs=(number[p], number[q], later),
            supply=np.array(list(starts.values())) * PARTS,
            reach=(who.astype(np.int64), number[door], self._slices(at_s + ways.to_go_s[door])),
        )

    def _slices(self, seconds: Floats) -> Ints:
        whole: Ints = (np.maximum(seconds, 0.0) / self.slice_s + 1e-9).astype(np.int64)
        return whole

    def _lay(
        self, *, flow: Floats, ends: Ints, legs: tuple[Ints, Ints, Ints], supply: Ints, reach: tuple[Ints, Ints, Ints]
    ) -> None:
        """All arcs, each with the slice it ends in."""
        time = np.arange(SLICES)
        sides = 2 + np.arange(2 * len(flow) * SLICES).reshape(len(flow), 2, SLICES)
        self._before, self._after = sides[:, 0], sides[:, 1]
        first_source = 2 + sides.size
        sources = first_source + np.arange(len(supply))
        p, q, later = (np.repeat(column, SLICES) for column in legs)
        k = np.tile(time, len(legs[0]))
        soon = k + later < SLICES
        p, q, k, later = p[soon], q[soon], k[soon], later[soon]
        early = reach[2] < SLICES
        source, door, at = (column[early] for column in reach)
        arcs = (
            (self._before, self._after, flow[:, None], time),
            (self._before[:, :-1], self._before[:, 1:], MANY, time[1:]),
            (self._after[ends], 1, MANY, time),
            (self._after[p, k], self._before[q, k + later], MANY, k + later),
            (sources * 0, sources, supply, 0),
            (sources[source], self._before[door, at], MANY, at),
        )
        tails, heads, capacity, ends_in = (
            np.concatenate([np.broadcast_to(arc[n], np.shape(arc[0])).ravel() for arc in arcs]).astype(np.int64)
            for n in range(4)
        )
        count = first_source + len(supply)
        # Laid out once, for as many slices as there may be: with fewer, what ends beyond them passes nothing.
        self._graph = csr_array((np.arange(len(tails)), (tails, heads)), shape=(count, count))
        order = self._graph.data
        self._capacity, self._ends_in = capacity[order].astype(np.int32), ends_in[order]
        self._supply = int(supply.sum())

    def fit(self, slices: int) -> tuple[bool, tuple[int, ...]]:
        """Whether all get out within so many slices; if not, the passages that are full."""
        self._graph.data = np.where(self._ends_in < slices, self._capacity, np.int32(0))
        result = maximum_flow(self._graph, 0, 1)
        if result.flow_value == self._supply:
            return True, ()
        left: Any = self._graph - result.flow
        left.data[left.data < 0] = 0
        left.eliminate_zeros()
        reached = np.zeros(left.shape[0], dtype=bool)
        reached[breadth_first_order(left, 0, return_predecessors=False)] = True
        times_full = (reached[self._before] & ~reached[self._after])[:, :slices].sum(axis=1)
        order = np.argsort(-times_full, kind="stable")
        return False, tuple(self._passages[order[times_full[order] > 0]].tolist())
