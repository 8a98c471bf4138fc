"""The hall's one connection to its broker: made, kept, lost and made again by a thread of its own.

MQTT 5 first; a broker that knows 3.1.1 only is spoken to in that. What travels over it is the caller's matter.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.exception import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot.connectors.arrived import Arrived
from iot.connectors.read_ahead import ReadAheadClient
from iot.connectors.settings import MqttSettings
from iot.conventions.convention import Publication
from iot.kind import Text, text

_log = logging.getLogger(__name__)
CIRCUIT_FAILURES = 5
"""After so many failures in a row the circuit is open: tries are five and more seconds apart."""
_RETRY_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_FULL_INBOX_RETRY_S = 0.005
_IDLE_S = 1.0
_PACKETS_A_ROUND = 2_000
_ROUND_S = 0.001
"""A round of reading takes no less: under load a hundred messages cost one change of threads, not a hundred."""
_PRESSED, _PRESSED_WEIGHT = 0.5, 0.01
_STOP_TIMEOUT_S = 5.0
_CONNECT_TIMEOUT_S = 2.0
"""For the socket and again for TLS: whoever stops us does not wait longer than for that."""
_STEADY_MS = 10_000
"""A connection that lasted this long was good: the next loss starts over with the shortest wait."""
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_TOO_NEW = "Unsupported protocol version"
OLD_LIMITS = (
    text("设备消息被拒绝时，设备得不到通知", "A device is not told that its message was refused"),
    text(
        "命令不在消息服务器上过期，由设备拒绝过期命令",
        "Commands do not expire at the broker; the device refuses late ones",
    ),
    text(
        "被要求保留的命令要到再次送达时才能发现",
        "That somebody had a command kept is seen only when it is delivered again",
    ),
)
"""What MQTT 3.1.1 has no words for."""

Circuit = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """``as_published``: a message says whether its sender wanted it retained (MQTT 5 only)."""

    filter: str
    qos: int = 1
    as_published: bool = False


class Caller(Protocol):
    """What the connection needs of the one it serves; all of it is asked on the connection's thread."""

    def will(self) -> Publication | None: ...

    def subscriptions(self) -> Sequence[Subscription]: ...

    def arrived(self, message: Arrived) -> None: ...

    def lost(self) -> None:
        """A new connection begins: nothing of the last one can be acknowledged any more."""
        ...

    def ready(self) -> None:
        """The subscriptions stand."""
        ...

    def settle(self) -> None:
        """Called before each wait: write what is to be written."""
        ...

    def may_read(self) -> bool: ...

    def is_full(self) -> bool:
        """Whether something read could not be handed on."""
        ...

    def sift(self) -> Callable[[bytes, int, int, int], bool] | None:
        """What sees each message before anything is made of it, while that is wanted: ``ReadAheadClient.sift``."""
        ...


