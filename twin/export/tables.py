"""Exported rows as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from twin.export.rows import Exported

BOM = "\ufeff"
"""Tells Excel that what follows is UTF-8."""
COLUMNS = ("time", "ts_ms", "entity", "point", "value", "quality")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A text that begins so would be run by a spreadsheet, in some languages also in full width."""


def csv_chunks(batches: Iterable[Sequence[Exported]], *, bom: bool) -> Iterator[bytes]:
    """The head, then a chunk a batch. Times are UTC; numbers are numbers, texts are texts and nothing else."""
    yield ((BOM if bom else "") + ",".join(COLUMNS) + "\r\n").encode()
    for batch in batches:
        out = io.StringIO(newline="")
        csv.writer(out).writerows(
            (iso(r.ts_ms), r.ts_ms, harmless(r.entity), harmless(r.point), _value(r), r.quality) for r in batch
        )
        yield out.getvalue().encode()


def iso(ts_ms: int) -> str:
    at = datetime.fromtimestamp(ts_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def harmless(text: str) -> str:
    """The same text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _value(row: Exported) -> str:
    if row.value is None:
        return harmless(row.text or "")
    if row.truth:
        return "true" if row.value else "false"
    return repr(int(row.value)) if row.value.is_integer() and abs(row.value) < 2**53 else repr(row.value)
