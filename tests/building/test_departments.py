"""Departments, their windows, and where one waits, read from the reference hall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from building.departments import find_department, floor_number, queue_zone, waiting_space, windows_of
from building.formats import open_building

HALL = open_building("reference")
WINDOWS = {w.number: w for w in HALL.windows}


def test_every_department_has_its_windows_by_number() -> None:
    assert [w.number for w in windows_of(HALL, f"{HALL.site}:department:gjj")] == ["A15", "A16", "A17"]
    found = [w.number for d in HALL.departments for w in windows_of(HALL, d.id)]
    assert sorted(found) == sorted(WINDOWS)


@pytest.mark.parametrize("number", WINDOWS)
def test_visitors_wait_on_the_windows_own_floor_in_a_public_space(number: str) -> None:
    window = WINDOWS[number]
    space = next(s for s in HALL.spaces if s.id == waiting_space(HALL, window))
    assert space.floor == window.floor
    assert space.access == "public"
    assert space.kind in {"waiting", "hall"}


def test_a_window_of_no_queue_zone_is_waited_for_before_it() -> None:
    bare = replace(HALL, zones=())
    assert waiting_space(bare, WINDOWS["A07"]) == WINDOWS["A07"].space
    assert queue_zone(bare, WINDOWS["A07"]) is None


@pytest.mark.parametrize(
    "word", ["hj", "HJ", " 户籍 ", "shifanqu:department:hj", "公安局户籍", "household registration"]
)
def test_a_department_is_found_by_what_it_is_called(word: str) -> None:
    found = find_department(HALL, word)
    assert found is not None
    assert found.key == "hj"


@pytest.mark.parametrize("word", ["", "weather", "公安局"])
def test_what_no_department_is_called_finds_none(word: str) -> None:
    assert find_department(HALL, word) is None


def test_floors_are_called_as_signs_call_them() -> None:
    assert floor_number(HALL, WINDOWS["B24"].floor) == "2F"
    assert floor_number(HALL, "elsewhere:floor:9F") == "9F"
