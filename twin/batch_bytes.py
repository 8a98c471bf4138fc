"""A batch as bytes that another run of the hall can read: points by their names, all that the database is to hold."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from twin.batch import Batch, PointBook
from twin.sequence import pack, unpack
from twin.state import PointValue


class _Kept(msgspec.Struct, array_like=True):
    names: dict[int, tuple[str, str]]
    numbers: list[tuple[Any, ...]]
    texts: list[tuple[Any, ...]]
    latest: dict[int, PointValue]
    cursors: dict[str, tuple[int, int, bytes]]


class _Head(msgspec.Struct, array_like=True):
    """The same without its rows, which are most of the work."""

    names: dict[int, tuple[str, str]]
    numbers: msgspec.Raw
    texts: msgspec.Raw
    latest: dict[int, PointValue]
    cursors: dict[str, tuple[int, int, bytes]]


LEVEL = 1
"""What was seen of a device is mostly ones, and readings resemble each other: little work saves most of the bytes."""
_decoder = msgspec.msgpack.Decoder(_Kept)
_heads = msgspec.msgpack.Decoder(_Head)


def encode_batch(batch: Batch, names: Sequence[tuple[str, str]]) -> bytes:
    """Everything but whom to tell."""
    slots = {row[0] for row in batch.numbers} | {row[0] for row in batch.texts} | batch.latest.keys()
    kept = _Kept(
        {slot: names[slot] for slot in slots}, batch.numbers, batch.texts, batch.latest,
        {device: (boot, seq, pack(seen)) for device, (boot, seq, seen) in batch.cursors.items()},
    )  # fmt: skip
    return zlib.compress(msgspec.msgpack.encode(kept), LEVEL)


def decode_batch(raw: bytes, book: PointBook) -> Batch:
    """The slots are this run's; points it does not know yet are entered."""
    kept = _decoder.decode(zlib.decompress(raw))
    slots = {there: book.slot(*name) for there, name in kept.names.items()}
    return Batch(
        numbers=[(slots[slot], *rest) for slot, *rest in kept.numbers],
        texts=[(slots[slot], *rest) for slot, *rest in kept.texts],
        latest={slots[slot]: value for slot, value in kept.latest.items()},
        cursors={device: (boot, seq, unpack(seen)) for device, (boot, seq, seen) in kept.cursors.items()},
    )


def decode_newest(raw: bytes, book: PointBook) -> Batch:
    """Its newest values and cursors only, as fast as that goes."""
    head = _heads.decode(zlib.decompress(raw))
    return Batch(
        latest={book.slot(*head.names[slot]): value for slot, value in head.latest.items()},
        cursors={device: (boot, seq, unpack(seen)) for device, (boot, seq, seen) in head.cursors.items()},
    )
