"""Writes and reads readings: sorted rows by binary COPY, newest values and cursors, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.types.json import Jsonb

from twin.batch import Batch, PointBook
from twin.sequence import pack, unpack
from twin.state import WORST_FIRST, PointValue
from twin.store.database import Connection
from twin.store.keyframes import correct, find_told
from twin.store.numbers import take_numbers
from twin.store.past import Row

WRITER = "recorder"
SANE_DAYS_BACK, SANE_DAYS_AHEAD = 400, 2
_DAY_MS = 86_400_000
_EPOCH_2000_US = 946_684_800_000_000
ORDERED = 1000
"""A reading's microseconds are its sequence number modulo this: the order of those of one millisecond."""
_ROW = np.dtype(
    [
        ("columns", ">i2"),
        ("ts_bytes", ">i4"), ("ts", ">i8"),
        ("point_bytes", ">i4"), ("point", ">i4"),
        ("value_bytes", ">i4"), ("value", ">f8"),
        ("quality_bytes", ">i4"), ("quality", ">i2"),
    ]
)  # fmt: skip
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
COPY = "copy twin.reading (ts, point_id, value, quality) from stdin (format binary)"
_COPY_TEXT = "copy twin.reading (ts, point_id, text, quality) from stdin"


def copy_bytes(
    ts_us: npt.NDArray[np.int64], points: npt.NDArray[np.int32], values: npt.NDArray[np.float64],
    qualities: npt.NDArray[np.int16],
) -> bytes:  # fmt: skip
    """PostgreSQL's binary COPY of these columns. Sorted by point: it halves the server's work on the index."""
    order = np.argsort(points, kind="stable")
    rows = np.empty(len(order), dtype=_ROW)
    rows["columns"] = 4
    rows["ts_bytes"], rows["point_bytes"], rows["value_bytes"], rows["quality_bytes"] = 8, 4, 8, 2
    rows["ts"] = ts_us[order] - _EPOCH_2000_US
    rows["point"] = points[order]
    rows["value"] = values[order]
    rows["quality"] = qualities[order]
    return _HEADER + rows.tobytes() + _TRAILER


