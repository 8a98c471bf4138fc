"""The judge of walls sees what goes through one, and nothing where a door is cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from building.model import OUT, Building, Polygon, Wall, make_id
from wayfinding import Profile, Router, compile_network
from wayfinding.clearance import DISC_M, TOUCH_M, WallJudge
from wayfinding.drafts import SITE, Draft, Spotted, box, floor_id, point, ring, tower, two_rooms
from wayfinding.way import Way


def way_of(building: Building, profile: Profile, start: Spotted, goal: Spotted) -> Way:
    way = Router(compile_network(building)).find_way(start, goal, profile, frozenset(), ())
    assert way is not None
    return way


def with_wall(
    building: Building, shape: Polygon, *, floor: str = "1F", z0_m: float = 0.0, top_m: float = 3.0
) -> Building:
    wall = Wall(
        id=make_id(SITE, "wall", "NEW"), name={}, floor=floor_id(floor), footprint=(shape,), z0_m=z0_m,
        height_m=top_m - z0_m,
    )  # fmt: skip
    return replace(building, walls=(*building.walls, wall))


@pytest.fixture
def walk(profiles: Mapping[str, Profile]) -> Profile:
    return profiles["walk"]


def test_ways_through_doors_are_right(walk: Profile) -> None:
    for building, start, goal in (
        (two_rooms(), point("1F", 1, 1), point("1F", 19, 9)),
        (two_rooms(width_m=0.6), point("1F", 1, 1), point("1F", 19, 9)),
        (ring(), point("1F", 1, 1), point("1F", 19, 19)),
        (tower(), point("1F", 1, 9), point("2F", 19, 1)),
    ):
        assert WallJudge(building).hits(way_of(building, walk, start, goal)) == []


def test_a_wall_across_the_way_is_hit_and_named(walk: Profile) -> None:
    house = two_rooms()
    way = way_of(house, walk, point("1F", 1, 5), point("1F", 19, 5))
    (hit,) = WallJudge(with_wall(house, box(14.0, 0.0, 14.2, 10.0))).hits(way)
    assert hit.wall == make_id(SITE, "wall", "NEW")
    assert hit.floor == floor_id("1F")


@pytest.mark.parametrize(("gap_m", "hits"), [(DISC_M - 2 * TOUCH_M, 1), (DISC_M + TOUCH_M, 0)])
def test_the_disc_must_pass_not_its_middle_alone(walk: Profile, gap_m: float, hits: int) -> None:
    house = two_rooms()
    way = way_of(house, walk, point("1F", 12, 2), point("1F", 19, 2))
    column = box(15.0, 2 + gap_m, 15.4, 2 + gap_m + 0.4)
    assert len(WallJudge(with_wall(house, column)).hits(way)) == hits


@pytest.mark.parametrize(("z0_m", "top_m", "hits"), [(0.0, 0.1, 0), (2.2, 3.0, 0), (-4.0, 0.0, 0), (-4.0, 3.0, 1)])
def test_only_what_stands_at_the_height_of_a_body_counts(walk: Profile, z0_m: float, top_m: float, hits: int) -> None:
    house = two_rooms()
    way = way_of(house, walk, point("1F", 12, 2), point("1F", 19, 2))
    assert len(WallJudge(with_wall(house, box(15, 0, 15.2, 10), z0_m=z0_m, top_m=top_m)).hits(way)) == hits


def test_a_wall_listed_on_the_floor_below_counts_where_it_stands(walk: Profile) -> None:
    house = tower()
    way = way_of(house, walk, point("2F", 6, 8), point("2F", 16, 8))
    assert WallJudge(with_wall(house, box(10, 0, 10.2, 10), floor="1F", top_m=7.0)).hits(way)


def test_a_door_opens_its_clear_width_alone(walk: Profile) -> None:
    wide = two_rooms(width_m=2.0)
    way = way_of(wide, walk, point("1F", 9, 5.7), point("1F", 11, 5.7))
    assert WallJudge(wide).hits(way) == []
    assert WallJudge(two_rooms(width_m=1.0)).hits(way)


def test_ways_go_round_a_column_that_is_listed_on_the_floor_below(walk: Profile) -> None:
    house = with_wall(tower(), box(10, 3, 10.4, 7), floor="1F", top_m=7.0)
    assert WallJudge(house).hits(way_of(house, walk, point("2F", 6, 5), point("2F", 16, 5))) == []


@pytest.mark.parametrize(("floor", "z0_m", "top_m"), [("2F", 0.0, 4.0), ("1F", 0.0, 4.1), ("2F", 3.8, 4.02)])
def test_what_ends_in_the_slab_is_no_obstacle(walk: Profile, floor: str, z0_m: float, top_m: float) -> None:
    house = with_wall(tower(), box(10, 0, 10.2, 10), floor=floor, z0_m=z0_m, top_m=top_m)
    straight = way_of(house, walk, point("2F", 6, 5), point("2F", 16, 5))
    assert [len(leg.line) for leg in straight.legs] == [2]


def test_a_post_in_an_open_passage_is_gone_round(walk: Profile) -> None:
    """Two areas drawn a metre apart, joined by an open passage with a post in the gap."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "WEST", box(0, 0, 9.5, 10), kind="open")
    draft.room("1F", "EAST", box(10.5, 0, 20, 10), kind="open")
    draft.door("1F", "OPEN", ("WEST", "EAST"), ((10.0, 0.0), (10.0, 10.0)), kind="open")
    house = with_wall(draft.build(), box(9.8, 4.8, 10.2, 5.2))
    assert WallJudge(house).hits(way_of(house, walk, point("1F", 5, 5), point("1F", 15, 5))) == []


def test_from_one_house_to_another_one_walks_between_them(walk: Profile) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    for key, x in (("WEST", 0), ("EAST", 30)):
        draft.room("1F", key, box(x, 0, x + 10, 10))
        draft.door("1F", f"FRONT-{key}", (key, OUT), ((x + 4.0, 0.0), (x + 6.0, 0.0)))
    house = draft.build()
    way = way_of(house, walk, point("1F", 5, 5), point("1F", 35, 5))
    assert WallJudge(house).hits(way) == []
    assert [gate.opening.key for gate in way.gates()] == ["FRONT-WEST", "FRONT-EAST"]
