"""The table of sessions, each with what its person may be shown as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session and what its person may be shown as."""

    id: str
    person_id: str
    name_sealed: str
    roles: Sequence[str]
    last_used_ms: int
    expires_ms: int


def insert_session(conn: Connection, site: str, row: SessionRow, *, token: str) -> None:
    conn.execute(
        "INSERT INTO accounts.session (id, site, person_id, token_hash, created_ms, last_used_ms, expires_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (row.id, site, row.person_id, hash_secret(token), row.last_used_ms, row.last_used_ms, row.expires_ms),
    )


def find_session(conn: Connection, site: str, token: str) -> SessionRow | None:
    with conn.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(f"{_SELECT_SESSION} AND s.token_hash = %s", (site, hash_secret(token))).fetchone()


def find_session_by_id(conn: Connection, site: str, session_id: str) -> SessionRow | None:
    with conn.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(f"{_SELECT_SESSION} AND s.id = %s", (site, session_id)).fetchone()


def touch_session(conn: Connection, session_id: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.session SET last_used_ms = %s WHERE id = %s", (now_ms, session_id))


def delete_session(conn: Connection, session_id: str) -> bool:
    return conn.execute("DELETE FROM accounts.session WHERE id = %s", (session_id,)).rowcount == 1


def delete_expired_sessions(conn: Connection, site: str, *, idle_before_ms: int, now_ms: int) -> None:
    conn.execute(
        "DELETE FROM accounts.session WHERE site = %s AND (expires_ms <= %s OR last_used_ms <= %s)",
        (site, now_ms, idle_before_ms),
    )


_SELECT_SESSION = (
    "SELECT s.id, s.person_id, p.name_sealed, p.roles, s.last_used_ms, s.expires_ms"
    " FROM accounts.session s JOIN accounts.person p ON p.id = s.person_id"
    " WHERE s.site = %s AND p.disabled_ms IS NULL"
)
