"""What is asked for by place and kind is looked up in the building of the time that is asked about."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from iot.catalogue import KINDS
from twin.selection import Selection, choose
from twin.testing import HALL, SITE
from ui.api.asked import directory_of
from ui.bootstrap import Hall

GONE = f"{SITE}:device:T-1"
SMALLER = replace(HALL, devices=tuple(d for d in HALL.devices if d.id != GONE), spaces=())


def test_a_device_and_a_room_that_are_no_more_are_found_in_their_own_time() -> None:
    versions = SimpleNamespace(get={"then": HALL, "now": SMALLER}.__getitem__)
    hall: Any = SimpleNamespace(
        building=lambda: ("now", SMALLER), devices=lambda: SMALLER.devices, kinds=KINDS,
        twin=SimpleNamespace(versions=versions),
    )  # fmt: skip
    state = {GONE: {"temperature": 20.0}, f"{SITE}:device:D-1": {"locked": True}}
    for asked in (Selection(kinds=("climate_sensor",)), Selection(spaces=("1F-HALL",), points=("temperature",))):
        then = directory_of(cast("Hall", hall), entities=state, version="then")
        assert choose(state, then.chooser(asked)) == {GONE: {"temperature": 20.0}}
    now = directory_of(cast("Hall", hall), entities=state)
    assert choose(state, now.chooser(Selection(kinds=("climate_sensor",)))) == {}
