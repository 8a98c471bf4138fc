"""Users of a broker who say and hear things, for trying out its access list."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators import mqtt_packets as packets

WAIT_S = 20.0
FILTERS_AT_ONCE = 50
_READ_BYTES = 4096
_SETTLED = "auditor/settled"


class User:
    """A connection of stock paho. Everything it says and asks is answered when the call returns."""

    def __init__(self, port: int, name: str, password: str, *, newer: bool = True) -> None:
        protocol = MQTTProtocolVersion.MQTTv5 if newer else MQTTProtocolVersion.MQTTv311
        self.heard: list[tuple[str, bytes]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=protocol)
        self._client.username_pw_set(name, password)
        self._answered = threading.Semaphore(0)
        self._client.on_connect = self._answer
        self._client.on_subscribe = self._answer
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._await_answer("let in")
        self._name = name

    def listen(self, filters: Sequence[str]) -> None:
        """What was published before this returns is heard, or never will be: one connection keeps its order."""
        for first in range(0, len(filters), FILTERS_AT_ONCE):
            self._client.subscribe([(one, 1) for one in filters[first : first + FILTERS_AT_ONCE]])
            self._await_answer("told about its subscription")

    def say(self, rows: Iterable[tuple[str, bytes]], *, qos: int = 1, retain: bool = False) -> None:
        said = [self._client.publish(topic, payload, qos=qos, retain=retain) for topic, payload in rows]
        for one in said:
            one.wait_for_publish(WAIT_S)
        self.listen([f"nobody/{self._name}"])

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))

    def _answer(self, *_: Any) -> None:
        self._answered.release()

    def _await_answer(self, what: str) -> None:
        if not self._answered.acquire(timeout=WAIT_S):
            raise TimeoutError(f"a user is not {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A running broker and the auditor, who says and hears everything."""

    port: int
    passwords: Mapping[str, str]
    auditor: User
    _marks: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_mark(self) -> bytes:
        return b"row-%d" % next(self._marks)

    def settle(self) -> None:
        """The auditor has heard all that got through until now."""
        self.auditor.listen([_SETTLED])

    def forget_retained(self, topics: Iterable[str]) -> None:
        self.auditor.say(((topic, b"") for topic in topics), retain=True)
        self.auditor.heard.clear()


@contextmanager
def user(at: Place, name: str, *, newer: bool = True) -> Iterator[User]:
    made = User(at.port, name, at.passwords[name], newer=newer)
    try:
        yield made
    finally:
        made.close()


def leave_will(at: Place, name: str, topic: str, payload: bytes) -> None:
    """Connect with this last will and go without a goodbye."""
    hello = packets.connect(
        client_id=name, user=name, password=at.passwords[name], keepalive_s=60, session_s=0, will=(topic, payload)
    )
    with socket.create_connection(("127.0.0.1", at.port), timeout=WAIT_S) as sock:
        sock.sendall(hello)
        sock.recv(_READ_BYTES)
