"""Lines and brokers small enough to read: what a device or a client says, without a real broker."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from simulators import mqtt_packets as packets
from simulators.line import Message, Speaker
from simulators.mqtt_packets import Arrived
from simulators.testing_server import TestServer

_SUBSCRIBE = 8


@dataclass(slots=True)
class FakeLine:
    """A line to nowhere: ``sent`` is all that was said on it; nothing is acknowledged until ``acknowledge``."""

    online: bool = False
    opened: bool = False
    silent: bool = False
    window: int = 64
    sent: list[Message] = field(default_factory=list)
    in_flight: list[Message] = field(default_factory=list)
    listening: list[str] = field(default_factory=list)

    @property
    def room(self) -> bool:
        return self.online and len(self.in_flight) < self.window

    def open(self) -> None:
        self.opened = True

    def close(self, *, abruptly: bool) -> list[Message]:  # noqa: ARG002 - no matter to a fake
        self.opened = self.online = False
        held, self.in_flight = self.in_flight, []
        return held

    def send(self, message: Message) -> None:
        self.sent.append(message)
        self.in_flight.append(message)

    def listen(self, topics: tuple[str, ...]) -> None:
        self.listening += topics

    def silence(self, *, on: bool) -> None:
        self.silent = on

    def connect(self, speaker: Speaker) -> None:
        """As a client does after its CONNACK."""
        self.online = True
        speaker.on_online()

    def acknowledge(self, speaker: Speaker, *, reason: int = 0) -> None:
        """All that is in flight."""
        held, self.in_flight = self.in_flight, []
        for message in held:
            speaker.on_acknowledged(message, reason)
        speaker.on_room()

    def said(self, what: str) -> list[dict[str, Any]]:
        """The bodies sent on topics with this last or last but one word: ``tele``, ``evt``, ``ack``, ``state``."""
        return [json.loads(m.payload) for m in self.sent if what in m.topic.split("/")[4:5]]


@dataclass(slots=True)
class FakeBroker:
    """Lets everybody in. ``packets``: (first byte, body) of all that came; PUBACKs only while ``acknowledges``."""

    acknowledges: bool = True
    session_present: bool = False
    receive_maximum: int = 65_535
    refuses: int = 0
    packets: list[tuple[int, bytes]] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: TestServer = field(init=False)

    def __post_init__(self) -> None:
        self._server = TestServer(self._serve)

    async def start(self) -> None:
        self.port = await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def cut(self) -> None:
        """Every connection, without a word."""
        self._server.cut()

    def published(self) -> list[tuple[Arrived, bool]]:
        """What was published, each with whether it was marked as a repetition."""
        return [
            (packets.parse_publish(first, body), bool(first & 0x08))
            for first, body in self.packets
            if first >> 4 == packets.PUBLISH
        ]

    def subscriptions(self) -> int:
        return sum(first >> 4 == _SUBSCRIBE for first, _ in self.packets)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        splitter = packets.Splitter()
        with suppress(packets.BrokenPacket):
            while data := await reader.read(65_536):
                for first, body in splitter.feed(data):
                    self.packets.append((first, body))
                    writer.write(self._answer(first, body))

    def _answer(self, first: int, body: bytes) -> bytes:
        match first >> 4:
            case 1:
                window = bytes((3, 0x21)) + self.receive_maximum.to_bytes(2, "big")
                return bytes((0x20, 6, self.session_present, self.refuses)) + window
            case packets.PUBLISH if self.acknowledges:
                return packets.puback(packets.parse_publish(first, body).mid)
            case 12:
                return bytes((0xD0, 0))
        return b""
