"""Finds audit lines: who, what, to what, when, or a word in them; page by page, never all at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from twin.store.database import Connection, Database

EXAMINED_MAX = 20_000
"""So many lines are looked through for a word in one page; the next goes on from there."""
SEARCH_S = 10
PAGE_LINES = 1_000
_COLUMNS = "id, at_ms, site, actor, action, target, before, after, why"
_MATCHING = (
    f"select {_COLUMNS} from audit.line where site = %(site)s and (%(cursor)s::bigint is null or id < %(cursor)s)"  # noqa: S608 - ours
    " and (%(actor)s::text is null or actor = %(actor)s) and (%(action)s::text is null or action = %(action)s)"
    " and (%(target)s::text is null or target = %(target)s) and (%(since_ms)s::bigint is null or at_ms >= %(since_ms)s)"
    " and (%(until_ms)s::bigint is null or at_ms < %(until_ms)s) order by id desc limit %(examined)s"
)
_WITH_WORD = (
    f"with looked as materialized ({_MATCHING})"  # noqa: S608 - ours
    " select *, (select min(id) from looked) as lowest, (select count(*) from looked) as looked from looked"
    " where position(lower(%(text)s) in lower(concat_ws(' ', actor, action, target, why))) > 0"
    " or position(lower(%(escaped)s) in lower(concat_ws(' ', before, after))) > 0"
    " union all select null, null, null, null, null, null, null, null, null, min(id), count(*) from looked"
    " order by id desc nulls last limit %(rows)s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a line must be; None: anything. ``text``: a word anywhere in it, small or capital a to z alike."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    text: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def named(self) -> dict[str, str | int]:
        """Those that are something."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


def search(
    conn: Connection, wanted: Wanted, *, site: str, cursor: int | None, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """The newest first, from before the line ``cursor`` on; and the cursor of the next page, None at the end."""
    conn.execute(f"set local statement_timeout = '{SEARCH_S}s'".encode())
    values = {name: getattr(wanted, name) for name in Wanted.__slots__} | {"site": site, "cursor": cursor}
    with conn.cursor(row_factory=dict_row) as rows:
        if wanted.text is None:
            lines = rows.execute(_MATCHING, {**values, "examined": limit}).fetchall()
            return lines, lines[-1]["id"] if len(lines) == limit else None
        escaped = json.dumps(wanted.text, ensure_ascii=False)[1:-1]  # as it stands in JSON
        wish = {**values, "escaped": escaped, "examined": EXAMINED_MAX, "rows": limit + 1}
        found = rows.execute(_WITH_WORD, wish).fetchall()
    lines = [{name: row[name] for name in row if name not in {"lowest", "looked"}} for row in found if row["id"]]
    if len(lines) > limit:
        return lines[:limit], lines[limit - 1]["id"]
    end = found[-1]
    return lines, end["lowest"] if end["looked"] == EXAMINED_MAX else None


def search_all(database: Database, wanted: Wanted, *, site: str, most: int) -> Iterator[list[dict[str, Any]]]:
    """Page after page, a transaction each, until there are ``most`` lines."""
    cursor: int | None = None
    while most > 0:
        with database.transaction() as conn:
            lines, cursor = search(conn, wanted, site=site, cursor=cursor, limit=min(PAGE_LINES, most))
        yield lines
        most -= len(lines)
        if cursor is None:
            return


def list_actions(conn: Connection) -> list[str]:
    """All that was ever done, each once: by steps along the index, not by reading every line."""
    rows = conn.execute(
        "with recursive step as ((select action from audit.line order by action limit 1) union all"
        " select (select action from audit.line where action > step.action order by action limit 1) from step"
        " where step.action is not null) select action from step where action is not null"
    )
    return [str(row[0]) for row in rows]


def find_newest_by(conn: Connection, actor: str, action: str, *, site: str) -> tuple[int, dict[str, Any] | None] | None:
    """The line that tells when this actor last did this: its number, and what it says."""
    row = conn.execute(
        "select id, after from audit.line where actor = %s and action = %s and site = %s order by id desc limit 1",
        [actor, action, site],
    ).fetchone()
    return None if row is None else (int(row[0]), row[1])


def find_last(conn: Connection, *actions: str, site: str) -> str | None:
    """Which of these was done last."""
    row = conn.execute(
        "select action from audit.line where site = %s and action = any(%s) order by id desc limit 1",
        [site, list(actions)],
    ).fetchone()
    return None if row is None else str(row[0])
