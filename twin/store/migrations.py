"""Brings a database to this program's schema, one numbered SQL file a transaction, and refuses what it cannot know."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from twin.errors import DatabaseUnavailable, MigrationRefused

OWNER, APP, AUDIT = "hall_owner", "hall_app", "hall_audit"
LOCK = 0x68616C6C  # "hall": one migrating process a database
OLDEST, NEWEST = 16, 18
_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
TIMESCALE = "_timescale.sql"
"""Ends the name of a twin file: it is applied right after the file it is named for, where TimescaleDB is present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSet:
    """One package's numbered files, run in its own schema. ``app_writes`` False: the files grant for themselves.

    ``upto``: those after it wait, because rows of an older program are to be brought back first.
    """

    schema: str
    directory: Path
    app_writes: bool = True
    upto: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """``twin``: the same with its twin file behind it, where it has one."""

    number: int
    name: str
    text: str
    twin: Migration | None = None

    def named(self, name: str) -> Migration:
        """Itself, or its twin where it was that one which was applied."""
        return self.twin if self.twin is not None and self.twin.name == name else self

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


_HERE = Path(__file__).parent / "migrations"
OWN: tuple[MigrationSet, ...] = (
    MigrationSet(schema="twin", directory=_HERE),
    MigrationSet(schema="audit", directory=_HERE / "audit", app_writes=False),
)


def list_migrations(directory: Path) -> list[Migration]:
    """The files in order; a badly named or doubly numbered one is refused."""
    found: dict[int, Migration] = {}
    paths = sorted(directory.glob("*.sql"))
    for path in paths:
        if path.name.endswith(TIMESCALE):
            continue
        match = _FILE.fullmatch(path.name)
        if not match:
            raise MigrationRefused(f"{path}: a migration is called NNNN_what.sql")
        number = int(match[1])
        if number in found:
            raise MigrationRefused(f"{path}: number {number} is taken by {found[number].name}")
        text, beside, twin = path.read_text(encoding="utf-8"), path.with_name(path.stem + TIMESCALE), None
        if beside in paths:
            twin = Migration(number=number, name=beside.name, text=text + beside.read_text(encoding="utf-8"))
        found[number] = Migration(number=number, name=path.name, text=text, twin=twin)
    twins = {m.twin.name for m in found.values() if m.twin is not None}
    if alone := [p.name for p in paths if p.name.endswith(TIMESCALE) and p.name not in twins]:
        raise MigrationRefused(f"{directory}: no migration stands beside {', '.join(alone)}")
    return [found[number] for number in sorted(found)]


def check_version(conn: psycopg.Connection[Any]) -> None:
    major = conn.info.server_version // 10_000
    if not OLDEST <= major <= NEWEST:
        raise DatabaseUnavailable(f"this server is PostgreSQL {major}", todo=f"Use PostgreSQL {OLDEST} to {NEWEST}")


def find_timescale(conn: psycopg.Connection[Any]) -> str | None:
    """The version of TimescaleDB in this database; None without it."""
    row = conn.execute("select extversion from pg_extension where extname = 'timescaledb'").fetchone()
    return None if row is None else str(row[0])


def migrate(conn: psycopg.Connection[Any], sets: Sequence[MigrationSet]) -> int:
    """Apply what is missing; returns how many files were applied. ``conn`` is the URL's own user, in autocommit."""
    check_version(conn)
    conn.execute("select pg_advisory_lock(%s)", [LOCK])
    try:
        _make_roles(conn)
        with conn.transaction():
            conn.execute("create schema if not exists hall authorization hall_owner")
            conn.execute(
                "create table if not exists hall.migration (schema text, number int, name text not null,"
                " sha256 text not null, applied timestamptz not null default now(), primary key (schema, number))"
            )
            conn.execute("grant usage on schema hall to hall_app")
            conn.execute("grant select on hall.migration to hall_app")
        return sum(_bring(conn, each) for each in sets)
    finally:
        conn.execute("reset role")
        conn.execute("select pg_advisory_unlock(%s)", [LOCK])


def _make_roles(conn: psycopg.Connection[Any]) -> None:
    """Three roles: the owner changes the schema, the application works in it, the audit only adds lines."""
    me = conn.execute("select current_user").fetchone()
    try:
        for role in (OWNER, APP, AUDIT):
            if not conn.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                conn.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
            if me is not None and me[0] != role and not _may_become(conn, role):
                conn.execute(
                    sql.SQL("grant {} to current_user with set true, inherit true").format(sql.Identifier(role))
                )
        if me is not None and me[0] != OWNER and not _owner_may_become_audit(conn):
            conn.execute(f"grant {AUDIT} to {OWNER} with set true")
        database = sql.Identifier(conn.info.dbname)
        if me is not None and me[0] != OWNER:
            conn.execute(sql.SQL("grant create, connect on database {} to {}").format(database, sql.Identifier(OWNER)))
            conn.execute(f"set role {OWNER}")
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseUnavailable(
            f"the database user may not make the roles {OWNER}, {APP} and {AUDIT}: {error}".strip(),
            todo="Let an administrator run `alter role <user> createrole` and make the user the database's owner",
        ) from error


def _may_become(conn: psycopg.Connection[Any], role: str) -> bool:
    row = conn.execute("select pg_has_role(current_user, %s, 'set')", [role]).fetchone()
    return bool(row and row[0])


def _owner_may_become_audit(conn: psycopg.Connection[Any]) -> bool:
    row = conn.execute("select pg_has_role(%s, %s, 'set')", [OWNER, AUDIT]).fetchone()
    return bool(row and row[0])


def _bring(conn: psycopg.Connection[Any], each: MigrationSet) -> int:
    files = list_migrations(each.directory)
    applied = {
        int(number): (str(name), str(digest))
        for number, name, digest in conn.execute(
            "select number, name, sha256 from hall.migration where schema = %s", [each.schema]
        )
    }
    known = {f.number: f for f in files}
    for number, (name, digest) in sorted(applied.items()):
        if number not in known:
            raise MigrationRefused(
                f"the database already has {each.schema}/{name}, which this program does not know: "
                "it is newer than the program. Update halltwin, or use another database"
            )
        if known[number].named(name).sha256 != digest:
            raise MigrationRefused(
                f"{each.schema}/{name} was changed after it was applied. Restore the file and add a new one instead"
            )
    missing = [f for f in files if f.number not in applied and (each.upto is None or f.number <= each.upto)]
    has_timescale = bool(missing) and find_timescale(conn) is not None
    for plain in missing:
        file = plain.twin if has_timescale and plain.twin is not None else plain
        with conn.transaction():
            schema = sql.Identifier(each.schema)
            conn.execute(sql.SQL("create schema if not exists {} authorization hall_owner").format(schema))
            conn.execute(sql.SQL("set local search_path to {}").format(schema))
            conn.execute(file.text.encode())
            conn.execute(
                "insert into hall.migration (schema, number, name, sha256) values (%s, %s, %s, %s)",
                [each.schema, file.number, file.name, file.sha256],
            )
            if each.app_writes:
                _let_app_write(conn, schema)
    return len(missing)


def _let_app_write(conn: psycopg.Connection[Any], schema: sql.Identifier) -> None:
    for grant in (
        "grant usage on schema {} to hall_app",
        "grant select, insert, update, delete on all tables in schema {} to hall_app",
        "grant usage on all sequences in schema {} to hall_app",
    ):
        conn.execute(sql.SQL(grant).format(schema))
