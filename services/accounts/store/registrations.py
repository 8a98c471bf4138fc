"""The table of those who ask for an account, and that of who acts for which enterprise."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.accounts.people_errors import AlreadyThere
from services.accounts.store.people import PersonRow
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRow:
    """Sealed for the person that it becomes: their id is this one."""

    id: str
    kind: str
    login: str
    password_hash: str
    name_sealed: str
    phone_sealed: str | None
    id_sealed: str | None
    name_match: str | None
    phone_match: str | None
    id_match: str | None
    asked_ms: int
    taken: bool = False
    """An account has this login or this ID number already; told to those who answer, never to who asks."""


def insert_registration(conn: Connection, site: str, row: PersonRow) -> None:
    conn.execute(
        f"INSERT INTO accounts.registration (site, {_COLUMNS}) VALUES (%s{', %s' * len(_NAMES)})",
        (site, *(row.created_ms if name == "asked_ms" else getattr(row, name) for name in _NAMES)),
    )


def lock_registration(conn: Connection, site: str, registration_id: str) -> RegistrationRow | None:
    """Answered once, however many answer at once."""
    with conn.cursor(row_factory=class_row(RegistrationRow)) as cursor:
        return cursor.execute(f"{_SELECT} AND r.id = %s FOR UPDATE OF r", (site, registration_id)).fetchone()


def list_registrations(conn: Connection, site: str, *, limit: int) -> list[RegistrationRow]:
    """Who asked first stands first."""
    with conn.cursor(row_factory=class_row(RegistrationRow)) as cursor:
        return cursor.execute(f"{_SELECT} ORDER BY r.asked_ms, r.id LIMIT %s", (site, limit)).fetchall()


def list_older(conn: Connection, site: str, before_ms: int) -> list[str]:
    rows = conn.execute(
        "SELECT id FROM accounts.registration WHERE site = %s AND asked_ms < %s", (site, before_ms)
    ).fetchall()
    return [str(row[0]) for row in rows]


def count_registrations(conn: Connection, site: str) -> int:
    row = conn.execute("SELECT count(*) FROM accounts.registration WHERE site = %s", (site,)).fetchone()
    return int(row[0]) if row else 0


def delete_registration(conn: Connection, registration_id: str) -> None:
    conn.execute("DELETE FROM accounts.registration WHERE id = %s", (registration_id,))


# --- 代办


def begin_agency(conn: Connection, site: str, enterprise_id: str, agent_id: str, now_ms: int) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.agency (site, enterprise_id, agent_id, from_ms) VALUES (%s, %s, %s, %s)",
                (site, enterprise_id, agent_id, now_ms),
            )
    except UniqueViolation:
        raise AlreadyThere from None


def end_agency(conn: Connection, enterprise_id: str, agent_id: str, now_ms: int) -> bool:
    return (
        conn.execute(
            "UPDATE accounts.agency SET until_ms = %s WHERE enterprise_id = %s AND agent_id = %s AND until_ms IS NULL",
            (now_ms, enterprise_id, agent_id),
        ).rowcount
        == 1
    )


def list_agents(conn: Connection, site: str, enterprise_id: str) -> list[str]:
    rows = conn.execute(
        "SELECT a.agent_id FROM accounts.agency a JOIN accounts.person p ON p.id = a.agent_id"
        " WHERE a.site = %s AND a.enterprise_id = %s AND a.until_ms IS NULL AND p.disabled_ms IS NULL ORDER BY a.id",
        (site, enterprise_id),
    ).fetchall()
    return [str(row[0]) for row in rows]


def list_enterprises(conn: Connection, site: str, agent_id: str) -> list[str]:
    """Those this person may act for now: neither revoked, nor stopped."""
    rows = conn.execute(
        "SELECT a.enterprise_id FROM accounts.agency a JOIN accounts.person p ON p.id = a.enterprise_id"
        " WHERE a.site = %s AND a.agent_id = %s AND a.until_ms IS NULL AND p.disabled_ms IS NULL ORDER BY a.id",
        (site, agent_id),
    ).fetchall()
    return [str(row[0]) for row in rows]


_NAMES = tuple(name for name in RegistrationRow.__slots__ if name != "taken")
_COLUMNS = ", ".join(_NAMES)
_SELECT = (
    f"SELECT {', '.join(f'r.{name}' for name in _NAMES)}, EXISTS (SELECT FROM accounts.person p WHERE p.site = r.site"
    " AND (p.login = r.login OR p.id_match = r.id_match)) AS taken FROM accounts.registration r WHERE r.site = %s"
)
