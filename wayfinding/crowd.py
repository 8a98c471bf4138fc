"""How much slower a crowd walks: from people a square metre to a factor on walking time, in a few steps.

Source: U. Weidmann, Transporttechnik der Fussgaenger, Schriftenreihe des IVT 90, ETH Zurich 1993: with rho in people a
square metre, v(rho) = v0 (1 - exp(-1.913 (1/rho - 1/5.4))). A body of its own keeps its own v0: the share v/v0 is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

GAMMA = 1.913
JAM_M2 = 5.4
"""Nobody walks at this density."""
DENSEST_M2 = 5.3
"""What is counted beyond it is counted as this: the relation has no speed there."""
LEVELS = (1.0, 1.25, 1.6, 2.0, 3.0, 5.0, 8.0)
"""Factors that are told apart: a few sets of ways, not one for each person more. The last holds for all beyond."""
LINGER = 0.85
"""A level is left downwards only where the factor is below this share of it, so that nobody is sent to and fro."""


def speed_share(density_m2: float) -> float:
    """The share of their free speed that people walk at: 1 where nobody is, never quite 0."""
    if density_m2 <= 0.0:
        return 1.0
    return 1.0 - exp(-GAMMA * (1.0 / min(density_m2, DENSEST_M2) - 1.0 / JAM_M2))


def slow_factor(density_m2: float, before: float = 1.0) -> float:
    """How many times longer a walk takes there, as one of ``LEVELS``; ``before`` is what was said last."""
    exact = 1.0 / speed_share(density_m2)
    level = max(one for one in LEVELS if one <= exact)
    return before if level < before and exact >= before * LINGER else level


def slow_factors(densities_m2: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Of each space that is slower than free; those that are not told of are free."""
    found = {space: slow_factor(density, before.get(space, 1.0)) for space, density in densities_m2.items()}
    return {space: factor for space, factor in found.items() if factor > LEVELS[0]}
