"""When the hall was recording: what was not recorded is unknown."""

from __future__ import annotations

from collections.abc import Iterable

from twin.store.database import Connection

Span = tuple[int, int]


def begin(conn: Connection, *, site: str, now_ms: int, heard_ms: int = 0) -> int:
    """A new run. One that was cut off before had recorded at least up to the newest reading it has left, be it in the
    database or, received at ``heard_ms``, on its way there.
    """
    conn.execute(
        "update twin.run r set seen_ms = greatest(r.seen_ms, least(%(heard)s::bigint, %(now)s::bigint),"
        " (select max(l.received_ms) from twin.latest l join twin.point p on p.id = l.point_id"
        " where starts_with(p.entity, %(prefix)s) and l.received_ms <= %(now)s))"
        " where r.id = (select max(id) from twin.run where site = %(site)s)",
        {"site": site, "prefix": f"{site}:", "now": now_ms, "heard": heard_ms},
    )
    row = conn.execute(
        "insert into twin.run (site, started_ms, seen_ms) values (%s, %s, %s) returning id", [site, now_ms, now_ms]
    ).fetchone()
    assert row is not None  # noqa: S101 - returning always does
    return int(row[0])


def beat(conn: Connection, run: int, *, now_ms: int) -> None:
    """It is still recording."""
    conn.execute("update twin.run set seen_ms = greatest(seen_ms, %s) where id = %s", [now_ms, run])


def list_spans(conn: Connection, *, site: str, since_ms: int, until_ms: int, running: int | None) -> list[Span]:
    """Where the hall was recording, within these times; in order, none touching another. ``running`` still is."""
    rows = conn.execute(
        "select greatest(started_ms, %(since)s::bigint),"
        " case when id = %(running)s then %(until)s else least(seen_ms, %(until)s::bigint) end"
        " from twin.run where site = %(site)s and (seen_ms >= %(since)s or id = %(running)s)"
        " and started_ms <= %(until)s order by started_ms",
        {"site": site, "since": since_ms, "until": until_ms, "running": running},
    )
    return merge(rows)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans of which none touches another; given and answered in order of their beginning."""
    merged: list[Span] = []
    for low, high in spans:
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
