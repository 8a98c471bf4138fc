"""Those who receive in ``bench receive``, each in a process of its own: ours, stock paho, and a bare socket.

All do the same: every message is read as JSON, counted, and acknowledged; the bare socket does not look into it.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.messages import Foreign
from iot.ports import Connector, Inbound, Sieve
from ui.cli.bench.load import encode_length

DURABLE = 200
"""As if each so many messages were committed together."""
WAIT_S = 120.0
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where to connect; ``socket_path`` wins over the port."""

    site: str
    password: str
    port: int = 1883
    socket_path: Path | None = None

    @property
    def filter(self) -> str:
        return f"ht/v1/{self.site}/+/tele"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """From the first message to the last acknowledgement."""

    messages: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> int:
        return round(self.messages / self.wall_s)

    @property
    def cpu_us(self) -> float:
        return round(self.cpu_s * 1e6 / self.messages, 2)


def receive(who: str, source: Source, total: int) -> Taken:
    """Run that receiver in a process of its own until it has received so many messages."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(who, source, total, theirs), daemon=True)
    process.start()
    wait([ours, process.sentinel], WAIT_S)
    if not ours.poll(0):
        process.kill()
        raise TimeoutError(f"{who} did not receive {total} messages within {WAIT_S:g} s, or broke")
    taken: Taken = ours.recv()
    process.join()
    return taken


def _main(who: str, source: Source, total: int, pipe: Any) -> None:
    pipe.send(RECEIVERS[who](source, total))


@dataclass(slots=True)
class _Watch:
    """Begins at the first message."""

    total: int
    count: int = 0
    began: tuple[float, float] = (0.0, 0.0)

    def see(self) -> bool:
        """One more; True at the last one."""
        if not self.count:
            self.began = time.perf_counter(), time.process_time()
        self.count += 1
        return self.count == self.total

    def taken(self) -> Taken:
        wall_s, cpu_s = self.began
        return Taken(
            messages=self.count, wall_s=time.perf_counter() - wall_s, cpu_s=time.process_time() - cpu_s
        )  # fmt: skip


# --- ours --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _CountingInbox:
    connector: Connector
    watch: _Watch
    receipts: list[int] = field(default_factory=list)
    rejected: int = 0

    def offer(self, item: Inbound) -> bool:
        last = self.watch.see()
        self.receipts.append(item.receipt)
        if last or len(self.receipts) == DURABLE:
            self.connector.acknowledge(self.receipts)
            self.receipts = []
        return True

    def reject(self, *, device: str | None, reason: str, detail: str, foreign: Foreign | None = None) -> None:
        del device, reason, detail, foreign
        self.rejected += 1

    def sieve(self) -> Sieve | None:
        return None


def _ours(source: Source, total: int) -> Taken:
    settings = MqttSettings(
        site=source.site, password=source.password, port=source.port, socket_path=source.socket_path
    )
    connector = MqttConnector(settings, now_ms=lambda: time.time_ns() // 1_000_000)
    inbox = _CountingInbox(connector, _Watch(total))
    connector.start(inbox)
    deadline = time.monotonic() + WAIT_S / 2
    while inbox.watch.count < total or connector.health().unacknowledged:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{inbox.watch.count} of {total} messages; {connector.health()}")
        time.sleep(0.002)
    taken = inbox.watch.taken()
    connector.stop()
    if inbox.rejected:
        raise ValueError(f"{inbox.rejected} messages were not understood")
    return taken


# --- stock paho --------------------------------------------------------------------------------------------


def _stock(source: Source, total: int, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311) -> Taken:
    client, watch = stock_client(source, protocol), _Watch(total)
    done = False

    def on_message(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        nonlocal done
        last = watch.see()
        json.loads(message.payload)
        client.ack(message.mid, message.qos)
        done = done or last

    client.on_message = on_message
    subscribe_on_connect(client, source)
    client.loop_start()
    deadline = time.monotonic() + WAIT_S / 2
    while not done:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{watch.count} of {total} messages")
        time.sleep(0.002)
    taken = watch.taken()
    client.disconnect()
    client.loop_stop()
    return taken


def _stock_5(source: Source, total: int) -> Taken:
    return _stock(source, total, MQTTProtocolVersion.MQTTv5)


def stock_client(
    source: Source, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311, *, clean: bool = False
) -> paho.Client:
    session = {"clean_session": clean} if protocol == MQTTProtocolVersion.MQTTv311 else {}
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id="hall", protocol=protocol, manual_ack=True,
        transport="unix" if source.socket_path else "tcp", **session,
    )  # fmt: skip
    client.username_pw_set("hall", source.password)
    return client


def subscribe_on_connect(client: paho.Client, source: Source) -> None:
    def on_connect(*_: object) -> None:
        client.subscribe(source.filter, qos=1)

    client.on_connect = on_connect
    wishes: dict[str, Any] = {"clean_start": False} if client.protocol == MQTTProtocolVersion.MQTTv5 else {}
    client.connect(str(source.socket_path or "127.0.0.1"), source.port, **wishes)


# --- a bare socket -----------------------------------------------------------------------------------------


def _raw(source: Source, total: int) -> Taken:
    """No client: bytes in, PUBACKs out, one write for all that one read brought."""
    watch = _Watch(total)
    with _connected(source) as sock:
        sock.sendall(_hello(source))
        data = b""
        while watch.count < total:
            data += sock.recv(_READ_BYTES)
            at, answers = 0, []
            while (found := _mid_at(data, at)) is not None:
                at, mid = found
                if mid is not None:
                    watch.see()
                    answers.append(b"\x40\x02" + mid)
            data = data[at:]
            sock.sendall(b"".join(answers))
        return watch.taken()


def _connected(source: Source) -> socket.socket:
    if source.socket_path is None:
        return socket.create_connection(("127.0.0.1", source.port))
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(str(source.socket_path))
    return sock


def _hello(source: Source) -> bytes:
    texts = [struct.pack("!H", len(word)) + word.encode() for word in ("hall", "hall", source.password)]
    connect = b"\0\4MQTT\4\xc0\0\0" + b"".join(texts)
    subscribe = b"\0\1" + struct.pack("!H", len(source.filter)) + source.filter.encode() + b"\x01"
    return b"".join(
        first + encode_length(len(body)) + body for first, body in ((b"\x10", connect), (b"\x82", subscribe))
    )


def _mid_at(data: bytes, at: int) -> tuple[int, bytes | None] | None:
    """Where the packet ends and, of a PUBLISH, its identifier; None where it is not whole yet."""
    if at + 4 > len(data):
        return None
    length, start = data[at + 1], at + 2
    if length & 0x80:
        length, start = length & 0x7F | data[at + 2] << 7, at + 3
    end = start + length
    if end > len(data):
        return None
    if data[at] >> 4 != 3:
        return end, None
    mid_at = start + 2 + (data[start] << 8 | data[start + 1])
    return end, data[mid_at : mid_at + 2]


RECEIVERS: dict[str, Callable[[Source, int], Taken]] = {
    "ours": _ours,
    "stock": _stock,
    "stock_5": _stock_5,
    "raw": _raw,
}
