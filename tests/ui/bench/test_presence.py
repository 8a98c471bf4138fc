"""``bench presence`` on a few devices: each death is seen, and from when it counts."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import presence

pytestmark = pytest.mark.integration
KEEPALIVE_S = 2
LOOKS_S = 6
"""How often mosquitto 2.0.11 itself looks for silent clients."""


def test_the_killed_are_seen_at_once_and_the_silent_within_their_keepalives() -> None:
    told, _, _ = presence.run(Namespace(devices=6, keepalive=KEEPALIVE_S, seed=1))
    assert (told["killed_unseen"], told["killed_too_late"], told["silent_unseen"]) == (0, 0, 0)
    assert told["killed_p100_s"] < 1
    assert 0 < told["silent_p50_s"] <= told["silent_p100_s"]
    assert told["silent_since_last_word_max_keepalives"] * KEEPALIVE_S < LOOKS_S, "sooner than the broker itself"
