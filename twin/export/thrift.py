"""Thrift's compact protocol, as far as Parquet needs it: structs of numbers, texts, truths, lists and structs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Wire: TypeAlias = "int | bool | str | bytes | list[Wire] | I64 | Mapping[int, Wire]"
"""Bytes are a struct that was written before."""
_TRUE, _FALSE, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 5, 6, 8, 9, 12


class I64(int):
    """A number that the schema wants in 64 bits."""


def struct(fields: Mapping[int, Wire]) -> bytes:
    """Fields by their number, in order."""
    out, last = bytearray(), 0
    for number, value in sorted(fields.items()):
        kind = _kind(value)
        if isinstance(value, bool):
            kind = _TRUE if value else _FALSE
        out.append((number - last) << 4 | kind)  # gaps are below 16 in all structs that are written here
        last = number
        if not isinstance(value, bool):
            out += _body(value)
    return bytes(out + b"\0")


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _kind(value: Wire) -> int:
    match value:
        case I64():
            return _I64
        case int():
            return _I32
        case str():
            return _BINARY
        case list():
            return _LIST
    return _STRUCT


def _body(value: Wire) -> bytes:
    match value:
        case int():
            return varint(value << 1 if value >= 0 else (-value << 1) - 1)
        case bytes():
            return value
        case str():
            text = value.encode()
            return varint(len(text)) + text
        case list():
            kind = _kind(value[0]) if value else _STRUCT
            head = bytes([len(value) << 4 | kind]) if len(value) < 15 else bytes([0xF0 | kind]) + varint(len(value))
            return head + b"".join(_body(each) for each in value)
    return struct(value)
