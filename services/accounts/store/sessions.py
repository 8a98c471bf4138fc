"""The table of sessions, each with what its person may be shown as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.accounts.store.people import COMPOSED, ROLES_HELD
from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session and what its person may be shown as. ``pairing_id``: the kiosk it belongs to."""

    id: str
    person_id: str
    name_sealed: str
    roles: Sequence[str]
    created_ms: int
    last_used_ms: int
    expires_ms: int
    idle_s: int
    factor: str | None = None
    factor_ms: int | None = None
    place_sealed: str | None = None
    pairing_id: str | None = None
    has_factor: bool = False
    """Its person has one that could be shown."""
    composed: Sequence[str] = ()
    """What those of the house's own roles allow that the person has."""
    onetime_until_ms: int | None = None


def insert_session(conn: Connection, site: str, row: SessionRow, *, token: str) -> None:
    conn.execute(
        "INSERT INTO accounts.session (id, site, person_id, token_hash, created_ms, last_used_ms, expires_ms, idle_s,"
        " factor, factor_ms, place_sealed, pairing_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            row.id,
            site,
            row.person_id,
            hash_secret(token),
            row.created_ms,
            row.last_used_ms,
            row.expires_ms,
            row.idle_s,
            row.factor,
            row.factor_ms,
            row.place_sealed,
            row.pairing_id,
        ),
    )


def find_session(conn: Connection, site: str, token: str) -> SessionRow | None:
    with conn.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(f"{_SELECT_SESSION} AND s.token_hash = %s", (site, hash_secret(token))).fetchone()


def find_session_by_id(conn: Connection, site: str, session_id: str) -> SessionRow | None:
    with conn.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(f"{_SELECT_SESSION} AND s.id = %s", (site, session_id)).fetchone()


def list_sessions(conn: Connection, site: str, person_id: str, now_ms: int) -> list[SessionRow]:
    """Those that still work, the latest first."""
    with conn.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(
            f"{_SELECT_SESSION} AND s.person_id = %s AND s.expires_ms > %s AND s.last_used_ms + s.idle_s * 1000 > %s"
            " ORDER BY s.last_used_ms DESC, s.id",
            (site, person_id, now_ms, now_ms),
        ).fetchall()


def touch_session(conn: Connection, session_id: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.session SET last_used_ms = %s WHERE id = %s", (now_ms, session_id))


def raise_session(conn: Connection, session_id: str, *, token: str, factor: str | None, now_ms: int) -> None:
    """A factor, or the password again (None), was shown: the session goes on under another token."""
    conn.execute(
        "UPDATE accounts.session SET token_hash = %s, factor = %s, factor_ms = %s WHERE id = %s",
        (hash_secret(token), factor, now_ms, session_id),
    )


def crowd_out(conn: Connection, session_id: str, now_ms: int) -> None:
    """It is nobody's from now on; the row stays for its time, so that the page that holds it can be told why."""
    conn.execute("UPDATE accounts.session SET crowded_out_ms = %s WHERE id = %s", (now_ms, session_id))


def is_crowded_out(conn: Connection, site: str, token: str) -> bool:
    return (
        conn.execute(
            "SELECT 1 FROM accounts.session WHERE site = %s AND token_hash = %s AND crowded_out_ms IS NOT NULL",
            (site, hash_secret(token)),
        ).fetchone()
        is not None
    )


def delete_session(conn: Connection, session_id: str) -> bool:
    return conn.execute("DELETE FROM accounts.session WHERE id = %s", (session_id,)).rowcount == 1


def delete_sessions_of(conn: Connection, person_id: str, *, but: str | None = None) -> int:
    """All of this person's, but that one: how many those were."""
    return conn.execute(
        "DELETE FROM accounts.session WHERE person_id = %s AND id IS DISTINCT FROM %s", (person_id, but)
    ).rowcount


def delete_expired_sessions(conn: Connection, site: str, *, now_ms: int) -> None:
    conn.execute(
        "DELETE FROM accounts.session WHERE site = %s AND (expires_ms <= %s"
        " OR crowded_out_ms IS NULL AND last_used_ms + idle_s * 1000 <= %s)",
        (site, now_ms, now_ms),
    )


_SELECT_SESSION = (
    f"SELECT s.id, s.person_id, p.name_sealed, {ROLES_HELD}, {COMPOSED}, p.onetime_until_ms,"
    " s.created_ms, s.last_used_ms, s.expires_ms, s.idle_s,"
    " s.factor, s.factor_ms, s.place_sealed, s.pairing_id, EXISTS (SELECT 1 FROM accounts.factor f"
    " WHERE f.person_id = s.person_id AND f.confirmed_ms IS NOT NULL)"
    " OR EXISTS (SELECT 1 FROM accounts.recovery_code c WHERE c.person_id = s.person_id) AS has_factor"
    " FROM accounts.session s JOIN accounts.person p ON p.id = s.person_id"
    " WHERE s.site = %s AND s.crowded_out_ms IS NULL AND p.disabled_ms IS NULL"
)
