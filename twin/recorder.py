"""Makes readings durable in batches, tells the connectors only then, and outlives the database.

Durable is in the database or, while that is away, in a spool on the disk, from where they are recorded in order when it
is back: all that comes in the meantime goes behind them. What an earlier run left there is recorded likewise, while the
hall serves: what is newest in it is known from the start. Each batch is committed exactly once: its number goes with
it, so that a commit whose answer was lost is recognised. A spool that gets full keeps the quiet devices' telemetry
longest, and what is no telemetry to the end; with no room at all, and without a spool, batches wait in memory up to a
named bound, beyond which the writer waits (back-pressure down to the broker).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, TypeAlias

import psycopg

from twin.absence import Absence
from twin.batch import Batch, PointBook
from twin.batch_bytes import decode_batch, decode_newest, encode_batch
from twin.errors import DatabaseUnavailable, MigrationRefused
from twin.spool import Record, Spool, SpoolFull
from twin.spool_room import SpoolRoom
from twin.store.database import Connection, Database
from twin.store.numbers import begin_run, is_same_run, is_taken, last_number, settled_number
from twin.store.readings import WRITER, ReadingTable, writer_of

BATCH_ROWS = 10_000
IDLE_S = 0.02
UNCOMMITTED_ROWS_MAX = 500_000
DRAINED_ROWS = 50_000
"""So many rows of the spool make one commit: what is newest is written once for all of them."""
DRAINED_AT_ONCE = 2
"""So many times a batch is taken from the spool for each that is put behind it: it gets empty under load too."""

OnCommit: TypeAlias = Callable[[Batch], None]
"""Told of each batch right after its commit, in the recorder's thread: for measuring how late it is."""

_AWAY = (psycopg.Error, DatabaseUnavailable, MigrationRefused)
_log = logging.getLogger(__name__)


def _ignore(_: Batch) -> None:
    pass


