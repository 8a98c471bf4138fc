"""Asks the database again and again whether it is there: one that takes what is said and never answers holds up nobody.

A server that is gone says so to everybody at once. One that is stopped, or whose machine is, does not: without this,
whoever waits for it would wait for ever.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable

import psycopg

from twin.absence import Absence
from twin.errors import DatabaseUnavailable, MigrationRefused
from twin.periodic import Periodic
from twin.store.database import Connection, Database

EVERY_S = 0.5
ANSWER_S = 2.0
"""``select 1`` needs neither disk nor lock: who does not answer it within this time answers nobody."""

_log = logging.getLogger(__name__)


class Heartbeat:
    """One thread, one connection of its own; ``Database.hang_up`` when there is no answer, until there is again."""

    def __init__(
        self, database: Database, *, now_ms: Callable[[], int], every_s: float = EVERY_S, answer_s: float = ANSWER_S
    ) -> None:
        self._database, self._answer_s = database, answer_s
        self.absence = Absence("heartbeat", now_ms)
        self._thread = Periodic("heartbeat", self.beat, every_s=every_s)
        self._conn: Connection | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._thread.stop()
        self._disconnect()
        self._database.hangs = False

    def beat(self) -> None:
        """Ask once. A server that is gone is no matter of ours: everybody is told of that at once."""
        try:
            if self._conn is None:
                self._conn = self._database.try_connect()
            self._ask(self._conn)
        except TimeoutError as error:
            self.absence.goes_on(error)
            self._hang_up()
        except DatabaseUnavailable as error:
            self.absence.goes_on(error)
            if isinstance(error.__cause__, psycopg.errors.ConnectionTimeout):
                self._hang_up()
        except (psycopg.Error, MigrationRefused) as error:
            self.absence.goes_on(error)
            self._disconnect()
        else:
            self.absence.is_over()
            if self._database.hangs:
                _log.info("database_answers_again")
            self._database.hangs = False

    def _hang_up(self) -> None:
        self._disconnect()
        if not self._database.hangs:
            _log.warning("database_hangs")
        self._database.hang_up()

    def _ask(self, conn: Connection) -> None:
        """Raises TimeoutError when there is no answer in time, psycopg's error when there is no server."""
        line = conn.pgconn
        line.send_query(b"select 1")
        line.flush()
        poller, deadline = select.poll(), time.monotonic() + self._answer_s
        poller.register(line.socket, select.POLLIN)
        while line.is_busy():
            if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError(f"no answer within {self._answer_s:g} s")
            line.consume_input()
        while line.get_result() is not None:
            pass

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
