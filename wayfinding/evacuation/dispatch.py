"""Sends people out one after the other, each by the way that has them outside soonest behind all sent before.

A passage lets one party through in each of its turns, which follow each other as fast as its flow allows; who comes
when a turn is free goes at once. So no passage ever passes more than its flow, and everybody's way and time is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from wayfinding.evacuation.ways import NEVER, Ways

NEAR_S = 1.0
"""Ways that are no more than this apart are as good as each other."""


@dataclass(frozen=True, slots=True)
class Party:
    """People who go together by those ways. ``doors`` lead out of where they stand, with the seconds to walk there."""

    zone: str
    people: int
    starts_s: float
    doors: tuple[tuple[int, float], ...]
    ways: Ways

    @property
    def least_s(self) -> float:
        """When they would be out with the building to themselves; infinite where no way is left."""
        to_go = self.ways.to_go_s
        return min((self.starts_s + walk + float(to_go[p]) for p, walk in self.doors), default=NEVER)


@dataclass(frozen=True, slots=True)
class Sent:
    """The way a party goes: its passages, when it enters each, and when it is out."""

    party: Party
    path: tuple[int, ...]
    at_s: tuple[float, ...]
    out_s: float


class Turns:
    """Which turns of each passage are taken."""

    def __init__(self, ways: Ways, people_a_turn: int) -> None:
        self.seconds = (people_a_turn / ways.flow_p_s).tolist()
        self._after: list[dict[int, int]] = [{} for _ in self.seconds]

    def find(self, passage: int, at_s: float) -> tuple[float, int]:
        """When somebody who comes then may go, and the turn that is."""
        after, each_s = self._after[passage], self.seconds[passage]
        turn = free = int(at_s / each_s)
        while free in after:
            free = after[free]
        # Remembered all along, so that nobody asks his way along the whole queue again.
        while turn != free:
            after[turn], turn = free, after[turn]
        return max(at_s, free * each_s), free

    def take(self, passage: int, turn: int) -> None:
        self._after[passage][turn] = turn + 1


def send(parties: Iterable[Party], turns: Turns) -> list[Sent]:
    """The ways of parties that have one, each in its turn."""
    searches: dict[int, _Search] = {}
    sents: list[Sent] = []
    for party in parties:
        if id(party.ways) not in searches:
            searches[id(party.ways)] = _Search(party.ways, turns)
        sents.append(searches[id(party.ways)].send(party))
    return sents


class _Search:
    """A* over passages: whoever comes earlier goes earlier, so each passage is reached once."""

    def __init__(self, ways: Ways, turns: Turns) -> None:
        self._turns = turns
        self._transit_s: list[float] = ways.transit_s.tolist()
        self._to_go_s: list[float] = ways.to_go_s.tolist()
        self._ends = frozenset(ways.ends.tolist())
        self._onward: list[list[tuple[int, float]]] = [[] for _ in self._transit_s]
        leads_on = ways.to_go_s[ways.legs[:, 1]] < NEVER
        for (p, q), walk in zip(ways.legs[leads_on].tolist(), ways.walk_s[leads_on].tolist(), strict=True):
            self._onward[p].append((q, walk))
        self._tried_s = [NEVER] * len(self._transit_s)
        self._then_out_s = [0.0] * len(self._transit_s)

    def send(self, party: Party) -> Sent:
        """The way out soonest, to ``NEAR_S``.

        What was tried for somebody before and led out no sooner than he got out will not do so for who comes later:
        turns only fill. So it is left alone, until his own way takes longer by ``NEAR_S``.
        """
        to_go, turns, tried, then_out = self._to_go_s, self._turns, self._tried_s, self._then_out_s
        heap = [(party.starts_s + walk + to_go[p], p, party.starts_s + walk, -1, -1) for p, walk in party.doors]
        heapify(heap)
        came: dict[int, tuple[float, int, int]] = {}
        while True:
            out_s, passage, at_s, turn, before = heappop(heap)
            if passage in came:
                continue
            if turn < 0:
                at_s, turn = turns.find(passage, at_s)
                out_s = at_s + to_go[passage]
                if at_s >= tried[passage]:
                    out_s = max(out_s, then_out[passage])
                if heap and out_s > heap[0][0]:
                    heappush(heap, (out_s, passage, at_s, turn, before))
                    continue
            came[passage] = (at_s, turn, before)
            if passage in self._ends:
                for other, (other_s, _, _) in came.items():
                    tried[other], then_out[other] = other_s, at_s + self._transit_s[passage] + NEAR_S
                return self._taken(party, passage, came)
            over_s = at_s + self._transit_s[passage]
            for q, walk in self._onward[passage]:
                if q not in came:
                    heappush(heap, (over_s + walk + to_go[q], q, over_s + walk, -1, passage))

    def _taken(self, party: Party, last: int, came: dict[int, tuple[float, int, int]]) -> Sent:
        path: list[int] = []
        at_s: list[float] = []
        passage = last
        while passage >= 0:
            goes_s, turn, before = came[passage]
            self._turns.take(passage, turn)
            path.append(passage)
            at_s.append(goes_s)
            passage = before
        return Sent(party, tuple(path[::-1]), tuple(at_s[::-1]), at_s[0] + self._transit_s[last])


def last_s(sent: Iterable[Sent]) -> float:
    """When the last of them is out."""
    return max((s.out_s for s in sent), default=0.0)
