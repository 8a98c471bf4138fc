"""The short form of ``prove commands``: every manner of copy and delay happens, and nothing comes of it."""

from __future__ import annotations

import pytest

from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable
from ui.cli.bench.commands import is_kept, storm

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def test_commands_on_a_hostile_wire_are_carried_out_once_or_not_at_all() -> None:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    figures = storm(count=200, seed=1)
    assert is_kept(figures), figures
    assert set(figures["copies"]) == {"duplicated", "replayed", "retained"}
    assert figures["executed"] >= 150, figures
    assert sum(figures["states"].values()) == 200
    assert figures["alarms"] > 0
    assert figures["alarm_ms_max"] <= 2_000
