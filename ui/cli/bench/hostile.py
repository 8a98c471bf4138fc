"""What stands between the hall and its doors on a bad day: a wire that holds back, a thief, and a plain device."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot.broker.credentials import HALL_USER
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import IotError
from iot.messages import CommandRequest

DELAYED_SHARE, REORDERED_SHARE = 0.1, 0.2
DELAY_MAX_S, REORDER_MAX_S = 8.0, 1.0
"""Some of what is delayed comes after its expiry."""
DUPLICATED, REPLAYED, RETAINED = 0.5, 0.3, 0.1
REPLAY_MAX_S = 12.0
KEEPALIVE_S = 30
RETAINED_LISTEN_S = 1.0


class Later:
    """Calls things at their time, on one thread; ``waiting`` are those to come."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._due)

    def call(self, after_s: float, what: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + after_s, next(self._order), what))
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopping:
                    return
                what = self._due[0][2]
            what()
            with self._changed:
                heapq.heappop(self._due)


class HeldBack(MqttConnector):
    """Its commands go out late, out of order, or after they expired."""

    def __init__(self, settings: MqttSettings, *, now_ms: Callable[[], int], seed: int) -> None:
        super().__init__(settings, now_ms=now_ms)
        self._draw, self._later = random.Random(seed), Later()  # noqa: S311 - seeded, to be repeated

    def stop(self) -> None:
        self._later.stop()
        super().stop()

    def send(self, request: CommandRequest) -> None:
        """From one thread, the committer's, but for what devices are asked to say again: those are not held back."""
        if request.issuer == HALL_USER:
            super().send(request)
            return
        chance, share = self._draw.random(), self._draw.random()
        if chance >= DELAYED_SHARE + REORDERED_SHARE:
            super().send(request)
            return
        delay_s = share * (DELAY_MAX_S if chance < DELAYED_SHARE else REORDER_MAX_S)
        self._later.call(delay_s, lambda: self._send_late(request))

    def _send_late(self, request: CommandRequest) -> None:
        """As a wire does that knows no expiry: our own connector would let go what is too old."""
        with contextlib.suppress(IotError):  # the wire is down: then it is lost, and expires
            self._post(self._native.encode(request), None)


