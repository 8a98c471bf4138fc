"""The native convention over MQTT 5: nothing taken from the broker is lost, whatever ends first.

One thread owns the connection. A message is parsed and offered to the inbox; only when the twin gives its receipt
back is it acknowledged to the broker. When the inbox is full or too much is unacknowledged, reading pauses: the
broker waits, nothing is dropped here. The session outlives connection and process, so what was not acknowledged
comes again (the twin knows it by boot and seq).
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot.codecs.native import PREFIX, command_topic, encode_command, parse, parse_topic
from iot.connectors.read_ahead import ReadAheadClient
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable, CodecError, CommandRefused
from iot.messages import CommandRequest, CommandSeen
from iot.ports import ConnectorHealth, Inbound, Inbox

DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
_FROM_DEVICES = ("desc", "state", "tele", "evt/#", "ack/#")
_COMMANDS = "cmd/#"
"""Heard too, whoever sends them: the twin compares them with what it sent."""
_RETRY_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_FULL_INBOX_RETRY_S = 0.005
_IDLE_S = 1.0
_PACKETS_A_ROUND = 2_000
_STOP_TIMEOUT_S = 5.0
_STEADY_MS = 10_000
"""A connection that lasted this long was good: the next loss starts over with the shortest wait."""
_MID_BITS = 16
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


class MqttConnector:
    """``iot.ports.Connector`` on a broker. ``now_ms`` and ``jitter`` (0..1) are given for tests."""

    name = "mqtt"

    def __init__(
        self, settings: MqttSettings, *, now_ms: Callable[[], int], jitter: Callable[[], float] = lambda: 0.5
    ) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._jitter = jitter
        self._client = self._new_client()
        self._inbox: Inbox | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wakers: tuple[socket.socket, socket.socket] | None = None
        self._durable: deque[list[int]] = deque()
        self._commands: deque[tuple[CommandRequest, str, bytes]] = deque()
        self._withdrawn: deque[str] = deque()
        self._held: Inbound | None = None
        self._session = 0
        """Counts connections: a receipt of an earlier one is void, its message comes again."""
        self._open: set[int] = set()
        self._first = True
        self._state, self._since_ms = "stopped", now_ms()
        self._last_error: str | None = None
        self._received = self._rejected = 0
        self._dropped_before = self._dropped_now = 0

    def start(self, inbox: Inbox) -> None:
        """Begin to connect, and keep at it; the health says how it goes."""
        if self._thread is not None:
            return
        self._inbox = inbox
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
        self._wake()
        thread.join(_STOP_TIMEOUT_S)
        wakers, self._wakers = self._wakers, None
        for end in wakers or ():
            end.close()
        self._become("stopped")

    def acknowledge(self, receipts: list[int]) -> None:
        """From any thread."""
        self._durable.append(receipts)
        self._wake()

    def send(self, request: CommandRequest) -> None:
        """From any thread. Never retained: a retained unlock would open the door at every reconnect."""
        topic, payload = encode_command(request, site=self._settings.site)
        if self._state != "connected":
            raise BrokerUnavailable(f"the broker is not reached now ({self._last_error or self._state})")
        if len(self._commands) >= self._settings.commands_max:
            raise CommandRefused(f"{self._settings.commands_max} commands are waiting already")
        self._commands.append((request, topic, payload))
        self._wake()

    def withdraw(self, device: str, command: str) -> None:
        """From any thread; dropped while the broker is away: it comes again, and so does this."""
        topic = command_topic(device, command, site=self._settings.site)
        if self._state == "connected" and len(self._withdrawn) < self._settings.commands_max:
            self._withdrawn.append(topic)
            self._wake()

    def health(self) -> ConnectorHealth:
        return ConnectorHealth(
            state=self._state, since_ms=self._since_ms, last_error=self._last_error, received=self._received,
            rejected=self._rejected, unacknowledged=len(self._open),
            broker_dropped=self._dropped_before + self._dropped_now,
        )  # fmt: skip

    # The connection's own thread, from here on.

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            if self._connect():
                self._serve_safely()
                if self._state == "connected" and self._now_ms() - self._since_ms >= _STEADY_MS:
                    attempt = 0
            self._become("connecting")
            delay_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)] * (0.5 + self._jitter())
            attempt += 1
            self._stopping.wait(delay_s)
        self._say_goodbye()

    def _connect(self) -> bool:
        settings = self._settings
        target = str(settings.socket_path) if settings.socket_path else settings.host
        wishes = _properties(
            PacketTypes.CONNECT,
            SessionExpiryInterval=settings.session_expiry_s,
            ReceiveMaximum=settings.receive_maximum,
        )
        self._session += 1
        self._open.clear()
        try:
            self._client.connect(
                target, settings.port, keepalive=settings.keepalive_s, clean_start=False, properties=wishes
            )
        except OSError as error:
            self._last_error = f"{target}: {error.strerror or error}"
            return False
        return True

    def _serve_safely(self) -> None:
        """A bug above must not end the hall's only ear: it is said, and what was not acknowledged comes again."""
        try:
            self._serve()
        except Exception as error:  # noqa: BLE001 - anything: the thread goes on with a new connection
            self._last_error = f"bug: {type(error).__name__}: {error}"
            self._client.close()

    def _serve(self) -> None:
        """Read and write until the connection ends or we are told to stop."""
        connection, wakers = self._client.socket(), self._wakers
        if connection is None or wakers is None:
            return
        poller = select.poll()  # not select(): a hall with a thousand live pages has descriptors above 1024
        poller.register(wakers[0], select.POLLIN)
        poller.register(connection.fileno(), 0)
        while not self._stopping.is_set() and self._client.socket() is connection:
            self._settle()
            reading = self._may_read()
            events = (select.POLLIN if reading else 0) | (select.POLLOUT if self._client.want_write() else 0)
            poller.modify(connection.fileno(), events)
            ready = dict(poller.poll(self._patience_s(reading=reading) * 1000))
            with contextlib.suppress(BlockingIOError):
                wakers[0].recv(4096)
            if reading:
                self._client.read_packets(_PACKETS_A_ROUND, self._may_read)
                self._client.loop_misc()
            elif ready.get(connection.fileno(), 0) & _GONE:
                self._client.give_up()
            else:
                self._client.keep_alive_unread()
            self._client.loop_write()

    def _settle(self) -> None:
        """Acknowledge what became durable, write commands, and offer again what the inbox had no room for."""
        mids: list[int] = []
        while self._durable:
            for receipt in self._durable.popleft():
                session, mid = receipt >> _MID_BITS, receipt & 0xFFFF
                if session == self._session and mid in self._open:
                    self._open.discard(mid)
                    mids.append(mid)
        self._client.acknowledge_all(mids)
        while self._commands and self._state == "connected":
            request, topic, payload = self._commands.popleft()
            left_s = max(1, (request.expires_ms - self._now_ms() + 999) // 1000)
            wishes = _properties(PacketTypes.PUBLISH, MessageExpiryInterval=left_s)
            self._client.publish(topic, payload, qos=1, retain=False, properties=wishes)
        while self._withdrawn and self._state == "connected":
            self._client.publish(self._withdrawn.popleft(), b"", qos=1, retain=True)
        if self._held is not None and self._inbox is not None and self._inbox.offer(self._held):
            self._held = None

    def _may_read(self) -> bool:
        """Until the broker has accepted us there is nothing to hold back."""
        has_room = self._held is None and len(self._open) < self._settings.unacknowledged_max
        return has_room or self._state != "connected"

    def _patience_s(self, *, reading: bool) -> float:
        if reading and self._client.has_read_ahead:
            return 0.0
        return _FULL_INBOX_RETRY_S if self._held is not None else _IDLE_S

    def _on_message(self, _client: paho.Client, _data: Any, arrived: paho.MQTTMessage) -> None:
        """Parse and offer, nothing else."""
        try:
            topic = arrived.topic
        except UnicodeDecodeError as error:
            self._reject(arrived, None, CodecError("topic", str(error)))
            return
        if topic == DROPPED_TOPIC:
            self._count_dropped(arrived.payload)
            return
        self._received += 1
        try:
            message = parse(topic, arrived.payload, site=self._settings.site)
        except CodecError as error:
            self._reject(arrived, topic, error)
            return
        if isinstance(message, CommandSeen):
            message = replace(message, retained=arrived.retain, again=arrived.dup)
        receipt = self._session << _MID_BITS | arrived.mid if arrived.qos else 0
        if arrived.qos:
            self._open.add(arrived.mid)
        item = Inbound(message, self._now_ms(), receipt)
        if self._inbox is None or not self._inbox.offer(item):
            self._held = item

    def _reject(self, arrived: paho.MQTTMessage, topic: str | None, error: CodecError) -> None:
        """Counted, and acknowledged: what cannot be understood now never will be."""
        self._rejected += 1
        device = None
        if topic is not None:
            with contextlib.suppress(CodecError):
                device = parse_topic(topic, self._settings.site).device
        if self._inbox is not None:
            self._inbox.reject(device=device, reason=error.reason, detail=error.detail)
        if arrived.qos:
            self._client.acknowledge_all([arrived.mid])

    def _count_dropped(self, payload: bytes | bytearray) -> None:
        """The broker counts from its own start: a smaller figure than before means it was restarted."""
        with contextlib.suppress(ValueError):
            count = int(payload)
            if count < self._dropped_now:
                self._dropped_before += self._dropped_now
            self._dropped_now = count

    def _on_connect(self, _client: paho.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._last_error = f"the broker refuses us: {reason}"
            return
        # A new process wants every retained state once; a reconnect only where the broker forgot the session.
        retained = 0 if self._first or not flags.session_present else 1
        options = SubscribeOptions(qos=1, retainHandling=retained)
        as_published = SubscribeOptions(qos=1, retainHandling=retained, retainAsPublished=True)
        prefix = f"{PREFIX}/{self._settings.site}/+"
        self._client.subscribe(
            [(f"{prefix}/{topic}", options) for topic in _FROM_DEVICES]
            + [(f"{prefix}/{_COMMANDS}", as_published), (DROPPED_TOPIC, SubscribeOptions(qos=0))]
        )
        self._first = False
        self._last_error = None

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._stopping.is_set():
            self._last_error = self._last_error or f"connection lost: {reason}"

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if refused := [str(reason) for reason in reasons if reason.is_failure]:
            self._last_error = f"the broker refuses a subscription: {refused[0]}"
        self._become("connected")

    def _say_goodbye(self) -> None:
        """What became durable until now is still acknowledged."""
        if self._client.socket() is not None:
            self._settle()
            self._client.disconnect()
            self._client.loop_write()
        self._client.close()

    def _become(self, state: str) -> None:
        if state != self._state:
            self._state, self._since_ms = state, self._now_ms()

    def _wake(self) -> None:
        if (wakers := self._wakers) is not None:
            with contextlib.suppress(OSError):  # full means it is awake already, closed that it has ended
                wakers[1].send(b"\0")

    def _new_client(self) -> ReadAheadClient:
        settings = self._settings
        client = ReadAheadClient(
            CallbackAPIVersion.VERSION2, client_id=settings.user, protocol=paho.MQTTv5, manual_ack=True,
            transport="unix" if settings.socket_path else "tcp", reconnect_on_failure=False,
        )  # fmt: skip
        client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set(ca_certs=str(settings.ca_file) if settings.ca_file else None)
        client.max_queued_messages_set(settings.commands_max)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = lambda *_: None  # makes paho leave all writing to this loop
        return client


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
