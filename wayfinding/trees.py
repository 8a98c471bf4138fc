"""Shortest ways to one goal from everywhere: grown once in compiled code, then read off node by node.

Asking a tree for a path costs an array lookup a node, so places that are asked for often keep theirs.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from wayfinding.visibility import Floats, Ints

LEAST_S = 1e-9
"""A zero would be no edge at all to a sparse matrix."""


@dataclass(frozen=True, slots=True)
class Tree:
    """``seconds`` from every node to the goal (inf: no way), ``following`` the next node on the way."""

    seconds: Floats
    following: array[int]
    goal: int

    def path(self, node: int) -> list[int]:
        """The nodes from here to the last before the goal; the caller knows that there is a way."""
        following, goal, path = self.following, self.goal, []
        while node != goal:
            path.append(node)
            node = following[node]
        return path


def grow_tree(tails: Ints, rows: Ints, weights: Floats, nodes: Ints, seconds: Floats) -> Tree:
    """The tree to a goal that lies ``seconds`` beyond each of ``nodes``.

    ``tails`` and ``weights`` are edges sorted by head, ``rows`` where each head's begin: a graph's rows, reversed.
    """
    goal = len(rows) - 1
    data = np.concatenate([weights, np.maximum(seconds, LEAST_S)])
    # 32-bit indices are what scipy wants: given others it looks through them all first.
    columns = np.concatenate([tails, nodes], dtype=np.int32, casting="same_kind")
    starts = np.append(rows, rows[-1] + len(nodes)).astype(np.int32)
    reverse = csr_matrix((data, columns, starts), shape=(goal + 1, goal + 1))
    to_goal, following = dijkstra(reverse, indices=[goal], return_predecessors=True)
    return Tree(to_goal[0, :goal], array("i", following[0, :goal].astype(np.int32).tobytes()), goal)
