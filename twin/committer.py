"""One thread that commits what people are told - alarms, commands, events - before they are told.

A job reads committed memory and writes rows; only after its commit does ``then`` change memory and speak. Jobs run
one by one, so none sees another's half; a batch of telemetry is never in their way.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from twin.errors import DatabaseUnavailable
from twin.store.database import Connection, Database

T = TypeVar("T")

QUEUE_MAX = 10_000
TICK_S = 0.05
RETRY_MAX_S = 2.0
ANSWER_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Callable[[Connection], T]
    then: Callable[[T], None]
    patient: bool
    future: Future[T]


class Committer:
    """``failed`` counts jobs that the database refused for what they were; ``retries`` those that waited for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs: deque[_Job[Any]] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ticks: list[Callable[[], None]] = []
        self.failed = 0
        self.retries = 0

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def stop(self, *, patience_s: float = 2.0) -> None:
        """Finish what is queued, as long as the database answers."""
        with self._changed:
            self._changed.wait_for(lambda: not self._jobs, timeout=patience_s)
            self._stopping.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def on_tick(self, tick: Callable[[], None]) -> None:
        self._ticks.append(tick)

    @property
    def waiting(self) -> int:
        return len(self._jobs)

    def submit(self, work: Callable[[Connection], T], then: Callable[[T], None]) -> Future[T]:
        """Queue a job that waits for the database as long as it takes. Blocks while the queue is full."""
        return self._put(_Job(work, then, True, Future()))

    def call(self, work: Callable[[Connection], T], then: Callable[[T], None]) -> T:
        """Run a job for somebody who waits: its result, or DatabaseUnavailable at once when there is none."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("the committer cannot wait for itself")
        future = self._put(_Job(work, then, False, Future()))
        try:
            return future.result(timeout=ANSWER_S)
        except FutureTimeout:
            future.cancel()
            raise DatabaseUnavailable("the database is busy or away", todo="Try again in a moment") from None

    def _put(self, job: _Job[T]) -> Future[T]:
        with self._changed:
            if len(self._jobs) >= QUEUE_MAX and threading.current_thread() is not self._thread:
                if not job.patient:
                    raise DatabaseUnavailable("too much waits for the database", todo="Try again in a moment")
                self._changed.wait_for(lambda: len(self._jobs) < QUEUE_MAX or self._stopping.is_set())
            self._jobs.append(job)
            self._changed.notify_all()
        return job.future

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                if not self._jobs:
                    self._changed.wait(TICK_S)
                job = self._jobs[0] if self._jobs else None
            if job is not None:
                self._do(job)
                with self._changed:
                    self._jobs.popleft()
                    self._changed.notify_all()
            for tick in self._ticks:
                tick()

    def _do(self, job: _Job[Any]) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        pause_s = 0.05
        while True:
            try:
                with self._database.transaction() as conn:
                    result = job.work(conn)
                job.then(result)
            except DatabaseUnavailable as error:
                if not job.patient or self._stopping.is_set():
                    job.future.set_exception(error)
                    return
                self.retries += 1
                self._stopping.wait(pause_s)
                pause_s = min(RETRY_MAX_S, pause_s * 2)
            except Exception as error:  # noqa: BLE001 - one bad job must not end the thread; its caller is told
                if job.patient:
                    self.failed += 1
                    _log.exception("commit_failed")
                job.future.set_exception(error)
                return
            else:
                job.future.set_result(result)
                return
