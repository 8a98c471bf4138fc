"""``halltwin bench history``: the whole hall at any time before and long trends, as a running hall asks for them.

A private database is filled by binary COPY with readings of many points over many days up to now, some points silent
since the first day; the keeper sums it all up as it does in a hall. The same questions are asked in the same run
without keyframes and without rollups.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.store.database import Database
from twin.store.instants import DAY_MS
from twin.store.migrations import find_timescale
from twin.store.past import find_frame, read_newest
from twin.store.postgres import EmbeddedPostgres
from twin.store.readings import COPY, copy_bytes
from twin.store.runs import begin
from twin.store.trends import Question, read_peaks
from twin.twin import Twin
from ui.cli.bench.laboratory import now_ms
from ui.cli.bench.step import Figures, Step

SITE = "bench"
POINTS_A_DEVICE = 10
SILENT = 0.05
"""Of all points: they said something on the first day only."""
COPY_ROWS = 200_000
TREND_POINTS = 500
PAGE_ROWS = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--readings", type=int, default=1_000_000, help="how many (1,000,000)")
    parser.add_argument("--points", type=int, default=10_000, help="of how many points (10,000)")
    parser.add_argument("--days", type=int, default=3, help="over how many days (3)")
    parser.add_argument("--asked", type=int, default=20, help="how often each question is asked (20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty database on a server of your own (without: a private one)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    readings: int
    points: int
    days: int
    asked: int
    end_ms: int

    @property
    def begin_ms(self) -> int:
        return self.end_ms - self.days * DAY_MS


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    draw = np.random.default_rng(args.seed)
    size = Size(readings=args.readings, points=args.points, days=args.days, asked=args.asked, end_ms=now_ms())
    with _database(args.url) as url:
        database = Database(url)
        database.migrate()
        began = time.perf_counter()
        points = fill(database, size, draw)
        filled_s = time.perf_counter() - began
        twin = Twin(site=SITE, kinds={}, database=database, now_ms=lambda: size.end_ms)
        began = time.perf_counter()
        twin.keeper.keep()
        kept_s = time.perf_counter() - began
        with database.connect() as conn:
            conn.execute("select twin.summarize()")
        metrics, peers = _measure(twin, points, size, draw)
        metrics |= {"fill_s": round(filled_s, 1), "sum_up_s": round(kept_s, 1), **_sizes(database)}
        limits = _server(database)
        database.close()
    return metrics, peers, limits


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = EmbeddedPostgres(folder / "postgres")
        postgres.start()
        try:
            yield postgres.url
        finally:
            postgres.stop()


# --- what was recorded -------------------------------------------------------------------------------------


def fill(database: Database, size: Size, draw: np.random.Generator, *, site: str = SITE) -> Sequence[int]:
    """The numbers of the points of which so many readings are there then."""
    names = [(f"{site}:device:D{n // POINTS_A_DEVICE:05d}", f"p{n % POINTS_A_DEVICE}") for n in range(size.points)]
    silent = round(size.points * SILENT)
    with database.connect() as conn:
        rows = conn.execute(
            "insert into twin.point (entity, name) select * from unnest(%s::text[], %s::text[]) returning id",
            [[entity for entity, _ in names], [name for _, name in names]],
        ).fetchall()
        points = np.array([number for (number,) in rows], dtype=np.int32)
        conn.execute(
            "insert into twin.latest (point_id, ts_ms, received_ms, value, quality, source, boot, seq)"
            " select id, %s, %s, '0.5', 0, 'device', 0, 0 from twin.point",
            [size.begin_ms, size.begin_ms],
        )
        conn.execute(
            "update twin.run set seen_ms = %s where id = %s",
            [size.end_ms, begin(conn, site=site, now_ms=size.begin_ms)],
        )
        for day in range(size.days):
            low_ms = size.begin_ms + day * DAY_MS
            for edge_ms in (low_ms, low_ms + DAY_MS):
                conn.execute("select twin.make_day(date '1970-01-01' + %s)", [edge_ms // DAY_MS])
            speaking = points if day == 0 else points[silent:]
            count = size.readings * (day + 1) // size.days - size.readings * day // size.days
            at_ms = np.sort(draw.integers(low_ms, low_ms + DAY_MS, count))
            for first in range(0, count, COPY_ROWS):
                stamps = at_ms[first : first + COPY_ROWS]
                chosen = draw.choice(speaking, len(stamps))
                values = 20 + chosen % 7 + draw.normal(0, 1, len(stamps))
                payload = copy_bytes(stamps * 1000, chosen, values, np.zeros(len(stamps), dtype=np.int16))
                with conn.cursor().copy(COPY) as copy:
                    copy.write(payload)
    return [int(point) for point in points]


# --- what is asked -----------------------------------------------------------------------------------------


def _measure(
    twin: Twin, points: Sequence[int], size: Size, draw: np.random.Generator
) -> tuple[dict[str, Any], dict[str, Any]]:
    past, database = twin.past, twin.database
    times = [int(t) for t in draw.integers(size.begin_ms + DAY_MS // 2, size.end_ms, size.asked)]
    chosen = [int(n) for n in draw.integers(round(size.points * SILENT), size.points, size.asked)]
    past.state_at(times[0])  # the first one learns the points' names
    answered: list[int] = []
    states = _clock(
        lambda at_ms: answered.append(sum(map(len, past.state_at(at_ms).entities.values()))), times
    )  # fmt: skip
    told: list[int] = []
    trends = _clock(
        lambda n: told.append(
            len(
                past.trend(
                    f"{SITE}:device:D{n // POINTS_A_DEVICE:05d}", f"p{n % POINTS_A_DEVICE}", since_ms=size.begin_ms,
                    until_ms=size.end_ms, points_max=TREND_POINTS,
                ).points
            )
        ),
        chosen,
    )  # fmt: skip
    entities = _clock(lambda at_ms: past.entity_at(f"{SITE}:device:D00099", at_ms), times)
    began = time.perf_counter()
    changes = sum(1 for _ in past.changes(times[0], size.end_ms, limit=PAGE_ROWS))
    changes_s = time.perf_counter() - began
    with database.connect() as conn:
        equal = all(
            read_newest(conn, points, at_ms=t, frame=find_frame(conn, site=SITE, at_ms=t))
            == read_newest(conn, points, at_ms=t, frame=None)
            for t in times[:3]
        )
        lateral = _clock(lambda at_ms: read_newest(conn, points, at_ms=at_ms, frame=None), times)
        raw = _clock(
            lambda n: read_peaks(
                conn,
                Question(
                    site=SITE, point=points[n], since_ms=size.begin_ms, until_ms=size.end_ms, points_max=TREND_POINTS
                ),
                [],
            ),
            chosen,
        )
    metrics = {
        "readings": size.readings, "points": size.points, "days": size.days,
        "state_points": min(answered), "state_equals_lateral": equal, **_figures("state", states),
        "trend_points": max(told), **_figures("trend", trends), **_figures("entity", entities),
        "changes": changes, "changes_per_s": round(changes / changes_s),
    }  # fmt: skip
    return metrics, {**_figures("lateral_state", lateral), **_figures("raw_trend", raw)}


def _clock(ask: Callable[[int], object], about: Sequence[int]) -> list[float]:
    """Milliseconds of each question."""
    took: list[float] = []
    for each in about:
        began = time.perf_counter()
        ask(each)
        took.append((time.perf_counter() - began) * 1000)
    return took


def _figures(name: str, took: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}_ms_p50": round(float(np.percentile(took, 50)), 2),
        f"{name}_ms_p95": round(float(np.percentile(took, 95)), 2),
    }


def _sizes(database: Database) -> dict[str, float]:
    with database.transaction() as conn:
        row = conn.execute(
            "select (select sum(pg_total_relation_size(inhrelid)) from pg_inherits"
            " where inhparent = 'twin.reading'::regclass), pg_total_relation_size('twin.keyframe'),"
            " pg_total_relation_size('twin.rollup')"
        ).fetchone()
    assert row is not None  # noqa: S101 - always one row
    names = ("reading_mb", "keyframe_mb", "rollup_mb")
    return {name: round(float(size or 0) / 1e6, 1) for name, size in zip(names, row, strict=True)}


def _server(database: Database) -> dict[str, Any]:
    with database.transaction() as conn:
        return {
            "postgres": conn.info.server_version,
            "timescaledb": find_timescale(conn) or "not installed in this database",
        }


# --- the long form -----------------------------------------------------------------------------------------

STATE_MS, TREND_MS = 100.0, 20.0
LONG: Mapping[int, int] = {10_000_000: 30, 100_000_000: 30}
"""Readings and over how many days."""


def steps() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{readings} readings of 10,000 points over {days} days",
            measure=lambda readings=readings, days=days: _long(readings, days),  # type: ignore[misc]
            kept=lambda f: bool(f["state_equals_lateral"]) and f["trend_points"] <= TREND_POINTS,
            met=lambda f, speed: (
                f["state_ms_p95"] <= STATE_MS / min(speed, 1.0) and f["trend_ms_p95"] <= TREND_MS / min(speed, 1.0)
            ),
        )
        for readings, days in LONG.items()
    )


def _long(readings: int, days: int) -> Figures:
    metrics, peers, limits = run(
        argparse.Namespace(readings=readings, points=10_000, days=days, asked=50, seed=1, url=None)
    )
    return {**metrics, **peers, **limits}
