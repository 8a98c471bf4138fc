from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayfinding import Profile, Router, compile_network
from wayfinding.crowd import DENSEST_M2, LEVELS, slow_factor, slow_factors, speed_share
from wayfinding.drafts import opening_id, point, ring, space_id

FREE_M_S = 1.34
densities = st.floats(0.0, 20.0)


@pytest.mark.parametrize(("density_m2", "speed_m_s"), [(0.5, 1.30), (1, 1.06), (2, 0.61), (3, 0.33), (4, 0.16)])
def test_the_speeds_are_weidmanns(density_m2: float, speed_m_s: float) -> None:
    assert FREE_M_S * speed_share(density_m2) == pytest.approx(speed_m_s, abs=0.01)


def test_nobody_slows_nobody_and_no_density_stops_all() -> None:
    assert (speed_share(0.0), slow_factor(0.0)) == (1.0, 1.0)
    assert speed_share(1_000.0) == speed_share(DENSEST_M2) > 0.0
    assert slow_factor(1_000.0) == LEVELS[-1]


@given(densities, densities)
def test_more_people_are_never_faster(one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert speed_share(few) >= speed_share(many)
    assert slow_factor(few) <= slow_factor(many)
    assert slow_factor(few) in LEVELS


@given(densities, st.sampled_from(LEVELS))
def test_what_was_said_last_stays_only_on_the_way_down_and_not_far(density_m2: float, before: float) -> None:
    plain, lingering = slow_factor(density_m2), slow_factor(density_m2, before)
    assert lingering in {plain, before}
    assert lingering >= plain


def test_a_space_at_the_edge_of_a_level_does_not_change_with_each_person() -> None:
    told = [slow_factors({"hall": density}, {"hall": 1.25}) for density in (1.0, 0.9, 1.1, 0.5)]
    assert told[:3] == [{"hall": 1.25}] * 3
    assert told[3] == {}
    assert slow_factors({}, {"hall": 5.0}) == {}


# On ways: from S to N in the ring, a little shorter through E than through W.

START, GOAL = point("1F", 12, 2.5), point("1F", 10, 17.5)
EAST, WEST = space_id("E"), space_id("W")


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(compile_network(ring()))


def test_a_crowd_is_walked_around_and_named(router: Router, profiles: Mapping[str, Profile]) -> None:
    free = router.route(START, GOAL, profile=profiles["walk"])
    around = router.route(START, GOAL, profile=profiles["walk"], crowd={EAST: 3.0})
    assert free.openings == (opening_id("SE"), opening_id("EN"))
    assert around.openings == (opening_id("WS"), opening_id("NW"))
    assert [(a.id, a.reason) for a in around.avoided] == [(EAST, "crowded")]
    assert router.route(START, GOAL, profile=profiles["walk"], crowd={WEST: 3.0}) == free
    assert router.route(START, GOAL, profile=profiles["walk"], crowd={"test:space:UNKNOWN": 8.0}) == free


def test_where_all_is_full_one_goes_the_same_way_and_it_takes_longer(
    router: Router, profiles: Mapping[str, Profile]
) -> None:
    walk = profiles["walk"]
    free = router.route(START, GOAL, profile=walk)
    full = router.route(START, GOAL, profile=walk, crowd={EAST: 2.0, WEST: 2.0})
    through_m = router.metres_in(free.geometry, EAST)
    assert 10.0 < through_m < free.distance_m
    assert (full.openings, full.avoided) == (free.openings, ())
    assert full.duration_s - free.duration_s == pytest.approx(through_m / walk.speed_m_s, rel=0.02)
    assert full.duration_s == pytest.approx(sum(step.duration_s for step in full.steps))


def test_within_a_full_room_the_straight_way_stays(router: Router, profiles: Mapping[str, Profile]) -> None:
    walk = profiles["walk"]
    a, b = point("1F", 17.5, 3), point("1F", 17.5, 12)
    route = router.route(a, b, profile=walk, crowd={EAST: 5.0})
    assert route.distance_m == pytest.approx(9.0)
    assert route.duration_s == pytest.approx(9.0 * 5.0 / walk.speed_m_s)


def test_small_delays_do_not_make_a_graph_of_each(router: Router, profiles: Mapping[str, Profile]) -> None:
    """Factors come in a few levels, so what was found for one crowd serves the next."""
    graph = router.network.graph(profiles["walk"])
    graph.weights.cache_clear()
    for tenth in range(10, 14):
        router.route(START, GOAL, profile=profiles["walk"], crowd=slow_factors({EAST: tenth / 10}, {}))
    assert graph.weights.cache_info().misses <= 2
