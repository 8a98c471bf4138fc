from argparse import Namespace

import pytest

from ui.cli.bench import vault

pytestmark = pytest.mark.integration


def test_both_pages_say_the_same_and_are_measured_by_turns() -> None:
    """How much the sealed one costs is judged by the long form, on a machine that does nothing else."""
    metrics, peers, limits = vault.run(Namespace(pages=20, seed=1))
    assert metrics["tickets"] == 50
    assert 0 < metrics["page_ms_p50"] <= metrics["page_ms_p99"]
    assert peers["clear_page_ms_p50"] > 0
    assert limits["sm4_open_us"] > 0
