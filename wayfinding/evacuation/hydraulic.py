"""The hydraulic method of IMO's guidelines on evacuation analysis: density gives flow, flow gives speed.

Tables 1.1 to 1.3 and the procedure are those of MSC.1/Circ.1238, annex 1, appendix 1 (kept in MSC.1/Circ.1533, which
superseded it). A route is a chain of elements; where several meet, their flows add up; what leaves is never more than
the next element's maximum, and a queue stands before it where more arrives.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Facility = Literal["corridor", "door", "stairs_down", "stairs_up"]
Points = tuple[tuple[float, float], ...]

MAX_FLOW_P_MS: dict[Facility, float] = {"corridor": 1.3, "door": 1.3, "stairs_down": 1.1, "stairs_up": 0.88}
"""Table 1.2: persons per metre of clear width and second."""
_FLOW_AT_DENSITY: Points = ((0.0, 0.0), (0.5, 0.65), (1.9, 1.3), (3.2, 0.65), (3.5, 0.32))
_SPEED_AT_DENSITY: Points = ((0.0, 1.2), (0.5, 1.2), (1.9, 0.67), (3.2, 0.2), (3.5, 0.1))
"""Table 1.1, by persons per square metre."""
_SPEED_AT_FLOW: dict[Facility, Points] = {
    "corridor": ((0.0, 1.2), (0.65, 1.2), (1.3, 0.67)),
    "door": ((0.0, 1.2), (0.65, 1.2), (1.3, 0.67)),
    "stairs_down": ((0.0, 1.0), (0.54, 1.0), (1.1, 0.55)),
    "stairs_up": ((0.0, 0.8), (0.43, 0.8), (0.88, 0.44)),
}
"""Table 1.3; a door is crossed like a corridor."""
FREE_SPEED_M_S = 1.2
CORRECTION, COUNTERFLOW = 2.0, 0.3
"""T = (correction + counterflow) x tI, paragraph 2.2.12."""


def flow_at_density(density_p_m2: float) -> float:
    """Table 1.1: the specific flow people set off with."""
    return _interpolated(_FLOW_AT_DENSITY, density_p_m2)


def speed_at_density(density_p_m2: float) -> float:
    """Table 1.1: the speed people set off with."""
    return _interpolated(_SPEED_AT_DENSITY, density_p_m2)


def speed_at_flow(facility: Facility, flow_p_ms: float) -> float:
    """Table 1.3: the speed in an element that passes so much a metre."""
    return _interpolated(_SPEED_AT_FLOW[facility], flow_p_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A piece of an escape route with its clear width; a door has no length."""

    facility: Facility
    width_m: float
    length_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What an element lets through: ``queue`` where more arrives than its maximum."""

    flow_p_s: float
    flow_p_ms: float
    speed_m_s: float
    seconds: float
    queue: bool

    def flow_time_s(self, people: int) -> float:
        """tF: how long that many take to pass."""
        return people / self.flow_p_s


def set_off(corridor: Element, people: int) -> Passed:
    """A corridor everybody stands in at once (2.2.2 and 2.2.3): density gives flow and speed."""
    density = people / (corridor.width_m * corridor.length_m)
    specific, speed = flow_at_density(density), speed_at_density(density)
    return Passed(
        flow_p_s=specific * corridor.width_m,
        flow_p_ms=specific,
        speed_m_s=speed,
        seconds=corridor.length_m / speed,
        queue=False,
    )


def enter(element: Element, flows_p_s: Sequence[float]) -> Passed:
    """What a transition point passes on (2.2.5): the flows that meet, up to the element's maximum."""
    wanted = sum(flows_p_s) / element.width_m
    specific = min(wanted, MAX_FLOW_P_MS[element.facility])
    speed = speed_at_flow(element.facility, specific)
    return Passed(
        flow_p_s=specific * element.width_m,
        flow_p_ms=specific,
        speed_m_s=speed,
        seconds=element.length_m / speed,
        queue=wanted > specific,
    )


def split(flow_p_s: float, routes: Sequence[Element]) -> list[Passed]:
    """Where several routes leave a transition point, each takes its share by clear width (2.2.5)."""
    total_m = sum(route.width_m for route in routes)
    return [enter(route, [flow_p_s * route.width_m / total_m]) for route in routes]


def total_s(ideal_s: float) -> float:
    """T of an ideal travel time tI, with both of IMO's factors."""
    return (CORRECTION + COUNTERFLOW) * ideal_s


def _interpolated(points: Points, at: float) -> float:
    """Straight between the table's rows, and as its last row beyond it."""
    if at >= points[-1][0]:
        return points[-1][1]
    n = bisect_right([x for x, _ in points], max(at, 0.0)) - 1
    (x0, y0), (x1, y1) = list(pairwise(points))[n]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
