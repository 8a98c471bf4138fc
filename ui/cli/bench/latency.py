"""``halltwin bench latency``: how soon after its publish a message is true in the twin.

A measurement counts from the time it was due to the moment a client of the live feed can take it; an event, which is
committed before anybody is told, until it is in the database. All devices speak from processes of their own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections import defaultdict, deque
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from iot.connectors.mqtt import MqttConnector
from iot.messages import DeviceEvent, Telemetry
from iot.ports import Inbound, Inbox
from twin.live import LiveHub
from ui.cli.bench.laboratory import DRAIN_S, SITE, Lab, laboratory, load_beside, now_ms, publisher, running_twin

RATE, SECONDS = 2000.0, 20.0
EVENTS_PER_S = 50.0
PERCENTS = (50, 99, 99.9)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, default=RATE, help=f"measurements a second ({RATE:g})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long to measure ({SECONDS:g})")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    return _measure(args), {}, {}


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    with laboratory() as lab, running_twin(lab, make=_Noting) as (twin, connector):
        assert isinstance(connector, _Noting)  # noqa: S101 - it was made so
        client_of_feed = _FeedClient(twin.hub, connector)
        with load_beside(lab, twin, rate=args.rate, seed=args.seed) as (key, client):
            client.disconnect()
            client.loop_stop()
            began_ms, ended_ms = _tell_events_beside(lab, key, seconds=args.seconds)
        client_of_feed.close()
    telemetry = [delay for due_ms, delay in client_of_feed.delays if began_ms <= due_ms < ended_ms]
    return {
        "rate": args.rate,
        "telemetry": len(telemetry),
        **_percentiles("telemetry", telemetry),
        "events": len(connector.event_delays_ms),
        **_percentiles("event", connector.event_delays_ms),
    }


def _tell_events_beside(lab: Lab, key: str, *, seconds: float) -> tuple[int, int]:
    """When the first was told and when all were."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    device = context.Process(
        target=_tell_events, args=(theirs, lab.port, key, lab.passwords[key], seconds), daemon=True
    )
    device.start()
    theirs.close()  # so that its end is heard should it break
    began_ms, ended_ms = ours.recv(), ours.recv()
    device.join()
    return began_ms, ended_ms


def _tell_events(pipe: Connection, port: int, key: str, password: str, seconds: float) -> None:
    client = publisher(port, key, password)
    pipe.send(now_ms())
    began_s = time.monotonic()
    for number in range(int(seconds * EVENTS_PER_S)):
        time.sleep(max(0.0, began_s + number / EVENTS_PER_S - time.monotonic()))
        body = {"ts": now_ms(), "seq": number, "boot": 1, "id": str(number), "data": {"at_ms": time.time() * 1000}}
        told = client.publish(f"ht/v1/{SITE}/{key}/evt/noted", json.dumps(body), qos=1)
    time.sleep(max(0.0, began_s + seconds - time.monotonic()))
    pipe.send(now_ms())
    told.wait_for_publish(DRAIN_S)
    client.disconnect()
    client.loop_stop()


def _percentiles(name: str, delays_ms: list[float]) -> dict[str, float]:
    return {f"{name}_p{p:g}_ms": round(float(np.percentile(delays_ms, p)), 1) for p in PERCENTS}


class _Noting(MqttConnector):
    """Notes what passes: what is shown later carries a count only, an acknowledgement a receipt only."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.due: defaultdict[str, deque[tuple[int, int]]] = defaultdict(deque)
        self.event_delays_ms: list[float] = []
        self._told_ms: dict[int, float] = {}

    def start(self, inbox: Inbox) -> None:
        super().start(_NotingInbox(self, inbox))

    def acknowledge(self, receipts: list[int]) -> None:
        at_ms = time.time() * 1000
        self.event_delays_ms += [at_ms - self._told_ms.pop(r) for r in receipts if r in self._told_ms]
        super().acknowledge(receipts)

    def note(self, item: Inbound) -> None:
        message = item.message
        if isinstance(message, Telemetry):
            self.due[f"{SITE}:device:{message.device}"].append((int(message.values["count"]), message.ts_ms))
        elif isinstance(message, DeviceEvent):
            self._told_ms[item.receipt] = message.data["at_ms"]


class _NotingInbox:
    def __init__(self, connector: _Noting, inbox: Inbox) -> None:
        self._connector, self._inbox = connector, inbox
        self.reject, self.sieve = inbox.reject, inbox.sieve

    def offer(self, item: Inbound) -> bool:
        self._connector.note(item)
        return self._inbox.offer(item)


class _FeedClient:
    """A client of the live feed that takes what is new as soon as it is told; ``delays``: (when due, how late)."""

    def __init__(self, hub: LiveHub, connector: _Noting) -> None:
        self.delays: list[tuple[int, float]] = []
        self._due = connector.due
        self._subscription = hub.subscribe("ops", wake=self._take)
        self._subscription.take()

    def close(self) -> None:
        self._subscription.close()

    def _take(self) -> None:
        """Runs in the thread that publishes, right after it did."""
        at_ms = time.time() * 1000
        for message in self._subscription.take():
            for entity, points in message.get("entities", {}).items():
                due = self._due[entity]
                while due and due[0][0] <= points["count"][0]:
                    due_ms = due.popleft()[1]
                    self.delays.append((due_ms, at_ms - due_ms))
