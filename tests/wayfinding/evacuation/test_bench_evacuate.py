"""``bench evacuate`` measures what it names, and loses nobody."""

import argparse
import json

from ui.cli.bench import evacuate


def test_a_short_run_reports_every_figure() -> None:
    parser = argparse.ArgumentParser()
    evacuate.add_arguments(parser)
    args = parser.parse_args(["--plans", "2", "--people", "200", "--walkers", "0"])
    metrics, peers, _ = json.loads(json.dumps(evacuate.run(args)))
    assert (metrics["people"], metrics["zones"], peers["jupedsim_error_max"]) == (200, 60, None)
    for where in ("", "file_"):
        assert metrics[f"{where}wrong"] == 0
        assert 0.0 <= metrics[f"{where}gap_mean"] <= metrics[f"{where}gap_max"] < 0.5
        assert 0.0 < metrics[f"{where}replan_ms_p50"] <= metrics[f"{where}replan_ms_max"]
