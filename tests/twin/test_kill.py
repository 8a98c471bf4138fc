"""PostgreSQL, then the hall itself, killed with -9 under a load over a real broker: nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twin.store.database import Database
from twin.testing import wait_until
from twin.twin import Twin
from ui.cli.bench.laboratory import (
    SITE,
    audit_ledger,
    bench_building,
    bench_kind,
    connect,
    laboratory,
    publish,
)
from ui.cli.bench.load import Ledger, start_load

pytestmark = pytest.mark.integration
KILLS_AT_S = (1.0, 2.0)
ROOT = Path(__file__).parents[2]
HALL = """
import json, sys, time
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from twin.store.database import Database
from twin.twin import Twin
from ui.cli.bench.laboratory import SITE, bench_kind
url, port, password = json.loads(sys.argv[1])
kind = bench_kind()
twin = Twin(site=SITE, kinds={kind.name: kind}, database=Database(url))
twin.start()
settings = MqttSettings(site=SITE, password=password, port=port)
twin.attach(MqttConnector(settings, now_ms=lambda: time.time_ns() // 10**6))
print("up", flush=True)
time.sleep(600)
"""


def test_no_acknowledged_message_is_lost_when_the_database_is_killed() -> None:
    kind = bench_kind()
    with laboratory() as lab:
        database = Database(lab.postgres.url)
        database.migrate()
        twin = Twin(site=SITE, kinds={kind.name: kind}, database=database)
        with database.transaction() as conn:
            twin.registry.adopt(conn, bench_building(lab.passwords))
        twin.start()
        connector = connect(lab, twin)
        began, left = time.monotonic(), list(KILLS_AT_S)

        def kill_in_time() -> None:
            pid = lab.postgres.health.pid
            if left and pid and lab.postgres.health.state == "ready" and time.monotonic() > began + left[0]:
                left.pop(0)
                os.kill(pid, signal.SIGKILL)

        try:
            ledger = publish(lab.plan(seconds=3.5, rate=2000, window=5000, seed=3), twin, meanwhile=kill_in_time)
            wait_until(lambda: connector.health().unacknowledged == 0)
        finally:
            twin.stop()
        assert lab.postgres.health.restarts == len(KILLS_AT_S)
        assert twin.recorder.counters.retries > 0
        assert sum(ledger.acknowledged.values()) > 5000
        assert ledger.unacknowledged == 0
        assert audit_ledger(database, ledger) == (0, 0)
        assert twin.registry.totals()["missing"] == 0
        database.close()


def test_no_acknowledged_message_is_lost_or_doubled_when_the_hall_is_killed() -> None:
    with laboratory() as lab:
        database = Database(lab.postgres.url)
        database.migrate()
        kind = bench_kind()
        with database.transaction() as conn:
            Twin(site=SITE, kinds={kind.name: kind}, database=database).registry.adopt(
                conn, bench_building(lab.passwords)
            )

        def hall() -> subprocess.Popen[str]:
            words = [sys.executable, "-c", HALL, json.dumps([lab.postgres.url, lab.port, lab.hall_password])]
            started = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert started.stdout is not None
            assert started.stdout.readline() == "up\n"
            return started

        def kill(running: subprocess.Popen[str]) -> None:
            running.kill()
            running.communicate()

        def committed() -> int:
            with database.transaction() as conn:
                row = conn.execute("select count(*) from twin.reading").fetchone()
            assert row is not None
            return int(row[0])

        running = hall()
        try:
            process, _, pipe = start_load(lab.plan(seconds=6, rate=1500, window=0, seed=5))
            for _ in range(2):
                before = committed()
                wait_until(lambda before=before: committed() > before + 3000)  # type: ignore[misc]
                kill(running)
                running = hall()
            ledger: Ledger = pipe.recv()
            process.join()
            assert sum(ledger.acknowledged.values()) > 5000
            wait_until(lambda: audit_ledger(database, ledger)[0] == 0, timeout_s=30)
            assert audit_ledger(database, ledger) == (0, 0)
        finally:
            kill(running)
            database.close()
