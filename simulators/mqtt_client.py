"""One connection to the broker, of a device or of a gateway, small enough that one process holds thousands of them.

It keeps a session as real devices do: what was sent and not acknowledged is sent again after a reconnect, in order,
marked as a repetition where the broker still knows the session.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from random import Random

from simulators import mqtt_packets as packets
from simulators.line import Message, Speaker
from simulators.mqtt_packets import Arrived
from simulators.mqtt_wire import BrokerTooOld, Wire

IN_FLIGHT_MAX = 64
KEEPALIVE_S = 60
SESSION_S = 3600
GOODBYE_S = 2.0
CONNECT_TIMEOUT_S = 20.0
_RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_MIDS = 65_534
_SUBSCRIPTION = 65_535


@dataclass(slots=True)
class Traffic:
    """What all devices together did: shown, and watched by tests. ``again``: repeated after a reconnect."""

    online: int = 0
    published: int = 0
    acknowledged: int = 0
    refused: int = 0
    again: int = 0
    dropped: int = 0
    reconnects: int = 0
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where to connect, how many at once, and what all connections share. ``tls`` None: in the clear."""

    host: str
    port: int
    gate: asyncio.Semaphore
    traffic: Traffic
    tls: ssl.SSLContext | None = None
    wires: set[Wire] = field(default_factory=set)
    """The connections that are not closed yet."""

    async def until_closed(self) -> None:
        """After every client was closed: until each goodbye is said, and no longer than ``GOODBYE_S`` for them all."""
        if self.wires:
            await asyncio.wait([wire.closed for wire in self.wires], timeout=GOODBYE_S)
        for wire in self.wires:
            wire.end(goodbye=False)
        if self.wires:
            await asyncio.wait([wire.closed for wire in self.wires])


class MqttClient:
    """A line of its own: connects, and connects again, until closed. The speaker is heard after each CONNACK."""

    def __init__(
        self, broker: Broker, *, user: str, password: str, speaker: Speaker, random: Random, keepalive_s: int
    ) -> None:
        self._broker, self._user, self._password = broker, user, password
        self._speaker, self._random, self._keepalive_s = speaker, random, keepalive_s
        self._wire: Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._audible = asyncio.Event()
        self._audible.set()
        self._in_flight: dict[int, Message] = {}
        self._window = IN_FLIGHT_MAX
        self._mid = 0
        self._level = packets.NEW

    @property
    def online(self) -> bool:
        return self._wire is not None and self._wire.alive

    @property
    def room(self) -> bool:
        return len(self._in_flight) < self._window and self._wire is not None and self._wire.alive

    def open(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"mqtt {self._user}")

    def close(self, *, abruptly: bool) -> list[Message]:
        """Either way the last will is published: at once with a goodbye, or as soon as the broker notices."""
        task, self._task = self._task, None
        if task is None:
            return []
        task.cancel()
        if self._wire is not None:
            self._wire.end(goodbye=not abruptly)
            self._wire = None
        unacknowledged, self._in_flight = list(self._in_flight.values()), {}
        return unacknowledged

    def send(self, message: Message) -> None:
        self._broker.traffic.published += 1
        self._put(message)

    def listen(self, topics: tuple[str, ...]) -> None:
        """More to listen to, now; after a reconnect the speaker's ``listens`` counts."""
        if self.online and self._wire is not None:
            self._wire.write(packets.subscribe(mid=_SUBSCRIPTION, topics=topics, level=self._level))

    def silence(self, *, on: bool) -> None:
        (self._audible.clear if on else self._audible.set)()
        if self._wire is not None:
            self._wire.silence(on=on)

    async def _run(self) -> None:
        attempt = 0
        while True:
            await self._audible.wait()
            try:
                async with self._broker.gate:
                    wire, known = await self._connect()
            except (OSError, TimeoutError, packets.BrokenPacket) as error:
                self._count_failure(error)
            else:
                attempt = 0
                await self._stay(wire, known=known)
            delay_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)] * self._random.uniform(0.5, 1.5)
            attempt += 1
            self._broker.traffic.reconnects += 1
            await asyncio.sleep(delay_s)

    async def _connect(self) -> tuple[Wire, bool]:
        """The connection, and whether the broker still knows the session of before."""
        hello = packets.connect(
            client_id=self._user, user=self._user, password=self._password, keepalive_s=self._keepalive_s,
            session_s=SESSION_S, will=self._speaker.will(), level=self._level,
        )  # fmt: skip
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(hello, self._on_message, self._on_acknowledged, level=self._level), self._broker.host,
                self._broker.port, ssl=self._broker.tls,
            )  # fmt: skip
            self._wire = wire
            self._broker.wires.add(wire)
            wire.closed.add_done_callback(lambda _: self._broker.wires.discard(wire))
            try:
                welcome = await wire.accepted
            except BrokerTooOld:
                if self._level == packets.OLD:
                    raise
                self._level = packets.OLD
                return await self._connect()
            except BaseException:
                wire.end(goodbye=False)
                raise
        self._window = max(1, min(IN_FLIGHT_MAX, welcome.window))
        return wire, welcome.session_present

    async def _stay(self, wire: Wire, *, known: bool) -> None:
        traffic = self._broker.traffic
        traffic.online += 1
        try:
            wire.write(packets.subscribe(mid=_SUBSCRIPTION, topics=self._speaker.listens, level=self._level))
            self._repeat(wire, known=known)
            self._speaker.on_online()
            await wire.stay_alive(self._keepalive_s, self._random)
        finally:
            traffic.online -= 1

    def _repeat(self, wire: Wire, *, known: bool) -> None:
        """What is in flight, in order: the same packets to a broker that knows the session, else new ones."""
        unacknowledged, self._in_flight = self._in_flight, {}
        for mid, message in unacknowledged.items():
            self._broker.traffic.again += 1
            if not known:
                self._put(message)
                continue
            self._in_flight[mid] = message
            wire.write(self._packet(message, mid, again=True))

    def _put(self, message: Message) -> None:
        mid = self._mid
        while True:
            mid = mid % _MIDS + 1
            if mid not in self._in_flight:
                break
        self._mid = mid
        self._in_flight[mid] = message
        if self._wire is not None:
            self._wire.write(self._packet(message, mid, again=False))

    def _on_message(self, arrived: Arrived) -> None:
        if self._task is not None:
            self._speaker.on_message(arrived)

    def _on_acknowledged(self, mid: int, reason: int) -> None:
        message = self._in_flight.pop(mid, None)
        if message is None:
            return
        self._broker.traffic.acknowledged += 1
        self._broker.traffic.refused += reason >= 0x80
        self._speaker.on_acknowledged(message, reason)
        if self.room:
            self._speaker.on_room()

    def _count_failure(self, error: Exception) -> None:
        failures = self._broker.traffic.failures
        name = str(error) or type(error).__name__
        if name in failures or len(failures) < 50:
            failures[name] = failures.get(name, 0) + 1

    def _packet(self, message: Message, mid: int, *, again: bool) -> bytes:
        return packets.publish(
            topic=message.topic, payload=message.payload, mid=mid, retain=message.retain, again=again, level=self._level
        )
