"""The only way to the database: one pool, one transaction form, one migration run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from twin.errors import DatabaseUnavailable
from twin.store.migrations import APP, OWN, MigrationSet, check_version, migrate

Connection: TypeAlias = psycopg.Connection[Any]

POOL_MIN, POOL_MAX = 2, 16
WAIT_S = 3.0
_TODO = "It is tried again by itself; see /api/v1/health"


class Database:
    """A PostgreSQL 16-18 by URL, embedded or a user's own. Work runs as the role without DDL."""

    def __init__(self, url: str, *, pool_max: int = POOL_MAX) -> None:
        self.url = url
        self._pool_max = pool_max
        self._pool: ConnectionPool[Connection] | None = None

    def migrate(self, sets: Sequence[MigrationSet] = ()) -> int:
        """Bring the twin's schema and then each package's to this program's; returns how many files were applied."""
        try:
            with psycopg.connect(self.url, autocommit=True) as conn:
                return migrate(conn, (*OWN, *sets))
        except psycopg.OperationalError as error:
            raise unreachable(self.url, error) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        pool = self._open()
        try:
            with pool.connection(timeout=WAIT_S) as conn:
                try:
                    yield conn
                except psycopg.OperationalError as error:
                    if conn.broken or conn.closed:
                        raise DatabaseUnavailable(f"the database went away: {error}".strip(), todo=_TODO) from error
                    raise
        except PoolTimeout as error:
            raise DatabaseUnavailable("the database does not answer", todo=_TODO) from error

    def connect(self) -> Connection:
        """A connection outside the pool, for the one who keeps it (the recorder)."""
        try:
            return psycopg.connect(self.url, options=f"-c role={APP}", connect_timeout=3)
        except psycopg.OperationalError as error:
            raise unreachable(self.url, error) from error

    def ping(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""
        with self.transaction() as conn:
            conn.execute("select 1")

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _open(self) -> ConnectionPool[Connection]:
        if self._pool is None:
            self.connect_once()
            self._pool = ConnectionPool(
                self.url,
                kwargs={"options": f"-c role={APP}"},
                min_size=POOL_MIN,
                max_size=self._pool_max,
                check=ConnectionPool.check_connection,
                reconnect_timeout=30.0,
                name="halltwin",
                open=True,
            )
        return self._pool

    def connect_once(self) -> None:
        """Raises a clear error where the URL, the version or the role is wrong, before a pool hides the reason."""
        conn = self.connect()
        try:
            check_version(conn)
        finally:
            conn.close()


def unreachable(url: str, error: psycopg.Error) -> DatabaseUnavailable:
    info = psycopg.conninfo.conninfo_to_dict(url)
    where = f"{info.get('host') or 'localhost'}:{info.get('port') or 5432}/{info.get('dbname') or ''}"
    return DatabaseUnavailable(
        f"the database at {where} does not answer: {str(error).strip()}",
        todo="Look whether it runs and whether address, user and password are right",
    )
