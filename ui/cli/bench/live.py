"""``halltwin bench live``: many clients on the live feed of the real server, from publish to the last byte read.

The server, the clients and the database are processes of their own. Each client hears new values ``hz`` times a
second and a lossless item now and then. In the same run: the same bytes by a bare WebSocket server, and by plain
sockets.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from building.formats import open_building
from services.kernel.vault import load_master_key
from twin.store.postgres import EmbeddedPostgres
from ui.cli.bench.live_mirrored import measure_mirror
from ui.cli.bench.live_servers import Load, Published, serve_bare, serve_hall, serve_socket
from ui.cli.bench.spawn import CHILD_TIMEOUT_S, receive, spawned
from ui.cli.bench.watchers import Audience, Seen, Speech, watch
from ui.launcher.prepare import prepare
from ui.run_settings import BrokerAccess, RunSettings, dump_run_settings

STALLED_TURNS, STALLED_S = 10, 3.0
"""So often without and with a client that reads nothing, for so long each."""
SETTLE_S = 2.0
"""By then every client must have everything."""
PEER_SECONDS, PEER_SETTLE_S = 4.0, 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, default=200, help="how many (200)")
    parser.add_argument("--hz", type=float, default=4.0, help="how often new values come to each (4)")
    parser.add_argument("--events", action="store_true", help="over server-sent events, as phones do, not WebSocket")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long to publish (8)")
    parser.add_argument(
        "--turns", type=int, default=STALLED_TURNS, metavar="N",
        help=f"of {STALLED_S:g} s without and with a client that reads nothing ({STALLED_TURNS})",
    )  # fmt: skip


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    load = Load(hz=args.hz, seconds=args.seconds)
    with prepared_hall() as (run_file, _):
        speech: Speech = "events" if args.events else "hall"
        outcome = _measure(speech, args.clients, load, serve_hall, run_file, load)
        beside = Load(hz=args.hz, seconds=min(STALLED_S, args.seconds))
        stalled = _measure_stalled(speech, args.clients, beside, args.turns, run_file)
    metrics = _metrics(outcome, args.clients, args.hz) | stalled
    if not args.events:
        metrics |= _mirror_metrics(load)
    sample = outcome.seen.sample
    short = Load(hz=args.hz, seconds=min(PEER_SECONDS, args.seconds), sample=sample)
    bare = _measure("bare", args.clients, short, serve_bare, short)
    plain = _measure("socket", args.clients, short, serve_socket, args.clients, short)
    peers = {
        "bare_websocket_p50_ms": _percentile_ms(bare.seen.late_us, 50),
        "bare_websocket_p99_ms": _percentile_ms(bare.seen.late_us, 99),
        "bare_websocket_cpu_us_per_message": _us_per(bare.published.cpu_s, len(bare.seen.late_us)),
    }
    limits = {
        "loopback_tcp_p50_ms": _percentile_ms(plain.seen.late_us, 50),
        "loopback_tcp_p99_ms": _percentile_ms(plain.seen.late_us, 99),
    }
    return metrics, peers, limits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    seen: Seen
    published: Published
    rss_before: int
    rss_connected: int
    rss_after: int


def _metrics(outcome: _Outcome, clients: int, hz: float) -> dict[str, Any]:
    seen, published = outcome.seen, outcome.published
    not_final = sum(any(last.get(entity) != final for entity, final in published.final.items()) for last in seen.last)
    missing = sum(published.lane - len(came) for came in seen.lane)
    return {
        "clients": clients,
        "hz": hz,
        "p50_ms": _percentile_ms(seen.late_us, 50),
        "p99_ms": _percentile_ms(seen.late_us, 99),
        "lost": missing + not_final,
        "kb_per_client": round((outcome.rss_connected - outcome.rss_before) / 1024 / clients, 1),
        "lane_p99_ms": _percentile_ms(seen.lane_late_us, 99),
        "lane_items": published.lane,
        "conflated": seen.conflated,
        "gone": seen.gone,
        "delta_bytes": len(seen.sample.encode()),
        "server_cpu_us_per_message": _us_per(published.cpu_s, len(seen.late_us) + len(seen.lane_late_us)),
        "clients_cpu_s": seen.cpu_s,
        "server_rss_mb": round(outcome.rss_after / 1e6, 1),
        "server_rss_grown_mb": round((outcome.rss_after - outcome.rss_connected) / 1e6, 1),
    }


def _mirror_metrics(load: Load) -> dict[str, Any]:
    """What the way over the broker to a web process adds, before anything is sent to a client."""
    late = measure_mirror(load) or {}
    return {
        f"mirror_{what}_p{percent}_ms": _percentile_ms(late[what], percent) if what in late else None
        for what in ("values", "lane")
        for percent in (50, 99)
    }


def _measure(speech: Speech, clients: int, load: Load, serve: Callable[..., None], *arguments: Any) -> _Outcome:
    """Start the server, connect the clients, publish, let it settle, and ask both what they saw."""
    with spawned(serve, *arguments) as server:
        port, pid = receive(server)
        process = psutil.Process(pid)
        _await_answer(port, speech)
        rss_before = process.memory_info().rss
        audience = Audience(speech=speech, port=port, clients=clients, hz=load.hz, size=len(load.sample.encode()))
        with spawned(watch, audience) as watchers:
            receive(watchers)
            rss_connected = process.memory_info().rss
            server.send("publish")
            published = receive(server, within_s=load.seconds * 3 + CHILD_TIMEOUT_S)
            time.sleep(PEER_SETTLE_S if load.sample else SETTLE_S)
            watchers.send("report")
            seen = receive(watchers)
            watchers.send("stop")
            rss_after = process.memory_info().rss
        server.send("stop")
    return _Outcome(
        seen=seen, published=published, rss_before=rss_before, rss_connected=rss_connected, rss_after=rss_after
    )


def _measure_stalled(speech: Speech, clients: int, load: Load, turns: int, run_file: str) -> dict[str, Any]:
    """What one client that stops reading does to all others, by turns on the same server.

    A turn's p99 is that of its one or two slowest rounds: the median of the turns tells what is usual.
    """
    p99_ms: dict[bool, list[float]] = {False: [], True: []}
    with spawned(serve_hall, run_file, load) as server:
        port, _ = receive(server)
        _await_answer(port, speech)
        heard = 0
        with spawned(watch, Audience(speech=speech, port=port, clients=clients, hz=load.hz)) as watchers:
            receive(watchers)
            for turn in range(2 * turns):
                beside = turn % 4 in {1, 2}  # without, with, with, without: what drifts favours neither
                with _stalled(port, load.hz) if beside else nullcontext():
                    server.send("publish")
                    receive(server, within_s=load.seconds * 3 + CHILD_TIMEOUT_S)
                    time.sleep(PEER_SETTLE_S)
                    watchers.send("report")
                    seen = receive(watchers)
                p99_ms[beside].append(float(np.percentile(np.frombuffer(seen.late_us[heard:]), 99)) / 1000)
                heard = len(seen.late_us)
            watchers.send("stop")
        server.send("stop")
    without_ms, with_ms = (statistics.median(p99_ms[which]) for which in (False, True))
    return {
        "without_stalled_p99_ms": round(without_ms, 1),
        "with_stalled_p99_ms": round(with_ms, 1),
        "stalled_changes_p99_percent": round(100 * (with_ms / without_ms - 1), 1),
    }


@contextmanager
def _stalled(port: int, hz: float) -> Iterator[None]:
    with spawned(watch, Audience(speech="stalled", port=port, clients=1, hz=hz)) as client:
        receive(client)
        yield
        client.send("stop")


@contextmanager
def prepared_hall() -> Iterator[tuple[str, EmbeddedPostgres]]:
    """The run file of a hall on a private database in a temporary folder, and that database's server."""
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            url = postgres.start()
            building = open_building("reference")
            key = folder / "vault.key"
            prepare(
                building, owner_url=url, vault_key=load_master_key(key, os.urandom), data=folder, demo=False, seed=None
            )
            nowhere = BrokerAccess(host="127.0.0.1", port=1, user="hall", password="")
            settings = RunSettings(site=building.site, database=url, broker=nowhere, vault_key=str(key))
            run_file = folder / "run.json"
            run_file.write_bytes(dump_run_settings(settings))
            yield str(run_file), postgres
        finally:
            postgres.stop()


def _await_answer(port: int, speech: Speech) -> None:
    """Until the hall answers; the others listen already."""
    deadline = time.monotonic() + CHILD_TIMEOUT_S
    while speech in {"hall", "events"}:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as link:
                link.request("GET", "/api/v1/building")
                if link.getresponse().status == 200:
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the server does not answer")
        time.sleep(0.05)


def _percentile_ms(late_us: array[float], percent: float) -> float | None:
    return round(float(np.percentile(np.frombuffer(late_us), percent)) / 1000, 1) if late_us else None


def _us_per(cpu_s: float, count: int) -> float | None:
    return round(cpu_s * 1e6 / count, 1) if count else None
