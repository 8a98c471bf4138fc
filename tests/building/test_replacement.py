"""A new plan for a hall that is there: what stands in its rooms stays, what has no place is named, ids live on."""

from __future__ import annotations

import cmath
import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.checks import check
from building.differences import difference
from building.edits import apply
from building.formats import open_building
from building.formats.hall import dumps, loads
from building.model import OUT, SHUT, Building, Evidence, SourceId
from building.replacement import replace_plan
from building.replacement.placing import Frame, moved
from building.testing import SITE, box, id_of, small_house, words

HALL, OFFICE = id_of("space", "1F-HALL"), id_of("space", "1F-OFF")
NOTHING: Any = ()


def as_a_plan(b: Building, site: str = "file") -> Building:
    """What a drawing program would export of it: rooms, walls, doors and stairs under its own ids, nothing else."""
    bare = replace(
        b, devices=(), windows=(), zones=(), pois=(), seats=(), bays=(), furniture=(), supply=(), departments=(),
        outdoor_places=(), outdoor_links=(), approaches=(),
        openings=tuple(replace(o, device=None, outside_place=None) for o in b.openings),
        vertical_links=tuple(replace(v, device=None) for v in b.vertical_links),
    )  # fmt: skip
    return replace(loads(dumps(bare).replace(b.site, site)), format="ifc", schema="IFC4")


def with_other_keys(b: Building) -> Building:
    """The same with keys of the drawing program's own, as another export gives."""
    text = dumps(b)
    for e in (*b.floors, *b.spaces, *b.openings, *b.vertical_links, *b.walls):
        text = text.replace(f'"{e.key}"', f'"X{zlib.crc32(e.id.encode())}"')
    return replace(loads(text), format="ifc", schema="IFC4")


def test_the_same_plan_again_changes_nothing() -> None:
    house = small_house()
    found = replace_plan(house, as_a_plan(house))
    changes = difference(house, found.building)
    assert (changes.added, changes.removed, changes.moved, changes.changed) == (NOTHING, NOTHING, NOTHING, NOTHING)
    assert found.left == ()
    assert found.building.site == SITE


def test_the_reference_hall_keeps_everything_when_its_own_plan_comes_back_under_foreign_ids() -> None:
    hall = open_building("reference")
    found = replace_plan(hall, as_a_plan(hall))
    changes = difference(hall, found.building)
    assert (changes.added, changes.removed, changes.moved, found.left) == (NOTHING, NOTHING, NOTHING, ())
    assert check(found.building) == []


def test_rooms_and_doors_are_known_again_by_number_and_place_when_every_key_is_new() -> None:
    house = small_house()
    found = replace_plan(house, with_other_keys(as_a_plan(house)))
    was, now = house, found.building
    for name in ("floors", "spaces", "openings", "vertical_links"):
        assert {e.id for e in now.lists()[name]} == {e.id for e in was.lists()[name]}
    assert (now.devices, now.windows, now.zones, now.pois) == (was.devices, was.windows, was.zones, was.pois)
    assert found.left == ()


def test_a_room_is_known_by_the_id_its_own_program_gave_it() -> None:
    source = SourceId(scheme="ifc", value="2O2Fr$t4X7Zf8NOew3FLOH")
    house = small_house()
    told = tuple(replace(s, source=source) if s.id == OFFICE else s for s in house.spaces)
    house = replace(house, spaces=told)
    plan = as_a_plan(house)
    renamed = tuple(
        replace(s, number="R-9", name=words("新室", "New room"), footprint=(box(20, 0, 24, 4),)) if s.source else s
        for s in plan.spaces
    )
    found = replace_plan(house, replace(plan, spaces=renamed))
    assert [s.number for s in found.building.spaces if s.id == OFFICE] == ["R-9"]


def test_our_own_file_of_this_very_hall_says_everything() -> None:
    house = small_house()
    without = replace(house, devices=(), windows=(replace(house.windows[0], screen=None),))
    found = replace_plan(house, replace(without, format="hall"))
    assert found.building.devices == ()


def test_what_has_no_place_any_more_is_named_with_the_reason() -> None:
    """The office and all behind it are gone, and the upper floor."""
    house = small_house()
    plan = as_a_plan(house)
    f1 = next(f for f in plan.floors if f.number == "1F")
    hall = next(s for s in plan.spaces if s.number == "1F-HALL")
    smaller = replace(
        plan, floors=(f1,), spaces=(replace(hall, footprint=(box(0, 0, 5, 6),)),), vertical_links=(),
        openings=tuple(o for o in plan.openings if o.key == "D1"), walls=(),
    )  # fmt: skip
    found = replace_plan(house, smaller)
    left = {e.id: e.reason["en"] for e in found.left}
    assert left == {
        id_of("device", "SCR-A01"): "Its place is in no room of the new plan.",
        id_of("window", "A01"): "Its place is in no room of the new plan.",
        id_of("furniture", "F1"): "Its place is in no room of the new plan.",
    }
    assert found.building.zones[0].windows == ()
    assert [d for d in check(found.building) if d.severity == "must"] == []


