"""``bench burst``: all of it arrives, and what stock parts make of the same burst is told beside it."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import burst

pytestmark = pytest.mark.integration


def test_a_burst_arrives_whole_and_the_peers_share_is_told() -> None:
    metrics, peers, _ = burst.run(Namespace(messages=6000, seed=1))
    assert (metrics["messages"], metrics["unacknowledged"]) == (6000, 0)
    assert (metrics["lost"], metrics["duplicates"], metrics["arrived_percent"]) == (0, 0, 100.0)
    assert metrics["broker_dropped"] == 0
    assert peers["stock_messages"] == 6000
    assert 0 < peers["stock_arrived_percent"] <= 100
