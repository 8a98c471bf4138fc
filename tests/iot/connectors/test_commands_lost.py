"""Commands and a line that breaks: sent once more where they are still good, never after, and obeyed once."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.messages import CommandRequest, CommandSeen
from iot.ports import Inbound
from iot.testing import MemoryInbox, eventually
from simulators.obeying import Doorkeeper, find_command

pytestmark = pytest.mark.integration
SITE = "shifanqu"
DOOR = f"ht/v1/{SITE}/DOOR-01/cmd"
_READ_BYTES = 65_536


class Line:
    """Between the hall and the broker: may swallow what goes one way, and be cut."""

    def __init__(self, port: int) -> None:
        self._broker_port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.deaf_out = self.deaf_in = False
        self.sent = b""
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def cut(self) -> None:
        """And let through again whatever comes over a new one."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.deaf_out = self.deaf_in = False

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed before
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def _run(self) -> None:
        while True:
            try:
                hall, _ = self._server.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", self._broker_port))
            self._ends += [hall, broker]
            threading.Thread(target=self._pass_on, args=(hall, broker, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(broker, hall, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, out: bool) -> None:
        with source, contextlib.suppress(OSError):
            while data := source.recv(_READ_BYTES):
                if out:
                    self.sent += data
                if not (self.deaf_out if out else self.deaf_in):
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)


class Clock:
    now_ms = 1_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def line(settings: MqttSettings) -> Iterator[Line]:
    made = Line(settings.port)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connector(settings: MqttSettings, line: Line, clock: Clock) -> Iterator[MqttConnector]:
    far = replace(settings, socket_path=None, host="127.0.0.1", port=line.port)
    made = MqttConnector(far, now_ms=clock, jitter=lambda: -0.4)
    yield made
    made.stop()


def begin(connector: MqttConnector, inbox: MemoryInbox) -> None:
    connector.start(inbox)
    joined(connector)


def joined(connector: MqttConnector) -> None:
    eventually(lambda: connector.health().state == "connected", what="the connection")


def lost(connector: MqttConnector) -> None:
    eventually(lambda: connector.health().attempts > 0 or connector.health().state != "connected", what="the loss")


def order(ident: str, expires_ms: int = 60_000) -> CommandRequest:
    return CommandRequest(device="DOOR-01", id=ident, name="unlock", expires_ms=expires_ms, issuer="u")


def heard(door: Any) -> list[str]:
    return [json.loads(payload)["id"] for _, payload, _ in door.heard]


def test_one_lost_on_its_way_to_the_broker_is_sent_again_and_heard_once(
    connector: MqttConnector, line: Line, peer: Callable[..., Any]
) -> None:
    door = peer("DOOR-01")
    door.listen(f"{DOOR}/#")
    begin(connector, MemoryInbox())
    line.deaf_out = True
    connector.send(order("c-1"))
    eventually(lambda: b'"c-1"' in line.sent, what="the command on the line")
    line.cut()
    lost(connector)
    joined(connector)
    connector.send(order("c-2"))
    eventually(lambda: "c-2" in heard(door))
    assert heard(door) == ["c-1", "c-2"]


def test_one_of_which_only_the_brokers_answer_was_lost_is_heard_twice_and_obeyed_once(
    connector: MqttConnector, line: Line, peer: Callable[..., Any]
) -> None:
    door, inbox = peer("DOOR-01"), MemoryInbox()
    door.listen(f"{DOOR}/#")
    begin(connector, inbox)
    line.deaf_in = True
    connector.send(order("c-1"))
    eventually(lambda: heard(door) == ["c-1"])
    line.cut()
    lost(connector)
    eventually(lambda: heard(door) == ["c-1", "c-1"], what="paho sending it again")
    keeper = Doorkeeper()
    commands = [find_command("unlock", payload) for _, payload, _ in door.heard]
    refusals = [keeper.refuse(command, retained=False, now_ms=2_000) for command in commands if command]
    assert [refusal and refusal.why for refusal in refusals] == [None, "seen before"]
    own = lambda: [message.id for message in inbox.messages() if isinstance(message, CommandSeen)]  # noqa: E731
    eventually(lambda: set(own()) == {"c-1"}, what="the hall hearing it too, so that the twin can compare")


def test_one_that_expired_while_the_line_was_down_is_not_sent_again(
    connector: MqttConnector, line: Line, clock: Clock, peer: Callable[..., Any]
) -> None:
    door = peer("DOOR-01")
    door.listen(f"{DOOR}/#")
    begin(connector, MemoryInbox())
    line.deaf_out = True
    connector.send(order("late", expires_ms=6_000))
    connector.send(order("good", expires_ms=60_000))
    eventually(lambda: b'"good"' in line.sent, what="both on the line")
    clock.now_ms = 31_000
    line.sent = b""
    line.cut()
    lost(connector)
    eventually(lambda: "good" in heard(door))
    connector.send(order("next"))
    eventually(lambda: "next" in heard(door))
    assert heard(door) == ["good", "next"]
    assert b'"late"' not in line.sent
    assert b"\x02\x00\x00\x00\x1d" in line.sent, (
        "the broker is told of the 29 s that are left, not of the 59 s there were"
    )


def test_what_was_not_even_written_goes_out_after_the_loss_unless_it_expired(
    connector: MqttConnector, line: Line, clock: Clock, peer: Callable[..., Any]
) -> None:
    class Stuck(MemoryInbox):
        """Holds the connection's thread, so that nothing is written meanwhile."""

        entered, free = threading.Event(), threading.Event()

        def offer(self, item: Inbound) -> bool:
            self.entered.set()
            assert self.free.wait(20)
            return super().offer(item)

    door, inbox = peer("DOOR-01"), Stuck()
    door.listen(f"{DOOR}/#")
    begin(connector, inbox)
    door.say("tele", {"ts": 1, "seq": 1, "boot": 1, "v": {"locked": True}}, device="DOOR-01")
    assert inbox.entered.wait(10)
    connector.send(order("late", expires_ms=6_000))
    connector.send(order("good", expires_ms=60_000))
    line.cut()
    clock.now_ms = 31_000
    inbox.free.set()
    eventually(lambda: heard(door) == ["good"])
    connector.send(order("next"))
    eventually(lambda: heard(door) == ["good", "next"])


def test_while_the_line_is_down_a_command_is_refused_with_the_reason(connector: MqttConnector, line: Line) -> None:
    begin(connector, MemoryInbox())
    line.close()
    eventually(lambda: "refused" in (connector.health().last_error or ""))
    with pytest.raises(BrokerUnavailable, match=r"not reached now .*Connection refused"):
        connector.send(order("c-1"))


def test_a_broker_that_answers_nothing_gets_no_more_than_is_allowed(
    settings: MqttSettings, line: Line, clock: Clock, peer: Callable[..., Any]
) -> None:
    """What it has no room for waits in the hall's own queue, in order, and goes out when it answers again."""
    door = peer("DOOR-01")
    door.listen(f"{DOOR}/#")
    narrow = replace(settings, socket_path=None, host="127.0.0.1", port=line.port, queued_max=3)
    connector = MqttConnector(narrow, now_ms=clock, jitter=lambda: -0.4)
    begin(connector, MemoryInbox())
    line.deaf_in = True
    for number in range(6):
        connector.send(order(f"c-{number}"))
    eventually(lambda: set(heard(door)) == {"c-0", "c-1", "c-2"})
    line.cut()
    eventually(lambda: set(heard(door)) == {f"c-{number}" for number in range(6)})
    connector.stop()
