"""Whether two space graphs are the same but for the names of their rooms; bounded, and honest when undecided.

Colour refinement splits the rooms of both graphs by what they are joined to, until nothing splits any more. Where rooms
remain that look alike (twenty offices on one corridor), one of them is told apart and the refinement goes on; a choice
that leads nowhere is taken back. What a room is (walkable or not, outside) and what an edge is (its kind, and whether
one can leave by it) must match; names, places and confidence do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from building.graph import Graph
from building.model import OUT

MAX_STEPS = 5_000_000
"""Looks at an edge before giving up: some ten seconds. Only graphs made to be hard come near it."""


class _Undecided(Exception):
    pass


def isomorphic(a: Graph, b: Graph, *, max_steps: int = MAX_STEPS) -> bool | None:
    """None: undecided within ``max_steps``."""
    if len(a.spaces) != len(b.spaces) or len(a.edges) != len(b.edges):
        return False
    try:
        return _Matching(a, b, max_steps).succeeds()
    except _Undecided:
        return None


@dataclass(slots=True)
class _Choice:
    """A room of the first graph told apart, the rooms of the second it may be, and where to go back to."""

    room: int
    candidates: Iterator[int]
    mark: int


class _Matching:
    """Rooms of both graphs together in cells of those that look alike; in each cell as many of one as of the other."""

    def __init__(self, a: Graph, b: Graph, max_steps: int) -> None:
        self._steps_left = max_steps
        self._joined: list[list[tuple[int, str]]] = []
        labels: list[str] = []
        for graph in (a, b):
            self._add(graph, labels)
        self._first = len(labels) // 2  # rooms below this number are of the first graph
        self._cell_of = [0] * len(labels)
        self._cells: list[set[int]] = [set(range(len(labels)))]
        self._parents: list[int] = []
        """Of each cell but the first, the one it was split from: so splits can be taken back."""
        self._alike: set[int] = set()
        kinds: dict[str, set[int]] = defaultdict(set)
        for room, label in enumerate(labels):
            kinds[label].add(room)
        self._initial = list(kinds.values())

    def _add(self, graph: Graph, labels: list[str]) -> None:
        number = {OUT: len(labels)} | {s.id: len(labels) + 1 + i for i, s in enumerate(graph.spaces)}
        labels.append(OUT)
        labels.extend("walkable" if s.walkable else "not" for s in graph.spaces)
        self._joined.extend([] for _ in number)
        for e in graph.edges:
            x, y, label = number[e.a], number[e.b], f"{e.via} exit" if e.exit else e.via
            self._joined[x].append((y, label))
            self._joined[y].append((x, label))

    def succeeds(self) -> bool:
        if not self._split(0, self._initial, fresh=True):
            return False
        choices: list[_Choice] = []
        while self._alike:
            choices.append(self._choose())
            while not self._try_next(choices[-1]):
                choices.pop()
                if not choices:
                    return False
        return True

    def _choose(self) -> _Choice:
        cell = self._cells[min(self._alike)]
        room = min(cell)
        others = iter(sorted(r for r in cell if r >= self._first))
        return _Choice(room=room, candidates=others, mark=len(self._cells))

    def _try_next(self, choice: _Choice) -> bool:
        for other in choice.candidates:
            self._take_back(choice.mark)
            cell = self._cell_of[choice.room]
            pair = {choice.room, other}
            if self._split(cell, [self._cells[cell] - pair, pair]):
                return True
        self._take_back(choice.mark)
        return False

    def _split(self, cell: int, parts: list[set[int]], *, fresh: bool = False) -> bool:
        """Splits a cell and all that follows from it; False: the graphs differ."""
        waiting = [0] if fresh else []
        if not self._part(cell, parts, waiting):
            return False
        while waiting:
            seen: dict[int, list[str]] = defaultdict(list)
            for room in self._cells[waiting.pop()]:
                for other, label in self._joined[room]:
                    seen[other].append(label)
                self._steps_left -= len(self._joined[room])
            if self._steps_left < 0:
                raise _Undecided
            touched: dict[int, dict[tuple[str, ...], set[int]]] = defaultdict(lambda: defaultdict(set))
            for other, edges in seen.items():
                touched[self._cell_of[other]][tuple(sorted(edges))].add(other)
            for split, groups in touched.items():
                rest = self._cells[split].difference(*groups.values())
                if not self._part(split, [rest, *groups.values()], waiting):
                    return False
        return True

    def _part(self, cell: int, parts: list[set[int]], waiting: list[int]) -> bool:
        """The largest part keeps the cell's number: what the others tell apart, it does as well."""
        parts = sorted((p for p in parts if p), key=len)
        for part in parts[:-1]:
            new = len(self._cells)
            self._cells.append(part)
            self._parents.append(cell)
            self._cells[cell] -= part
            for room in part:
                self._cell_of[room] = new
            self._note(new)
            waiting.append(new)
        self._note(cell)
        return all(2 * sum(r < self._first for r in p) == len(p) for p in parts[:-1])

    def _note(self, cell: int) -> None:
        if len(self._cells[cell]) > 2:
            self._alike.add(cell)
        else:
            self._alike.discard(cell)

    def _take_back(self, mark: int) -> None:
        while len(self._cells) > mark:
            part, cell = self._cells.pop(), self._parents.pop()
            self._alike.discard(len(self._cells))
            self._cells[cell] |= part
            for room in part:
                self._cell_of[room] = cell
            self._note(cell)
