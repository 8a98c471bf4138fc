"""One PUBLISH as it came, cut out of the bytes that hold it."""

from __future__ import annotations

import msgspec
from paho.mqtt.exception import MalformedPacket

PROPERTIES_BYTES_MAX = 4_096
"""MQTT 5 properties of one message. Stock paho takes 0.4 s for what fits into a packet of 64 KiB."""
_VARIABLE_INTEGER_BYTES_MAX = 4


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """``topic`` is None where it is no UTF-8. ``properties_bytes``: how long they are; the hall needs none of them, so
    what is inside is the broker's to judge.
    """

    topic: str | None
    payload: bytes
    mid: int = 0
    qos: int = 0
    retain: bool = False
    dup: bool = False
    properties_bytes: int = 0


def cut_publish(flags: int, data: bytes | bytearray, at: int, end: int, *, newer: bool) -> Arrived:
    """The message in ``data[at:end]``, which is a whole PUBLISH without its fixed header; ``flags``: its first byte.

    ``newer``: MQTT 5. Raises ``MalformedPacket``.
    """
    if end - at < 2:
        raise MalformedPacket("a PUBLISH without a topic")
    qos = flags >> 1 & 3
    topic_at = at + 2
    topic_end = topic_at + (data[at] << 8 | data[at + 1])
    body = topic_end + 2 if qos else topic_end
    if qos == 3 or body > end or (topic_end == topic_at and not newer):
        raise MalformedPacket("a PUBLISH with a wrong topic, QoS or length")
    mid = data[topic_end] << 8 | data[topic_end + 1] if qos else 0
    properties_bytes = 0
    if newer:
        properties_bytes, body = read_length(data, body, end)
        body += properties_bytes
        if body > end:
            raise MalformedPacket("properties longer than their packet")
    try:
        topic = str(data[topic_at:topic_end], "utf-8")
    except UnicodeDecodeError:
        topic = None
    return Arrived(
        topic, bytes(data[body:end]), mid=mid, qos=qos, retain=flags & 1 == 1, dup=flags & 8 == 8,
        properties_bytes=properties_bytes,
    )  # fmt: skip


def read_length(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    """MQTT's integer of one to four bytes and where it ends; ``MalformedPacket`` where it is longer or cut off."""
    if at < end and data[at] < 0x80:  # as most are
        return data[at], at + 1
    value = 0
    for place, byte in enumerate(data[at : min(at + _VARIABLE_INTEGER_BYTES_MAX, end)]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise MalformedPacket("a length without an end")