@dataclass(slots=True, kw_only=True)
class RecorderCounters:
    """``refused_rows``: rows the database would never take, dropped so that the rest goes on. ``messages``: durable and
    acknowledged. ``spooled_rows`` wait on the disk; ``shed_rows`` found no room there.
    """

    rows: int = 0
    messages: int = 0
    batches: int = 0
    retries: int = 0
    refused_rows: int = 0
    waits_for_room: int = 0
    uncommitted_rows: int = 0
    spooled_rows: int = 0
    spool_bytes: int = 0
    spool_damaged: int = 0
    spool_failures: int = 0
    shed_rows: int = 0
    commit_ms_last: float = 0.0
    last_error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Recorder:
    """One thread, one connection of its own."""

    def __init__(
        self, database: Database, book: PointBook, *, site: str, now_ms: Callable[[], int],
        on_commit: OnCommit = _ignore, spool: Spool | None = None, shed: Callable[[str, int], None] = lambda *_: None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database, self._site, self._now_ms, self._on_commit = database, site, now_ms, on_commit
        self._monotonic_s = monotonic_s
        self._book, self._spool = book, spool
        self._room = None if spool is None else SpoolRoom(spool, book, site=site, shed=shed)
        self._table = ReadingTable(book, site=site)
        self._queue: deque[Batch] = deque()
        self._rows = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._conn: Connection | None = None
        self._number = 0
        self._busy = self._one_by_one = False
        self._sifted: Batch | None = None
        self._newest = Batch()
        """The newest values and the cursors of all that went to the disk since nothing was there."""
        self.waits_since_ms: int | None = None
        """What was received from then on waits on the disk; None while nothing does."""
        self.absence = Absence(WRITER, now_ms)
        self.counters = RecorderCounters()

    def recover(self) -> Batch:
        """What is newest in what an earlier run left on the disk, which stays there until this one runs: before anybody
        reads what is newest in the database. What that run still has under way is committed by now, or never. Raises
        DatabaseUnavailable.
        """
        try:
            conn = self._conn = self._database.connect()
            there = settled_number(conn, writer_of(self._site))
            if self._spool is not None and not self._spool.is_empty and is_same_run(self._spool.last, there):
                self._recall(self._spool)
                self._number = max(self._spool.last, there)
            else:  # its numbers tell nothing here: it was written for another database, or somebody recorded without it
                while self._spool is not None and self._drain_group(conn, self._spool):
                    pass
                self._connect()
        except psycopg.Error as error:
            self._disconnect()
            what = f"the spool is not recorded: {error}".strip()
            raise DatabaseUnavailable(what, todo="It stays on the disk; try again") from error
        self._note_spool()
        return self._newest

    def _recall(self, spool: Spool) -> None:
        comes_to, records = spool.recall()
        for payload in chain([] if comes_to is None else [comes_to], (record.payload for record in records)):
            self._note_newest(decode_newest(payload, self._book))
        for record in spool.read()[:1]:
            self.waits_since_ms = _first_ms(decode_newest(record.payload, self._book), self._now_ms())

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over; waits while too much is not durable."""
        with self._changed:
            if self._rows >= UNCOMMITTED_ROWS_MAX:
                self.counters.waits_for_room += 1
                self._changed.wait_for(lambda: self._rows < UNCOMMITTED_ROWS_MAX or self._stopping.is_set())
            self._queue.append(batch)
            self._rows += len(batch)
            self.counters.uncommitted_rows = self._rows
            self._changed.notify_all()

    def flush(self, *, patience_s: float) -> bool:
        """Wait until all that was put is durable."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout=patience_s)

    def stop(self, *, patience_s: float = 2.0) -> None:
        """Make durable what is there, as far as that goes; what is not was not acknowledged either."""
        self.flush(patience_s=patience_s)
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._spool is not None:
            self._spool.close()
        self._disconnect()

    # --- its thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            batch = self._gather()
            if batch is not None:
                self._keep(batch)
            self._drain()

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

    def _keep(self, batch: Batch) -> None:
        rows, messages = len(batch), batch.messages
        durable = self._make_durable(batch)
        with self._changed:
            self._rows -= rows
            self.counters.uncommitted_rows = self._rows
            if durable:
                self.counters.messages += messages
            self._busy = False
            self._changed.notify_all()
        if durable:
            for acknowledge, receipts in batch.receipts:
                acknowledge(receipts)

    def _make_durable(self, batch: Batch) -> bool:
        """In the database, else on the disk, else it waits; False when the hall stops before."""
        number = 0
        while True:
            if self._is_spool_empty() and self.absence.may_try:
                with self._trying():
                    conn = self._connect()
                    number = number or self._next_number()
                    if self._commit(conn, batch, first=number, last=number) or self._is_there(conn, number):
                        return True
                    _log.error("another_hall_records: site %s", self._site)
                    self._number = number = 0
            if self._number:
                number = number or self._next_number()
                if self._put_on_disk(batch, number):
                    return True
            if self._stopping.wait(self.absence.wait_s):
                return False
            self._drain()

    # --- the database --------------------------------------------------------------------------------------

    def _commit(self, conn: Connection, batch: Batch, *, first: int, last: int) -> bool:
        """False where it, or some of it, was there already: only the answer was lost."""
        began = time.perf_counter()
        try:
            self._table.prepare(conn, batch, now_ms=self._now_ms())
            written = self._table.write(conn, batch, first=first, last=last)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if first != last:
                raise
            # Validation keeps such rows out; should one slip through, it must not stop the recording for ever.
            _log.exception("batch_refused")
            self.counters.refused_rows += len(batch)
            self.counters.last_error = str(error).strip()
            written = self._table.write(conn, Batch(cursors=batch.cursors), first=first, last=last)
        if written:
            self._note_commit(batch, (time.perf_counter() - began) * 1000)
        return written

    def _is_there(self, conn: Connection, number: int) -> bool:
        """Of what was tried before: whether only the answer was lost."""
        return is_taken(number, last_number(conn, writer_of(self._site)))

    def _note_commit(self, batch: Batch, commit_ms: float) -> None:
        counters = self.counters
        counters.rows += len(batch)
        counters.batches += 1
        counters.commit_ms_last = commit_ms
        self._on_commit(batch)

    def _connect(self) -> Connection:
        if self._conn is None:
            self._conn = self._database.connect()
        if self._number == 0:
            above = 0 if self._spool is None else self._spool.last
            self._number = begin_run(self._conn, writer_of(self._site), above=above)
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    @contextmanager
    def _trying(self) -> Iterator[None]:
        """What needs the database, ended by its absence; then it is tried again after a pause."""
        try:
            yield
        except _AWAY as error:
            self._disconnect()
            self.counters.retries += 1
            self.absence.goes_on(error)
        else:
            self.absence.is_over()

    # --- the disk ------------------------------------------------------------------------------------------

    def _is_spool_empty(self) -> bool:
        return self._spool is None or self._spool.is_empty

    def _put_on_disk(self, batch: Batch, number: int) -> bool:
        """False where there is no room, or no disk that takes it."""
        if self._spool is None or self._room is None:
            return False
        if batch is not self._sifted:
            self._sifted = batch
            self.counters.shed_rows += self._room.make_room(batch, self._monotonic_s())
        try:
            self._spool.append(
                number, encode_batch(batch, self._book.names), weight=len(batch), before=self._comes_to
            )  # fmt: skip
        except (OSError, SpoolFull) as error:
            self.counters.spool_failures += 1
            self.counters.last_error = f"the spool takes nothing: {error or 'it is full'}"
            return False
        self._note_newest(batch)
        if self.waits_since_ms is None:
            self.waits_since_ms = _first_ms(batch, self._now_ms())
        self._note_spool()
        return True

    def _comes_to(self) -> bytes:
        return encode_batch(self._newest, self._book.names)

    def _note_newest(self, batch: Batch) -> None:
        self._newest.latest.update(batch.latest)
        self._newest.cursors.update(batch.cursors)

    def _drain(self) -> None:
        """Record what waits on the disk, the oldest first, for as long as nothing new waits."""
        spool, turns = self._spool, 0
        while spool is not None and not spool.is_empty and self.absence.may_try and not self._stopping.is_set():
            if turns >= DRAINED_AT_ONCE and self._queue:
                return
            with self._trying():
                self._drain_group(self._connect(), spool)
            self._note_spool()
            turns += 1
        if self.absence.since_ms is not None and self._is_spool_empty() and self.absence.may_try:
            with self._trying():
                self._connect().execute("select 1")

    def _drain_group(self, conn: Connection, spool: Spool) -> bool:
        """False when there is nothing."""
        records = spool.read()
        if not records:
            return False
        there = last_number(conn, writer_of(self._site))
        done = [record for record in records if is_taken(record.number, there)]
        group = self._group(records[len(done) :])
        if group:
            batch = decode_batch(group[0].payload, self._book)
            for record in group[1:]:
                batch.join(decode_batch(record.payload, self._book))
            first, last = group[0].number, group[-1].number
            if there >= first:  # somebody recorded for this site without this spool
                first = last = there + 1
            try:
                if self._commit(conn, batch, first=first, last=last):
                    done += group
                    if batch.latest:
                        self.waits_since_ms = max(value.received_ms for value in batch.latest.values())
                self._one_by_one = False
            except (psycopg.DataError, psycopg.IntegrityError):
                self._one_by_one = True  # one of them is refused: let it be that one only
        spool.drop(done)
        if spool.is_empty:
            self._newest, self.waits_since_ms = Batch(), None
        return True

    def _group(self, records: list[Record]) -> list[Record]:
        """So many that they make one commit."""
        if self._one_by_one:
            return records[:1]
        rows = 0
        for count, record in enumerate(records, 1):
            rows += record.weight
            if rows >= DRAINED_ROWS:
                return records[:count]
        return records

    def _note_spool(self) -> None:
        if self._spool is not None:
            self.counters.spooled_rows, self.counters.spool_bytes = self._spool.waiting, self._spool.bytes
            self.counters.spool_damaged = self._spool.damaged + self._spool.torn


def _first_ms(batch: Batch, otherwise_ms: int) -> int:
    """When it began to come, as its newest values tell."""
    return min((value.received_ms for value in batch.latest.values()), default=otherwise_ms)
