"""One TCP connection to a broker: packets in and out, silence and pings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from simulators import mqtt_packets as packets
from simulators.mqtt_packets import Arrived, Welcome


class BrokerTooOld(ConnectionRefusedError):
    """It knows 3.1.1 only."""


class Wire(asyncio.Protocol):
    """``accepted`` is done when the broker lets us in, ``lost`` when the session is over, ``closed`` when TCP is too:
    after a goodbye what is still written goes out first, and TLS has one of its own.
    """

    def __init__(
        self, hello: bytes, on_message: Callable[[Arrived], None], on_acknowledged: Callable[[int, int], None],
        *, level: int = packets.NEW,
    ) -> None:  # fmt: skip
        loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[Welcome] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._hello, self._on_message, self._on_acknowledged = hello, on_message, on_acknowledged
        self._level = level
        self._transport: asyncio.Transport | None = None
        self._splitter = packets.Splitter()
        self._loop = loop
        self._wrote_s = loop.time()
        self._pinged_s: float | None = None
        self._held: list[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.accepted.done() and not self.lost.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionResetError(str(exc or "the broker closed the connection")))
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for first, body in self._splitter.feed(data):
                self._handle(first, body)
        except packets.BrokenPacket as error:
            self._fail(error)
            self.end(goodbye=False)

    def write(self, data: bytes) -> None:
        self._wrote_s = self._loop.time()
        if self._held is not None:
            self._held.append(data)
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def silence(self, *, on: bool) -> None:
        """As a lost radio link does it: TCP keeps what is written, and hears nothing, until the link is back."""
        transport = self._transport
        if transport is None or transport.is_closing() or on == (self._held is not None):
            return
        if on:
            self._held = []
            transport.pause_reading()
            return
        held, self._held, self._pinged_s = self._held or [], None, None
        transport.resume_reading()
        transport.write(b"".join(held))

    def end(self, *, goodbye: bool) -> None:
        if self._transport is None:
            return
        if goodbye:
            if self._level == packets.NEW:  # before that, only who leaves without a word has its will told
                self.write(packets.DISCONNECT_WITH_WILL_BYTES)
            self._transport.close()
        else:
            self._transport.abort()

    async def stay_alive(self, keepalive_s: int, random: Random) -> None:
        """Until the connection is lost: a ping once nothing was sent for most of the keepalive, and an end without an
        answer to it.
        """
        due_s = keepalive_s * random.uniform(0.55, 0.75)
        while not self.lost.done():
            now_s = self._loop.time()
            if self._held is None:
                if self._pinged_s is not None and now_s - self._pinged_s >= due_s:
                    self.end(goodbye=False)
                    return
                if self._pinged_s is None and now_s - self._wrote_s >= due_s:
                    self.write(packets.PINGREQ_BYTES)
                    self._pinged_s = now_s
            idle_s = now_s - self._wrote_s
            await asyncio.wait([self.lost], timeout=due_s - idle_s if idle_s < due_s else due_s)

    def _handle(self, first: int, body: bytes) -> None:
        match first >> 4:
            case packets.PUBACK:
                self._on_acknowledged(packets.parse_mid(body), packets.parse_reason(body, 2))
            case packets.PUBLISH:
                arrived = packets.parse_publish(first, body, self._level)
                if arrived.qos:
                    self.write(packets.puback(arrived.mid))
                self._on_message(arrived)
            case packets.CONNACK:
                welcome = packets.parse_connack(body)
                if welcome.reason == packets.TOO_NEW:
                    self._fail(BrokerTooOld("the broker knows MQTT 3.1.1 only"))
                    self.end(goodbye=False)
                elif welcome.reason:
                    self._fail(
                        ConnectionRefusedError(f"the broker refuses the connection: reason 0x{welcome.reason:02x}")
                    )
                    self.end(goodbye=False)
                elif not self.accepted.done():
                    self.accepted.set_result(welcome)
            case packets.PINGRESP:
                self._pinged_s = None
            case packets.DISCONNECT:
                self._fail(ConnectionResetError(f"the broker says goodbye: 0x{packets.parse_reason(body, 0):02x}"))

    def _fail(self, error: Exception) -> None:
        if not self.accepted.done():
            self.accepted.set_exception(error)
        if not self.lost.done():
            self.lost.set_result(None)
