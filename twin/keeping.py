"""Keeps the past in order while the hall runs: says that it is recording, sums up each hour, lets go of what is old.

All of it in small pieces with pauses as long as the pieces, and never with a lock that the recorder would wait for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from twin.errors import DatabaseUnavailable
from twin.periodic import Periodic
from twin.store import kept, keyframes, retention, rollups, runs
from twin.store.database import Database
from twin.store.instants import HOUR_MS, instant

BEAT_S = 10.0
GRACE_MS = 120_000
"""An hour is summed up so long after it ended: what comes later is late, which costs more."""
POINTS_AT_ONCE = 500
LATE_AT_ONCE = 1_000

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class KeeperCounters:
    """``late_hours``: hours of a point that were summed up again. ``hours_behind``: how much is still to be done."""

    hours: int = 0
    hours_behind: int = 0
    late_hours: int = 0
    days_dropped: int = 0
    keyframes_dropped: int = 0
    rollups_dropped: int = 0
    postponed: int = 0
    last_error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Keeper:
    """One thread. ``run`` is the number of the run that is recording, None before the start and after the end.

    ``waits``: whether readings wait on the disk to be recorded. Summed up before them, their hours would be late.
    """

    def __init__(
        self, database: Database, *, site: str, now_ms: Callable[[], int], waits: Callable[[], bool] = lambda: False
    ) -> None:  # fmt: skip
        self._database, self._site, self._now_ms = database, site, now_ms
        self._waits = waits
        self._thread = Periodic("keeper", self._work, every_s=BEAT_S)
        self._keeping = threading.Lock()
        self._let_go_ms = 0
        self.run: int | None = None
        self.counters = KeeperCounters()

    def start(self, *, heard_ms: int = 0) -> None:
        """``heard_ms``: when the newest came of what waits on the disk."""
        with self._database.transaction() as conn:
            self.run = runs.begin(conn, site=self._site, now_ms=self._now_ms(), heard_ms=heard_ms)
        self._thread.start()

    def stop(self) -> None:
        self._thread.stop()
        self._beat()
        self.run = None

    def keep(self) -> None:
        """All that is to be done now, at once."""
        with self._keeping:
            for _ in self._pieces():
                pass

    def _work(self) -> None:
        self._beat()
        if self._waits():
            return
        try:
            self._keep_gently()
        except DatabaseUnavailable as error:
            self.counters.last_error = str(error)
        except Exception as error:  # noqa: BLE001 - the heartbeat must go on; it is tried again, and shown
            _log.exception("keeping_failed")
            self.counters.last_error = str(error)

    def _keep_gently(self) -> None:
        with self._keeping:
            beaten = began = time.monotonic()
            for _ in self._pieces():
                if self._thread.pause(time.monotonic() - began):
                    return
                began = time.monotonic()
                if began - beaten > BEAT_S:
                    self._beat()
                    beaten = began
        self.counters.last_error = None

    def _beat(self) -> None:
        if self.run is None:
            return
        try:
            with self._database.transaction() as conn:
                runs.beat(conn, self.run, now_ms=self._now_ms())
        except DatabaseUnavailable as error:
            self.counters.last_error = str(error)

    # --- the work, piece by piece --------------------------------------------------------------------------

    def _pieces(self) -> Iterator[None]:
        with self._database.transaction() as conn:
            steps = rollups.list_steps(conn)
            told_ms, done_ms = kept.begin(conn, site=self._site, now_ms=self._now_ms())
            rollups.begin_steps(conn, steps, site=self._site, now=instant(done_ms))
        yield
        hour_ms = told_ms if told_ms > done_ms else done_ms + HOUR_MS
        while hour_ms <= self._now_ms() - GRACE_MS:
            self.counters.hours_behind = (self._now_ms() - GRACE_MS - hour_ms) // HOUR_MS
            yield from self._sum_up(hour_ms, steps)
            self.counters.hours += 1
            hour_ms += HOUR_MS
        yield from self._sum_up_late(steps)
        if self._now_ms() - self._let_go_ms >= HOUR_MS:
            yield from self._let_go()
            self._let_go_ms = self._now_ms()

    def _sum_up(self, hour_ms: int, steps: Sequence[int]) -> Iterator[None]:
        """The hour that ends then: its keyframe and rollups."""
        with self._database.transaction() as conn:
            kept.tell(conn, site=self._site, hour_ms=hour_ms)
        ends_more = any(hour_ms % (step_s * 1000) == 0 for step_s in steps if step_s * 1000 > HOUR_MS)
        with self._database.transaction() as conn:
            has_readings = kept.has_readings(conn, hour_ms=hour_ms)
            points = kept.list_points(conn, site=self._site) if has_readings or ends_more else []
        for some in _pages(points):
            with self._database.transaction() as conn:
                if has_readings:
                    keyframes.enter(conn, some, site=self._site, at=instant(hour_ms))
                rollups.roll(conn, some, low_ms=hour_ms - HOUR_MS, high_ms=hour_ms, steps=steps, done_ms=hour_ms)
            yield
        with self._database.transaction() as conn:
            kept.finish(conn, site=self._site, hour_ms=hour_ms, whole=has_readings)
        yield

    def _sum_up_late(self, steps: Sequence[int]) -> Iterator[None]:
        """Again what late readings changed."""
        while True:
            with self._database.transaction() as conn:
                taken, hours = kept.take_late(conn, site=self._site, limit=LATE_AT_ONCE)
                done_ms = kept.find_done(conn, site=self._site)
                for hour_ms, points in hours.items():
                    rollups.roll(
                        conn, points, low_ms=hour_ms, high_ms=hour_ms + HOUR_MS, steps=steps, done_ms=done_ms
                    )  # fmt: skip
                    self.counters.late_hours += len(points)
            yield
            if taken < LATE_AT_ONCE:
                return

    def _let_go(self) -> Iterator[None]:
        with self._database.transaction() as conn:
            ends = retention.list_ends(conn, now_ms=self._now_ms())
            points = kept.list_points(conn, site=self._site)
            for step_s, end in ends.rollups.items():
                retention.hide_rollups(conn, site=self._site, step_s=step_s, before=end)
        if ends.readings is not None:
            self._drop_readings(ends.readings)
            yield
        while ends.keyframes is not None and self._drop_keyframe(ends.keyframes):
            self.counters.keyframes_dropped += 1
            yield
        for step_s, end in ends.rollups.items():
            for some in _pages(points):
                with self._database.transaction() as conn:
                    dropped = retention.drop_rollups(conn, some, step_s=step_s, before=end)
                self.counters.rollups_dropped += dropped
                yield

    def _drop_readings(self, end: datetime) -> None:
        try:
            with self._database.transaction() as conn:
                self.counters.days_dropped += retention.drop_readings(conn, before=end)
        except psycopg.errors.LockNotAvailable:
            self.counters.postponed += 1

    def _drop_keyframe(self, end: datetime) -> bool:
        with self._database.transaction() as conn:
            return retention.drop_keyframe(conn, site=self._site, before=end)


def _pages(points: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(points), POINTS_AT_ONCE):
        yield points[first : first + POINTS_AT_ONCE]
