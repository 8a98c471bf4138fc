"""Which ID card reader stands beside which kiosk, and whose card it is."""

from __future__ import annotations

from collections.abc import Collection

from services.kernel.ports import Connection


def put_reader(conn: Connection, site: str, pairing_id: str, reader: str) -> None:
    conn.execute(
        "INSERT INTO accounts.card_reader (pairing_id, site, reader) VALUES (%s, %s, %s)", (pairing_id, site, reader)
    )


def list_readers(conn: Connection, site: str, pairing_ids: Collection[str]) -> dict[str, str]:
    """By pairing, of those kiosks that have one."""
    rows = conn.execute(
        "SELECT pairing_id, reader FROM accounts.card_reader WHERE site = %s AND pairing_id = ANY(%s)",
        (site, list(pairing_ids)),
    ).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def find_card_owner(conn: Connection, site: str, id_match: str) -> str | None:
    """The id of the person whose ID number has this keyed index; the number itself is asked of nobody."""
    row = conn.execute("SELECT id FROM accounts.person WHERE site = %s AND id_match = %s", (site, id_match)).fetchone()
    return str(row[0]) if row else None
