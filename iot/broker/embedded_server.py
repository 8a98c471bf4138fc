"""``python -m iot.broker.embedded_server FILE``: the embedded broker's own process, started by ``EmbeddedBroker``.

Nothing reaches amqtt before name and password were right, and then under the user's own name: whoever borrows another's
client id, leaves a will or asks for a session is a stranger to it until then. SIGHUP: read the files again. What it
refuses it says in mosquitto's words, so that one watch understands both.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import sys
import time
from pathlib import Path

import msgspec
from amqtt.adapters import BufferReader
from amqtt.mqtt.connect import ConnectPacket

from iot.broker.configuration import CONNECTIONS
from iot.broker.embedded import EmbeddedConfiguration
from iot.broker.embedded_access import Access
from iot.broker.embedded_amqtt import LISTENER, HallBroker
from iot.broker.embedded_link import CONNECT, BadPacket, Link, read_packet
from iot.tls import harden

LEVEL = 4
CONNECT_TIMEOUT_S = 10.0
LINES_PER_S = 2_000
"""What is said beyond is counted and not told: a flood of refusals must not become a flood of lines."""
_TOO_NEW, _UNAUTHORISED = 1, 5


class Say:
    """Lines on standard error, bounded a second."""

    def __init__(self) -> None:
        self._second, self._said, self._unsaid = 0, 0, 0

    def __call__(self, line: str) -> None:
        second = int(time.monotonic())
        if second != self._second:
            unsaid, self._second, self._said, self._unsaid = self._unsaid, second, 0, 0
            if unsaid:
                os.write(2, b"%d lines more\n" % unsaid)
        self._said += 1
        if self._said > LINES_PER_S:
            self._unsaid += 1
        else:
            os.write(2, line.replace("\n", " ").encode(errors="replace") + b"\n")


class Gate:
    """Lets in who may come in, one connection a user, and cuts off who lost the right."""

    def __init__(self, access: Access, say: Say) -> None:
        self._access, self._say = access, say
        self._links: dict[str, Link] = {}
        self.broker = HallBroker(access, say=say, links=self._links)
        self._hashes: dict[str, str] = {}
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        self._open += 1
        try:
            if self._open <= CONNECTIONS:
                await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, BadPacket):
            pass  # before anybody knew who it was
        finally:
            self._open -= 1
            writer.close()

    async def reload(self) -> None:
        """The files as they are now."""
        self._access.reload()
        users = self._access.users
        for user, link in list(self._links.items()):
            if users.get(user) != self._hashes[user]:
                link.end(", not authorised.")
                await link.ended.wait()
        for client in [client for client in self.broker.sessions if client not in users]:
            await self.broker.forget(client)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        address = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else ("local", 0)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            asked = await _read_connect(reader)
        if asked is None:
            writer.write(bytes([0x20, 2, 0, _TOO_NEW]))
            return
        user = asked.username
        if not self._access.knows(user, asked.password):
            self._say(f"Sending CONNACK to {address[0]} (0, {_UNAUTHORISED})")
            self._say("Client <unknown> disconnected, not authorised.")
            writer.write(bytes([0x20, 2, 0, _UNAUTHORISED]))
            return
        await self._make_room(user)
        self._say(f"New client connected from {address[0]}:{address[1]} as {user} (p2, u'{user}').")
        if asked.will_flag and not self._access.may_write(user, asked.will_topic):
            self._say("Will message specified.")
            self._say(f"\t{asked.will_topic}")
        keepalive_s = asked.keep_alive
        link = Link(
            reader, writer, user=user, address=address, first=_as_user(asked, user), keepalive_s=keepalive_s,
            must_wait=lambda: self.broker.must_wait(user), say=self._say,
        )  # fmt: skip
        self._links[user], self._hashes[user] = link, self._access.users[user]
        if user in self.broker.sessions:  # amqtt takes over all of the new will but this
            self.broker.sessions[user][0].will_retain = asked.will_retain_flag
        try:
            await self.broker.external_connected(link, link, LISTENER)
        finally:
            link.end(".")
            del self._links[user]
            link.ended.set()

    async def _make_room(self, user: str) -> None:
        while (before := self._links.get(user)) is not None:
            self._say(f"Client {user} already connected, closing old connection.")
            before.end(", taken over.")
            await before.ended.wait()


async def _read_connect(reader: asyncio.StreamReader) -> ConnectPacket | None:
    """The first packet; None where it speaks another MQTT than ours."""
    packet = await read_packet(reader)
    name_at = 2 + sum(byte >= 0x80 for byte in packet[1:4])
    if packet[0] >> 4 != CONNECT or packet[name_at : name_at + 6] != b"\0\4MQTT":
        raise BadPacket("malformed packet")
    if packet[name_at + 6 : name_at + 7] != bytes([LEVEL]):
        return None
    try:
        asked = await ConnectPacket.from_stream(BufferReader(packet))
        complete = not asked.will_flag or asked.will_topic is not None
    except Exception as error:  # whatever amqtt's parser makes of a stranger's bytes
        raise BadPacket("malformed packet") from error
    if not complete or asked.reserved_flag or asked.will_qos > 2:
        raise BadPacket("malformed packet")
    return asked


def _as_user(asked: ConnectPacket, user: str) -> bytes:
    """The client's id is its user name: nobody can push another off by borrowing its id. We watch the keepalive."""
    asked.variable_header.keep_alive, asked.payload.client_id = 0, user
    return bytes(asked.to_bytes())


async def run(settings: EmbeddedConfiguration) -> None:
    """Until SIGTERM."""
    os.umask(0o077)
    loop, stop, reload = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # mosquitto's word to save what it knows: here nothing is saved
    say = Say()
    gate = Gate(Access(Path(settings.passwords), Path(settings.acl)), say)
    tls = harden(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)) if settings.certificate else None
    if tls is not None:
        _take_certificates(tls, settings)
    await gate.broker.start()
    if settings.socket:
        await asyncio.start_unix_server(gate.serve, settings.socket)
    await asyncio.start_server(gate.serve, settings.host, settings.port, ssl=tls)
    counting = asyncio.create_task(gate.broker.tell_dropped())
    while not stop.is_set():
        waits = {asyncio.ensure_future(stop.wait()), asyncio.ensure_future(reload.wait())}
        await asyncio.wait({*waits, counting}, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if reload.is_set():
            reload.clear()
            if tls is not None:
                _take_certificates(tls, settings)
            await gate.reload()
            say("Reloading config.")
    os._exit(0)  # nothing is kept, so nothing is wound up


def _take_certificates(tls: ssl.SSLContext, settings: EmbeddedConfiguration) -> None:
    tls.load_cert_chain(settings.certificate or "", settings.key)
    if settings.authority:
        tls.load_verify_locations(settings.authority)
        tls.verify_mode = ssl.CERT_REQUIRED


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=EmbeddedConfiguration)))
