"""The part of MQTT that a device needs, as pure functions: packets to bytes and bytes to packets.

``level``: MQTT 5, or 3.1.1 to a broker that knows nothing newer; there no packet has properties.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

NEW, OLD = 5, 4
TOO_NEW = 1
"""The reason of a broker that knows 3.1.1 only."""
CONNACK, PUBLISH, PUBACK, PINGRESP, DISCONNECT = 2, 3, 4, 13, 14
PINGREQ_BYTES = b"\xc0\x00"
DISCONNECT_WITH_WILL_BYTES = b"\xe0\x02\x04\x00"
PACKET_BYTES_MAX = 1_048_576
_SESSION_EXPIRY, _RECEIVE_MAXIMUM = 0x11, 0x21
_UNLIMITED = 65_535
_FIXED_BYTES = {
    0x01: 1, 0x02: 4, 0x11: 4, 0x13: 2, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1,
    0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
"""Lengths of the properties that have one; the others carry a length of their own."""


class BrokenPacket(Exception):
    """The peer sent what is no MQTT; the connection must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A PUBLISH from the broker."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    mid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """A CONNACK: ``reason`` 0 lets in; ``window`` is how many unacknowledged messages the broker takes."""

    reason: int
    session_present: bool
    window: int


def connect(
    *, client_id: str, user: str, password: str, keepalive_s: int, session_s: int, will: tuple[str, bytes],
    level: int = NEW,
) -> bytes:  # fmt: skip
    """CONNECT that takes up the session of before, kept for so long, with a retained QoS 1 last will."""
    flags = 0x80 | 0x40 | 0x20 | 0x08 | 0x04
    properties = struct.pack("!BBI", 5, _SESSION_EXPIRY, session_s) if level == NEW else b""
    body = _text("MQTT") + struct.pack("!BBH", level, flags, keepalive_s) + properties + _text(client_id)
    body += _none(level) + _text(will[0]) + _data(will[1])
    return _packet(0x10, body + _text(user) + _data(password.encode()))


def publish(
    *, topic: str, payload: bytes, mid: int, retain: bool = False, again: bool = False, level: int = NEW
) -> bytes:
    """PUBLISH at QoS 1."""
    first = 0x32 | (0x01 if retain else 0) | (0x08 if again else 0)
    return _packet(first, _text(topic) + struct.pack("!H", mid) + _none(level) + payload)


def puback(mid: int) -> bytes:
    return struct.pack("!BBH", 0x40, 2, mid)


def subscribe(*, mid: int, topics: Iterable[str], level: int = NEW) -> bytes:
    """SUBSCRIBE at QoS 1; retained messages come marked as retained."""
    wanted = b"".join(_text(topic) + b"\x01" for topic in topics)
    return _packet(0x82, struct.pack("!H", mid) + _none(level) + wanted)


def parse_publish(first: int, body: bytes, level: int = NEW) -> Arrived:
    try:
        topic, at = _read_text(body, 0)
        qos = (first >> 1) & 3
        mid = 0
        if qos:
            (mid,) = struct.unpack_from("!H", body, at)
            at += 2
        at = _skip_properties(body, at) if level == NEW else at
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BrokenPacket(str(error)) from error
    return Arrived(topic=topic, payload=body[at:], qos=qos, retained=bool(first & 1), mid=mid)


def parse_connack(body: bytes) -> Welcome:
    if len(body) < 2:
        raise BrokenPacket("a CONNACK is cut short")
    try:
        window = _find_number(body, 2, _RECEIVE_MAXIMUM) if len(body) > 2 else None
    except (struct.error, IndexError) as error:
        raise BrokenPacket(str(error)) from error
    return Welcome(reason=body[1], session_present=bool(body[0] & 1), window=_UNLIMITED if window is None else window)


def parse_reason(body: bytes, at: int) -> int:
    """The reason code of a PUBACK (2) or DISCONNECT (0); absent means success."""
    return body[at] if len(body) > at else 0


def parse_mid(body: bytes) -> int:
    if len(body) < 2:
        raise BrokenPacket("a packet identifier is missing")
    return int(struct.unpack_from("!H", body)[0])


class Splitter:
    """Cuts a byte stream into packets: feed it what arrives, take (first byte, body)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        self._buffer += data
        packets: list[tuple[int, bytes]] = []
        while (found := self._next()) is not None:
            packets.append(found)
        return packets

    def _next(self) -> tuple[int, bytes] | None:
        length, shift = 0, 0
        for at in range(1, 5):
            if at >= len(self._buffer):
                return None
            byte = self._buffer[at]
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        else:
            raise BrokenPacket("a length takes more than four bytes")
        if length > PACKET_BYTES_MAX:
            raise BrokenPacket(f"a packet of {length} bytes")
        end = at + 1 + length
        if len(self._buffer) < end:
            return None
        packet = self._buffer[0], bytes(self._buffer[at + 1 : end])
        del self._buffer[:end]
        return packet


def _none(level: int) -> bytes:
    """No properties, where packets have any."""
    return b"\x00" if level == NEW else b""


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _variable(len(body)) + body


def _variable(number: int) -> bytes:
    out = bytearray()
    while True:
        number, rest = number >> 7, number & 0x7F
        out.append(rest | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _data(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def _text(text: str) -> bytes:
    return _data(text.encode())


def _read_text(body: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("!H", body, at)
    end = at + 2 + length
    if end > len(body):
        raise BrokenPacket("a text is cut short")
    return body[at + 2 : end].decode(), end


def _find_number(body: bytes, at: int, wanted: int) -> int | None:
    """The value of a numeric property, if it is there; a property nobody knows ends the search."""
    end = _skip_properties(body, at)
    at += 1
    while body[at - 1] & 0x80:
        at += 1
    while at < end:
        name, at = body[at], at + 1
        if name in _FIXED_BYTES:
            if name == wanted:
                return int.from_bytes(body[at : at + _FIXED_BYTES[name]], "big")
            at += _FIXED_BYTES[name]
        elif name == 0x26:
            for _ in range(2):
                at += 2 + int(struct.unpack_from("!H", body, at)[0])
        elif name in {0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}:
            at += 2 + int(struct.unpack_from("!H", body, at)[0])
        else:
            return None
    return None


def _skip_properties(body: bytes, at: int) -> int:
    length, shift = 0, 0
    while True:
        byte = body[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    if at + length > len(body):
        raise BrokenPacket("properties are cut short")
    return at + length
