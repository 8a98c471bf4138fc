"""Six attacks on both our brokers: each is blocked, and told within two seconds with the name of who tried."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from iot.broker.configuration import PACKET_BYTES
from iot.broker.credentials import acl_lines
from iot.broker.mosquitto import BrokerProcess, MosquittoBroker
from iot.broker.rights import Rights
from iot.broker.watch import Refusal, Watch
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.testing import MemoryInbox, eventually
from tests.iot.broker import packets
from ui.cli.bench.load import encode_length

pytestmark = pytest.mark.integration

SITE = "shifanqu"
GRANTS = {"GW-1": ["UPS-1"]}
TOLD_WITHIN_S = 2.0
Join = Callable[..., Any]


class Told:
    """What the watch told so far."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def await_one(self, what: str, *, user: str | None, detail: str | None = None) -> Refusal:
        def find() -> Refusal | None:
            wanted = (what, user)
            return next(
                (r for r in self.refusals if (r.what, r.user) == wanted and detail in {None, r.detail}),
                None,
            )

        eventually(lambda: find() is not None, within_s=TOLD_WITHIN_S, what=f"{what} by {user} in {self.refusals}")
        found = find()
        assert found is not None
        return found


@pytest.fixture
def broker(either: BrokerProcess) -> BrokerProcess:
    return either


@pytest.fixture
def told(broker: BrokerProcess) -> Iterator[Told]:
    heard = Told()
    rights = Rights(acl_lines(SITE, GRANTS))
    watch = Watch(
        broker.log_path, rights=lambda: rights, tell=heard.refusals.append, hush=lambda _: None,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )  # fmt: skip
    watch.start()
    yield heard
    watch.stop()


def port_of(broker: BrokerProcess) -> int:
    return int(broker.url.rpartition(":")[2])


@pytest.mark.parametrize(("topic", "rest"), [("tele", "tele"), ("state", "state"), ("cmd/unlock", "cmd/unlock")])
def test_a_spoofed_topic(told: Told, peer: Join, topic: str, rest: str) -> None:
    hall, thief = peer("hall"), peer("UPS-2")
    hall.listen(f"ht/v1/{SITE}/#")
    thief.say(topic, {}, device="UPS-1", retain=True)
    thief.say("tele", {}, device="UPS-2")
    told.await_one("publish", user="UPS-2", detail=f"ht/v1/{SITE}/UPS-1/{rest}")
    eventually(lambda: bool(hall.heard))
    assert [heard[0] for heard in hall.heard] == [f"ht/v1/{SITE}/UPS-2/tele"]


def test_a_spoofed_topic_by_a_device_of_mqtt_3(broker: BrokerProcess, told: Told) -> None:
    with connect(broker, "UPS-2", "UPS-2-pw") as thief:
        thief.sendall(packets.publish(f"ht/v1/{SITE}/UPS-1/tele", b"{}"))
        told.await_one("publish", user="UPS-2", detail=f"ht/v1/{SITE}/UPS-1/tele")


def test_a_spoofed_last_will(told: Told, peer: Join) -> None:
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/#")
    thief = peer("UPS-2", will=(f"ht/v1/{SITE}/UPS-1/state", b"{}"))
    told.await_one("will", user="UPS-2", detail=f"ht/v1/{SITE}/UPS-1/state")
    thief.drop()
    peer("UPS-1").say("tele", {}, device="UPS-1")
    eventually(lambda: bool(hall.heard))
    assert [heard[0] for heard in hall.heard] == [f"ht/v1/{SITE}/UPS-1/tele"]


@pytest.mark.parametrize(
    "asked", ["#", "+/+/+/+/#", f"ht/v1/{SITE}/#", f"ht/v1/{SITE}/UPS-1/tele", "$SYS/#", f"$share/g/ht/v1/{SITE}/#"]
)
def test_a_wildcard_read(told: Told, peer: Join, asked: str) -> None:
    thief, honest, hall = peer("UPS-2"), peer("UPS-1"), peer("hall")
    thief.listen(asked)
    told.await_one("subscribe", user="UPS-2", detail=asked)
    honest.say("tele", {}, device="UPS-1")
    hall.say("cmd/self_test", {}, device="UPS-1")
    thief.listen(f"ht/v1/{SITE}/UPS-2/cmd/#")
    hall.say("cmd/self_test", {}, device="UPS-2")
    eventually(lambda: bool(thief.heard))
    assert {heard[0] for heard in thief.heard} == {f"ht/v1/{SITE}/UPS-2/cmd/self_test"}


def test_an_oversized_packet(broker: BrokerProcess, told: Told) -> None:
    with connect(broker, "UPS-2", "UPS-2-pw") as thief:
        thief.sendall(packets.publish(f"ht/v1/{SITE}/UPS-2/tele", b"x" * PACKET_BYTES))
        told.await_one("oversized", user="UPS-2")
        assert is_cut_off(thief)


