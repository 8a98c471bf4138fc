"""Lists of people as Excel files (.xlsx): read within limits, and without doing anything that a file asks for.

Formulas are not worked out, links are not followed, macros are not run: a file that holds such things is data like any
other, and a cell with a formula is no value.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.accounts.import_errors import BadSheet, SheetTooLarge

FILE_BYTES_MAX = 5 * 1024 * 1024
UNPACKED_BYTES_MAX = 40 * 1024 * 1024
RATIO_MAX = 200
"""An ordinary list packs 5 to 20 times; a part that packs more than this is made to fill a memory."""
PARTS_MAX = 200
ROWS_MAX = 2_000
EXCEL_ROWS_MAX = 1_048_576
COLUMNS_MAX = 30
CELL_CHARACTERS_MAX = 500
_CHUNK = 1 << 20
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """``formula``: it would have to be worked out, so it has no value."""

    text: str
    formula: bool = False


def read_sheet(content: bytes) -> list[list[Cell]]:
    """The rows of the first sheet. Raises ``SheetTooLarge`` and ``BadSheet``, and nothing else."""
    if len(content) > FILE_BYTES_MAX:
        raise SheetTooLarge(what="bytes", most=FILE_BYTES_MAX)
    _check_parts(content)
    # Imported here: it takes a tenth of a second that a command line need not spend.
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False, keep_vba=False)
        try:
            sheet = book.worksheets[0]
            rows = _rows(sheet.iter_rows(max_row=EXCEL_ROWS_MAX, max_col=COLUMNS_MAX, values_only=True))
        finally:
            book.close()
    except SheetTooLarge:
        raise
    except Exception as error:  # whatever a broken or hostile file makes a reader of XML and ZIP raise
        raise BadSheet from error
    return rows


def write_sheet(title: str, rows: Sequence[Sequence[str]], *, widths: Sequence[int]) -> bytes:
    """A file with these texts and nothing else: what looks like a formula is written as text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(told: Iterable[Sequence[Any]]) -> list[list[Cell]]:
    """Rows far below empty ones are rows too: they are refused, not passed over."""
    rows: list[list[Cell]] = []
    for number, row in enumerate(told):
        if number <= ROWS_MAX:
            rows.append([_cell(value) for value in row])
        elif any(value is not None for value in row):
            raise SheetTooLarge(what="rows", most=ROWS_MAX)
    return rows


def _check_parts(content: bytes) -> None:
    """Nothing of it is unpacked before it is known how much that is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX:
                raise SheetTooLarge(what="parts", most=PARTS_MAX)
            left = UNPACKED_BYTES_MAX
            for part in parts:
                left -= _check_part(archive, part, left)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise BadSheet from error
    except EOFError as error:
        raise BadSheet from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Its true size, found by unpacking: what a part says of itself may be a lie."""
    most, size = min(left, max(RATIO_MAX * part.compress_size, _CHUNK)), 0
    is_xml = part.filename.endswith((".xml", ".rels", ".vml"))
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise SheetTooLarge(what="bytes", most=UNPACKED_BYTES_MAX)
            # No part of a list needs a DTD, nor another encoding in which one could hide.
            seen = tail + chunk
            if is_xml and (b"<!DOCTYPE" in seen or b"<!ENTITY" in seen or b"\0" in chunk):
                raise BadSheet
            tail = chunk[-16:]
    return size


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell(text="")
    if isinstance(value, float) and value.is_integer():  # a phone number that Excel took for a quantity
        value = int(value)
    text = str(value).strip()
    return Cell(text=text[: CELL_CHARACTERS_MAX + 1], formula=text.startswith("="))
