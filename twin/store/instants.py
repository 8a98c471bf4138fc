"""Times of the database as whole numbers since 1970, without a datetime a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LAST_MS = 253_402_300_000_000
"""The end of the year 9999: what lies beyond is no time."""
ORIGIN = "timestamptz '2000-01-03 00:00+00'"
"""Where all steps begin: a Monday, so that weeks do too."""
_EPOCH_2000_US = 946_684_800_000_000


def instant(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=min(max(ms, 0), LAST_MS))


def instant_us(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


class _Micros(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True) + _EPOCH_2000_US


def micros_cursor(conn: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
    """A cursor that reads times as microseconds since 1970."""
    cursor = conn.cursor(binary=True)
    cursor.adapters.register_loader("timestamptz", _Micros)
    return cursor
