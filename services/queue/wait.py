"""How long the wait will be, as the range that eight in ten waits fall in, or None while that cannot be told.

Each window is taken up by one visitor after another for as long as recent visitors of this queue took. With ``k``
windows the queue moves every 1/k of that; the wait is a sum of such gaps, log-normal by mean and variance.
The variance counts both that visitors differ and that the mean itself is known from few of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

MIN_SAMPLES = 5
MAX_SAMPLES = 60
_P90 = 1.2816
_MIN_SPREAD = 0.1
"""Nobody is served to the second: at least this share of the mean."""


def wait_range_min(*, ahead: int, windows: int, idle: int, taken_s: Sequence[float]) -> tuple[int, int] | None:
    """Whole minutes, rounded outward.

    ``taken_s`` is how long recent visitors took up a window; of the ``windows`` open, ``idle`` are free.
    """
    if ahead < idle:
        return 0, 1
    samples = [t for t in taken_s[:MAX_SAMPLES] if t > 0]
    if windows < 1 or len(samples) < MIN_SAMPLES:
        return None
    to_free = ahead - idle
    mean_s = fmean(samples)
    spread = max(variance(samples), (mean_s * _MIN_SPREAD) ** 2)
    gaps = to_free + 0.5
    wait_s = gaps * mean_s / windows
    # The visitors at the windows are half through on average: a uniform rest, a third of a square away.
    var = (to_free * spread + spread / 2 + mean_s**2 / 12) / windows**2
    var += (gaps / windows) ** 2 * spread / len(samples)
    sigma2 = math.log(1 + var / wait_s**2)
    middle, reach = math.log(wait_s) - sigma2 / 2, _P90 * math.sqrt(sigma2)
    return math.floor(math.exp(middle - reach) / 60), math.ceil(math.exp(middle + reach) / 60)
