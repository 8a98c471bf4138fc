"""The edges of a building by its room numbers, for tests that say what they expect in words."""

from __future__ import annotations

from building.checks import check
from building.graph import build_graph, unreached
from building.model import OUT, Building

Edge = tuple[frozenset[str], str, bool]


def edge(a: str, b: str, via: str = "door", *, leaves: bool = False) -> Edge:
    return frozenset({a, b}), via, leaves


def edges(building: Building) -> list[Edge]:
    numbers = {s.id: s.number or s.key for s in building.spaces} | {OUT: OUT}
    found = [(frozenset({numbers[e.a], numbers[e.b]}), e.via, e.exit) for e in build_graph(building).edges]
    return sorted(found, key=lambda e: (sorted(e[0]), e[1], e[2]))


def sound(building: Building) -> Building:
    """The same building, once nothing is found in it that would keep it from being published."""
    assert [d for d in check(building) if d.severity == "must"] == []
    return building


def reasons(building: Building) -> dict[str, str]:
    """Why each room that is not reached is not, by its number."""
    return {u.space.number or u.space.key: u.reason["en"] for u in unreached(build_graph(building), building)}
