from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from building.model import Building
from iot.kind import Value
from services.navigation.facts import (
    CLOSED_NOW,
    DOOR_FAULT,
    ESCALATOR_OUT,
    ESCALATOR_TURNED,
    LIFT_OUT,
    LOCKED,
    Closure,
    Facts,
    lift_waits_s,
    list_closures,
)

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

DOOR = "shifanqu:opening:1F-D26"
OPEN = datetime(2023, 11, 14, 16, 30, tzinfo=UTC)
LIFT, ESCALATOR = "shifanqu:link:LIFT-1", "shifanqu:link:ESC-1"


def test_devices_that_never_spoke_close_nothing(hall: Building, desk: Desk) -> None:
    assert list_closures(hall, desk.devices, OPEN) == []
    assert lift_waits_s(hall, desk.devices) == {}


@pytest.mark.parametrize(
    ("device", "points", "closure"),
    [
        ("DOOR-05", {"lock_state": "locked"}, Closure(id=DOOR, cause=LOCKED, card=True)),
        ("DOOR-05", {"lock_state": "unlocked"}, None),
        ("DOOR-05", {"lock_state": "unlocked", "fault": "tamper"}, Closure(id=DOOR, cause=DOOR_FAULT)),
        ("DOOR-05", {"lock_state": "locked", "fault": "forced"}, Closure(id=DOOR, cause=DOOR_FAULT)),
        ("DOOR-05", {"lock_state": "unlocked", "fault": "held"}, None),
        ("DEV-LIFT-1", {"mode": "normal", "trapped": False}, None),
        ("DEV-LIFT-1", {"mode": "held"}, Closure(id=LIFT, cause=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "fire"}, Closure(id=LIFT, cause=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "maintenance"}, Closure(id=LIFT, cause=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "fault"}, Closure(id=LIFT, cause=LIFT_OUT)),
        ("DEV-LIFT-1", {"mode": "normal", "trapped": True}, Closure(id=LIFT, cause=LIFT_OUT)),
        ("DEV-ESC-1", {"mode": "running"}, None),
        ("DEV-ESC-1", {"mode": "slow"}, None),
        ("DEV-ESC-1", {"mode": "stopped"}, Closure(id=ESCALATOR, cause=ESCALATOR_OUT)),
        ("DEV-ESC-1", {"mode": "running", "direction": "up"}, None),
        ("DEV-ESC-1", {"direction": "down"}, Closure(id=ESCALATOR, cause=ESCALATOR_TURNED, way="up")),
        ("DEV-ESC-1", {"mode": "stopped", "direction": "down"}, Closure(id=ESCALATOR, cause=ESCALATOR_OUT)),
        ("DEV-ESC-1", {"mode": "fault"}, Closure(id=ESCALATOR, cause=ESCALATOR_OUT)),
        ("DEV-ESC-1", {"mode": "running", "emergency_stop": True}, Closure(id=ESCALATOR, cause=ESCALATOR_OUT)),
    ],
)
def test_what_a_device_says_closes_its_way(
    hall: Building, desk: Desk, device: str, points: dict[str, Value], closure: Closure | None
) -> None:
    desk.devices.say(device, **points)
    assert list_closures(hall, desk.devices, OPEN) == ([] if closure is None else [closure])


def test_a_lift_tells_roughly_how_long_it_takes_to_come(hall: Building, desk: Desk) -> None:
    desk.devices.say("DEV-LIFT-1", wait=42)
    desk.devices.say("DEV-LIFT-2", wait="soon")
    assert lift_waits_s(hall, desk.devices) == {LIFT: 40.0}


def test_an_escalator_that_may_run_both_ways_is_closed_for_the_other_alone(hall: Building, desk: Desk) -> None:
    links = [replace(v, direction="both") if v.id == ESCALATOR else v for v in hall.vertical_links]
    both = replace(hall, vertical_links=tuple(links))
    desk.devices.say("DEV-ESC-1", mode="running", direction="up")
    (closure,) = list_closures(both, desk.devices, OPEN)
    assert (closure.id, closure.way, closure.shuts) == (ESCALATOR, "down", f"{ESCALATOR}/down")


def test_a_door_has_its_hours_unless_its_own_device_says_how_it_is(hall: Building, desk: Desk) -> None:
    assert next(o.hours for o in hall.openings if o.id == DOOR) == "08:30-17:30"
    evening = OPEN.replace(hour=18)
    assert [(c.id, c.cause) for c in list_closures(hall, desk.devices, evening)] == [(DOOR, CLOSED_NOW)]
    unread = replace(hall, openings=tuple(replace(o, hours="by appointment") for o in hall.openings))
    assert list_closures(unread, desk.devices, evening) == []
    desk.devices.say("DOOR-05", lock_state="unlocked")
    assert list_closures(hall, desk.devices, evening) == []
    desk.devices.say("DOOR-05", lock_state="locked")
    assert [c.cause for c in list_closures(hall, desk.devices, OPEN)] == [LOCKED]


def test_a_lift_that_measures_nothing_takes_as_long_as_usual_at_that_hour(desk: Desk) -> None:
    walk, lifts = desk.profiles["walk"], (LIFT, "other")
    assert Facts(hour=16).waits_s(walk, lifts) == {}
    assert Facts(hour=9).waits_s(walk, lifts) == {LIFT: 60.0, "other": 60.0}
    assert Facts(hour=9, lift_waits_s={LIFT: 10.0}).waits_s(walk, lifts) == {LIFT: 10.0, "other": 60.0}
