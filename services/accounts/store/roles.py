"""The table of roles that a house composed, and its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.accounts.people_errors import RoleExists
from services.kernel.ports import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    key: str
    name: Mapping[str, str]
    permissions: Sequence[str]


def insert_role(conn: Connection, site: str, row: RoleRow, now_ms: int) -> None:
    """A retired role's key is not given again: whoever held it would hold the new one."""
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.role (site, key, name, permissions, created_ms) VALUES (%s, %s, %s, %s, %s)",
                (site, row.key, Jsonb(dict(row.name)), list(row.permissions), now_ms),
            )
    except UniqueViolation:
        raise RoleExists from None


def update_role(conn: Connection, site: str, row: RoleRow) -> None:
    conn.execute(
        "UPDATE accounts.role SET name = %s, permissions = %s WHERE site = %s AND key = %s",
        (Jsonb(dict(row.name)), list(row.permissions), site, row.key),
    )


def retire_role(conn: Connection, site: str, key: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.role SET retired_ms = %s WHERE site = %s AND key = %s", (now_ms, site, key))


def lock_role(conn: Connection, site: str, key: str) -> RoleRow | None:
    """Until the end of the transaction nobody else changes, retires or gives it."""
    with conn.cursor(row_factory=class_row(RoleRow)) as cursor:
        return cursor.execute(
            "SELECT key, name, permissions FROM accounts.role WHERE site = %s AND key = %s AND retired_ms IS NULL"
            " FOR UPDATE",
            (site, key),
        ).fetchone()


def list_roles(conn: Connection, site: str) -> list[RoleRow]:
    with conn.cursor(row_factory=class_row(RoleRow)) as cursor:
        return cursor.execute(
            "SELECT key, name, permissions FROM accounts.role WHERE site = %s AND retired_ms IS NULL"
            " ORDER BY created_ms, key",
            (site,),
        ).fetchall()


def count_by_role(conn: Connection, site: str) -> dict[str, int]:
    """How many who are not stopped hold each."""
    rows = conn.execute(
        "SELECT role, count(*) FROM accounts.person p, unnest(p.roles) AS role"
        " WHERE p.site = %s AND p.disabled_ms IS NULL GROUP BY role",
        (site,),
    ).fetchall()
    return {str(role): int(count) for role, count in rows}


def find_setting(conn: Connection, site: str, key: str) -> Any | None:
    row = conn.execute("SELECT value FROM accounts.setting WHERE site = %s AND key = %s", (site, key)).fetchone()
    return row[0] if row else None


def set_setting(conn: Connection, site: str, key: str, value: Any) -> None:
    conn.execute(
        "INSERT INTO accounts.setting (site, key, value) VALUES (%s, %s, %s)"
        " ON CONFLICT (site, key) DO UPDATE SET value = excluded.value",
        (site, key, Jsonb(value)),
    )