def test_what_people_said_of_a_room_counts_on() -> None:
    house = small_house()
    corrected = apply(house, {"op": "rename", "id": OFFICE, "name": {"en": "Back office"}})
    corrected = apply(corrected, {"op": "set_walkable", "space": OFFICE, "walkable": False})
    plan = as_a_plan(house)
    unnamed = tuple(replace(s, name={}, access="public", kind="room") for s in plan.spaces)
    found = replace_plan(corrected, replace(plan, spaces=unnamed)).building
    office = next(s for s in found.spaces if s.id == OFFICE)
    assert (office.name["en"], office.access, office.kind, office.walkable) == ("Back office", "staff", "office", False)


def test_doors_drawn_by_hand_and_shut_for_good_need_not_be_drawn_again() -> None:
    house = small_house()
    f1 = id_of("floor", "1F")
    drawn = apply(house, {"op": "draw_opening", "floor": f1, "line": [[9.0, 0.0], [9.8, 0.0]]})
    shut = apply(drawn, {"op": "change_opening", "id": id_of("opening", "D2"), "closed_for_good": True})
    now = replace_plan(shut, as_a_plan(house)).building
    (by_hand,) = [o for o in now.openings if o.evidence == Evidence(source="editor", method="stated")]
    assert set(by_hand.between or ()) == {OFFICE, OUT}
    assert [(o.between, o.evidence.method) for o in now.openings if o.key == "D2"] == [(None, SHUT)]


def test_derived_rooms_are_known_by_place_not_by_the_number_of_their_finding() -> None:
    found_by = Evidence(source="walls", method="section", confidence=0.8)
    house = small_house()
    derived = replace(house, spaces=tuple(replace(s, derived=found_by, number=None, name={}) for s in house.spaces))
    plan = as_a_plan(derived)
    keys = {"1F-HALL": "1F-OFF", "1F-OFF": "1F-HALL"}  # the two were found in the other order
    text = dumps(plan)
    for old, new in keys.items():
        text = text.replace(f'"{old}"', f'"?{new}"')
    swapped = replace(loads(text.replace('"?', '"')), format="ifc", schema="IFC4")
    now = replace_plan(derived, swapped).building
    areas = {s.id: s.footprint for s in derived.spaces}
    assert all(areas[s.id] == s.footprint for s in now.spaces)


@settings(max_examples=15, deadline=None)
@given(turn_deg=st.floats(-180, 180), x=st.floats(-5e5, 5e5), y=st.floats(-5e5, 5e5), up_m=st.floats(-50, 50))
def test_a_plan_in_another_frame_is_put_where_the_hall_is(turn_deg: float, x: float, y: float, up_m: float) -> None:
    house = small_house()
    frame = Frame(turn=cmath.rect(1.0, math.radians(turn_deg)), shift=complex(x, y), up_m=up_m)
    found = replace_plan(house, moved(as_a_plan(house), frame))
    assert found.left == ()
    for before, after in zip(house.spaces, found.building.spaces, strict=True):
        for p, q in zip(before.footprint[0].outer, after.footprint[0].outer, strict=True):
            assert math.dist(p, q) < 0.01
    assert difference(house, found.building).moved == ()


def test_plans_that_share_nothing_are_left_where_they_are() -> None:
    house = small_house()
    plan = as_a_plan(house)
    strange = tuple(replace(s, number=None, name=words(f"甲{n}", f"A{n}")) for n, s in enumerate(plan.spaces))
    away = moved(replace(plan, spaces=strange), Frame(shift=complex(1000, 0)))
    found = replace_plan(house, away)
    assert {e.id for e in found.left} >= {d.id for d in house.devices} | {w.id for w in house.windows}
    assert found.building.spaces[0].footprint == away.spaces[0].footprint


REPLACED: tuple[Callable[[Building], Building], ...] = (
    lambda b: b, as_a_plan, lambda b: with_other_keys(as_a_plan(b)),
    lambda b: replace(as_a_plan(b), openings=()),
    lambda b: replace(as_a_plan(b), spaces=(), openings=(), vertical_links=()),
)  # fmt: skip


@pytest.mark.parametrize("change", REPLACED, ids=range(len(REPLACED)))
def test_whatever_comes_nothing_points_at_nothing_and_the_result_can_be_kept(
    change: Callable[[Building], Building],
) -> None:
    house = small_house()
    now = replace_plan(house, change(house)).building
    assert [d for d in check(now) if d.rule in ("dangling-reference", "duplicate-id")] == []
    assert loads(dumps(now)).spaces == now.spaces
