from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.model import Building
from iot.kind import Value
from services.navigation.facts import DOOR_FAULT, ESCALATOR_OUT, LIFT_OUT, LOCKED, Closure, lift_waits_s, list_closures

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

DOOR = "shifanqu:opening:1F-D26"
LIFT, ESCALATOR = "shifanqu:link:LIFT-1", "shifanqu:link:ESC-1"


def test_devices_that_never_spoke_close_nothing(hall: Building, desk: Desk) -> None:
    assert list_closures(hall, desk.devices) == []
    assert lift_waits_s(hall, desk.devices) == {}


@pytest.mark.parametrize(
    ("device", "points", "closure"),
    [
        ("DOOR-05", {"lock_state": "locked"}, Closure(id=DOOR, text=LOCKED, card=True)),
        ("DOOR-05", {"lock_state": "unlocked"}, None),
        ("DOOR-05", {"lock_state": "unlocked", "fault": "tamper"}, Closure(id=DOOR, text=DOOR_FAULT)),
        ("DOOR-05", {"lock_state": "locked", "fault": "forced"}, Closure(id=DOOR, text=DOOR_FAULT)),
        ("DOOR-05", {"lock_state": "unlocked", "fault": "held"}, None),
        ("DEV-LIFT-1", {"mode": "normal", "trapped": False}, None),
        ("DEV-LIFT-1", {"mode": "held"}, Closure(id=LIFT, text=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "fire"}, Closure(id=LIFT, text=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "maintenance"}, Closure(id=LIFT, text=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "fault"}, Closure(id=LIFT, text=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "normal", "trapped": True}, Closure(id=LIFT, text=LIFT_OUT)),
        ("DEV-ESC-1", {"mode": "running"}, None),
        ("DEV-ESC-1", {"mode": "slow"}, None),
        ("DEV-ESC-1", {"mode": "stopped"}, Closure(id=ESCALATOR, text=ESCALATOR_OUT)),
        ("DEV-ESC-1", {"mode": "fault"}, Closure(id=ESCALATOR, text=ESCALATOR_OUT)),
        ("DEV-ESC-1", {"mode": "running", "emergency_stop": True}, Closure(id=ESCALATOR, text=ESCALATOR_OUT)),
    ],
)
def test_what_a_device_says_closes_its_way(
    hall: Building, desk: Desk, device: str, points: dict[str, Value], closure: Closure | None
) -> None:
    desk.devices.say(device, **points)
    assert list_closures(hall, desk.devices) == ([] if closure is None else [closure])


def test_a_lift_tells_roughly_how_long_it_takes_to_come(hall: Building, desk: Desk) -> None:
    desk.devices.say("DEV-LIFT-1", wait=42)
    desk.devices.say("DEV-LIFT-2", wait="soon")
    assert lift_waits_s(hall, desk.devices) == {LIFT: 40.0}
