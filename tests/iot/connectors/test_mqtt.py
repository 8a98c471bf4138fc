"""The MQTT connector on a real mosquitto: bad input, lost connections, killed processes."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iot.broker.mosquitto import MosquittoBroker
from iot.connectors.echo import EVERY_MS
from iot.connectors.mqtt import DROPPED_TOPIC, MqttConnector
from iot.connectors.settings import MqttSettings, settings_from_url
from iot.errors import BrokerUnavailable
from iot.messages import CommandAck, CommandRequest, CommandSeen, Description, DeviceEvent, Presence, Telemetry
from iot.ports import Inbound
from iot.testing import MemoryInbox, eventually

pytestmark = pytest.mark.integration
SITE = "shifanqu"
Join = Callable[..., Any]
TELE = {"ts": 1, "seq": 1, "boot": 1, "v": {"battery": 90.0}}


@pytest.fixture
def connector(settings: MqttSettings) -> Iterator[MqttConnector]:
    made = MqttConnector(settings, now_ms=lambda: 1_000, jitter=lambda: 0.0)
    yield made
    made.stop()


def start(connector: MqttConnector, inbox: MemoryInbox) -> None:
    connector.start(inbox)
    eventually(lambda: connector.health().state == "connected", what="the connection")


def test_every_kind_of_message_comes_through_and_retained_ones_come_at_the_start(
    connector: MqttConnector, peer: Join
) -> None:
    will = (f"ht/v1/{SITE}/UPS-2/state", b'{"online":false,"boot":7,"ts":5}')
    device = peer("UPS-2", will=will)
    device.say("desc", {"kind": "ups", "schema": 1}, device="UPS-2", retain=True)
    device.say("state", {"online": True, "boot": 7, "ts": 5}, device="UPS-2", retain=True)
    inbox = MemoryInbox()
    start(connector, inbox)
    eventually(lambda: len(inbox.list_items()) == 2)
    device.say("tele", {**TELE, "q": {"battery": "uncertain"}}, device="UPS-2")
    device.say("evt/power_lost", {"ts": 1, "seq": 2, "boot": 1, "id": "e-1"}, device="UPS-2")
    device.say("ack/c-1", {"ts": 1, "status": "done"}, device="UPS-2")
    eventually(lambda: len(inbox.list_items()) == 5)
    device.drop()
    eventually(lambda: len(inbox.list_items()) == 6, what="the last will")
    assert sorted(inbox.messages()[:2], key=repr) == [
        Description(device="UPS-2", kind="ups"),
        Presence(device="UPS-2", online=True, boot=7, ts_ms=5),
    ]
    assert inbox.messages()[2:] == [
        Telemetry(
            device="UPS-2", ts_ms=1, seq=1, boot=1, values={"battery": 90.0}, quality={"battery": "uncertain"}
        ),
        DeviceEvent(device="UPS-2", type="power_lost", id="e-1", ts_ms=1, seq=2, boot=1),
        CommandAck(device="UPS-2", id="c-1", ts_ms=1, status="done"),
        Presence(device="UPS-2", online=False, boot=7, ts_ms=5),
    ]  # fmt: skip


def test_what_is_malformed_is_counted_by_reason_and_the_rest_goes_on(connector: MqttConnector, peer: Join) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    device = peer("UPS-2")
    for body in (b"{", b"", b"\xff\x00", b"[" * 9_000, b'"' + b"x" * 20_000 + b'"', b'{"ts":1}'):
        device.say("tele", body, device="UPS-2")
    device.say("evt/Wrong", {}, device="UPS-2")
    device.say("tele", TELE, device="UPS-2")
    eventually(lambda: len(inbox.list_items()) == 1)
    reasons = [(device, reason) for device, reason, _ in inbox.rejected]
    assert sorted(reasons, key=repr) == sorted(
        [("UPS-2", "json"), ("UPS-2", "empty"), ("UPS-2", "json"), ("UPS-2", "schema"), ("UPS-2", "oversized"),
         ("UPS-2", "schema"), (None, "topic")], key=repr,
    )  # fmt: skip
    assert connector.health().rejected == 7
    connector.stop()
    again = MemoryInbox()
    start(connector, again)
    eventually(lambda: len(again.list_items()) == 1, what="the good one, unacknowledged, coming again")
    assert again.rejected == []


def test_a_broker_that_dies_is_joined_again(
    connector: MqttConnector, broker: MosquittoBroker, peer: Join
) -> None:  # fmt: skip
    inbox = MemoryInbox()
    start(connector, inbox)
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    eventually(lambda: connector.health().state == "connecting", what="noticing")
    assert connector.health().last_error
    with pytest.raises(BrokerUnavailable):
        connector.send(CommandRequest(device="UPS-2", id="c", name="self_test", expires_ms=1, issuer="u"))
    eventually(lambda: connector.health().state == "connected", what="joining again")
    assert connector.health().last_error is None
    assert connector.health().failure, "what was wrong is told when it is over, too"
    assert (connector.health().failure_ms or 0) <= connector.health().since_ms
    eventually(lambda: peer("UPS-2").connected)
    peer("UPS-1").say("tele", TELE, device="UPS-1")
    eventually(lambda: len(inbox.list_items()) == 1)


def test_a_broker_that_ends_while_reading_is_paused_is_noticed(
    connector: MqttConnector, broker: MosquittoBroker, peer: Join
) -> None:
    inbox = MemoryInbox(capacity=1)
    start(connector, inbox)
    device = peer("UPS-2")
    for seq in range(3):
        device.say("tele", {**TELE, "seq": seq}, device="UPS-2")
    eventually(lambda: connector.health().unacknowledged == 2)
    broker.stop()
    eventually(lambda: connector.health().state == "connecting")
    broker.start()


def test_while_it_cannot_take_in_what_comes_it_knows_how_far_behind_it_is(settings: MqttSettings, peer: Join) -> None:
    now_ms = [1_000]
    connector, inbox = MqttConnector(settings, now_ms=lambda: now_ms[0]), MemoryInbox(capacity=1)

    def later(ms: int) -> None:
        now_ms[0] += ms
        connector.wake()

    try:
        start(connector, inbox)
        later(EVERY_MS)
        eventually(lambda: connector._echo._last_ms is not None, what="the first word")
        assert connector.health().behind_ms == 0
        device = peer("UPS-2")
        for seq in range(3):
            device.say("tele", {**TELE, "seq": seq}, device="UPS-2")
        eventually(lambda: connector.health().unacknowledged == 2)
        later(EVERY_MS)
        eventually(lambda: connector._echo._oldest_ms is not None, what="a word under way")
        later(7_000)
        assert connector.health().behind_ms == 7_000
        inbox.capacity = 100
        eventually(lambda: connector.health().behind_ms == 0, what="the words, behind all that")
        assert len(inbox.list_items()) == 3
    finally:
        connector.stop()


def test_a_bug_in_the_inbox_does_not_end_the_connector(settings: MqttSettings, peer: Join) -> None:
    class Clumsy(MemoryInbox):
        falls = 1

        def offer(self, item: Inbound) -> bool:
            if self.falls:
                self.falls -= 1
                raise ZeroDivisionError("a bug")
            return super().offer(item)

    connector, inbox = MqttConnector(settings, now_ms=lambda: 1_000), Clumsy()
    start(connector, inbox)
    peer("UPS-2").say("tele", TELE, device="UPS-2")
    eventually(lambda: len(inbox.list_items()) == 1, what="the same message coming again")
    eventually(lambda: connector.health().state == "connected")
    connector.stop()


def test_a_wrong_password_is_said_and_tried_again_gently(broker: MosquittoBroker, settings: MqttSettings) -> None:
    assert broker.pid
    connector = MqttConnector(replace(settings, password="wrong"), now_ms=lambda: 1_000)
    connector.start(MemoryInbox())
    eventually(lambda: "refuses us" in (connector.health().last_error or ""))
    assert connector.health().state == "connecting"
    connector.stop()


def test_tcp_serves_as_well_as_the_unix_socket(settings: MqttSettings, peer: Join) -> None:
    connector = MqttConnector(replace(settings, socket_path=None), now_ms=lambda: 1_000)
    inbox = MemoryInbox()
    start(connector, inbox)
    peer("UPS-2").say("tele", TELE, device="UPS-2")
    eventually(lambda: len(inbox.list_items()) == 1)
    connector.stop()


def test_a_broker_that_says_somebody_took_our_place_is_believed() -> None:
    """Mosquitto 2.0.11 keeps that to its log; later ones and EMQX tell, the reason alone and no properties."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = MqttSettings(site=SITE, password="pw", port=server.getsockname()[1])
        connector = MqttConnector(settings, now_ms=lambda: 1_000, jitter=lambda: 0.0)
        connector.start(MemoryInbox())
        peer, _address = server.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"\x20\x03\0\0\0" + b"\xe0\x01\x8e")
            eventually(lambda: connector.health().displaced == 1, what="that we were displaced")
        connector.stop()


