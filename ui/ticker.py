"""Calls a few functions every second or so; one that fails is logged once and tried again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)


class Ticker:
    """One thread for all; a slow function delays the others, so each must be short."""

    def __init__(self, functions: Mapping[str, Callable[[], object]], *, every_s: float = 1.0) -> None:
        self._functions, self._every_s = dict(functions), every_s
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.failed = 0

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
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
