"""The passages some people may take now: how long each holds one up, and how far it is from there to the end.

``to_go_s`` is the shortest time from standing before a passage to being out, were nobody else there. What has no such
time leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from building.model import OUT
from wayfinding.evacuation.assumptions import Assumptions
from wayfinding.evacuation.network import REFUGE, EvacuationNetwork, Passage
from wayfinding.visibility import Floats, Ints

NEVER = float("inf")
LEAST_S = 1e-9
"""A matrix that holds a zero holds no edge."""

Closed = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """By passage: ``ends`` where it leads to the goal, ``transit_s`` across it, ``flow_p_s`` it passes at most.

    ``legs`` are the usable rows (passage, next), ``walk_s`` the seconds between the two.
    """

    ends: Ints
    transit_s: Floats
    flow_p_s: Floats
    legs: Ints
    walk_s: Floats
    to_go_s: Floats


def find_ways(
    network: EvacuationNetwork,
    closed: Closed,
    assumptions: Assumptions,
    *,
    step_free: bool,
    to: str = OUT,
    exits: frozenset[str] | None = None,
) -> Ways:
    """What is open, to the outside (by those ``exits``, where given) or to a refuge.

    A closed space may be left, but nobody is sent into it.
    """
    speed_m_s = assumptions.step_free_m_s if step_free else assumptions.speed_m_s
    passages = network.passages
    usable = np.array([_usable(p, closed, step_free=step_free, to=to) for p in passages], dtype=bool)
    transit = np.array([_transit_s(p, assumptions, speed_m_s) for p in passages])
    open_legs = usable[network.legs].all(axis=1)
    ways = Ways(
        ends=np.flatnonzero(usable & np.array([p.b == to and _among(p, exits) for p in passages], dtype=bool)),
        transit_s=transit,
        flow_p_s=np.array([p.width_m * _flow_p_ms(p, assumptions) for p in passages]),
        legs=network.legs[open_legs],
        walk_s=network.metres[open_legs] / speed_m_s,
        to_go_s=np.full(len(passages), NEVER),
    )
    ways.to_go_s[:] = _to_go_s(ways)
    return ways


def _usable(passage: Passage, closed: Closed, *, step_free: bool, to: str) -> bool:
    if passage.shut_by & closed or passage.b in closed or (step_free and not passage.step_free):
        return False
    return passage.b not in {OUT, REFUGE} or passage.b == to


def _among(passage: Passage, exits: frozenset[str] | None) -> bool:
    return exits is None or passage.id in exits


def _transit_s(passage: Passage, assumptions: Assumptions, speed_m_s: float) -> float:
    match passage.kind:
        case "stairs_down":
            return passage.length_m / assumptions.stairs_down_m_s
        case "stairs_up":
            return passage.length_m / assumptions.stairs_up_m_s
        case _:
            return passage.length_m / speed_m_s


def _flow_p_ms(passage: Passage, assumptions: Assumptions) -> float:
    match passage.kind:
        case "stairs_down":
            return assumptions.stairs_down_flow_p_ms
        case "stairs_up":
            return assumptions.stairs_up_flow_p_ms
        case _:
            return assumptions.door_flow_p_ms


def _to_go_s(ways: Ways) -> Floats:
    """Backwards from one node that stands for the goal."""
    goal = len(ways.transit_s)
    tails = np.concatenate([ways.legs[:, 0], ways.ends])
    heads = np.concatenate([ways.legs[:, 1], np.full(len(ways.ends), goal)])
    seconds = ways.transit_s[tails] + np.concatenate([ways.walk_s, np.zeros(len(ways.ends))])
    graph = csr_matrix((np.maximum(seconds, LEAST_S), (heads, tails)), shape=(goal + 1, goal + 1))
    found: Floats = dijkstra(graph, indices=np.array([goal]))[0, :-1]
    return found
