"""Recorded history as a file: CSV or Parquet, streamed, however much it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.kernel.actor import Actor
from services.kernel.errors import Invalid, TooMany
from services.kernel.http import CurrentActor, answers, attachment, make_router, permitted
from twin.export.parquet import parquet_chunks
from twin.export.rows import Exported, RecordedPoints, Span
from twin.export.tables import csv_chunks
from twin.selection import Selection
from ui.api.asked import Asked, directory_of
from ui.bootstrap import Hall

DAY_MS = 86_400_000
EXPORTS_MAX = 4
"""At one time; each keeps the database busy."""
RETRY_AFTER_S = 10
KEPT_SINCE = "X-Kept-Since"
LAST_MS = 253_402_300_000_000
"""The end of the year 9999."""
Format = Literal["csv", "parquet"]
_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
Millis = Annotated[int | None, Query(ge=0, le=LAST_MS)]


def router(hall: Hall) -> APIRouter:
    """``GET /history/export``."""
    routes = make_router("open data")
    desk = _Desk(hall)

    @routes.get("/history/export", **permitted("data.read"), **answers("text/csv", "application/vnd.apache.parquet"))
    def export(
        *,
        actor: CurrentActor,
        asked: Asked,
        since: Millis = None,
        until: Millis = None,
        format: Format = "csv",  # noqa: A002 - as it stands in the address
        bom: bool = False,
    ) -> StreamingResponse:
        """Recorded readings of the points asked for, one series after the other in order of time.

        ``since`` (a day ago) to before ``until`` (now): milliseconds since 1970. CSV is UTF-8; ``bom`` says so to
        Excel. Texts that a spreadsheet would run begin with an apostrophe in it; Parquet has them as they are.
        ``X-Kept-Since`` is told where readings of that time were let go: since when there are any.
        """
        end = until if until is not None else hall.now_ms()
        span = Span(since_ms=since if since is not None else max(end - DAY_MS, 0), until_ms=end)
        if span.since_ms >= span.until_ms:
            raise Invalid(zh="开始时间应早于结束时间。", en="since must be before until.")
        batches, kept_since_ms, close = desk.open(asked, span)
        try:
            _record(hall, actor, asked, span)
        except BaseException:
            close()
            raise
        chunks = csv_chunks(batches, bom=bom) if format == "csv" else parquet_chunks(batches)
        gone = kept_since_ms is not None and kept_since_ms > span.since_ms
        name = f"{hall.site}-{span.since_ms}-{span.until_ms}.{format}"
        return _Export(
            chunks,
            close,
            media_type=_TYPES[format],
            headers={**attachment(name), **({KEPT_SINCE: str(kept_since_ms)} if gone else {})},
        )

    return routes


def _record(hall: Hall, actor: Actor, asked: Selection, span: Span) -> None:
    """Who took what of which time."""
    words = {name: list(said) for name, said in asdict(asked).items() if said}
    after = {"since_ms": span.since_ms, "until_ms": span.until_ms, **words}
    with hall.database.transaction() as conn:
        hall.audit.record(conn, actor=actor, action="data.export", target="history", after=after)


class _Export(StreamingResponse):
    """Lets go of its rows however it ends: a client that leaves must not hold its place until garbage is collected."""

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None], **options: Any) -> None:
        super().__init__(chunks, **options)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()


class _Desk:
    """Opens exports, so many at a time; what is wrong is said before the first byte goes out."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._room = hall, threading.BoundedSemaphore(EXPORTS_MAX)

    def open(self, asked: Selection, span: Span) -> tuple[Iterator[Sequence[Exported]], int | None, Callable[[], None]]:
        """The rows, since when the hall keeps any, and what makes room for the next."""
        hall = self._hall
        recorded = RecordedPoints(hall.database, site=hall.site)
        chooser = directory_of(hall, entities=recorded.entities).chooser(asked)
        if not self._room.acquire(blocking=False):
            raise TooMany(
                zh="正在导出的人较多，请稍后再试。", en="Others are exporting just now.", retry_after_s=RETRY_AFTER_S
            )
        batches = self._until_done(recorded.rows(chooser, span))
        try:
            first = next(batches, [])
        except BaseException:
            batches.close()
            raise
        return chain([first] if first else [], batches), recorded.kept_since_ms, batches.close

    def _until_done(self, batches: Iterator[list[Exported]]) -> Generator[list[Exported], None, None]:
        try:
            yield from batches
        finally:
            self._room.release()
