"""One device's connection to the broker, small enough that one process holds hundreds of them.

What was published and not acknowledged is sent again after a reconnect, in order; what does not fit the window is
dropped, the oldest first, and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from simulators import mqtt_packets as packets
from simulators.mqtt_packets import Arrived

UNACKNOWLEDGED_MAX = 64
KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 20.0
_RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(slots=True)
class Traffic:
    """What all devices together did: shown, and watched by tests."""

    online: int = 0
    published: int = 0
    acknowledged: int = 0
    refused: int = 0
    dropped: int = 0
    reconnects: int = 0
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where to connect, how many at once, and the counters all connections share."""

    host: str
    port: int
    gate: asyncio.Semaphore
    traffic: Traffic


class MqttClient:
    """Connects, and connects again, until closed. ``on_online`` runs after each CONNACK, before anything is sent."""

    def __init__(
        self,
        broker: Broker,
        *,
        user: str,
        password: str,
        will: Callable[[], tuple[str, bytes]],
        listens: str,
        on_online: Callable[[], None],
        on_message: Callable[[Arrived], None],
        random: Random,
    ) -> None:
        self._broker, self._user, self._password, self._will = broker, user, password, will
        self._listens, self._on_online, self._on_message, self._random = listens, on_online, on_message, random
        self._wire: _Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: OrderedDict[int, tuple[str, bytes, bool]] = OrderedDict()
        self._mid = 0

    @property
    def online(self) -> bool:
        return self._wire is not None and self._wire.accepted.done() and not self._wire.lost.done()

    def open(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"mqtt {self._user}")

    async def close(self, *, abruptly: bool = False) -> None:
        """Either way the last will is published: at once with a goodbye, or as soon as the broker notices."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        if self._wire is not None:
            self._wire.end(goodbye=not abruptly)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._waiting.clear()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Now if connected, else after the next connection."""
        self._mid = self._mid % 65_534 + 1  # 65,535 is the subscription
        if len(self._waiting) >= UNACKNOWLEDGED_MAX:
            self._waiting.popitem(last=False)
            self._broker.traffic.dropped += 1
        self._waiting[self._mid] = (topic, payload, retain)
        self._broker.traffic.published += 1
        if self.online and self._wire is not None:
            self._wire.write(packets.publish(topic=topic, payload=payload, mid=self._mid, retain=retain))

    async def _run(self) -> None:
        attempt = 0
        while True:
            try:
                async with self._broker.gate:
                    wire = await self._connect()
            except (OSError, TimeoutError, packets.BrokenPacket) as error:
                self._count_failure(error)
            else:
                attempt = 0
                await self._stay(wire)
            delay_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)] * self._random.uniform(0.5, 1.5)
            attempt += 1
            self._broker.traffic.reconnects += 1
            await asyncio.sleep(delay_s)

    async def _connect(self) -> _Wire:
        loop = asyncio.get_running_loop()
        hello = packets.connect(
            client_id=self._user, user=self._user, password=self._password, keepalive_s=KEEPALIVE_S, will=self._will()
        )
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, wire = await loop.create_connection(
                lambda: _Wire(hello, self._on_message, self._on_acknowledged), self._broker.host, self._broker.port
            )
            self._wire = wire
            await wire.accepted
        return wire

    async def _stay(self, wire: _Wire) -> None:
        traffic = self._broker.traffic
        traffic.online += 1
        try:
            wire.write(packets.subscribe(mid=65_535, topic=self._listens))
            unsent = list(self._waiting.items())
            self._on_online()
            for mid, (topic, payload, retain) in unsent:
                wire.write(packets.publish(topic=topic, payload=payload, mid=mid, retain=retain, again=True))
            await wire.stay_alive(self._random)
        finally:
            traffic.online -= 1

    def _on_acknowledged(self, mid: int, reason: int) -> None:
        if self._waiting.pop(mid, None) is not None:
            self._broker.traffic.acknowledged += 1
            self._broker.traffic.refused += reason >= 0x80

    def _count_failure(self, error: Exception) -> None:
        failures = self._broker.traffic.failures
        name = str(error) or type(error).__name__
        if name in failures or len(failures) < 50:
            failures[name] = failures.get(name, 0) + 1


class _Wire(asyncio.Protocol):
    """One TCP connection."""

    def __init__(
        self, hello: bytes, on_message: Callable[[Arrived], None], on_acknowledged: Callable[[int, int], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._hello, self._on_message, self._on_acknowledged = hello, on_message, on_acknowledged
        self._transport: asyncio.Transport | None = None
        self._splitter = packets.Splitter()
        self._wrote = self._unanswered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionResetError(str(exc or "the broker closed the connection")))

    def data_received(self, data: bytes) -> None:
        try:
            for first, body in self._splitter.feed(data):
                self._handle(first, body)
        except packets.BrokenPacket as error:
            self._fail(error)
            self.end(goodbye=False)

    def write(self, data: bytes) -> None:
        self._wrote = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def end(self, *, goodbye: bool) -> None:
        if self._transport is None:
            return
        if goodbye:
            self.write(packets.DISCONNECT_WITH_WILL_BYTES)
            self._transport.close()
        else:
            self._transport.abort()

    async def stay_alive(self, random: Random) -> None:
        """Until the connection is lost: a ping whenever nothing was sent for most of the keepalive."""
        pause_s = KEEPALIVE_S * random.uniform(0.55, 0.75)
        while not self.lost.done():
            await asyncio.wait([self.lost], timeout=pause_s)
            if self.lost.done():
                return
            if self._unanswered:
                self.end(goodbye=False)
                return
            if not self._wrote:
                self.write(packets.PINGREQ_BYTES)
                self._unanswered = True
            self._wrote = False

    def _handle(self, first: int, body: bytes) -> None:
        match first >> 4:
            case packets.PUBLISH:
                arrived = packets.parse_publish(first, body)
                if arrived.qos:
                    self.write(packets.puback(arrived.mid))
                self._on_message(arrived)
            case packets.PUBACK:
                self._on_acknowledged(packets.parse_mid(body), packets.parse_reason(body, 2))
            case packets.CONNACK:
                if reason := packets.parse_reason(body, 1):
                    self._fail(ConnectionRefusedError(f"the broker refuses the connection: reason 0x{reason:02x}"))
                    self.end(goodbye=False)
                elif not self.accepted.done():
                    self.accepted.set_result(None)
            case packets.PINGRESP:
                self._unanswered = False
            case packets.DISCONNECT:
                self._fail(ConnectionResetError(f"the broker says goodbye: 0x{packets.parse_reason(body, 0):02x}"))

    def _fail(self, error: Exception) -> None:
        if not self.accepted.done():
            self.accepted.set_exception(error)
        if not self.lost.done():
            self.lost.set_result(None)
