"""Devices that keep what the broker has not acknowledged, and the last of what they said for whoever asks again.

They are the simulators' connections in a process of their own: lost ones are made again, sessions taken up, a
``resend`` answered from the buffer. What they say is numbered as by ``load``, so that the same ledger serves. When
they have said all that is in the ledger they fall silent: nothing comes after it that would show a gap.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import msgspec

from simulators.line import Message
from simulators.mqtt_client import Broker, MqttClient, Traffic
from simulators.mqtt_packets import Arrived
from simulators.obeying import find_command, resend_range
from simulators.outbox import Outbox
from ui.cli.bench.load import FIRST_COUNT, Ledger, Plan, Sender, payload

DRAIN_S = 60.0
KEEPALIVE_S = 10
TURN_S = 0.004
BOOT = 1
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """``dropped`` had no room in a buffer; ``again``: repeated after a reconnect; ``resent``: as the hall asked."""

    dropped: int
    again: int
    resent: int


def start_buffering(plan: Plan, *, buffer: int) -> tuple[Any, Any, Connection]:
    """Begin in a process of its own: (process, the count of messages said so far, a pipe).

    The pipe gives the ledger when all is acknowledged, or never will be. The devices go on answering until anything
    is sent to it; then it gives their ``Trouble``, and they end.
    """
    context = multiprocessing.get_context("spawn")
    said = context.Value("q", 0, lock=False)
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(plan, buffer, said, theirs), daemon=True)
    process.start()
    return process, said, ours


@dataclass(slots=True)
class _Device:
    """A speaker of the simulators' lines."""

    site: str
    key: str
    draw: Random
    outbox: Outbox
    line: MqttClient = field(init=False)
    said: int = 0
    resent: int = 0
    acknowledged: bytearray = field(default_factory=bytearray)

    @property
    def prefix(self) -> str:
        return f"ht/v1/{self.site}/{self.key}"

    @property
    def listens(self) -> tuple[str, ...]:
        return (f"{self.prefix}/cmd/+",)

    def will(self) -> tuple[str, bytes]:
        return f"{self.prefix}/state", _json({"online": False, "boot": BOOT})

    def say(self, ts_ms: int) -> None:
        number = FIRST_COUNT + self.said
        body = payload(ts_ms, number, 15 + 14.99 * self.draw.random(), 30 + 39.99 * self.draw.random())
        message = Message(self.key, f"{self.prefix}/tele", body, boot=BOOT, seq=number)
        self.said += 1
        self.acknowledged.append(0)
        self.outbox.keep(message)
        self.outbox.put(message)
        self.on_room()

    def on_online(self) -> None:
        description = {"kind": "bench_sensor", "buffer": self.outbox.buffer, "schema": 1}
        self.outbox.put_first(
            Message(self.key, f"{self.prefix}/{what}", _json(body), retain=True)
            for what, body in (("desc", description), ("state", {"online": True, "boot": BOOT}))
        )
        self.on_room()

    def on_room(self) -> None:
        while len(self.outbox) and self.line.room:
            self.line.send(self.outbox.take())

    def on_message(self, arrived: Arrived) -> None:
        command = find_command(arrived.topic.rpartition("/")[2], arrived.payload)
        wanted = resend_range(command.arguments) if command is not None and command.name == "resend" else None
        if wanted is None:
            return
        for message in self.outbox.find_kept(boot=wanted[0], first=wanted[1], last=wanted[2]):
            self.outbox.put(message)
            self.resent += 1
        self.on_room()

    def on_acknowledged(self, message: Message, reason: int) -> None:
        if message.seq and reason < 0x80:
            self.acknowledged[message.seq - FIRST_COUNT] = 1


def _main(plan: Plan, buffer: int, said: Any, pipe: Connection) -> None:
    asyncio.run(_run(plan, buffer, said, pipe))


async def _run(plan: Plan, buffer: int, said: Any, pipe: Connection) -> None:
    dropped = 0

    def drop(_message: Message) -> None:
        nonlocal dropped
        dropped += 1

    broker = Broker(host=plan.host, port=plan.port, gate=asyncio.Semaphore(20), traffic=Traffic())
    devices = [
        _make_device(plan, broker, sender, Outbox(buffer=buffer, dropped=drop), Random(f"{plan.seed}:{sender.device}"))  # noqa: S311 - a seeded load
        for sender in plan.senders
    ]
    for device in devices:
        device.line.open()
    while not all(device.line.online for device in devices):  # noqa: ASYNC110 - a look at many, not one event
        await asyncio.sleep(TURN_S)
    began, began_cpu = time.time(), time.process_time()
    await _say_all(plan, devices, said, began)
    deadline = time.monotonic() + DRAIN_S
    while any(d.acknowledged.count(0) for d in devices) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    ledger = Ledger(
        acknowledged={d.key: (d.acknowledged + b"\0").index(0) for d in devices},
        unacknowledged=sum(d.acknowledged.count(0) for d in devices),
        began_ms=int(began * 1000),
        cpu_s=time.process_time() - began_cpu,
    )
    pipe.send(ledger)
    while not pipe.poll(0):  # noqa: ASYNC110 - a pipe of another process
        await asyncio.sleep(TURN_S)
    pipe.send(Trouble(dropped=dropped, again=broker.traffic.again, resent=sum(d.resent for d in devices)))


def _make_device(plan: Plan, broker: Broker, sender: Sender, outbox: Outbox, draw: Random) -> _Device:
    device = _Device(plan.site, sender.device, draw, outbox)
    device.line = MqttClient(
        broker, user=sender.device, password=sender.password, speaker=device, random=draw, keepalive_s=KEEPALIVE_S
    )
    return device


async def _say_all(plan: Plan, devices: list[_Device], said: Any, began: float) -> None:
    """By the clock, one device after the other."""
    total, rate = plan.total or 0, plan.rate or 1.0
    count = 0
    while count < total:
        until = int(min(total, (time.time() - began) * rate))
        for number in range(count, until):
            devices[number % len(devices)].say(int((began + number / rate) * 1000))
        count = said.value = until
        await asyncio.sleep(TURN_S)
