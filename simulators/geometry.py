"""Plane geometry of the simulated world: lines crossed, points inside, walks along a polyline."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

XY: TypeAlias = tuple[float, float]
XYZ: TypeAlias = tuple[float, float, float]


def side(line: tuple[XY, XY], point: XY) -> float:
    """Above 0 left of the line, below 0 right of it, 0 on it."""
    (ax, ay), (bx, by) = line
    return (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)


def crosses(line: tuple[XY, XY], start: XY, end: XY) -> bool:
    """Whether a step goes over the line; a step that ends on it has not yet, one that begins on it does."""
    if (side(line, start) > 0) == (side(line, end) > 0):
        return False
    step = (start, end)
    return (side(step, line[0]) > 0) != (side(step, line[1]) > 0)


def contains(ring: Sequence[XY], point: XY) -> bool:
    """Whether a point lies within a ring."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


class Walk:
    """A way walked at one speed, from 0 to ``duration_s``."""

    def __init__(self, points: Sequence[XYZ], duration_s: float) -> None:
        if not points:
            raise ValueError("a walk has at least one point")
        self._points = list(points)
        lengths = [math.dist(a, b) for a, b in pairwise(self._points)]
        total = sum(lengths)
        self.duration_s = duration_s if total else 0.0
        gone = [0.0, *accumulate(lengths)]
        self._at_s = [min(length / total, 1.0) * duration_s if total else 0.0 for length in gone]
        self._at_s[-1] = self.duration_s

    def between(self, start_s: float, end_s: float) -> list[XYZ]:
        """The points passed after one moment up to another, the position at ``end_s`` last."""
        passed = self._points[bisect_right(self._at_s, start_s) : bisect_right(self._at_s, end_s)]
        return [*passed, self.position(end_s)]

    def position(self, at_s: float) -> XYZ:
        index = bisect_right(self._at_s, at_s)
        if index == 0:
            return self._points[0]
        if index >= len(self._points):
            return self._points[-1]
        before, after = self._at_s[index - 1], self._at_s[index]
        share = (at_s - before) / (after - before)
        (ax, ay, az), (bx, by, bz) = self._points[index - 1], self._points[index]
        return ax + (bx - ax) * share, ay + (by - ay) * share, az + (bz - az) * share
