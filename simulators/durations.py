"""Durations as people write them: ``90``, ``"90 s"``, ``"5 min"``, ``"1.5 h"``, ``"2 d"``."""

from __future__ import annotations

import re
from typing import Any

UNITS_S = {
    "ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
    "d": 86_400.0, "day": 86_400.0,
}  # fmt: skip
LONGEST_S = 366 * 86_400.0
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def find_duration_s(value: Any) -> float | None:
    """Seconds; None where it is no duration, below 0 or longer than a year."""
    if isinstance(value, str):
        found = _WRITTEN.fullmatch(value.strip())
        unit = UNITS_S.get(found[2] or "s") or UNITS_S.get(found[2].removesuffix("s")) if found else None
        if found is None or unit is None:
            return None
        seconds = float(found[1]) * unit
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        return None
    return seconds if 0 <= seconds <= LONGEST_S else None


def complain(value: Any) -> str:
    return f'{value!r} is no duration; write one as "90 s", "5 min" or "1.5 h"'
