"""The table of who somebody is elsewhere: known by a keyed hash of issuer and subject."""

from __future__ import annotations

from services.kernel.ports import Connection


def find_identity(conn: Connection, site: str, key: str) -> str | None:
    """Whose it is."""
    row = conn.execute(
        "SELECT person_id FROM accounts.outside_identity WHERE site = %s AND identity_key = %s", (site, key)
    ).fetchone()
    return str(row[0]) if row else None


def insert_identity(conn: Connection, site: str, key: str, person_id: str, *, now_ms: int) -> None:
    conn.execute(
        "INSERT INTO accounts.outside_identity (identity_key, site, person_id, created_ms) VALUES (%s, %s, %s, %s)",
        (key, site, person_id, now_ms),
    )


def find_link_ms(conn: Connection, site: str, person_id: str) -> int | None:
    """Since when this person has one."""
    row = conn.execute(
        "SELECT min(created_ms) FROM accounts.outside_identity WHERE site = %s AND person_id = %s", (site, person_id)
    ).fetchone()
    return row[0] if row else None


def delete_identities(conn: Connection, site: str, person_id: str) -> int:
    return conn.execute(
        "DELETE FROM accounts.outside_identity WHERE site = %s AND person_id = %s", (site, person_id)
    ).rowcount
