"""The recorded readings of chosen points, one series after the other, in pages of which each is a short transaction.

However long a client takes to read them, no connection, no snapshot and no lock waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from iot.messages import Quality
from twin.selection import Chooser
from twin.store.database import Connection, Database
from twin.store.instants import instant, instant_us, micros_cursor, millis
from twin.store.past import PointInfo, Row, rank, read_points

POINTS_A_PAGE = 64
ROWS_A_POINT = 500
"""Of each point in a page of many."""
ROWS_A_PAGE = 10_000
"""Of the one point that has more."""
_PAGE = (
    "select asked.id, d.ts, d.value, d.text, d.quality from unnest(%(points)s::int[]) with ordinality as asked (id, n)"
    " cross join lateral (select r.ts, r.value, r.text, r.quality from twin.reading r"
    " where r.point_id = asked.id and r.ts > %(after)s and r.ts < %(high)s"
    " order by r.ts fetch first %(limit)s rows with ties) d order by asked.n, d.ts"
)


class Exported(NamedTuple):
    """``value`` is a number (truth values are), else ``text`` is what was said."""

    ts_ms: int
    entity: str
    point: str
    value: float | None
    text: str | None
    quality: Quality
    truth: bool
    """Whether the number stands for true or false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``since_ms`` to before ``until_ms``."""

    since_ms: int
    until_ms: int


class RecordedPoints:
    """What was ever recorded of one site."""

    def __init__(self, database: Database, *, site: str) -> None:
        self._database = database
        with database.transaction() as conn:
            self._points = read_points(conn, site=site, beyond=-1, again=())
            row = conn.execute(
                "select raw_since from twin.kept where site = %s and isfinite(raw_since)", [site]
            ).fetchone()
        self.kept_since_ms = None if row is None else millis(row[0])
        """Readings before it were let go by the hall's retention; None where none were."""

    @property
    def entities(self) -> set[str]:
        return {info.entity for info in self._points.values()}

    def rows(self, chooser: Chooser, span: Span) -> Iterator[list[Exported]]:
        """Batches, never empty, by entity and point and each in order of time; of one moment what counts."""
        chosen = {n: info for n, info in self._points.items() if chooser.takes(info.entity, info.name)}
        numbers = sorted(chosen, key=lambda n: (chosen[n].entity, chosen[n].name))
        before, high = instant_us(span.since_ms * 1000 - 1), instant(span.until_ms)
        for start in range(0, len(numbers), POINTS_A_PAGE):
            page = self._page(numbers[start : start + POINTS_A_PAGE], before, high, ROWS_A_POINT)
            for number, group in groupby(page, key=itemgetter(0)):
                rows = list(group)
                yield _told(rows, chosen)
                limit = ROWS_A_POINT
                while len(rows) >= limit:
                    limit = ROWS_A_PAGE
                    rows = self._page([number], instant_us(rows[-1][1]), high, limit)
                    if rows:
                        yield _told(rows, chosen)

    def _page(self, numbers: Sequence[int], after: datetime, high: datetime, limit: int) -> list[Row]:
        with self._database.transaction() as conn:
            return _read(conn, {"points": numbers, "after": after, "high": high, "limit": limit})


def _read(conn: Connection, asked: Mapping[str, object]) -> list[Row]:
    return micros_cursor(conn).execute(_PAGE, dict(asked)).fetchall()


def _told(rows: Sequence[Row], points: Mapping[int, PointInfo]) -> list[Exported]:
    told = []
    for _, same in groupby(rows, key=itemgetter(1)):
        number, ts_us, value, text, quality = max(same, key=rank)
        info = points[number]
        said = info.value((number, ts_us, value, text, quality))
        truth = isinstance(said.value, bool)
        told.append(Exported(said.ts_ms, info.entity, info.name, value, text, said.quality, truth))
    return told
