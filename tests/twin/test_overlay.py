"""What a new version would end in the live hall is said before anybody publishes it."""

from __future__ import annotations

from dataclasses import replace

from building.edits import apply
from building.model import Building
from building.testing import id_of, small_house
from iot.kind import Value
from twin.overlay import Live, overlay
from twin.state import PointValue

WINDOW, SCREEN, DOOR = id_of("window", "A01"), id_of("device", "SCR-A01"), id_of("opening", "D2")
QUEUE = id_of("queue", "tax")


def live(**entities: dict[str, Value]) -> Live:
    ids = {"window": WINDOW, "screen": SCREEN, "queue": QUEUE, "lock": id_of("device", "LOCK")}
    return {
        ids[name]: {p: PointValue(value=v, ts_ms=0, source="device", received_ms=0) for p, v in points.items()}
        for name, points in entities.items()
    }


def controlled(b: Building) -> Building:
    """The side door has a lock."""
    lock = {"op": "add_device", "kind": "door", "floor": id_of("floor", "1F"), "at": [8.0, 4.5], "key": "LOCK",
            "name": {"zh": "门禁", "en": "Lock"}, "serves": DOOR}  # fmt: skip
    return apply(b, lock)


def test_what_keeps_its_id_goes_on() -> None:
    house = small_house()
    now = live(window={"open": True}, screen={"online": True})
    found = overlay(house, apply(house, {"op": "move", "id": WINDOW, "at": [8.0, 3.0]}), now, alarmed=[])
    assert (found.kept, found.lost) == (2, ())


def test_a_window_with_people_says_who_is_there_and_who_waits() -> None:
    house = small_house()
    now = live(window={"open": True, "called": "C007", "waiting": 3}, queue={"waiting": 3})
    found = overlay(house, apply(house, {"op": "retire", "id": WINDOW}), now, alarmed=[])
    told = {lost.id: lost.what for lost in found.lost}
    assert told[WINDOW] == {
        "zh": "A01窗口：正在为 C007 办理、正在开放、所属部门有 3 人等候",
        "en": "Window A01: C007 is being served, it is open, 3 wait for its department",
    }
    assert told[id_of("department", "tax")]["en"] == (
        "Tax Bureau: 3 wait and would have no window left; their tickets end"
    )


def test_a_device_says_that_its_alarm_and_its_credential_end() -> None:
    house = small_house()
    found = overlay(
        house, apply(house, {"op": "retire", "id": SCREEN}), live(screen={"online": True}), alarmed={SCREEN}
    )
    assert [lost.what["en"] for lost in found.lost] == [
        "Screen A01: an alarm is open, it is online, its credential ends"
    ]


def test_a_closed_door_that_would_count_as_open_is_named_and_what_was_never_live_is_not() -> None:
    house = controlled(small_house())
    now = live(lock={"lock_state": "locked"})
    unlinked = replace(house, openings=tuple(replace(o, device=None) if o.id == DOOR else o for o in house.openings))
    found = overlay(house, unlinked, now, alarmed=[])
    assert [(lost.id, lost.what["zh"]) for lost in found.lost] == [(DOOR, "侧门：现在关闭，发布后路线会当它可走")]
    assert overlay(house, unlinked, live(lock={"lock_state": "unlocked"}), alarmed=[]).lost == ()
    assert overlay(house, apply(house, {"op": "retire", "id": WINDOW}), {}, alarmed=[]).lost == ()
