"""How fast this machine is just now: a fixed loop, 1.0 on a quiet machine of the size the budgets are written for."""

from __future__ import annotations

import time

QUIET_S = 0.068
"""What the loop takes on a quiet 2-core machine with CPython 3.11 (the median of 12 runs)."""
ROUNDS = 3
STEPS = 3_000_000


def calibrate() -> float:
    """The quiet machine's time over this one's, best of three: below 1.0 the machine is slower or busy."""
    best_s = min(_loop_s() for _ in range(ROUNDS))
    return round(QUIET_S / best_s, 3)


def _loop_s() -> float:
    started = time.perf_counter()
    total = 0
    for step in range(STEPS):
        total += step & 7
    if total != 10_500_000:
        raise AssertionError("the calibration loop was changed")
    return time.perf_counter() - started
