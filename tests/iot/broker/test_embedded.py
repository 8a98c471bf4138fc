"""The embedded broker alone: what it does of its own accord, and what it does not promise, measured."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.embedded import EmbeddedBroker
from iot.broker.embedded_amqtt import QUEUED_MAX
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.testing import MemoryInbox, eventually
from tests.iot.broker.packets import connect

pytestmark = pytest.mark.integration

SITE = "shifanqu"
USERS = {n: hash_password(f"{n}-pw", b"0123456789ab") for n in ("hall", "UPS-1", "DOOR-01")}
Join = Callable[..., Any]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    own = EmbeddedBroker(tmp_path / "broker", BrokerSettings(site=SITE, port=0))
    own.set_users(USERS)
    own.start()
    yield own
    own.stop()


def dial(broker: EmbeddedBroker, *, level: int, keepalive_s: int) -> socket.socket:
    """UPS-1 with a last will, as bytes."""
    line = socket.create_connection(("127.0.0.1", int(broker.url.rpartition(":")[2])), timeout=5)
    will = (f"ht/v1/{SITE}/UPS-1/state", "dead")
    line.sendall(connect(0xC6, "UPS-1", *will, "UPS-1", "UPS-1-pw", level=level, keepalive_s=keepalive_s))
    return line


@pytest.mark.parametrize("said", [b"", b"\x32", b"\x32\x20\x00"])
def test_a_silent_device_is_missed_after_one_and_a_half_keepalives(
    broker: EmbeddedBroker, peer: Join, said: bytes
) -> None:
    """Also one that falls silent within a packet."""
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/UPS-1/state")
    with dial(broker, level=4, keepalive_s=1) as line:
        assert line.recv(4)[3] == 0
        line.sendall(said)
        since_s = time.monotonic()
        eventually(lambda: bool(hall.heard))
        assert 1.3 <= time.monotonic() - since_s <= 2.5


@pytest.mark.parametrize("level", [3, 5, 6])
def test_another_mqtt_than_3_1_1_is_told_so(broker: EmbeddedBroker, level: int) -> None:
    with dial(broker, level=level, keepalive_s=60) as line:
        assert line.recv(4) == b"\x20\x02\x00\x01"


def test_the_halls_connector_speaks_3_1_1_with_it(broker: EmbeddedBroker) -> None:
    hall = MqttConnector(MqttSettings(site=SITE, password="hall-pw", socket_path=broker.socket_path), now_ms=lambda: 1)
    hall.start(MemoryInbox())
    try:
        eventually(lambda: hall.health().state == "connected")
        assert hall.health().protocol == "MQTT 3.1.1"
    finally:
        hall.stop()


def test_the_oldest_gives_way_and_the_hall_is_told_how_many(peer: Join) -> None:
    door, device = peer("DOOR-01", keeps=True), peer("hall")
    door.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    door.close()
    beyond = 3
    for number in range(QUEUED_MAX + beyond):
        device.client.publish(f"ht/v1/{SITE}/DOOR-01/cmd/lock", b"%d" % number, qos=1)
    device.say("cmd/lock", {}, device="DOOR-01")
    device.listen("$SYS/broker/publish/messages/dropped")
    eventually(lambda: bool(device.heard) and device.heard[-1][1] == b"%d" % (beyond + 1), within_s=30)


def test_a_restart_forgets_what_was_kept_and_what_waited(broker: EmbeddedBroker, peer: Join) -> None:
    door, hall = peer("DOOR-01", keeps=True), peer("hall")
    door.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    door.say("state", {}, device="DOOR-01", retain=True)
    door.close()
    hall.say("cmd/lock", {}, device="DOOR-01")
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: broker.restarts == 1 and hall.connected and hall.client.is_connected())
    back = peer("DOOR-01", keeps=True)
    hall.listen(f"ht/v1/{SITE}/+/state")
    back.listen(f"ht/v1/{SITE}/DOOR-01/cmd/#")
    hall.say("cmd/unlock", {}, device="DOOR-01")
    eventually(lambda: bool(back.heard))
    assert [heard[0] for heard in back.heard] == [f"ht/v1/{SITE}/DOOR-01/cmd/unlock"]
    assert hall.heard == []


def test_its_files_are_readable_by_their_owner_only(broker: EmbeddedBroker) -> None:
    folder = broker.log_path.parent
    for name in ("passwords", "acl", "embedded.json", "hall.sock"):
        assert (folder / name).stat().st_mode & 0o077 == 0
