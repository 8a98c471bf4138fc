"""What any connector promises the twin, held by the fake one and by the one on a real broker."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from iot.codecs.native import encode
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable, CommandRefused
from iot.messages import CommandRequest, Message, Telemetry
from iot.ports import Connector
from iot.testing import FakeConnector, MemoryInbox, eventually

SITE = "shifanqu"


class Side(Protocol):
    connector: Connector

    def device_says(self, message: Message) -> None: ...
    def commands(self) -> list[str]: ...


class FakeSide:
    def __init__(self) -> None:
        self.connector = FakeConnector(now_ms=lambda: 1_000, unacknowledged_max=500)

    def device_says(self, message: Message) -> None:
        self.connector.deliver(message)

    def commands(self) -> list[str]:
        return [request.id for request in self.connector.sent]


class MqttSide:
    def __init__(self, settings: MqttSettings, peer: Callable[..., Any]) -> None:
        self.connector = MqttConnector(settings, now_ms=lambda: 1_000)
        self._device = peer("UPS-2")
        self._device.listen(f"ht/v1/{SITE}/UPS-2/cmd/#")

    def device_says(self, message: Message) -> None:
        topic, payload = encode(message, site=SITE)
        self._device.client.publish(topic, payload, qos=1)

    def commands(self) -> list[str]:
        return [payload.split(b'"id":"')[1].split(b'"')[0].decode() for _, payload, _ in self._device.heard]


@pytest.fixture(params=["fake", pytest.param("mqtt", marks=pytest.mark.integration)])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    made: Side
    if request.param == "fake":
        made = FakeSide()
    else:
        made = MqttSide(request.getfixturevalue("settings"), request.getfixturevalue("peer"))
    yield made
    made.connector.stop()


def reading(seq: int) -> Telemetry:
    return Telemetry(device="UPS-2", ts_ms=1, seq=seq, boot=1, values={"battery": 50.0})


def start(side: Side, inbox: MemoryInbox) -> None:
    side.connector.start(inbox)
    eventually(lambda: side.connector.health().state == "connected", what="the connection")


def receipts(inbox: MemoryInbox) -> list[int]:
    return [item.receipt for item in inbox.take()]


def request(**change: Any) -> CommandRequest:
    fields: dict[str, Any] = {"device": "UPS-2", "id": "c-1", "name": "self_test", "expires_ms": 9_000, "issuer": "u"}
    return CommandRequest(**{**fields, **change})


def test_what_a_device_says_is_offered_in_order_with_the_halls_time(side: Side) -> None:
    inbox = MemoryInbox()
    start(side, inbox)
    for seq in range(50):
        side.device_says(reading(seq))
    eventually(lambda: len(inbox.messages()) == 50)
    assert inbox.messages() == [reading(seq) for seq in range(50)]
    assert {item.received_ms for item in inbox.list_items()} == {1_000}
    assert side.connector.health().unacknowledged == 50
    side.connector.acknowledge(receipts(inbox))
    eventually(lambda: side.connector.health().unacknowledged == 0)


def test_a_full_inbox_loses_nothing(side: Side) -> None:
    inbox = MemoryInbox(capacity=10)
    start(side, inbox)
    for seq in range(100):
        side.device_says(reading(seq))
    seen: list[int] = []
    while len(seen) < 100:
        eventually(lambda: bool(inbox.list_items()))
        taken = inbox.take()
        assert len(taken) <= 10
        seen += [item.message.seq for item in taken if isinstance(item.message, Telemetry)]
        side.connector.acknowledge([item.receipt for item in taken])
    assert seen == list(range(100))


def test_too_much_unacknowledged_pauses_and_goes_on(side: Side) -> None:
    inbox = MemoryInbox()
    start(side, inbox)
    for seq in range(1_200):
        side.device_says(reading(seq))
    eventually(lambda: len(inbox.list_items()) == 500, what="the window filling")
    taken = inbox.take()
    assert side.connector.health().unacknowledged == 500
    while len(taken) < 1_200:
        side.connector.acknowledge([item.receipt for item in taken])
        eventually(lambda: bool(inbox.list_items()))
        taken += inbox.take()
    assert [item.message for item in taken] == [reading(seq) for seq in range(1_200)]


def test_what_was_not_acknowledged_comes_again_after_a_restart(side: Side) -> None:
    inbox = MemoryInbox()
    start(side, inbox)
    for seq in range(20):
        side.device_says(reading(seq))
    eventually(lambda: len(inbox.list_items()) == 20)
    side.connector.acknowledge(receipts(inbox)[:8])
    eventually(lambda: side.connector.health().unacknowledged == 12)
    side.connector.stop()
    again = MemoryInbox()
    start(side, again)
    eventually(lambda: len(again.list_items()) >= 12)
    assert again.messages() == [reading(seq) for seq in range(8, 20)]


def test_a_receipt_of_before_the_restart_acknowledges_nothing_now(side: Side) -> None:
    inbox = MemoryInbox()
    start(side, inbox)
    side.device_says(reading(1))
    eventually(lambda: bool(inbox.list_items()))
    old = receipts(inbox)
    side.connector.stop()
    again = MemoryInbox()
    start(side, again)
    eventually(lambda: bool(again.list_items()))
    side.connector.acknowledge(old)
    side.device_says(reading(2))
    eventually(lambda: len(again.list_items()) == 2)
    assert side.connector.health().unacknowledged == 2


def test_a_command_reaches_its_device(side: Side) -> None:
    start(side, MemoryInbox())
    side.connector.send(request(id="c-7"))
    eventually(lambda: side.commands() == ["c-7"])


def test_a_command_without_a_connection_is_refused_not_kept(side: Side) -> None:
    with pytest.raises(BrokerUnavailable):
        side.connector.send(request())
    start(side, MemoryInbox())
    side.connector.send(request(id="c-2"))
    eventually(lambda: side.commands() == ["c-2"])


def test_a_malformed_command_is_refused(side: Side) -> None:
    start(side, MemoryInbox())
    with pytest.raises(CommandRefused):
        side.connector.send(request(device="a/b"))


def test_nothing_stays_open_after_stop(side: Side) -> None:
    before = descriptors()
    for _ in range(3):
        start(side, MemoryInbox())
        side.connector.stop()
    assert side.connector.health().state == "stopped"
    assert descriptors() - before == set()


def descriptors() -> set[tuple[str, str]]:
    """(number, what it is) of all that this process has open."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # of the listing itself
            found.add((entry.name, str(entry.readlink())))
    return found
