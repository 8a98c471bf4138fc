"""Migrations, roles and audit lines on a real server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from twin.errors import DatabaseUnavailable, MigrationRefused
from twin.store import audit
from twin.store.database import Database
from twin.store.migrations import MigrationSet, list_migrations
from twin.testing import TestServer

pytestmark = pytest.mark.integration


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("create table thing (n int primary key);")
    return tmp_path


def shop(files: Path) -> list[MigrationSet]:
    return [MigrationSet(schema="shop", directory=files)]


@pytest.mark.oldest
def test_each_file_is_applied_once_in_its_own_schema(database: Database, files: Path) -> None:
    assert database.migrate(shop(files)) == 1
    assert database.migrate(shop(files)) == 0
    with database.transaction() as conn:
        conn.execute("insert into shop.thing values (1)")
    (files / "0002_second.sql").write_text("alter table thing add column name text;")
    assert database.migrate(shop(files)) == 1


def test_a_file_changed_after_it_was_applied_is_refused(database: Database, files: Path) -> None:
    database.migrate(shop(files))
    (files / "0001_first.sql").write_text("create table thing (n bigint primary key);")
    with pytest.raises(MigrationRefused, match="changed after it was applied"):
        database.migrate(shop(files))


def test_a_database_newer_than_the_program_is_refused(database: Database, files: Path) -> None:
    (files / "0002_second.sql").write_text("select 1;")
    database.migrate(shop(files))
    (files / "0002_second.sql").unlink()
    with pytest.raises(MigrationRefused, match="newer than the program"):
        database.migrate(shop(files))


def test_a_file_that_fails_leaves_nothing_behind(database: Database, files: Path) -> None:
    (files / "0002_broken.sql").write_text("create table half (n int); select 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        database.migrate(shop(files))
    with database.transaction() as conn:
        assert conn.execute("select to_regclass('shop.thing')::text, to_regclass('shop.half')").fetchone() == (
            "shop.thing",
            None,
        )


@pytest.mark.parametrize("name", ["first.sql", "1_first.sql", "0001_First.sql"])
def test_a_badly_named_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("select 1;")
    with pytest.raises(MigrationRefused, match="NNNN_what"):
        list_migrations(tmp_path)


def test_a_number_used_twice_is_refused(files: Path) -> None:
    (files / "0001_other.sql").write_text("select 1;")
    with pytest.raises(MigrationRefused, match="taken by 0001_first"):
        list_migrations(files)


@pytest.mark.parametrize(
    "statement",
    [
        "create table twin.mine (n int)",
        "create schema mine",
        "drop table twin.reading",
        "update audit.line set actor = 'me'",
        "delete from audit.line",
        "truncate audit.line",
        "insert into audit.line (at_ms, site, actor, action, target, why) values (0, '', '', '', '', '')",
        "select 1 from hall.migration for update",
    ],
)
def test_the_application_may_neither_change_the_schema_nor_rewrite_the_audit(
    database: Database, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as conn:
        conn.execute(statement.encode())


@pytest.mark.oldest
def test_an_audit_line_lives_and_dies_with_its_transaction(database: Database) -> None:
    def add(target: str, *, then: int) -> float:
        with database.transaction() as conn:
            audit.append(
                conn, site="s", actor="王芳", action="a", target=target, before=None, after={"n": 1}, why="试", at_ms=7
            )
            return 1 / then

    add("kept", then=1)
    with pytest.raises(ZeroDivisionError):
        add("gone", then=0)
    with database.transaction() as conn:
        (line,) = audit.list_lines(conn)
    assert (line["target"], line["actor"], line["before"], line["after"]) == ("kept", "王芳", None, {"n": 1})


def test_not_even_the_owner_rewrites_audit_lines(database: Database) -> None:
    with database.transaction() as conn:
        audit.append(conn, site="s", actor="a", action="a", target="t", before=None, after=None, why="", at_ms=0)
    with (
        psycopg.connect(database.url) as conn,
        pytest.raises(psycopg.errors.RaiseException, match="never changed"),
    ):
        conn.execute("delete from audit.line")


def test_days_get_partitions_and_stray_rows_move_into_them(plain: Database) -> None:
    insert = "insert into twin.reading values ('2031-05-06 12:00+00', 1, 2.5, 0, null)"
    with plain.transaction() as conn:
        conn.execute(insert)
        assert conn.execute("select count(*) from twin.reading_default").fetchone() == (1,)
        for _ in range(2):
            conn.execute("select twin.make_day('2031-05-06')")
        assert conn.execute("select count(*) from twin.reading_default").fetchone() == (0,)
        assert conn.execute("select value, tableoid::regclass::text from twin.reading").fetchone() == (
            2.5, "twin.reading_20310506",
        )  # fmt: skip
        assert conn.execute("select twin.drop_days_before('2031-05-06')").fetchone() == (0,)
        assert conn.execute("select twin.drop_days_before('2031-05-07')").fetchone() == (1,)
        assert conn.execute("select count(*) from twin.reading").fetchone() == (0,)


def test_a_server_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/nowhere") as refused:
        Database("postgresql://user:secret@127.0.0.1:1/nowhere").migrate()
    assert "secret" not in str(refused.value)


def test_a_user_who_may_not_make_roles_is_told_so(server: TestServer) -> None:
    with server.database() as url:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("drop role if exists hall_nobody")
            conn.execute("create role hall_nobody login")
            missing = conn.execute("select count(*) from pg_roles where rolname = 'hall_app'").fetchone()
        nobody = psycopg.conninfo.make_conninfo(url, user="hall_nobody")
        with pytest.raises(DatabaseUnavailable, match="hall_app") as refused:
            Database(nobody).migrate()
        assert missing is not None
        assert "createrole" in refused.value.todo
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("drop role hall_nobody")
