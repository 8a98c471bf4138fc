"""Foreign conventions on a real broker: bound while it runs, acknowledged exactly, told from one another by topic."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker
from iot.catalogue import KINDS
from iot.codecs.sparkplug import Metric, Payload, encode_payload, parse_payload
from iot.connectors.mqtt import UNMAPPED_MAX, MqttConnector
from iot.connectors.settings import MqttSettings
from iot.conventions.homeassistant import HomeAssistantDiscovery, Shown
from iot.conventions.onvif import OnvifConvention
from iot.conventions.sparkplug import SparkplugConvention
from iot.errors import CommandRefused
from iot.kind import text
from iot.messages import CommandRequest, DeviceEvent, Presence, Telemetry
from iot.ports import Binding
from iot.testing import MemoryInbox, eventually

pytestmark = pytest.mark.integration
SITE = "shifanqu"
Join = Callable[..., Any]
BINDINGS = [
    Binding(device="UPS-2", kind="camera", convention="onvif", address="CAM-2"),
    Binding(device="GW-1", kind="server", convention="sparkplug", address="plant/E1"),
    Binding(device="DOOR-01", kind="climate_sensor", convention="sparkplug", address="plant/E1/D1"),
]
USERS = ("hall", "UPS-1", "UPS-2", "DOOR-01", "GW-1")


@pytest.fixture
def connector(settings: MqttSettings, broker: MosquittoBroker) -> Iterator[MqttConnector]:
    broker.set_users(
        {name: hash_password(f"{name}-pw", b"0123456789ab") for name in USERS}, bindings=BINDINGS,
        home_assistant="homeassistant",
    )  # fmt: skip
    shown = Shown(key="UPS-1", kind=KINDS["ups"], name=text("电源", "UPS"))
    dashboards = HomeAssistantDiscovery(
        prefix="homeassistant", site=SITE, devices=lambda: [shown], generation=lambda: 1
    )
    made = MqttConnector(
        settings, now_ms=lambda: 1_763_000_000_000, jitter=lambda: 0.0,
        conventions=[OnvifConvention(), SparkplugConvention(host=SITE), dashboards],
    )  # fmt: skip
    yield made
    made.stop()


def start(connector: MqttConnector, inbox: MemoryInbox) -> None:
    connector.start(inbox)
    eventually(lambda: connector.health().state == "connected", what="the connection")


def publish(peer: Any, topic: str, payload: bytes, *, qos: int = 1) -> None:
    peer.client.publish(topic, payload, qos=qos).wait_for_publish(10)


def scene(*people: int) -> bytes:
    frames = [
        {"Object": [{"@ObjectId": n, "Appearance": {"Class": {"Type": "Human"}}} for n in range(count)]}
        for count in people
    ]
    return json.dumps({"Frame": frames}).encode()


def test_a_camera_is_a_stranger_until_it_is_bound_and_then_heard_at_once(connector: MqttConnector, peer: Join) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    camera = peer("UPS-2")
    body = json.dumps({"Data": {"State": "true"}}).encode()
    publish(camera, "CAM-2/onvif-ej/VideoSource/SignalLoss", body)
    eventually(lambda: bool(inbox.rejected))
    assert [(device, reason) for device, reason, _ in inbox.rejected] == [("CAM-2", "unbound")]
    connector.bind(BINDINGS)
    publish(camera, "CAM-2/onvif-ej/VideoSource/SignalLoss", body)
    eventually(lambda: len(inbox.messages()) == 2)
    present, reading = inbox.messages()
    assert isinstance(present, Presence)
    assert isinstance(reading, Telemetry)
    assert (reading.device, reading.values) == ("UPS-2", {"picture": "no_signal"})


def test_a_packet_is_acknowledged_when_all_its_messages_are_durable(connector: MqttConnector, peer: Join) -> None:
    connector.bind(BINDINGS)
    inbox = MemoryInbox()
    start(connector, inbox)
    publish(peer("UPS-2"), "CAM-2/onvif-mj/VideoAnalytics/P/M", scene(1, 2, 3))
    eventually(lambda: len(inbox.list_items()) == 4, what="a presence and three counts")
    items = inbox.take()
    assert len({item.receipt for item in items}) == 4
    connector.acknowledge([items[3].receipt, items[3].receipt, items[0].receipt])
    connector.acknowledge([items[1].receipt, items[1].receipt])
    connector.stop()
    again = MemoryInbox()
    start(connector, again)
    eventually(lambda: bool(again.list_items()), what="the packet, of which one message was not durable")
    connector.acknowledge([item.receipt for item in again.take()])
    eventually(lambda: connector.health().unacknowledged == 0)
    connector.stop()
    last = MemoryInbox()
    start(connector, last)
    peer("UPS-1").say("tele", {"ts": 1, "seq": 1, "boot": 1, "v": {}}, device="UPS-1")
    eventually(lambda: bool(last.list_items()))
    assert [message.device for message in last.messages()] == ["UPS-1"], "the packet is not brought again"


def test_an_inbox_with_room_for_a_part_of_a_packet_gets_the_rest_later(connector: MqttConnector, peer: Join) -> None:
    connector.bind(BINDINGS)
    inbox = MemoryInbox(capacity=2)
    start(connector, inbox)
    publish(peer("UPS-2"), "CAM-2/onvif-mj/VideoAnalytics/P/M", scene(1, 2, 3, 4))
    seen: list[Any] = []
    while len(seen) < 5:
        eventually(lambda: bool(inbox.list_items()))
        taken = inbox.take()
        seen += [item.message for item in taken]
        connector.acknowledge([item.receipt for item in taken])
    assert [m.values["people"] for m in seen if isinstance(m, Telemetry)] == [1, 2, 3, 4]
    eventually(lambda: connector.health().unacknowledged == 0)


def test_what_means_nothing_is_counted_by_name_and_the_names_are_bounded(connector: MqttConnector, peer: Join) -> None:
    connector.bind(BINDINGS)
    inbox = MemoryInbox()
    start(connector, inbox)
    camera = peer("UPS-2")
    publish(camera, "CAM-2/onvif-ej/Device/HardwareFailure/acme:Lens", b"{}")
    publish(camera, "CAM-2/onvif-ej/Device/HardwareFailure/acme:Lens", b"{}")
    for n in range(UNMAPPED_MAX + 10):
        camera.client.publish(f"CAM-2/onvif-ej/x/{n}", b"{}", qos=1)
    eventually(lambda: sum(connector.health().unmapped.values()) == UNMAPPED_MAX + 12)
    counted = connector.health().unmapped
    assert counted["onvif camera: Device/HardwareFailure/acme:Lens"] == 2
    assert (len(counted), counted["..."]) == (UNMAPPED_MAX + 1, 11)
    assert inbox.rejected == []


def test_a_sparkplug_node_finds_its_host_is_asked_to_be_born_and_its_will_is_heard(
    connector: MqttConnector, peer: Join
) -> None:
    connector.bind(BINDINGS)
    inbox = MemoryInbox()
    death = encode_payload(Payload(ts_ms=1, metrics=(Metric(name="bdSeq", datatype=4, value=3),)))
    node = peer("GW-1", will=("spBv1.0/plant/NDEATH/E1", death))
    node.listen("spBv1.0/STATE/+")
    node.listen("spBv1.0/plant/NCMD/E1")
    start(connector, inbox)
    eventually(lambda: len(node.heard) == 2, what="the host's state and the wish for a birth")
    said = {topic: payload for topic, payload, _ in node.heard}
    assert json.loads(said[f"spBv1.0/STATE/{SITE}"])["online"] is True
    assert parse_payload(said["spBv1.0/plant/NCMD/E1"]).metrics[0].name == "Node Control/Rebirth"
    birth = encode_payload(
        Payload(ts_ms=1_700_000_000_000, seq=0, metrics=(Metric(name="bdSeq", datatype=4, value=3),))
    )
    device = encode_payload(
        Payload(ts_ms=1_700_000_000_000, seq=1, metrics=(Metric(name="temperature", datatype=10, value=21.5),))
    )
    publish(node, "spBv1.0/plant/NBIRTH/E1", birth, qos=0)
    publish(node, "spBv1.0/plant/DBIRTH/E1/D1", device, qos=0)
    eventually(lambda: len(inbox.messages()) == 3)
    reading = inbox.messages()[-1]
    assert isinstance(reading, Telemetry)
    assert (reading.device, reading.values, reading.numbered) == ("DOOR-01", {"temperature": 21.5}, False)
    node.drop()
    eventually(lambda: len(inbox.messages()) == 4, what="the node's will")
    assert inbox.messages()[-1] == Presence(device="GW-1", online=False, boot=0, ts_ms=1_763_000_000_000)


def test_the_host_that_falls_off_the_network_is_said_to_be_gone(connector: MqttConnector, peer: Join) -> None:
    connector.bind(BINDINGS)
    start(connector, MemoryInbox())
    node = peer("GW-1")
    node.listen("spBv1.0/STATE/+")
    states = lambda: [json.loads(payload)["online"] for topic, payload, _ in node.heard if "STATE" in topic]  # noqa: E731
    eventually(lambda: states() == [True], what="the retained birth")
    sock = connector._connection._client.socket()
    assert sock is not None
    sock.shutdown(2)
    eventually(lambda: states()[:3] == [True, False, True], what="its will, and its next birth")


def test_commands_go_by_the_convention_of_their_device(connector: MqttConnector) -> None:
    connector.bind(BINDINGS)
    start(connector, MemoryInbox())
    for device in ("UPS-2", "GW-1"):
        with pytest.raises(CommandRefused, match="carries no restart"):
            connector.send(CommandRequest(device=device, id="c", name="restart", expires_ms=9, issuer="u"))
    connector.send(CommandRequest(device="GW-1", id="c", name="rebirth", expires_ms=9, issuer="hall"))


def test_a_longer_prefix_is_subscribed_to_when_bound_and_left_when_not(
    connector: MqttConnector, peer: Join, broker: MosquittoBroker
) -> None:
    far = Binding(device="UPS-2", kind="camera", convention="onvif", address="floor1/east/CAM")
    broker.set_users({n: hash_password(f"{n}-pw", b"0123456789ab") for n in USERS}, bindings=[far])
    inbox = MemoryInbox()
    start(connector, inbox)
    connector.bind([far])
    camera = peer("UPS-2")
    body = json.dumps({"Data": {"State": True}}).encode()

    def heard() -> bool:
        publish(camera, "floor1/east/CAM/onvif-ej/VideoSource/MotionAlarm", body)
        return any(isinstance(message, DeviceEvent) for message in inbox.messages())

    eventually(heard, what="the camera far down")
    connector.bind([])
    eventually(lambda: "floor1/east/CAM/onvif-ej/#" not in connector._subscribed)


def test_dashboards_find_a_retained_configuration_of_each_device(connector: MqttConnector, peer: Join) -> None:
    start(connector, MemoryInbox())
    eventually(lambda: connector._conventions[3].replies(0) == ())
    own = peer("hall", client_id="hall-2")
    own.listen(f"homeassistant/device/{SITE}/+/config")
    eventually(lambda: bool(own.heard))
    topic, payload, retained = own.heard[0]
    assert (topic, retained) == (f"homeassistant/device/{SITE}/UPS-1/config", True)
    assert json.loads(payload)["dev"]["name"] == "电源"
