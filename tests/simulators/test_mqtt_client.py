"""A connection keeps its session: nothing in flight is forgotten, and nothing is repeated without need."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

from simulators import mqtt_client
from simulators.line import Message
from simulators.mqtt_client import Broker, MqttClient, Traffic
from simulators.mqtt_packets import Arrived
from simulators.testing_mqtt import FakeBroker
from simulators.testing_server import TestServer


class Listener:
    """A speaker with nothing to say of its own."""

    listens = ("t/cmd/#",)

    def __init__(self) -> None:
        self.online = 0
        self.acknowledged: list[tuple[int, int]] = []
        self.arrived: list[Arrived] = []

    def will(self) -> tuple[str, bytes]:
        return "t/state", b"gone"

    def on_online(self) -> None:
        self.online += 1

    def on_room(self) -> None:
        pass

    def on_message(self, arrived: Arrived) -> None:
        self.arrived.append(arrived)

    def on_acknowledged(self, message: Message, reason: int) -> None:
        self.acknowledged.append((message.seq, reason))


def message(seq: int) -> Message:
    return Message("D-1", "t/tele", b"%d" % seq, boot=1, seq=seq)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - over a real socket
            await asyncio.sleep(0.005)


def with_client(
    broker: FakeBroker, story: Callable[[MqttClient, Listener, Traffic], Coroutine[Any, Any, None]]
) -> None:
    async def run() -> None:
        await broker.start()
        traffic, listener = Traffic(), Listener()
        where = Broker(host="127.0.0.1", port=broker.port, gate=asyncio.Semaphore(2), traffic=traffic)
        client = MqttClient(where, user="D-1", password="pw", speaker=listener, random=Random(1), keepalive_s=60)
        client.open()
        try:
            await story(client, listener, traffic)
        finally:
            client.close(abruptly=True)
            await broker.stop()

    asyncio.run(run())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_client, "_RETRY_S", (0.01,))


@pytest.mark.parametrize("known", [True, False])
def test_what_was_not_acknowledged_is_sent_again_after_a_reconnect(known: bool) -> None:
    broker = FakeBroker(acknowledges=False, session_present=known)

    async def story(client: MqttClient, listener: Listener, traffic: Traffic) -> None:
        await until(lambda: client.online)
        for seq in (1, 2, 3):
            client.send(message(seq))
        await until(lambda: len(broker.published()) == 3)
        broker.acknowledges = True
        broker.cut()
        await until(lambda: len(listener.acknowledged) == 3)
        first, second = broker.published()[:3], broker.published()[3:]
        assert [(p.payload, again) for p, again in second] == [(b"1", known), (b"2", known), (b"3", known)]
        assert ([p.mid for p, _ in second] == [p.mid for p, _ in first]) is known
        assert listener.acknowledged == [(1, 0), (2, 0), (3, 0)]
        assert (traffic.published, traffic.again, traffic.acknowledged) == (3, 3, 3)
        assert (listener.online, broker.subscriptions()) == (2, 2)

    with_client(broker, story)


def test_no_more_is_in_flight_than_the_broker_takes() -> None:
    broker = FakeBroker(acknowledges=False, receive_maximum=2)

    async def story(client: MqttClient, _listener: Listener, _traffic: Traffic) -> None:
        await until(lambda: client.online)
        await until(lambda: client.room)
        client.send(message(1))
        assert client.room
        client.send(message(2))
        assert not client.room

    with_client(broker, story)


def test_closing_gives_back_what_was_not_acknowledged() -> None:
    broker = FakeBroker(acknowledges=False)

    async def story(client: MqttClient, _listener: Listener, traffic: Traffic) -> None:
        await until(lambda: client.online)
        client.send(message(1))
        assert client.close(abruptly=True) == [message(1)]
        assert client.close(abruptly=True) == []
        await until(lambda: traffic.online == 0)

    with_client(broker, story)


def test_in_silence_nothing_passes_and_afterwards_everything_does() -> None:
    broker = FakeBroker()

    async def story(client: MqttClient, listener: Listener, _traffic: Traffic) -> None:
        await until(lambda: client.online)
        client.silence(on=True)
        client.send(message(1))
        client.send(message(2))
        await asyncio.sleep(0.05)
        assert broker.published() == []
        client.silence(on=False)
        await until(lambda: listener.acknowledged == [(1, 0), (2, 0)])
        assert broker.connections == 1

    with_client(broker, story)


def test_whoever_was_cut_off_in_silence_connects_again_after_it() -> None:
    broker = FakeBroker()

    async def story(client: MqttClient, listener: Listener, _traffic: Traffic) -> None:
        await until(lambda: client.online)
        client.silence(on=True)
        client.send(message(1))
        broker.cut()
        await asyncio.sleep(0.05)
        assert broker.connections == 1
        client.silence(on=False)
        await until(lambda: listener.acknowledged == [(1, 0)])
        assert broker.connections == 2

    with_client(broker, story)


def test_a_refusal_is_counted_by_its_reason_and_tried_again() -> None:
    broker = FakeBroker(refuses=0x87)

    async def story(_client: MqttClient, listener: Listener, traffic: Traffic) -> None:
        await until(lambda: broker.connections >= 2)
        assert listener.online == 0
        assert any("0x87" in why for why in traffic.failures)

    with_client(broker, story)


def test_who_says_nothing_pings_within_the_keepalive() -> None:
    broker = FakeBroker()

    async def run() -> None:
        await broker.start()
        where = Broker(host="127.0.0.1", port=broker.port, gate=asyncio.Semaphore(2), traffic=Traffic())
        client = MqttClient(where, user="D-1", password="pw", speaker=Listener(), random=Random(1), keepalive_s=1)
        client.open()
        await until(lambda: client.online)
        began = time.monotonic()
        await until(lambda: any(first == 0xC0 for first, _ in broker.packets))
        assert time.monotonic() - began < 1.6
        client.close(abruptly=False)
        await broker.stop()

    asyncio.run(run())


def test_a_goodbye_that_nobody_reads_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_client, "GOODBYE_S", 0.05)
    full = bytes(4_000_000)  # more than both ends' buffers hold

    async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes((0x20, 3, 0, 0, 0)))
        await asyncio.Event().wait()

    async def run() -> None:
        server = TestServer(deaf)
        where = Broker(
            host="127.0.0.1", port=await server.start(), gate=asyncio.Semaphore(2), traffic=Traffic()
        )  # fmt: skip
        client = MqttClient(where, user="D-1", password="pw", speaker=Listener(), random=Random(1), keepalive_s=60)
        client.open()
        await until(lambda: client.online)
        client.send(Message("D-1", "t/tele", full, boot=1, seq=1))
        client.close(abruptly=False)
        assert len(where.wires) == 1, "still being said"
        await where.until_closed()
        assert where.wires == set()
        await server.stop()

    asyncio.run(run())
