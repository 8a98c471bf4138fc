"""The hall killed with -9 while it spools and while it drains: what was acknowledged is there, and there once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.suspended import suspended
from twin.spool import Spool
from twin.store.database import Database
from twin.testing import wait_until
from ui.cli.bench.laboratory import Lab, adopt, audit_ledger, laboratory
from ui.cli.bench.load import Ledger, start_load

pytestmark = pytest.mark.integration
KILLED_AFTER_LOOKS = (0, 1, 0, 3, 2, 0)
"""Each look at what waits is 20 ms after the one before, the first as soon as the hall serves."""
ROOT = Path(__file__).parents[2]
HALL = """
import json, sys, time
from pathlib import Path
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from twin.errors import DatabaseUnavailable
from twin.spool import SpoolPlace
from twin.store.database import Database
from twin.twin import Twin
from ui.cli.bench.laboratory import SITE, bench_kind
url, port, password, folder = json.loads(sys.argv[1])
kind = bench_kind()
while True:
    twin = Twin(site=SITE, kinds={kind.name: kind}, database=Database(url), spool=SpoolPlace(folder=Path(folder)))
    try:
        twin.start()
        break
    except DatabaseUnavailable:
        time.sleep(0.1)
settings = MqttSettings(site=SITE, password=password, port=port)
twin.attach(MqttConnector(settings, now_ms=lambda: time.time_ns() // 10**6))
print("up", flush=True)
while True:
    absence = twin.absence()
    print(absence.readings if absence else 0, flush=True)
    time.sleep(0.02)
"""


class Hall:
    """A hall in a process of its own; ``spooled`` is what it last said waits on its disk."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._words = [
            sys.executable, "-c", HALL, json.dumps([lab.postgres.url, lab.port, lab.hall_password, str(folder)]),
        ]  # fmt: skip
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._line() == "up"

    def wait_spooled(self, enough: Callable[[int], bool]) -> int:
        while True:
            if enough(spooled := int(self._line())):
                return spooled

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the hall ended"
        return line.strip()


def test_nothing_acknowledged_is_lost_or_doubled_by_kills_while_spooling_and_draining(tmp_path: Path) -> None:
    with laboratory() as lab:
        adopt(lab)
        hall, database = Hall(lab, tmp_path), Database(lab.postgres.url)
        hall.start()
        try:
            process, _, pipe = start_load(lab.plan(seconds=300, rate=1500, window=0, seed=7, total=45_000))
            hall.wait_spooled(lambda waiting: waiting == 0)
            with suspended(lab.postgres.health.pid):
                on_disk = hall.wait_spooled(lambda waiting: waiting > 3000)
                hall.kill()  # while it spools
            left = Spool(tmp_path / "readings", bytes_max=1 << 30)
            assert left.waiting >= on_disk, "what it said is on disk is"
            left.close()
            hall.start()
            with suspended(lab.postgres.health.pid):
                hall.wait_spooled(lambda waiting: waiting > 12_000)
            for looks in KILLED_AFTER_LOOKS:  # while it serves and drains what an earlier run left
                hall.kill()
                hall.start()
                for _ in range(looks):
                    hall.wait_spooled(lambda _: True)
            with suspended(lab.postgres.health.pid):
                most = hall.wait_spooled(lambda waiting: waiting > 6000)
            hall.wait_spooled(lambda waiting: waiting < most)
            hall.kill()  # while it drains
            hall.start()
            ledger: Ledger = pipe.recv()
            process.join()
            assert sum(ledger.acknowledged.values()) > 10_000
            wait_until(lambda: audit_ledger(database, ledger)[0] == 0, timeout_s=60)
            hall.wait_spooled(lambda waiting: waiting == 0)
            assert audit_ledger(database, ledger) == (0, 0)
        finally:
            hall.kill()
            database.close()
