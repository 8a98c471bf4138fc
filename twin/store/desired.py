"""Keeps what is wanted of points: one row a point, that of the newest act on it."""

from __future__ import annotations

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from twin.desired import Desired
from twin.store.database import Connection


def keep_desired(conn: Connection, desired: Desired, *, site: str) -> None:
    """Unless a newer act on the same point stands there; see ``desired.newest``."""
    conn.execute(
        "insert into twin.desired (site, entity, point, value, since_ms, actor, command, grace_ms)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (site, entity, point) do update set"
        " value = excluded.value, since_ms = excluded.since_ms, actor = excluded.actor,"
        " command = excluded.command, grace_ms = excluded.grace_ms, away_ms = null"
        " where excluded.since_ms >= twin.desired.since_ms",
        [
            site, desired.entity, desired.point, None if desired.value is None else Jsonb(desired.value),
            desired.since_ms, desired.by, desired.command, desired.grace_ms,
        ],
    )  # fmt: skip


def keep_away(conn: Connection, desired: Desired, *, site: str) -> None:
    """Since when it is not reported as wanted, so that this is known after a restart."""
    conn.execute(
        "update twin.desired set away_ms = %s where site = %s and entity = %s and point = %s and since_ms = %s",
        [desired.away_ms, site, desired.entity, desired.point, desired.since_ms],
    )


def read_desired(conn: Connection, *, site: str) -> list[Desired]:
    with conn.cursor(row_factory=class_row(Desired)) as cursor:
        cursor.execute(
            'select entity, point, value, since_ms, actor as "by", command, grace_ms, away_ms from twin.desired'
            " where site = %s order by entity, point",
            [site],
        )
        return cursor.fetchall()
