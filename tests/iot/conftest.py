"""A broker of its own for each test that needs one, and peers that speak to it through stock paho."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.embedded import EmbeddedBroker
from iot.broker.mosquitto import BrokerProcess, MosquittoBroker, find_mosquitto
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.testing import eventually

SITE = "shifanqu"
DEVICES = ("UPS-1", "UPS-2", "DOOR-01", "GW-1")
USERS = {name: hash_password(f"{name}-pw", b"0123456789ab") for name in ("hall", *DEVICES)}


class Peer:
    """One user of stock paho, of MQTT 5 where the broker knows it: what it heard, and what was said to its publishes.

    ``keeps``: of 3.1.1, and its session outlives the connection; ``forgets``: of 3.1.1, and it does not.
    """

    def __init__(
        self, broker: BrokerProcess, user: str, *, client_id: str = "", will: tuple[str, bytes] | None = None,
        keeps: bool = False, forgets: bool = False,
    ) -> None:  # fmt: skip
        self.heard: list[tuple[str, bytes, bool]] = []
        self.refused: list[int] = []
        self.connected = self.failed = False
        old = keeps or forgets or isinstance(broker, EmbeddedBroker)
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or user,
            protocol=paho.MQTTv311 if old else paho.MQTTv5, clean_session=not keeps if old else None,
        )  # fmt: skip
        self.client.username_pw_set(user, f"{user}-pw")
        self.client.on_message = lambda _c, _d, m: self.heard.append((m.topic, bytes(m.payload), m.retain))
        self.client.on_connect = self._on_connect
        self.client.on_publish = self._on_publish
        if will:
            self.client.will_set(*will, qos=1, retain=True)
        host, port = broker.url.removeprefix("mqtt://").split(":")
        self.client.connect(host, int(port))
        self.client.loop_start()
        eventually(lambda: self.connected or self.failed, what=f"{user} hearing from the broker")

    def say(self, rest: str, body: Any, *, device: str, retain: bool = False) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.publish(f"ht/v1/{SITE}/{device}/{rest}", payload, qos=1, retain=retain).wait_for_publish(10)

    def listen(self, topic: str) -> None:
        done: list[int] = []
        self.client.on_subscribe = lambda _c, _d, mid, *_: done.append(mid)
        self.client.subscribe(topic, qos=1)
        eventually(lambda: bool(done), what="the subscription")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.client._reset_sockets()

    def drop(self) -> None:
        """Fall off the network without a goodbye: the last will speaks."""
        sock = self.client.socket()
        self.client._reconnect_on_failure = False
        if sock is not None:
            sock.shutdown(2)
        self.client.loop_stop()

    def _on_connect(self, _c: Any, _d: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.connected, self.failed = not reason.is_failure, reason.is_failure

    def _on_publish(self, _c: Any, _d: Any, mid: int, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            self.refused.append(mid)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    own = MosquittoBroker(tmp_path / "broker", BrokerSettings(site=SITE, port=0))
    own.set_users(USERS, {"GW-1": ["UPS-1"]})
    own.start()
    yield own
    own.stop()


@pytest.fixture
def peer(broker: BrokerProcess) -> Iterator[Callable[..., Peer]]:
    peers: list[Peer] = []

    def join(user: str, **options: Any) -> Peer:
        peers.append(Peer(broker, user, **options))
        return peers[-1]

    yield join
    for one in peers:
        one.close()


@pytest.fixture
def settings(broker: MosquittoBroker) -> MqttSettings:
    host, port = broker.url.removeprefix("mqtt://").split(":")
    return MqttSettings(
        site=SITE, password="hall-pw", host=host, port=int(port), socket_path=broker.socket_path,
        unacknowledged_max=500,
    )  # fmt: skip
