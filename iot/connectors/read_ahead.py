"""paho's client, reading 64 KiB at a time and acknowledging many messages with one write.

It uses private names of paho 2.2 (``_sock_recv``, ``_packet_read``, ``_packet_queue``, ...); the dependency is
pinned below 2.3 and ``tests/iot/connectors`` holds the behaviour. It is driven by one thread of ours, never by paho's.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

_READ_BYTES = 65_536
_PUBACK = 0x40
_TAKEN_OVER = 0x8E
PROPERTIES_BYTES_MAX = 4_096
"""MQTT 5 properties of one message. Stock paho takes 0.4 s for what fits into a packet of 64 KiB."""
TOO_MANY_PROPERTIES: Any = object()
"""Stands as ``properties`` of a message that had more."""


class ReadAheadClient(paho.Client):
    """Stock paho reads a byte, a byte and the rest for each packet, and writes each PUBACK on its own."""

    _ahead: bytes = b""
    _at: int = 0
    displaced: int = 0
    """How often the broker said goodbye because somebody else connected with our client id."""

    def read_packets(self, limit: int, may_go_on: Callable[[], bool]) -> None:
        """Handle what has arrived, at most ``limit`` packets, for as long as ``may_go_on`` says yes."""
        for _ in range(limit):
            if self._sock is None or not may_go_on():
                return
            result = self._packet_read()
            if result == MQTTErrorCode.MQTT_ERR_AGAIN:
                return
            if result > 0:
                self._loop_rc_handle(result)
                return

    @property
    def has_read_ahead(self) -> bool:
        return self._at < len(self._ahead)

    def acknowledge_all(self, mids: Sequence[int]) -> None:
        """A PUBACK for each of these, joined and written once."""
        if mids:
            joined = b"".join(struct.pack("!BBH", _PUBACK, 2, mid) for mid in mids)
            self._packet_queue(_PUBACK, joined, mids[-1], 0)

    def _handle_publish(self) -> MQTTErrorCode:
        """Stock paho builds the table of all MQTT 5 properties anew for each message: half of its time. The hall needs
        none of them, so the parts are cut out here; what is sent otherwise is left to it.
        """
        command, packet = self._in_packet["command"], self._in_packet["packet"]
        qos = (command & 0x06) >> 1
        topic_end = 2 + int.from_bytes(packet[:2], "big")
        at = topic_end + (2 if qos else 0)
        newer = self._protocol == paho.MQTTv5
        if qos == 2 or not self._manual_ack:
            return super()._handle_publish()
        size, body = _properties_size(packet, at) if newer else (0, at)
        mid = int.from_bytes(packet[topic_end:at], "big")
        message = paho.MQTTMessage(mid=mid, topic=bytes(packet[2:topic_end]))
        message.dup, message.qos, message.retain = bool(command & 0x08), qos, bool(command & 0x01)
        message.payload = bytes(packet[body + size :])
        if size > PROPERTIES_BYTES_MAX:
            message.properties = TOO_MANY_PROPERTIES
        self._handle_on_message(message)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_disconnect(self) -> None:
        """Stock paho reads the reason only where properties follow; mosquitto sends it alone."""
        packet = self._in_packet["packet"]
        self.displaced += bool(packet) and packet[0] == _TAKEN_OVER
        super()._handle_disconnect()

    def keep_alive_unread(self) -> None:
        """While reading is paused no answer to our pings is seen: that is no reason to give the connection up."""
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        self._ping_t = 0.0
        self.loop_misc()

    def give_up(self) -> None:
        """The connection is gone and nobody was reading it."""
        self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)

    def close(self) -> None:
        """Whatever state it is in: no socket stays open."""
        self._reset_sockets()

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._ahead):
            self._ahead, self._at = super()._sock_recv(_READ_BYTES), 0
        chunk = self._ahead[self._at : self._at + bufsize]
        self._at += len(chunk)
        return chunk

    def _create_socket(self) -> Any:
        self._ahead, self._at = b"", 0
        return super()._create_socket()

    def _create_unix_socket_connection(self) -> socket.socket:
        """As in stock paho, which leaves the socket open when nobody listens."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(self._host)
        except OSError:
            made.close()
            raise
        return made


def _properties_size(packet: bytes | bytearray, at: int) -> tuple[int, int]:
    """How many bytes of properties follow, and where they begin."""
    size = shift = 0
    for byte in packet[at : at + 4]:
        at += 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return size, at
