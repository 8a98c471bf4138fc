"""Edges right, not only rooms reached: what is understood of each file against what its plan shows to the eye."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from building.formats import open_building
from building.graph import build_graph
from building.model import OUT, Building, key_of

TRUTH = Path(__file__).parent / "truth"
DATA = Path(__file__).parents[3] / "shared" / "data" / "building"
PRECISION_MIN, RECALL_MIN = 0.97, 0.95

Edge = tuple[str, frozenset[str]]


def read_truth(name: str) -> Counter[Edge]:
    lines = (TRUTH / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return Counter(
        (via, frozenset((a, b))) for via, a, b in (line.split() for line in lines if line[:1] not in ("", "#"))
    )


def understood(building: Building) -> Counter[Edge]:
    """The edges between rooms that the file itself draws: derived rooms have no truth to be held against."""
    stated = {s.id: s.number or key_of(s.id) for s in building.spaces if s.derived is None} | {OUT: OUT}
    return Counter(
        (_via(e.via), frozenset((stated[e.a], stated[e.b])))
        for e in build_graph(building).edges
        if e.a in stated and e.b in stated
    )


def _via(via: str) -> str:
    """A gap without a leaf is open, however it was found."""
    return "open" if via == "opening" else via


@cache
def _open(name: str) -> Building:
    if name == "reference":
        return open_building(name)
    path = DATA / f"{name}.ifc"
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name}.ifc not found")
    return open_building(str(path))


@pytest.mark.parametrize("name", sorted(p.stem for p in TRUTH.glob("*.txt")))
def test_the_edges_are_those_one_sees(name: str) -> None:
    true, found = read_truth(name), understood(_open(name))
    right = (true & found).total()
    report = f"false: {sorted(map(str, (found - true)))} missing: {sorted(map(str, (true - found)))}"
    assert right / found.total() >= PRECISION_MIN, report
    assert right / true.total() >= RECALL_MIN, report
