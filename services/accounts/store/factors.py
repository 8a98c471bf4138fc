"""The tables of second factors, of recovery codes and of browsers known from before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.accounts.signin_errors import WrongPasskey
from services.accounts.store.secret import hash_secret
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """``confirmed_ms`` None: asked for, not shown yet, so it opens nothing."""

    id: str
    person_id: str
    kind: str
    name: str
    created_ms: int
    confirmed_ms: int | None = None
    last_used_ms: int | None = None
    secret_sealed: str | None = None
    last_step: int = 0
    credential_id: bytes | None = None
    public_key: bytes | None = None
    sign_count: int = 0
    rp_id: str | None = None


def insert_factor(conn: Connection, site: str, row: FactorRow) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.factor (id, site, person_id, kind, name, secret_sealed, credential_id,"
                " public_key, sign_count, rp_id, created_ms, confirmed_ms)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    row.id,
                    site,
                    row.person_id,
                    row.kind,
                    row.name,
                    row.secret_sealed,
                    row.credential_id,
                    row.public_key,
                    row.sign_count,
                    row.rp_id,
                    row.created_ms,
                    row.confirmed_ms,
                ),
            )
    except UniqueViolation:
        raise WrongPasskey from None


def list_factors(conn: Connection, person_id: str) -> list[FactorRow]:
    """The confirmed ones."""
    with conn.cursor(row_factory=class_row(FactorRow)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE person_id = %s AND confirmed_ms IS NOT NULL ORDER BY created_ms, id", (person_id,)
        ).fetchall()


def find_factor(conn: Connection, person_id: str, factor_id: str) -> FactorRow | None:
    """Of this person, confirmed or not."""
    with conn.cursor(row_factory=class_row(FactorRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE person_id = %s AND id = %s", (person_id, factor_id)).fetchone()


def find_passkey(conn: Connection, site: str, credential_id: bytes) -> FactorRow | None:
    with conn.cursor(row_factory=class_row(FactorRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE site = %s AND credential_id = %s", (site, credential_id)).fetchone()


def use_step(conn: Connection, factor_id: str, *, step: int, now_ms: int) -> bool:
    """A one-time code is used up by the statement that accepts it; False when it was, or a later one."""
    return (
        conn.execute(
            "UPDATE accounts.factor SET last_step = %s, last_used_ms = %s,"
            " confirmed_ms = coalesce(confirmed_ms, %s) WHERE id = %s AND last_step < %s",
            (step, now_ms, now_ms, factor_id, step),
        ).rowcount
        == 1
    )


def use_passkey(conn: Connection, factor_id: str, *, sign_count: int, now_ms: int) -> None:
    conn.execute(
        "UPDATE accounts.factor SET sign_count = %s, last_used_ms = %s WHERE id = %s", (sign_count, now_ms, factor_id)
    )


def delete_factor(conn: Connection, factor_id: str) -> None:
    conn.execute("DELETE FROM accounts.factor WHERE id = %s", (factor_id,))


def delete_unconfirmed(conn: Connection, person_id: str) -> None:
    conn.execute("DELETE FROM accounts.factor WHERE person_id = %s AND confirmed_ms IS NULL", (person_id,))


def replace_recovery_codes(
    conn: Connection, site: str, person_id: str, codes: Iterable[str], *, until_ms: int | None = None
) -> None:
    conn.execute("DELETE FROM accounts.recovery_code WHERE person_id = %s", (person_id,))
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO accounts.recovery_code (code_hash, site, person_id, expires_ms) VALUES (%s, %s, %s, %s)",
            [(hash_secret(f"{person_id}|{code}"), site, person_id, until_ms) for code in codes],
        )


def use_recovery_code(conn: Connection, person_id: str, code: str, *, now_ms: int) -> bool:
    return (
        conn.execute(
            "DELETE FROM accounts.recovery_code WHERE person_id = %s AND code_hash = %s"
            " AND (expires_ms IS NULL OR expires_ms > %s)",
            (person_id, hash_secret(f"{person_id}|{code}"), now_ms),
        ).rowcount
        == 1
    )


def count_recovery_codes(conn: Connection, person_id: str) -> int:
    row = conn.execute("SELECT count(*) FROM accounts.recovery_code WHERE person_id = %s", (person_id,)).fetchone()
    return int(row[0]) if row else 0


def is_known_browser(conn: Connection, person_id: str, token: str, now_ms: int) -> bool:
    return (
        conn.execute(
            "SELECT 1 FROM accounts.known_browser WHERE token_hash = %s AND person_id = %s AND expires_ms > %s",
            (hash_secret(f"{person_id}|{token}"), person_id, now_ms),
        ).fetchone()
        is not None
    )


def know_browser(conn: Connection, site: str, person_id: str, token: str, *, until_ms: int, most: int) -> None:
    """Several people may have signed in with one browser: it is known for each of them by the same token."""
    conn.execute(
        "INSERT INTO accounts.known_browser (token_hash, site, person_id, expires_ms) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (token_hash) DO UPDATE SET expires_ms = excluded.expires_ms",
        (hash_secret(f"{person_id}|{token}"), site, person_id, until_ms),
    )
    conn.execute(
        "DELETE FROM accounts.known_browser WHERE person_id = %s AND token_hash NOT IN"
        " (SELECT token_hash FROM accounts.known_browser WHERE person_id = %s ORDER BY expires_ms DESC LIMIT %s)",
        (person_id, person_id, most),
    )


def forget_browsers(conn: Connection, person_id: str) -> None:
    conn.execute("DELETE FROM accounts.known_browser WHERE person_id = %s", (person_id,))


def forget_factors(conn: Connection, person_id: str) -> int:
    """All that this person could show beside a password, and every browser known; how many factors those were."""
    conn.execute("DELETE FROM accounts.recovery_code WHERE person_id = %s", (person_id,))
    forget_browsers(conn, person_id)
    return conn.execute("DELETE FROM accounts.factor WHERE person_id = %s", (person_id,)).rowcount


_SELECT = (
    "SELECT id, person_id, kind, name, created_ms, confirmed_ms, last_used_ms, secret_sealed, last_step,"
    " credential_id, public_key, sign_count, rp_id FROM accounts.factor"
)
