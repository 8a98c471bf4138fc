"""A list of devices from an Excel or CSV file: rows with their numbers as a person sees them, within limits.

The first row names the columns, in Chinese or English: id, kind, name, via (the gateway it speaks through). Others are
left alone. Only texts of the first sheet are read: no formulas, no styles, no macros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

from building.formats.packed import Refused, unpack
from twin.enrolment import WISHES_MAX, Wish

FILE_BYTES_MAX = 8 * 1024 * 1024
CELL_CHARS_MAX = 200
COLUMNS_MAX = 100
COLUMNS = {
    "key": ("id", "key", "device", "编号", "设备编号", "设备"),
    "kind": ("kind", "type", "类型", "设备类型"),
    "name": ("name", "名称", "设备名称"),
    "via": ("via", "gateway", "网关", "经由网关"),
}
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_STRINGS = "xl/sharedStrings.xml"
_CELL = re.compile(r"([A-Z]{1,3})(\d+)")
Rows = Iterator[tuple[int, list[str]]]


class UnreadableTable(Exception):
    """The file is no list of devices; ``zh`` and ``en`` say why and what to do."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def read_table(path: Path) -> list[Wish]:
    """The devices of this file, unjudged."""
    head = _head(path)
    rows = _excel_rows(path) if head.startswith(b"PK\x03\x04") else _csv_rows(path)
    return list(_wishes(rows))


def _wishes(rows: Rows) -> Iterator[Wish]:
    columns: dict[str, int] | None = None
    count = 0
    for number, cells in rows:
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            continue
        count += 1
        if count > WISHES_MAX:
            raise UnreadableTable(zh=f"超过 {WISHES_MAX} 行，请分批导入。", en=f"more than {WISHES_MAX} rows; split it")
        said = {name: cells[at][:CELL_CHARS_MAX] for name, at in columns.items() if at < len(cells)}
        name = said.get("name")
        yield Wish(
            row=number, key=said.get("key", ""), kind=said.get("kind") or None, via=said.get("via") or None,
            name={"zh": name, "en": name} if name else None,
        )  # fmt: skip
    if columns is None:
        raise UnreadableTable(zh="文件是空的。", en="the file is empty")


def _columns(cells: Sequence[str]) -> dict[str, int]:
    titles = [cell.strip().lower() for cell in cells[:COLUMNS_MAX]]
    found = {
        name: next(at for at, title in enumerate(titles) if title in words)
        for name, words in COLUMNS.items()
        if any(title in words for title in titles)
    }
    if "key" not in found:
        raise UnreadableTable(
            zh="第一行没有“编号”一列；第一行应写：编号、类型、名称、网关。",
            en="the first row names no column id; it should say: id, kind, name, via",
        )
    return found


def _head(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise UnreadableTable(
                zh=f"文件超过 {FILE_BYTES_MAX // 1024**2} MB。", en=f"it is larger than {FILE_BYTES_MAX:,} bytes"
            )
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise UnreadableTable(zh="文件无法打开。", en=f"{path} cannot be opened: {error.strerror}") from error


def _csv_rows(path: Path) -> Rows:
    """UTF-8, or what Excel writes in China; parted by comma, semicolon or tab."""
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableTable(zh="文件不是文本。", en="it is neither Excel nor text in UTF-8 or GB18030")
    if "\0" in text:
        raise UnreadableTable(zh="文件不是文本。", en="it is neither Excel nor text")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells[:COLUMNS_MAX]]
    except csv.Error as error:
        raise UnreadableTable(zh="CSV 格式有误。", en=f"it is no CSV: {error}") from error


def _excel_rows(path: Path) -> Rows:
    def choose(names: Sequence[str]) -> list[str]:
        sheets = sorted((int(m[1]), name) for name in names if (m := _SHEET.fullmatch(name)))
        return [*(name for _, name in sheets[:1]), *(name for name in names if name == _STRINGS)]

    try:
        files, _ = unpack(path, choose, max_bytes=FILE_BYTES_MAX)
    except Refused as error:
        raise UnreadableTable(zh="Excel 文件无法打开。", en=f"the Excel file cannot serve: {error}") from error
    sheet = next((name for name in files if name != _STRINGS), None)
    if sheet is None:
        raise UnreadableTable(
            zh="不是 Excel 文件（.xlsx）。旧的 .xls 请另存为 .xlsx。", en="it is no .xlsx; save an old .xls as .xlsx"
        )
    try:
        strings = _Strings().parse(files[_STRINGS]) if _STRINGS in files else []
        yield from _Sheet(strings).parse(files[sheet])
    except expat.ExpatError as error:
        raise UnreadableTable(zh="Excel 文件已损坏。", en=f"the Excel file is broken: {error}") from error


class _Parser:
    """Expat without document types, and so without entities."""

    def _run(self, document: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda name, attributes: self.start(name.rpartition(" ")[2], attributes)
        parser.EndElementHandler = lambda name: self.end(name.rpartition(" ")[2])
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(document, True)

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...

    @staticmethod
    def _refuse(*_: object) -> None:
        raise UnreadableTable(zh="Excel 文件含有不允许的内容。", en="the Excel file has a document type")


class _Strings(_Parser):
    """``sharedStrings.xml``: one text an ``si``, phonetic guides (``rPh``) left out."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._parts: list[str] = []
        self._inside = self._guide = False

    def parse(self, document: bytes) -> list[str]:
        self._run(document)
        return self._found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._inside = name == "t" and not self._guide
        self._guide = self._guide or name == "rPh"

    def end(self, name: str) -> None:
        self._inside = False
        self._guide = self._guide and name != "rPh"
        if name == "si":
            self._found.append("".join(self._parts))
            self._parts = []

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


class _Sheet(_Parser):
    """A worksheet's rows as texts."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = strings
        self._rows: list[tuple[int, list[str]]] = []
        self._cells: list[str] = []
        self._parts: list[str] = []
        self._kind, self._column, self._number, self._inside = "", 0, 0, False

    def parse(self, document: bytes) -> list[tuple[int, list[str]]]:
        self._run(document)
        return self._rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            said = attributes.get("r", "")
            self._number = int(said) if said.isdecimal() and len(said) < 9 else self._number + 1
            self._cells = []
        elif name == "c":
            place = _CELL.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place else len(self._cells)
            self._kind, self._parts = attributes.get("t", ""), []
        self._inside = name in {"v", "t"}

    def end(self, name: str) -> None:
        self._inside = False
        if name == "c" and self._column < COLUMNS_MAX:
            self._cells += [""] * (self._column + 1 - len(self._cells))
            self._cells[self._column] = self._value("".join(self._parts)).strip()
        elif name == "row":
            self._rows.append((self._number, self._cells))

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)

    def _value(self, text: str) -> str:
        if self._kind == "s":
            at = int(text) if text.isdecimal() and len(text) < 9 else -1
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        return text if self._kind else text.removesuffix(".0")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
