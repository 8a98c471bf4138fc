"""PostgreSQL killed with -9 under a load over a real broker, without a spool: nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import time

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

pytestmark = pytest.mark.integration
KILLS_AT_S = (1.0, 2.0)


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
