"""Whether the clock of this machine follows one that is right: times of logs, audit lines and codes stand on it."""

from __future__ import annotations

import ctypes
from typing import Any

_TIMEX_BYTES = 256
"""More than the kernel's structure has; all zero asks and changes nothing."""
_UNSYNCHRONISED = 5


def is_clock_followed(libc: Any = None) -> bool | None:
    """None where the kernel does not tell."""
    ask = getattr(libc if libc is not None else ctypes.CDLL(None), "adjtimex", None)
    if ask is None:
        return None
    state = int(ask(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return None if state < 0 else state != _UNSYNCHRONISED
