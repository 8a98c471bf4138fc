"""The tables of the organisation: units, posts, who holds them and who manages them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.accounts.people_errors import AlreadyThere, NameTaken
from services.accounts.people_model import Holding, Post, Unit
from services.kernel.ports import Connection

BELOW = (
    "below(id) AS (SELECT id FROM accounts.unit WHERE site = %(site)s AND id = ANY(%(roots)s)"
    " UNION SELECT u.id FROM accounts.unit u JOIN below ON u.parent_id = below.id)"
)
"""These units and all below them. UNION, not UNION ALL: it would end even where a loop had come in."""
_ABOVE = (
    "WITH RECURSIVE above(id, parent_id, step) AS (SELECT id, parent_id, 0 FROM accounts.unit"
    " WHERE site = %(site)s AND id = %(unit)s"
    " UNION SELECT u.id, u.parent_id, above.step + 1 FROM accounts.unit u JOIN above ON u.id = above.parent_id) "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    id: str
    parent_id: str | None
    name: Mapping[str, str]


def lock_tree(conn: Connection, site: str) -> None:
    """Two moves at once could close a loop that neither of them sees: one waits for the other."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"organisation|{site}",))


def insert_unit(conn: Connection, site: str, row: UnitRow, *, now_ms: int) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.unit (id, site, parent_id, name, created_ms) VALUES (%s, %s, %s, %s, %s)",
                (row.id, site, row.parent_id, Jsonb(dict(row.name)), now_ms),
            )
    except UniqueViolation:
        raise NameTaken from None


def update_unit(conn: Connection, unit_id: str, *, parent_id: str | None, name: Mapping[str, str]) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "UPDATE accounts.unit SET parent_id = %s, name = %s WHERE id = %s",
                (parent_id, Jsonb(dict(name)), unit_id),
            )
    except UniqueViolation:
        raise NameTaken from None


def adopt_children(conn: Connection, unit_id: str, into_id: str) -> int:
    """The living units below the one stand below the other from now on."""
    try:
        with conn.transaction():
            return conn.execute(
                "UPDATE accounts.unit SET parent_id = %s WHERE parent_id = %s AND retired_ms IS NULL",
                (into_id, unit_id),
            ).rowcount
    except UniqueViolation:
        raise NameTaken from None


def retire_unit(conn: Connection, unit_id: str, *, now_ms: int, merged_into: str | None = None) -> None:
    """With it end its posts and whatever rights were given over it."""
    conn.execute(
        "UPDATE accounts.unit SET retired_ms = %s, merged_into = %s WHERE id = %s", (now_ms, merged_into, unit_id)
    )
    conn.execute(
        "UPDATE accounts.post SET retired_ms = %s WHERE unit_id = %s AND retired_ms IS NULL", (now_ms, unit_id)
    )
    conn.execute(
        "UPDATE accounts.delegation SET until_ms = %s WHERE unit_id = %s AND until_ms IS NULL", (now_ms, unit_id)
    )


def find_unit(conn: Connection, site: str, unit_id: str) -> UnitRow | None:
    """Retired ones are history, not units."""
    with conn.cursor(row_factory=class_row(UnitRow)) as cursor:
        return cursor.execute(
            "SELECT id, parent_id, name FROM accounts.unit WHERE site = %s AND id = %s AND retired_ms IS NULL",
            (site, unit_id),
        ).fetchone()


def list_above(conn: Connection, site: str, unit_id: str) -> list[UnitRow]:
    """The unit itself, then what is above it up to the top."""
    with conn.cursor(row_factory=class_row(UnitRow)) as cursor:
        return cursor.execute(
            f"{_ABOVE}SELECT u.id, u.parent_id, u.name FROM above JOIN accounts.unit u USING (id) ORDER BY above.step",
            {"site": site, "unit": unit_id},
        ).fetchall()


def list_below(conn: Connection, site: str, roots: Sequence[str]) -> list[str]:
    """Ids of these units and all below them, retired ones too."""
    rows = conn.execute(f"WITH RECURSIVE {BELOW} SELECT id FROM below", {"site": site, "roots": list(roots)}).fetchall()
    return [str(row[0]) for row in rows]


