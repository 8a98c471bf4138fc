"""The open lobby on a real broker: a stranger may knock and hear its own answer; judged by what is delivered."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.configuration import LOBBY_CONNECTIONS, LOBBY_PACKET_BYTES
from iot.broker.credentials import hash_password
from iot.broker.lobby import LobbyDesk
from iot.broker.mosquitto import find_mosquitto
from iot.broker.open_lobby import LobbyBroker, is_stranger, read_addresses
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.messages import Knock
from iot.testing import eventually

SITE = "shifanqu"
PASSWORD = "the hall's"
A, B = "lobby-" + "a" * 26, "lobby-" + "b" * 26


@pytest.mark.parametrize(
    ("user", "stranger"),
    [(A, True), ("lobby-" + "a" * 19, False), ("lobby-abcdefgh", False), ("lobby-" + "A" * 26, False), ("UPS-1", False),
     ("lobby-" + "a" * 59, False), (A + "/x", False)],
)  # fmt: skip
def test_a_name_too_long_to_guess_is_a_strangers(user: str, stranger: bool) -> None:
    assert is_stranger(user) is stranger


class Stranger:
    """Stock paho without a name or a password."""

    def __init__(
        self,
        broker: LobbyBroker,
        client_id: str,
        *,
        login: tuple[str, str] | None = None,
        protocol: int = paho.MQTTv311,
    ) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.connected: bool | None = None
        self._subscribed = 0
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol)  # type: ignore[arg-type]
        self.client._reconnect_on_failure = False
        if login:
            self.client.username_pw_set(*login)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = lambda _c, _d, m: self.heard.put((m.topic, json.loads(m.payload)))
        self.client.on_subscribe = self._on_subscribe
        host, port = broker.url.removeprefix("mqtt://").split(":")
        self.client.connect(host, int(port))
        self.client.loop_start()
        eventually(lambda: self.connected is not None, what="the broker's word")

    def _on_connect(self, _c: Any, _d: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.connected = not reason.is_failure

    def _on_disconnect(self, *_: Any) -> None:
        self.connected = False

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed += 1

    def listen(self, topic: str) -> None:
        before = self._subscribed
        self.client.subscribe(topic, 1)
        eventually(lambda: self._subscribed > before, what="the subscription")

    def say(self, topic: str, body: Any, *, retain: bool = False) -> None:
        self.client.publish(topic, json.dumps(body), qos=1, retain=retain)

    def knock(self, user: str, **said: Any) -> None:
        self.say(f"ht/v1/{SITE}/lobby/{user}/knock", said)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.client._reset_sockets()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LobbyBroker]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    own = LobbyBroker(tmp_path / "lobby", site=SITE, host="127.0.0.1", port=0, tls=None)
    own.admit_hall(hash_password(PASSWORD, b"0123456789ab"))
    own.start()
    yield own
    own.stop()


@pytest.fixture
def heard() -> list[Knock]:
    return []


@pytest.fixture
def desk(broker: LobbyBroker, heard: list[Knock]) -> Iterator[LobbyDesk]:
    settings = MqttSettings(site=SITE, password=PASSWORD, socket_path=broker.socket_path)
    own = LobbyDesk(settings, on_knock=heard.append, reject=lambda *_: None, client_id="lobby-hall-1")
    own.start()
    assert own.await_ready(10)
    yield own
    own.stop()


@pytest.fixture
def come(broker: LobbyBroker) -> Iterator[Callable[..., Stranger]]:
    came: list[Stranger] = []

    def go(client_id: str, **options: Any) -> Stranger:
        came.append(Stranger(broker, client_id, **options))
        return came[-1]

    yield go
    for one in came:
        one.close()


Come = Callable[..., Stranger]
integration = pytest.mark.integration


@integration
@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5])
def test_a_stranger_knocks_and_hears_its_answer(
    desk: LobbyDesk, come: Come, heard: list[Knock], broker: LobbyBroker, protocol: int
) -> None:
    stranger = come(A, protocol=protocol)
    stranger.listen(f"ht/v1/{SITE}/lobby/{A}/answer")
    stranger.knock(A, kind="ups", serial="S-1")
    eventually(lambda: heard, what="the knock")
    assert heard == [Knock(user=A, kind="ups", serial="S-1")]
    desk.answer(A, {"status": "waiting"})
    assert stranger.heard.get(timeout=5) == (f"ht/v1/{SITE}/lobby/{A}/answer", {"status": "waiting"})
    eventually(lambda: read_addresses(broker.log_path).get(A) == "127.0.0.1", what="its address in the log")


@integration
def test_nobody_hears_an_answer_that_is_not_its_own(desk: LobbyDesk, come: Come) -> None:
    thief, honest = come(B), come(A)
    for topic in ("#", "+/+/+/#", f"ht/v1/{SITE}/lobby/+/answer", f"ht/v1/{SITE}/lobby/{A}/answer", "$SYS/#",
                  f"$share/g/ht/v1/{SITE}/lobby/{A}/answer", f"ht/v1/{SITE}/lobby/+/knock"):  # fmt: skip
        thief.listen(topic)
    thief.listen(f"ht/v1/{SITE}/lobby/{B}/answer")
    honest.listen(f"ht/v1/{SITE}/lobby/{A}/answer")
    honest.knock(A, serial="S-1")
    desk.answer(A, {"password": "secret"})
    assert honest.heard.get(timeout=5)[1] == {"password": "secret"}
    desk.answer(B, {"status": "waiting"})
    assert thief.heard.get(timeout=5) == (f"ht/v1/{SITE}/lobby/{B}/answer", {"status": "waiting"})
    assert thief.heard.empty()


@integration
def test_nobody_says_anything_but_its_own_knock(desk: LobbyDesk, come: Come, heard: list[Knock]) -> None:
    honest = come(A)
    honest.listen(f"ht/v1/{SITE}/lobby/{A}/answer")
    thief = come(B)
    for topic in (f"ht/v1/{SITE}/lobby/{A}/knock", f"ht/v1/{SITE}/lobby/{A}/answer", f"ht/v1/{SITE}/UPS-1/tele",
                  f"ht/v1/{SITE}/UPS-1/cmd/self_test", f"ht/v1/{SITE}/{B}/tele", "anything"):  # fmt: skip
        thief.say(topic, {"status": "approved"})
    thief.knock(B, serial="S-2")
    eventually(lambda: heard, what="the knock")
    assert [knock.user for knock in heard] == [B]
    desk.answer(A, {"status": "waiting"})
    assert honest.heard.get(timeout=5)[1] == {"status": "waiting"}
    assert honest.heard.empty()


@integration
@pytest.mark.parametrize(
    ("client_id", "login"),
    [("UPS-1", None), ("hall.lobby", None), ("", None), (A, ("hall.lobby", "guessed")), (A, ("UPS-1", "x"))],
)
def test_who_calls_itself_otherwise_is_not_let_in(come: Come, client_id: str, login: tuple[str, str] | None) -> None:
    assert come(client_id, login=login).connected is False


@integration
def test_what_is_large_or_kept_is_cut_off_and_the_others_are_heard(
    desk: LobbyDesk, come: Come, heard: list[Knock]
) -> None:
    assert desk is not None
    large, keeping, honest = come(A), come(B), come("lobby-" + "c" * 26)
    large.knock(A, serial="x" * LOBBY_PACKET_BYTES)
    keeping.say(f"ht/v1/{SITE}/lobby/{B}/knock", {}, retain=True)
    for bad in (large, keeping):
        eventually(lambda bad=bad: not bad.client.is_connected(), what="its end")  # type: ignore[misc]
    honest.knock("lobby-" + "c" * 26, serial="S-3")
    eventually(lambda: heard, what="the honest knock")
    assert [knock.serial for knock in heard] == ["S-3"]


@integration
def test_strangers_without_end_are_few_and_the_hall_is_not_pushed_off(desk: LobbyDesk, broker: LobbyBroker) -> None:
    came = [Stranger(broker, "lobby-" + f"{n:026d}") for n in range(LOBBY_CONNECTIONS + 5)]
    try:
        assert sum(bool(one.connected) for one in came) <= LOBBY_CONNECTIONS + 1  # mosquitto counts one too few
        came[0].listen(f"ht/v1/{SITE}/lobby/lobby-{0:026d}/answer")
        desk.answer(f"lobby-{0:026d}", {"status": "waiting"})
        assert came[0].heard.get(timeout=5)[1] == {"status": "waiting"}
    finally:
        for one in came:
            one.close()


@integration
def test_a_flood_of_knocks_costs_the_hall_its_pace_and_no_more(broker: LobbyBroker, come: Come) -> None:
    heard: list[float] = []
    settings = MqttSettings(site=SITE, password=PASSWORD, socket_path=broker.socket_path)
    clock = iter(range(10**9))  # each knock is a second apart, so that only the pace holds it back
    desk = LobbyDesk(
        settings, on_knock=lambda _: heard.append(time.monotonic()), reject=lambda *_: None,
        client_id="lobby-hall-2", now_s=lambda: float(next(clock) * 2), pace_s=0.05,
    )  # fmt: skip
    desk.start()
    try:
        assert desk.await_ready(10)
        flooding = come(A)
        for _ in range(2_000):
            flooding.knock(A)
        eventually(lambda: len(heard) >= 20, what="some of it")
        assert (heard[19] - heard[0]) >= 19 * 0.05
    finally:
        desk.stop()
