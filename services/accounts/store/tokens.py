"""The table of programs' tokens."""

from __future__ import annotations

from psycopg.rows import class_row

from services.accounts.model import Token
from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


def insert_token(conn: Connection, site: str, row: Token, *, secret: str) -> None:
    conn.execute(
        "INSERT INTO accounts.token (id, site, name, scopes, token_hash, created_by, created_ms, expires_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            row.id,
            site,
            row.name,
            list(row.scopes),
            hash_secret(secret),
            row.created_by,
            row.created_ms,
            row.expires_ms,
        ),
    )


def find_token(conn: Connection, site: str, secret: str, now_ms: int) -> Token | None:
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(f"{_SELECT_PROGRAM} AND token_hash = %s", (site, now_ms, hash_secret(secret))).fetchone()


def list_tokens(conn: Connection, site: str, now_ms: int) -> list[Token]:
    """Those that work."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(f"{_SELECT_PROGRAM} ORDER BY created_ms, id", (site, now_ms)).fetchall()


def touch_token(conn: Connection, token_id: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.token SET last_used_ms = %s WHERE id = %s", (now_ms, token_id))


def revoke_token(conn: Connection, token_id: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.token SET revoked_ms = %s WHERE id = %s", (now_ms, token_id))


_SELECT_PROGRAM = (
    "SELECT id, name, scopes, created_by, created_ms, expires_ms, last_used_ms FROM accounts.token"
    " WHERE site = %s AND revoked_ms IS NULL AND expires_ms > %s"
)
