"""``bench live`` on a few clients: the contract's figures, and nothing lost."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import live

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("events", [False, True])
def test_it_measures_the_real_server_its_peer_and_its_limit(events: bool) -> None:
    metrics, peers, limits = live.run(Namespace(clients=20, hz=10.0, seconds=2.0, events=events, turns=1))
    assert metrics.keys() >= {"clients", "hz", "p50_ms", "p99_ms", "lost", "kb_per_client"}
    assert (metrics["clients"], metrics["lost"], metrics["gone"]) == (20, 0, 0)
    assert metrics["lane_items"] > 0
    assert 0 < metrics["p50_ms"] <= metrics["p99_ms"] < 1000
    for what in () if events else ("mirror_values", "mirror_lane"):
        assert 0 < metrics[f"{what}_p50_ms"] <= metrics[f"{what}_p99_ms"] < 1000
    assert 700 < metrics["delta_bytes"] < 1500
    assert 0 < peers["bare_websocket_p50_ms"] <= peers["bare_websocket_p99_ms"]
    assert 0 < limits["loopback_tcp_p50_ms"] <= limits["loopback_tcp_p99_ms"]
