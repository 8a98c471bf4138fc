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


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A page that waits for a phone. ``state``: waiting, confirmed or refused."""

    pairing_id: str | None
    address: str
    browser: str
    created_ms: int
    expires_ms: int
    state: str
    person_id: str | None
    factor: str | None
    factor_ms: int | None


def put_request(conn: Connection, site: str, row: RequestRow, *, scan: str, browser_secret: str) -> None:
    conn.execute("DELETE FROM accounts.qr_request WHERE site = %s AND expires_ms <= %s", (site, row.created_ms))
    conn.execute(
        "INSERT INTO accounts.qr_request (scan_hash, browser_hash, site, pairing_id, address, browser, created_ms,"
        " expires_ms) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            hash_secret(scan),
            hash_secret(browser_secret),
            site,
            row.pairing_id,
            row.address,
            row.browser,
            row.created_ms,
            row.expires_ms,
        ),
    )


def find_scanned(conn: Connection, site: str, scan: str, now_ms: int) -> RequestRow | None:
    """The request behind a QR code, while nobody has answered it."""
    with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        return cursor.execute(
            f"{_SELECT_REQUEST} AND scan_hash = %s AND state = 'waiting'", (site, now_ms, hash_secret(scan))
        ).fetchone()


def answer_scanned(
    conn: Connection, site: str, scan: str, *, state: str, person_id: str, factor: str | None, factor_ms: int | None,
    now_ms: int,
) -> bool:  # fmt: skip
    """Answered once, by the statement that finds it unanswered."""
    return (
        conn.execute(
            "UPDATE accounts.qr_request SET state = %s, person_id = %s, factor = %s, factor_ms = %s"
            " WHERE site = %s AND scan_hash = %s AND state = 'waiting' AND expires_ms > %s",
            (state, person_id, factor, factor_ms, site, hash_secret(scan), now_ms),
        ).rowcount
        == 1
    )


def find_asked(conn: Connection, site: str, browser_secret: str, now_ms: int) -> RequestRow | None:
    """What this browser waits for."""
    with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        return cursor.execute(
            f"{_SELECT_REQUEST} AND browser_hash = %s", (site, now_ms, hash_secret(browser_secret))
        ).fetchone()


def take_confirmed(conn: Connection, site: str, browser_secret: str, now_ms: int) -> RequestRow | None:
    """Used up by the statement that finds it confirmed."""
    with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        return cursor.execute(
            "DELETE FROM accounts.qr_request WHERE site = %s AND browser_hash = %s AND state = 'confirmed'"
            " AND expires_ms > %s RETURNING"
            " pairing_id, address, browser, created_ms, expires_ms, state, person_id, factor, factor_ms",
            (site, hash_secret(browser_secret), now_ms),
        ).fetchone()


_SELECT_REQUEST = (
    "SELECT pairing_id, address, browser, created_ms, expires_ms, state, person_id, factor, factor_ms"
    " FROM accounts.qr_request WHERE site = %s AND expires_ms > %s"
)
