"""The kill rounds' short form: whatever is killed with -9, every acknowledged message is committed once."""

from __future__ import annotations

import pytest

from ui.cli.bench import kills

pytestmark = pytest.mark.integration


def test_nothing_is_lost_or_doubled_whatever_is_killed() -> None:
    told = kills.kill_rounds(rounds=3, seed=5)
    assert told["killed"] == {"twin": 1, "database": 1, "both": 1}
    assert told["acknowledged"] == told["messages"] > 0
    assert (told["lost"], told["double"], told["unacknowledged"], told["devices"]["dropped"]) == (0, 0, 0, 0)
    assert told["start_s_max"] > 0
