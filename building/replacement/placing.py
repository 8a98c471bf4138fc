"""Puts a plan drawn in another frame (moved, turned) where the hall's own is, judged by the rooms they share."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from statistics import median
from typing import Any

from building.labels import to_shape
from building.model import Building, Entity, Polygon, Pose, Space, Stop
from building.texts import text

SAME_M = 0.3
"""A shared room whose middle comes this near to where it was has stayed; others were rebuilt."""
SHARED_MIN = 3
ANCHORS_MAX = 40
"""So many shared rooms are tried in pairs: enough to find the frame, few enough to be quick."""
NOTHING_M = 0.05
"""A frame this near is the same."""

_SHAPES = frozenset({"outline", "footprint", "line", "stops", "paths", "path", "step_free_path", "at", "stand", "pose"})
_HEIGHTS = frozenset({"z0_m", "z_m", "elevation_m"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How a point of the plan becomes one of the hall: turned, then shifted; complex numbers stand for the plane."""

    turn: complex = 1.0 + 0.0j
    shift: complex = 0.0j
    up_m: float = 0.0

    def __call__(self, at: complex) -> complex:
        return self.turn * at + self.shift


def placed_like(plan: Building, base: Building) -> Building:
    """The plan in the hall's frame; as it is where the two share too little to tell."""
    anchors = _anchors(plan, base)
    frame = find_frame([(a, b) for a, b, _ in anchors])
    if frame is None:
        return plan
    frame = replace(frame, up_m=median(up_m for a, b, up_m in anchors if abs(frame(a) - b) <= SAME_M))
    farthest = max(abs(frame(a) - a) for a, _, _ in anchors)
    return plan if farthest <= NOTHING_M and abs(frame.up_m) <= NOTHING_M else moved(plan, frame)


def find_frame(anchors: Sequence[tuple[complex, complex]]) -> Frame | None:
    """The frame in which most shared points fall together: at least three, and half of all."""
    best: tuple[int, Frame] | None = None
    for (a0, b0), (a1, b1) in combinations(anchors[:ANCHORS_MAX], 2):
        if abs(a1 - a0) > 1.0 and abs(abs(a1 - a0) - abs(b1 - b0)) <= SAME_M:
            turn = (b1 - b0) / (a1 - a0)
            turn /= abs(turn)
            frame = Frame(turn=turn, shift=(b0 + b1) / 2 - turn * (a0 + a1) / 2)
            stayed = sum(1 for a, b in anchors if abs(frame(a) - b) <= SAME_M)
            if best is None or stayed > best[0]:
                best = (stayed, frame)
    if best is None or best[0] < max(SHARED_MIN, len(anchors) / 2):
        return None
    return _fitted([(a, b) for a, b in anchors if abs(best[1](a) - b) <= SAME_M])


def _fitted(pairs: Sequence[tuple[complex, complex]]) -> Frame:
    """The least squares over all that stayed."""
    n = len(pairs)
    mean_a, mean_b = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    turn = sum((a - mean_a).conjugate() * (b - mean_b) for a, b in pairs)
    turn /= abs(turn)
    return Frame(turn=turn, shift=mean_b - turn * mean_a)


def _anchors(plan: Building, base: Building) -> list[tuple[complex, complex, float]]:
    """(middle in the plan, middle in the hall, how much higher) of rooms that only one on either side is called."""
    olds, news = _called(base), _called(plan)
    shared = sorted(olds.keys() & news.keys(), key=str)
    return [(_middle(news[k]), _middle(olds[k]), olds[k].z0_m - news[k].z0_m) for k in shared]


def _called(b: Building) -> dict[Any, Space]:
    """By source, else by number or name and floor."""
    numbers = {f.id: f.number.casefold() for f in b.floors}
    found: dict[Any, list[Space]] = {}
    for s in b.spaces:
        word = s.number or text(s.name)
        for key in (s.source, (numbers.get(s.floor), word.casefold()) if word and s.derived is None else None):
            if key is not None and s.footprint:
                found.setdefault(key, []).append(s)
    return {key: spaces[0] for key, spaces in found.items() if len(spaces) == 1}


def _middle(s: Space) -> complex:
    centre = to_shape(s.footprint).centroid
    return complex(float(centre.x), float(centre.y))


def moved(b: Building, frame: Frame) -> Building:
    """Everything in the building where the frame puts it."""
    lists: dict[str, Any] = {name: tuple(_entity(e, frame) for e in entities) for name, entities in b.lists().items()}
    return replace(b, **lists)


def _entity(e: Entity, frame: Frame) -> Entity:
    names = {f.name for f in fields(e)}
    changes: dict[str, Any] = {name: _shape(getattr(e, name), frame) for name in names & _SHAPES}
    changes |= {name: round(getattr(e, name) + frame.up_m, 4) for name in names & _HEIGHTS}
    if (facing_deg := getattr(e, "facing_deg", None)) is not None:
        changes["facing_deg"] = _turned(facing_deg, frame)
    return replace(e, **changes)


def _turned(angle_deg: float, frame: Frame) -> float:
    return round((angle_deg + math.degrees(cmath.phase(frame.turn))) % 360.0, 3)


def _shape(value: Any, frame: Frame) -> Any:
    if isinstance(value, Polygon):
        return Polygon(outer=_shape(value.outer, frame), holes=_shape(value.holes, frame))
    if isinstance(value, Stop):
        return replace(value, at=_shape(value.at, frame))
    if isinstance(value, Pose):
        x_m, y_m, z_m = _shape((value.x_m, value.y_m, value.z_m), frame)
        return replace(value, x_m=x_m, y_m=y_m, z_m=z_m, yaw_deg=_turned(value.yaw_deg, frame))
    if isinstance(value, tuple) and value and isinstance(value[0], int | float):
        at = frame(complex(value[0], value[1]))
        return (round(at.real, 4), round(at.imag, 4), *(round(z + frame.up_m, 4) for z in value[2:]))
    return tuple(_shape(part, frame) for part in value) if isinstance(value, tuple) else value
