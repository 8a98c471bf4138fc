"""Devices that no simulator plays, on paho clients: a gateway that dies when told, and one that knocks at the lobby."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.e2e.driver import RunningHall


class Gateway:
    """Enrolled when it is made, with the sensor behind it."""

    KEY, BEHIND = "GW-E2E", "GW-E2E-1"

    def __init__(self, hall: RunningHall) -> None:
        self._hall, self._boot = hall, 0
        with hall.client("admin") as client:
            wanted = [
                {"key": self.KEY, "kind": "network_switch"},
                {"key": self.BEHIND, "kind": "climate_sensor", "via": self.KEY},
            ]
            made = client.post("/admission/devices", json={"devices": wanted, "why": "e2e"}).raise_for_status().json()
            self._site = client.get("/building").json()["site"]
        self._password = made[0]["password"]

    def join(self) -> None:
        self._boot += 1
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.KEY, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(self.KEY, self._password)
        self._client.will_set(
            self._topic(self.KEY, "state"), json.dumps({"online": False, "boot": self._boot}), 1, True
        )
        broker = urlsplit(self._hall.document["broker"])
        self._client.connect(broker.hostname or "", broker.port or 0)
        self._client.loop_start()
        for key in (self.KEY, self.BEHIND):
            self.say(key, "state", online=True, ts=self._now_ms())

    def say(self, key: str, what: str, **words: object) -> None:
        payload = json.dumps({"boot": self._boot, **words})
        self._client.publish(self._topic(key, what), payload, 1).wait_for_publish(10)

    def measure(self, seq: int, **values: float) -> None:
        self.say(self.BEHIND, "tele", ts=self._now_ms(), seq=seq, v=values)

    def die(self) -> None:
        """Gone without a word, as with its power: the broker says it for it."""
        connection = self._client.socket()
        assert connection is not None
        connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _topic(self, key: str, what: str) -> str:
        return f"ht/v1/{self._site}/{key}/{what}"

    @staticmethod
    def _now_ms() -> int:
        return time.time_ns() // 1_000_000


class Guest:
    """It has a one-time code and nothing else: it knocks, and keeps what it is answered."""

    def __init__(self, hall: RunningHall, site: str, user: str, password: str) -> None:
        self._place = f"ht/v1/{site}/lobby/{user}"
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(user, password)
        hears = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._place}/answer", 1)
        self._client.on_subscribe = lambda *_: hears.set()
        self._client.on_message = lambda _c, _d, message: self._answers.put(json.loads(message.payload))
        broker = urlsplit(hall.document["broker"])
        self._client.connect(broker.hostname or "", broker.port or 0)
        self._client.loop_start()
        if not hears.wait(20):
            raise AssertionError("no place to hear an answer at")

    def knock(self, **words: object) -> None:
        self._client.publish(f"{self._place}/knock", json.dumps(words), 1).wait_for_publish(10)

    def answer(self, status: str) -> dict[str, Any]:
        """The first answer of that status; others before it are passed over."""
        while (heard := self._answers.get(timeout=20))["status"] != status:
            pass
        return heard

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
