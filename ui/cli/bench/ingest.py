"""``halltwin bench ingest``: from a device's publish to the committed row, through every layer, and nothing lost.

A private mosquitto and a private database in a temporary folder; messages of three readings at QoS 1 from a process
of their own; connector, validation, alarms, commit, acknowledgement as in a running hall. What the broker promised
the publisher is compared with what the database holds.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import paho.mqtt.client as paho
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from twin.batch import Batch, PointBook
from twin.recorder import BATCH_ROWS, Recorder
from twin.store.database import Database
from ui.cli.bench.laboratory import (
    CONNECTIONS,
    DRAIN_S,
    SITE,
    Lab,
    laboratory,
    publish,
    running_twin,
)
from ui.cli.bench.load import Ledger, start_load
from ui.interpreter import tuned_interpreter

WINDOW = 5_000
"""Messages under way; below a third of the broker's window, so that the broker never queues."""
PEER_S = 3.0
ROWS = 300_000
_POINTS = ("temperature", "humidity", "count")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, help="messages a second (without: as fast as it goes)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to publish (10)")
    parser.add_argument("--messages", type=int, help="end after so many, if not by the time")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with laboratory() as lab:
        metrics = _measure_path(lab, args)
        empty_per_s = _measure_paho(lab, seed=args.seed)
        with tuned_interpreter():
            metrics["recorder_rows_per_s"], psql_per_s = _measure_rows(lab)
    return metrics, {"paho_empty_callback_msgs_per_s": empty_per_s}, {"psql_copy_rows_per_s": psql_per_s}


# --- the whole path ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Lateness:
    """How long after its time each reading was committed."""

    samples: list[np.ndarray[Any, Any]] = field(default_factory=list)
    last_commit: float = 0.0

    def __call__(self, batch: Batch) -> None:
        self.last_commit = time.time()
        self.samples.append(
            self.last_commit * 1000 - np.array([row[1] for row in batch.numbers[::3]], dtype=np.float64)
        )

    def percentile(self, percent: float) -> float | None:
        samples = [s for s in self.samples if len(s)]
        return round(float(np.percentile(np.concatenate(samples), percent)), 1) if samples else None


