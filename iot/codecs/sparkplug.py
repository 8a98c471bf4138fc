"""Sparkplug B payloads: the few protobuf fields that carry values, read by a bounded decoder of our own.

A library for protobuf would bring generated code for message types (templates, data sets) that no point of ours can
hold. Whatever the bytes are: a payload, or ``CodecError``.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from iot.errors import CodecError
from iot.kind import Value
from iot.messages import Quality

METRICS_MAX = 4_096
INFLATED_BYTES_MAX = 262_144
NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 500
_COMPRESSED = b"SPBV1.0_COMPRESSED"
_EXACT = 2**53
_WIRE_VARINT, _WIRE_64, _WIRE_BYTES, _WIRE_32 = 0, 1, 2, 5
_VARINT_BYTES_MAX = 10
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""Int8 .. Int64: sent as unsigned numbers, some senders with all upper bits set and some without."""
BOOLEAN = 11
_QUALITIES: dict[int, Quality] = {192: "good", 0: "bad", 500: "uncertain"}
"""The ``Quality`` property as Sparkplug hosts know it: good, bad, stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """``value`` None: null, or of a type that is no single value. ``name`` is empty where an alias stands for it."""

    name: str = ""
    alias: int | None = None
    ts_ms: int | None = None
    datatype: int | None = None
    value: Value | None = None
    quality: Quality = "good"
    historical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    ts_ms: int | None = None
    seq: int | None = None
    metrics: tuple[Metric, ...] = ()


def parse_payload(raw: bytes | bytearray) -> Payload:
    """One Sparkplug B payload, also one that was compressed into another."""
    inner = _inflated(bytes(raw))
    return _payload(bytes(raw) if inner is None else inner)


def _inflated(raw: bytes) -> bytes | None:
    """The payload inside, where this one says that it only wraps it."""
    found = {number: value for number, _, value in _fields(raw) if number in {4, 5}}
    body = found.get(5)
    if found.get(4) != _COMPRESSED or not isinstance(body, bytes):
        return None
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip, as its header says
    try:
        inner = inflater.decompress(body, INFLATED_BYTES_MAX)
    except zlib.error as error:
        raise CodecError("schema", f"compressed body: {error}") from None
    if not inflater.eof:
        raise CodecError("oversized", f"compressed body of more than {INFLATED_BYTES_MAX} bytes, or cut short")
    return inner


def _payload(view: bytes) -> Payload:
    ts_ms: int | None = None
    seq: int | None = None
    metrics: list[Metric] = []
    for number, wire, value in _fields(view):
        if number == 1 and isinstance(value, int):
            ts_ms = value
        elif number == 3 and isinstance(value, int):
            seq = value
        elif number == 2 and isinstance(value, bytes):
            if len(metrics) >= METRICS_MAX:
                raise CodecError("oversized", f"more than {METRICS_MAX} metrics")
            metrics.append(_metric(value))
        elif number in {1, 2, 3}:
            raise CodecError("schema", f"field {number} of the payload has wire type {wire}")
    return Payload(ts_ms=ts_ms, seq=seq, metrics=tuple(metrics))


def encode_payload(payload: Payload) -> bytes:
    """Only what the hall sends: names, types, truth values, numbers and texts."""
    parts = [b"" if payload.ts_ms is None else _key(1, _WIRE_VARINT) + _varint(payload.ts_ms)]
    for metric in payload.metrics:
        body = _encode_metric(metric)
        parts.append(_key(2, _WIRE_BYTES) + _varint(len(body)) + body)
    if payload.seq is not None:
        parts.append(_key(3, _WIRE_VARINT) + _varint(payload.seq))
    return b"".join(parts)


def _metric(raw: bytes) -> Metric:
    found = {number: value for number, _, value in _fields(raw)}
    datatype = _number(found, 4)
    return Metric(
        name=_text(found.get(1, b""), NAME_CHARS_MAX), alias=_number(found, 2), ts_ms=_number(found, 3),
        datatype=datatype, historical=bool(_number(found, 5)),
        value=None if _number(found, 7) else _value(found, datatype), quality=_quality(found.get(9)),
    )  # fmt: skip


def _value(found: dict[int, int | bytes], datatype: int | None) -> Value | None:
    """Read by the field that is there; the declared type decides only about a sign. The last field set counts."""
    for number in reversed([key for key in found if 10 <= key <= 15]):
        raw = found[number]
        match number, raw:
            case ((10 | 11), int()):
                return typed(raw, datatype)
            case 12, bytes() if len(raw) == 4:
                return float(f"{struct.unpack('<f', raw)[0]:.7g}")  # four bytes hold seven digits, no more
            case 13, bytes() if len(raw) == 8:
                return float(struct.unpack("<d", raw)[0])
            case 14, int():
                return bool(raw)
            case 15, bytes():
                return _text(raw, TEXT_CHARS_MAX)
        raise CodecError("schema", f"value field {number} has another wire type")
    return None


def typed(raw: Value, datatype: int | None) -> Value:
    """A whole number with the sign its declared type gives it; too large to be exact, it becomes a float."""
    if isinstance(raw, (bool, float, str)):
        return raw
    if datatype == BOOLEAN:
        return bool(raw)
    if datatype in _SIGNED_BITS:
        bits = _SIGNED_BITS[datatype]
        raw &= (1 << bits) - 1
        raw -= (raw >> (bits - 1)) << bits
    return raw if abs(raw) <= _EXACT else float(raw)


def _quality(properties: int | bytes | None) -> Quality:
    """The property ``Quality`` of a metric, where there is one: a set of keys (1) and of values (2), in parallel."""
    if not isinstance(properties, bytes):
        return "good"
    keys: list[bytes] = []
    values: list[bytes] = []
    for number, _, value in _fields(properties):
        if isinstance(value, bytes) and number in {1, 2}:
            (keys if number == 1 else values).append(value)
    for key, body in zip(keys, values, strict=False):
        if key == b"Quality":
            numbers = [value for number, _, value in _fields(body) if number in {3, 4} and isinstance(value, int)]
            return _QUALITIES.get(numbers[-1], "uncertain") if numbers else "uncertain"
    return "good"


def _fields(raw: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """(field number, wire type, number or bytes); fixed-width fields come as bytes."""
    at, end = 0, len(raw)
    while at < end:
        key, at = _read_varint(raw, at)
        number, wire = key >> 3, key & 7
        if wire == _WIRE_VARINT:
            value, at = _read_varint(raw, at)
            yield number, wire, value
            continue
        if wire == _WIRE_BYTES:
            length, at = _read_varint(raw, at)
        elif wire in {_WIRE_64, _WIRE_32}:
            length = 8 if wire == _WIRE_64 else 4
        else:
            raise CodecError("schema", f"wire type {wire}")
        if length > end - at:
            raise CodecError("schema", "a field reaches beyond the payload")
        yield number, wire, raw[at : at + length]
        at += length


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for byte in raw[at : at + _VARINT_BYTES_MAX]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise CodecError("schema", "a number does not end")


def _number(found: dict[int, int | bytes], field: int) -> int | None:
    value = found.get(field)
    if isinstance(value, bytes):
        raise CodecError("schema", f"field {field} of a metric is no number")
    return value


def _text(raw: int | bytes, most: int) -> str:
    if isinstance(raw, int):
        raise CodecError("schema", "a text is no number")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise CodecError("text", str(error)) from None
    if "\0" in text:  # the database's texts cannot hold it
        raise CodecError("text", "a NUL character")
    if len(text) > most:
        raise CodecError("oversized", f"a text of {len(text)} characters; {most} are allowed")
    return text


def _encode_metric(metric: Metric) -> bytes:
    name = metric.name.encode()
    parts = [_key(1, _WIRE_BYTES) + _varint(len(name)) + name] if name else []
    numbers = {2: metric.alias, 3: metric.ts_ms, 4: metric.datatype, 5: int(metric.historical) or None}
    parts += [_key(field, _WIRE_VARINT) + _varint(value) for field, value in numbers.items() if value is not None]
    match metric.value:
        case None:
            parts.append(_key(7, _WIRE_VARINT) + b"\1")
        case bool():
            parts.append(_key(14, _WIRE_VARINT) + _varint(int(metric.value)))
        case int():
            parts.append(_key(11, _WIRE_VARINT) + _varint(metric.value & 0xFFFF_FFFF_FFFF_FFFF))
        case float() if math.isfinite(metric.value):
            parts.append(_key(13, _WIRE_64) + struct.pack("<d", metric.value))
        case str():
            body = metric.value.encode()
            parts.append(_key(15, _WIRE_BYTES) + _varint(len(body)) + body)
    return b"".join(parts)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
