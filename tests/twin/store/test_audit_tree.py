"""The tree against the vectors every log of certificates is tested with, and against RFC 9162 taken literally."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from twin.store.audit_tree import LEVELS, Frontier, Head, Subtree, consistency, cover, inclusion, sign, subtrees

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Of the Certificate Transparency project's own tests."""


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def root_by_inclusion(at: int, size: int, value: bytes, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    fn, sn, r = at, size - 1, value
    for p in path:
        assert sn
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def roots_by_consistency(first: int, second: int, first_root: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162, 2.1.4.2."""
    path = [first_root, *path] if first & (first - 1) == 0 else list(path)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        assert sn
        if fn & 1 or fn == sn:
            fr, sr = hashlib.sha256(b"\x01" + c + fr).digest(), hashlib.sha256(b"\x01" + c + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return fr, sr


class Kept:
    """What the database would keep of such a tree."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._hashes: dict[tuple[int, int], bytes] = {}
        frontier = Frontier()
        for place, value in enumerate(leaves):
            self._keep([(0, place, value), *frontier.add(value)])
        self.root = frontier.root()

    def _keep(self, some: list[Subtree]) -> None:
        self._hashes.update({(level, which): value for level, which, value in some})

    def read(self, level: int, first: int, count: int) -> list[bytes]:
        assert level % LEVELS == 0
        return [self._hashes[level, which] for which in range(first, first + count)]


BIG = [leaf(str(n).encode()) for n in range(1100)]
KEPT = Kept(BIG)


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_every_other_log(size: int) -> None:
    frontier = Frontier()
    for content in LEAVES[:size]:
        frontier.add(leaf(bytes.fromhex(content)))
    assert frontier.root().hex() == ROOTS[size]


def test_a_tree_without_leaves_has_the_root_of_nothing() -> None:
    assert Frontier().root() == hashlib.sha256(b"").digest()


@given(size=st.integers(1, len(BIG)), data=st.data())
def test_proofs_lead_to_the_root(size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    root = mth(BIG[:size])
    assert root_by_inclusion(place, size, BIG[place], inclusion(place, size, KEPT.read)) == root
    path = consistency(first, size, KEPT.read)
    if first == size:
        assert path == []
        return
    assert roots_by_consistency(first, size, mth(BIG[:first]), path) == (mth(BIG[:first]), root)


@given(size=st.integers(0, len(BIG)), data=st.data())
def test_a_piece_and_the_subtrees_beside_it_make_the_root(size: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, size))
    end = data.draw(st.integers(begin, size))
    frontier = Frontier(subtrees(0, begin, KEPT.read))
    assert frontier.root() == mth(BIG[:begin])
    for value in BIG[begin:end]:
        frontier.add(value)
    for level, _, value in subtrees(end, size, KEPT.read):
        frontier.add(value, level=level)
    assert (frontier.size, frontier.root()) == (size, mth(BIG[:size]))


@given(begin=st.integers(0, 1 << 40), length=st.integers(0, 1 << 40))
def test_subtrees_cover_a_piece_without_gap_and_are_few(begin: int, length: int) -> None:
    at = begin
    for level, which in cover(begin, begin + length):
        assert which << level == at
        at += 1 << level
    assert at == begin + length
    assert len(cover(begin, begin + length)) <= 84


@given(bit=st.integers(0, 255), what=st.sampled_from(["root", "key", "size", "at_ms", "origin", "signature"]))
def test_a_head_with_anything_else_in_it_is_not_signed(bit: int, what: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    head = sign(key, size=7, at_ms=1_763_000_000_000, origin="halltwin/test/audit", root=mth(BIG[:7]))
    assert head.is_signed()
    value = getattr(head, what)
    if isinstance(value, bytes):
        forged: object = bytes(b ^ (1 << bit % 8 if n == bit // 8 % len(value) else 0) for n, b in enumerate(value))
    else:
        forged = value ^ (1 << bit % 40) if isinstance(value, int) else value + "x"
    fields = {name: getattr(head, name) for name in Head.__dataclass_fields__}
    assert not Head(**{**fields, what: forged}).is_signed()
