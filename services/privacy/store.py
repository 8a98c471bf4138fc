"""The module's own tables: rows in, rows out, nothing decided here."""

from __future__ import annotations

from collections.abc import Collection

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.kernel.ports import Connection
from services.privacy.errors import AlreadyAsked
from services.privacy.model import LIST_MAX, Consent, Request, Swept

_CONSENT = (
    "purpose, version, text_digest, given, at_ms, channel, guardian_sealed, guardian_relation FROM privacy.consent"
)
_REQUEST = (
    "SELECT id, subject, kind, state, channel, field, text_sealed, made_ms, due_ms, decided_ms, decided_by,"
    " reason_sealed FROM privacy.request WHERE site = %s"
)


# --- consents


def add_consent(conn: Connection, site: str, subject: str, consent: Consent, *, actor: str) -> None:
    conn.execute(
        "INSERT INTO privacy.consent (site, subject, purpose, version, text_digest, given, at_ms, channel, actor,"
        " guardian_sealed, guardian_relation) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            site, subject, consent.purpose, consent.version, consent.text_digest, consent.given, consent.at_ms,
            consent.channel, actor, consent.guardian_sealed, consent.guardian_relation,
        ),
    )  # fmt: skip


def list_consents(conn: Connection, site: str, subject: str) -> list[Consent]:
    """The newest first."""
    with conn.cursor(row_factory=class_row(Consent)) as cursor:
        return cursor.execute(
            f"SELECT {_CONSENT} WHERE site = %s AND subject = %s ORDER BY id DESC LIMIT %s", (site, subject, LIST_MAX)
        ).fetchall()


def find_consent(conn: Connection, site: str, subject: str, purpose: str) -> Consent | None:
    """What they said last."""
    with conn.cursor(row_factory=class_row(Consent)) as cursor:
        return cursor.execute(
            f"SELECT {_CONSENT} WHERE site = %s AND subject = %s AND purpose = %s ORDER BY id DESC LIMIT 1",
            (site, subject, purpose),
        ).fetchone()


# --- requests


def insert_request(conn: Connection, site: str, request: Request) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO privacy.request (id, site, subject, kind, state, channel, field, text_sealed, made_ms,"
                " due_ms) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    request.id, site, request.subject, request.kind, request.state, request.channel, request.field,
                    request.text_sealed, request.made_ms, request.due_ms,
                ),
            )  # fmt: skip
    except UniqueViolation as error:
        if error.diag.constraint_name == "request_once":
            raise AlreadyAsked from None
        raise


def save_request(conn: Connection, request: Request) -> None:
    conn.execute(
        "UPDATE privacy.request SET state = %s, decided_ms = %s, decided_by = %s, reason_sealed = %s WHERE id = %s",
        (request.state, request.decided_ms, request.decided_by, request.reason_sealed, request.id),
    )


def find_request(conn: Connection, site: str, request_id: str) -> Request | None:
    """Locked: whoever decides at the same moment waits, and finds it decided."""
    with conn.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(f"{_REQUEST} AND id = %s FOR UPDATE", (site, request_id)).fetchone()


def list_requests(conn: Connection, site: str, states: Collection[str]) -> list[Request]:
    """Those due first stand first."""
    with conn.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(
            f"{_REQUEST} AND state = ANY(%s) ORDER BY state = 'open' DESC, due_ms, id LIMIT %s",
            (site, list(states), LIST_MAX),
        ).fetchall()


def list_requests_of(conn: Connection, site: str, subject: str) -> list[Request]:
    with conn.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(
            f"{_REQUEST} AND subject = %s ORDER BY made_ms DESC LIMIT %s", (site, subject, LIST_MAX)
        ).fetchall()


# --- who looked, and retention


def count_reveals(conn: Connection, site: str, actor: str, *, since_ms: int) -> tuple[int, int]:
    """How many, and when the first of them was. One actor's are counted one after the other, in all processes."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"privacy.reveal|{site}|{actor}",))
    row = conn.execute(
        "SELECT count(*), coalesce(min(at_ms), 0) FROM privacy.reveal WHERE site = %s AND actor = %s AND at_ms > %s",
        (site, actor, since_ms),
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def add_reveal(conn: Connection, site: str, actor: str, at_ms: int) -> None:
    conn.execute("INSERT INTO privacy.reveal (site, actor, at_ms) VALUES (%s, %s, %s)", (site, actor, at_ms))


def forget_reveals(conn: Connection, site: str, *, before_ms: int) -> None:
    """They only count; the audit keeps who looked."""
    conn.execute("DELETE FROM privacy.reveal WHERE site = %s AND at_ms < %s", (site, before_ms))


def get_swept(conn: Connection, site: str) -> dict[str, Swept]:
    rows = conn.execute("SELECT field, swept_ms, erased, ran_ms FROM privacy.sweep WHERE site = %s", (site,)).fetchall()
    return {row[0]: Swept(swept_ms=row[1], erased=row[2], ran_ms=row[3]) for row in rows}


def save_swept(conn: Connection, site: str, field: str, *, swept_ms: int, ran_ms: int) -> None:
    conn.execute(
        "INSERT INTO privacy.sweep (site, field, swept_ms, ran_ms) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (site, field) DO UPDATE SET swept_ms = excluded.swept_ms, ran_ms = excluded.ran_ms",
        (site, field, swept_ms, ran_ms),
    )


def add_erased(conn: Connection, site: str, field: str, count: int) -> None:
    conn.execute(
        "INSERT INTO privacy.sweep (site, field, erased) VALUES (%s, %s, %s)"
        " ON CONFLICT (site, field) DO UPDATE SET erased = sweep.erased + excluded.erased",
        (site, field, count),
    )
