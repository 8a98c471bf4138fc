"""One client's connection to the embedded broker: whole packets within limits, a death noticed in 1.5 keepalives.

amqtt reads from it and writes to it as from a socket. By itself amqtt takes packets of 256 MB, waits for a silent
client for ever and goes on after nonsense; here such a connection ends.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from amqtt.adapters import ReaderAdapter, WriterAdapter

from iot.broker.configuration import PACKET_BYTES

CONNECT, PUBLISH, DISCONNECT = 1, 3, 14
_FROM_CLIENTS = frozenset({3, 4, 5, 6, 7, 8, 10, 12, 14})
_CROWDED_WAIT_S = 0.02
_CLOSE_S = 2.0
"""What was written last has so long to leave."""


class BadPacket(Exception):
    """Why the connection ends, in the words of mosquitto's log."""


async def read_packet(reader: asyncio.StreamReader) -> bytes:
    """The next packet with its header; ``BadPacket`` where it has no length or a forbidden one."""
    head = await reader.readexactly(2)
    length, shift = head[1] & 0x7F, 7
    while head[-1] & 0x80:
        if shift > 21:
            raise BadPacket("malformed packet")
        head += await reader.readexactly(1)
        length |= (head[-1] & 0x7F) << shift
        shift += 7
    if length > PACKET_BYTES:
        raise BadPacket("oversize packet")
    return head + await reader.readexactly(length)


class Link(ReaderAdapter, WriterAdapter):  # type: ignore[misc]  # amqtt is published without types
    """``first`` is the CONNECT as amqtt shall see it. ``must_wait`` True: its next message is not taken yet."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, user: str, address: tuple[str, int],
        first: bytes, keepalive_s: int, must_wait: Callable[[], bool], say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.user, self.address = user, address
        self.ended = asyncio.Event()
        """Set by whoever served it, once nothing of it is left."""
        self.goodbye = False
        self._reader, self._writer, self._packet, self._at = reader, writer, first, 0
        self._patience_s = keepalive_s * 1.5 if keepalive_s else None
        self._must_wait, self._say, self._over = must_wait, say, False

    def end(self, why: str) -> None:
        """Cut it off; whatever is read from now on is its end."""
        if not self._over:
            self._over = True
            self._say(f"Client {self.user} disconnected{why}")
            self._reader.feed_eof()
            self._shut()

    # What amqtt asks for.

    async def read(self, n: int = -1) -> bytes:
        if self._at == len(self._packet) and not await self._next():
            return b""
        chunk = self._packet[self._at : self._at + n]
        self._at += len(chunk)
        if len(chunk) < n:
            self.end(" due to malformed packet.")
            return b""
        return chunk

    def feed_eof(self) -> None:
        self._reader.feed_eof()

    def write(self, data: bytes) -> None:
        if not self._over:
            self._writer.write(data)

    async def drain(self) -> None:
        if not self._over:
            await self._writer.drain()

    def get_peer_info(self) -> tuple[str, int]:
        return self.address

    def get_ssl_info(self) -> ssl.SSLObject | None:
        return None

    async def close(self) -> None:
        self.end("." if self.goodbye else " by the broker.")

    async def _next(self) -> bool:
        if self.goodbye or self._over:
            return await self._nothing_more()
        try:
            async with asyncio.timeout(self._patience_s):
                packet = await read_packet(self._reader)
            kind = packet[0] >> 4
            if kind not in _FROM_CLIENTS or (kind == PUBLISH and packet[0] & 6 == 6):
                raise BadPacket("malformed packet")  # noqa: TRY301 - one way out for every bad packet
        except BadPacket as bad:
            self.end(f" due to {bad}.")
        except TimeoutError:
            self.end(", exceeded timeout.")
        except (OSError, EOFError):
            self.end(", connection lost.")
        else:
            while kind == PUBLISH and self._must_wait() and not self._over:  # noqa: ASYNC110 - nobody to tell
                await asyncio.sleep(_CROWDED_WAIT_S)
            self._packet, self._at, self.goodbye = packet, 0, kind == DISCONNECT
            return True
        return await self._nothing_more()

    async def _nothing_more(self) -> bool:
        """What was read just before is a task that has not begun yet; amqtt would cancel it."""
        await asyncio.sleep(0)
        return False

    def _shut(self) -> None:
        transport: Any = self._writer.transport
        self._writer.close()
        asyncio.get_running_loop().call_later(_CLOSE_S, transport.abort)
