"""``bench route`` measures what the contract names, and its own judges find nothing wrong."""

import argparse
import json

from ui.cli.bench import route


def test_a_short_run_reports_every_contracted_figure() -> None:
    parser = argparse.ArgumentParser()
    route.add_arguments(parser)
    metrics, peers, _ = json.loads(json.dumps(route.run(parser.parse_args(["--nodes", "1600", "--queries", "30"]))))
    assert metrics.keys() >= {
        "nodes", "poi_path_us_p50", "poi_path_us_p99", "point_us_p99", "json_ms_p99", "length_ratio_max", "violations",
    }  # fmt: skip
    assert peers.keys() == {"networkx_us_p50", "rustworkx_us_p50", "scipy_us_p50", "igraph_us_p50"}
    assert metrics["violations"] == 0
    assert metrics["peers_disagreeing"] == 0
    assert metrics["compared_with_oracle"] > 0
    assert metrics["length_ratio_max"] <= 1.001
    assert metrics["poi_path_us_p50"] < min(peers.values())
