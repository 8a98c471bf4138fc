"""Finds out whether audit lines are those that were signed: of the running database, or of an export without any.

Each line is hashed anew, the tree is built anew of the hashes, and every signed head must fit it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

from twin.store import audit_rows
from twin.store.audit_heads import HeadFiles
from twin.store.audit_rows import Placed
from twin.store.audit_tree import Frontier, Head, Subtree, line_hash
from twin.store.database import Database

DEFECTS_MAX = 1_000
Kind = Literal["altered", "gone", "added", "moved", "places", "stretch", "rest", "kept", "head", "file"]
"""A line is another than it was, or not there; was never appended; stands elsewhere; places without a line; a stretch
that is not what was signed; what stands beside an exported piece; a hash that proofs are made of; a head; a file's row.
"""
STARTS, STARTED_BY = "hall.start", "system:hall"
"""The line in which a hall says with which key it signs from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """``line`` is its number, None where it is no line that is wrong (or nobody can say which)."""

    kind: Kind
    line: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``lines`` were read; ``waiting`` have no place yet; ``more`` defects were found than are listed."""

    lines: int
    head: Head | None
    at_ms: int
    waiting: int = 0
    defects: Sequence[Defect] = ()
    more: int = 0

    @property
    def ok(self) -> bool:
        return not self.defects

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines, "head": self.head.to_json() if self.head else None, "ok": self.ok,
            "defects": [asdict(each) for each in self.defects], "more": self.more,
            "waiting": self.waiting, "at_ms": self.at_ms,
        }  # fmt: skip


class Check:
    """One pass over leaves in order of place, and what it found. ``heads``: all that were signed, in any order."""

    def __init__(self, heads: Iterable[Head], *, left: Iterable[Subtree] = ()) -> None:
        self._frontier = Frontier(left)
        self._next = self._frontier.size
        self._whole = True
        self._heads = sorted(heads, key=lambda head: head.size)
        self._todo = deque(head for head in self._heads if head.size >= self._frontier.size)
        self._since: tuple[int, int | None] = (self._next, None)
        self._keys: set[bytes] = set()
        self._defects: list[Defect] = []
        self._kept: list[Subtree] = []
        self.lines = self.more = 0
        self._compare()

    def defect(self, kind: Kind, line: int | None, what: str) -> None:
        if len(self._defects) < DEFECTS_MAX:
            self._defects.append(Defect(kind=kind, line=line, what=what))
        else:
            self.more += 1

    def leaf(self, placed: Placed, *, may_be_gone: bool = False) -> None:
        """The next one; ``may_be_gone``: its line was let go, as retention wants it."""
        if placed.place != self._next:
            self._misplaced(placed)
        self._next = max(self._next, placed.place + 1)
        if placed.id is not None:
            self._line(placed)
        elif not may_be_gone:
            self.defect("gone", placed.line, f"line {placed.line} is gone, its place {placed.place} is there")
        if self._whole:
            if self._since[1] is None:
                self._since = (self._since[0], placed.line)
            self._kept += self._frontier.add(placed.hash)
            self._compare()

    def right(self, some: Iterable[Subtree], *, begin: int) -> None:
        """What comes from place ``begin`` on, as whole subtrees."""
        if self._next < begin:
            self.defect("places", None, f"places {self._next} to {begin - 1} are gone, at the end")
            self._whole = False
        elif self._next > begin:
            self.defect(
                "places", None, f"there are lines up to place {self._next - 1}, and should be up to {begin - 1}"
            )
        if not self._whole:
            return
        try:
            self._frontier.extend(some)
        except ValueError:
            self.defect("rest", None, "the hashes of the lines after these do not follow them")
            self._whole = False
            return
        self._compare()

    def nodes(self, some: Iterable[Subtree]) -> None:
        """Those that were kept of these leaves: a proof is made of them."""
        if self._whole:
            wrong = {(level, which) for level, which, _ in set(some).symmetric_difference(self._kept)}
            for level, which in sorted(wrong):
                begin, end = which << level, (which + 1) << level
                self.defect("kept", None, f"the hash kept of places {begin} to {end - 1} is not theirs")

    def end(self, *, size: int, trusted: bytes | None) -> Head | None:
        """Looks at the heads as a whole. ``size``: so many leaves there should be."""
        if self._next < size and self._whole and self._frontier.size < size:
            self.defect("places", None, f"places {self._next} to {size - 1} are gone: a signed head covers {size}")
        newest = max(self._heads, key=lambda head: (head.size, head.key == trusted), default=None)
        if newest is None:
            if self._next:
                self.defect("head", None, "there are lines and no signed head")
            return None
        keys = self._keys | {trusted or newest.key}
        for head in self._heads:
            if not head.is_signed():
                self.defect(
                    "head", None, f"the head of {head.size} lines is not signed by its key {head.key.hex()[:16]}"
                )
            elif head.key not in keys:
                self.defect(
                    "head", None, f"the head of {head.size} lines is signed by a key of nobody, {head.key.hex()[:16]}"
                )
        if trusted is not None and all(head.key != trusted for head in self._heads):
            self.defect("head", None, f"no head is signed by the key {trusted.hex()[:16]}")
        return newest

    def verdict(self, head: Head | None, *, at_ms: int, waiting: int = 0) -> Verdict:
        return Verdict(
            lines=self.lines, head=head, at_ms=at_ms, waiting=waiting, defects=tuple(self._defects), more=self.more
        )

    def _misplaced(self, placed: Placed) -> None:
        if placed.place > self._next:
            last = placed.place - 1
            places = f"place {last} is" if last == self._next else f"places {self._next} to {last} are"
            self.defect("places", None, f"{places} gone, before line {placed.line}")
        else:
            self.defect(
                "moved",
                placed.line,
                f"line {placed.line} stands after place {self._next - 1}, its own is {placed.place}",
            )
        self._whole = False

    def _line(self, placed: Placed) -> None:
        self.lines += 1
        if placed.id != placed.line or line_hash(*placed.values()) != placed.hash:
            self.defect("altered", placed.line, f"line {placed.line} is not as it was written")
        elif placed.action == STARTS and placed.actor == STARTED_BY:
            self._keys |= _key_in(placed.after)

    def _compare(self) -> None:
        """With each head of this size."""
        size = self._frontier.size
        while self._todo and self._todo[0].size <= size:
            head = self._todo.popleft()
            if head.size < size or not self._whole:
                continue
            if head.root != self._frontier.root():
                begin, line = self._since
                self.defect(
                    "stretch",
                    line,
                    f"the lines at places {begin} to {size - 1} are not those that the head of {size} was signed for",
                )
                self._whole = False
            else:
                self._since = (size, None)


def _key_in(after: str | None) -> set[bytes]:
    try:
        return {bytes.fromhex(msgspec.json.decode(after or "{}")["audit_key"])}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return set()


def verify_database(
    database: Database, *, files: HeadFiles | None, trusted: bytes | None, now_ms: Callable[[], int],
    go_on: Callable[[float], bool] = lambda _took_s: True,
) -> Verdict | None:  # fmt: skip
    """All lines that have a place. ``trusted``: the public key of the hall, where it is at hand.

    ``go_on`` is told after each page how long it took, and may rest, or end it (None).
    """
    told, defects = files.list_all() if files is not None else ([], [])
    with database.transaction() as conn:
        heads = audit_rows.list_heads(conn)
        first = now_first = audit_rows.find_first(conn)
        retired = audit_rows.find_waiting_retirement(conn)
        row = conn.execute("select coalesce(max(place) + 1, 0) from audit.leaf").fetchone()
        size, waiting = (int(row[0]) if row else 0), audit_rows.count_waiting(conn)
        strays = audit_rows.list_strays(conn, most=DEFECTS_MAX)
    check = Check({head.signature: head for head in [*heads, *told]}.values())
    for what in defects:
        check.defect("head", None, what)
    began_s = time.monotonic()
    for page in audit_rows.pages(database, 0, size):
        gone = [placed.place for placed in page if placed.id is None]
        if gone and gone[-1] >= now_first:  # retention may have gone on meanwhile
            with database.transaction() as conn:
                now_first = audit_rows.find_first(conn)
        for placed in page:
            check.leaf(placed, may_be_gone=placed.place < now_first)
            if placed.action == "audit.retire" and placed.actor == "system:audit":
                retired = max(retired, _first_in(placed.after))
        if not go_on(time.monotonic() - began_s):
            return None
        began_s = time.monotonic()
    for line in strays:
        check.defect("added", line, f"line {line} was never appended: it has no place and waits for none")
    if retired < first:
        check.defect(
            "places", None, f"places {retired} to {first - 1} are gone, and no line says that they were let go"
        )
    with database.transaction() as conn:
        nodes = audit_rows.list_nodes(conn)
    check.nodes(node for node in nodes if (node[1] + 1) << node[0] <= size)
    largest = max((head.size for head in [*heads, *told]), default=0)
    return check.verdict(check.end(size=max(size, largest), trusted=trusted), at_ms=now_ms(), waiting=waiting)


def _first_in(after: str | None) -> int:
    try:
        return int(msgspec.json.decode(after or "{}")["first"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0
