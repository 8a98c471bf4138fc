"""A gate is an opening as walkers meet it: the line one crosses, and the room it makes between two spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import shapely

from building.model import OUT, Opening

REACH_M = 1.5
"""How far from its line an opening may find the spaces it joins: half the thickest wall."""
OVERLAP_M = 0.03
LEVEL_M = 1e-12
"""A segment that leaves the line's direction by less runs along it and crosses nothing."""
SLOT_M = 0.02
"""Half the width left of a gate that is wide enough for the body by its own measure, but not after erosion."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``line`` is crossed from its left to its right side when going ``between[0]`` -> ``between[1]``.

    ``allowed`` is 0 for both ways, +1 for left to right only, -1 for right to left only.
    """

    opening: Opening
    between: tuple[str, str]
    line: tuple[float, float, float, float]
    allowed: int
    room: Any
    depth_m: tuple[float, float]

    def slot(self, clearance_m: float) -> Any | None:
        """A narrow way through the middle, for gates that erosion would shut; None where it leaves them open."""
        if self.opening.width_m / 2 - clearance_m >= 2 * SLOT_M:
            return None
        reach = clearance_m + OVERLAP_M
        return _slab(self.line, SLOT_M, self.depth_m[0] + reach, self.depth_m[1] + reach)

    def bar(self, rim_m: float) -> Any:
        """The line as it blocks when closed, with a rim."""
        return _slab(self.line, self.opening.width_m / 2 + OVERLAP_M + rim_m, rim_m, rim_m)


def make_gate(opening: Opening, spaces: Mapping[str, Any]) -> Gate | None:
    """The gate of an opening among the bare shapes of its floor's spaces; None where it joins nothing there."""
    if opening.between is None:
        return None
    a, b = opening.between
    a = opening.outside_place or a if a == OUT else a
    b = opening.outside_place or b if b == OUT else b
    if a not in spaces or b not in spaces or opening.width_m < SLOT_M:
        return None
    (x0, y0), (x1, y1) = opening.line
    line = (x0, y0, x1, y1)
    to_left = {space: _distance(line, spaces[space], 1.0) for space in (a, b)}
    to_right = {space: _distance(line, spaces[space], -1.0) for space in (a, b)}
    if to_right[a] + to_left[b] < to_left[a] + to_right[b]:
        line = (x1, y1, x0, y0)
        left_m, right_m = to_right[a], to_left[b]
    else:
        left_m, right_m = to_left[a], to_right[b]
    if max(left_m, right_m) > REACH_M:
        return None
    allowed = 0
    if opening.one_way is not None:
        allowed = 1 if opening.one_way[0] == opening.between[0] else -1
    along_m = OVERLAP_M if opening.kind == "open" else 0.0
    return Gate(
        opening=opening,
        between=(a, b),
        line=line,
        allowed=allowed,
        # Where open passages meet at a corner their rooms must cover it, or a speck stays that erosion makes a pillar.
        room=_slab(line, opening.width_m / 2 + along_m, left_m + OVERLAP_M, right_m + OVERLAP_M),
        depth_m=(left_m, right_m),
    )


def _distance(line: tuple[float, float, float, float], space: Any, side: float) -> float:
    """From the line to the space along its normal, on its left (side 1) or right (-1); inf beyond reach."""
    x0, y0, x1, y1 = line
    length = float(np.hypot(x1 - x0, y1 - y0))
    nx, ny = -(y1 - y0) / length * side, (x1 - x0) / length * side
    best = np.inf
    for share in (0.5, 0.2, 0.8):
        x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
        ray = shapely.LineString([(x, y), (x + nx * REACH_M * 1.2, y + ny * REACH_M * 1.2)])
        hit = ray.intersection(space)
        if not hit.is_empty:
            best = min(best, float(shapely.distance(shapely.Point(x, y), hit)))
    return best


def _slab(line: tuple[float, float, float, float], half_width_m: float, left_m: float, right_m: float) -> Any:
    x0, y0, x1, y1 = line
    length = float(np.hypot(x1 - x0, y1 - y0))
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    corners = [(-half_width_m, left_m), (-half_width_m, -right_m), (half_width_m, -right_m), (half_width_m, left_m)]
    return shapely.Polygon([(cx + ux * s - uy * t, cy + uy * s + ux * t) for s, t in corners])


class Gates(Sequence[Gate]):
    """All gates of a floor, with what it takes to ask many segments at once which of them they cross."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = tuple(gates)
        self.one_way = np.array([n for n, gate in enumerate(gates) if gate.allowed], dtype=np.int64)
        self.doors = np.array([n for n, gate in enumerate(gates) if gate.opening.kind != "open"], dtype=np.int64)
        self._allowed = np.array([gates[n].allowed for n in self.one_way], dtype=np.int8)
        self._by_id: dict[str, list[int]] = {}
        for n, gate in enumerate(gates):
            for name in {gate.opening.id, gate.opening.device} - {None}:
                self._by_id.setdefault(str(name), []).append(n)
        lines = np.array([gate.line for gate in gates]).reshape(-1, 4)
        self._x, self._y = lines[:, 0], lines[:, 1]
        self._length = np.hypot(lines[:, 2] - self._x, lines[:, 3] - self._y)
        self._ux, self._uy = (lines[:, 2] - self._x) / self._length, (lines[:, 3] - self._y) / self._length

    def __len__(self) -> int:
        return len(self._gates)

    @overload
    def __getitem__(self, index: int) -> Gate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Gate]: ...
    def __getitem__(self, index: int | slice) -> Gate | Sequence[Gate]:
        return self._gates[index]

    def named(self, names: Iterable[str]) -> list[int]:
        """The gates that closing those openings or devices shuts."""
        return [n for name in names for n in self._by_id.get(name, ())]

    def crossings(self, segments: Floats, which: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
        """Which segment (rows: x0 y0 x1 y1) crosses which of those gates: 0 no, +1 left to right, -1 right to left.

        A segment that only touches the line counts as crossing, by the side it comes from.
        """
        if not len(which) or not len(segments):
            return np.zeros((len(segments), len(which)), dtype=np.int8)
        x, y, ux, uy = self._x[which], self._y[which], self._ux[which], self._uy[which]
        x0, y0, x1, y1 = (segments[:, n, None] for n in range(4))
        # Each end in the gate's own frame: how far to its left, how far along.
        left0 = ux * (y0 - y) - uy * (x0 - x)
        left1 = ux * (y1 - y) - uy * (x1 - x)
        across = left0 - left1
        level = np.abs(across) < LEVEL_M
        meets = (left0 * left1 <= 0.0) & ~level
        along = ux * (x0 - x) + uy * (y0 - y)
        along = along + left0 / np.where(level, 1.0, across) * (ux * (x1 - x0) + uy * (y1 - y0))
        meets &= (along >= -OVERLAP_M) & (along <= self._length[which] + OVERLAP_M)
        return np.where(meets, np.where(across > 0, 1, -1), 0).astype(np.int8)

    def against(self, segments: Floats) -> npt.NDArray[np.bool_]:
        """Which segments, in walking direction, go through a one-way gate the wrong way."""
        wrong: npt.NDArray[np.bool_] = (self.crossings(segments, self.one_way) * self._allowed == -1).any(axis=1)
        return wrong
