"""A gateway that no simulator plays: it speaks for itself and a sensor behind it, and dies when told."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import httpx2
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.e2e.driver import RunningHall


class Gateway:
    """Enrolled when it is made, with the sensor behind it."""

    KEY, BEHIND = "GW-E2E", "GW-E2E-1"

    def __init__(self, hall: RunningHall) -> None:
        self._hall, self._boot = hall, 0
        with httpx2.Client(base_url=f"{hall.url}/api/v1", headers={"origin": hall.url}) as client:
            client.post("/session", json={"user": "admin", "password": hall.logins["admin"]}).raise_for_status()
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
