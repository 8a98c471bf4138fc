"""Devices and brokers of both MQTT versions: what each is told, and how soon a device that dies is missed."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.mosquitto import MosquittoBroker
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.messages import Presence, Telemetry
from iot.testing import MemoryInbox, eventually
from tests.iot.broker.packets import connect, publish
from tests.iot.connectors.place import Place

SITE = "shifanqu"
LOOK_EVERY_S = 6
TELE = b'{"ts":1,"seq":1,"boot":1,"v":{"battery":90.0}}'


@pytest.fixture
def connector(settings: MqttSettings) -> Iterator[MqttConnector]:
    made = MqttConnector(settings, now_ms=lambda: 1_000, jitter=lambda: 0.0)
    yield made
    made.stop()


def start(connector: MqttConnector, inbox: MemoryInbox) -> None:
    connector.start(inbox)
    eventually(lambda: connector.health().state == "connected", what="the connection")


class OldBroker:
    """The few answers of MQTT 3.1.1 that a reader needs: refuses version 5, takes 4, then delivers one message."""

    def __init__(self) -> None:
        self.versions: list[int] = []
        self.acknowledged: list[int] = []
        self._place = Place(self._serve)
        self.port, self.close = self._place.port, self._place.close

    def _serve(self, line: socket.socket) -> None:
        while (packet := self._read(line)) is not None:
            kind, body = packet
            if kind == 0x10:
                self.versions.append(body[6])
                if body[6] != 4:
                    line.sendall(b"\x20\x02\x00\x01")
                    return
                line.sendall(b"\x20\x02\x00\x00")
            elif kind == 0x80:
                filters = body.count(b"/") and self._count_filters(body)
                line.sendall(bytes([0x90, 2 + filters]) + body[:2] + b"\x01" * filters)
                line.sendall(publish(f"ht/v1/{SITE}/UPS-1/tele", TELE, mid=7))
            elif kind == 0x40:
                self.acknowledged.append(int.from_bytes(body[:2], "big"))

    @staticmethod
    def _count_filters(body: bytes) -> int:
        at, count = 2, 0
        while at < len(body):
            at += 2 + int.from_bytes(body[at : at + 2], "big") + 1
            count += 1
        return count

    @staticmethod
    def _read(line: socket.socket) -> tuple[int, bytes] | None:
        def exactly(count: int) -> bytes:
            got = b""
            while len(got) < count:
                more = line.recv(count - len(got))
                if not more:
                    raise EOFError
                got += more
            return got

        try:
            kind, length, shift = exactly(1)[0], 0, 0
            while True:
                byte = exactly(1)[0]
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return kind & 0xF0, exactly(length)
        except (EOFError, OSError):
            return None


def test_a_broker_that_knows_only_311_is_spoken_to_in_that() -> None:
    broker = OldBroker()
    connector = MqttConnector(
        MqttSettings(site=SITE, password="x", port=broker.port), now_ms=lambda: 1_000, jitter=lambda: 0.0
    )
    inbox = MemoryInbox()
    start(connector, inbox)
    eventually(lambda: len(inbox.messages()) == 1)
    assert broker.versions == [5, 4]
    assert (connector.health().protocol, connector.health().last_error) == ("MQTT 3.1.1", None)
    assert all(limit["zh"] and limit["en"] for limit in connector.health().limits)
    assert len(connector.health().limits) == 3, "what is not promised there is said"
    assert broker.acknowledged == []
    connector.acknowledge([item.receipt for item in inbox.take()])
    eventually(lambda: broker.acknowledged == [7])
    connector.stop()
    broker.close()


@pytest.mark.integration
def test_a_device_of_mqtt_311_is_heard(connector: MqttConnector, broker: MosquittoBroker) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    host, port = broker.url.removeprefix("mqtt://").split(":")
    device = paho.Client(CallbackAPIVersion.VERSION2, client_id="UPS-1", protocol=paho.MQTTv311)
    device.username_pw_set("UPS-1", "UPS-1-pw")
    device.connect(host, int(port))
    device.loop_start()
    for topic in ("UPS-1", "UPS-2"):  # the second is another's: 3.1.1 has no word for that, so it is just not delivered
        device.publish(f"ht/v1/{SITE}/{topic}/tele", TELE, qos=1).wait_for_publish(10)
    device.publish(f"ht/v1/{SITE}/UPS-1/tele", TELE, qos=1).wait_for_publish(10)
    eventually(lambda: len(inbox.messages()) == 2)
    assert [m.device for m in inbox.messages() if isinstance(m, Telemetry)] == ["UPS-1", "UPS-1"]
    device.disconnect()
    device.loop_stop()


@pytest.mark.integration
def test_a_device_of_mqtt_5_is_told_that_it_may_not(connector: MqttConnector, peer: Callable[..., Any]) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    device = peer("UPS-1")
    device.say("tele", TELE, device="UPS-2")
    device.say("cmd/self_test", b"{}", device="UPS-1")
    device.say("tele", TELE, device="UPS-1")
    eventually(lambda: len(inbox.messages()) == 1)
    assert len(device.refused) == 2, "reason code 135, not authorized, for each"


@pytest.mark.integration
def test_a_device_that_falls_silent_is_missed_after_one_and_a_half_keepalives_at_the_brokers_next_look(
    connector: MqttConnector, broker: MosquittoBroker
) -> None:
    """It counts from the last packet; mosquitto 2.0.11 looks for silent clients every six seconds."""
    keepalive_s = 2
    inbox = MemoryInbox()
    start(connector, inbox)
    host, port = broker.url.removeprefix("mqtt://").split(":")
    will = (f"ht/v1/{SITE}/UPS-1/state", '{"online":false,"boot":1,"ts":5}')
    line = socket.create_connection((host, int(port)))
    line.sendall(connect(0b1110_0110, "UPS-1", *will, "UPS-1", "UPS-1-pw", keepalive_s=keepalive_s))
    assert line.recv(4) == b"\x20\x02\x00\x00"
    silent_since = time.monotonic()
    eventually(lambda: bool(inbox.messages()), within_s=4 * keepalive_s, what="the last will")
    missed_s = time.monotonic() - silent_since
    line.close()
    assert inbox.messages() == [Presence(device="UPS-1", online=False, boot=1, ts_ms=5)]
    print(f"a silent device was missed after {missed_s:.2f} s with a keepalive of {keepalive_s} s")  # noqa: T201
    assert 1.5 * keepalive_s - 1 <= missed_s <= 1.5 * keepalive_s + LOOK_EVERY_S + 1, f"{missed_s:.2f} s"


@pytest.mark.integration
def test_a_device_whose_process_dies_is_missed_at_once(connector: MqttConnector, peer: Callable[..., Any]) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    device = peer("UPS-1", will=(f"ht/v1/{SITE}/UPS-1/state", b'{"online":false,"boot":1,"ts":5}'))
    began = time.monotonic()
    device.drop()
    eventually(lambda: bool(inbox.messages()))
    assert time.monotonic() - began < 1.0
