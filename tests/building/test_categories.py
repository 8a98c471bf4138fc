"""A word for a kind of place means all of them, in either language, each once."""

from __future__ import annotations

import pytest

from building.categories import list_category
from building.errors import UnknownPlace
from building.formats import open_building
from building.model import Building


@pytest.fixture(scope="module")
def hall() -> Building:
    return open_building("reference")


@pytest.mark.parametrize("word", ["toilet", "Toilets", "厕所", "卫生间", "洗手间", "restroom", "WC"])
def test_a_toilet_is_any_toilet_and_a_room_with_its_point_is_one(hall: Building, word: str) -> None:
    points = {poi.id: poi.space for poi in hall.pois if poi.kind.startswith("toilet")}
    rooms = {s.id for s in hall.spaces if s.kind.startswith("toilet") and s.walkable}
    found = [place.id for place in list_category(hall, word)]
    assert sorted(found) == sorted([*points, *(rooms - set(points.values()))])


@pytest.mark.parametrize("word", ["toilet_accessible", "Accessible Toilet", "无障碍卫生间"])
def test_a_narrower_word_means_those_only(hall: Building, word: str) -> None:
    assert {p.id for p in list_category(hall, word)} == {p.id for p in hall.pois if p.kind == "toilet_accessible"}


@pytest.mark.parametrize("word", ["lift", "电梯", "Elevator"])
def test_a_lift_is_at_each_of_its_stops(hall: Building, word: str) -> None:
    stops = [(link.id, stop.floor) for link in hall.vertical_links if link.kind == "lift" for stop in link.stops]
    assert [(place.id, place.floor) for place in list_category(hall, word)] == stops


def test_windows_bays_and_entrances_are_kinds_too(hall: Building) -> None:
    assert {p.id for p in list_category(hall, "窗口")} == {w.id for w in hall.windows}
    assert {p.id for p in list_category(hall, "accessible_bay")} == {b.id for b in hall.bays if b.kind == "accessible"}
    doors = {o.id: o for o in hall.openings}
    entrances = [doors[place.id] for place in list_category(hall, "入口")]
    assert entrances
    assert all(door.exit and door.kind != "fire" and not door.vehicles_only for door in entrances)


def test_what_is_no_kind_may_be_a_part_of_names(hall: Building) -> None:
    named = {place.name["zh"] for place in list_category(hall, "会议室")}
    assert len(named) > 1
    assert all("会议室" in name for name in named)


@pytest.mark.parametrize("word", ["zeppelin", "", "  ", "x" * 500, "\x00", "%"])
def test_a_word_for_nothing_is_unknown(hall: Building, word: str) -> None:
    with pytest.raises(UnknownPlace):
        list_category(hall, word)
