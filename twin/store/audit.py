"""Adds audit lines within the caller's transaction, through the one function that may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from twin.store.database import Connection

PAGE_MAX = 1000


def append(
    conn: Connection,
    *,
    site: str,
    actor: str,
    action: str,
    target: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    why: str,
    at_ms: int,
) -> None:
    """One line: who did what to what, from what to what, and why."""
    conn.execute(
        "select audit.append(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            at_ms,
            site,
            actor,
            action,
            target,
            None if before is None else Jsonb(before),
            None if after is None else Jsonb(after),
            why,
        ],
    )


def list_lines(
    conn: Connection, *, limit: int = 100, target: str | None = None, site: str | None = None
) -> list[dict[str, Any]]:
    """The newest first; of one site, or of all."""
    cursor = conn.cursor(row_factory=dict_row)
    cursor.execute(
        "select id, at_ms, site, actor, action, target, before, after, why from audit.line"
        " where (%(target)s::text is null or target = %(target)s) and (%(site)s::text is null or site = %(site)s)"
        " order by id desc limit %(limit)s",
        {"target": target, "site": site, "limit": min(limit, PAGE_MAX)},
    )
    return cursor.fetchall()
