"""What the publishers were told arrived, against what the twin committed, while the twin and the broker are killed.

The devices keep what the broker has not acknowledged and answer a ``resend``, as ours do; nothing else helps.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as paho

from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from twin.errors import DatabaseUnavailable
from twin.spool import SpoolPlace
from twin.store.database import Database
from twin.twin import Twin
from ui.cli.bench.buffering import Trouble, start_buffering
from ui.cli.bench.laboratory import (
    SITE,
    Lab,
    adopt,
    bench_kind,
    laboratory,
    load_beside,
    now_ms,
    running_twin,
)
from ui.cli.bench.load import FIRST_COUNT, Ledger, payload
from ui.cli.bench.step import Figures

BUFFER = 6_000
"""Messages a device holds."""
SETTLE_S = 60.0
"""What is not committed by then after the last acknowledgement is lost."""
GAP_SHOWN_S = 2.0
_START_S = 30.0
_POLL_S = 0.01
_BROKER_BACK_S = 15.0


def kill_twin(*, messages: int, rate: float, kills: int, restarts: int, seed: int) -> Figures:
    """The twin's process ends by SIGKILL again and again, and the broker is once told to end and starts again."""
    with laboratory() as lab, twin_process(lab) as twin:
        acts: list[Callable[[], None]] = [twin.kill] * kills
        for n in range(restarts):
            acts.insert((n + 1) * len(acts) // (restarts + 1), lambda: _end_broker(lab, signal.SIGTERM))
        figures = carry_on(lab, messages=messages, rate=rate, acts=acts, seed=seed)
        return {**figures, "kills": twin.kills, "broker_restarts": lab.broker.restarts}


def kill_broker(*, messages: int, rate: float, kills: int, seed: int) -> Figures:
    """The broker ends by SIGKILL; what it had acknowledged and not passed on is seen as gaps and asked for again."""
    with laboratory() as lab, running_twin(lab) as (twin, connector):
        acts: list[Callable[[], None]] = [lambda: _end_broker(lab, signal.SIGKILL)] * kills
        figures = carry_on(lab, messages=messages, rate=rate, acts=acts, seed=seed)
        totals = twin.registry.totals()
        return {
            **figures,
            "broker_kills": lab.broker.restarts,
            **{name: totals[name] for name in ("gaps", "missing", "late", "duplicates", "old", "rebirths_asked")},
            "broker_dropped": connector.health().broker_dropped,
        }


def carry_on(
    lab: Lab, *, messages: int, rate: float, acts: list[Callable[[], None]], seed: int
) -> dict[str, Any]:  # fmt: skip
    """Publish, do the acts at even distances, the last when all is said, then wait until the ledger is committed or
    never will be.
    """
    plan = lab.plan(seconds=0, rate=rate, window=0, seed=seed, total=messages)
    process, said, pipe = start_buffering(plan, buffer=BUFFER)
    for number, act in enumerate(acts, 1):
        due = number * messages // len(acts)
        while said.value < due:
            if not process.is_alive():
                raise ChildProcessError(f"the devices ended with {process.exitcode}")
            time.sleep(_POLL_S)
        act()
    ledger = _receive(pipe, process)
    told_s = time.monotonic()
    lost, duplicates = lab.audit(ledger)
    while lost and time.monotonic() < told_s + SETTLE_S:
        time.sleep(0.5)
        lost, duplicates = lab.audit(ledger)
    settled_s = time.monotonic() - told_s
    pipe.send("end")
    trouble: Trouble = pipe.recv()
    process.join()
    return {
        "messages": messages,
        "acknowledged": sum(ledger.acknowledged.values()),
        "unacknowledged": ledger.unacknowledged,
        "lost": lost,
        "double": duplicates,
        "settled_s": round(settled_s, 1),
        "devices": asdict(trouble),
        "load_cpu_us_per_msg": round(ledger.cpu_s * 1e6 / messages, 1),
    }


def _receive(pipe: Connection, process: Any) -> Ledger:
    while not pipe.poll(0.5):
        if not process.is_alive():
            raise ChildProcessError(f"the devices ended with {process.exitcode}")
    ledger: Ledger = pipe.recv()
    return ledger


def _end_broker(lab: Lab, how: signal.Signals) -> None:
    """It is started again by whoever keeps it."""
    before, pid = lab.broker.restarts, lab.broker.pid
    if pid is None:
        raise ChildProcessError("the broker is not there to be ended")
    os.kill(pid, how)
    deadline = time.monotonic() + _BROKER_BACK_S
    while lab.broker.restarts == before or lab.broker.pid is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the broker does not come back")
        time.sleep(_POLL_S)


# --- the twin as a process that can be killed --------------------------------------------------------------


class TwinProcess:
    """``starts_s``: from the beginning of each process until it listens to devices, the first one's first."""

    def __init__(self, lab: Lab, spool: Path | None) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (lab.postgres.url, lab.mqtt, spool)
        self.kills = 0
        self.starts_s: list[float] = []
        self._start()

    def kill(self) -> None:
        self.end()
        self.kills += 1
        self._start()

    def end(self) -> None:
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        up, began_s = self._context.Event(), time.monotonic()
        self._process = self._context.Process(target=_be_a_twin, args=(*self._arguments, up), daemon=True)
        self._process.start()
        if not up.wait(_START_S):
            raise TimeoutError(f"the twin did not start; exit code {self._process.exitcode}")
        self.starts_s.append(time.monotonic() - began_s)


@contextmanager
def twin_process(lab: Lab, *, spool: Path | None = None) -> Iterator[TwinProcess]:
    adopt(lab)
    process = TwinProcess(lab, spool)
    try:
        yield process
    finally:
        process.end()


def _be_a_twin(url: str, mqtt: MqttSettings, spool: Path | None, up: Any) -> None:
    """Without a database it tries again, as whoever starts a hall does."""
    kind, place = bench_kind(), SpoolPlace(folder=spool) if spool is not None else None
    while True:
        twin = Twin(site=SITE, kinds={kind.name: kind}, database=Database(url), spool=place)
        try:
            twin.start()
            break
        except DatabaseUnavailable:
            time.sleep(_POLL_S)
    twin.attach(MqttConnector(mqtt, now_ms=now_ms))
    up.set()
    threading.Event().wait()


# --- gaps --------------------------------------------------------------------------------------------------


def show_gaps(*, gaps: int, rate: float, seed: int) -> Figures:
    """While others publish, one device leaves numbers out: how long until the twin says that they are missing."""
    with laboratory() as lab, running_twin(lab) as (twin, _), load_beside(lab, twin, rate=rate, seed=seed) as beside:
        key, client = beside
        client.publish(_topic(key), payload(now_ms(), FIRST_COUNT, 20.0, 40.0), qos=1).wait_for_publish(_START_S)
        delays_ms = [_shown_after_ms(client, twin, key, FIRST_COUNT + 2 * n) for n in range(1, gaps + 1)]
    return {
        "gaps": gaps,
        "unseen": sum(delay is None for delay in delays_ms),
        **{
            f"p{percent}_ms": round(float(np.percentile([d for d in delays_ms if d is not None], percent)), 1)
            for percent in (50, 99, 100)
        },
    }


def _shown_after_ms(client: paho.Client, twin: Twin, key: str, number: int) -> float | None:
    before = twin.registry.counters(key).missing
    began_s = time.perf_counter()
    client.publish(_topic(key), payload(now_ms(), number, 20.0, 40.0), qos=1)
    while twin.registry.counters(key).missing == before:
        if time.perf_counter() > began_s + GAP_SHOWN_S:
            return None
        time.sleep(0.0005)
    return (time.perf_counter() - began_s) * 1000


def _topic(key: str) -> str:
    return f"ht/v1/{SITE}/{key}/tele"
