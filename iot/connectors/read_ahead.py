"""paho's client, reading 64 KiB at a time and acknowledging many messages with one write.

Stock paho reads a byte, a byte and the rest for each packet, through a machine of eight states, and builds the table of
all MQTT 5 properties anew for each message. Here a PUBLISH that lies whole in what was read is cut out at once; all
other packets, and those that are not whole yet, are left to paho.

It uses private names of paho 2.2 (``_sock_recv``, ``_packet_read``, ``_packet_queue``, ...); the dependency is
pinned below 2.3 and ``tests/iot/connectors`` holds the behaviour. It is driven by one thread of ours, never by paho's.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, _ConnectionState
from paho.mqtt.exception import MalformedPacket

from iot.connectors.arrived import Arrived, cut_publish, read_length
from iot.connectors.tls_link import TlsLink
from iot.tls import harden

_READ_BYTES = 65_536
_PUBLISH, _PUBACK, _PUBCOMP = 0x30, 0x40, 0x70
_PUBLISH_MASK = 0xF4
"""The packet's type and the higher bit of its QoS: what is cut out here has QoS 0 or 1."""
_TAKEN_OVER = 0x8E
_GOODBYE_S = 1.0


class ReadAheadClient(paho.Client):
    """Made with ``manual_ack``; messages go to ``on_arrived``, whatever their QoS, and to no callback of paho's."""

    on_arrived: Callable[[Arrived], None]
    displaced: int = 0
    """How often the broker said goodbye because somebody else connected with our client id."""
    ended_by: str = ""
    """Why the connection broke off, where paho has no word for it."""
    sift: Callable[[bytes, int, int, int], bool] | None = None
    """(bytes, first byte, begin, end) of a PUBLISH, as of ``cut_publish``: True where nothing more is made of it."""
    _ahead: bytes = b""
    _at: int = 0
    _exact: frozenset[int] = frozenset()
    """Packets of QoS 2 that are not acknowledged yet."""

    def read_packets(self, limit: int, may_go_on: Callable[[], bool]) -> None:
        """Handle what has arrived, at most ``limit`` packets, for as long as ``may_go_on`` says yes."""
        for _ in range(limit):
            if self._sock is None or not may_go_on():
                return
            result = self._read_packet()
            if result == MQTTErrorCode.MQTT_ERR_AGAIN:
                return
            if result > 0:
                self._loop_rc_handle(result)
                return

    @property
    def has_read_ahead(self) -> bool:
        """Whether something is here that no poll of the socket would tell."""
        return self._at < len(self._ahead)

    def acknowledge_all(self, mids: Sequence[int]) -> None:
        """A PUBACK for each of these, joined and written once."""
        if mids:
            exact = self._exact
            joined = b"".join([struct.pack("!BBH", _PUBCOMP if mid in exact else _PUBACK, 2, mid) for mid in mids])
            if exact:
                self._exact = exact.difference(mids)
            self._packet_queue(_PUBACK, joined, mids[-1], 0)

    def _read_packet(self) -> MQTTErrorCode:
        if self._in_packet["command"]:
            return self._packet_read()
        if self._at >= len(self._ahead) and (result := self._read_ahead()) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return result
        first = self._ahead[self._at]
        if not first:  # to paho the same as no packet yet: it would read on in the middle of this one
            return self._refuse("a packet of no type")
        if first & _PUBLISH_MASK == _PUBLISH and self.is_connected():
            try:
                if self._take_publish():
                    return MQTTErrorCode.MQTT_ERR_SUCCESS
            except MalformedPacket as error:
                return self._refuse(str(error))
        return self._packet_read()

    def _read_ahead(self) -> MQTTErrorCode:
        try:
            self._refill()
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        return MQTTErrorCode.MQTT_ERR_SUCCESS if self._ahead else MQTTErrorCode.MQTT_ERR_CONN_LOST

    def _take_publish(self) -> bool:
        """Hand on the PUBLISH that begins here; False where it is not whole."""
        ahead, at = self._ahead, self._at
        try:
            length, start = read_length(ahead, at + 1, len(ahead))
        except MalformedPacket:  # not whole even that far, or too long: paho waits for it, or says so
            return False
        end = start + length
        if end > len(ahead):
            return False
        self._at = end
        if self.sift is not None and self.sift(ahead, ahead[at], start, end):
            return True
        self.on_arrived(cut_publish(ahead[at], ahead, start, end, newer=self._protocol == paho.MQTTv5))
        return True

    def _handle_publish(self) -> MQTTErrorCode:
        """One that came in pieces. Of QoS 2 paho knows what to answer."""
        flags, packet = self._in_packet["command"], self._in_packet["packet"]
        if not self.is_connected():
            return self._refuse("a message before the broker accepted us")
        try:
            arrived = cut_publish(flags, packet, 0, len(packet), newer=self._protocol == paho.MQTTv5)
        except MalformedPacket as error:
            return self._refuse(str(error))
        if arrived.qos == 2:
            return super()._handle_publish()
        self.on_arrived(arrived)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_on_message(self, message: paho.MQTTMessage) -> None:
        """The end of a handshake of QoS 2."""
        self._exact |= {message.mid}
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = None
        self.on_arrived(
            Arrived(topic, bytes(message.payload), mid=message.mid, qos=2, retain=message.retain, dup=message.dup)
        )

    def _refuse(self, why: str) -> MQTTErrorCode:
        self.ended_by = f"the broker sends what is no MQTT: {why}"
        return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _handle_disconnect(self) -> None:
        """Stock paho reads the reason only where properties follow; mosquitto sends it alone."""
        packet = self._in_packet["packet"]
        self.displaced += bool(packet) and packet[0] == _TAKEN_OVER
        super()._handle_disconnect()

    def want_write(self) -> bool:
        return super().want_write() or (isinstance(self._sock, TlsLink) and self._sock.has_unsent)

    def loop_write(self) -> MQTTErrorCode:
        if isinstance(self._sock, TlsLink):
            try:
                self._sock.flush()
            except OSError:
                return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        return super().loop_write()

    def keep_alive_unread(self) -> None:
        """While reading is paused no answer to our pings is seen: that is no reason to give the connection up."""
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        self._ping_t = 0.0
        self.loop_misc()

    def give_up(self) -> None:
        """The connection is gone and nobody was reading it."""
        self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)

    def trust(self, ca_file: Path | None, *, own: Path | None = None, key: Path | None = None) -> None:
        """Speak TLS; the authorities, and our own certificate, are read anew, as they are now."""
        context = harden(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        if ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca_file)
        if own is not None:
            context.load_cert_chain(own, key)
        self._ssl, self._ssl_context = True, context

    @property
    def unanswered(self) -> int:
        """Messages of QoS 1 that the broker did not acknowledge yet."""
        return len(self._out_messages)

    def keep_until(self, expires_s: Mapping[int, int]) -> None:
        """Before a new connection sends again what was unanswered: how long each of these is still good for (MQTT 5
        tells the broker); what is good no longer is not sent again.
        """
        with self._out_message_mutex:
            for mid, left_s in expires_s.items():
                message = self._out_messages.get(mid)
                if message is None:
                    continue
                if left_s <= 0:
                    del self._out_messages[mid]
                elif message.properties is not None:
                    message.properties.MessageExpiryInterval = left_s

    def close(self) -> None:
        """Whatever state it is in: no socket stays open."""
        self._reset_sockets()

    def _sock_close(self) -> None:
        if self._sock is not None and self._state == _ConnectionState.MQTT_CS_DISCONNECTING:
            _hear_out(self._sock)
        super()._sock_close()

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._ahead):
            self._refill()
        chunk = self._ahead[self._at : self._at + bufsize]
        self._at += len(chunk)
        return chunk

    def _refill(self) -> None:
        """Read all there is; nothing is the end."""
        try:
            self._ahead, self._at = super()._sock_recv(_READ_BYTES), 0
        except BlockingIOError:
            raise
        except OSError as error:
            self.ended_by = error.strerror or str(error)
            raise
        if not self._ahead:
            self.ended_by = "the broker closed it"
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()

    def _create_socket(self) -> Any:
        self._ahead, self._at, self._exact, self.ended_by = b"", 0, frozenset(), ""
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

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> Any:
        """By the name of the host; at a socket of this machine the certificate itself is the one to be trusted."""
        assert self._ssl_context is not None  # noqa: S101 - trust() was called
        by_name = self._transport != "unix"
        self._ssl_context.check_hostname = by_name
        tcp_sock.settimeout(self._connect_timeout)
        try:
            return TlsLink(tcp_sock, self._ssl_context, self._host if by_name else None)
        except (OSError, ValueError):
            tcp_sock.close()
            raise


def _hear_out(sock: Any) -> None:
    """After our DISCONNECT, until the broker closes too: it has then read every acknowledgement before it. Of a
    connection that both sides have closed mosquitto reads nothing more, and the messages would come again.
    """
    deadline_s = time.monotonic() + _GOODBYE_S
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while (left_s := deadline_s - time.monotonic()) > 0:
            sock.settimeout(left_s)
            if not sock.recv(_READ_BYTES):
                return