def list_units(
    conn: Connection,
    site: str,
    *,
    parent_id: str | None = None,
    ids: Sequence[str] | None = None,
    text: str | None = None,
    roots: Sequence[str] | None = None,
    limit: int,
) -> list[Unit]:
    """Living units with how much stands in each: below one (None: at the top), or these, or those a text names."""
    where = "u.site = %(site)s AND u.retired_ms IS NULL"
    if text is not None:
        where += " AND (strpos(lower(u.name ->> 'zh'), %(text)s) > 0 OR strpos(lower(u.name ->> 'en'), %(text)s) > 0)"
        if roots is not None:
            where += " AND u.id IN (SELECT id FROM below)"
    elif ids is not None:
        where += " AND u.id = ANY(%(ids)s)"
    else:
        where += " AND u.parent_id IS NOT DISTINCT FROM %(parent)s"
    below = f"WITH RECURSIVE {BELOW} " if text is not None and roots is not None else ""
    values = {
        "site": site,
        "parent": parent_id,
        "ids": list(ids or ()),
        "text": (text or "").lower(),
        "roots": list(roots or ()),
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Unit)) as cursor:
        return cursor.execute(
            f"{below}SELECT u.id, u.parent_id, u.name,"
            " (SELECT count(*) FROM accounts.unit c WHERE c.parent_id = u.id AND c.retired_ms IS NULL) AS children,"
            " (SELECT count(DISTINCT h.person_id) FROM accounts.post t JOIN accounts.holding h ON h.post_id = t.id"
            "   WHERE t.unit_id = u.id AND h.until_ms IS NULL) AS people"
            f" FROM accounts.unit u WHERE {where} ORDER BY u.name ->> 'zh', u.id LIMIT %(limit)s",
            values,
        ).fetchall()


def count_units(conn: Connection, site: str) -> int:
    row = conn.execute("SELECT count(*) FROM accounts.unit WHERE site = %s AND retired_ms IS NULL", (site,)).fetchone()
    return int(row[0]) if row else 0


def find_child(conn: Connection, site: str, parent_id: str | None, name: str) -> UnitRow | None:
    """The living unit of this Chinese or English name right below."""
    with conn.cursor(row_factory=class_row(UnitRow)) as cursor:
        return cursor.execute(
            "SELECT id, parent_id, name FROM accounts.unit WHERE site = %s AND parent_id IS NOT DISTINCT FROM %s"
            " AND retired_ms IS NULL AND %s IN (name ->> 'zh', name ->> 'en') ORDER BY id",
            (site, parent_id, name),
        ).fetchone()


# --- posts


def insert_post(conn: Connection, site: str, post: Post, *, now_ms: int) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.post (id, site, unit_id, name, created_ms) VALUES (%s, %s, %s, %s, %s)",
                (post.id, site, post.unit_id, Jsonb(dict(post.name)), now_ms),
            )
    except UniqueViolation:
        raise NameTaken from None


def update_post(conn: Connection, post_id: str, *, unit_id: str, name: Mapping[str, str]) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "UPDATE accounts.post SET unit_id = %s, name = %s WHERE id = %s", (unit_id, Jsonb(dict(name)), post_id)
            )
    except UniqueViolation:
        raise NameTaken from None


def retire_post(conn: Connection, post_id: str, now_ms: int) -> None:
    conn.execute("UPDATE accounts.post SET retired_ms = %s WHERE id = %s", (now_ms, post_id))


def find_post(conn: Connection, site: str, post_id: str) -> Post | None:
    with conn.cursor(row_factory=class_row(Post)) as cursor:
        return cursor.execute(
            "SELECT id, unit_id, name FROM accounts.post WHERE site = %s AND id = %s AND retired_ms IS NULL",
            (site, post_id),
        ).fetchone()


def list_posts(conn: Connection, site: str, unit_id: str) -> list[Post]:
    with conn.cursor(row_factory=class_row(Post)) as cursor:
        return cursor.execute(
            "SELECT id, unit_id, name FROM accounts.post WHERE site = %s AND unit_id = %s AND retired_ms IS NULL"
            " ORDER BY name ->> 'zh', id",
            (site, unit_id),
        ).fetchall()