class Connection:
    """``start`` and ``stop`` from one thread, ``wake`` from any, the rest from the connection's own."""

    def __init__(
        self, settings: MqttSettings, caller: Caller, *, now_ms: Callable[[], int], jitter: Callable[[], float]
    ) -> None:
        self._settings, self._caller, self._now_ms, self._jitter = settings, caller, now_ms, jitter
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._expires_ms: dict[int, int] = {}
        """Of what the broker did not acknowledge yet, by packet: until when it is good."""
        self._client = self._new_client()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wakers: tuple[socket.socket, socket.socket] | None = None
        self._first = True
        self.next_try_ms: int | None = None
        """While it waits before it tries again."""
        self.session = 0
        """Counts connections."""
        self._told = 0
        """The session whose end has its reason."""
        self.state, self.since_ms = "stopped", now_ms()
        self.last_error: str | None = None
        self.failure: str | None = None
        self.failure_ms: int | None = None
        """The newest error, also when it is over."""
        self.attempts = 0
        """Tries in a row that led to no lasting connection."""
        self._busy = 0.0

    @property
    def displaced(self) -> int:
        return self._client.displaced

    @property
    def is_pressed(self) -> bool:
        """Whether of late most rounds of reading took longer than they need: more comes than we can read."""
        return self._busy > _PRESSED

    @property
    def circuit(self) -> Circuit:
        if self.state != "connecting" or self.attempts < CIRCUIT_FAILURES:
            return "closed"
        return "half-open" if self.next_try_ms is None else "open"

    @property
    def protocol(self) -> str:
        return "5" if self._protocol == MQTTProtocolVersion.MQTTv5 else "3.1.1"

    @property
    def limits(self) -> tuple[Text, ...]:
        return () if self.protocol == "5" else OLD_LIMITS

    def start(self) -> None:
        """Begin to connect, and keep at it; ``state`` and ``last_error`` say how it goes."""
        if self._thread is not None:
            return
        self._stopping.clear()
        self._wakers = socket.socketpair()
        for end in self._wakers:
            end.setblocking(False)
        self._become("connecting")
        self._thread = threading.Thread(target=self._run, name="mqtt-connector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye and return; the session stays with the broker, so what is unacknowledged comes again."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self.wake()
        thread.join(_STOP_TIMEOUT_S)
        wakers, self._wakers = self._wakers, None
        for end in wakers or ():
            end.close()
        self._become("stopped")

    def wake(self) -> None:
        if (wakers := self._wakers) is not None:
            with contextlib.suppress(OSError):  # full means it is awake already, closed that it has ended
                wakers[1].send(b"\0")

    def acknowledge(self, mids: Sequence[int]) -> None:
        self._client.acknowledge_all(mids)

    @property
    def has_room(self) -> bool:
        """Whether one more can be published: the broker answers."""
        return self._client.unanswered < self._settings.queued_max

    def publish(self, publication: Publication, *, expires_ms: int | None = None) -> None:
        """What has expired is not sent, also not again after a loss. In the broker's hands it is the broker's to keep
        that, where it can (MQTT 5), and the receiver's.
        """
        wishes = None
        if expires_ms is not None:
            left_s = self._left_s(expires_ms)
            if left_s <= 0:
                return
            if self.protocol == "5":
                wishes = _properties(PacketTypes.PUBLISH, MessageExpiryInterval=left_s)
        sent = self._client.publish(
            publication.topic, publication.payload, qos=publication.qos, retain=publication.retain, properties=wishes
        )
        if expires_ms is not None:
            self._expires_ms[sent.mid] = expires_ms

    def subscribe(self, subscriptions: Iterable[Subscription], *, retained: bool = True) -> None:
        if self.protocol == "5":
            handling = (
                SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            )
            wanted: list[Any] = [
                (s.filter, SubscribeOptions(qos=s.qos, retainAsPublished=s.as_published, retainHandling=handling))
                for s in subscriptions
            ]
        else:
            wanted = [(s.filter, s.qos) for s in subscriptions]
        if wanted:
            self._client.subscribe(wanted)

    def unsubscribe(self, filters: Sequence[str]) -> None:
        if filters:
            self._client.unsubscribe(list(filters))

    # The thread, from here on.

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try()
            if self.state == "connected" and self._now_ms() - self.since_ms >= _STEADY_MS:
                self.attempts = 0
            self._become("connecting")
            delay_s = _RETRY_S[min(self.attempts, len(_RETRY_S) - 1)] * (0.5 + self._jitter())
            self.attempts += 1
            self.next_try_ms = self._now_ms() + round(delay_s * 1000)
            self._stopping.wait(delay_s)
            self.next_try_ms = None
        self._say_goodbye()

    def _try(self) -> None:
        """Connect, and serve until the connection ends; whatever happens is said, and the thread goes on."""
        try:
            if self._connect():
                self._serve()
        except Exception as error:  # noqa: BLE001 - a bug above must not end the hall's only ear
            self._tell(f"bug: {type(error).__name__}: {error}")
            self._client.close()

    def _connect(self) -> bool:
        settings = self._settings
        target = str(settings.socket_path) if settings.socket_path else settings.host
        self.session += 1
        self._caller.lost()
        self._client.will_clear()
        if (will := self._caller.will()) is not None:
            self._client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)
        left_s = {mid: self._left_s(expires_ms) for mid, expires_ms in self._expires_ms.items()}
        self._client.keep_until(left_s)
        self._expires_ms = {mid: self._expires_ms[mid] for mid in left_s if left_s[mid] > 0}
        try:
            if settings.tls:
                self._client.trust(settings.ca_file, own=settings.certificate, key=settings.key)
            if self.protocol == "5":
                wishes = _properties(
                    PacketTypes.CONNECT,
                    SessionExpiryInterval=settings.session_expiry_s,
                    ReceiveMaximum=settings.receive_maximum,
                    MaximumPacketSize=settings.packet_max_bytes,
                )
                self._client.connect(
                    target, settings.port, keepalive=settings.keepalive_s, clean_start=False, properties=wishes
                )
            else:
                self._client.connect(target, settings.port, keepalive=settings.keepalive_s)
        except (OSError, ValueError, MQTTException) as error:  # ValueError: of names and certificates too
            self._tell(f"{target}: {_words(error)}")
            self._client.close()
            return False
        return True

    def _left_s(self, expires_ms: int) -> int:
        return -(-(expires_ms - self._now_ms()) // 1000)

    def _tell(self, error: str) -> None:
        """Why this session ended: the first word counts, what follows is its echo."""
        if self._told != self.session:
            if error != self.last_error:  # once, however often it is tried
                _log.warning("broker_lost user=%s error=%s", self._settings.user, error)
            self._told, self.last_error = self.session, error
            self.failure, self.failure_ms = error, self._now_ms()

    def _serve(self) -> None:
        """Read and write until the connection ends or we are told to stop."""
        client, caller = self._client, self._caller
        connection, wakers = client.socket(), self._wakers
        if connection is None or wakers is None:
            return
        poller = select.poll()  # not select(): a hall with a thousand live pages has descriptors above 1024
        poller.register(wakers[0], select.POLLIN)
        poller.register(connection.fileno(), 0)
        next_round_s = 0.0
        while not self._stopping.is_set() and client.socket() is connection:
            caller.settle()
            reading = self._may_read()
            events = (select.POLLIN if reading else 0) | (select.POLLOUT if client.want_write() else 0)
            poller.modify(connection.fileno(), events)
            ready = dict(poller.poll(self._patience_s(reading=reading) * 1000))
            early_s = next_round_s - time.monotonic()
            if early_s > 0:
                time.sleep(early_s)
            self._busy += ((early_s <= 0 and reading and bool(ready)) - self._busy) * _PRESSED_WEIGHT
            next_round_s = time.monotonic() + _ROUND_S
            with contextlib.suppress(BlockingIOError):
                wakers[0].recv(4096)
            if reading:
                client.sift = caller.sift()
                client.read_packets(_PACKETS_A_ROUND, self._may_read)
                client.loop_misc()
            elif ready.get(connection.fileno(), 0) & _GONE:
                client.give_up()
            else:
                client.keep_alive_unread()
            client.loop_write()

    def _may_read(self) -> bool:
        """Until the broker has accepted us there is nothing to hold back."""
        return self._caller.may_read() or self.state != "connected"

    def _patience_s(self, *, reading: bool) -> float:
        if reading and self._client.has_read_ahead:
            return 0.0
        return _FULL_INBOX_RETRY_S if self._caller.is_full() else _IDLE_S

    def _on_connect(self, _client: paho.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            if str(reason) == _TOO_NEW and self.protocol == "5":
                self._protocol = MQTTProtocolVersion.MQTTv311
                self._client = self._new_client()
            self._tell(f"the broker refuses us: {reason}")
            return
        # A new process wants every retained state once; a reconnect only where the broker forgot the session.
        self.subscribe(self._caller.subscriptions(), retained=self._first or not flags.session_present)
        self._first = False
        self.last_error = None

    def _on_disconnect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._stopping.is_set():
            assert isinstance(client, ReadAheadClient)  # noqa: S101 - it was made so
            self._tell(f"connection lost: {client.ended_by or reason}")

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if refused := [str(reason) for reason in reasons if reason.is_failure]:
            self.last_error = self.failure = f"the broker refuses a subscription: {refused[0]}"
            self.failure_ms = self._now_ms()
        if self.state != "connected":
            self._become("connected")
            self._caller.ready()

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._expires_ms.pop(mid, None)

    def _say_goodbye(self) -> None:
        """What became durable until now is still acknowledged."""
        if self._client.socket() is not None:
            self._caller.settle()
            self._client.disconnect()
            self._client.loop_write()
        self._client.close()

    def _become(self, state: str) -> None:
        if state != self.state:
            self.state, self.since_ms = state, self._now_ms()

    def _new_client(self) -> ReadAheadClient:
        settings = self._settings
        session = {} if self._protocol == MQTTProtocolVersion.MQTTv5 else {"clean_session": False}
        client = ReadAheadClient(
            CallbackAPIVersion.VERSION2, client_id=settings.user, protocol=self._protocol, manual_ack=True,
            transport="unix" if settings.socket_path else "tcp", reconnect_on_failure=False, **session,
        )  # fmt: skip
        client.username_pw_set(settings.user, settings.password)
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.max_queued_messages_set(settings.queued_max)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_arrived = self._caller.arrived
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = lambda *_: None  # makes paho leave all writing to this loop
        return client


def _words(error: Exception) -> str:
    """As far as the error has any: a reason of TLS, of the system, or its own name."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS spoken: {error.reason or error}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
