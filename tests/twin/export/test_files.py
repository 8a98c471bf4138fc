"""The files say what the rows say, in any reader: CSV that runs nothing in a spreadsheet, Parquet byte by byte."""

from __future__ import annotations

import csv
import gzip
import io
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.export import parquet
from twin.export.parquet import parquet_chunks
from twin.export.rows import Exported
from twin.export.tables import BOM, csv_chunks, harmless

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(
    st.builds(
        lambda ts, entity, said, quality, truth: Exported(
            ts,
            entity,
            "点",
            None if isinstance(said, str) else float(said > 0) if truth else said,
            said if isinstance(said, str) else None,
            quality,
            truth and not isinstance(said, str),
        ),
        st.integers(0, 4_000_000_000_000),
        TEXTS,
        st.one_of(NUMBERS, TEXTS),
        st.sampled_from(["good", "uncertain", "bad"]),
        st.booleans(),
    ),
    max_size=40,
)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(ROWS)
def test_csv_gives_back_what_went_in(rows: list[Exported]) -> None:
    found = read_csv(b"".join(csv_chunks([rows], bom=False)))
    assert len(found) == len(rows)
    for got, row in zip(found, rows, strict=True):
        assert int(got["ts_ms"]) == row.ts_ms
        assert got["entity"].removeprefix("'") == row.entity.removeprefix("'")
        assert got["quality"] == row.quality
        if row.text is not None:
            assert got["value"] in {row.text, f"'{row.text}"}
        elif row.truth:
            assert got["value"] == ("true" if row.value else "false")
        else:
            assert float(got["value"]) == row.value


@given(ROWS)
def test_no_cell_of_text_begins_a_formula(rows: list[Exported]) -> None:
    for got, row in zip(read_csv(b"".join(csv_chunks([rows], bom=True))), rows, strict=True):
        cells = [got["entity"], got["point"], *([got["value"]] if row.text is not None else [])]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) for cell in cells)


@pytest.mark.parametrize("text", ["=1+1", "+86 10", "-1", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("http://x")'])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_negative_numbers_stay_numbers_and_times_are_utc() -> None:
    content = b"".join(csv_chunks([[Exported(1_763_000_000_123, "a", "b", -1.5, None, "good", False)]], bom=True))
    assert content.decode().startswith(BOM + "time,")
    assert content.decode().splitlines()[1] == "2025-11-13T02:13:20.123Z,1763000000123,a,b,-1.5,good"


# --- Parquet, read by what its specification says


class Compact:
    """Thrift's compact protocol, any of it: a field that is not expected is read, too."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self.content, self.at = content, at

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self.content[self.at]
            self.at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def zigzag(self) -> int:
        number = self.varint()
        return number >> 1 if number & 1 == 0 else -(number >> 1) - 1

    def struct(self) -> dict[int, Any]:
        fields, number = dict[int, Any](), 0
        while (head := self.content[self.at]) != 0:
            self.at += 1
            assert head >> 4, "a long form that is not needed here"
            number += head >> 4
            fields[number] = self.value(head & 15)
        self.at += 1
        return fields

    def value(self, kind: int) -> Any:
        match kind:
            case 1 | 2:
                return kind == 1
            case 5 | 6:
                return self.zigzag()
            case 8:
                size = self.varint()
                self.at += size
                return self.content[self.at - size : self.at].decode()
            case 9:
                head = self.content[self.at]
                self.at += 1
                size = head >> 4 if head >> 4 < 15 else self.varint()
                return [self.value(head & 15) for _ in range(size)]
            case 12:
                return self.struct()
        raise AssertionError(f"type {kind}")


def read_parquet(content: bytes) -> list[tuple[Any, ...]]:
    assert content[:4] == content[-4:] == b"PAR1"
    size = int.from_bytes(content[-8:-4], "little")
    footer = Compact(content[-8 - size : -8]).struct()
    names = [element[4] for element in footer[2][1:]]
    assert names == ["time", "entity", "point", "value", "text", "quality"]
    rows: list[tuple[Any, ...]] = []
    for group in footer[4]:
        columns = [
            _column(content, chunk[3], optional=element[3] == 1)
            for chunk, element in zip(group[1], footer[2][1:], strict=True)
        ]
        rows += list(zip(*columns, strict=True))
        assert group[3] == len(columns[0])
    assert footer[3] == len(rows)
    return rows


def _column(content: bytes, meta: dict[int, Any], *, optional: bool) -> list[Any]:
    reader = Compact(content, meta[9])
    header = reader.struct()
    assert reader.at + header[3] == meta[9] + meta[7]
    page = gzip.decompress(content[reader.at : reader.at + header[3]])
    assert len(page) == header[2]
    count, at = header[5][1], 0
    there = [True] * count
    if optional:
        size = int.from_bytes(page[:4], "little")
        run = Compact(page, 4)
        assert run.varint() >> 1 == math.ceil(count / 8)
        there = [bool(page[run.at + n // 8] >> n % 8 & 1) for n in range(count)]
        at = 4 + size
    cells: list[Any] = []
    for is_there in there:
        if not is_there:
            cells.append(None)
        elif meta[1] == 6:
            size = int.from_bytes(page[at : at + 4], "little")
            cells.append(page[at + 4 : at + 4 + size].decode())
            at += 4 + size
        else:
            cells.append(struct.unpack_from("<q" if meta[1] == 2 else "<d", page, at)[0])
            at += 8
    assert at == len(page)
    return cells


def plain(rows: list[Exported]) -> list[tuple[Any, ...]]:
    return [(r.ts_ms, r.entity, r.point, r.value, r.text, r.quality) for r in rows]


@settings(max_examples=50)
@given(ROWS, st.integers(1, 9))
def test_parquet_gives_back_what_went_in_in_as_many_groups(rows: list[Exported], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "GROUP_ROWS", size)
        content = b"".join(parquet_chunks([rows[:3], rows[3:]]))
    assert read_parquet(content) == plain(rows)
