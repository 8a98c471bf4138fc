"""The table of what was asked and is to be answered once, and of pages that wait for a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    person_id: str | None
    body: Mapping[str, Any]


def put_challenge(
    conn: Connection,
    site: str,
    *,
    secret: str,
    purpose: str,
    person_id: str | None,
    body: Mapping[str, Any],
    expires_ms: int,
    now_ms: int,
) -> None:
    conn.execute("DELETE FROM accounts.challenge WHERE site = %s AND expires_ms <= %s", (site, now_ms))
    conn.execute(
        "INSERT INTO accounts.challenge (secret_hash, site, purpose, person_id, body, expires_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (hash_secret(secret), site, purpose, person_id, Jsonb(body), expires_ms),
    )


def take_challenge(conn: Connection, site: str, *, secret: str, purpose: str, now_ms: int) -> Challenge | None:
    """Used up by the statement that finds it."""
    with conn.cursor(row_factory=class_row(Challenge)) as cursor:
        return cursor.execute(
            "DELETE FROM accounts.challenge WHERE site = %s AND secret_hash = %s AND purpose = %s AND expires_ms > %s"
            " RETURNING person_id, body",
            (site, hash_secret(secret), purpose, now_ms),
        ).fetchone()
