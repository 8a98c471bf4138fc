"""Keeps what devices tell happened; the key (device, boot, seq, id) makes a repetition harmless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from iot.messages import DeviceEvent
from twin.store.database import Connection

PAGE_MAX = 1000


def write_events(conn: Connection, rows: Sequence[tuple[str, DeviceEvent, int]]) -> None:
    """(entity id, event, received ms) each; one seen before changes nothing."""
    conn.cursor().executemany(
        "insert into twin.event (entity, boot, seq, id, type, ts, received, data)"
        " values (%s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), %s)"
        " on conflict do nothing",
        [
            [entity, e.boot, e.seq, e.id, e.type, e.ts_ms, received_ms, Jsonb(dict(e.data))]
            for entity, e, received_ms in rows
        ],
    )


def list_events(conn: Connection, *, entity: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The newest first."""
    rows = conn.execute(
        "select entity, id, type, (extract(epoch from ts) * 1000)::bigint, data from twin.event"
        " where %(entity)s::text is null or entity = %(entity)s order by ts desc limit %(limit)s",
        {"entity": entity, "limit": min(limit, PAGE_MAX)},
    )
    return [{"entity": e, "id": i, "type": t, "ts_ms": ts, "data": data} for e, i, t, ts, data in rows]
