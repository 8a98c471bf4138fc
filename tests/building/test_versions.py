"""A version's hash: the same building, however it was read, and no other."""

import json
import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from building.formats.hall import dumps, loads
from building.model import make_id
from building.shapes import area_m2, band, contains
from building.testing import box, small_house
from building.versions import content_hash


def test_reading_it_again_gives_the_same_hash() -> None:
    assert content_hash(loads(dumps(small_house()))) == content_hash(small_house())


@given(st.randoms(use_true_random=False))
def test_how_floors_are_interleaved_in_memory_does_not_matter(chance: random.Random) -> None:
    house = small_house()
    by_floor = {f.id: [s for s in house.spaces if s.floor == f.id] for f in house.floors}
    mixed = []
    while any(by_floor.values()):
        mixed.append(by_floor[chance.choice([f for f, left in by_floor.items() if left])].pop(0))
    assert content_hash(replace(house, spaces=tuple(mixed))) == content_hash(house)


def test_the_least_change_is_another_version() -> None:
    house = small_house()
    seat = replace(house.seats[0], facing_deg=0.5)
    assert content_hash(replace(house, seats=(seat,))) != content_hash(house)


def test_ids_of_another_site_cannot_be_written() -> None:
    raw = json.loads(dumps(small_house()))
    raw["site"] = "other"
    moved = loads(json.dumps(raw))
    assert {e.id.split(":")[0] for e in moved.entities()} == {"other"}


@given(
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)), st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    st.floats(0.05, 1),
)  # fmt: skip
def test_a_wall_is_as_thick_as_drawn_and_holds_its_line(
    a: tuple[float, float], b: tuple[float, float], t: float
) -> None:
    length = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
    if length < 0.1:
        return
    body = band((a, b), t)
    assert abs(area_m2(body) - (length + t) * t) < 0.05 + length * 1e-3
    assert contains(body, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2))


def test_a_hole_is_not_inside() -> None:
    ring = replace(box(0, 0, 10, 10), holes=(box(4, 4, 6, 6).outer,))
    assert contains([ring], (1, 1))
    assert not contains([ring], (5, 5))
    assert area_m2([ring]) == 96


def test_ids_are_formed_in_one_way() -> None:
    assert make_id("shifanqu", "window", "A07") == "shifanqu:window:A07"
