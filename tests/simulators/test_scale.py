"""Two thousand devices, each with its own credential and connection, are one core's small change."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from iot.catalogue import KINDS
from simulators.orders import Target
from simulators.scenarios.scenario import DeviceSetup
from tests.simulators.broker_site import Site, running_site, until

pytestmark = pytest.mark.integration
DEVICES = 2000
BEAT_S = 20.0
"""Faster than most kinds beat: five times the messages of a usual hall of this size."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    kinds = Random(1).choices(sorted(KINDS), k=DEVICES)
    with running_site(tmp_path, {f"D-{n:04d}": kind for n, kind in enumerate(kinds)}) as made:
        yield made


def test_two_thousand_devices_take_a_small_share_of_one_core(site: Site) -> None:
    async def run() -> None:
        fleet = site.fleet([DeviceSetup(target=Target(), beat_s=BEAT_S)])
        memory = psutil.Process().memory_info().rss
        fleet.start()
        await until(lambda: fleet.online == DEVICES, within_s=60)
        await until(lambda: fleet.traffic.acknowledged == fleet.traffic.published, within_s=60)
        before, began_cpu_s, began_s = fleet.traffic.published, time.thread_time(), time.monotonic()
        await asyncio.sleep(8)
        share = (time.thread_time() - began_cpu_s) / (time.monotonic() - began_s)
        per_s = (fleet.traffic.published - before) / (time.monotonic() - began_s)
        grown_mb = (psutil.Process().memory_info().rss - memory) / 1e6
        assert per_s > 0.7 * DEVICES / BEAT_S
        assert share < 0.25, f"{share:.1%} of a core at {per_s:.0f} messages a second"
        assert grown_mb < 200
        assert (fleet.traffic.dropped, fleet.traffic.refused, fleet.traffic.failures) == (0, 0, {})
        await fleet.stop()

    asyncio.run(run())
    assert len({device for device, _, _ in site.ledger}) == DEVICES