def test_commands_are_never_retained_and_expire_at_the_broker(connector: MqttConnector, peer: Join) -> None:
    inbox = MemoryInbox()
    start(connector, inbox)
    connector.send(CommandRequest(device="DOOR-01", id="c-1", name="unlock", expires_ms=6_000, issuer="u"))
    eventually(lambda: any(isinstance(m, CommandSeen) and m.id == "c-1" for m in inbox.messages()))
    first = peer("DOOR-01")
    first.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    connector.send(CommandRequest(device="DOOR-01", id="c-2", name="lock", expires_ms=6_000, issuer="u"))
    eventually(lambda: bool(first.heard))
    assert [(topic, retained) for topic, _, retained in first.heard] == [(f"ht/v1/{SITE}/DOOR-01/cmd/lock", False)]


def test_the_brokers_own_losses_are_summed_over_its_restarts(settings: MqttSettings) -> None:
    connector = MqttConnector(settings, now_ms=lambda: 1_000)
    for said in (b"3", b"5", b"nonsense", b"2"):
        connector._count_dropped(said)
    assert DROPPED_TOPIC == "$SYS/broker/publish/messages/dropped"
    assert connector.health().broker_dropped == 7


READER = """
import os, sys, time
from pathlib import Path
from iot.connectors.echo import EVERY_MS
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.ports import Inbound
from iot.testing import MemoryInbox
inbox, log = MemoryInbox(), os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
connector = MqttConnector(MqttSettings(site="shifanqu", password="hall-pw", port=int(sys.argv[1]),
    socket_path=Path(sys.argv[2])), now_ms=lambda: 1)
connector.start(inbox)
waiting = []
while True:
    waiting += inbox.take()
    items, waiting = waiting[:40], waiting[40:]
    if items:
        os.write(log, "".join(f"{item.message.seq}\\n" for item in items).encode())
        connector.acknowledge([item.receipt for item in items])
    time.sleep(0.001)
"""


