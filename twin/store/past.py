"""Reads what was: the newest reading of every point before a time, what changed when, and what happened.

Readings stand in the order of their time; of one point and millisecond the one with the higher sequence number is the
later, and of full ties the larger content: so that the past does not depend on the order in which readings came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, TypeAlias

from twin.state import WORST_FIRST, PointValue
from twin.store.database import Connection
from twin.store.instants import instant, micros_cursor

Row: TypeAlias = tuple[int, int, float | None, str | None, int]
"""(point number, time in microseconds, number, text, quality code)."""


@dataclass(frozen=True, slots=True)
class PointInfo:
    """``type`` and ``source`` as they were said last: a reading keeps neither."""

    entity: str
    name: str
    type: type
    source: str

    def value(self, row: Row) -> PointValue:
        _, ts_us, number, text, quality = row
        ts_ms = ts_us // 1000
        raw: Any = text if number is None else number
        if number is not None and (self.type is bool or (self.type is int and number.is_integer())):
            raw = self.type(number)
        return PointValue(
            value=raw, quality=WORST_FIRST[2 - quality], ts_ms=ts_ms, source=self.source, received_ms=ts_ms
        )


def read_points(conn: Connection, *, site: str, beyond: int, again: Sequence[int]) -> dict[int, PointInfo]:
    """Points with a higher number than ``beyond`` and those asked for again; without source where none is known yet."""
    rows = conn.execute(
        "select p.id, p.entity, p.name, l.value, coalesce(l.source, '') from twin.point p"
        " left join twin.latest l on l.point_id = p.id"
        " where starts_with(p.entity, %s) and (p.id > %s or p.id = any(%s)) order by p.id",
        [f"{site}:", beyond, list(again)],
    )
    return {number: PointInfo(entity, name, type(value), source) for number, entity, name, value, source in rows}


def find_frame(conn: Connection, *, site: str, at_ms: int) -> datetime | None:
    """The newest hour with a keyframe at or before this time."""
    row = conn.execute(
        "select at from twin.keyframe_hour where site = %s and complete and at <= %s order by at desc limit 1",
        [site, instant(at_ms)],
    ).fetchone()
    return None if row is None else row[0]


def is_kept(conn: Connection, *, site: str, at_ms: int) -> bool:
    """Whether the readings of that time were not let go yet."""
    row = conn.execute("select raw_since <= %s from twin.kept where site = %s", [instant(at_ms), site]).fetchone()
    return row is None or bool(row[0])


_NEWEST = (
    "select asked.id, d.ts, d.value, d.text, d.quality from unnest(%(points)s::int[]) as asked (id)"
    " cross join lateral (select r.ts, r.value, r.text, r.quality from twin.reading r"
    " where r.point_id = asked.id and r.ts >= %(low)s and r.ts < %(high)s"
    " order by r.ts desc fetch first 1 row with ties) d"
)
_FRAME = (
    "select k.point_id, k.ts, k.value, k.text, k.quality from twin.keyframe k"
    " where k.at = %(low)s and k.point_id = any(%(points)s)"
)


def read_newest(conn: Connection, points: Sequence[int], *, at_ms: int, frame: datetime | None) -> dict[int, Row]:
    """The newest reading of each of these points at that time: as it stood in the keyframe, and what came since."""
    cursor = micros_cursor(conn)
    asked = {"points": list(points), "low": frame or "-infinity", "high": instant(at_ms + 1)}
    newest: dict[int, Row] = {}
    if frame is not None:
        newest = {row[0]: row for row in cursor.execute(_FRAME, asked)}
    newest |= last_of(cursor.execute(_NEWEST, asked))
    return newest


def last_of(rows: Iterable[Row]) -> dict[int, Row]:
    """The latest one of each point."""
    newest: dict[int, Row] = {}
    for row in rows:
        held = newest.get(row[0])
        if held is None or rank(row) > rank(held):
            newest[row[0]] = row
    return newest


def rank(row: Row) -> tuple[int, int, float, str]:
    """The order of readings of one point: by time; what ties there by quality, then by value. See ``RANK``."""
    _, ts_us, number, text, quality = row
    return ts_us, -quality, -inf if number is None else number, text or ""


RANK = "({0}.ts, -{0}.quality, coalesce({0}.value, '-infinity'), coalesce({0}.text, '') collate \"C\")"
"""``rank`` of a row called {0}, for the database."""


_CHANGES = (
    "select r.point_id, r.ts, r.value, r.text, r.quality from twin.reading r"
    " where r.ts >= %(low)s and r.ts < %(high)s and (r.ts, r.point_id) > (%(after)s, %(point)s)"
    " order by r.ts, r.point_id fetch first %(limit)s rows with ties"
)


def read_page(
    conn: Connection, *, low: datetime, high: datetime, after: tuple[datetime, int], limit: int
) -> tuple[list[Row], bool]:
    """Readings of all points in order of (time, point), beyond ``after``, of ties the one that counts; and whether
    there may be more.
    """
    asked = {"low": low, "high": high, "after": after[0], "point": after[1], "limit": limit}
    found = micros_cursor(conn).execute(_CHANGES, asked).fetchall()
    page: dict[tuple[int, int], Row] = {}
    for row in found:
        key = row[1], row[0]
        if key not in page or rank(row) > rank(page[key]):
            page[key] = row
    return list(page.values()), len(found) >= limit
