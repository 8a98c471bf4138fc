"""What ``make test-database`` says of a server before it begins."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.own_server import look, main
from twin.testing import TestServer

pytestmark = pytest.mark.integration


def test_who_may_not_make_what_is_needed_is_told_what_to_type(
    server: TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.database() as url, psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("create role visitor login")
        try:
            theirs = make_conninfo(url, user="visitor")
            found = look(theirs)
            assert main([theirs]) == 6
        finally:
            conn.execute("drop role visitor")
    assert found.version.split(".")[0] in {"16", "17", "18"}
    said = capsys.readouterr().err
    assert "alter role visitor createdb" in said
    assert "alter role visitor createrole" in said
    assert f"PostgreSQL {found.version}" in said


def test_tests_run_there_in_databases_that_are_gone_afterwards(
    server: TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = own_databases(server)
    assert main([server.url, "--only", "tests/twin/test_selection.py", "--readings", "0"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["tests"]["passed"] > 0
    assert report["server"]["missing"] == []
    assert own_databases(server) == before


def own_databases(server: TestServer) -> set[str]:
    """The server may be somebody's, where these very tests run in such a database."""
    with psycopg.connect(server.url) as conn:
        return {name for (name,) in conn.execute("select datname from pg_database where datname like 'halltwin\\_%'")}


def test_one_that_does_not_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postgresql://nobody@127.0.0.1:1/nothing"]) == 6
    assert "does not answer" in capsys.readouterr().err
