"""Exported rows as Parquet, written as they come: one row group in memory, nothing else.

Written here because the libraries that write it weigh more than the whole hall (pyarrow 130 MB, fastparquet brings
pandas) and this needs six flat columns, plain encoding and gzip, which every reader knows.
"""

from __future__ import annotations

import gzip
import struct as binary
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.export.rows import Exported
from twin.export.thrift import I64, Wire, struct, varint

MAGIC = b"PAR1"
GROUP_ROWS = 50_000
LEVEL = 3
CREATED_BY = "halltwin"
_INT64, _DOUBLE, _BYTES = 2, 5, 6
_REQUIRED, _OPTIONAL = 0, 1
_PLAIN, _RLE, _GZIP = 0, 3, 2
_TEXT: dict[int, Wire] = {6: 0, 10: {1: {}}}
_TIME: dict[int, Wire] = {6: 9, 10: {8: {1: True, 2: {1: {}}}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``meaning``: the schema's words for what the bytes stand for."""

    name: str
    type: int
    meaning: dict[int, Wire]
    cell: Callable[[Exported], Any]
    optional: bool = False


COLUMNS = (
    Column(name="time", type=_INT64, meaning=_TIME, cell=lambda r: r.ts_ms),
    Column(name="entity", type=_BYTES, meaning=_TEXT, cell=lambda r: r.entity),
    Column(name="point", type=_BYTES, meaning=_TEXT, cell=lambda r: r.point),
    Column(name="value", type=_DOUBLE, meaning={}, cell=lambda r: r.value, optional=True),
    Column(name="text", type=_BYTES, meaning=_TEXT, cell=lambda r: r.text, optional=True),
    Column(name="quality", type=_BYTES, meaning=_TEXT, cell=lambda r: r.quality),
)


def parquet_chunks(batches: Iterable[Sequence[Exported]]) -> Iterator[bytes]:
    """The file from its first byte to its last."""
    at, groups, rows = len(MAGIC), list[Wire](), 0
    yield MAGIC
    for group in _groups(batches):
        content, description = _write_group(group, at)
        groups.append(struct(description))
        at += len(content)
        rows += len(group)
        yield content
    elements: list[Wire] = [{4: "schema", 5: len(COLUMNS)}, *(_element(column) for column in COLUMNS)]
    footer = struct({1: 1, 2: elements, 3: I64(rows), 4: groups, 6: CREATED_BY})
    yield footer + binary.pack("<I", len(footer)) + MAGIC


def _groups(batches: Iterable[Sequence[Exported]]) -> Iterator[list[Exported]]:
    held: list[Exported] = []
    for batch in batches:
        held += batch
        while len(held) >= GROUP_ROWS:
            yield held[:GROUP_ROWS]
            held = held[GROUP_ROWS:]
    if held:
        yield held


def _element(column: Column) -> dict[int, Wire]:
    return {1: column.type, 3: _OPTIONAL if column.optional else _REQUIRED, 4: column.name, **column.meaning}


def _write_group(rows: Sequence[Exported], start: int) -> tuple[bytes, dict[int, Wire]]:
    out, chunks, plain_bytes = bytearray(), list[Wire](), 0
    for column in COLUMNS:
        at = start + len(out)
        page, plain = _page(column, [column.cell(r) for r in rows])
        out += page
        plain_bytes += plain
        meta: dict[int, Wire] = {
            1: column.type, 2: [_PLAIN, _RLE], 3: [column.name], 4: _GZIP, 5: I64(len(rows)),
            6: I64(plain), 7: I64(len(page)), 9: I64(at),
        }  # fmt: skip
        chunks.append({2: I64(at), 3: meta})
    return bytes(out), {1: chunks, 2: I64(plain_bytes), 3: I64(len(rows))}


def _page(column: Column, cells: list[Any]) -> tuple[bytes, int]:
    """One page with its header, and how large both are unpacked."""
    there = [cell for cell in cells if cell is not None] if column.optional else cells
    plain = (_levels(cells) if column.optional else b"") + _values(column.type, there)
    packed = gzip.compress(plain, LEVEL, mtime=0)
    header = struct({1: 0, 2: len(plain), 3: len(packed), 5: {1: len(cells), 2: _PLAIN, 3: _RLE, 4: _RLE}})
    return header + packed, len(header) + len(plain)


def _levels(cells: Sequence[Any]) -> bytes:
    """Which are there, a bit each."""
    bits = np.packbits(np.fromiter((cell is not None for cell in cells), dtype=bool), bitorder="little").tobytes()
    run = varint(len(bits) << 1 | 1) + bits
    return binary.pack("<I", len(run)) + run


def _values(kind: int, cells: Sequence[Any]) -> bytes:
    if kind == _INT64:
        return np.array(cells, dtype="<i8").tobytes()
    if kind == _DOUBLE:
        return np.array(cells, dtype="<f8").tobytes()
    texts = [cell.encode() for cell in cells]
    return b"".join(part for text in texts for part in (binary.pack("<I", len(text)), text))
