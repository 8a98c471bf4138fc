"""So many a second: whoever floods the hall waits in line, and others hardly notice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Pace:
    """``per_s``, and ``burst`` at once before that. For one thread at a time."""

    def __init__(self, *, per_s: float, burst: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._ahead_s, self._now_s = 1 / per_s, burst / per_s, now_s
        self._next_s = -math.inf

    def wait_s(self, *, longest_s: float = math.inf) -> float:
        """Seconds until one's turn, which is taken by asking; none, and no turn, where it would be longer than that."""
        now = self._now_s()
        turn_s = max(self._next_s, now - self._ahead_s) + self._every_s
        if turn_s - now > longest_s:
            return 0.0
        self._next_s = turn_s
        return max(0.0, turn_s - now)
