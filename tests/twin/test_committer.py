"""What waits in the journal is executed once and in order, many at a time, and one that is refused costs no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from twin.committer import DRAINED_TOGETHER, Committer
from twin.errors import DatabaseUnavailable
from twin.journal import Statement
from twin.spool import Spool
from twin.store.audit import append, list_lines
from twin.store.database import Connection, Database
from twin.testing import SITE

pytestmark = pytest.mark.integration
JOBS, REFUSED = 2 * DRAINED_TOGETHER + 50, DRAINED_TOGETHER + 7


def job(number: int) -> Callable[[Connection], None]:
    def work(conn: Connection) -> None:
        append(
            conn, site=SITE, actor="a", action="counted", target=str(number), before=None, after=None, why="", at_ms=1
        )  # fmt: skip
        if number == REFUSED:
            conn.execute("select 1 / 0")

    return work


def open_committer(database: Database, folder: Path) -> Committer:
    return Committer(database, site=SITE, now_ms=lambda: 1, journal=Spool(folder, bytes_max=1 << 20))


def test_a_journal_is_brought_in_once_in_order_and_without_what_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to its first job was lost: that one is in the database already."""
    earlier = open_committer(database, tmp_path)
    execute, lost = earlier._execute, []

    def execute_and_lose(statements: Sequence[Statement], first: int, last: int) -> bool:
        done = execute(statements, first, last)
        if not lost:
            lost.append(first)
            database.hang_up()
            raise DatabaseUnavailable("the line broke after the commit", todo="wait")
        return done

    monkeypatch.setattr(earlier, "_execute", execute_and_lose)
    earlier.recover()
    earlier.start()
    futures: list[Future[Any]] = [earlier.submit(job(number), lambda _: None) for number in range(JOBS)]
    for future in futures:
        future.result(timeout=30)
    assert earlier.journaled == JOBS
    earlier.stop()
    database.hangs = False
    later = open_committer(database, tmp_path)
    later.recover()
    assert (later.refused, later.journaled) == (1, 0)
    with database.transaction() as conn:
        counted = [int(line["target"]) for line in list_lines(conn, limit=1000) if line["action"] == "counted"]
    assert sorted(counted) == [number for number in range(JOBS) if number != REFUSED]
    assert counted in (sorted(counted), sorted(counted, reverse=True))
