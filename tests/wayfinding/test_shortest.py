"""Ways are as short as the exact oracle's, on drawn and on random buildings."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.model import Building
from wayfinding import NoRoute, Profile, Router, compile_network
from wayfinding.drafts import (
    OUTSIDE,
    gatehouse,
    hall_with,
    open_plan,
    opening_id,
    point,
    ring,
    space_id,
    tower,
    two_rooms,
)
from wayfinding.graph import Spot
from wayfinding.route import Route
from wayfinding.router import Endpoint
from wayfinding.testing import Oracle, violations

TOLERANCE = 1.001

coordinate_x = st.integers(1, 28)
coordinate_y = st.integers(1, 18)
obstacles = st.lists(
    st.tuples(coordinate_x, coordinate_y, st.integers(1, 9), st.integers(1, 9)).map(
        lambda b: (float(b[0]), float(b[1]), min(29.0, b[0] + b[2]), min(19.0, b[1] + b[3]))
    ),
    max_size=7,
)
spot = st.tuples(st.floats(0.5, 29.5), st.floats(0.5, 19.5))


def compare(
    building: Building, start: Endpoint, goal: Endpoint, profile: Profile, closed: frozenset[str]
) -> Route | None:
    """The route, after checking it against the oracle: same length, or none where the oracle finds none."""
    router = Router(compile_network(building))
    graph = router.network.graph(profile)
    a, b = router.find_spot(graph, start), router.find_spot(graph, goal)
    exact = Oracle(building, graph, closed).best(a, b) if isinstance(a, Spot) and isinstance(b, Spot) else None
    if exact is None:
        with pytest.raises(NoRoute) as refused:
            router.route(start, goal, profile=profile, closed=closed)
        assert refused.value.reasons
        return None
    route = router.route(start, goal, profile=profile, closed=closed)
    assert exact.metres / TOLERANCE - 1e-4 <= route.distance_m <= exact.metres * TOLERANCE + 1e-4
    assert violations(building, route, closed=closed, step_free=profile.step_free_only) == []
    return route


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(boxes=obstacles, start=spot, goal=spot)
def test_in_a_hall_full_of_boxes(
    boxes: list[tuple[float, float, float, float]], start: tuple[float, float], goal: tuple[float, float]
) -> None:
    from wayfinding import load_profiles

    compare(hall_with(boxes), point("1F", *start), point("1F", *goal), load_profiles()["walk"], frozenset())


@pytest.mark.parametrize("name", ["walk", "wheelchair", "elder"])
@pytest.mark.parametrize(
    ("building", "closed"),
    [
        (two_rooms(), []),
        (two_rooms(width_m=0.6), []),
        (ring(), ["SE"]),
        (ring(), ["WS", "EN"]),
        (gatehouse(), ["IN"]),
        (gatehouse(), ["WIDE"]),
        (open_plan(), []),
        (open_plan(), ["W-D", "N-D"]),
        (open_plan(), ["DESK"]),
        (tower(floors=3, escalator=True), []),
    ],
)
def test_on_drawn_buildings_under_closures(
    building: Building, closed: list[str], name: str, profiles: Mapping[str, Profile]
) -> None:
    shut = frozenset({opening_id(key) for key in closed} | {space_id(key) for key in closed})
    rng = random.Random(7)  # noqa: S311  reproducible, not secret
    numbers = [floor.number for floor in building.floors]
    for _ in range(4):
        start, goal = (point(rng.choice(numbers), rng.uniform(0.5, 19.5), rng.uniform(0.5, 14.5)) for _ in range(2))
        compare(building, start, goal, profiles[name], shut)


def test_around_a_closed_area_the_way_bends_at_its_corners(profiles: Mapping[str, Profile]) -> None:
    start, goal = point("1F", 5, 6), point("1F", 25, 6)
    route = compare(open_plan(), start, goal, profiles["walk"], frozenset({space_id("DESK")}))
    assert route is not None
    corner_to_corner = 10.0 + 2 * (5.0**2 + 3.0**2) ** 0.5
    assert route.distance_m == pytest.approx(corner_to_corner, rel=0.002)
    assert [a.id for a in route.avoided] == [space_id("DESK")]


def test_a_straight_line_is_as_long_as_it_is(profiles: Mapping[str, Profile]) -> None:
    route = compare(two_rooms(), point("1F", 2, 5), point("1F", 18, 5), profiles["walk"], frozenset())
    assert route is not None
    assert route.distance_m == pytest.approx(16.0)
    assert route.duration_s == pytest.approx(16.0 / profiles["walk"].speed_m_s)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(boxes=obstacles, start=spot, goal=spot)
def test_there_and_back_are_equally_long_where_nothing_is_one_way(
    boxes: list[tuple[float, float, float, float]], start: tuple[float, float], goal: tuple[float, float]
) -> None:
    from wayfinding import load_profiles

    router, walk = Router(compile_network(hall_with(boxes))), load_profiles()["walk"]
    try:
        there = router.route(point("1F", *start), point("1F", *goal), profile=walk)
    except NoRoute:
        with pytest.raises(NoRoute):
            router.route(point("1F", *goal), point("1F", *start), profile=walk)
        return
    back = router.route(point("1F", *goal), point("1F", *start), profile=walk)
    assert back.distance_m == pytest.approx(there.distance_m, abs=1e-6)


@pytest.mark.parametrize(("name", "seed"), [("walk", 0), ("walk", 1), ("wheelchair", 2), ("elder", 3)])
def test_in_the_reference_hall_under_random_closures(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], name: str, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    profile, graph = profiles[name], hall_router.network.graph(profiles[name])
    closable = [e.id for group in (hall.openings, hall.vertical_links, hall.spaces) for e in group]
    closed = frozenset(rng.sample(closable, 5)) if seed else frozenset()
    oracle = Oracle(hall, graph, closed)
    windows = [w.id for w in hall.windows if w.space not in closed]
    from building.places import resolve

    for start, goal in [(resolve(hall, "OUT"), resolve(hall, rng.choice(windows))) for _ in range(4)] + [
        (resolve(hall, rng.choice(windows)), resolve(hall, rng.choice(windows))) for _ in range(6)
    ]:
        a, b = hall_router.find_spot(graph, start), hall_router.find_spot(graph, goal)
        assert a is not None
        assert b is not None
        exact = oracle.best(a, b)
        if exact is None:
            with pytest.raises(NoRoute):
                hall_router.route(start, goal, profile=profile, closed=closed)
            continue
        route = hall_router.route(start, goal, profile=profile, closed=closed)
        assert route.distance_m <= exact.metres * TOLERANCE + 1e-4
        assert violations(hall, route, closed=closed, step_free=profile.step_free_only) == []


def test_from_outside_into_a_room_and_back(profiles: Mapping[str, Profile]) -> None:
    inward = compare(two_rooms(), OUTSIDE, point("1F", 18, 5), profiles["walk"], frozenset())
    outward = compare(two_rooms(), point("1F", 18, 5), OUTSIDE, profiles["walk"], frozenset())
    assert inward is not None
    assert outward is not None
    assert inward.distance_m == pytest.approx(outward.distance_m, abs=1e-6)
    assert inward.geometry[0][1] < 0.0
