"""Keeps what devices tell happened; the key (device, boot, seq, id) makes a repetition harmless."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg.types.json import Jsonb

from iot.messages import DeviceEvent
from twin.committer import Committer
from twin.store.database import Connection

PAGE_MAX = 1000
GROUP_MAX = 500
"""Committed together: more would keep a command or an alarm waiting."""

Row: TypeAlias = tuple[str, DeviceEvent, int]
"""(entity id, event, received ms)"""


@dataclass(frozen=True, slots=True)
class _Group:
    rows: list[Row]
    told: list[Callable[[], None]]


class EventLog:
    """An event is committed as soon as the committer is free; all that come until then go with it, in one commit."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._lock = threading.Lock()
        self._waiting: _Group | None = None

    def add(self, rows: Sequence[Row], durable: Callable[[], None]) -> None:
        """``durable`` is called once they are kept."""
        with self._lock:
            group = self._waiting
            if group is not None and len(group.rows) < GROUP_MAX:
                group.rows.extend(rows)
                group.told.append(durable)
                return
            group = self._waiting = _Group([*rows], [durable])
        self._committer.submit(lambda conn: self._write(conn, group), lambda _: self._tell(group))

    def _write(self, conn: Connection, group: _Group) -> None:
        with self._lock:
            if self._waiting is group:
                self._waiting = None
        write_events(conn, group.rows)

    @staticmethod
    def _tell(group: _Group) -> None:
        for durable in group.told:
            durable()


def write_events(conn: Connection, rows: Sequence[Row]) -> None:
    """One seen before changes nothing."""
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
