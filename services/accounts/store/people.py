"""The people's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.accounts.errors import LoginTaken
from services.accounts.store.factors import forget_factors
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
    conn.execute("DELETE FROM accounts.outside_identity WHERE person_id = %s", (person_id,))
    forget_factors(conn, person_id)
    conn.execute("UPDATE accounts.person SET phone_sealed = NULL, password_hash = 'erased' WHERE id = %s", (person_id,))
    vault.erase(conn, subject)


_SELECT_PERSON = (
    "SELECT id, login, password_hash, roles, name_sealed, phone_sealed, created_ms, disabled_ms"
    " FROM accounts.person WHERE site = %s"
)
