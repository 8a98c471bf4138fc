"""Writes a running hall's tables as of one moment, without holding a lock that anybody waits for."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from twin.errors import BackupRefused
from twin.store.backup.content import Content, whole
from twin.store.backup.manifest import Applied, DatabasePart, DumpedTable, Piece, describe, room
from twin.store.backup.tables import Part, Table, connect, list_tables, read_rows, read_sequences
from twin.store.database import Connection

LEVEL = 1
"""Of compression: rows shrink to a fifth; more would cost the hall its cores."""
BLOCK_ROWS = 4_096
TABLES = "tables"


def dump(url: str, folder: Path, *, tell: Callable[[str], None]) -> DatabasePart:
    """All tables into ``folder/tables``.

    One connection keeps the moment; each piece is read in a short transaction of its own that looks at that moment,
    so that new days are made and old ones dropped while a large table is still being written.
    """
    with connect(url) as keeper, connect(url) as reader, keeper.transaction():
        keeper.execute("set transaction isolation level repeatable read, read only")
        row = keeper.execute("select pg_export_snapshot()").fetchone()
        moment = str(row[0]) if row else ""
        migrations = _read_migrations(keeper)
        schemas = sorted({m.schema for m in migrations})
        (folder / TABLES).mkdir(mode=0o700)
        dumped = []
        for table in list_tables(keeper, schemas):
            dumped.append(_dump_table(reader, table, moment, folder))
            tell(f"{table.full_name}: {dumped[-1].rows} rows")
        return DatabasePart(
            server=keeper.info.parameter_status("server_version") or "",
            migrations=tuple(migrations),
            tables=tuple(dumped),
            sequences=read_sequences(keeper, schemas),
            content=whole((t.full_name, t.rows, t.content) for t in dumped),
        )


def _read_migrations(conn: Connection) -> Sequence[Applied]:
    rows = conn.execute("select schema, number, name, sha256 from hall.migration order by schema, number")
    return [Applied(schema=s, number=n, name=name, sha256=sha) for s, n, name, sha in rows]


def _dump_table(conn: Connection, table: Table, moment: str, folder: Path) -> DumpedTable:
    content = Content()
    pieces = [_dump_part(conn, table, part, moment, folder=folder, content=content) for part in table.parts]
    return DumpedTable(
        schema=table.schema,
        name=table.name,
        columns=table.columns,
        rows=content.rows,
        content=content.digest,
        pieces=tuple(pieces),
    )


def _dump_part(conn: Connection, table: Table, part: Part, moment: str, *, folder: Path, content: Content) -> Piece:
    name = f"{TABLES}/{table.schema}.{part.name}.copy.gz"
    path = folder / name
    try:
        with room(path), conn.transaction(), path.open("xb") as raw:
            conn.execute("set transaction isolation level repeatable read, read only")
            conn.execute(f"set transaction snapshot '{moment}'")
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=LEVEL, mtime=0) as packed:
                lines: list[bytes] = []
                for line in read_rows(conn, table, part):
                    content.add(line)
                    lines.append(line)
                    if len(lines) == BLOCK_ROWS:
                        packed.write(b"".join(lines))
                        lines.clear()
                packed.write(b"".join(lines))
            raw.flush()
            os.fsync(raw.fileno())
    except psycopg.errors.UndefinedTable as error:
        raise BackupRefused(
            "it was dropped while the backup ran, by the hall's own retention",
            where=f"{table.schema}.{part.name}", todo="Take the backup again",
        ) from error  # fmt: skip
    return Piece(part=part.name, bound=part.bound, file=describe(path, name))
