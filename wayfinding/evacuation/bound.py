"""How soon everybody could be out at best, whatever the plan, and which doors decide it: the quickest flow.

The network is laid out over slices of time and asked, by maximum flow, whether all get out within so many of them;
the fewest that do are searched by halving. Every passage has a clock of its own, set forward by the shortest time
from it to the outside: so on a shortest way no clock turns, only detours and queues cost slices, and rounding down to
slices loses less than one on any such way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
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
        self._passages = useful.tolist()
        self._number = np.full(len(ways.to_go_s), -1)
        self._number[useful] = np.arange(len(useful))
        self._flow = np.ceil(ways.flow_p_s[useful] * slice_s * PARTS).astype(np.int64)
        self._ends = np.isin(useful, ways.ends)
        p, q = ways.legs.T
        leads_on = ways.to_go_s[q] < NEVER
        p, q = p[leads_on], q[leads_on]
        later = self._slices(ways.transit_s[p] + ways.walk_s[leads_on] + ways.to_go_s[q] - ways.to_go_s[p])
        self._legs = np.stack([self._number[p], self._number[q], later], axis=1)
        self._sources(parties, ways)

    def _slices(self, seconds: Floats) -> Ints:
        whole: Ints = (np.maximum(seconds, 0.0) / self.slice_s + 1e-9).astype(np.int64)
        return whole

    def _sources(self, parties: Sequence[Party], ways: Ways) -> None:
        """Parties that come to the same doors in the same slices are one source."""
        rows = [(n, p, party.starts_s + walk) for n, party in enumerate(parties) for p, walk in party.doors]
        who, door, at_s = np.array(rows).T
        door = door.astype(np.int64)
        at = self._slices(at_s + ways.to_go_s[door])
        alike: dict[tuple[tuple[int, int], ...], int] = {}
        came: list[list[tuple[int, int]]] = [[] for _ in parties]
        for n, passage, slices in zip(who.astype(int).tolist(), self._number[door].tolist(), at.tolist(), strict=True):
            came[n].append((passage, slices))
        for party, doors in zip(parties, came, strict=True):
            alike[tuple(doors)] = alike.get(tuple(doors), 0) + party.people
        self._supply = np.array(list(alike.values()), dtype=np.int64) * PARTS
        reach = [(n, passage, slices) for n, doors in enumerate(alike) for passage, slices in doors]
        self._reach = np.array(reach, dtype=np.int64).reshape(-1, 3)

    def fit(self, slices: int) -> tuple[bool, tuple[int, ...]]:
        """Whether all get out within so many slices; if not, the passages that are full."""
        sides, layers = 2 * len(self._passages), slices
        first_source = 2 + sides * layers
        count = first_source + len(self._supply)
        time = np.arange(slices)

        def before(n: Ints, k: Ints) -> Ints:
            return 2 + 2 * n * layers + k

        def after(n: Ints, k: Ints) -> Ints:
            return 2 + (2 * n + 1) * layers + k

        every = np.repeat(np.arange(len(self._passages)), slices), np.tile(time, len(self._passages))
        waits = every[1] < slices - 1
        out = self._ends[every[0]]
        leg, k = np.repeat(np.arange(len(self._legs)), slices), np.tile(time, len(self._legs))
        p, q, later = self._legs[leg].T
        soon = k + later < slices
        source, door, at = self._reach[self._reach[:, 2] < slices].T
        arcs = (
            (before(*every), after(*every), self._flow[every[0]]),
            (before(*every)[waits], before(*every)[waits] + 1, MANY),
            (after(*every)[out], np.ones(out.sum(), dtype=np.int64), MANY),
            (after(p, k)[soon], before(q, k + later)[soon], MANY),
            (np.zeros(len(self._supply), dtype=np.int64), first_source + np.arange(len(self._supply)), self._supply),
            (first_source + source, before(door, at), MANY),
        )
        tails, heads, capacity = (
            np.concatenate(column)
            for column in zip(*((a, b, np.broadcast_to(c, len(a))) for a, b, c in arcs), strict=True)
        )
        graph = csr_matrix((capacity.astype(np.int32), (tails, heads)), shape=(count, count))
        result = maximum_flow(graph, 0, 1)
        if result.flow_value == self._supply.sum():
            return True, ()
        left = graph - result.flow
        left.data[left.data < 0] = 0
        left.eliminate_zeros()
        reached = np.zeros(count, dtype=bool)
        reached[breadth_first_order(left, 0, return_predecessors=False)] = True
        full = reached[before(*every)] & ~reached[after(*every)]
        times_full = np.bincount(every[0][full], minlength=len(self._passages))
        order = np.argsort(-times_full, kind="stable")
        return False, tuple(self._passages[n] for n in order if times_full[n])
