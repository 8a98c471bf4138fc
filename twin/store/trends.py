"""One point over time in a few points: each part of the time is told by its lowest and its highest reading.

Few readings are told as they are. Long times come from the rollups, with readings where these do not reach or a late
one made them doubtful: lowest and highest are exact always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from psycopg import sql

from iot.messages import Quality
from twin.state import WORST_FIRST
from twin.store.database import Connection
from twin.store.instants import HOUR_MS, instant, micros_cursor, millis
from twin.store.past import rank
from twin.store.runs import Span, merge

RAW_MAX = 100_000
"""So many readings of one point are read as they are; more come from rollups, also where those are coarser."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Truth values are 1 and 0."""

    ts_ms: int
    value: float | str
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """``step_s``: of the rollups it was read from, None where from the readings themselves.

    ``whole``: every reading is there. ``gaps``: where the hall was not recording, so that nothing can be said.
    """

    since_ms: int
    until_ms: int
    points: tuple[TrendPoint, ...]
    gaps: tuple[Span, ...]
    step_s: int | None
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``point`` of ``site`` from ``since_ms`` to ``until_ms``, both included."""

    site: str
    point: int
    since_ms: int
    until_ms: int
    points_max: int

    @property
    def part_ms(self) -> float:
        """Each part of the time has two points."""
        return (self.until_ms + 1 - self.since_ms) / (self.points_max // 2)

    def asked(self) -> dict[str, Any]:
        return {
            "point": self.point, "limit": self.points_max + 1,
            "low": instant(self.since_ms), "high": instant(self.until_ms + 1),
        }  # fmt: skip


def read_trend(conn: Connection, question: Question, *, recorded: Sequence[Span]) -> Trend:
    q = question
    few = sorted(micros_cursor(conn).execute(_FEW, q.asked()).fetchall(), key=rank)
    whole, steps = len(few) <= q.points_max and _raw_since(conn, q) <= q.since_ms, list[int]()
    if any(text is not None for _, _, _, text, _ in few):
        points, whole = _read_words(conn, q)
    elif whole:
        points = [_point(ts_us // 1000, number or 0.0, quality) for _, ts_us, number, _, quality in few]
    else:
        steps = _choose_steps(conn, q)
        points = read_peaks(conn, q, steps)
    return Trend(
        since_ms=q.since_ms, until_ms=q.until_ms, points=tuple(points),
        gaps=tuple(between(recorded, q.since_ms, q.until_ms)), step_s=max(steps, default=None), whole=whole,
    )  # fmt: skip


def between(spans: Sequence[Span], since_ms: int, until_ms: int) -> list[Span]:
    """What these spans leave out of the time."""
    edges = [(since_ms, since_ms), *spans, (until_ms, until_ms)]
    return [(left[1], right[0]) for left, right in pairwise(edges) if left[1] < right[0]]


# --- the readings themselves -------------------------------------------------------------------------------

_FEW = (
    "select distinct r.point_id, r.ts, r.value, r.text, r.quality from (select * from twin.reading"
    " where point_id = %(point)s and ts >= %(low)s and ts < %(high)s order by ts limit %(limit)s) r"
)
_WORDS = (
    "select ts, text, quality from (select ts, coalesce(text, value::text) as text, quality,"
    " lag(coalesce(text, value::text)) over (order by ts, quality desc, text) as before from twin.reading"
    " where point_id = %(point)s and ts >= %(low)s and ts < %(high)s) r"
    " where text is distinct from before order by ts, quality desc, text"
)


def _read_words(conn: Connection, q: Question) -> tuple[list[TrendPoint], bool]:
    """When the word became another; of too many changes the last one of each part of the time."""
    rows = micros_cursor(conn).execute(_WORDS, q.asked()).fetchall()
    points = [TrendPoint(ts_us // 1000, text, WORST_FIRST[2 - quality]) for ts_us, text, quality in rows]
    if len(points) <= q.points_max:
        return points, True
    return list({int(2 * (p.ts_ms - q.since_ms) / q.part_ms): p for p in points}.values()), False


# --- peaks -------------------------------------------------------------------------------------------------

_OF_READINGS = (
    "select (extract(epoch from ts) * 1000000)::bigint / 1000 as ms, value, quality from twin.reading"
    " where point_id = {point} and ts >= {low} and ts < {high} and value is not null"
)
_OF_ROLLUPS = (
    "select (extract(epoch from p.ts) * 1000000)::bigint / 1000 as ms, p.value, r.quality from twin.rollup r"
    " cross join lateral (values (r.low_ts, r.low), (r.high_ts, r.high)) as p (ts, value)"
    " where r.point_id = {point} and r.step_s = {step} and r.at >= {low} and r.at < {high}"
    " and p.ts >= {since} and p.ts < {until}"
)
_PEAKS = (
    "select floor((ms - {since}) / {part}::float8)::int,"
    " min(array[value, ms, quality]), max(array[value, -ms, quality]) from ({seen}) seen"
    " group by 1, quality > 1 order by 1, quality > 1"
)
"""The times stand in the text: each source is looked up where it is, and no other day is opened."""


def read_peaks(conn: Connection, q: Question, steps: Sequence[int]) -> list[TrendPoint]:
    """Lowest and highest of each part. Where a part has readings to be believed, those marked bad are left out."""
    sources = _plan(conn, q, steps)
    ends = {"since": sql.Literal(instant(q.since_ms)), "until": sql.Literal(instant(q.until_ms + 1))}
    seen = sql.SQL(" union all ").join(
        sql.SQL(_OF_READINGS if step_s is None else _OF_ROLLUPS).format(
            point=q.point, step=step_s, low=sql.Literal(instant(low)), high=sql.Literal(instant(high)), **ends
        )
        for step_s, low, high in sources
    )
    query = sql.SQL(_PEAKS).format(since=q.since_ms, part=q.part_ms, seen=seen)
    parts: dict[int, list[TrendPoint]] = {}
    for number, low, high in conn.execute(query):
        pair = {_point(int(low[1]), low[0], int(low[2])), _point(int(-high[1]), high[0], int(high[2]))}
        parts.setdefault(number, sorted(pair, key=lambda p: (p.ts_ms, p.value)))  # the believed ones come first
    return [point for pair in parts.values() for point in pair]


def _plan(conn: Connection, q: Question, steps: Sequence[int]) -> list[tuple[int | None, int, int]]:
    """(step or None for readings, from, to): what each part of the time is to be read from."""
    low_ms, high_ms = q.since_ms, q.until_ms + 1
    row = conn.execute("select done from twin.kept where site = %s", [q.site]).fetchone()
    done_ms = low_ms if row is None or not steps else min(max(millis(row[0]), low_ms), high_ms)
    doubtful = conn.execute(
        "select distinct hour from twin.late where point_id = %s and hour > %s and hour < %s order by hour",
        [q.point, instant(low_ms - HOUR_MS), instant(done_ms)],
    ).fetchall()
    hours = merge((max(millis(hour), low_ms), min(millis(hour) + HOUR_MS, done_ms)) for (hour,) in doubtful)
    sources: list[tuple[int | None, int, int]] = [(None, low, high) for low, high in hours]
    for low, high in between(hours, low_ms, done_ms):
        sources += cover(low, high, sorted(steps, reverse=True))
    sources.append((None, done_ms, high_ms))  # never empty: there is a source even where nothing was summed up
    return _without_raw(sources, raw_since_ms=_raw_since(conn, q), step_s=min(steps)) if steps else sources


def _without_raw(
    sources: Sequence[tuple[int | None, int, int]], *, raw_since_ms: int, step_s: int
) -> list[tuple[int | None, int, int]]:
    """Where the readings were let go, the steps at both ends are read too: what of them is outside is left out."""
    step_ms = step_s * 1000
    return [
        (step_s, low // step_ms * step_ms, -(-high // step_ms) * step_ms)
        if source is None and low < raw_since_ms
        else (source, low, high)
        for source, low, high in sources
    ]


def cover(low_ms: int, high_ms: int, steps: Sequence[int]) -> list[tuple[int | None, int, int]]:
    """Whole steps in the middle, the largest first; smaller ones and at last readings at both ends."""
    if low_ms >= high_ms:
        return []
    if not steps:
        return [(None, low_ms, high_ms)]
    step_ms = steps[0] * 1000
    first, last = -(-low_ms // step_ms) * step_ms, high_ms // step_ms * step_ms
    if first >= last:
        return cover(low_ms, high_ms, steps[1:])
    return [*cover(low_ms, first, steps[1:]), (steps[0], first, last), *cover(last, high_ms, steps[1:])]


def _choose_steps(conn: Connection, q: Question) -> list[int]:
    """Which rollups to read: none coarser than a part; finer ones for the ends. None where readings are quick."""
    rolled = conn.execute(
        "select step_s from twin.rolled where site = %s and since <= %s order by step_s", [q.site, instant(q.since_ms)]
    )
    kept = [int(step_s) for (step_s,) in rolled]
    fine = [step_s for step_s in kept if step_s * 1000 <= q.part_ms]
    if fine or not kept:
        return fine
    if _raw_since(conn, q) > q.since_ms:
        return kept[:1]
    row = conn.execute(
        "select sum(n) from twin.rollup where point_id = %s and step_s = %s and at >= %s and at < %s",
        [q.point, kept[0], instant(q.since_ms), instant(q.until_ms)],
    ).fetchone()
    return kept[:1] if row is not None and (row[0] or 0) > RAW_MAX else []


def _raw_since(conn: Connection, q: Question) -> int:
    """From when on there are readings still."""
    row = conn.execute(
        "select greatest(raw_since, '1970-01-01+00') from twin.kept where site = %s", [q.site]
    ).fetchone()
    return 0 if row is None else millis(row[0])


def _point(ts_ms: int, value: float, quality: int) -> TrendPoint:
    return TrendPoint(ts_ms, value, WORST_FIRST[2 - quality])
