"""The ledger's short forms: twin and broker killed with -9 under load, every acknowledged message committed once."""

from __future__ import annotations

import pytest

from ui.cli.bench import ledger

pytestmark = pytest.mark.integration


def test_nothing_is_lost_when_the_twin_is_killed_and_the_broker_restarted() -> None:
    told = ledger.kill_twin(messages=20_000, rate=4000, kills=2, restarts=1, seed=1)
    assert (told["kills"], told["broker_restarts"]) == (2, 1)
    assert (told["acknowledged"], told["unacknowledged"]) == (20_000, 0)
    assert (told["lost"], told["double"], told["devices"]["dropped"]) == (0, 0, 0)


def test_what_a_killed_broker_swallowed_is_asked_for_again() -> None:
    told = ledger.kill_broker(messages=16_000, rate=2000, kills=2, seed=2)
    assert told["broker_kills"] == 2
    assert (told["acknowledged"], told["unacknowledged"]) == (16_000, 0)
    assert (told["lost"], told["double"], told["missing"]) == (0, 0, 0)


def test_a_gap_is_shown_within_its_time() -> None:
    told = ledger.show_gaps(gaps=100, rate=500, seed=3)
    assert told["unseen"] == 0
    assert told["p100_ms"] <= 1000 * ledger.GAP_SHOWN_S
