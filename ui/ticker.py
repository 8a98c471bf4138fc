"""Calls a few functions every second or so; one that fails is logged once and tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from twin.periodic import Periodic

_log = logging.getLogger(__name__)


class Ticker:
    """One thread for all; a slow function delays the others, so each must be short."""

    def __init__(self, functions: Mapping[str, Callable[[], object]], *, every_s: float = 1.0) -> None:
        self._functions = dict(functions)
        self._failing: set[str] = set()
        self._thread = Periodic("ticker", self._tick, every_s=every_s)
        self.failed = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._thread.stop()

    def _tick(self) -> None:
        for name, function in self._functions.items():
            self._call(name, function)

    def _call(self, name: str, function: Callable[[], object]) -> None:
        try:
            function()
        except Exception:  # noqa: BLE001 - whatever it was, the other functions and the next second go on
            self.failed += 1
            if name not in self._failing:
                self._failing.add(name)
                _log.exception("tick_failed name=%s", name)
        else:
            if name in self._failing:
                self._failing.discard(name)
                _log.warning("tick_recovered name=%s", name)
