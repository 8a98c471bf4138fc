"""Many clients of a live feed in one process of their own: what each has seen, and how late."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from array import array
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Literal

import websockets

from ui.cli.bench.live_servers import STAMP_DIGITS
from ui.interpreter import tuned_interpreter

OPENING_AT_ONCE = 50
OPEN_TIMEOUT_S = 60.0

STALLED_BYTES = 4_096

Speech = Literal["hall", "events", "stalled", "bare", "socket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """``speech``: the hall's protocol over WebSocket or as server-sent events, or over a WebSocket that is never read;
    a stamped text over WebSocket, or stamped bytes of ``size`` over TCP.
    """

    speech: Speech
    port: int
    clients: int
    hz: float
    size: int = 0


@dataclass(slots=True, kw_only=True)
class Seen:
    """``late_us`` per client and round, conflated ones included; ``lane`` per client: the items that came."""

    late_us: array[float] = field(default_factory=lambda: array("d"))
    lane_late_us: array[float] = field(default_factory=lambda: array("d"))
    last: list[Mapping[str, int]] = field(default_factory=list)
    lane: list[frozenset[int]] = field(default_factory=list)
    conflated: int = 0
    gone: int = 0
    sample: str = ""
    cpu_s: float = 0.0


def watch(audience: Audience, pipe: Connection) -> None:
    """Says ``ready`` when all are connected, and sends a ``Seen`` whenever asked to ``report``; ``stop`` ends it."""
    asyncio.run(_watch(audience, pipe))


async def _watch(audience: Audience, pipe: Connection) -> None:
    seen = Seen()
    clients = [_Client(audience, seen) for _ in range(audience.clients)]
    opening = asyncio.Semaphore(OPENING_AT_ONCE)
    tasks = [asyncio.create_task(client.run(opening)) for client in clients]
    async with asyncio.timeout(OPEN_TIMEOUT_S):
        await asyncio.gather(*(client.ready.wait() for client in clients))
    with tuned_interpreter():  # its own looking for garbage would be told as the hall's being late
        await _report(pipe, seen, clients, tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _report(pipe: Connection, seen: Seen, clients: list[_Client], tasks: list[asyncio.Task[None]]) -> None:
    cpu_before = time.process_time()
    pipe.send("ready")
    while await asyncio.get_running_loop().run_in_executor(None, pipe.recv) == "report":
        seen.cpu_s = round(time.process_time() - cpu_before, 3)
        seen.gone = sum(task.done() for task in tasks)
        seen.last = [client.last for client in clients]
        seen.lane = [frozenset(client.lane) for client in clients]
        pipe.send(seen)


class _Client:
    """One connection; it reads until it is cut off."""

    def __init__(self, audience: Audience, seen: Seen) -> None:
        self._audience, self._seen = audience, seen
        self.ready = asyncio.Event()
        self.last: dict[str, int] = {}
        self.lane: set[int] = set()
        self._round = 0

    def run(self, opening: asyncio.Semaphore) -> Coroutine[Any, Any, None]:
        speak = {
            "stalled": self._stalled,
            "hall": self._hall,
            "events": self._events,
            "bare": self._bare,
            "socket": self._socket,
        }
        return speak[self._audience.speech](opening)

    async def _open(self, path: str) -> websockets.ClientConnection:
        return await websockets.connect(
            f"ws://127.0.0.1:{self._audience.port}{path}", compression=None, ping_interval=None, max_queue=None
        )

    async def _hall(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            link = await self._open("/api/v1/live")
            await link.send(json.dumps({"type": "sub", "view": "hall", "hz": self._audience.hz}))
            await link.recv()
            await link.recv()
            self.ready.set()
        async with link:
            async for text in link:
                self._hear(str(text), time.time_ns() // 1000)

    async def _events(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._audience.port, limit=2**20)
            writer.write(b"GET /api/v1/live/sse?view=hall HTTP/1.1\r\nHost: bench\r\n\r\n")
            while not (await reader.readline()).startswith(b'data: {"type":"snap"'):
                pass
            self.ready.set()
        try:
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    self._hear(line[6:].decode(), time.time_ns() // 1000)
        finally:
            writer.close()

    def _hear(self, text: str, now_us: int) -> None:
        message = json.loads(text)
        if message["type"] == "call":
            self.lane.add(message["call"]["n"])
            self._seen.lane_late_us.append(now_us - message["call"]["sent_us"])
        elif message["type"] == "delta":
            news = {entity: points for entity, points in message["entities"].items() if "round" in points}
            if not news:
                return
            newest = max(news.values(), key=lambda points: int(points["round"][0]))
            self._late(newest["round"][0], now_us - newest["sent_us"][0])
            self.last.update({entity: points["round"][0] for entity, points in news.items()})
            self._seen.sample = max(self._seen.sample, text, key=len)  # a round may come in two pieces

    def _late(self, number: int, late_us: float) -> None:
        """A round that was overtaken is as late as the one that overtook it, and older."""
        for skipped in range(self._round + 1, number):
            self._seen.conflated += 1
            self._seen.late_us.append(late_us + (number - skipped) * 1e6 / self._audience.hz)
        if number > self._round:
            self._seen.late_us.append(late_us)
            self._round = number

    async def _stalled(self, opening: asyncio.Semaphore) -> None:
        """It asks for everything, and then reads nothing of it until it is cut off."""
        async with opening:
            loop, sock = asyncio.get_running_loop(), socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BYTES)
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", self._audience.port))
            await loop.sock_sendall(
                sock, _upgrade() + _masked({"type": "sub", "view": "hall", "hz": self._audience.hz})
            )
            self.ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            sock.close()

    async def _bare(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            link = await self._open("/")
            self.ready.set()
        async with link:
            async for text in link:
                self._seen.late_us.append(time.time_ns() // 1000 - int(text[:STAMP_DIGITS]))

    async def _socket(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._audience.port)
            self.ready.set()
        try:
            while True:
                data = await reader.readexactly(STAMP_DIGITS + self._audience.size)
                self._seen.late_us.append(time.time_ns() // 1000 - int(data[:STAMP_DIGITS]))
        except asyncio.IncompleteReadError:
            writer.close()


def _upgrade() -> bytes:
    return (
        b"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )


def _masked(message: Mapping[str, Any]) -> bytes:
    """One text frame of a client, its mask all zeros (RFC 6455)."""
    payload = json.dumps(message).encode()
    return struct.pack("!BBI", 0x81, 0x80 | len(payload), 0) + payload
