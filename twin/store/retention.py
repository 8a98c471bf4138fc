"""Lets go of what is older than it is to be kept, as the rows of ``twin.retention`` say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twin.store.database import Connection
from twin.store.instants import DAY_MS, instant

LOCK_WAIT = "200ms"
"""For so long a day's table may be waited for; readers of the past hold it for longer sometimes: then another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What is older goes; None, or a step that is not in it: all is kept. ``rollups`` by their step in seconds."""

    readings: datetime | None
    keyframes: datetime | None
    rollups: Mapping[int, datetime]


def list_ends(conn: Connection, *, now_ms: int) -> Ends:
    rows = conn.execute("select what, step_s, keep_days from twin.retention where keep_days is not null").fetchall()
    ends = {what: instant((now_ms // DAY_MS - days) * DAY_MS) for what, _, days in rows}
    return Ends(
        readings=ends.get("reading"), keyframes=ends.get("keyframe"),
        rollups={int(step_s): ends[what] for what, step_s, _ in rows if step_s is not None},
    )  # fmt: skip


def drop_readings(conn: Connection, *, before: datetime) -> int:
    """Whole days, within the caller's transaction; returns how many. Raises LockNotAvailable where somebody reads."""
    conn.execute("update twin.kept set raw_since = greatest(raw_since, %s)", [before])
    conn.execute(f"set local lock_timeout = '{LOCK_WAIT}'".encode())
    row = conn.execute("select twin.drop_days_before(%s::date)", [before.date()]).fetchone()
    conn.execute("delete from twin.reading where ts < %s", [before])  # days that no sane clock would tell
    return 0 if row is None else int(row[0])


def drop_keyframe(conn: Connection, *, site: str, before: datetime) -> bool:
    """The oldest one, if it is old enough."""
    row = conn.execute(
        "delete from twin.keyframe_hour where site = %(site)s and at = (select min(at) from twin.keyframe_hour"
        " where site = %(site)s) and at < %(before)s returning at",
        {"site": site, "before": before},
    ).fetchone()
    if row is None:
        return False
    conn.execute(
        "delete from twin.keyframe where at = %s and point_id in"
        " (select id from twin.point where starts_with(entity, %s))",
        [row[0], f"{site}:"],
    )
    return True


def hide_rollups(conn: Connection, *, site: str, step_s: int, before: datetime) -> None:
    """Nobody is to read what is about to go."""
    conn.execute(
        "update twin.rolled set since = %s where site = %s and step_s = %s and since < %s",
        [before, site, step_s, before],
    )


def drop_rollups(conn: Connection, points: Sequence[int], *, step_s: int, before: datetime) -> int:
    deleted = conn.execute(
        "delete from twin.rollup where point_id = any(%s) and step_s = %s and at < %s", [list(points), step_s, before]
    )
    return deleted.rowcount
