"""Searching the audit: every filter, pages without gap or repetition, and a word that is far away."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from twin.store import audit, audit_search
from twin.store.audit_search import Wanted, list_actions, search, search_all
from twin.store.database import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def site(database: Database) -> str:
    """Thirty lines: three actors by turns, two actions, a word in every tenth."""
    name = f"s{uuid.uuid4().hex[:8]}"
    with database.transaction() as conn:
        for n in range(30):
            audit.append(
                conn, site=name, actor=f"user:{n % 3}", action=f"{name}.{'call' if n % 2 else 'take'}",
                target=f"{name}:ticket:{n}", before=None, after={"note": "Grüße 你好" if n % 10 == 0 else "x"},
                why="", at_ms=1_000 + n,
            )  # fmt: skip
    return name


def found(database: Database, site: str, *, limit: int = 100, **wanted: Any) -> list[int]:
    """Numbers of the lines that are found, newest first, over all pages."""
    lines: list[int] = []
    cursor, pages = None, 0
    while True:
        with database.transaction() as conn:
            page, cursor = search(conn, Wanted(**wanted), site=site, cursor=cursor, limit=limit)
        lines += [line["at_ms"] - 1_000 for line in page]
        pages += 1
        assert pages < 50
        if cursor is None:
            return lines


@pytest.mark.parametrize("limit", [1, 7, 30, 100])
def test_pages_follow_each_other_without_gap_or_repetition(database: Database, site: str, limit: int) -> None:
    assert found(database, site, limit=limit) == list(range(29, -1, -1))
    assert found(database, site, limit=limit, actor="user:1") == list(range(28, 0, -3))
    assert found(database, site, limit=limit, text="你好") == [20, 10, 0]


def test_a_sign_that_json_escapes_is_found_where_it_was_written_and_nowhere_else(database: Database, site: str) -> None:
    notes = {40: 'said "no" twice', 41: "a\\b", 42: "one\ntwo", 43: "plain"}
    with database.transaction() as conn:
        for at, note in notes.items():
            audit.append(
                conn, site=site, actor="user:0", action=f"{site}.note", target=f"{site}:ticket:1", before=None,
                after={"note": note}, why="", at_ms=1_000 + at,
            )  # fmt: skip
    assert found(database, site, text='d "no" t', action=f"{site}.note") == [40]
    assert found(database, site, text="\\", action=f"{site}.note") == [41]
    assert found(database, site, text="one\ntwo", action=f"{site}.note") == [42]


def test_every_filter_narrows(database: Database, site: str) -> None:
    assert found(database, site, action=f"{site}.take") == list(range(28, -1, -2))
    assert found(database, site, target=f"{site}:ticket:7") == [7]
    assert found(database, site, since_ms=1_010, until_ms=1_013) == [12, 11, 10]
    assert found(database, site, text="GRü", actor="user:0") == [0]
    assert found(database, site, text="nothing like it") == []
    assert found(database, "elsewhere") == []


def test_a_word_is_found_however_many_lines_are_looked_through(
    database: Database, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "EXAMINED_MAX", 4)
    assert found(database, site, text="你好") == [20, 10, 0]


def test_an_export_ends_at_its_limit(database: Database, site: str) -> None:
    pages = list(search_all(database, Wanted(), site=site, most=12))
    assert [line["at_ms"] - 1_000 for page in pages for line in page] == list(range(29, 17, -1))


def test_actions_are_listed_once(database: Database, site: str) -> None:
    with database.transaction() as conn:
        actions = list_actions(conn)
    assert [action for action in actions if action.startswith(site)] == [f"{site}.call", f"{site}.take"]
    assert len(set(actions)) == len(actions)
