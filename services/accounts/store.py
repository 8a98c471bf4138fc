"""The module's tables: rows in, rows out, nothing decided here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.accounts.errors import LoginTaken
from services.accounts.model import Pairing, Token
from services.kernel.ports import Connection
from services.kernel.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person as stored: name and phone sealed."""

    id: str
    login: str
    password_hash: str
    roles: Sequence[str]
    name_sealed: str
    phone_sealed: str | None
    created_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session and what its person may be shown as."""

    id: str
    person_id: str
    name_sealed: str
    roles: Sequence[str]
    last_used_ms: int
    expires_ms: int


def subject_of(person_id: str) -> str:
    """What the vault knows a person by."""
    return f"user:{person_id}"


def hash_secret(secret: str) -> bytes:
    """Tokens and codes are random, so a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(secret.encode()).digest()


# --- people


def insert_person(conn: Connection, site: str, row: PersonRow) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.person"
                " (id, site, login, password_hash, roles, name_sealed, phone_sealed, created_ms)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    row.id,
                    site,
                    row.login,
                    row.password_hash,
                    list(row.roles),
                    row.name_sealed,
                    row.phone_sealed,
                    row.created_ms,
                ),
            )
    except UniqueViolation:
        raise LoginTaken(row.login) from None


def find_person(conn: Connection, site: str, person_id: str) -> PersonRow | None:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND id = %s", (site, person_id)).fetchone()


def find_person_by_login(conn: Connection, site: str, login: str) -> PersonRow | None:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND login = %s", (site, login)).fetchone()


def list_people(conn: Connection, site: str) -> list[PersonRow]:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} ORDER BY login", (site,)).fetchall()


def set_password(conn: Connection, person_id: str, password_hash: str) -> None:
    conn.execute("UPDATE accounts.person SET password_hash = %s WHERE id = %s", (password_hash, person_id))


def disable_person(conn: Connection, person_id: str, now_ms: int) -> None:
    """Nobody logs in as this person again, and who is logged in is nobody from the next request on."""
    conn.execute(
        "UPDATE accounts.person SET disabled_ms = coalesce(disabled_ms, %s) WHERE id = %s", (now_ms, person_id)
    )


def erase_person(conn: Connection, vault: Vault, subject: str) -> None:
    """The module's eraser: the name becomes unreadable with its key, phone and password go, and so does every login."""
    person_id = subject.removeprefix("user:")
    conn.execute("DELETE FROM accounts.session WHERE person_id = %s", (person_id,))
    conn.execute("UPDATE accounts.person SET phone_sealed = NULL, password_hash = 'erased' WHERE id = %s", (person_id,))
    vault.erase(conn, subject)


# --- sessions


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


# --- paired browsers


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


# --- programs


def insert_token(conn: Connection, site: str, row: Token, *, secret: str) -> None:
    conn.execute(
        "INSERT INTO accounts.token (id, site, name, token_hash, created_by, created_ms, expires_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (row.id, site, row.name, hash_secret(secret), row.created_by, row.created_ms, row.expires_ms),
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


_SELECT_PERSON = (
    "SELECT id, login, password_hash, roles, name_sealed, phone_sealed, created_ms, disabled_ms"
    " FROM accounts.person WHERE site = %s"
)
_SELECT_SESSION = (
    "SELECT s.id, s.person_id, p.name_sealed, p.roles, s.last_used_ms, s.expires_ms"
    " FROM accounts.session s JOIN accounts.person p ON p.id = s.person_id"
    " WHERE s.site = %s AND p.disabled_ms IS NULL"
)
_SELECT_PROGRAM = (
    "SELECT id, name, created_by, created_ms, expires_ms, last_used_ms FROM accounts.token"
    " WHERE site = %s AND revoked_ms IS NULL AND expires_ms > %s"
)
_SELECT_PAIRING = (
    "SELECT id, role, place, name, created_ms, claimed_ms FROM accounts.pairing WHERE site = %s AND revoked_ms IS NULL"
)
