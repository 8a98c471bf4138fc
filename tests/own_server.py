"""``make test-database URL=...``: every database test and the history bench on a server of your own.

It says first what it found there: which PostgreSQL, TimescaleDB or not, under which licence, and whether the user may
do what the tests need. It works in databases of its own, which it drops. The last line of stdout is the report.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from twin.store.migrations import NEWEST, OLDEST
from twin.testing import TEST_URL

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/twin", "tests/services")
OUR_OWN = (
    "tests/twin/store/test_postgres.py",
    "tests/twin/test_kill.py",
    "tests/twin/test_spool_kill.py",
    "tests/twin/test_database_away.py",
)
"""They stop and kill a server: ours, never somebody's."""
_COUNTS = re.compile(r"(\d+) (passed|failed|error|skipped)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``timescaledb``: its version where it is installed in the database or can be, with its licence where it runs."""

    version: str
    user: str
    timescaledb: str | None
    timescaledb_loaded: bool
    licence: str | None
    missing: tuple[str, ...]
    """What stands in the way, with what to do."""

    def told(self) -> str:
        if self.timescaledb is None:
            extension = "no TimescaleDB: plain partitions are tested"
        else:
            how = f"licence {self.licence}" if self.timescaledb_loaded else "there, but not in shared_preload_libraries"
            extension = f"TimescaleDB {self.timescaledb} ({how})"
        return f"PostgreSQL {self.version}, user {self.user}, {extension}"


def look(url: str) -> Found:
    """What this server is. Raises psycopg.OperationalError when it does not answer."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as conn:
        major = conn.info.server_version // 10_000
        user, superuser, may_databases, may_roles = _one(
            conn, "select rolname, rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
        )
        extension = _one(conn, "select default_version from pg_available_extensions where name = 'timescaledb'")
        # Its settings are known only where it is loaded, and everybody may ask for this one.
        licence = _one(conn, "select current_setting('timescaledb.license', true)")[0]
        wanted = {
            f"it is PostgreSQL {major}: use {OLDEST} to {NEWEST}": OLDEST <= major <= NEWEST,
            f"{user} may not make databases: alter role {user} createdb": superuser or may_databases,
            f"{user} may not make roles: alter role {user} createrole": superuser or may_roles,
        }
        return Found(
            version=conn.info.parameter_status("server_version") or str(major),
            user=user,
            timescaledb=extension[0] if extension else None,
            timescaledb_loaded=licence is not None,
            licence=licence,
            missing=tuple(what for what, there in wanted.items() if not there),
        )


@contextmanager
def database_of_its_own(url: str, purpose: str, *, timescaledb: bool) -> Iterator[str]:
    name = f"halltwin_{purpose}_{os.getpid()}"  # two may look at one server at the same time
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    own = make_conninfo(url, dbname=name)
    try:
        if timescaledb:
            with psycopg.connect(own, autocommit=True) as conn:
                conn.execute("create extension if not exists timescaledb")
        yield own
    finally:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make test-database", description=__doc__)
    parser.add_argument(
        "url", metavar="URL", help="postgresql://user:password@host/database, of a user who may make more"
    )
    parser.add_argument("--only", nargs="+", default=list(TESTS), metavar="PATH", help="these tests")
    parser.add_argument("--readings", default="1000000", help="of the history bench; 0 leaves it out")
    args = parser.parse_args(argv)
    try:
        found = look(args.url)
    except psycopg.Error as error:
        _tell(f"the server does not answer: {str(error).strip()}")
        return 6
    _tell(f"found: {found.told()}")
    for what in found.missing:
        _tell(f"missing: {what}")
    if found.missing:
        return 6
    report: dict[str, Any] = {"server": asdict(found)}
    with database_of_its_own(args.url, "test", timescaledb=found.timescaledb_loaded) as url:
        report["tests"], well = _run_tests(url, args.only)
    if args.readings != "0":
        with database_of_its_own(args.url, "bench", timescaledb=found.timescaledb_loaded) as url:
            report["history"] = _run_bench(url, args.readings)
            well = well and report["history"] is not None
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    return 0 if well else 1


def _run_tests(url: str, paths: Sequence[str]) -> tuple[dict[str, int], bool]:
    words = ["-q", *paths, *(f"--ignore={path}" for path in OUR_OWN)]
    last = ""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        env={**os.environ, TEST_URL: url},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        for line in running.stdout or ():
            sys.stderr.write(line)
            last = line.strip() or last
    return {word: int(count) for count, word in _COUNTS.findall(last)}, running.returncode == 0


def _run_bench(url: str, readings: str) -> Any:
    words = ["bench", "history", "--json", "--readings", readings, "--url", url]
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def _one(conn: psycopg.Connection[Any], query: str) -> Any:
    return conn.execute(query.encode()).fetchone()


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
