"""What the way over the broker adds to the live feed: from publish in the hall to take in another process."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from array import array
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import LIVE_USER, WEB, hash_password, new_password, new_salt
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from twin.live import LiveHub
from twin.live_broker import LiveFollower, LivePublisher
from twin.state import PointValue
from ui.cli.bench.live_servers import ENTITIES, LANE_PER_S, Load, now_us, paced
from ui.cli.bench.spawn import receive, spawned

SITE = "bench"
READY_S = 20.0
SETTLE_S = 1.0


def measure_mirror(load: Load) -> dict[str, array[float]] | None:
    """Lateness in microseconds of ``values`` and of ``lane`` items; None where there is no mosquitto."""
    try:
        find_mosquitto()
    except BrokerUnavailable:
        return None
    password = new_password(secrets.token_bytes)
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-") as folder:
        broker = MosquittoBroker(Path(folder) / "broker", BrokerSettings(site=SITE, port=0))
        hashed = hash_password(password, new_salt(secrets.token_bytes))
        broker.set_users({LIVE_USER: hashed, WEB: hashed})
        broker.start()
        reach = MqttSettings(site=SITE, user=WEB, password=password, socket_path=broker.socket_path)
        hub = LiveHub(site=SITE, epoch="bench", now_ms=_now_ms)
        publisher = LivePublisher(hub, reach, now_ms=_now_ms)
        publisher.start()
        try:
            with spawned(_follow, reach) as follower:
                receive(follower)
                paced(load, _publish_to(hub, load))
                time.sleep(SETTLE_S)
                follower.send("report")
                late: dict[str, array[float]] = receive(follower)
                return late
        finally:
            publisher.stop()
            broker.stop()


def _publish_to(hub: LiveHub, load: Load) -> Callable[[int], None]:
    told = 0

    def send(number: int) -> None:
        nonlocal told
        if int(number * LANE_PER_S / load.hz) > told:
            told += 1
            hub.announce("call", {"n": told, "sent_us": now_us()})
        sent = PointValue(value=now_us(), ts_ms=_now_ms(), source="service:bench", received_ms=_now_ms())
        hub.publish({f"{SITE}:zone:BENCH-{n}": {"sent_us": sent} for n in range(ENTITIES)})

    return send


def _follow(reach: MqttSettings, pipe: Connection) -> None:
    """A web process without the web: it takes as soon as it is woken."""
    late = {"values": array("d"), "lane": array("d")}
    woken = threading.Event()
    follower = LiveFollower(reach, now_ms=_now_ms)
    follower.start()
    if follower.await_picture(READY_S):
        place = follower.hub.subscribe("hall", wake=woken.set)
        place.take()
        pipe.send("ready")
        while not pipe.poll():
            if not woken.wait(0.1):
                continue
            woken.clear()
            messages: list[dict[str, Any]] = list(place.take())
            at_us = now_us()
            for message in messages:
                if message["type"] == "call":
                    late["lane"].append(at_us - message["call"]["sent_us"])
                elif message["type"] == "delta":
                    newest = max(points["sent_us"][0] for points in message["entities"].values())
                    late["values"].append(at_us - newest)
        pipe.send(late)
    follower.stop()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
