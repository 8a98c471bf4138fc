from argparse import Namespace

import pytest

from services.accounts.model import Limits
from ui.cli.bench import login

pytestmark = pytest.mark.integration


def test_a_flood_gets_few_tries_at_an_account_and_nobody_in(mosquitto: None) -> None:  # noqa: ARG001
    """What it costs others, and whether names can be told apart, is judged by the long form on a quiet machine."""
    metrics, peers, _ = login.run(Namespace(attempts=120, tries=20, others=5))
    assert metrics["made"] >= 120
    assert metrics["logged_in"] == 0
    assert 1 <= metrics["let_through_per_account_max"] <= Limits().attempts_max
    assert metrics["answers"]["too_many_attempts"] > 0
    assert metrics["known_ms_p50"] > 0
    assert metrics["names_differ_percent"] >= 0
    assert peers.keys() == {"page_alone_ms_p99", "login_alone_ms_p99"}
