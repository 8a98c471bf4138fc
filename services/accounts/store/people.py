"""The people's table, and who may act for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.accounts.errors import LoginTaken
from services.accounts.people_errors import IdTaken
from services.accounts.store.factors import forget_factors
from services.accounts.store.units import BELOW
from services.kernel.ports import Connection
from services.kernel.vault import Vault

ROLES_HELD = (
    "CASE WHEN EXISTS (SELECT FROM accounts.delegation g WHERE g.person_id = p.id AND g.until_ms IS NULL)"
    " THEN p.roles || '{unit_admin}' ELSE p.roles END AS roles"
)
"""Roles given by name, and the one that comes with a unit to manage."""
COMPOSED = (
    "ARRAY(SELECT unnest(r.permissions) FROM accounts.role r"
    " WHERE r.site = p.site AND r.retired_ms IS NULL AND r.key = ANY(p.roles)) AS composed"
)
"""What the house's own roles among them allow: asked with each request, so that a change counts at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person as stored: name, phone and ID number sealed, each with the index equal ones are found by."""

    id: str
    login: str
    password_hash: str
    roles: Sequence[str]
    name_sealed: str
    phone_sealed: str | None
    created_ms: int
    disabled_ms: int | None
    kind: str = "staff"
    id_sealed: str | None = None
    name_match: str | None = None
    phone_match: str | None = None
    id_match: str | None = None
    onetime_until_ms: int | None = None

    def may_log_in(self, now_ms: int) -> bool:
        """Not stopped, and not with a one-time password that was left lying about."""
        return self.disabled_ms is None and (self.onetime_until_ms is None or now_ms < self.onetime_until_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people: ``text`` is a login's beginning, or one of the indexes of a whole name, phone or ID number."""

    login: str | None = None
    matches: Sequence[str] = ()
    roots: Sequence[str] | None = None
    role: str | None = None
    kind: str | None = None
    stopped: bool | None = None
    after: str = ""
    limit: int = 50


def insert_person(conn: Connection, site: str, row: PersonRow) -> None:
    try:
        with conn.transaction():
            conn.execute(
                f"INSERT INTO accounts.person (site, {_COLUMNS}) VALUES (%s{', %s' * len(_NAMES)})",
                (site, *(list(row.roles) if name == "roles" else getattr(row, name) for name in _NAMES)),
            )
    except UniqueViolation as error:
        raise _taken(error, row.login) from None


def update_person(conn: Connection, row: PersonRow) -> None:
    """What a person is called and reached by."""
    try:
        with conn.transaction():
            conn.execute(
                "UPDATE accounts.person SET name_sealed = %s, phone_sealed = %s, id_sealed = %s, name_match = %s,"
                " phone_match = %s, id_match = %s WHERE id = %s",
                (
                    row.name_sealed,
                    row.phone_sealed,
                    row.id_sealed,
                    row.name_match,
                    row.phone_match,
                    row.id_match,
                    row.id,
                ),
            )
    except UniqueViolation as error:
        raise _taken(error, row.login) from None


def find_person(conn: Connection, site: str, person_id: str) -> PersonRow | None:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND p.id = %s", (site, person_id)).fetchone()


def find_person_by_login(conn: Connection, site: str, login: str) -> PersonRow | None:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND p.login = %s", (site, login)).fetchone()


def list_by_id(conn: Connection, site: str, ids: Sequence[str]) -> list[PersonRow]:
    """Those of these that there are."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND p.id = ANY(%s)", (site, list(ids))).fetchall()


def list_logins(conn: Connection, site: str, logins: Sequence[str]) -> list[PersonRow]:
    """Those of these that there are."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND p.login = ANY(%s)", (site, list(logins))).fetchall()


def list_of_kind(conn: Connection, site: str, kind: str) -> list[PersonRow]:
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(f"{_SELECT_PERSON} AND p.kind = %s ORDER BY p.login", (site, kind)).fetchall()


def list_people(conn: Connection, site: str, wanted: Wanted) -> list[PersonRow]:
    where, values = _where(site, wanted)
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            f"{_with(wanted)}SELECT {_SELECTED} FROM accounts.person p WHERE {where} AND p.login > %(after)s"
            " ORDER BY p.login LIMIT %(limit)s",
            values,
        ).fetchall()


def count_people(conn: Connection, site: str, wanted: Wanted) -> int:
    where, values = _where(site, wanted)
    row = conn.execute(f"{_with(wanted)}SELECT count(*) FROM accounts.person p WHERE {where}", values).fetchone()
    return int(row[0]) if row else 0


def count_holders(conn: Connection, site: str, role: str, *, now_ms: int, but: str = "") -> int:
    """How many who may log in hold this role, that one person aside."""
    row = conn.execute(
        "SELECT count(*) FROM accounts.person WHERE site = %s AND roles @> ARRAY[%s] AND disabled_ms IS NULL"
        " AND (onetime_until_ms IS NULL OR onetime_until_ms > %s) AND id <> %s",
        (site, role, now_ms, but),
    ).fetchone()
    return int(row[0]) if row else 0


