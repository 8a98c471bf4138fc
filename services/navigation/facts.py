"""What the devices say about ways: doors that are locked, lifts and escalators that do not run, how long lifts take.

The newest value counts whatever its age: a door that was locked when its controller fell silent is still locked.
A device that never spoke closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from building.model import Building, Text
from services.kernel.live import LiveReader, read

LOCKED: Text = {"zh": "门已上锁", "en": "the door is locked"}
DOOR_FAULT: Text = {"zh": "门禁异常", "en": "the door is out of order"}
LIFT_OUT: Text = {"zh": "电梯停用", "en": "the lift is out of service"}
ESCALATOR_OUT: Text = {"zh": "扶梯停运", "en": "the escalator is not running"}

DOOR_FAULTS = frozenset({"forced", "tamper"})
"""``held`` is none: a door that stands open is a way."""
LIFT_OUT_MODES = frozenset({"held", "fire", "maintenance", "fault"})
ESCALATOR_OUT_MODES = frozenset({"stopped", "fault"})

WAIT_STEP_S = 10.0
"""Waits are rounded to this: a router remembers ways by what it was told, and a second more is no other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """An opening or link that cannot be used now. ``card``: whoever has a card for it can."""

    id: str
    text: Text
    card: bool = False


def list_closures(building: Building, live: LiveReader) -> list[Closure]:
    """Everything that the devices say is closed."""
    return [*_doors(building, live), *_links(building, live)]


def _doors(building: Building, live: LiveReader) -> Iterator[Closure]:
    for opening in building.openings:
        if opening.device is None:
            continue
        if read(live, opening.device, "fault") in DOOR_FAULTS:
            yield Closure(id=opening.id, text=DOOR_FAULT)
        elif read(live, opening.device, "lock_state") == "locked":
            yield Closure(id=opening.id, text=LOCKED, card=opening.controlled)


def _links(building: Building, live: LiveReader) -> Iterator[Closure]:
    for link in building.vertical_links:
        if link.device is None:
            continue
        mode = read(live, link.device, "mode")
        if link.kind == "lift" and (mode in LIFT_OUT_MODES or read(live, link.device, "trapped") is True):
            yield Closure(id=link.id, text=LIFT_OUT)
        stopped = mode in ESCALATOR_OUT_MODES or read(live, link.device, "emergency_stop") is True
        if link.kind == "escalator" and stopped:
            yield Closure(id=link.id, text=ESCALATOR_OUT)


def lift_waits_s(building: Building, live: LiveReader) -> Mapping[str, float]:
    """The mean wait at each lift that measures it, by the link's id."""
    waits = {
        link.id: read(live, link.device, "wait")
        for link in building.vertical_links
        if link.kind == "lift" and link.device is not None
    }
    return {
        link: round(wait / WAIT_STEP_S) * WAIT_STEP_S
        for link, wait in waits.items()
        if isinstance(wait, int | float) and not isinstance(wait, bool)
    }
