"""Edits are pure, undo is exact, and whatever sequence is made leaves nothing that points at nothing."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building import checks
from building.checks import check
from building.edits import FIXES, OPERATIONS, apply, describe
from building.errors import EditRefused
from building.formats import open_building
from building.formats.hall import dumps, loads
from building.graph import build_graph, reached
from building.labels import label_point, to_shape
from building.model import OUT, Building, Opening, Space
from building.references import list_references, list_users
from building.testing import box, id_of, small_house, words
from building.versions import content_hash

Edit = Mapping[str, Any]

HALL, OFFICE, GALLERY = (id_of("space", key) for key in ("1F-HALL", "1F-OFF", "2F-GAL"))
F1, F2 = id_of("floor", "1F"), id_of("floor", "2F")
WINDOW, SCREEN = id_of("window", "A01"), id_of("device", "SCR-A01")
DOOR = id_of("opening", "D2")
NAME = words("新", "New")


@pytest.fixture
def house() -> Building:
    return small_house()


def made(before: Building, after: Building, name: str) -> Any:
    """The one entity of this list that is new."""
    known = {e.id for e in before.entities()}
    (new,) = [e for e in getattr(after, name) if e.id not in known]
    return new


def opening(b: Building, key: str) -> Opening:
    return next(o for o in b.openings if o.key == key)


def one_way_in(b: Building) -> Building:
    """No lift: the side door is the only way into the office."""
    links = tuple(v for v in b.vertical_links if v.kind != "lift")
    return replace(b, vertical_links=links, openings=tuple(o for o in b.openings if o.link is None))


def without_door(b: Building) -> Building:
    """The door between hall and office is gone: nobody gets to the office."""
    b = one_way_in(b)
    return replace(b, openings=tuple(o for o in b.openings if o.id != DOOR))


# --- doors


def test_a_door_drawn_on_a_wall_joins_the_rooms_on_its_sides(house: Building) -> None:
    before = without_door(house)
    assert OFFICE not in reached(build_graph(before))
    after = apply(before, {"op": "draw_opening", "floor": F1, "line": [[8.05, 4.0], [8.05, 5.0]], "kind": "door"})
    drawn = made(before, after, "openings")
    assert set(drawn.between) == {HALL, OFFICE}
    assert drawn.line == ((8.0, 4.0), (8.0, 5.0)), "it settles into the middle of the wall"
    assert (drawn.exit, drawn.z0_m, drawn.evidence.source) == (False, 0.0, "editor")
    assert OFFICE in reached(build_graph(after))
    assert check(after) == []


def test_a_door_drawn_on_the_outer_wall_leads_outside_onto_the_ground_that_is_there(house: Building) -> None:
    after = apply(house, {"op": "draw_opening", "floor": F1, "line": [[6.0, 0.0], [7.0, 0.0]]})
    drawn = made(house, after, "openings")
    assert set(drawn.between) == {HALL, OUT}
    assert drawn.exit
    assert drawn.outside_place == id_of("outdoor", "YARD")


def test_a_door_in_the_middle_of_a_room_is_refused_until_its_sides_are_named(house: Building) -> None:
    edit = {"op": "draw_opening", "floor": F1, "line": [[2.0, 2.0], [3.0, 2.0]]}
    with pytest.raises(EditRefused, match="cannot be told") as refusal:
        apply(house, edit)
    assert "点选两侧" in refusal.value.todo["zh"]
    after = apply(house, {**edit, "between": [HALL, OUT]})
    assert made(house, after, "openings").between == (HALL, OUT)


def test_a_second_door_in_the_place_of_one_is_refused(house: Building) -> None:
    with pytest.raises(EditRefused, match="Side door is here already"):
        apply(house, {"op": "draw_opening", "floor": F1, "line": [[8.0, 4.1], [8.0, 5.1]]})


def test_a_door_shut_for_good_joins_nothing_is_no_defect_and_can_be_reopened(house: Building) -> None:
    shut = apply(one_way_in(house), {"op": "change_opening", "id": DOOR, "closed_for_good": True})
    assert opening(shut, "D2").between is None
    assert OFFICE not in reached(build_graph(shut))
    assert check(shut) == []
    again = apply(shut, {"op": "change_opening", "id": DOOR, "closed_for_good": False})
    assert set(opening(again, "D2").between or ()) == {HALL, OFFICE}


def test_an_opening_that_moves_joins_what_is_there(house: Building) -> None:
    after = apply(house, {"op": "move", "id": id_of("opening", "D1"), "at": [9.0, 0.0]})
    moved = opening(after, "D1")
    assert moved.line == ((8.0, 0.0), (10.0, 0.0))
    assert set(moved.between or ()) == {OFFICE, OUT}


# --- rooms


def test_a_room_that_cannot_be_walked_is_not_missed(house: Building) -> None:
    after = apply(without_door(house), {"op": "set_walkable", "space": OFFICE, "walkable": False})
    assert [s.walkable for s in after.spaces if s.id == OFFICE] == [False]


def split_hall() -> Building:
    """The hall is two rooms that meet at x = 4 without a wall: an open edge joins them, and a zone holds both."""
    house = small_house()
    hall = next(s for s in house.spaces if s.id == HALL)
    west = replace(hall, footprint=(box(0.0, 0.0, 4.0, 6.0),), capacity=10)
    east = replace(
        hall, id=id_of("space", "1F-EAST"), number="1F-EAST", name=words("东厅", "East hall"), aliases=(),
        footprint=(box(4.0, 0.0, 7.9, 6.0),), capacity=20,
    )  # fmt: skip
    edge = Opening(
        id=id_of("opening", "E1"), name={}, floor=F1, kind="open", between=(west.id, east.id),
        line=((4.0, 0.0), (4.0, 6.0)),
    )  # fmt: skip
    side = replace(opening(house, "D2"), between=(east.id, OFFICE))
    rest = tuple(o for o in house.openings if o.id != DOOR)
    window = replace(house.windows[0], space=east.id)
    zone = replace(house.zones[0], spaces=(west.id, east.id))
    screen = replace(house.devices[0], space=east.id, coverage={"spaces": [west.id, east.id], "readable_m": 8})
    spaces = (west, east, *(s for s in house.spaces if s.id != HALL))
    return replace(
        house, spaces=spaces, openings=(*rest, side, edge), windows=(window,), zones=(zone,), devices=(screen,)
    )


def test_joined_rooms_are_one_and_all_that_spoke_of_the_second_speaks_of_the_first() -> None:
    before = split_hall()
    assert check(before) == []
    east = id_of("space", "1F-EAST")
    after = apply(before, {"op": "join_spaces", "a": HALL, "b": east})
    joined = next(s for s in after.spaces if s.id == HALL)
    assert to_shape(joined.footprint).area == pytest.approx(7.9 * 6.0)
    assert len(joined.footprint) == 1
    assert (joined.capacity, "East hall" in joined.aliases) == (30, True)
    assert list_users(after, east) == []
    assert [o.key for o in after.openings if o.key == "E1"] == []
    assert after.windows[0].space == HALL
    assert (after.zones[0].spaces, after.devices[0].coverage["spaces"]) == ((HALL,), [HALL])
    assert opening(after, "D2").between == (HALL, OFFICE)
    assert check(after) == []


def test_rooms_with_a_wall_between_are_not_joined(house: Building) -> None:
    with pytest.raises(EditRefused, match="a wall stands between") as refusal:
        apply(without_door(house), {"op": "join_spaces", "a": HALL, "b": OFFICE})
    assert "画门" in refusal.value.todo["zh"]


def test_a_drawn_room_takes_only_what_is_nobodys(house: Building) -> None:
    edit = {"op": "draw_space", "floor": F1, "outline": [[9.0, 0.0], [12, 0], [12, 4], [9.0, 4]], "kind": "storage",
            "name": NAME}  # fmt: skip
    after = apply(house, edit)
    drawn = made(house, after, "spaces")
    assert isinstance(drawn, Space)
    assert to_shape(drawn.footprint).bounds == (10.0, 0.0, 12.0, 4.0), "the office keeps what it has"
    assert (drawn.floor, drawn.z0_m, drawn.derived) == (F1, 0.0, None)
    assert [d.rule for d in check(after)] == []


@pytest.mark.parametrize(
    ("outline", "words_en"),
    [([[0, 0], [4, 0], [4, 4], [0, 4]], "is Hall already"), ([[0, 0], [1, 1], [1, 0], [0, 1]], "crosses itself")],
)
def test_a_room_over_another_or_no_room_at_all_is_refused(house: Building, outline: Any, words_en: str) -> None:
    with pytest.raises(EditRefused, match=words_en):
        apply(house, {"op": "draw_space", "floor": F1, "outline": outline, "kind": "room", "name": NAME})


def test_a_drawn_stair_makes_the_upper_floor_reached(house: Building) -> None:
    before = replace(house, vertical_links=tuple(v for v in house.vertical_links if v.kind == "lift"))
    before = replace(before, openings=tuple(o for o in before.openings if o.link is None), vertical_links=())
    assert GALLERY not in reached(build_graph(before))
    stops = [{"floor": F2, "at": [1, 5]}, {"floor": F1, "at": [1, 1]}]
    after = apply(before, {"op": "add_link", "kind": "stairs", "stops": stops, "name": NAME})
    link = made(before, after, "vertical_links")
    assert [s.space for s in link.stops] == [HALL, GALLERY], "the lower stop stands first"
    assert link.paths == (((1.0, 1.0, 0.0), (1.0, 5.0, 4.0)),)
    assert GALLERY in reached(build_graph(after))


# --- what stands in rooms


def test_an_added_window_has_a_stand_in_front_a_clerk_behind_and_its_queue(house: Building) -> None:
    edit = {"op": "add_window", "number": "a02", "floor": F1, "at": [8.0, 3.0], "facing_deg": 180, "department": "tax"}
    after = apply(house, edit)
    window = made(house, after, "windows")
    assert (window.id, window.number) == (id_of("window", "A02"), "A02")
    assert (window.stand, window.space, window.staff_space) == ((7.4, 3.0), HALL, OFFICE)
    assert window.department == id_of("department", "tax")
    assert after.zones[0].windows == (WINDOW, window.id)
    assert [d for d in check(after) if d.severity != "hint"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"facing_deg": 0, "at": [12.0, 2.0]}, "no room that can be walked"),
        ({"number": "A01"}, "A01 is taken"),
        ({"department": "post"}, "no department post"),
    ],
)
def test_a_window_that_cannot_be_says_why(house: Building, change: Edit, said: str) -> None:
    edit = {"op": "add_window", "number": "A02", "floor": F1, "at": [8.0, 3.0], "facing_deg": 180}
    with pytest.raises(EditRefused, match=said):
        apply(house, {**edit, **change})


def test_a_device_is_placed_in_its_room_with_what_feeds_it_and_what_it_serves(house: Building) -> None:
    edit = {
        "op": "add_device", "kind": "door", "floor": F1, "at": [8.0, 4.5], "name": NAME, "key": "DOOR-9",
        "power_from": id_of("supply", "MAINS"), "serves": DOOR,
    }  # fmt: skip
    after = apply(house, edit)
    device = made(house, after, "devices")
    assert (device.id, device.power_from) == (id_of("device", "DOOR-9"), id_of("supply", "MAINS"))
    assert device.serves == {"opening": DOOR}
    assert opening(after, "D2").device == device.id
    with pytest.raises(EditRefused, match="DOOR-9 is taken"):
        apply(after, {**edit, "serves": None})


def test_a_retired_device_is_mentioned_nowhere(house: Building) -> None:
    after = apply(house, {"op": "retire", "id": SCREEN})
    assert after.devices == ()
    assert after.windows[0].screen is None


def test_a_retired_window_leaves_its_zone_and_its_screen(house: Building) -> None:
    after = apply(house, {"op": "retire", "id": WINDOW})
    assert (after.windows, after.zones[0].windows, after.devices[0].serves) == ((), (), {})


def test_a_window_moves_with_its_stand(house: Building) -> None:
    after = apply(house, {"op": "move", "id": WINDOW, "at": [8.0, 3.0]})
    assert (after.windows[0].at, after.windows[0].stand) == ((8.0, 3.0), (7.4, 3.0))


def test_a_device_moves_to_another_floor_at_its_height_above_it(house: Building) -> None:
    after = apply(house, {"op": "move", "id": SCREEN, "at": [5.0, 3.0], "floor": F2})
    moved = after.devices[0]
    assert (moved.floor, moved.space, moved.pose.z_m) == (F2, GALLERY, 6.5)


def test_zones_and_places_are_added_and_changed(house: Building) -> None:
    zone = {"op": "add_zone", "floor": F1, "kind": "pa", "spaces": [HALL, OFFICE], "name": NAME, "capacity": 40}
    after = apply(house, zone)
    added = made(house, after, "zones")
    assert (added.spaces, added.capacity) == ((HALL, OFFICE), 40)
    smaller = apply(after, {"op": "change_zone", "id": added.id, "spaces": [OFFICE], "capacity": None})
    assert [(z.spaces, z.capacity) for z in smaller.zones if z.id == added.id] == [((OFFICE,), None)]
    place = apply(house, {"op": "add_poi", "kind": "atm", "floor": F1, "at": [1.0, 3.0], "name": NAME})
    assert made(house, place, "pois").space == HALL


def test_a_new_name_in_one_language_leaves_the_other(house: Building) -> None:
    after = apply(house, {"op": "rename", "id": HALL, "name": {"en": "Great hall"}, "number": "1F-A"})
    hall = next(s for s in after.spaces if s.id == HALL)
    assert (dict(hall.name), hall.number) == ({"zh": "大厅", "en": "Great hall"}, "1F-A")


def test_what_is_in_use_is_not_removed_and_its_users_are_named(house: Building) -> None:
    with pytest.raises(EditRefused, match="Hall is still used by") as refusal:
        apply(house, {"op": "remove", "id": HALL})
    assert "大门" in refusal.value.what["zh"]
    with pytest.raises(EditRefused, match="Retire it"):
        apply(house, {"op": "remove", "id": WINDOW})
    assert apply(house, {"op": "remove", "id": id_of("poi", "AED")}).pois == ()


# --- all of them

BROKEN: tuple[Any, ...] = (
    {}, {"op": "explode"}, {"op": "set_walkable", "space": HALL}, {"op": "remove", "id": "x:y:z"},
    {"op": "set_walkable", "space": HALL, "walkable": "no"}, {"op": "rename", "id": HALL, "name": {}},
    {"op": "remove", "id": HALL, "really": True}, {"op": "move", "id": SCREEN, "at": [float("nan"), 0]},
    {"op": "move", "id": SCREEN, "at": [1e9, 0]}, {"op": "draw_opening", "floor": F1, "line": [[0, 0], [0, 0]]},
    {"op": "add_device", "kind": "Ups!", "floor": F1, "at": [1, 1], "name": NAME},
    {"op": "add_device", "kind": "ups", "floor": F1, "at": [1, 1], "name": NAME, "key": "a/b"},
    {"op": "add_zone", "floor": F1, "kind": "pa", "spaces": [], "name": NAME},
    {"op": "rename", "id": HALL, "name": {"zh": "长" * 500}}, {"op": "draw_space", "floor": "x", "outline": "y"},
    {"op": 7}, {"op": "move", "id": F1, "at": [1, 1]}, {"op": "add_link", "kind": "stairs", "stops": [3], "name": NAME},
    {"op": "add_link", "kind": "stairs", "stops": [{"floor": F1, "at": [1, 1]}], "name": NAME},
)  # fmt: skip


@pytest.mark.parametrize("edit", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_edit_is_refused_in_both_languages(house: Building, edit: Edit) -> None:
    with pytest.raises(EditRefused) as refusal:
        apply(house, edit)
    for said in (refusal.value.what, refusal.value.todo):
        assert said["en"].strip()
        assert re.search("[一-鿿]", said["zh"])


def test_every_rule_that_can_be_broken_names_what_may_mend_it() -> None:
    house = small_house()
    source = Path(checks.__file__).read_text(encoding="utf-8")
    rules = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    assert rules <= FIXES.keys()
    assert {op for ops in FIXES.values() for op in ops} <= OPERATIONS.keys()
    assert check(house) == []


def edits_of(b: Building) -> st.SearchStrategy[Edit]:
    """Any edit that may be made on this building, many of which are refused."""
    spots = [label_point(s.footprint) or (0.0, 0.0) for s in b.spaces]
    spot = st.sampled_from([list(p) for p in spots])
    floor, space = st.sampled_from([f.id for f in b.floors]), st.sampled_from([s.id for s in b.spaces])
    anything = st.sampled_from([e.id for e in b.entities()])
    name, flag = st.just(NAME), st.booleans()
    coordinate = st.integers(0, 24).map(lambda n: n / 2)
    wall = st.tuples(coordinate, coordinate, flag).map(
        lambda at: [[at[0], at[1]], [at[0] + (1.0 if at[2] else 0.0), at[1] + (0.0 if at[2] else 1.0)]]
    )

    def op(operation: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
        return st.fixed_dictionaries({"op": st.just(operation), **members})

    return st.one_of(
        op("draw_opening", floor=floor, line=wall),
        op("draw_opening", floor=floor, line=wall, between=st.lists(space, min_size=2, max_size=2)),
        op("change_opening", id=anything, closed_for_good=flag),
        op("remove", id=anything),
        op("set_walkable", space=space, walkable=flag),
        op("join_spaces", a=space, b=space),
        op("draw_space", floor=floor, outline=st.just([[10, 0], [12, 0], [12, 3.5]]), name=name, kind=st.just("room")),
        op("add_link", kind=st.sampled_from(["stairs", "lift"]), name=name,
           stops=st.lists(st.fixed_dictionaries({"floor": floor, "at": spot}), min_size=2, max_size=3)),
        op("add_device", kind=st.just("camera"), floor=floor, at=spot, name=name),
        op("add_window", number=st.sampled_from(["A01", "A02", "A03"]), floor=floor, at=spot,
           facing_deg=st.sampled_from([0, 90, 180])),
        op("add_zone", floor=floor, kind=st.just("pa"), spaces=st.lists(space, min_size=1, max_size=3), name=name),
        op("add_poi", kind=st.just("atm"), floor=floor, at=spot, name=name),
        op("move", id=anything, at=spot), op("move", id=anything, at=spot, floor=floor),
        op("retire", id=anything), op("rename", id=anything, name=name),
    )  # fmt: skip


def dangling(b: Building) -> Iterator[tuple[str, str]]:
    known = {e.id for e in b.entities()} | {OUT}
    return ((e.id, target) for e in b.entities() for _, target in list_references(e) if target not in known)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_sequence_of_edits_leaves_nothing_dangling_and_changes_nothing_that_was(data: st.DataObject) -> None:
    states = [small_house()]
    edits: list[Edit] = []
    for _ in range(data.draw(st.integers(1, 8))):
        edit = data.draw(edits_of(states[-1]))
        given_edit, was = copy.deepcopy(edit), content_hash(states[-1])
        try:
            after = apply(states[-1], edit)
        except EditRefused:
            continue
        assert content_hash(loads(dumps(states[-1]))) == was, "the building before is as it was"
        assert edit == given_edit
        assert list(dangling(after)) == []
        assert not [d for d in check(after) if d.rule in ("duplicate-id", "dangling-reference")]
        assert all(describe(states[-1], edit)[lang] for lang in ("zh", "en"))
        states.append(after)
        edits.append(edit)
    again = states[0]
    for edit, after in zip(edits, states[1:], strict=True):
        again = apply(again, edit)
        assert content_hash(again) == content_hash(after), "the same edits give the same building, ids and all"


def test_the_reference_hall_takes_an_edit_of_each_kind_and_stays_sound() -> None:
    hall = open_building("reference")
    floor = next(f.id for f in hall.floors if f.number == "1F")
    poi = next(p for p in hall.pois if p.floor == floor)
    camera = next(d for d in hall.devices if d.kind == "camera")
    for edit in (
        {"op": "add_poi", "kind": "atm", "floor": floor, "at": list(poi.at), "name": NAME},
        {"op": "retire", "id": camera.id},
        {"op": "rename", "id": poi.id, "name": NAME},
        {"op": "retire", "id": hall.windows[0].id},
    ):
        hall = apply(hall, edit)
    assert [d for d in check(hall) if d.severity == "must"] == []
    assert content_hash(loads(dumps(hall))) == content_hash(hall)