def list_holders(conn: Connection, site: str, role: str) -> list[str]:
    """Ids of those who hold this role, stopped ones too."""
    rows = conn.execute(
        "SELECT id FROM accounts.person WHERE site = %s AND roles @> ARRAY[%s]", (site, role)
    ).fetchall()
    return [str(row[0]) for row in rows]


def list_composed(conn: Connection, site: str, person_id: str) -> list[str]:
    """What the house's own roles among this person's allow."""
    row = conn.execute(
        f"SELECT {COMPOSED} FROM accounts.person p WHERE site = %s AND id = %s", (site, person_id)
    ).fetchone()
    return list(row[0]) if row else []


def set_roles(conn: Connection, person_id: str, roles: Sequence[str]) -> None:
    conn.execute("UPDATE accounts.person SET roles = %s WHERE id = %s", (list(roles), person_id))


def set_password(conn: Connection, person_id: str, password_hash: str) -> None:
    conn.execute("UPDATE accounts.person SET password_hash = %s WHERE id = %s", (password_hash, person_id))


def set_onetime(conn: Connection, person_id: str, until_ms: int | None) -> None:
    """Whether the password is to be changed first of all, and by when; None: it is the person's own."""
    conn.execute("UPDATE accounts.person SET onetime_until_ms = %s WHERE id = %s", (until_ms, person_id))


def disable_person(conn: Connection, person_id: str, now_ms: int) -> None:
    """Nobody logs in as this person again, and who is logged in is nobody from the next request on."""
    conn.execute(
        "UPDATE accounts.person SET disabled_ms = coalesce(disabled_ms, %s) WHERE id = %s", (now_ms, person_id)
    )


def enable_person(conn: Connection, person_id: str) -> None:
    conn.execute("UPDATE accounts.person SET disabled_ms = NULL WHERE id = %s", (person_id,))


def erase_person(conn: Connection, vault: Vault, subject: str) -> None:
    """The module's eraser: the name becomes unreadable with its key, all else goes, logins and rights too."""
    person_id = subject.removeprefix("user:")
    for table in ("session", "outside_identity", "holding", "delegation"):
        conn.execute(f"DELETE FROM accounts.{table} WHERE person_id = %s", (person_id,))
    conn.execute("DELETE FROM accounts.agency WHERE %s IN (enterprise_id, agent_id)", (person_id,))
    forget_factors(conn, person_id)
    conn.execute("DELETE FROM accounts.registration WHERE id = %s", (person_id,))
    conn.execute(
        "UPDATE accounts.person SET phone_sealed = NULL, id_sealed = NULL, name_match = NULL, phone_match = NULL,"
        " id_match = NULL, password_hash = 'erased', roles = '{}' WHERE id = %s",
        (person_id,),
    )
    vault.erase(conn, subject)


def lock_person(conn: Connection, person_id: str) -> None:
    """Until the end of the transaction."""
    conn.execute("SELECT 1 FROM accounts.person WHERE id = %s FOR UPDATE", (person_id,))


def lock_administrators(conn: Connection, site: str) -> None:
    """Two who take each other's role at once would leave nobody: one waits for the other."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"administrators|{site}",))


def _taken(error: UniqueViolation, login: str) -> LoginTaken | IdTaken:
    return IdTaken() if error.diag.constraint_name == "person_id_match" else LoginTaken(login)


def _with(wanted: Wanted) -> str:
    return f"WITH RECURSIVE {BELOW} " if wanted.roots is not None else ""


def _where(site: str, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts = ["p.site = %(site)s"]
    values: dict[str, Any] = {"site": site, "after": wanted.after, "limit": wanted.limit}
    if wanted.login is not None:
        parts.append(
            "(starts_with(p.login, %(login)s) OR %(matches)s && ARRAY[p.name_match, p.phone_match, p.id_match])"
        )
        values |= {"login": wanted.login, "matches": list(wanted.matches)}
    if wanted.roots is not None:
        parts.append(_PLACED_BELOW)
        values["roots"] = list(wanted.roots)
    if wanted.role is not None:
        parts.append("p.roles @> ARRAY[%(role)s]")
        values["role"] = wanted.role
    if wanted.kind is not None:
        parts.append("p.kind = %(kind)s")
        values["kind"] = wanted.kind
    if wanted.stopped is not None:
        parts.append(f"p.disabled_ms IS {'NOT ' if wanted.stopped else ''}NULL")
    return " AND ".join(parts), values


_PLACED_BELOW = (
    "p.id IN (SELECT h.person_id FROM accounts.holding h JOIN accounts.post t ON t.id = h.post_id"
    " JOIN below ON below.id = t.unit_id WHERE h.until_ms IS NULL)"
)
_NAMES = tuple(PersonRow.__slots__)
_COLUMNS = ", ".join(_NAMES)
_SELECTED = ", ".join(f"p.{name}" for name in _NAMES)
_SELECT_PERSON = f"SELECT {_SELECTED} FROM accounts.person p WHERE p.site = %s"
