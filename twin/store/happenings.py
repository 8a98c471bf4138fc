"""Reads what happened when: alarms as they stood at a time, publications, and the marks of a time line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from twin.admission import CLOCK_SKEW_MS
from twin.store.database import Connection
from twin.store.instants import instant

HAPPENINGS_MAX = 2_000
"""So many of each kind are told, the newest; a time line has no more places."""

HappeningKind = Literal["alarm", "building", "call", "command", "event"]
KINDS: tuple[HappeningKind, ...] = ("alarm", "building", "call", "command", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """``name``: an event's type, an alarm's or a command's name, the number called, the version's hash.

    ``state`` is what an alarm or a command came to; ``label`` an alarm's own words.
    """

    ts_ms: int
    kind: HappeningKind
    entity: str
    name: str
    state: str | None = None
    priority: int | None = None
    label: Mapping[str, str] | None = None


# An event of a clock that is ahead stands where it was received, as readings do.
# A window tells all its points whenever one changes: a call is where the number became another.
_QUERIES: dict[HappeningKind, str] = {
    "alarm": (
        "select at_ms, body->>'source', body->>'type', state, (body->>'priority')::int, body->'label'"
        " from twin.alarm_change"
        " where site = %(site)s and at_ms >= %(since)s and at_ms <= %(until)s order by at_ms desc, n desc"
    ),
    "building": (
        "select at_ms, site, hash, null, null, null from twin.publication"
        " where site = %(site)s and at_ms >= %(since)s and at_ms <= %(until)s order by at_ms desc, n desc"
    ),
    "call": (
        "select (floor(extract(epoch from ts) * 1000))::bigint, entity, text, null, null, null from ("
        "  select r.ts, p.entity, r.text, coalesce(lag(r.text) over (partition by p.id order by r.ts),"
        "   (select b.text from twin.reading b where b.point_id = p.id and b.ts < %(low)s order by b.ts desc limit 1),"
        "   '') as before"
        "  from twin.point p join twin.reading r on r.point_id = p.id"
        "  where starts_with(p.entity, %(site)s || ':window:') and p.name = 'called'"
        "  and r.ts >= %(low)s and r.ts < %(high)s) c"
        " where text <> '' and text <> before order by ts desc, entity"
    ),
    "command": (
        "select created_ms, device, body->>'name', state, null, null from twin.command"
        " where site = %(site)s and created_ms >= %(since)s and created_ms <= %(until)s order by created_ms desc, id"
    ),
    "event": (
        "select (floor(extract(epoch from at) * 1000))::bigint, entity, type, null, null, null from ("
        "  select ts as at, entity, type, id from twin.event"
        "  where ts >= %(low)s and ts < %(high)s and ts <= received + %(skew)s"
        "  union all select received, entity, type, id from twin.event"
        "  where received >= %(low)s and received < %(high)s and ts > received + %(skew)s) e"
        " where starts_with(entity, %(site)s || ':') order by at desc, entity, id"
    ),
}


def list_happenings(
    conn: Connection, *, site: str, since_ms: int, until_ms: int, kinds: Collection[HappeningKind]
) -> list[Happening]:
    """In order of time, both ends included."""
    asked = {
        "site": site, "since": since_ms, "until": until_ms, "low": instant(since_ms), "high": instant(until_ms + 1),
        "limit": HAPPENINGS_MAX, "skew": timedelta(milliseconds=CLOCK_SKEW_MS),
    }  # fmt: skip
    found = [
        Happening(ts_ms=row[0], kind=kind, entity=row[1], name=row[2], state=row[3], priority=row[4], label=row[5])
        for kind in KINDS
        if kind in kinds
        for row in conn.execute(f"{_QUERIES[kind]} limit %(limit)s".encode(), asked)
    ]
    return sorted(found, key=lambda h: (h.ts_ms, h.kind, h.entity, h.name))


def find_building(conn: Connection, *, site: str, at_ms: int) -> str | None:
    """The hash of the version that was published at that time."""
    row = conn.execute(
        "select hash from twin.publication where site = %s and at_ms <= %s order by at_ms desc, n desc limit 1",
        [site, at_ms],
    ).fetchone()
    return None if row is None else str(row[0])


def read_alarms(conn: Connection, *, site: str, at_ms: int) -> list[dict[str, Any]]:
    """The alarms that were open at that time, as they stood then; worst and newest first."""
    rows = conn.execute(
        "select c.body from twin.alarm a cross join lateral (select body, state from twin.alarm_change"
        " where alarm = a.id and at_ms <= %(at)s order by n desc limit 1) c"
        " where a.site = %(site)s and a.raised_ms <= %(at)s and a.closed_ms > %(at)s and c.state <> 'closed'",
        {"site": site, "at": at_ms},
    ).fetchall()
    return sorted((dict(row[0]) for row in rows), key=lambda a: (a["priority"], -a["raised_ms"]))
