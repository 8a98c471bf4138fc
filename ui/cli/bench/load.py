"""A load of QoS 1 messages from a process of its own: many connections, raw packets, a window or a fixed rate.

The window is closed end to end: what is under way between the first byte sent and the row committed stays below it.
At a fixed rate messages carry the time they were due, so that waiting counts as lateness.
"""

from __future__ import annotations

import multiprocessing
import random
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

FIRST_COUNT = 1_000_000_000
"""Numbers of ten digits from the first on: every packet of a connection has the same length."""
CHUNK = 32
DRAIN_S = 30.0
OUT_BYTES_MAX = 1 << 20
"""What a device keeps of what the broker does not take."""
_CONNECT, _PUBLISH_QOS1, _PUBACK = 0x10, 0x32, 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One device's connection."""

    device: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    host: str
    port: int
    site: str
    senders: tuple[Sender, ...]
    seconds: float
    rate: float | None
    window: int
    seed: int
    total: int | None = None
    """It ends when these are sent, or after ``seconds``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the broker acknowledged: by device, how many messages from FIRST_COUNT on. ``cpu_s``: the load's own.

    ``unsent``: messages that were never made, since the broker had not taken those before them.
    """

    acknowledged: dict[str, int]
    unacknowledged: int
    began_ms: int
    cpu_s: float
    unsent: int = 0


class _Link:
    """One connection with its packets, bytes not yet written and acknowledgements not yet complete."""

    def __init__(self, plan: Plan, sender: Sender) -> None:
        self.device = sender.device
        self.sock = socket.create_connection((plan.host, plan.port), timeout=10)
        self.sock.sendall(_connect_packet(sender.device, sender.password))
        if self.sock.recv(4)[3:4] != b"\0":
            raise ConnectionError(f"the broker refuses {sender.device}")
        self.sock.setblocking(False)
        topic = f"ht/v1/{plan.site}/{sender.device}/tele".encode()
        length = 2 + len(topic) + 2 + len(payload(0, FIRST_COUNT, 0.0, 0.0))
        self._head = bytes([_PUBLISH_QOS1]) + encode_length(length) + struct.pack("!H", len(topic)) + topic
        self.sent = self.acked = self.unsent = 0
        self._out = b""
        self._in = b""

    def add(self, due_ms: Sequence[int], draw: random.Random) -> None:
        if len(self._out) > OUT_BYTES_MAX:
            self.unsent += len(due_ms)
            return
        head, parts = self._head, [self._out]
        for ts_ms in due_ms:
            mid = self.sent % 0xFFFF + 1
            number = FIRST_COUNT + self.sent
            temperature, humidity = 15 + 14.99 * draw.random(), 30 + 39.99 * draw.random()
            parts.append(head + mid.to_bytes(2, "big") + payload(ts_ms, number, temperature, humidity))
            self.sent += 1
        self._out = b"".join(parts)

    def write(self) -> bool:
        """Write what the socket takes; True while something is left."""
        if self._out:
            try:
                written = self.sock.send(self._out)
            except BlockingIOError:
                return True
            self._out = self._out[written:]
        return bool(self._out)

    def read(self) -> None:
        try:
            self._in += self.sock.recv(65_536)
        except BlockingIOError:
            return
        whole = len(self._in) // 4
        for at in range(0, whole * 4, 4):
            if self._in[at] != _PUBACK:
                raise ConnectionError(f"{self.device}: not a PUBACK: {self._in[at : at + 4]!r}")
        self.acked += whole
        self._in = self._in[whole * 4 :]


def start_load(plan: Plan) -> tuple[Any, Any, Connection]:
    """Begin in a process of its own: (process, the count of finished messages to be kept up to date, its ledger)."""
    context = multiprocessing.get_context("spawn")
    finished = context.Value("q", 0, lock=False)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(plan, finished, theirs), daemon=True)
    process.start()
    return process, finished, ours


def _main(plan: Plan, finished: Any, out: Connection) -> None:
    links = [_Link(plan, sender) for sender in plan.senders]
    poll = selectors.DefaultSelector()
    for link in links:
        poll.register(link.sock, selectors.EVENT_READ, link)
    draw = random.Random(plan.seed)  # noqa: S311 - a seeded load
    began = time.time()
    began_cpu = time.process_time()
    turn = 0
    sent = 0
    while (now := time.time()) < began + plan.seconds and sent != plan.total:
        due_ms = _due(plan, began, now, sent=sent, finished=finished.value)
        sent += len(due_ms)
        for at in range(0, len(due_ms), CHUNK):
            links[turn % len(links)].add(due_ms[at : at + CHUNK], draw)
            turn += 1
        _exchange(links, poll, idle_s=0.0005 if due_ms else 0.002)
    deadline = time.time() + DRAIN_S
    while any(link.acked < link.sent for link in links) and time.time() < deadline:
        _exchange(links, poll, idle_s=0.005)
    out.send(
        Ledger(
            acknowledged={link.device: link.acked for link in links},
            unacknowledged=sum(link.sent - link.acked for link in links),
            began_ms=int(began * 1000),
            cpu_s=time.process_time() - began_cpu,
            unsent=sum(link.unsent for link in links),
        )
    )


def _due(plan: Plan, began: float, now: float, *, sent: int, finished: int) -> list[int]:
    """The times of the messages to send now: by the clock, or as many as the window has room for."""
    left = float("inf") if plan.total is None else plan.total
    if plan.rate is None:
        return [int(now * 1000)] * max(0, int(min(left, plan.window + finished)) - sent)
    until = int(min(left, (now - began) * plan.rate))
    return [int((began + n / plan.rate) * 1000) for n in range(sent, until)]


def _exchange(links: Sequence[_Link], poll: selectors.BaseSelector, *, idle_s: float) -> None:
    for link in links:
        link.write()
    for key, _ in poll.select(idle_s):
        key.data.read()


def payload(ts_ms: int, number: int, temperature: float, humidity: float) -> bytes:
    return b'{"ts":%13d,"seq":%d,"boot":1,"v":{"temperature":%05.2f,"humidity":%05.2f,"count":%d}}' % (
        ts_ms, number, temperature, humidity, number,
    )  # fmt: skip


def _connect_packet(user: str, password: str) -> bytes:
    """MQTT 3.1.1, clean session, user and password."""
    body = b"\0\4MQTT\4\xc2\0\x3c" + b"".join(struct.pack("!H", len(w)) + w.encode() for w in (user, user, password))
    return bytes([_CONNECT]) + encode_length(len(body)) + body


def encode_length(length: int) -> bytes:
    """MQTT's remaining length."""
    out = bytearray()
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(out)
