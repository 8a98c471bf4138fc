"""Makes readings durable in batches, tells the connectors only after the commit, and outlives the database.

While the database is away nothing is lost and nothing is acknowledged: batches stay in memory up to a named bound,
beyond which the writer waits (back-pressure down to the broker). Each batch is committed exactly once: its number
goes with it, so that a commit whose answer was lost is recognised.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import psycopg

from twin.batch import Batch, PointBook
from twin.errors import DatabaseUnavailable
from twin.store.database import Connection, Database
from twin.store.readings import ReadingTable, last_batch

BATCH_ROWS = 10_000
IDLE_S = 0.02
UNCOMMITTED_ROWS_MAX = 500_000
RETRY_MAX_S = 2.0

OnCommit: TypeAlias = Callable[[Batch], None]
"""Told of each batch right after its commit, in the recorder's thread: for measuring how late it is."""

_log = logging.getLogger(__name__)


def _ignore(_: Batch) -> None:
    pass


@dataclass(slots=True, kw_only=True)
class RecorderCounters:
    """``refused_rows``: rows the database would never take, dropped so that the rest goes on."""

    rows: int = 0
    messages: int = 0
    batches: int = 0
    retries: int = 0
    refused_rows: int = 0
    waits_for_room: int = 0
    uncommitted_rows: int = 0
    commit_ms_last: float = 0.0
    available: bool = True
    last_error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Recorder:
    """One thread, one connection of its own."""

    def __init__(
        self, database: Database, book: PointBook, *, site: str, now_ms: Callable[[], int],
        on_commit: OnCommit = _ignore,
    ) -> None:  # fmt: skip
        self._database, self._site, self._now_ms, self._on_commit = database, site, now_ms, on_commit
        self._table = ReadingTable(book, site=site)
        self._queue: deque[Batch] = deque()
        self._rows = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._conn: Connection | None = None
        self._number = 0
        self._busy = False
        self.counters = RecorderCounters()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over; waits while too much is uncommitted."""
        with self._changed:
            if self._rows >= UNCOMMITTED_ROWS_MAX:
                self.counters.waits_for_room += 1
                self._changed.wait_for(lambda: self._rows < UNCOMMITTED_ROWS_MAX or self._stopping.is_set())
            self._queue.append(batch)
            self._rows += len(batch)
            self.counters.uncommitted_rows = self._rows
            self._changed.notify_all()

    def flush(self, *, patience_s: float) -> bool:
        """Wait until all that was put is committed."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout=patience_s)

    def stop(self, *, patience_s: float = 2.0) -> None:
        """Commit what is there, as long as the database answers; what is not was not acknowledged either."""
        self.flush(patience_s=patience_s)
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._disconnect()

    def _run(self) -> None:
        while not self._stopping.is_set():
            batch = self._gather()
            if batch is None:
                continue
            committed = self._commit(batch)
            with self._changed:
                self._rows -= len(batch)
                self.counters.uncommitted_rows = self._rows
                self._busy = False
                self._changed.notify_all()
            if committed:
                for acknowledge, receipts in batch.receipts:
                    acknowledge(receipts)

    def _gather(self) -> Batch | None:
        """What is there, after a pause in which more may come; a full batch goes at once."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._queue or self._stopping.is_set(), timeout=0.2):
                return None
            if not self._queue:
                return None
            self._changed.wait_for(lambda: self._rows >= BATCH_ROWS or self._stopping.is_set(), timeout=IDLE_S)
            batch = self._queue.popleft()
            while self._queue and len(batch) < BATCH_ROWS:
                batch.join(self._queue.popleft())
            self._busy = True
            return batch

    def _commit(self, batch: Batch) -> bool:
        pause_s, tried = 0.05, False
        while True:
            try:
                began = time.perf_counter()
                conn = self._connect()
                if not (
                    tried and last_batch(conn, site=self._site) == self._number + 1
                ):  # else only the answer was lost
                    tried = True
                    self._write(conn, batch)
            except (psycopg.OperationalError, psycopg.InterfaceError, DatabaseUnavailable) as error:
                self._disconnect()
                if self.counters.available:
                    _log.warning("database_lost: %s", error)
                self.counters.available, self.counters.last_error = False, str(error).strip()
                self.counters.retries += 1
                if self._stopping.wait(pause_s):
                    return False
                pause_s = min(RETRY_MAX_S, pause_s * 2)
            else:
                self._note_commit(batch, (time.perf_counter() - began) * 1000)
                return True

    def _note_commit(self, batch: Batch, commit_ms: float) -> None:
        self._number += 1
        counters = self.counters
        if not counters.available:
            _log.info("database_back")
        counters.available, counters.last_error = True, None
        counters.rows += len(batch)
        counters.messages += batch.messages
        counters.batches += 1
        counters.commit_ms_last = commit_ms
        self._on_commit(batch)

    def _write(self, conn: Connection, batch: Batch) -> None:
        try:
            self._table.prepare(conn, batch, now_ms=self._now_ms())
            self._table.write(conn, batch, number=self._number + 1)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # Validation keeps such rows out; should one slip through, it must not stop the recording for ever.
            _log.exception("batch_refused")
            self.counters.refused_rows += len(batch)
            self.counters.last_error = str(error).strip()
            self._table.write(conn, Batch(cursors=batch.cursors), number=self._number + 1)

    def _connect(self) -> Connection:
        if self._conn is None:
            conn = self._conn = self._database.connect()
            if self._number == 0:
                self._number = last_batch(conn, site=self._site)
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
