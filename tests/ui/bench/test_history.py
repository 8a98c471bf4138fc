"""``bench history`` on a few readings: with and without keyframes the hall was the same, and a trend stays short."""

from __future__ import annotations

import argparse

import pytest

from ui.cli.bench import history

pytestmark = pytest.mark.integration


def test_a_short_run_answers_every_question_and_measures_its_peers() -> None:
    parser = argparse.ArgumentParser()
    history.add_arguments(parser)
    words = ["--readings", "20000", "--points", "200", "--days", "2", "--asked", "3"]
    metrics, peers, limits = history.run(parser.parse_args(words))
    assert metrics["state_equals_lateral"] is True
    assert metrics["state_points"] == 200, "the silent ones are there too"
    assert 0 < metrics["trend_points"] <= history.TREND_POINTS
    assert metrics["changes"] > 0
    assert {"lateral_state_ms_p50", "raw_trend_ms_p50"} <= peers.keys()
    assert limits["postgres"] >= 160_000
