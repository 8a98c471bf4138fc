"""How long something has been away, and when to try it next: soon at first, then at growing pauses."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PAUSE_MIN_S, PAUSE_MAX_S = 0.05, 2.0

_log = logging.getLogger(__name__)


class Absence:
    """One thread tells of its failures and successes; any may read."""

    def __init__(self, who: str, now_ms: Callable[[], int]) -> None:
        self._who, self._now_ms = who, now_ms
        self._pause_s, self._next_s = PAUSE_MIN_S, 0.0
        self.since_ms: int | None = None
        self.error: str | None = None

    @property
    def may_try(self) -> bool:
        return time.monotonic() >= self._next_s

    @property
    def wait_s(self) -> float:
        """Until it may be tried again."""
        return max(0.0, self._next_s - time.monotonic())

    def goes_on(self, error: Exception) -> None:
        """It was tried in vain."""
        self.error = str(error).strip()
        if self.since_ms is None:
            self.since_ms = self._now_ms()
            _log.warning("database_lost: %s: %s", self._who, self.error)
        self._next_s = time.monotonic() + self._pause_s
        self._pause_s = min(PAUSE_MAX_S, self._pause_s * 2)

    def is_over(self) -> None:
        """It answered."""
        if self.since_ms is not None:
            _log.info("database_back: %s", self._who)
            self.since_ms = self.error = None
        self._pause_s, self._next_s = PAUSE_MIN_S, 0.0