def _measure_path(lab: Lab, args: argparse.Namespace) -> dict[str, Any]:
    lateness = _Lateness()
    with running_twin(lab, on_commit=lateness) as (twin, connector):
        before = _Cpu.of(lab)
        plan = lab.plan(seconds=args.seconds, rate=args.rate, window=WINDOW, seed=args.seed, total=args.messages)
        ledger = publish(plan, twin)
        after = _Cpu.of(lab)
        dropped = connector.health().broker_dropped
    missing, duplicates = lab.audit(ledger)
    messages = twin.recorder.counters.messages
    took_s = max(lateness.last_commit - ledger.began_ms / 1000, 1e-9)
    totals = twin.registry.totals()
    return {
        "seconds": round(took_s, 2),
        "messages": messages,
        "msgs_per_s": round(messages / took_s),
        "points_per_s": round(twin.recorder.counters.rows / took_s),
        "lost": missing - totals["shed"] // len(_POINTS),
        "shed": totals["shed"] // len(_POINTS),
        "p50_commit_ms": lateness.percentile(50),
        "p99_commit_ms": lateness.percentile(99),
        "twin_cpu_us_per_msg": round((after.twin_s - before.twin_s) * 1e6 / max(messages, 1), 1),
        "broker_cpu_us_per_msg": round((after.broker_s - before.broker_s) * 1e6 / max(messages, 1), 1),
        "postgres_cpu_us_per_msg": round((after.postgres_s - before.postgres_s) * 1e6 / max(messages, 1), 1),
        "recorder_rows_per_s": None,
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
        "duplicates": duplicates,
        "gaps": totals["missing"],
        "broker_dropped": dropped,
        "alarms_told": twin.hub.counters.lane_items,
        "connections": CONNECTIONS,
        "load_cpu_us_per_msg": round(ledger.cpu_s * 1e6 / max(messages, 1), 1),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cpu:
    """Seconds of the processor that each has used until now."""

    twin_s: float
    broker_s: float
    postgres_s: float

    @classmethod
    def of(cls, lab: Lab) -> _Cpu:
        server = psutil.Process(lab.postgres.health.pid)
        of_ended = server.cpu_times()
        return cls(
            twin_s=time.process_time(),
            broker_s=_cpu_s(psutil.Process(lab.broker.pid)),
            postgres_s=of_ended.children_user + of_ended.children_system
            + sum(_cpu_s(process) for process in (server, *server.children(recursive=True))),
        )  # fmt: skip


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:  # ended meanwhile: it is counted with its parent's next time
        return 0.0
    return float(used.user + used.system)


# --- the peer and the limit --------------------------------------------------------------------------------


def _measure_paho(lab: Lab, *, seed: int) -> int:
    """Stock paho, QoS 1, a callback that only counts, on the same broker under the same load."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="hall", clean_session=True)
    client.username_pw_set("hall", lab.hall_password)
    client.max_inflight_messages_set(16_384)
    received = [0]
    subscribed = threading.Event()

    def count(*_: object) -> None:
        received[0] += 1

    client.on_message = count
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", lab.port)
    client.loop_start()
    client.subscribe(f"ht/v1/{SITE}/+/tele", qos=1)
    try:
        if not subscribed.wait(10):
            raise TimeoutError("the peer was not let in by the broker")
        process, finished, pipe = start_load(lab.plan(seconds=PEER_S, rate=None, window=WINDOW, seed=seed))
        while not pipe.poll(0.003):
            finished.value = received[0]
        ledger: Ledger = pipe.recv()
        took_s = time.time() - ledger.began_ms / 1000
        process.join()
    finally:
        client.disconnect()
        client.loop_stop()
    return round(received[0] / took_s)


def _measure_rows(lab: Lab) -> tuple[int, int]:
    """The recorder alone and psql's copy, the same rows into the same table."""
    database = Database(lab.postgres.url)
    now_ms = time.time_ns() // 1_000_000
    book = PointBook()
    slots = [book.slot(f"{SITE}:device:{device}", point) for device in lab.passwords for point in _POINTS]
    draw = np.random.default_rng(1)
    batches: list[list[tuple[int, int, float, int, int]]] = [
        [
            (int(slot), now_ms - int(age_ms), float(value), 0, 0)
            for slot, age_ms, value in zip(
                draw.choice(slots, BATCH_ROWS), draw.integers(0, 1000, BATCH_ROWS), draw.random(BATCH_ROWS), strict=True
            )
        ]
        for _ in range(ROWS // BATCH_ROWS)
    ]
    recorder = Recorder(database, book, site=SITE, now_ms=lambda: now_ms)
    recorder.start()
    began = time.perf_counter()
    for rows in batches:
        recorder.put(Batch(numbers=rows))
    if not recorder.flush(patience_s=DRAIN_S):
        raise TimeoutError(f"the recorder does not record: {recorder.counters.last_error}")
    recorder_s = time.perf_counter() - began
    recorder.stop()
    with database.transaction() as conn:
        ids = {
            (str(e), str(n)): int(i) for i, e, n in conn.execute("select id, entity, name from twin.point").fetchall()
        }
    database.close()
    file = lab.postgres.home.root.parent / "rows.tsv"
    with file.open("w", encoding="ascii") as out:
        for slot, ts_ms, value, quality, _ in itertools.chain.from_iterable(batches):
            out.write(f"{np.datetime64(ts_ms, 'ms')}+00\t{ids[book.names[slot]]}\t{value!r}\t{quality}\n")
    psql = [str(lab.postgres.home.programs / "bin" / "psql"), lab.postgres.url, "-q", "-v", "ON_ERROR_STOP=1", "-c"]
    began = time.perf_counter()
    subprocess.run([*psql, f"\\copy twin.reading (ts, point_id, value, quality) from '{file}'"], check=True)
    psql_s = time.perf_counter() - began
    return round(ROWS / recorder_s), round(ROWS / psql_s)
