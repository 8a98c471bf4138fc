"""A broker's side of one connection that does nothing but send: so that a receiver meets its own limit.

Speaks as much MQTT 3.1.1 and 5 as it takes to be subscribed to. What it sends is made beforehand; never more than a
window of it is unacknowledged.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import select
import socket
import struct
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ui.cli.bench.load import FIRST_COUNT, encode_length, payload

DEVICES = 40
PACKET_IDS = 0xFFFF
_READ_BYTES = 65_536
_CONNECT, _SUBSCRIBE = 1, 8
_PUBACK_BYTES = 4
_END_S = 30.0


def start_feeder(*, site: str, total: int, window: int, path: Path | None) -> tuple[Any, Connection, int]:
    """Begin in a process of its own: (process, pipe, port). It listens at ``path`` or else on a port of loopback,
    serves whoever connects, and ends when the pipe is closed.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs, site, total, window, path), daemon=True)
    process.start()
    port: int = ours.recv()
    return process, ours, port


def packets(site: str, total: int, *, newer: bool) -> tuple[bytes, int]:
    """PUBLISH packets at QoS 1 one after the other, and how long each is."""
    topics = [f"ht/v1/{site}/S{n:03d}/tele".encode() for n in range(DEVICES)]
    properties = b"\0" if newer else b""
    length = 2 + len(topics[0]) + 2 + len(properties) + len(payload(0, FIRST_COUNT, 0.0, 0.0))
    heads = [b"\x32" + encode_length(length) + struct.pack("!H", len(topic)) + topic for topic in topics]
    made = [
        heads[n % DEVICES] + (n % PACKET_IDS + 1).to_bytes(2, "big") + properties
        + payload(1_763_000_000_000 + n, FIRST_COUNT + n // DEVICES, 20.0, 40.0)
        for n in range(total)
    ]  # fmt: skip
    return b"".join(made), len(made[0])


def _main(pipe: Connection, site: str, total: int, window: int, path: Path | None) -> None:
    made = {newer: packets(site, total, newer=newer) for newer in (False, True)}
    listening = socket.create_server(("127.0.0.1", 0)) if path is None else _listen_at(path)
    with listening:
        pipe.send(0 if path else listening.getsockname()[1])
        while listening in wait([listening, pipe]):
            with listening.accept()[0] as client, contextlib.suppress(ConnectionError):  # who goes early knows it
                newer = _welcome(client)
                _feed(client, *made[newer], total=total, window=window)


def _listen_at(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    made.listen()
    return made


def _welcome(client: socket.socket) -> bool:
    """Answer until it has subscribed; whether it speaks MQTT 5."""
    newer = False
    while True:
        first, body = _read_packet(client)
        if first >> 4 == _CONNECT:
            newer = body[6] == 5
            client.sendall(b"\x20\x03\0\0\0" if newer else b"\x20\x02\0\0")
        elif first >> 4 == _SUBSCRIBE:
            codes = b"\x01" * _count_filters(body, at=3 if newer else 2)
            answer = body[:2] + (b"\0" if newer else b"") + codes
            client.sendall(b"\x90" + encode_length(len(answer)) + answer)
            return newer


def _count_filters(body: bytes, *, at: int) -> int:
    count = 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2], "big") + 1
        count += 1
    return count


def _read_packet(client: socket.socket) -> tuple[int, bytes]:
    first, length, shift = client.recv(1)[0], 0, 0
    while True:
        digit = client.recv(1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            break
    body = b""
    while len(body) < length:
        body += client.recv(length - len(body))
    return first, body


def _feed(client: socket.socket, made: bytes, size: int, *, total: int, window: int) -> None:
    """Until all is acknowledged or the client is gone."""
    data, at, answered = memoryview(made), 0, 0
    client.setblocking(False)
    while answered < total * _PUBACK_BYTES:
        room = min(total, answered // _PUBACK_BYTES + window) * size
        readable, writable, _ = select.select([client], [client] if at < room else [], [], _END_S)
        if writable:
            at += client.send(data[at : min(room, at + _READ_BYTES)])
        if readable:
            arrived = client.recv(_READ_BYTES)
            if not arrived:
                return
            answered += len(arrived)
        if not readable and not writable:
            return
