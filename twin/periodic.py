"""A thread that does one thing again and again, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Periodic:
    """``work`` is called every ``every_s``, in a thread called ``name``; what it raises ends the thread."""

    def __init__(self, name: str, work: Callable[[], object], *, every_s: float) -> None:
        self._name, self._work, self._every_s = name, work, every_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns once it has ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def pause(self, seconds: float) -> bool:
        """For work that takes long: rest, and whether to end."""
        return self._stopping.wait(seconds)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._work()
