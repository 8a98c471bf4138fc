"""``bench receive`` on few messages: who is measured, by which ways, and that the figures belong together."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import receive
from ui.cli.bench.feeder import packets
from ui.cli.bench.load import encode_length

pytestmark = pytest.mark.integration
WAYS = ("fed_tcp", "fed_unix", "mosquitto_tcp", "mosquitto_unix")


def test_it_measures_everybody_by_every_way() -> None:
    metrics, peers, limits = receive.run(Namespace(messages=3000, rounds=1))
    for way in WAYS:
        assert metrics[f"ours_{way}_msgs_per_s"] > 0
        ratio = metrics[f"ours_{way}_msgs_per_s"] / peers[f"stock_{way}_msgs_per_s"]
        assert metrics[f"{way}_times_stock"] == pytest.approx(ratio, rel=0.01)
        assert 0 < limits[f"raw_{way}_cpu_us_per_msg"] < metrics[f"ours_{way}_cpu_us_per_msg"]
        assert peers[f"stock_5_{way}_msgs_per_s"] > 0


@pytest.mark.parametrize("newer", [False, True])
def test_all_packets_of_a_feed_are_of_one_length(newer: bool) -> None:
    made, size = packets("bench", 100, newer=newer)
    assert len(made) == 100 * size
    assert {made[n * size] for n in range(100)} == {0x32}
    assert {made[n * size + 1 : n * size + 3] for n in range(100)} == {encode_length(size - 3)}