def test_a_packet_that_says_it_is_huge_before_anybody_knows_who_it_is(broker: BrokerProcess) -> None:
    with socket.create_connection(("127.0.0.1", port_of(broker)), timeout=5) as thief:
        thief.sendall(b"\x10\xff\xff\xff\x7f" + b"\0" * 1000)
        assert is_cut_off(thief)
    assert broker.restarts == 0


def test_a_stolen_name_with_a_wrong_password(told: Told, peer: Join, broker: BrokerProcess) -> None:
    honest = peer("UPS-2")
    with connect(broker, "UPS-2", "guessed", answer=5):
        refusal = told.await_one("login", user=None)
    assert refusal.address == "127.0.0.1"
    assert honest.client.is_connected()


def test_a_stolen_client_id_pushes_nobody_off(peer: Join) -> None:
    honest = peer("DOOR-01")
    honest.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    peer("UPS-2", client_id="DOOR-01")
    peer("hall").say("cmd/lock", {}, device="DOOR-01")
    eventually(lambda: bool(honest.heard))


def test_a_stolen_credential_used_from_elsewhere(broker: BrokerProcess, told: Told) -> None:
    with connect(broker, "UPS-2", "UPS-2-pw"), connect(broker, "UPS-2", "UPS-2-pw", source="127.0.0.2"):
        refusal = told.await_one("stolen", user="UPS-2")
    assert refusal.detail == "127.0.0.1, 127.0.0.2"


def test_the_halls_own_credential_used_from_elsewhere(broker: BrokerProcess, told: Told) -> None:
    """Whoever pushes the hall off its unix socket is not heard by it: the broker's log alone tells."""
    hall = MqttConnector(
        MqttSettings(site=SITE, password="hall-pw", socket_path=broker.socket_path),
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    hall.start(MemoryInbox())
    try:
        eventually(lambda: hall.health().state == "connected")
        with connect(broker, "hall", "hall-pw"):
            assert told.await_one("stolen", user="hall").detail.endswith("127.0.0.1")
    finally:
        hall.stop()


def test_two_devices_that_fight_for_one_name(broker: BrokerProcess, told: Told) -> None:
    first, second = connect(broker, "UPS-2", "UPS-2-pw"), connect(broker, "UPS-2", "UPS-2-pw")
    with first, second:
        assert is_cut_off(first)
        assert told.refusals == [], "a device that comes back is no thief"
        with connect(broker, "UPS-2", "UPS-2-pw"):
            told.await_one("stolen", user="UPS-2")


@pytest.mark.parametrize("count", [100, 10_000])
def test_a_property_bomb_in_a_connect_costs_the_broker_nothing(broker: BrokerProcess, peer: Join, count: int) -> None:
    honest = peer("UPS-1")
    with socket.create_connection(("127.0.0.1", port_of(broker)), timeout=5) as thief:
        bomb = b"\x26\0\0\0\0" * count
        properties = encode_length(len(bomb)) + bomb
        thief.sendall(packets.connect(0xC2, "UPS-2", "UPS-2", "UPS-2-pw", level=5, properties=properties))
        began = time.monotonic()
        honest.say("tele", {}, device="UPS-1")
        assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("kind", [MosquittoBroker], indirect=True)  # MQTT 3.1.1 has no properties
def test_a_property_bomb_above_the_limit(told: Told, peer: Join) -> None:
    thief = peer("UPS-2")
    bomb = Properties(PacketTypes.PUBLISH)
    bomb.UserProperty = [("k" * 50, "v" * 50)] * 1000
    thief.client.publish(f"ht/v1/{SITE}/UPS-2/tele", b"{}", qos=1, properties=bomb)
    told.await_one("oversized", user="UPS-2")


def test_what_is_no_mqtt(told: Told, broker: BrokerProcess) -> None:
    with connect(broker, "UPS-2", "UPS-2-pw") as thief:
        thief.sendall(b"\xf0\x03abc" * 10)
        told.await_one("malformed", user="UPS-2")


def test_who_behaves_is_never_told(told: Told, peer: Join) -> None:
    gateway, door = peer("GW-1"), peer("DOOR-01", will=(f"ht/v1/{SITE}/DOOR-01/state", b"{}"))
    gateway.listen(f"ht/v1/{SITE}/UPS-1/cmd/#")
    gateway.say("tele", {}, device="UPS-1")
    door.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    door.listen(f"ht/v1/{SITE}/DOOR-01/cmd/lock")
    for rest in ("desc", "state", "tele", "evt/forced", "ack/1"):
        door.say(rest, {}, device="DOOR-01")
    door.say("tele", {}, device="UPS-1")
    told.await_one("publish", user="DOOR-01")
    assert len(told.refusals) == 1


# --- a client of bytes


def connect(
    broker: BrokerProcess, user: str, password: str, *, answer: int = 0, source: str = "127.0.0.1"
) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port_of(broker)), timeout=5, source_address=(source, 0))
    link.sendall(packets.connect(0xC2, user, user, password))
    assert link.recv(4) == bytes([0x20, 2, 0, answer])
    return link


def is_cut_off(link: socket.socket) -> bool:
    """Closed, or closed with what it sent unread."""
    try:
        return link.recv(1) == b""
    except ConnectionResetError:
        return True
