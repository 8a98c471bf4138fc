"""The part of MQTT 5 that a device needs, as pure functions: packets to bytes and bytes to packets."""

from __future__ import annotations

import struct
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, DISCONNECT = 2, 3, 4, 9, 13, 14
PINGREQ_BYTES = b"\xc0\x00"
DISCONNECT_WITH_WILL_BYTES = b"\xe0\x02\x04\x00"
PACKET_BYTES_MAX = 1_048_576


class BrokenPacket(Exception):
    """The peer sent what is no MQTT 5; the connection must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A PUBLISH from the broker."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    mid: int


def connect(*, client_id: str, user: str, password: str, keepalive_s: int, will: tuple[str, bytes]) -> bytes:
    """CONNECT with a clean start and a retained QoS 1 last will."""
    flags = 0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02
    body = _text("MQTT") + struct.pack("!BBH", 5, flags, keepalive_s) + b"\x00" + _text(client_id)
    body += b"\x00" + _text(will[0]) + _data(will[1])
    return _packet(0x10, body + _text(user) + _data(password.encode()))


def publish(*, topic: str, payload: bytes, mid: int, retain: bool = False, again: bool = False) -> bytes:
    """PUBLISH at QoS 1."""
    first = 0x32 | (0x01 if retain else 0) | (0x08 if again else 0)
    return _packet(first, _text(topic) + struct.pack("!H", mid) + b"\x00" + payload)


def puback(mid: int) -> bytes:
    return struct.pack("!BBH", 0x40, 2, mid)


def subscribe(*, mid: int, topic: str) -> bytes:
    """SUBSCRIBE at QoS 1; retained messages come marked as retained."""
    return _packet(0x82, struct.pack("!H", mid) + b"\x00" + _text(topic) + b"\x01")


def parse_publish(first: int, body: bytes) -> Arrived:
    try:
        topic, at = _read_text(body, 0)
        qos = (first >> 1) & 3
        mid = 0
        if qos:
            (mid,) = struct.unpack_from("!H", body, at)
            at += 2
        at = _skip_properties(body, at)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BrokenPacket(str(error)) from error
    return Arrived(topic=topic, payload=body[at:], qos=qos, retained=bool(first & 1), mid=mid)


def parse_reason(body: bytes, at: int) -> int:
    """The reason code of a CONNACK (1), PUBACK (2) or DISCONNECT (0); absent means success."""
    return body[at] if len(body) > at else 0


def parse_mid(body: bytes) -> int:
    if len(body) < 2:
        raise BrokenPacket("a packet identifier is missing")
    return int(struct.unpack_from("!H", body)[0])


def parse_suback(body: bytes) -> list[int]:
    """The reason codes of a SUBACK."""
    try:
        return list(body[_skip_properties(body, 2) :])
    except IndexError as error:
        raise BrokenPacket("a SUBACK is cut short") from error


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
