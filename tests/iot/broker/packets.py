"""Packets of MQTT 3.1.1 and 5 as bytes, for what no stock client would send."""

from __future__ import annotations

import struct

from ui.cli.bench.load import encode_length


def connect(flags: int, *texts: str, level: int = 4, keepalive_s: int = 60, properties: bytes = b"") -> bytes:
    """``texts``: the client's name, then what the flags announce. ``properties``: of MQTT 5, with their length."""
    return packet(0x10, words("MQTT") + struct.pack("!BBH", level, flags, keepalive_s) + properties + words(*texts))


def publish(topic: str, payload: bytes, *, mid: int = 1) -> bytes:
    """At least once."""
    return packet(0x32, words(topic) + struct.pack("!H", mid) + payload)


def subscribe(topic: str, *, mid: int = 1) -> bytes:
    """At least once."""
    return packet(0x82, struct.pack("!H", mid) + words(topic) + b"\1")


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + encode_length(len(body)) + body


def words(*texts: str) -> bytes:
    return b"".join(struct.pack("!H", len(text.encode())) + text.encode() for text in texts)
