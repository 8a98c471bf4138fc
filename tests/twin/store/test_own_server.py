"""What ``make test-database`` says of a server before it begins."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.own_server import look, main
from twin.testing import TestServer, throwaway_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with throwaway_server() as running:
        yield running


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
    assert main([server.url, "--only", "tests/twin/test_selection.py", "--readings", "0"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["tests"]["passed"] > 0
    assert report["server"]["missing"] == []
    with psycopg.connect(server.url) as conn:
        left = conn.execute("select datname from pg_database where datname like 'halltwin\\_%'").fetchall()
    assert left == []


def test_one_that_does_not_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postgresql://nobody@127.0.0.1:1/nothing"]) == 6
    assert "does not answer" in capsys.readouterr().err
