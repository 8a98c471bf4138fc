"""The table of paired browsers."""

from __future__ import annotations

from psycopg.rows import class_row

from services.accounts.model import Pairing
from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


def insert_pairing(
    conn: Connection, site: str, row: Pairing, *, code: str, code_expires_ms: int, created_by: str
) -> None:
    conn.execute(
        "INSERT INTO accounts.pairing (id, site, role, place, name, code_hash, code_expires_ms, created_by, created_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            row.id,
            site,
            row.role,
            row.place,
            row.name,
            hash_secret(code),
            code_expires_ms,
            created_by,
            row.created_ms,
        ),
    )


def claim_pairing(conn: Connection, site: str, *, code: str, token: str, now_ms: int) -> Pairing | None:
    """Uses the code up in the same statement that checks it: it works once, however many try."""
    with conn.cursor(row_factory=class_row(Pairing)) as cursor:
        return cursor.execute(
            "UPDATE accounts.pairing SET token_hash = %s, claimed_ms = %s, code_hash = NULL"
            " WHERE site = %s AND code_hash = %s AND code_expires_ms > %s AND revoked_ms IS NULL"
            " RETURNING id, role, place, name, created_ms, claimed_ms",
            (hash_secret(token), now_ms, site, hash_secret(code), now_ms),
        ).fetchone()


def find_pairing(conn: Connection, site: str, pairing_id: str) -> Pairing | None:
    with conn.cursor(row_factory=class_row(Pairing)) as cursor:
        return cursor.execute(f"{_SELECT_PAIRING} AND id = %s", (site, pairing_id)).fetchone()


def find_pairing_by_token(conn: Connection, site: str, token: str) -> Pairing | None:
    with conn.cursor(row_factory=class_row(Pairing)) as cursor:
        return cursor.execute(f"{_SELECT_PAIRING} AND token_hash = %s", (site, hash_secret(token))).fetchone()


def list_pairings(conn: Connection, site: str, now_ms: int) -> list[Pairing]:
    """Those that work, and those whose code still does."""
    with conn.cursor(row_factory=class_row(Pairing)) as cursor:
        return cursor.execute(
            f"{_SELECT_PAIRING} AND (claimed_ms IS NOT NULL OR code_expires_ms > %s) ORDER BY created_ms, id",
            (site, now_ms),
        ).fetchall()


def revoke_pairing(conn: Connection, pairing_id: str, now_ms: int) -> None:
    conn.execute(
        "UPDATE accounts.pairing SET revoked_ms = %s, token_hash = NULL, code_hash = NULL WHERE id = %s",
        (now_ms, pairing_id),
    )


_SELECT_PAIRING = (
    "SELECT id, role, place, name, created_ms, claimed_ms FROM accounts.pairing WHERE site = %s AND revoked_ms IS NULL"
)