class Thief:
    """May command, hears every command, and sends copies; also writes down what devices say they began.

    ``begun``: by command, when a device said it accepted. ``copies``: what was put on the wire, by manner.
    """

    def __init__(self, site: str, port: int, *, password: str, seed: int) -> None:
        self._site, self._port, self._password = site, port, password
        self._draw, self._later = random.Random(seed), Later()  # noqa: S311 - seeded
        self._ids: set[str] = set()
        self.begun: dict[str, list[int]] = defaultdict(list)
        self.copies: Counter[str] = Counter()
        self.first_copy_ms: dict[str, int] = {}
        self._client = _client("thief", password)
        self._client.on_connect = self._listen
        self._client.on_message = self._hear

    @property
    def waiting(self) -> int:
        return self._later.waiting

    def start(self) -> None:
        self._client.connect("127.0.0.1", self._port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        self._later.stop()
        self._client.disconnect()
        self._client.loop_stop()

    def count_retained(self) -> int:
        """Commands that the broker still keeps."""
        found: list[str] = []
        self._client.on_message = lambda _client, _data, message: found.append(message.topic)
        self._client.subscribe(f"ht/v1/{self._site}/+/cmd/+", qos=1)
        time.sleep(RETAINED_LISTEN_S)
        return len(found)

    def _listen(self, client: paho.Client, *_: Any) -> None:
        own_not = SubscribeOptions(qos=1, noLocal=True)
        prefix = f"ht/v1/{self._site}/+"
        client.subscribe([(f"{prefix}/cmd/+", own_not), (f"{prefix}/ack/+", SubscribeOptions(qos=1))])

    def _hear(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if not message.payload:
            return
        body = json.loads(message.payload)
        if "/ack/" in message.topic:
            if body["status"] == "accepted":
                self.begun[message.topic.rpartition("/")[2]].append(body["ts"])
            return
        if body["by"] == HALL_USER or body["id"] in self._ids:
            return
        self._ids.add(body["id"])
        draw = self._draw.random
        if draw() < DUPLICATED:
            for _ in range(1 + (draw() < 0.5)):
                self._copy("duplicated", message, 0.0)
        if draw() < REPLAYED:
            self._copy("replayed", message, draw() * REPLAY_MAX_S)
        if draw() < RETAINED:
            self._copy("retained", message, draw() * REPLAY_MAX_S / 2)

    def _copy(self, manner: str, message: paho.MQTTMessage, after_s: float) -> None:
        def put() -> None:
            self.copies[manner] += 1
            self.first_copy_ms.setdefault(message.topic.split("/")[3], time.time_ns() // 1_000_000)
            self._client.publish(message.topic, message.payload, qos=1, retain=manner == "retained")

        self._later.call(after_s, put)


class PlainDevice:
    """The rules of the native convention in stock paho, as a maker of doors would write them. ``executed``: (id, ms).

    It remembers a command until it has expired: after that its time alone refuses it. The memory outlives a restart.
    """

    def __init__(self, site: str, port: int, key: str, kind: str, password: str) -> None:
        self._prefix, self._port, self._key, self._kind = f"ht/v1/{site}/{key}", port, key, kind
        self._password = password
        self._seen: dict[str, int] = {}
        self._boot, self._seq = _now_ms(), 0
        self._client: paho.Client | None = None
        self.executed: list[tuple[str, int]] = []

    def start(self) -> None:
        client = self._client = _client(self._key, self._password)
        client.will_set(f"{self._prefix}/state", _json({"online": False, "boot": self._boot}), qos=1, retain=True)
        client.on_connect = self._introduce
        client.on_message = self._obey
        client.connect("127.0.0.1", self._port, KEEPALIVE_S)
        client.loop_start()

    def stop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def restart(self) -> None:
        self.stop()
        self._boot, self._seq = max(_now_ms(), self._boot + 1), 0
        self.start()

    def _introduce(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"{self._prefix}/cmd/+", qos=1)
        client.publish(f"{self._prefix}/desc", _json({"kind": self._kind}), qos=1, retain=True)
        state = {"online": True, "boot": self._boot, "ts": _now_ms()}
        client.publish(f"{self._prefix}/state", _json(state), qos=1, retain=True)

    def _obey(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if not message.payload:
            return
        command, now_ms = json.loads(message.payload), _now_ms()
        self._seen = {i: exp for i, exp in self._seen.items() if exp > now_ms}
        known = command["id"] in self._seen
        self._seen[command["id"]] = command["exp"]
        if message.retain or known or command["exp"] <= now_ms:
            self._answer(command["id"], "refused", "retained" if message.retain else "seen" if known else "expired")
            return
        self._answer(command["id"], "accepted")
        self.executed.append((command["id"], now_ms))
        if values := self._effect(message.topic.rpartition("/")[2], command["args"]):
            self._seq += 1
            body = {"ts": _now_ms(), "seq": self._seq, "boot": self._boot, "v": values}
            self._publish("tele", body)
        self._answer(command["id"], "done")

    def _effect(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match name:
            case "lock" | "unlock":
                return {"lock_state": f"{name}ed"}
            case "announce":
                return {"state": "announcing", "text": arguments["text"]}
            case "stop":
                return {"state": "idle", "text": ""}
        return {}

    def _answer(self, command_id: str, status: str, detail: str = "") -> None:
        self._publish(f"ack/{command_id}", {"ts": _now_ms(), "status": status, "detail": detail})

    def _publish(self, what: str, body: dict[str, Any]) -> None:
        if self._client is not None:
            self._client.publish(f"{self._prefix}/{what}", _json(body), qos=1)


def _client(user: str, password: str) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=user, protocol=paho.MQTTv5)
    client.username_pw_set(user, password)
    return client


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
