"""``halltwin bench overload``: ten times the usual load for a while, then twice what the hall can do, as long as asked.

In both an alarm is raised and cleared again and again by a device that is not noisy: each must be shown, and soon.
Memory is that of the twin's process (this one) and the broker's. Devices that the broker does not take more from let
messages go, as real ones do. Everything runs on this machine: load, broker, database, twin.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psutil

from twin.live import LiveHub
from twin.twin import Twin
from ui.cli.bench.laboratory import LONG_S, SITE, Lab, laboratory, now_ms, publish, publisher, running_twin
from ui.cli.bench.load import Ledger, Plan, Sender, start_load

USUAL, TIMES, SECONDS, SOAK_S = 2_000.0, 10.0, 60.0, 60.0
ALARMS_PER_S = 4.0
HOT, COLD = 50.0, 10.0
BASE_S = 10.0
CEILING_S, WINDOW = 8.0, 5_000
NORMAL_MS = 200
"""Less behind than this, and nothing is shed: the hall is as it was."""
NORMAL_MAX_S = 120.0
OVER = 2.0
LATE_S = 10.0
"""An alarm that is not shown by then is lost."""
READINGS = 3
"""Of each message of the load."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--usual", type=float, default=USUAL, help=f"messages a second before and after ({USUAL:g})")
    parser.add_argument("--times", type=float, default=TIMES, help=f"how many times that the burst is ({TIMES:g})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long the burst lasts ({SECONDS:g})")
    parser.add_argument("--soak", type=float, default=SOAK_S, help=f"seconds at twice what it can do ({SOAK_S:g})")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with laboratory() as lab:
        metrics = _measure_burst(lab, args)
    if args.soak > 0:
        with laboratory() as lab:
            metrics |= _measure_soak(lab, args)
    return metrics, {}, {}


def _measure_burst(lab: Lab, args: argparse.Namespace) -> dict[str, Any]:
    """Half of the devices say what they usually do throughout, the other half flood."""
    probe, *others = lab.passwords
    usual, noisy = others[::2], others[1::2]
    with running_twin(lab) as (twin, _), _memory(lab) as memory:
        with _load(lab, usual, rate=args.usual, seconds=LONG_S, seed=args.seed) as beside:
            _wait_until_flowing(twin)
            time.sleep(BASE_S)
            base_mb = memory.begin()
            with _load(
                lab, noisy, rate=args.usual * (args.times - 1), seconds=args.seconds, seed=args.seed + 1
            ) as flood:
                alarms = _tell_alarms(lab, twin, probe, seconds=args.seconds)
                burst_mb = memory.begin()
                normal_s = _seconds_until_normal(twin)
                ledger = flood.ledger()
            beside.end()
        totals, intake = twin.registry.totals(), twin.counters()["intake"]
        shed_noisy = sum(twin.registry.counters(key).shed for key in noisy)
    missing, duplicates = lab.audit(ledger)
    return {
        "burst_alarms": alarms.sent,
        "burst_alarms_lost": alarms.lost,
        "burst_alarm_p50_ms": alarms.percentile(50),
        "burst_alarm_p99_ms": alarms.percentile(99),
        "burst_acknowledged": sum(ledger.acknowledged.values()),
        "burst_unsent": ledger.unsent,
        "burst_lost": missing - shed_noisy // READINGS,
        "burst_duplicates": duplicates,
        "burst_shed": totals["shed"] // READINGS,
        "burst_shed_of_usual_devices": (totals["shed"] - shed_noisy) // READINGS,
        "burst_shedding_s": intake["shedding_s"],
        "burst_normal_after_s": normal_s,
        "burst_twin_mb": burst_mb.twin_mb,
        "burst_broker_mb": burst_mb.broker_mb,
        "burst_twin_memory_times": round(burst_mb.twin_mb / base_mb.twin_mb, 2),
    }


