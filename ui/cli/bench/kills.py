"""The hall and its database killed with -9 by turns: what was acknowledged is there once, and it serves again soon.

``kill_rounds``: rounds drawn from a seed - the twin, the database, both at once - under a load over a real broker that
never rests, by devices that keep what the broker has not acknowledged. ``restart_large``: the real server process over
a database of millions of readings, killed alone and together with its database; it serves when it answers HTTP.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import psycopg

from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres
from ui.cli.bench.history import Size, fill
from ui.cli.bench.laboratory import laboratory, now_ms
from ui.cli.bench.ledger import carry_on, twin_process
from ui.cli.bench.live import prepared_hall
from ui.cli.bench.step import Figures, Step
from ui.run_settings import read_run_settings

RATE = 2_000.0
EVERY_S = 2.0
"""A round begins no sooner after the one before."""
PAUSE_MAX_S = 0.5
BACK_S = 60.0
_POLL_S = 0.01

ROUNDS, ROUNDS_A_STEP = 200, 20
READINGS, POINTS, DAYS, RESTARTS = 10_000_000, 10_000, 30, 5
SERVING_S = 5.0


def kill_rounds(*, rounds: int, seed: int) -> Figures:
    """The last round is the twin's: what the one before it left is read by a new process."""
    draw = random.Random(seed)  # noqa: S311 - seeded, to be repeated
    counted = {"twin": 0, "database": 0, "both": 0}
    with (
        tempfile.TemporaryDirectory(prefix="halltwin-bench-") as spool,
        laboratory() as lab,
        twin_process(lab, spool=Path(spool)) as twin,
    ):

        def act(what: str, pause_s: float) -> Callable[[], None]:
            def kill() -> None:
                time.sleep(pause_s)
                if what != "twin":
                    before = lab.postgres.health.restarts
                    _kill_database(lab.postgres)
                if what != "database":
                    twin.kill()
                if what != "twin":
                    _await_database(lab.postgres, before)
                counted[what] += 1

            return kill

        kinds = [*(draw.choice(tuple(counted)) for _ in range(rounds - 1)), "twin"]
        acts = [act(what, draw.uniform(0, PAUSE_MAX_S)) for what in kinds]
        told = carry_on(lab, messages=round(rounds * EVERY_S * RATE), rate=RATE, acts=acts, seed=seed)
        starts_s = twin.starts_s
    return {**told, "rounds": sum(counted.values()), "killed": counted, "start_s_max": round(max(starts_s), 2)}


def restart_large(*, readings: int, points: int, days: int, restarts: int, seed: int) -> Figures:
    """Seconds from the kill until the server answers again: the median and the longest."""
    alone_s: list[float] = []
    both_s: list[float] = []
    with prepared_hall() as (run_file, postgres), socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        settings = read_run_settings(Path(run_file))
        database = Database(settings.database)
        size = Size(readings=readings, points=points, days=days, asked=0, end_ms=now_ms())
        fill(database, size, np.random.default_rng(seed), site=settings.site)
        database.close()
        _settle(postgres)
        server = _Server(run_file, listening)
        try:
            first_s = server.start()
            alone_s += [server.kill() for _ in range(restarts)]
            for _ in range(restarts):
                before = postgres.health.restarts
                _kill_database(postgres)
                both_s.append(server.kill())
                _await_database(postgres, before)
        finally:
            server.end()
    return {
        "readings": readings,
        "points": points,
        "first_start_s": round(first_s, 2),
        **{
            f"{name}_{what}_s": round(float(which(took)), 2)
            for name, took in (("restart", alone_s), ("restart_with_database", both_s))
            for what, which in (("p50", np.median), ("max", max))
        },
    }


def _settle(postgres: EmbeddedPostgres) -> None:
    """A hall that has recorded for a month has written its checkpoints on the way, not all of it just now."""
    with psycopg.connect(postgres.home.url(user="postgres", database="postgres"), autocommit=True) as conn:
        conn.execute("checkpoint")


class _Server:
    """``python -m ui.server`` on a socket that stays open, as under its launcher."""

    def __init__(self, run_file: str, listening: socket.socket) -> None:
        self._fd, self._port = listening.fileno(), listening.getsockname()[1]
        self._words = [sys.executable, "-m", "ui.server", "--run", run_file, "--fd", str(self._fd)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Seconds until it answers; one that ends since there is no database yet is started again."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + BACK_S:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(self._words, pass_fds=(self._fd,), stderr=subprocess.DEVNULL)
            if self._answers():
                return time.monotonic() - began_s
            time.sleep(_POLL_S)
        raise TimeoutError("the server does not answer")

    def kill(self) -> float:
        self.end()
        return self.start()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        """What pages ask for first. The socket takes connections also while nobody is there to answer them."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)) as link:
                link.request("GET", "/api/v1/building")
                return link.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _kill_database(postgres: EmbeddedPostgres) -> None:
    pid = postgres.health.pid
    if pid is None:
        raise ChildProcessError("the database is not there to be killed")
    os.kill(pid, signal.SIGKILL)


def _await_database(postgres: EmbeddedPostgres, restarts: int) -> None:
    """It is started again by whoever keeps it."""
    deadline = time.monotonic() + BACK_S
    while postgres.health.restarts == restarts or postgres.health.state != "ready":
        if time.monotonic() > deadline:
            raise TimeoutError("the database does not come back")
        time.sleep(_POLL_S)


def kill_steps() -> Sequence[Step]:
    def whole(f: Figures) -> bool:
        return bool(
            f["lost"] == f["double"] == f["unacknowledged"] == f["devices"]["dropped"] == 0
            and f["acknowledged"] == f["messages"]
            and f["rounds"] == ROUNDS_A_STEP
        )

    return tuple(
        Step(
            name=f"{ROUNDS_A_STEP} kills of the twin, the database or both, seed {seed}",
            measure=lambda seed=seed: kill_rounds(rounds=ROUNDS_A_STEP, seed=seed),  # type: ignore[misc]
            kept=whole,
            met=lambda f, speed: f["start_s_max"] <= SERVING_S / min(speed, 1.0),
        )
        for seed in range(1, ROUNDS // ROUNDS_A_STEP + 1)
    )


def restart_steps() -> Sequence[Step]:
    return (
        Step(
            name=f"{RESTARTS} restarts over {READINGS} readings, and as many together with the database",
            measure=lambda: restart_large(readings=READINGS, points=POINTS, days=DAYS, restarts=RESTARTS, seed=1),
            kept=lambda f: f["readings"] == READINGS,
            met=lambda f, speed: f["restart_max_s"] <= SERVING_S / min(speed, 1.0),
        ),
    )
