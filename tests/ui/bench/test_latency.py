"""``bench latency``: all that was published is seen, and soon."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import latency

pytestmark = pytest.mark.integration


def test_measurements_and_events_are_true_in_the_twin_soon_after() -> None:
    metrics, _, _ = latency.run(Namespace(rate=1000.0, seconds=2.0, seed=1))
    assert metrics["telemetry"] == pytest.approx(2000, rel=0.1)
    assert metrics["events"] == 2 * latency.EVENTS_PER_S
    for name in ("telemetry", "event"):
        assert 0 < metrics[f"{name}_p50_ms"] <= metrics[f"{name}_p99_ms"] < 200
