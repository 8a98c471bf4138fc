"""``halltwin bench ingest`` prints what the contract names, and loses nothing on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
METRICS = {
    "seconds", "messages", "msgs_per_s", "points_per_s", "lost", "p50_commit_ms", "p99_commit_ms",
    "twin_cpu_us_per_msg", "broker_cpu_us_per_msg", "postgres_cpu_us_per_msg", "load_cpu_us_per_msg",
    "recorder_rows_per_s", "rss_mb",
}  # fmt: skip


def test_it_measures_the_whole_path_its_peer_and_its_limit() -> None:
    start = "import sys; from ui.cli.main import main; sys.exit(main())"
    words = [sys.executable, "-c", start, "bench", "ingest", "--json", "--seconds", "1.5", "--rate", "1000"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    metrics = document["metrics"]
    assert set(metrics) >= METRICS
    assert (metrics["lost"], metrics["duplicates"]) == (0, 0)
    assert 1000 <= metrics["messages"] <= 1500
    assert metrics["points_per_s"] == pytest.approx(3 * metrics["msgs_per_s"], rel=0.01)
    assert 0 < metrics["p50_commit_ms"] <= metrics["p99_commit_ms"]
    assert document["peers"]["paho_empty_callback_msgs_per_s"] > 0
    assert document["limits"]["psql_copy_rows_per_s"] > 0
