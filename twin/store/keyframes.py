"""The newest reading of every point at each full hour: the state at any time is one keyframe and what came since.

A keyframe's row is a maximum, and merging maxima comes to the same in any order: the keeper enters what it finds, the
recorder what comes late, each in a transaction of its own. Nothing falls between the two, because the keeper tells how
far it has come while no batch is under way: what is committed before is found, what comes after knows that it is late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from twin.store.database import Connection
from twin.store.instants import HOUR_MS, instant, instant_us, micros, millis
from twin.store.past import RANK, Row, find_frame, rank, read_newest

_HOUR_US = HOUR_MS * 1000
_MERGE = (
    " on conflict (at, point_id) do update set ts = excluded.ts, value = excluded.value, quality = excluded.quality,"
    f" text = excluded.text where {RANK.format('excluded')} > {RANK.format('keyframe')}"
)
_COLUMNS = "insert into twin.keyframe as keyframe (at, ts, value, point_id, quality, text)"
_LATE = (
    f"{_COLUMNS} select h.at, c.ts, c.value, c.point_id, c.quality, c.text"  # noqa: S608 - constants of ours
    " from unnest(%(point)s::int[], %(ts)s::timestamptz[], %(value)s::float8[], %(text)s::text[],"
    " %(quality)s::smallint[], %(next)s::timestamptz[]) as c (point_id, ts, value, text, quality, next)"
    " join twin.keyframe_hour h on h.site = %(site)s and h.at > c.ts and h.at <= coalesce(c.next, 'infinity')"
    " where not exists (select from twin.keyframe k where k.at = h.at and k.point_id = c.point_id"
    f" and {RANK.format('k')} >= {RANK.format('c')})"
    f" order by h.at, c.point_id{_MERGE}"
)
_ENTER = (
    f"{_COLUMNS} select %(at)s, c.ts, c.value, c.point_id, c.quality, c.text"  # noqa: S608 - constants of ours
    " from unnest(%(point)s::int[], %(ts)s::timestamptz[], %(value)s::float8[], %(text)s::text[],"
    " %(quality)s::smallint[]) as c (point_id, ts, value, text, quality)"
    f" order by c.point_id{_MERGE}"
)


def find_told(conn: Connection, *, site: str) -> int:
    """Readings before this time (in microseconds) are late. To be asked after the writer's number was taken."""
    row = conn.execute("select told from twin.kept where site = %s", [site]).fetchone()
    return 0 if row is None else micros(row[0])


def correct(conn: Connection, late: Iterable[Row], *, site: str) -> None:
    """These readings came late: the keyframes they precede are put right, their rollups are to be made again."""
    newest: dict[tuple[int, int], Row] = {}
    for row in late:
        key = row[0], row[1] // _HOUR_US
        if key not in newest or rank(row) > rank(newest[key]):
            newest[key] = row
    keys = sorted(newest)
    following: dict[tuple[int, int], Row] = {
        key: newest[other] for key, other in pairwise(keys) if key[0] == other[0]
    }  # fmt: skip
    rows = [newest[key] for key in keys]
    nexts = [instant_us(following[key][1]) if key in following else None for key in keys]
    conn.execute(_LATE, _columns(rows) | {"next": nexts, "site": site})
    conn.execute(
        "insert into twin.late (point_id, hour) select * from unnest(%s::int[], %s::timestamptz[])",
        [[point for point, _ in keys], [instant(hour * HOUR_MS) for _, hour in keys]],
    )


def enter(conn: Connection, points: Sequence[int], *, site: str, at: datetime) -> None:
    """The keyframe of these points at this hour."""
    before_ms = millis(at) - 1
    newest = read_newest(conn, points, at_ms=before_ms, frame=find_frame(conn, site=site, at_ms=before_ms))
    conn.execute(_ENTER, _columns(list(newest.values())) | {"at": at})


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "point": [row[0] for row in rows], "ts": [instant_us(row[1]) for row in rows],
        "value": [row[2] for row in rows], "text": [row[3] for row in rows], "quality": [row[4] for row in rows],
    }  # fmt: skip
