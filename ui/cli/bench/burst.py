"""``halltwin bench burst``: many QoS 1 messages at once; what arrives here and, beside it, with stock parts.

Ours goes the whole way to committed rows and is counted by the ledger. The peer is stock paho, whose callback only
counts, on a mosquitto without any configuration: the publisher is told of every message that it arrived.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.mosquitto import find_mosquitto
from ui.cli.bench.laboratory import SITE, Lab, laboratory, publish, running_twin
from ui.cli.bench.load import Ledger, Plan, start_load

MESSAGES = 30_000
SECONDS = 60.0
QUIET_S = 2.0
"""What has not come by then after the last one does not come."""
_START_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"how many at once ({MESSAGES})")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with laboratory() as lab:
        plan = lab.plan(seconds=SECONDS, rate=None, window=args.messages, seed=args.seed, total=args.messages)
        return _measure_ours(lab, plan), _measure_stock(plan), {}


def _measure_ours(lab: Lab, plan: Plan) -> dict[str, Any]:
    with running_twin(lab) as (twin, connector):
        ledger = publish(plan, twin)
        took_s = time.time() - ledger.began_ms / 1000
        dropped = connector.health().broker_dropped
    acknowledged = sum(ledger.acknowledged.values())
    lost, duplicates = lab.audit(ledger)
    return {
        "messages": acknowledged,
        "unacknowledged": ledger.unacknowledged,
        "lost": lost,
        "duplicates": duplicates,
        "arrived_percent": _percent(acknowledged - lost, acknowledged),
        "committed_after_s": round(took_s, 2),
        "broker_dropped": dropped,
    }


def _measure_stock(plan: Plan) -> dict[str, Any]:
    received = 0
    subscribed = threading.Event()

    def count(*_: object) -> None:
        nonlocal received
        received += 1

    with _stock_mosquitto() as port:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.on_message = count
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.subscribe(f"ht/v1/{SITE}/+/tele", qos=1)
        try:
            if not subscribed.wait(_START_S):
                raise TimeoutError("the peer was not let in by its broker")
            process, _, pipe = start_load(replace(plan, port=port))
            ledger: Ledger = pipe.recv()
            process.join()
            before = -1
            while before != received:
                before = received
                time.sleep(QUIET_S)
        finally:
            client.disconnect()
            client.loop_stop()
    acknowledged = sum(ledger.acknowledged.values())
    return {
        "stock_messages": acknowledged,
        "stock_lost": acknowledged - received,
        "stock_arrived_percent": _percent(received, acknowledged),
    }


@contextmanager
def _stock_mosquitto() -> Iterator[int]:
    """As it comes, but for the port: loopback, anonymous, every limit at its default."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="halltwin-stock-") as folder:
        process = subprocess.Popen(
            [find_mosquitto(), "-p", str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await_answer(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _percent(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 2)
