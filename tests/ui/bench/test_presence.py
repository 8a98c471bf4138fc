"""``bench presence`` on a few devices: each death is seen, and from when it counts."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ui.cli.bench import presence

pytestmark = pytest.mark.integration
KEEPALIVE_S = 2
LOOK_S = 6
"""mosquitto 2.0.11 looks for silent clients every six seconds only."""


def test_the_killed_are_seen_at_once_and_the_silent_when_the_broker_looks() -> None:
    told, _, _ = presence.run(Namespace(devices=6, keepalive=KEEPALIVE_S, seed=1))
    assert (told["killed_unseen"], told["killed_too_late"], told["silent_unseen"]) == (0, 0, 0)
    assert told["killed_p100_s"] < 1
    assert 0 < told["silent_p50_s"] <= told["silent_p100_s"]
    latest_s = presence.ALLOWED_KEEPALIVES * KEEPALIVE_S + LOOK_S + 1
    assert told["silent_since_last_word_max_keepalives"] * KEEPALIVE_S <= latest_s
