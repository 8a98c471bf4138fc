"""Which tables a hall's database has, in an order in which they can be filled, and how their rows are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from twin.errors import DatabaseUnavailable
from twin.store.database import CONNECT_S, Connection
from twin.store.migrations import OWNER, check_version

LEDGER = ("hall", "migration")
"""Which files were applied; it is brought back by applying them."""
_SAME_WORDS = {
    "TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres", "bytea_output": "hex",
    "extra_float_digits": "1", "client_encoding": "UTF8", "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0", "lock_timeout": "0",
}  # fmt: skip
"""So that every server writes the same value in the same way, and waits for whoever packs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where rows lie: the table itself, or one of its partitions and its bounds."""

    name: str
    bound: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    schema: str
    name: str
    columns: tuple[str, ...]
    parts: tuple[Part, ...]
    partitioned: bool

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def connect(url: str) -> Connection:
    """As the owner of the schema, with one way to write values."""
    options = " ".join(["-c role=" + OWNER, *(f"-c {name}={value}" for name, value in _SAME_WORDS.items())])
    try:
        conn = psycopg.connect(url, options=options, autocommit=True, connect_timeout=CONNECT_S)
    except psycopg.OperationalError as error:
        if f'role "{OWNER}" does not exist' in str(error):
            raise DatabaseUnavailable("no hall has used this database", todo="Name the hall's own database") from error
        raise DatabaseUnavailable(
            f"the database does not answer: {str(error).strip()}", todo="Look whether it runs and the URL is right"
        ) from error
    try:
        check_version(conn)
    except BaseException:
        conn.close()
        raise
    return conn


def list_tables(conn: Connection, schemas: Sequence[str]) -> list[Table]:
    """Those that others refer to come first. What is computed from them (views, generated columns) is not listed."""
    columns = _columns(conn, schemas)
    parts = _parts(conn, schemas)
    found = {
        oid: Table(
            schema=schema, name=name, columns=columns[oid], partitioned=kind == "p",
            parts=tuple(parts.get(oid, ())) if kind == "p" else (Part(name=name),),
        )
        for oid, schema, name, kind in conn.execute(
            "select c.oid, n.nspname, c.relname, c.relkind::text from pg_class c join pg_namespace n"
            " on n.oid = c.relnamespace where n.nspname = any(%s) and c.relkind in ('r', 'p')"
            " and not c.relispartition order by n.nspname, c.relname",
            [list(schemas)],
        )
        if (schema, name) != LEDGER
    }  # fmt: skip
    refers: dict[int, set[int]] = {oid: set() for oid in found}
    for from_, to in conn.execute("select conrelid, confrelid from pg_constraint where contype = 'f'"):
        if from_ in found and to in found and from_ != to:
            refers[from_].add(to)
    return [found[oid] for oid in _ordered(refers)]


def read_rows(conn: Connection, table: Table, part: Part) -> Iterator[bytes]:
    """Each row as one line of ``COPY`` text; the protocol sends one message a row."""
    query = sql.SQL("copy (select {} from {}) to stdout").format(
        names(table.columns), sql.Identifier(table.schema, part.name)
    )
    with conn.cursor().copy(query) as copy:
        for row in copy:
            yield bytes(row)


def names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(c) for c in columns)


def read_sequences(conn: Connection, schemas: Sequence[str]) -> dict[str, int]:
    """The last number each has given out; one that gave none is left out."""
    rows: Sequence[Any] = conn.execute(
        "select schemaname || '.' || sequencename, last_value from pg_sequences"
        " where schemaname = any(%s) and last_value is not null",
        [list(schemas)],
    ).fetchall()
    return {str(name): int(value) for name, value in rows}


def _columns(conn: Connection, schemas: Sequence[str]) -> Mapping[int, tuple[str, ...]]:
    rows = conn.execute(
        "select a.attrelid, array_agg(a.attname::text order by a.attname) from pg_attribute a"
        " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " group by a.attrelid",
        [list(schemas)],
    )
    return {oid: tuple(found) for oid, found in rows}


def _parts(conn: Connection, schemas: Sequence[str]) -> Mapping[int, list[Part]]:
    """Of each partitioned table; the default one first: it is small, and whoever makes a day waits for it."""
    found: dict[int, list[Part]] = {}
    for parent, name, bound in conn.execute(
        "select i.inhparent, c.relname, pg_get_expr(c.relpartbound, c.oid) from pg_inherits i"
        " join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and c.relispartition"
        " order by pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT', c.relname",
        [list(schemas)],
    ):
        found.setdefault(parent, []).append(Part(name=name, bound=bound))
    return found


def _ordered(refers: Mapping[int, set[int]]) -> list[int]:
    left, done = {oid: set(to) for oid, to in refers.items()}, list[int]()
    while left:
        ready = [oid for oid, to in left.items() if not to - set(done)]
        if not ready:  # tables that refer to each other: no order helps, any will do
            ready = list(left)
        done += ready
        left = {oid: to for oid, to in left.items() if oid not in ready}
    return done
