"""Keeps the past in order while the hall runs: says that it is recording, and what is old or to be summed up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from twin.errors import DatabaseUnavailable
from twin.store import runs
from twin.store.database import Database

BEAT_S = 10.0

_log = logging.getLogger(__name__)


class Keeper:
    """One thread. ``run`` is the number of the run that is recording, None before the start and after the end."""

    def __init__(self, database: Database, *, site: str, now_ms: Callable[[], int]) -> None:
        self._database, self._site, self._now_ms = database, site, now_ms
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.run: int | None = None

    def start(self) -> None:
        with self._database.transaction() as conn:
            self.run = runs.begin(conn, site=self._site, now_ms=self._now_ms())
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._beat()
        self.run = None

    def _work(self) -> None:
        while not self._stopping.wait(BEAT_S):
            self._beat()

    def _beat(self) -> None:
        if self.run is None:
            return
        try:
            with self._database.transaction() as conn:
                runs.beat(conn, self.run, now_ms=self._now_ms())
        except DatabaseUnavailable as error:
            _log.info("keeper_waits: %s", error)
