"""The outbox: what must leave the house is written in the transaction of its cause, and sent after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from services.kernel.ports import Clock, Connection

MAX_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    id: int
    topic: str
    body: Mapping[str, Any]
    created_ms: int


class Outbox:
    """At least once: an item stays until its sender says that it is gone."""

    def __init__(self, *, site: str, now_ms: Clock) -> None:
        self._site, self._now_ms = site, now_ms

    def put(self, conn: Connection, topic: str, body: Mapping[str, Any]) -> None:
        conn.execute(
            "INSERT INTO kernel.outbox (site, topic, body, created_ms) VALUES (%s, %s, %s, %s)",
            (self._site, topic, Jsonb(dict(body)), self._now_ms()),
        )

    def list_waiting(self, conn: Connection, *, limit: int = MAX_BATCH) -> list[Item]:
        """The oldest first, locked to this sender until its transaction ends."""
        rows = conn.execute(
            "SELECT id, topic, body, created_ms FROM kernel.outbox WHERE site = %s AND sent_ms IS NULL"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            (self._site, min(limit, MAX_BATCH)),
        ).fetchall()
        return [Item(id=i, topic=t, body=b, created_ms=ms) for i, t, b, ms in rows]

    def mark_sent(self, conn: Connection, ids: Sequence[int]) -> None:
        conn.execute("UPDATE kernel.outbox SET sent_ms = %s WHERE id = ANY(%s)", (self._now_ms(), list(ids)))