def test_a_reader_killed_in_the_middle_loses_nothing_it_had_not_acknowledged(
    settings: MqttSettings, peer: Join, tmp_path: Path
) -> None:
    """The reader takes all it gets and writes 40 at a time: what it still held when killed was not acknowledged."""
    ledger = tmp_path / "seen"
    command = [sys.executable, "-c", READER, str(settings.port), str(settings.socket_path), str(ledger)]
    device = peer("UPS-2")
    first = MqttConnector(settings, now_ms=lambda: 1)
    start(first, MemoryInbox())
    first.stop()
    total = 3_000
    for seq in range(total):
        body = json.dumps({**TELE, "seq": seq}).encode()
        device.client.publish(f"ht/v1/{SITE}/UPS-2/tele", body, qos=1)
    written = lambda: len(ledger.read_bytes().split()) if ledger.exists() else 0  # noqa: E731
    for goal in (200, 600):
        with subprocess.Popen(command) as reader:
            try:
                eventually(lambda goal=goal: written() >= goal, what=f"{goal} readings")  # type: ignore[misc]
            finally:
                reader.kill()
    inbox = MemoryInbox()
    last = MqttConnector(replace(settings, unacknowledged_max=5_000), now_ms=lambda: 1)
    start(last, inbox)
    seen = {int(seq) for seq in ledger.read_text().split()}

    def complete() -> bool:
        late = {message.seq for message in inbox.messages() if isinstance(message, Telemetry)}
        return seen | late == set(range(total))

    eventually(complete, within_s=20, what="every reading that was published")
    assert len(seen) < total
    last.stop()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://h", ("h", 1883, "hall", "given", False)),
        ("mqtts://u:p%40s@h:99", ("h", 99, "u", "p@s", True)),
    ],
)
def test_a_broker_url_is_read(url: str, expected: tuple[str, int, str, str, bool]) -> None:
    read = settings_from_url(url, site=SITE, password="given")
    assert (read.host, read.port, read.user, read.password, read.tls) == expected


@pytest.mark.parametrize("url", ["http://h", "mqtt://", "mqtt://h:x", "mqtt://h/path", "h:1883"])
def test_a_wrong_broker_url_says_how_one_looks(url: str) -> None:
    with pytest.raises(BrokerUnavailable, match=r"mqtt://|Port"):
        settings_from_url(url, site=SITE)
