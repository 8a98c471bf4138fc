"""How far the past of a site was summed up, and what of it is to be done again."""

from __future__ import annotations

from twin.store.database import Connection
from twin.store.instants import HOUR_MS, instant, millis
from twin.store.readings import SANE_DAYS_BACK, writer_of


def begin(conn: Connection, *, site: str, now_ms: int) -> tuple[int, int]:
    """(told, done): both the full hour before the first reading, where nothing was summed up yet."""
    row = conn.execute("select told, done from twin.kept where site = %s", [site]).fetchone()
    if row is None:
        first = conn.execute(
            "select min(r.ts) from twin.point p cross join lateral (select ts from twin.reading"
            " where point_id = p.id and ts >= %s order by ts limit 1) r where starts_with(p.entity, %s)",
            [instant(now_ms - SANE_DAYS_BACK * 24 * HOUR_MS), f"{site}:"],
        ).fetchone()
        first_ms = now_ms if first is None or first[0] is None else min(millis(first[0]), now_ms)
        start = instant(first_ms // HOUR_MS * HOUR_MS)
        row = start, start
        conn.execute(
            "insert into twin.kept (site, told, done) values (%s, %s, %s) on conflict do nothing", [site, *row]
        )
    return millis(row[0]), millis(row[1])


def tell(conn: Connection, *, site: str, hour_ms: int) -> None:
    """From the end of this transaction on, what is before the hour is late.

    The recorder's number is held meanwhile: no batch is under way that could not know.
    """
    hour = instant(hour_ms)
    conn.execute("select from twin.batch where writer = %s for update", [writer_of(site)])
    conn.execute("update twin.kept set told = %s where site = %s", [hour, site])
    conn.execute(
        "insert into twin.keyframe_hour (site, at, complete) values (%s, %s, false) on conflict do nothing",
        [site, hour],
    )


def has_readings(conn: Connection, *, hour_ms: int) -> bool:
    """Whether there is any in the hour that ends then."""
    row = conn.execute(
        "select exists (select from twin.reading where ts >= %s and ts < %s)",
        [instant(hour_ms - HOUR_MS), instant(hour_ms)],
    ).fetchone()
    return row is not None and bool(row[0])


def finish(conn: Connection, *, site: str, hour_ms: int, whole: bool) -> None:
    """Not ``whole``: an hour without readings needs no keyframe, the one before goes on."""
    conn.execute(
        "update twin.keyframe_hour set complete = %s where site = %s and at = %s", [whole, site, instant(hour_ms)]
    )
    conn.execute("update twin.kept set done = %s where site = %s", [instant(hour_ms), site])
    conn.execute("select twin.summarize()")


def find_done(conn: Connection, *, site: str) -> int:
    row = conn.execute("select done from twin.kept where site = %s", [site]).fetchone()
    return 0 if row is None else millis(row[0])


def take_late(conn: Connection, *, site: str, limit: int) -> tuple[int, dict[int, list[int]]]:
    """How many notes were taken away, and by hour the points that they name. Hours without their readings are left."""
    rows = conn.execute(
        "with taken as (delete from twin.late where id in (select l.id from twin.late l"
        " join twin.point p on p.id = l.point_id where starts_with(p.entity, %(prefix)s) order by l.id limit %(limit)s)"
        " returning point_id, hour) select t.point_id, t.hour, t.hour >= k.raw_since from taken t"
        " left join twin.kept k on k.site = %(site)s",
        {"prefix": f"{site}:", "limit": limit, "site": site},
    ).fetchall()
    hours: dict[int, set[int]] = {}
    for point, hour, is_there in rows:
        if is_there:
            hours.setdefault(millis(hour), set()).add(point)
    return len(rows), {hour: sorted(points) for hour, points in hours.items()}


def list_points(conn: Connection, *, site: str) -> list[int]:
    rows = conn.execute("select id from twin.point where starts_with(entity, %s) order by id", [f"{site}:"])
    return [int(number) for (number,) in rows]