def _measure_soak(lab: Lab, args: argparse.Namespace) -> dict[str, Any]:
    """All devices send twice what was just found to be possible."""
    probe, *others = lab.passwords
    with running_twin(lab) as (twin, _), _memory(lab) as memory:
        plan = lab.plan(seconds=CEILING_S, rate=None, window=WINDOW, seed=args.seed)
        first, second = others[::2], others[1::2]
        ledger = publish(replace(plan, senders=_senders(lab, first)), twin)
        possible = sum(ledger.acknowledged.values()) / CEILING_S
        _seconds_until_normal(twin)
        heard_before = twin.registry.totals()["messages"]
        shed_before = twin.registry.totals()["shed"]
        with _load(lab, second, rate=OVER * possible, seconds=args.soak, seed=args.seed + 2) as flood:
            _wait_until_flowing(twin)
            memory.begin()
            alarms = _tell_alarms(lab, twin, probe, seconds=args.soak)
            samples = memory.samples
            normal_s = _seconds_until_normal(twin)
            ledger = flood.ledger()
        _wait_until_heard(twin, heard_before + alarms.sent + sum(ledger.acknowledged.values()))
        intake = twin.counters()["intake"]
        shed = (twin.registry.totals()["shed"] - shed_before) // READINGS
    missing, duplicates = lab.audit(ledger)
    third = max(1, len(samples) // 3)
    early, last = _highest(samples[:third]), _highest(samples[-third:])
    return {
        "soak_possible_per_s": round(possible),
        "soak_seconds": args.soak,
        "soak_acknowledged_per_s": round(sum(ledger.acknowledged.values()) / args.soak),
        "soak_unsent": ledger.unsent,
        "soak_alarms": alarms.sent,
        "soak_alarms_lost": alarms.lost,
        "soak_alarm_p50_ms": alarms.percentile(50),
        "soak_alarm_p99_ms": alarms.percentile(99),
        "soak_alarm_max_ms": alarms.percentile(100),
        "soak_lost": missing - shed,
        "soak_duplicates": duplicates,
        "soak_shed": shed,
        "soak_shedding_s": intake["shedding_s"],
        "soak_twin_mb": last.twin_mb,
        "soak_twin_memory_times": round(last.twin_mb / early.twin_mb, 2),
        "soak_broker_mb": last.broker_mb,
        "soak_broker_memory_times": round(last.broker_mb / early.broker_mb, 2),
        "soak_normal_after_s": normal_s,
    }


def _wait_until_flowing(twin: Twin) -> None:
    deadline, before = time.monotonic() + 30, twin.recorder.counters.messages
    while twin.recorder.counters.messages < before + 500:
        if time.monotonic() > deadline:
            raise TimeoutError("the load does not come")
        time.sleep(0.01)


def _wait_until_heard(twin: Twin, messages: int) -> None:
    """What waited with the devices when all seemed normal has come too; what never comes shows in the audit."""
    deadline = time.monotonic() + NORMAL_MAX_S
    while twin.registry.totals()["messages"] < messages and time.monotonic() < deadline:
        time.sleep(0.1)


def _seconds_until_normal(twin: Twin) -> float | None:
    """None: not within NORMAL_MAX_S."""
    began_s = time.monotonic()
    while time.monotonic() < began_s + NORMAL_MAX_S:
        now = twin.counters()["intake"]
        if now["kept_percent"] == 100 and now["behind_ms"] <= NORMAL_MS:
            return round(time.monotonic() - began_s, 1)
        time.sleep(0.1)
    return None


# --- alarms ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarms:
    """Each raise and each clear, told by the device and shown to a page."""

    sent: int
    delays_ms: Sequence[float]

    @property
    def lost(self) -> int:
        return self.sent - len(self.delays_ms)

    def percentile(self, percent: float) -> float | None:
        return round(float(np.percentile(self.delays_ms, percent)), 1) if self.delays_ms else None


class _Page:
    """A page that shows alarms; when each state of one source's was told."""

    def __init__(self, hub: LiveHub, source: str) -> None:
        self._source = source
        self.told: list[tuple[bool, float]] = []
        self._subscription = hub.subscribe("alert", wake=self._take)
        self._subscription.take()

    def close(self) -> None:
        self._subscription.close()

    def _take(self) -> None:
        at_ms = time.time() * 1000
        for message in self._subscription.take():
            alarm = message.get("alarm", message)
            if message["type"] == "alarm" and alarm["source"] == self._source and alarm["type"] == "hot":
                self.told.append((alarm["state"] in {"active", "acknowledged"}, at_ms))


def _tell_alarms(lab: Lab, twin: Twin, key: str, *, seconds: float) -> _Alarms:
    """Hot and cold by turns, at an even pace that waits for nothing; what is told belongs to the oldest such change."""
    page, client = _Page(twin.hub, f"{SITE}:device:{key}"), publisher(lab.port, key, lab.passwords[key])
    began_s, boot = time.monotonic(), now_ms()
    due: list[tuple[bool, float]] = []
    for number in range(int(seconds * ALARMS_PER_S)):
        time.sleep(max(0.0, began_s + number / ALARMS_PER_S - time.monotonic()))
        hot = number % 2 == 0
        due.append((hot, time.time() * 1000))
        body = {"ts": now_ms(), "seq": number, "boot": boot, "v": {"temperature": HOT if hot else COLD}}
        client.publish(f"ht/v1/{SITE}/{key}/tele", json.dumps(body), qos=1)
    deadline = time.monotonic() + LATE_S
    while len(delays_ms := _delays_ms(due, page.told)) < len(due) and time.monotonic() < deadline:
        time.sleep(0.1)
    page.close()
    client.disconnect()
    client.loop_stop()
    return _Alarms(sent=len(due), delays_ms=delays_ms)


def _delays_ms(due: Sequence[tuple[bool, float]], told: Sequence[tuple[bool, float]]) -> list[float]:
    """What was told twice counts once."""
    delays_ms, shown = [], iter(list(told))
    for hot, at_ms in due:
        found = next((shown_ms for holds, shown_ms in shown if holds == hot and shown_ms >= at_ms), None)
        if found is not None:
            delays_ms.append(found - at_ms)
    return delays_ms


# --- load and memory ---------------------------------------------------------------------------------------


class _Load:
    def __init__(self, plan: Plan) -> None:
        self._process, _, self._pipe = start_load(plan)

    def ledger(self) -> Ledger:
        """When all is sent."""
        ledger: Ledger = self._pipe.recv()
        return ledger

    def end(self) -> None:
        self._process.terminate()
        self._process.join()
        self._pipe.close()


@contextmanager
def _load(lab: Lab, devices: Sequence[str], *, rate: float, seconds: float, seed: int) -> Iterator[_Load]:
    plan = replace(lab.plan(seconds=seconds, rate=rate, window=0, seed=seed), senders=_senders(lab, devices))
    load = _Load(plan)
    try:
        yield load
    finally:
        load.end()


def _senders(lab: Lab, devices: Sequence[str]) -> tuple[Sender, ...]:
    return tuple(Sender(device=key, password=lab.passwords[key]) for key in devices)


@dataclass(frozen=True, slots=True)
class _Resident:
    twin_mb: float
    broker_mb: float


class _Memory:
    """Of the twin's process and the broker's, once a second and at the end of each stretch."""

    def __init__(self, lab: Lab) -> None:
        assert lab.broker.pid is not None  # noqa: S101 - it runs
        self._processes = (psutil.Process(), psutil.Process(lab.broker.pid))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: list[_Resident] = []

    def begin(self) -> _Resident:
        """Start anew; the highest until now."""
        samples, self.samples = [*self.samples, self._now()], []
        return _highest(samples)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(1.0):
            self.samples.append(self._now())

    def _now(self) -> _Resident:
        return _Resident(*(round(p.memory_info().rss / (1 << 20), 1) for p in self._processes))


def _highest(samples: Sequence[_Resident]) -> _Resident:
    return _Resident(max(s.twin_mb for s in samples), max(s.broker_mb for s in samples))


@contextmanager
def _memory(lab: Lab) -> Iterator[_Memory]:
    memory = _Memory(lab)
    memory.start()
    try:
        yield memory
    finally:
        memory.stop()
