"""Brings a backup's tables into an empty database, and compares what is there afterwards with what was written."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from twin.errors import BackupDamaged, BackupNewer, NoRoom, NotEmpty
from twin.store.backup.content import Content, whole
from twin.store.backup.manifest import NEWER, DatabasePart, DumpedTable
from twin.store.backup.tables import Table, connect, list_tables, names, read_rows
from twin.store.database import CONNECT_S, Connection
from twin.store.migrations import OWN, MigrationSet, list_migrations, migrate

BLOCK_BYTES = 1 << 20


def load(
    url: str, folder: Path, part: DatabasePart, sets: Sequence[MigrationSet], *, tell: Callable[[str], None]
) -> str:
    """All rows, in one transaction. Returns the content hash of what is in the database now: that of the backup.

    The schema is brought to where the backup's was; the next start brings it further. What fails leaves no schema.
    """
    wanted = _schema_of(part, (*OWN, *sets))
    _require_empty(url, wanted)
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S) as conn:
            migrate(conn, wanted)
        with connect(url) as conn:
            tables = {t.full_name: t for t in list_tables(conn, [s.schema for s in wanted])}
            for dumped in part.tables:
                _require_same(tables.get(dumped.full_name), dumped)
            with conn.transaction():
                for dumped in part.tables:
                    _load_table(conn, tables[dumped.full_name], dumped, folder)
                    tell(f"{dumped.full_name}: {dumped.rows} rows")
                for name, value in part.sequences.items():
                    conn.execute("select setval(%s::regclass, %s)", [name, value])
                found = _compare(conn, part)
            conn.execute("vacuum (analyze)")  # also sums up the indexes by time
    except BaseException as error:
        _drop_schemas(url, wanted)
        if isinstance(error, psycopg.errors.DiskFull):
            raise NoRoom(
                f"the database has no room: {error}".strip(), where=url, todo="Make room for it, then restore again"
            ) from error
        raise
    return found


def _schema_of(part: DatabasePart, sets: Sequence[MigrationSet]) -> list[MigrationSet]:
    """The packages' files as far as the backup had them."""
    known = {s.schema: {m.number: m for m in list_migrations(s.directory)} for s in sets}
    for applied in part.migrations:
        file = known.get(applied.schema, {}).get(applied.number)
        if file is None or file.named(applied.name).sha256 != applied.sha256:
            raise BackupNewer(
                f"its schema has {applied.schema}/{applied.name}, which this program does not know",
                where="the backup", todo=NEWER,
            )  # fmt: skip
    last = {schema: max(m.number for m in part.migrations if m.schema == schema) for schema in _schemas(part)}
    return [replace(s, upto=last[s.schema]) for s in sets if s.schema in last]


def _schemas(part: DatabasePart) -> list[str]:
    return sorted({m.schema for m in part.migrations})


def _require_empty(url: str, sets: Sequence[MigrationSet]) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S) as conn:
        taken = conn.execute(
            "select nspname from pg_namespace where nspname = any(%s)", [["hall", *(s.schema for s in sets)]]
        ).fetchone()
        if taken:
            raise NotEmpty(
                f"it has a schema {taken[0]} already",
                where=conn.info.dbname, todo="Name a database that is empty: `createdb NAME` makes one",
            )  # fmt: skip


def _require_same(table: Table | None, dumped: DumpedTable) -> None:
    if table is None or table.columns != dumped.columns:
        raise BackupDamaged(
            f"{dumped.full_name} is not what its schema says", where="the backup", todo="Take another backup"
        )


def _load_table(conn: Connection, table: Table, dumped: DumpedTable, folder: Path) -> None:
    """What a migration put there (settings) gives way to what the hall made of it."""
    here = sql.Identifier(table.schema, table.name)
    if conn.execute(sql.SQL("select 1 from {} limit 1").format(here)).fetchone():
        conn.execute(sql.SQL("delete from {}").format(here))
    statement = sql.SQL("copy {} ({}) from stdin").format(here, names(table.columns))
    there = {part.name for part in table.parts}
    for piece in dumped.pieces:
        if table.partitioned and piece.bound is not None and piece.part not in there:
            new = sql.Identifier(table.schema, piece.part)
            # The bound was checked against a pattern when the manifest was read.
            conn.execute(sql.SQL("create table {} partition of {} ").format(new, here) + sql.SQL(piece.bound))
        path = folder / piece.file.path
        try:
            with gzip.open(path) as packed, conn.cursor().copy(statement) as copy:
                while block := packed.read(BLOCK_BYTES):
                    copy.write(block)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BackupDamaged(
                f"it cannot be unpacked ({error})", where=str(path), todo="Take another backup"
            ) from error


def _compare(conn: Connection, part: DatabasePart) -> str:
    """Reads every table again; raises BackupDamaged naming the first that is not what was backed up."""
    found = []
    tables = {t.full_name: t for t in list_tables(conn, _schemas(part))}
    for dumped in part.tables:
        content, table = Content(), tables[dumped.full_name]
        for piece in table.parts:
            for line in read_rows(conn, table, piece):
                content.add(line)
        if (content.rows, content.digest) != (dumped.rows, dumped.content):
            raise BackupDamaged(
                f"{dumped.full_name} came back with {content.rows} rows that are not the {dumped.rows} of the backup",
                where="the database", todo="Take another backup, and look at the server's disk",
            )  # fmt: skip
        found.append((dumped.full_name, content.rows, content.digest))
    return whole(found)


def _drop_schemas(url: str, sets: Sequence[MigrationSet]) -> None:
    """It was empty when we came: nothing of anybody's is lost."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S) as conn:
            for schema in [*(s.schema for s in sets), "hall"]:
                conn.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
    except psycopg.Error:
        return  # it is gone altogether; the error that brought us here says why
