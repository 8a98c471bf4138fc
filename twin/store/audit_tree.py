"""The tree of hashes over the audit's lines, as RFC 9162 section 2.1 has it: roots, proofs, signed heads. Pure.

Only whole subtrees are ever kept (a leaf, 256 leaves, 65,536 ...); all others are made of them when asked for.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LEVELS = 8
"""Of each subtree that is kept, as many levels above the one below it: 256 of those."""
LEVEL_MAX = 62
"""No tree is higher: places are 63 bits."""
EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Subtree = tuple[int, int, bytes]
"""(level, which one of that level, its hash): it covers 2**level leaves from which * 2**level on."""
Read = Callable[[int, int, int], Sequence[bytes]]
"""(level, first, count): that many kept hashes of one level."""


def line_hash(*values: str | int | None) -> bytes:
    """The leaf of a line, as ``audit.line_hash`` makes it in the database: of its columns, in their order."""
    return hashlib.sha256(b"\x00" + b"".join(_counted(value) for value in values)).digest()


def _counted(value: str | int | None) -> bytes:
    if value is None:
        return b"-,"
    raw = str(value).encode()
    return b"%d:%b," % (len(raw), raw)


def join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: its root at every size, and each subtree that gets whole on the way."""

    def __init__(self, peaks: Iterable[Subtree] = ()) -> None:
        self.size = 0
        self._peaks: list[Subtree] = []
        self.extend(peaks)

    def copy(self) -> Frontier:
        return Frontier(self._peaks)

    def extend(self, some: Iterable[Subtree]) -> None:
        """Whole subtrees, each where the one before it ends. Raises ValueError where one is elsewhere."""
        for level, which, value in some:
            if not 0 <= level <= LEVEL_MAX or which << level != self.size:
                raise ValueError(f"subtree {which} of level {level} does not begin at {self.size}")
            self.add(value, level=level)

    def add(self, value: bytes, *, level: int = 0) -> list[Subtree]:
        """One more leaf, or a whole subtree of them; returns those to be kept that it made whole."""
        made = (level, self.size >> level, value)
        self.size += 1 << level
        kept: list[Subtree] = []
        while self._peaks and self._peaks[-1][0] == made[0]:
            left = self._peaks.pop()
            made = (made[0] + 1, made[1] >> 1, join(left[2], made[2]))
            if made[0] % LEVELS == 0:
                kept.append(made)
        self._peaks.append(made)
        return kept

    def root(self) -> bytes:
        return _bag([value for _, _, value in self._peaks])


def cover(begin: int, end: int) -> list[tuple[int, int]]:
    """The fewest (level, which one) whole subtrees that are the leaves from ``begin`` to before ``end``."""
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def subtrees(begin: int, end: int, read: Read) -> list[Subtree]:
    """``cover`` with the hashes."""
    return [(level, which, _whole(level, which, read)) for level, which in cover(begin, end)]


def inclusion(place: int, size: int, read: Read) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1: with it and the leaf at ``place``, anybody makes the root of ``size`` leaves."""
    begin, end, path = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _below(end - begin)
        if place < middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(begin, middle, read))
            begin = middle
    return path[::-1]


def consistency(first: int, size: int, read: Read) -> list[bytes]:
    """PROOF of RFC 9162, 2.1.4.1: that the tree of ``first`` leaves is the beginning of that of ``size``."""
    begin, end, whole, path = 0, size, True, list[bytes]()
    while first != end:
        middle = begin + _below(end - begin)
        if first <= middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(begin, middle, read))
            begin, whole = middle, False
    return path[::-1] if whole else [_range(begin, end, read), *path[::-1]]


def _below(count: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(begin: int, end: int, read: Read) -> bytes:
    return _bag([value for _, _, value in subtrees(begin, end, read)])


def _bag(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = join(peak, root)
    return root


def _whole(level: int, which: int, read: Read) -> bytes:
    """Of the nearest kept level below it."""
    above = level % LEVELS
    row = list(read(level - above, which << above, 1 << above))
    while len(row) > 1:
        row = [join(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What was true of all lines at a time, signed. ``key`` is the public one that its signature is checked with."""

    size: int
    at_ms: int
    origin: str
    root: bytes
    key: bytes
    signature: bytes

    def is_signed(self) -> bool:
        """By its own key; whose that is, is another question."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.signature, _note(self))
        except InvalidSignature:
            return False
        return True

    def to_json(self) -> dict[str, str | int]:
        return {
            "size": self.size, "at_ms": self.at_ms, "origin": self.origin, "root": self.root.hex(),
            "key": self.key.hex(), "signature": self.signature.hex(),
        }  # fmt: skip


def sign(key: Ed25519PrivateKey, *, size: int, at_ms: int, origin: str, root: bytes) -> Head:
    bare = Head(size=size, at_ms=at_ms, origin=origin, root=root, key=public_of(key), signature=b"")
    return Head(
        size=size, at_ms=at_ms, origin=origin, root=root, key=bare.key, signature=key.sign(_note(bare))
    )  # fmt: skip


def public_of(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _note(head: Head) -> bytes:
    """The body of a checkpoint (C2SP tlog-checkpoint), the time as its extension line."""
    root = base64.b64encode(head.root).decode()
    return f"{head.origin}\n{head.size}\n{root}\n{head.at_ms}\n".encode()