class ReadingTable:
    """One connection's view of the tables; knows point numbers and the days that have their partition."""

    def __init__(self, book: PointBook, *, site: str) -> None:
        self._book, self._site = book, site
        self._ids: npt.NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._days: set[int] = set()
        self.insane_days = 0

    def prepare(self, conn: Connection, batch: Batch, *, now_ms: int) -> None:
        """What must stand before the rows: points and partitions, in a transaction of their own."""
        unknown = self._book.names[len(self._ids) :]
        days = self._missing_days(batch, now_ms)
        if not unknown and not days:
            return
        with conn.transaction():
            found = self._register(conn, unknown)
            for day in days:
                conn.execute("select twin.make_day(date '1970-01-01' + %s)", [day])
        self._ids = np.concatenate([self._ids, np.array(found, dtype=np.int32)])
        self._days.update(days)

    def write(self, conn: Connection, batch: Batch, *, first: int, last: int) -> bool:
        """All of the batch, or nothing. The numbers are kept with it; False where they were there already."""
        with conn.transaction(), conn.cursor() as cursor:
            if not take_numbers(conn, writer_of(self._site), first=first, last=last):
                return False
            told_us = find_told(conn, site=self._site)
            late = self._write_numbers(cursor, batch, told_us) if batch.numbers else []
            if batch.texts:
                late += self._write_texts(cursor, batch, told_us)
            if late:
                correct(conn, late, site=self._site)
            self._write_latest(cursor, batch)
            _write_cursors(cursor, batch, site=self._site)
        return True

    def _write_numbers(self, cursor: psycopg.Cursor[Any], batch: Batch, told_us: int) -> list[Row]:
        """Returns those that are late."""
        slots, ts_ms, values, qualities, seqs = zip(*batch.numbers, strict=True)
        ts_us = np.array(ts_ms, dtype=np.int64) * 1000 + np.array(seqs, dtype=np.int64) % ORDERED
        points = self._ids[np.array(slots, dtype=np.int64)]
        payload = copy_bytes(
            ts_us, points, np.array(values, dtype=np.float64), np.array(qualities, dtype=np.int16)
        )  # fmt: skip
        with cursor.copy(COPY) as copy:
            copy.write(payload)
        return [
            (int(points[n]), int(ts_us[n]), float(values[n]), None, qualities[n])
            for n in np.flatnonzero(ts_us < told_us)
        ]

    def _write_texts(self, cursor: psycopg.Cursor[Any], batch: Batch, told_us: int) -> list[Row]:
        """Returns those that are late."""
        rows = [
            (int(self._ids[slot]), ts_ms * 1000 + seq % ORDERED, None, text, quality)
            for slot, ts_ms, text, quality, seq in sorted(batch.texts)
        ]
        with cursor.copy(_COPY_TEXT) as copy:
            for point, ts_us, _, text, quality in rows:
                copy.write_row((f"{np.datetime64(ts_us, 'us')}+00", point, text, quality))
        return [row for row in rows if row[1] < told_us]

    def _write_latest(self, cursor: psycopg.Cursor[Any], batch: Batch) -> None:
        if not batch.latest:
            return
        slots = sorted(batch.latest, key=lambda slot: self._ids[slot])
        values = [batch.latest[slot] for slot in slots]
        cursor.execute(
            "insert into twin.latest (point_id, ts_ms, received_ms, value, quality, source, boot, seq)"
            " select * from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::jsonb[], %s::smallint[], %s::text[],"
            " %s::bigint[], %s::bigint[]) on conflict (point_id) do update set ts_ms = excluded.ts_ms,"
            " received_ms = excluded.received_ms, value = excluded.value, quality = excluded.quality,"
            " source = excluded.source, boot = excluded.boot, seq = excluded.seq",
            [
                self._ids[np.array(slots)].tolist(),
                [v.ts_ms for v in values],
                [v.received_ms for v in values],
                [Jsonb(v.value) for v in values],
                [2 - WORST_FIRST.index(v.quality) for v in values],
                [v.source for v in values],
                [v.boot for v in values],
                [v.seq for v in values],
            ],
        )

    def _missing_days(self, batch: Batch, now_ms: int) -> list[int]:
        """Days of the batch without a partition that a sane clock would tell; the others go to the default one."""
        stamps = [row[1] for rows in (batch.numbers, batch.texts) for row in rows]
        if not stamps:
            return []
        low, high, today = min(stamps) // _DAY_MS, max(stamps) // _DAY_MS, now_ms // _DAY_MS
        if low == high and low in self._days:
            return []
        missing = {ts // _DAY_MS for ts in stamps} - self._days
        sane = {day for day in missing if today - SANE_DAYS_BACK <= day <= today + SANE_DAYS_AHEAD}
        self.insane_days += len(missing) - len(sane)
        return sorted(sane)

    @staticmethod
    def _register(conn: Connection, names: Sequence[tuple[str, str]]) -> list[int]:
        if not names:
            return []
        columns = [[entity for entity, _ in names], [point for _, point in names]]
        conn.execute(
            "insert into twin.point (entity, name) select * from unnest(%s::text[], %s::text[]) on conflict do nothing",
            columns,
        )
        rows = conn.execute(
            "select p.id from unnest(%s::text[], %s::text[]) with ordinality as asked (entity, name, i)"
            " join twin.point p using (entity, name) order by asked.i",
            columns,
        )
        return [int(row[0]) for row in rows]


def _write_cursors(cursor: psycopg.Cursor[Any], batch: Batch, *, site: str) -> None:
    if not batch.cursors:
        return
    devices = sorted(batch.cursors)
    cursors = [batch.cursors[device] for device in devices]
    cursor.execute(
        "insert into twin.cursor (site, device, boot, seq, seen)"
        " select %s, * from unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bytea[])"
        " on conflict (site, device) do update set boot = excluded.boot, seq = excluded.seq, seen = excluded.seen",
        [site, devices, [c[0] for c in cursors], [c[1] for c in cursors], [pack(c[2]) for c in cursors]],
    )


def writer_of(site: str) -> str:
    """The recorder of one site, as it is called in the database."""
    return f"{WRITER}:{site}"


def read_cursors(conn: Connection, *, site: str) -> dict[str, tuple[int, int, int]]:
    rows = conn.execute("select device, boot, seq, seen from twin.cursor where site = %s", [site])
    return {str(device): (int(boot), int(seq), unpack(bytes(seen))) for device, boot, seq, seen in rows}


def read_latest(conn: Connection, *, site: str) -> dict[str, dict[str, PointValue]]:
    """The newest recorded value of every point, by entity."""
    state: dict[str, dict[str, PointValue]] = {}
    rows = conn.execute(
        "select p.entity, p.name, l.value, l.quality, l.ts_ms, l.source, l.received_ms, l.boot, l.seq"
        " from twin.latest l join twin.point p on p.id = l.point_id where starts_with(p.entity, %s)",
        [f"{site}:"],
    )
    for entity, name, value, quality, ts_ms, source, received_ms, boot, seq in rows:
        state.setdefault(entity, {})[name] = PointValue(
            value=value, quality=WORST_FIRST[2 - quality], ts_ms=ts_ms, source=source, received_ms=received_ms,
            boot=boot, seq=seq,
        )  # fmt: skip
    return state


def read_history(
    conn: Connection, *, entity: str, point: str, since_ms: int, limit: int
) -> list[tuple[int, float | str]]:
    """(ts, value) of one point, oldest first, the newest ``limit`` of them."""
    rows = conn.execute(
        "select floor(extract(epoch from r.ts) * 1000)::bigint, r.value, r.text from twin.reading r"
        " where r.point_id = (select id from twin.point where entity = %s and name = %s)"
        " and r.ts >= to_timestamp(%s / 1000.0) order by r.ts desc limit %s",
        [entity, point, since_ms, limit],
    ).fetchall()
    return [(int(ts), text if value is None else float(value)) for ts, value, text in reversed(rows)]