# --- who holds which


def begin_holding(conn: Connection, site: str, person_id: str, post_id: str, from_ms: int) -> bool:
    """False: the person holds it already."""
    return (
        conn.execute(
            "INSERT INTO accounts.holding (site, person_id, post_id, from_ms) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (person_id, post_id) WHERE until_ms IS NULL DO NOTHING",
            (site, person_id, post_id, from_ms),
        ).rowcount
        == 1
    )


def end_holding(conn: Connection, person_id: str, post_id: str, now_ms: int) -> bool:
    return (
        conn.execute(
            "UPDATE accounts.holding SET until_ms = greatest(from_ms, %s)"
            " WHERE person_id = %s AND post_id = %s AND until_ms IS NULL",
            (now_ms, person_id, post_id),
        ).rowcount
        == 1
    )


def hand_over(conn: Connection, site: str, post_id: str, into_id: str, now_ms: int) -> int:
    """Whoever holds the one holds the other from now on; what was, stays written."""
    rows = conn.execute(
        "UPDATE accounts.holding SET until_ms = greatest(from_ms, %s) WHERE post_id = %s AND until_ms IS NULL"
        " RETURNING person_id",
        (now_ms, post_id),
    ).fetchall()
    for (person_id,) in rows:
        begin_holding(conn, site, person_id, into_id, now_ms)
    return len(rows)


def list_holdings(conn: Connection, site: str, people: Sequence[str], *, ended: bool = False) -> list[Holding]:
    """What these people hold, and with ``ended`` what they held."""
    with conn.cursor(row_factory=class_row(Holding)) as cursor:
        return cursor.execute(
            "SELECT h.person_id, h.post_id, t.name AS post, u.id AS unit_id, u.name AS unit, h.from_ms, h.until_ms"
            " FROM accounts.holding h JOIN accounts.post t ON t.id = h.post_id JOIN accounts.unit u ON u.id = t.unit_id"
            " WHERE h.site = %s AND h.person_id = ANY(%s) AND (h.until_ms IS NULL OR %s) ORDER BY h.from_ms, h.id",
            (site, list(people), ended),
        ).fetchall()


def list_holders(conn: Connection, site: str, unit_id: str) -> list[tuple[str, str]]:
    """Person and post of everybody in this very unit."""
    rows = conn.execute(
        "SELECT h.person_id, h.post_id FROM accounts.holding h JOIN accounts.post t ON t.id = h.post_id"
        " WHERE h.site = %s AND t.unit_id = %s AND h.until_ms IS NULL ORDER BY h.from_ms, h.id",
        (site, unit_id),
    ).fetchall()
    return [(str(person), str(post)) for person, post in rows]


# --- who manages which


def begin_delegation(conn: Connection, site: str, person_id: str, unit_id: str, now_ms: int) -> None:
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO accounts.delegation (site, person_id, unit_id, from_ms) VALUES (%s, %s, %s, %s)",
                (site, person_id, unit_id, now_ms),
            )
    except UniqueViolation:
        raise AlreadyThere from None


def end_delegation(conn: Connection, person_id: str, unit_id: str, now_ms: int) -> bool:
    return (
        conn.execute(
            "UPDATE accounts.delegation SET until_ms = %s WHERE person_id = %s AND unit_id = %s AND until_ms IS NULL",
            (now_ms, person_id, unit_id),
        ).rowcount
        == 1
    )


def list_managed(conn: Connection, site: str, person_id: str) -> list[str]:
    """Units this person manages."""
    rows = conn.execute(
        "SELECT unit_id FROM accounts.delegation WHERE site = %s AND person_id = %s AND until_ms IS NULL ORDER BY id",
        (site, person_id),
    ).fetchall()
    return [str(row[0]) for row in rows]


def list_managers(conn: Connection, site: str, unit_id: str) -> list[str]:
    rows = conn.execute(
        "SELECT person_id FROM accounts.delegation WHERE site = %s AND unit_id = %s AND until_ms IS NULL ORDER BY id",
        (site, unit_id),
    ).fetchall()
    return [str(row[0]) for row in rows]
