"""``halltwin bench receive``: taking messages from a socket, our connector beside stock paho and a bare socket.

Each reads, understands and acknowledges the same QoS 1 messages, twice over: fed by a process that only sends, where
the receiver is the limit; and from a backlog at our mosquitto, as after a restart. Over TCP and over a unix socket.
The rounds take turns, and what is compared was measured in the same round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from iot.connectors.settings import MqttSettings
from ui.cli.bench.feeder import start_feeder
from ui.cli.bench.laboratory import SITE, Lab, laboratory
from ui.cli.bench.load import Ledger, start_load
from ui.cli.bench.receivers import Source, Taken, receive, stock_client, subscribe_on_connect

MESSAGES = 100_000
ROUNDS = 3
PEERS = ("stock", "stock_5")
LIMIT = "raw"
EVERYBODY = ("ours", *PEERS, LIMIT)
WINDOW = MqttSettings(site="", password="").unacknowledged_max
_WAIT_S = 60.0

Ways = Mapping[str, Callable[[str], Taken]]
"""By transport and source: a receiver's name to what it took."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"for each receiver and round ({MESSAGES})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often; the median counts ({ROUNDS})")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    results: dict[tuple[str, str], list[Taken]] = {}
    with _ways(args.messages) as ways:
        for _ in range(args.rounds):
            for way, take in ways.items():
                for who in EVERYBODY:
                    results.setdefault((way, who), []).append(take(who))
    metrics = {
        f"{way}_times_stock": round(
            statistics.median(
                ours.per_s / stock.per_s
                for ours, stock in zip(results[way, "ours"], results[way, "stock"], strict=True)
            ),
            2,
        )
        for way in ways
    }
    return (
        {"messages": args.messages, "rounds": args.rounds, **metrics, **_told(results, "ours")},
        {name: value for peer in PEERS for name, value in _told(results, peer).items()},
        _told(results, LIMIT),
    )


def _told(results: Mapping[tuple[str, str], list[Taken]], who: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for (way, whose), taken in results.items():
        if whose == who:
            told[f"{who}_{way}_msgs_per_s"] = round(statistics.median(t.per_s for t in taken))
            told[f"{who}_{way}_cpu_us_per_msg"] = round(statistics.median(t.cpu_us for t in taken), 2)
    return told


@contextmanager
def _ways(messages: int) -> Iterator[Ways]:
    with laboratory() as lab, tempfile.TemporaryDirectory(prefix="halltwin-feed-") as folder:
        feeders = {name: start_feeder(site=SITE, total=messages, window=WINDOW, path=path)
                   for name, path in (("tcp", None), ("unix", Path(folder) / "feed"))}  # fmt: skip
        sources = {
            "fed_tcp": Source(site=SITE, password="", port=feeders["tcp"][2]),
            "fed_unix": Source(site=SITE, password="", socket_path=Path(folder) / "feed"),
        }
        own = {
            "mosquitto_tcp": Source(site=SITE, password=lab.hall_password, port=lab.port),
            "mosquitto_unix": Source(site=SITE, password=lab.hall_password, socket_path=lab.broker.socket_path),
        }
        try:
            yield {
                **{way: partial(receive, source=source, total=messages) for way, source in sources.items()},
                **{way: partial(_drain, lab, source=source, messages=messages) for way, source in own.items()},
            }
        finally:
            for process, pipe, _ in feeders.values():
                pipe.close()
                process.join()


def _drain(lab: Lab, who: str, *, source: Source, messages: int) -> Taken:
    """Subscribe and leave, let the broker keep what is published, then receive it."""
    _visit(source, keep=False)
    _visit(source, keep=True)
    process, _, pipe = start_load(lab.plan(seconds=_WAIT_S, rate=None, window=messages, seed=1, total=messages))
    ledger: Ledger = pipe.recv()
    process.join()
    if ledger.unacknowledged:
        raise TimeoutError(f"the broker did not take {ledger.unacknowledged} messages")
    return receive(who, source, messages)


def _visit(source: Source, *, keep: bool) -> None:
    """Leave behind a session with one subscription, or none at all."""
    client, done = stock_client(source, clean=not keep), threading.Event()
    client.on_subscribe = lambda *_: done.set()
    subscribe_on_connect(client, source)
    client.loop_start()
    if not done.wait(_WAIT_S):
        raise TimeoutError("the broker does not let the hall subscribe")
    client.disconnect()
    client.loop_stop()
