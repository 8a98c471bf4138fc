"""Audit lines as one file of JSON lines that can be verified anywhere, without the database it came from.

First what it holds (``Start``), then the signed heads, then the lines in order of place. Lines before and after those
asked for are in it as a few hashes only, so that the heads can be checked all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from twin.errors import AuditUnusable
from twin.store import audit_rows
from twin.store.audit_heads import HeadLine, head_line, head_of
from twin.store.audit_rows import Placed
from twin.store.audit_tree import EMPTY, Frontier, Head, Subtree, subtrees
from twin.store.audit_verify import DEFECTS_MAX, Check, Verdict
from twin.store.backup.manifest import room
from twin.store.database import Connection, Database

FORMAT = 1
ROW_MAX_BYTES = 64 << 20
_NOTHING = msgspec.Raw(b"null")


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="audit"):
    """Places ``first`` to before ``end`` of a tree of ``size`` leaves.

    ``left`` and ``right``: the whole subtrees beside them. ``key``: whose signature the newest head carries.
    """

    format: int
    first: int
    end: int
    size: int
    key: str
    left: tuple[tuple[int, int, str], ...]
    right: tuple[tuple[int, int, str], ...]


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="line"):
    """``before`` and ``after`` stand as they stand in the database: they are hashed as they are written."""

    place: int
    leaf: str
    id: int
    at_ms: int
    site: str
    actor: str
    action: str
    target: str
    before: msgspec.Raw
    after: msgspec.Raw
    why: str


_Row: TypeAlias = Start | Line | HeadLine
_ROWS = msgspec.json.Decoder(_Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    lines: int
    head: Head
    bytes: int


def export(
    database: Database, path: Path, *, since_ms: int | None = None, until_ms: int | None = None
) -> Written:  # fmt: skip
    """The lines from ``since_ms`` to before ``until_ms`` and what stands between them. Raises ``AuditUnusable``."""
    with database.transaction() as conn:
        head = audit_rows.find_newest_head(conn)
        if head is None:
            raise AuditUnusable("no line has been sealed yet", where=path, todo="Start the hall once: it seals them")
        found = audit_rows.find_places(conn, since_ms=since_ms, until_ms=until_ms)
        first, end = (min(found[0], head.size), min(found[1], head.size)) if found else (head.size, head.size)
        heads = [*audit_rows.list_heads(conn, after=first, upto=min(end, head.size - 1)), head]
        start = _start(conn, head, first, end)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with room(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                lines = _write(file, start, heads, audit_rows.pages(database, first, end))
        size = partial.stat().st_size
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Written(lines=lines, head=head, bytes=size)


def verify_export(path: Path, *, trusted: bytes | None, now_ms: Callable[[], int]) -> Verdict:
    """Without a ``trusted`` key the file is only true to itself: compare the key that is told with the hall's."""
    reading = _Reading()
    try:
        with path.open("rb") as file:
            while raw := file.readline(ROW_MAX_BYTES):
                reading.row(raw)
    except OSError as error:
        raise AuditUnusable(
            f"it cannot be read: {error.strerror}", where=path, todo="Name a file that `halltwin audit export` wrote"
        ) from error
    return reading.verdict(trusted, now_ms())


class _Reading:
    """Row by row; what cannot be read is a defect like any other."""

    def __init__(self) -> None:
        self._rows = 0
        self._start: Start | None = None
        self._heads: list[Head] = []
        self._wrong: list[str] = []
        self._check: Check | None = None

    def row(self, raw: bytes) -> None:
        self._rows += 1
        try:
            self._take(_decode(raw))
        except (msgspec.DecodeError, ValueError):
            self._defect(f"row {self._rows} of the file is not as it was written")

    def verdict(self, trusted: bytes | None, at_ms: int) -> Verdict:
        check, start = self._begun(), self._start
        for what in self._wrong:
            check.defect("file", None, what)
        if start is None:
            check.defect("file", None, "what the file holds is not said in its first row")
            return check.verdict(None, at_ms=at_ms)
        check.right(_subtrees(start.right), begin=start.end)
        head = check.end(size=start.size, trusted=trusted or bytes.fromhex(start.key))
        if head is None or head.size != start.size:
            check.defect("head", None, f"the head of all {start.size} lines is not there")
        return check.verdict(head, at_ms=at_ms)

    def _take(self, row: _Row) -> None:
        if isinstance(row, Line):
            self._begun().leaf(_placed(row))
        elif self._check is not None:
            raise ValueError(row)
        elif isinstance(row, HeadLine):
            self._heads.append(head_of(row))
        elif self._rows == 1 and row.format == FORMAT:
            _hash(row.key)
            list(_subtrees(row.right))
            if Frontier(_subtrees(row.left)).size != row.first:
                raise ValueError(row)
            self._start = row
        else:
            raise ValueError(row)

    def _begun(self) -> Check:
        if self._check is None:
            self._check = Check(self._heads, left=_subtrees(self._start.left) if self._start else ())
        return self._check

    def _defect(self, what: str) -> None:
        if len(self._wrong) < DEFECTS_MAX:
            self._wrong.append(what)


def _decode(raw: bytes) -> _Row:
    """Raises ValueError also where it could be written in another way than we write it."""
    row: _Row = _ROWS.decode(raw)
    if msgspec.json.encode(row) + b"\n" != raw:
        raise ValueError(raw)
    return row


def _placed(row: Line) -> Placed:
    before, after = (None if raw == _NOTHING else bytes(raw).decode() for raw in (row.before, row.after))
    return Placed(
        place=row.place, line=row.id, hash=_hash(row.leaf), id=row.id, at_ms=row.at_ms, site=row.site, actor=row.actor,
        action=row.action, target=row.target, before=before, after=after, why=row.why,
    )  # fmt: skip


def _row(placed: Placed) -> Line:
    before, after = (_NOTHING if text is None else msgspec.Raw(text.encode()) for text in (placed.before, placed.after))
    return Line(
        place=placed.place, leaf=placed.hash.hex(), id=placed.line, at_ms=placed.at_ms or 0, site=placed.site or "",
        actor=placed.actor or "", action=placed.action or "", target=placed.target or "", before=before, after=after,
        why=placed.why or "",
    )  # fmt: skip


def _hash(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != len(EMPTY) or raw.hex() != text:
        raise ValueError(text)
    return raw


def _subtrees(some: Iterable[tuple[int, int, str]]) -> Iterator[Subtree]:
    return ((level, which, _hash(text)) for level, which, text in some)


def _start(conn: Connection, head: Head, first: int, end: int) -> Start:
    read = audit_rows.reader(conn)
    left, right = (
        tuple((level, which, value.hex()) for level, which, value in subtrees(begin, stop, read))
        for begin, stop in ((0, first), (end, head.size))
    )
    return Start(format=FORMAT, first=first, end=end, size=head.size, key=head.key.hex(), left=left, right=right)


def _write(file: BinaryIO, start: Start, heads: Iterable[Head], pages: Iterable[Sequence[Placed]]) -> int:
    lines = 0
    file.writelines(msgspec.json.encode(row) + b"\n" for row in (start, *map(head_line, heads)))
    for page in pages:
        found = [_row(placed) for placed in page if placed.id is not None]
        file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in found))
        lines += len(found)
    return lines
