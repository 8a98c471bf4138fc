"""Reads and empties the fields that modules have declared, by declaration alone: none is ever missed.

A sealed token says whose it is, so that all of one subject's are found in any declared table, whatever else it holds.
Names of tables and columns come from declarations only, never from a request.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from services.kernel.modules import PersonalField
from services.kernel.ports import Connection
from services.kernel.vault import subject_of_token, token_beginnings


def find_tokens(conn: Connection, field: PersonalField, site: str, subject: str) -> list[str]:
    """What this column holds of this subject, sealed."""
    rows = conn.execute(
        sql.SQL("SELECT {column} FROM {table} WHERE {whose} ORDER BY 1 LIMIT 1000").format(**_names(field)),
        _whose(site, subject),
    ).fetchall()
    return [row[0] for row in rows]


def empty(conn: Connection, field: PersonalField, site: str, subject: str) -> int:
    """Nothing of this subject stands in the column afterwards; how many rows there were."""
    return conn.execute(
        sql.SQL("UPDATE {table} SET {emptied} WHERE {whose}").format(**_names(field)), _whose(site, subject)
    ).rowcount


def replace(conn: Connection, field: PersonalField, site: str, subject: str, *, token: str, match_key: str) -> int:
    matched = sql.SQL(", {} = %(match_key)s").format(sql.Identifier(field.match)) if field.match else sql.SQL("")
    return conn.execute(
        sql.SQL("UPDATE {table} SET {column} = %(token)s{matched} WHERE {whose}").format(
            matched=matched, **_names(field)
        ),
        _whose(site, subject) | {"token": token, "match_key": match_key},
    ).rowcount


def empty_older(conn: Connection, field: PersonalField, site: str, *, before_ms: int) -> int:
    """The column alone, of all rows that began to count before then."""
    return conn.execute(
        sql.SQL("UPDATE {table} SET {emptied} WHERE site = %s AND {column} IS NOT NULL AND {since} < %s").format(
            **_names(field)
        ),
        (site, before_ms),
    ).rowcount


def list_unmatched(conn: Connection, field: PersonalField, site: str, *, after: str, limit: int) -> list[str]:
    """Sealed values without their blind index that stand behind ``after``, locked: who changes one now waits."""
    rows = conn.execute(
        sql.SQL(
            "SELECT {column} FROM {table} WHERE site = %s AND {match} IS NULL AND {column} > %s ORDER BY {column}"
            " LIMIT %s FOR UPDATE"
        ).format(match=sql.Identifier(field.match or ""), **_names(field)),
        (site, after, limit),
    ).fetchall()
    return [row[0] for row in rows]


def match(conn: Connection, field: PersonalField, site: str, *, token: str, key: str) -> int:
    """The blind index of this very value; how many rows."""
    return conn.execute(
        sql.SQL("UPDATE {table} SET {match} = %s WHERE site = %s AND {column} = %s").format(
            match=sql.Identifier(field.match or ""), **_names(field)
        ),
        (key, site, token),
    ).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A sealed value and the moment its time counts from."""

    since_ms: int
    token: str

    @property
    def subject(self) -> str:
        return subject_of_token(self.token)


def list_older(
    conn: Connection, field: PersonalField, site: str, *, after: Row, before_ms: int, limit: int
) -> list[Row]:
    """Those that stand behind ``after``, the oldest first."""
    rows = conn.execute(
        sql.SQL(
            "SELECT {since}, {column} FROM {table} WHERE site = %s AND {column} IS NOT NULL"
            " AND ({since}, {column}) > (%s, %s) AND {since} < %s ORDER BY {since}, {column} LIMIT %s"
        ).format(**_names(field)),
        (site, after.since_ms, after.token, before_ms, limit),
    ).fetchall()
    return [Row(since_ms=since_ms, token=token) for since_ms, token in rows]


def _names(field: PersonalField) -> dict[str, sql.Composable]:
    schema, table, column = field.column.split(".")
    named = sql.Identifier(column)
    emptied = [column, *([field.match] if field.match else [])]
    return {
        "emptied": sql.SQL(", ").join(sql.SQL("{} = NULL").format(sql.Identifier(name)) for name in emptied),
        "table": sql.Identifier(schema, table),
        "column": named,
        "since": sql.Identifier(field.since or ""),
        "whose": sql.SQL("site = %(site)s AND {} ^@ ANY(%(beginnings)s)").format(named),
    }


def _whose(site: str, subject: str) -> dict[str, object]:
    return {"site": site, "beginnings": list(token_beginnings(subject))}
