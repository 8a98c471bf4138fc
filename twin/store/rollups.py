"""Lowest and highest reading of every step of time, the smallest steps from the readings, larger ones from smaller.

Making one again comes to the same, so whoever is interrupted begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from twin.store.database import Connection
from twin.store.instants import instant, millis

_US = "(extract(epoch from {}) * 1000000)::bigint"
_LOW, _HIGH = "min(array[{}, {}])", "max(array[{}, -{}])"
_MADE = (
    "insert into twin.rollup as r (point_id, step_s, at, low_ts, high_ts, low, high, n, quality, bad)"
    " select point_id, %(step)s, at, timestamptz 'epoch' + low[2] * interval '1 microsecond',"
    " timestamptz 'epoch' - high[2] * interval '1 microsecond', low[1], high[1], n, quality, bad from ({}) made"
    " order by point_id, at on conflict (point_id, step_s, at, bad) do update set low_ts = excluded.low_ts,"
    " high_ts = excluded.high_ts, low = excluded.low, high = excluded.high, n = excluded.n, quality = excluded.quality"
)
_BIN = "date_bin(make_interval(secs => %(step)s), {}, timestamptz '2000-01-03 00:00+00')"
_OF_READINGS = _MADE.format(
    f"select point_id, {_BIN.format('ts')} as at, quality > 1 as bad, max(quality) as quality, count(*) as n,"  # noqa: S608 - ours
    f" {_LOW.format('value', _US.format('ts'))} as low, {_HIGH.format('value', _US.format('ts'))} as high"
    " from twin.reading where point_id = any(%(points)s) and ts >= %(low)s and ts < %(high)s and value is not null"
    " group by 1, 2, 3"
)
_OF_ROLLUPS = _MADE.format(
    f"select point_id, {_BIN.format('at')} as at, bad, max(quality) as quality, sum(n) as n,"  # noqa: S608 - ours
    f" {_LOW.format('low', _US.format('low_ts'))} as low, {_HIGH.format('high', _US.format('high_ts'))} as high"
    " from twin.rollup where point_id = any(%(points)s) and step_s = %(source)s and at >= %(low)s and at < %(high)s"
    " group by 1, 2, 3"
)


def list_steps(conn: Connection) -> list[int]:
    """In seconds, the smallest first."""
    rows = conn.execute("select step_s from twin.retention where step_s is not null order by step_s")
    return [int(step_s) for (step_s,) in rows]


def begin_steps(conn: Connection, steps: Sequence[int], *, site: str, now: datetime) -> None:
    """Steps that are new: from now on they are whole, or from the beginning where nothing was rolled up before."""
    rolled = conn.execute("select count(*) from twin.rolled where site = %s", [site]).fetchone()
    begun = rolled is not None and rolled[0] > 0
    for step_s in steps:
        first_ms = -(-millis(now) // (step_s * 1000)) * step_s * 1000
        conn.execute(
            "insert into twin.rolled (site, step_s, since) values (%s, %s, %s) on conflict do nothing",
            [site, step_s, instant(first_ms) if begun else "-infinity"],
        )


def roll(
    conn: Connection, points: Sequence[int], *, low_ms: int, high_ms: int, steps: Sequence[int], done_ms: int
) -> None:
    """All steps that touch this time and are over by ``done_ms``."""
    for step_s in steps:
        step_ms = step_s * 1000
        low, high = low_ms // step_ms * step_ms, -(-high_ms // step_ms) * step_ms
        high = min(high, done_ms // step_ms * step_ms)
        if low >= high:
            continue
        source = max((s for s in steps if s < step_s and step_s % s == 0), default=None)
        conn.execute(
            _OF_READINGS if source is None else _OF_ROLLUPS,
            {"step": step_s, "points": list(points), "source": source, "low": instant(low), "high": instant(high)},
        )
