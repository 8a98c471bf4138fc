"""Devices over MQTT, whatever convention they speak: nothing taken from the broker is lost, whatever ends first.

A packet is parsed by the convention its topic belongs to and its messages are offered to the inbox; only when the
twin gives all their receipts back is the packet acknowledged to the broker. When the inbox is full or too much is
unacknowledged, reading pauses: the broker waits, nothing is dropped here. The session outlives connection and
process, so what was not acknowledged comes again (the twin knows it by boot and seq).
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from iot.codecs.native import command_topic
from iot.connectors.arrived import PROPERTIES_BYTES_MAX, Arrived
from iot.connectors.connection import Connection, Subscription
from iot.connectors.echo import WORTH_MS, Echo
from iot.connectors.settings import MqttSettings
from iot.connectors.sifting import Sifter
from iot.conventions.convention import MESSAGES_A_PACKET, Convention, Publication
from iot.conventions.native import NativeConvention
from iot.errors import BrokerUnavailable, CodecError, CommandRefused
from iot.messages import CommandRequest, CommandSeen, LetGo, Message
from iot.ports import Binding, ConnectorHealth, Inbound, Inbox

DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
UNMAPPED_MAX = 200
"""Names of what is understood but means nothing to us, counted one by one; more are counted together."""
_OTHERS = "..."
_MID_BITS = 16
_INDEX_BITS = 8
_MID_MASK = (1 << _MID_BITS) - 1
_INDEX_MASK = (1 << _INDEX_BITS) - 1
assert MESSAGES_A_PACKET <= 1 << _INDEX_BITS  # noqa: S101 - the receipts' layout


class MqttConnector:
    """``iot.ports.Connector`` on a broker. ``now_ms`` and ``jitter`` (0..1) are given for tests.

    ``conventions``: what is spoken besides the native one.
    """

    name = "mqtt"

    def __init__(
        self, settings: MqttSettings, *, now_ms: Callable[[], int], jitter: Callable[[], float] = lambda: 0.5,
        conventions: Sequence[Convention] = (),
    ) -> None:  # fmt: skip
        self._settings, self._now_ms = settings, now_ms
        self._native = NativeConvention(settings.site)
        self._foreign = {convention.name: convention for convention in conventions}
        self._conventions: tuple[Convention, ...] = (self._native, *conventions)
        self._bound: dict[str, str] = {}
        self._connection = Connection(settings, self, now_ms=now_ms, jitter=jitter)
        self._inbox: Inbox | None = None
        self._durable: deque[list[int]] = deque()
        self._outbox: deque[tuple[Publication, int | None]] = deque()
        self._held: deque[Inbound] = deque()
        self._sifter = Sifter(site=settings.site, tell=self._tell_let_go, now_ms=now_ms)
        self._echo = Echo(site=settings.site, began_ms=now_ms())
        self._open: dict[int, int] = {}
        """By packet, a bit for each of its messages that is not durable yet."""
        self._subscribed: frozenset[str] = frozenset()
        self._filters_changed = threading.Event()
        self._received = self._rejected = 0
        self._unmapped: dict[str, int] = {}
        self._dropped_before = self._dropped_now = 0

    def start(self, inbox: Inbox) -> None:
        """Begin to connect, and keep at it; the health says how it goes."""
        self._inbox = inbox
        self._connection.start()

    def stop(self) -> None:
        """Say goodbye and return; the session stays with the broker, so what is unacknowledged comes again."""
        self._connection.stop()

    def acknowledge(self, receipts: list[int]) -> None:
        """From any thread."""
        self._durable.append(receipts)
        self._connection.wake()

    def send(self, request: CommandRequest) -> None:
        """From any thread. Never retained: a retained unlock would open the door at every reconnect."""
        convention = self._foreign.get(self._bound.get(request.device, ""), self._native)
        publication = convention.encode(request)
        if publication is None:
            raise CommandRefused(f"{request.device} speaks {convention.name}, which carries no {request.name}")
        self._post(publication, request.expires_ms)

    def withdraw(self, device: str, command: str) -> None:
        """From any thread; dropped while the broker is away: it comes again, and so does this."""
        topic = command_topic(device, command, site=self._settings.site)
        with contextlib.suppress(BrokerUnavailable, CommandRefused):
            self._post(Publication(topic=topic, payload=b"", retain=True), None)

    def bind(self, bindings: Sequence[Binding]) -> None:
        """Which foreign addresses are which devices from now on; from any thread, also while it runs."""
        self._bound = {binding.device: binding.convention for binding in bindings}
        for convention in self._conventions:
            convention.bind([binding for binding in bindings if binding.convention == convention.name])
        self._filters_changed.set()
        self._connection.wake()

    def wake(self) -> None:
        """A convention has something to say."""
        self._connection.wake()

    def health(self) -> ConnectorHealth:
        connection = self._connection
        return ConnectorHealth(
            state=connection.state, since_ms=connection.since_ms, last_error=connection.last_error,
            received=self._received + self._sifter.count, rejected=self._rejected, unacknowledged=len(self._open),
            broker_dropped=self._dropped_before + self._dropped_now, attempts=connection.attempts,
            circuit=connection.circuit, protocol=f"MQTT {connection.protocol}", unmapped=dict(self._unmapped),
            displaced=connection.displaced, limits=connection.limits, next_try_ms=connection.next_try_ms,
            failure=connection.failure, failure_ms=connection.failure_ms, pressed=connection.is_pressed,
            behind_ms=self._echo.behind_ms(self._now_ms()) if connection.state == "connected" else 0,
        )  # fmt: skip

    def _post(self, publication: Publication, expires_ms: int | None) -> None:
        if self._connection.state != "connected":
            why = self._connection.last_error or self._connection.state
            raise BrokerUnavailable(f"the broker is not reached now ({why})")
        if len(self._outbox) >= self._settings.commands_max:
            raise CommandRefused(f"{self._settings.commands_max} commands are waiting already")
        self._outbox.append((publication, expires_ms))
        self._connection.wake()

    # What the connection asks, on its own thread.

    def will(self) -> Publication | None:
        """MQTT knows one will a connection: the first convention that wants one has it."""
        wills = (convention.will(self._now_ms()) for convention in self._conventions)
        return next((will for will in wills if will is not None), None)

    def subscriptions(self) -> list[Subscription]:
        self._filters_changed.clear()
        self._subscribed = self._wanted()
        own = Subscription(self._echo.topic), Subscription(DROPPED_TOPIC, qos=0)
        return [*map(_subscription, sorted(self._subscribed)), *own]

    def lost(self) -> None:
        self._open.clear()
        self._sifter.acknowledgeable.clear()

    def ready(self) -> None:
        self._echo.begin(self._connection.session, self._now_ms())
        for convention in self._conventions:
            for publication in convention.births(self._now_ms()):
                self._connection.publish(publication)

    def settle(self) -> None:
        """Acknowledge what became durable, write what waits, and offer again what the inbox had no room for."""
        if self._durable:
            self._acknowledge_durable()
        connection = self._connection
        connection.acknowledge(self._sifter.acknowledgeable)
        self._sifter.acknowledgeable.clear()
        self._sifter.flush()
        if connection.state == "connected":
            if self._filters_changed.is_set():
                self._subscribe_anew()
            while self._outbox and connection.has_room:
                publication, expires_ms = self._outbox.popleft()
                connection.publish(publication, expires_ms=expires_ms)
            now_ms = self._now_ms()
            if connection.has_room and (word := self._echo.due(now_ms)) is not None:
                connection.publish(word, expires_ms=now_ms + WORTH_MS)
            for convention in self._conventions:
                for publication in convention.replies(now_ms):
                    connection.publish(publication)
        while self._held and self._inbox is not None and self._inbox.offer(self._held[0]):
            self._held.popleft()

    def may_read(self) -> bool:
        return not self._held and len(self._open) < self._settings.unacknowledged_max

    def is_full(self) -> bool:
        return bool(self._held)

    def sift(self) -> Callable[[bytes, int, int, int], bool] | None:
        sifter = self._sifter
        sifter.sieve = self._inbox.sieve() if self._inbox is not None else None
        sifter.newer = self._connection.protocol == "5"
        return sifter.sift if sifter.sieve is not None else None

    def arrived(self, message: Arrived) -> None:
        """Parse and offer, nothing else."""
        topic = message.topic
        if topic is None:
            self._reject(message, None, CodecError("topic", "no UTF-8"))
            return
        if topic == DROPPED_TOPIC:
            self._count_dropped(message.payload)
            return
        received_ms = self._now_ms()
        if topic == self._echo.topic:
            self._echo.heard(message.payload, received_ms)
            self._connection.acknowledge([message.mid])
            return
        self._received += 1
        convention = self._native if self._native.claims(topic) else self._find_convention(topic)
        if convention is None:
            self._reject(message, None, CodecError("topic", f"no convention speaks on {topic[:120]!r}"))
            return
        if message.properties_bytes > PROPERTIES_BYTES_MAX:
            bomb = CodecError("properties", f"more than {PROPERTIES_BYTES_MAX} bytes of MQTT 5 properties")
            self._reject(message, convention.speaker(topic), bomb)
            return
        try:
            said = convention.parse(topic, message.payload, received_ms=received_ms)
        except CodecError as error:
            self._reject(message, convention.speaker(topic), error)
            return
        if said:
            self._offer(message, said, received_ms, sifted=convention is self._native)
        elif message.qos:
            self._connection.acknowledge([message.mid])

    def _offer(self, arrived: Arrived, said: Sequence[Message], received_ms: int, *, sifted: bool) -> None:
        receipt = 0
        sifted = sifted and self._sifter.sieve is not None
        if arrived.qos:
            receipt = self._connection.session << (_MID_BITS + _INDEX_BITS) | arrived.mid
            self._open[arrived.mid] = (1 << len(said)) - 1
        for message in said:
            if type(message) is CommandSeen:
                message = replace(message, retained=arrived.retain, again=arrived.dup)  # noqa: PLW2901 - not in its bytes
            self._hand_on(Inbound(message, received_ms, receipt, sifted))
            receipt += receipt and 1 << _MID_BITS

    def _hand_on(self, item: Inbound) -> None:
        if self._held or self._inbox is None or not self._inbox.offer(item):
            self._held.append(item)

    def _tell_let_go(self, message: LetGo) -> None:
        self._hand_on(Inbound(message, self._now_ms(), 0))

    def _find_convention(self, topic: str) -> Convention | None:
        return next((convention for convention in self._conventions if convention.claims(topic)), None)

    def _acknowledge_durable(self) -> None:
        mids: list[int] = []
        session, still_open = self._connection.session, self._open
        while self._durable:
            for receipt in self._durable.popleft():
                mid = receipt & _MID_MASK
                missing = still_open.get(mid)
                if missing is None or receipt >> (_MID_BITS + _INDEX_BITS) != session:
                    continue
                missing &= ~(1 << (receipt >> _MID_BITS & _INDEX_MASK))
                if missing:
                    still_open[mid] = missing
                else:
                    del still_open[mid]
                    mids.append(mid)
        self._connection.acknowledge(mids)

    def _wanted(self) -> frozenset[str]:
        return frozenset(topic for convention in self._conventions for topic in convention.filters())

    def _subscribe_anew(self) -> None:
        self._filters_changed.clear()
        wanted = self._wanted()
        self._connection.subscribe(_subscription(topic) for topic in sorted(wanted - self._subscribed))
        self._connection.unsubscribe(sorted(self._subscribed - wanted))
        self._subscribed = wanted

    def _reject(self, arrived: Arrived, device: str | None, error: CodecError) -> None:
        """Counted, and acknowledged: what cannot be understood now never will be."""
        if error.reason == "unmapped":
            known = error.detail in self._unmapped or len(self._unmapped) < UNMAPPED_MAX
            name = error.detail if known else _OTHERS
            self._unmapped[name] = self._unmapped.get(name, 0) + 1
        else:
            self._rejected += 1
            if self._inbox is not None:
                self._inbox.reject(
                    device=device, reason=error.reason, detail=error.detail, foreign=error.foreign
                )  # fmt: skip
        if arrived.qos:
            self._connection.acknowledge([arrived.mid])

    def _count_dropped(self, payload: bytes | bytearray) -> None:
        """The broker counts from its own start: a smaller figure than before means it was restarted."""
        with contextlib.suppress(ValueError):
            count = int(payload)
            if count < self._dropped_now:
                self._dropped_before += self._dropped_now
            self._dropped_now = count


def _subscription(topic: str) -> Subscription:
    """Of a command, whether its sender wanted it kept matters."""
    return Subscription(topic, as_published="/cmd/" in topic)
