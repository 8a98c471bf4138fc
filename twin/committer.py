"""One thread that makes durable what people are told - alarms, commands, events - before they are told.

A job reads committed memory and writes rows; only when these are durable does ``then`` change memory and speak. Jobs
run one by one, so none sees another's half; a batch of telemetry is never in their way.

Durable is in the database or, while that is away, as statements in a journal on the disk, from where they are executed
in order when it is back, each job exactly once: all that comes in the meantime goes behind them. Only a job that must
read waits for the database, or fails at once where somebody waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg

from twin.absence import PAUSE_MAX_S, Absence
from twin.errors import DatabaseUnavailable
from twin.journal import Journal, MustRead, Statement, decode_statements, encode_statements, execute_all
from twin.spool import Spool, SpoolFull
from twin.store.database import Connection, Database
from twin.store.numbers import begin_run, is_taken, last_number, take_numbers

T = TypeVar("T")

WRITER = "committer"
QUEUE_MAX = 10_000
TICK_S = 0.05
ANSWER_S = 5.0
DRAINED_TOGETHER = 100
"""So many jobs of the journal make one transaction."""
DRAINED_AT_ONCE = 2
"""So many such are taken from the journal for each job that is put behind them: it gets empty under load too."""
_TODO = "Try again in a moment"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Callable[[Connection], T]
    then: Callable[[T], None]
    patient: bool
    future: Future[T]


class Committer:
    """``failed`` counts jobs that the database refused for what they were; ``retries`` those that waited for it;
    ``refused`` those of the journal that it refused when it was back.
    """

    def __init__(
        self, database: Database, *, site: str, now_ms: Callable[[], int], journal: Spool | None = None
    ) -> None:  # fmt: skip
        self._database, self._writer, self._journal = database, f"{WRITER}:{site}", journal
        self._jobs: deque[_Job[Any]] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ticks: list[Callable[[], None]] = []
        self._number = 0
        self._alone = 0
        """So many jobs of the journal are tried one by one."""
        self.absence = Absence(WRITER, now_ms)
        self.failed = self.retries = self.refused = self.journal_failures = 0

    def recover(self) -> None:
        """Execute what an earlier run left in its journal, before anybody reads what is open. Raises
        DatabaseUnavailable.
        """
        while self._journal is not None and not self._journal.is_empty:
            self._drain_some(self._journal)
        self._begin_run()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def stop(self, *, patience_s: float = 2.0) -> None:
        """Finish what is queued, as far as that goes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._jobs, timeout=patience_s)
            self._stopping.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._journal is not None:
            self._journal.close()

    def on_tick(self, tick: Callable[[], None]) -> None:
        self._ticks.append(tick)

    @property
    def waiting(self) -> int:
        return len(self._jobs)

    @property
    def journaled(self) -> int:
        """Jobs that wait on the disk for the database."""
        return 0 if self._journal is None else self._journal.waiting

    def submit(self, work: Callable[[Connection], T], then: Callable[[T], None]) -> Future[T]:
        """Queue a job that waits for its turn as long as it takes. Blocks while the queue is full."""
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
            raise DatabaseUnavailable("the database is busy or away", todo=_TODO) from None

    def _put(self, job: _Job[T]) -> Future[T]:
        with self._changed:
            if len(self._jobs) >= QUEUE_MAX and threading.current_thread() is not self._thread:
                if not job.patient:
                    raise DatabaseUnavailable("too much waits for the database", todo=_TODO)
                self._changed.wait_for(lambda: len(self._jobs) < QUEUE_MAX or self._stopping.is_set())
            self._jobs.append(job)
            self._changed.notify_all()
        return job.future

    # --- its thread ----------------------------------------------------------------------------------------

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
            self._drain()
            for tick in self._ticks:
                self._tick(tick)

    def _tick(self, tick: Callable[[], None]) -> None:
        try:
            tick()
        except Exception:  # noqa: BLE001 - a bug there must not end the thread
            self.failed += 1
            _log.exception("tick_failed")

    def _do(self, job: _Job[Any]) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            result = self._perform(job)
            job.then(result)
        except Exception as error:  # noqa: BLE001 - one bad job must not end the thread; its caller is told
            if job.patient and not self._stopping.is_set():
                self.failed += 1
                _log.exception("commit_failed")
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    def _perform(self, job: _Job[T]) -> T:
        """Its result, when what it wrote is durable."""
        journal = Journal()
        try:
            result = job.work(journal.as_connection())
        except MustRead:
            return self._perform_reading(job)
        if journal.statements:
            self._make_durable(journal.statements, patient=job.patient)
        return result

    def _perform_reading(self, job: _Job[T]) -> T:
        while True:
            if not self._is_journal_empty():
                self._wait_or_raise(job.patient, DatabaseUnavailable("the database is catching up", todo=_TODO))
                continue
            try:
                with self._database.transaction() as conn:
                    result = job.work(conn)
            except DatabaseUnavailable as error:
                self.absence.goes_on(error)
                self._wait_or_raise(job.patient, error)
            else:
                self.absence.is_over()
                return result

    def _make_durable(self, statements: Sequence[Statement], *, patient: bool) -> None:
        """In the database, else on the disk, else it waits."""
        number, failure = 0, DatabaseUnavailable("the database is away and the journal full", todo=_TODO)
        while True:
            if self._is_journal_empty() and self.absence.may_try:
                try:
                    number = number or self._next_number()
                    if self._execute(statements, number, number):
                        return
                    _log.error("another_hall_commits: %s", self._writer)
                    self._number = number = 0
                    continue
                except DatabaseUnavailable as error:
                    failure = error
                    self.absence.goes_on(error)
            if self._number:
                number = number or self._next_number()
                if self._put_on_disk(statements, number):
                    return
            self._wait_or_raise(patient, failure)

    def _wait_or_raise(self, patient: bool, failure: DatabaseUnavailable) -> None:
        if not patient or self._stopping.is_set():
            raise failure
        self.retries += 1
        self._stopping.wait(min(PAUSE_MAX_S, self.absence.wait_s))
        self._drain()

    # --- the database --------------------------------------------------------------------------------------

    def _execute(self, statements: Sequence[Statement], first: int, last: int) -> bool:
        """All of them and their numbers, or nothing. False where somebody else numbers for this site by now, or some
        of them, not all, were there already.
        """
        with self._database.transaction() as conn:
            taken = take_numbers(conn, self._writer, first=first, last=last)
            if taken:
                execute_all(conn, statements)
            done = taken or is_taken(last, last_number(conn, self._writer))  # only the answer was lost
        self.absence.is_over()
        return done

    def _begin_run(self) -> None:
        with self._database.transaction() as conn:
            self._number = begin_run(conn, self._writer, above=0 if self._journal is None else self._journal.last)

    def _next_number(self) -> int:
        if self._number == 0:
            self._begin_run()
        self._number += 1
        return self._number

    # --- the disk ------------------------------------------------------------------------------------------

    def _is_journal_empty(self) -> bool:
        return self._journal is None or self._journal.is_empty

    def _put_on_disk(self, statements: Sequence[Statement], number: int) -> bool:
        """False where there is no room, or no disk that takes it."""
        if self._journal is None:
            return False
        try:
            self._journal.append(number, encode_statements(statements))
        except (OSError, SpoolFull):
            self.journal_failures += 1
            _log.exception("journal_takes_nothing")
            return False
        return True

    def _drain(self) -> None:
        """Execute what waits on the disk, the oldest first, for as long as nothing new waits."""
        journal, turns = self._journal, 0
        while journal is not None and not journal.is_empty and self.absence.may_try and not self._stopping.is_set():
            if turns >= DRAINED_AT_ONCE and self._jobs:
                return
            try:
                self._drain_some(journal)
            except DatabaseUnavailable as error:
                self.absence.goes_on(error)
            turns += 1
        if self.absence.since_ms is not None and self._is_journal_empty() and self.absence.may_try:
            self._look_again()

    def _look_again(self) -> None:
        """Nothing needs it now, but people are told that it is away."""
        try:
            self._database.ping()
        except DatabaseUnavailable as error:
            self.absence.goes_on(error)
        else:
            self.absence.is_over()

    def _drain_some(self, journal: Spool) -> None:
        """The oldest, in one transaction. Where that does not go they are tried again one by one: a job that is refused
        is refused alone.
        """
        records = journal.read()[: 1 if self._alone else DRAINED_TOGETHER]
        if not records:
            return
        statements = [found for record in records for found in decode_statements(record.payload)]
        first, last = records[0].number, records[-1].number
        try:
            done = self._execute(statements, first, last)
            if not done and first == last:  # somebody committed for this site without this journal
                number = self._number_after_others()
                done = self._execute(statements, number, number)
        except psycopg.Error:
            done = False
            if first == last:
                self.refused += 1
                _log.exception("journal_refused: %s", [statement.sql for statement in statements])
                done = self._execute([], first, last)
        if done:
            journal.drop(records)
            self._alone = max(0, self._alone - 1)
        else:
            self._alone = len(records)

    def _number_after_others(self) -> int:
        with self._database.transaction() as conn:
            return last_number(conn, self._writer) + 1
