"""The only way to the database: one pool, one transaction form, one migration run."""

from __future__ import annotations

import os
import select
import socket
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

from twin.errors import DatabaseUnavailable
from twin.store.migrations import APP, OWN, MigrationSet, check_version, migrate

Connection: TypeAlias = psycopg.Connection[Any]

POOL_MAX = 16
IDLE_MAX = 8
WAIT_S = 3.0
CONNECT_S = 3
_TODO = "It is tried again by itself; see /api/v1/health"
_NO_ROOM_CLASSES = ("53", "57P", "58")
"""SQLSTATE: out of disk or memory, being shut down, failing disks. No fault of what was asked."""


class Database:
    """A PostgreSQL 16-18 by URL, embedded or a user's own. Work runs as the role without DDL.

    Connections are made by whoever needs one and kept for the next. No background reconnecting with its growing
    pauses: while the server is away each caller is told at once, and the first after its return gets through.
    """

    def __init__(self, url: str, *, pool_max: int = POOL_MAX) -> None:
        self.url = url
        self._room = threading.BoundedSemaphore(pool_max)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.hangs = False
        """The server took what was said and does not answer (``Heartbeat``): nobody else need wait to find out."""

    def migrate(self, sets: Sequence[MigrationSet] = ()) -> int:
        """Bring the twin's schema and then each package's to this program's; returns how many files were applied."""
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=CONNECT_S) as conn:
                return migrate(conn, (*OWN, *sets))
        except psycopg.OperationalError as error:
            raise _unreachable(self.url, error) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises DatabaseUnavailable when there is no connection, or it breaks on the way.
        """
        if not self._room.acquire(timeout=WAIT_S):
            raise DatabaseUnavailable("all database connections are busy", todo=_TODO)
        try:
            conn = self._take_idle() or self.connect()
            try:
                with conn.transaction():
                    yield conn
            except psycopg.Error as error:
                if conn.closed or is_away(error):
                    raise DatabaseUnavailable(f"the database went away: {error}".strip(), todo=_TODO) from error
                raise
            finally:
                self._give_back(conn)
        finally:
            self._room.release()

    def connect(self) -> Connection:
        """A connection outside the pool, for the one who keeps it (the recorder)."""
        if self.hangs:
            raise DatabaseUnavailable("the database hangs", todo=_TODO)
        return self.try_connect()

    def try_connect(self) -> Connection:
        """Also while the server hangs: only trying tells whether it still does."""
        try:
            conn = psycopg.connect(self.url, options=f"-c role={APP}", autocommit=True, connect_timeout=CONNECT_S)
        except psycopg.OperationalError as error:
            raise _unreachable(self.url, error) from error
        try:
            check_version(conn)
        except BaseException:
            conn.close()
            raise
        with self._lock:
            self._open.add(conn)
        return conn

    def hang_up(self) -> None:
        """End every connection: whoever waits for an answer that does not come is told."""
        self.hangs = True
        with self._lock:
            connections = list(self._open)
        for conn in connections:
            _shut(conn)

    def ping(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""
        with self.transaction() as conn:
            conn.execute("select 1")

    def close(self) -> None:
        """Close what lies idle; the database can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for conn in idle:
            conn.close()

    def _take_idle(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                conn = self._idle.pop()
            if not _was_hung_up(conn):
                return conn
            conn.close()

    def _give_back(self, conn: Connection) -> None:
        with self._lock:
            keep = not conn.closed and len(self._idle) < IDLE_MAX
            if keep:
                self._idle.append(conn)
        if not keep:
            conn.close()


def is_away(error: psycopg.Error) -> bool:
    """Whether an error tells of the server's state, not of what was asked of it."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return state.startswith((*_NO_ROOM_CLASSES, "08")) or state == "25006"  # a standby takes no writes


def _shut(conn: Connection) -> None:
    """From another thread than the one that waits on it: only the socket is touched, and through a copy."""
    try:
        with socket.socket(fileno=os.dup(conn.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (psycopg.Error, OSError):
        return  # it is closed already


def _was_hung_up(conn: Connection) -> bool:
    """An idle connection has nothing to say: if it is readable, the server said goodbye."""
    if conn.closed:
        return True
    poller = select.poll()
    poller.register(conn.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _unreachable(url: str, error: psycopg.Error) -> DatabaseUnavailable:
    info = psycopg.conninfo.conninfo_to_dict(url)
    where = f"{info.get('host') or 'localhost'}:{info.get('port') or 5432}/{info.get('dbname') or ''}"
    return DatabaseUnavailable(
        f"the database at {where} does not answer: {str(error).strip()}",
        todo="Look whether it runs and whether address, user and password are right",
    )
