"""Tables, tours, reach, alternatives and meetings agree with single routes, taken one by one."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations
from math import dist, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.model import Building, Polygon
from building.places import Place, resolve
from building.shapes import contains
from wayfinding import NoRoute, Profile, Route, Router, compile_network
from wayfinding.alternatives import LONGER_MAX, SHARED_MAX, list_ways
from wayfinding.conditions import Conditions
from wayfinding.drafts import (
    OUTSIDE,
    gatehouse,
    link_id,
    open_plan,
    opening_id,
    point,
    ring,
    space_id,
    tower,
    towers_on_a_concourse,
    two_rooms,
)
from wayfinding.errors import Unanswerable
from wayfinding.isochrone import make_isochrone
from wayfinding.matrix import make_matrix
from wayfinding.meeting import Person, find_meeting, list_landmarks, list_spaces
from wayfinding.nearest import find_nearest
from wayfinding.router import Endpoint
from wayfinding.testing import violations
from wayfinding.tour import STOPS_MAX, find_order, find_tour


def taken(router: Router, start: Endpoint, goal: Endpoint, profile: Profile, **more: object) -> Route | None:
    """The plain route, None where there is none."""
    try:
        return router.route(start, goal, profile=profile, **more)  # type: ignore[arg-type]
    except NoRoute:
        return None


@pytest.fixture(scope="module")
def campus_router() -> Router:
    return Router(compile_network(towers_on_a_concourse(towers=1, storeys=2)))


# Tables ---------------------------------------------------------------------------------------------------------------


def check_table(router: Router, places: Sequence[Endpoint], profile: Profile, **more: object) -> int:
    """Every cell is the single route's; how many there are."""
    table = make_matrix(router, places, places, profile=profile, now=Conditions(**more))  # type: ignore[arg-type]
    found = 0
    for start, row in zip(places, table, strict=True):
        for goal, cell in zip(places, row, strict=True):
            route = taken(router, start, goal, profile, **more)
            if route is None:
                assert (cell.seconds, cell.metres) == (None, None)
                assert cell.reasons
                continue
            found += 1
            assert cell.seconds == pytest.approx(route.duration_s, abs=1e-6)
            assert cell.metres == pytest.approx(route.distance_m, abs=1e-6)
            assert cell.reasons == ()
    return found


@pytest.mark.parametrize("name", ["walk", "wheelchair", "elder"])
@pytest.mark.parametrize(
    ("building", "closed"),
    [
        (two_rooms(), ["MID"]), (ring(), []), (ring(), ["SE"]), (gatehouse(), ["WIDE"]), (open_plan(), ["DESK"]),
        (tower(floors=3, escalator=True), []), (tower(floors=3), ["ST"]),
    ],
)  # fmt: skip
def test_a_table_holds_what_single_routes_take(
    building: Building, closed: list[str], name: str, profiles: Mapping[str, Profile]
) -> None:
    shut = frozenset(make(key) for key in closed for make in (opening_id, space_id, link_id))
    rng = random.Random(3)  # noqa: S311  reproducible, not secret
    numbers = [floor.number for floor in building.floors]
    spots = [point(rng.choice(numbers), rng.uniform(0.5, 19.5), rng.uniform(0.5, 11.5)) for _ in range(4)]
    full = {space_id("B"): 3.0, space_id("N"): 1.6, space_id("NORTH"): 2.0, space_id("2F-HALL"): 1.25}
    waits = {link_id("LI"): 90.0}
    router = Router(compile_network(building))
    check_table(router, [OUTSIDE, *spots], profiles[name], closed=shut, lift_wait_s=waits, crowd=full)


@pytest.mark.parametrize(("name", "seed"), [("walk", 0), ("wheelchair", 1), ("elder", 2)])
def test_a_table_of_the_reference_hall_under_random_closures(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], name: str, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    closable = [e.id for group in (hall.openings, hall.vertical_links) for e in group]
    closed = frozenset(rng.sample(closable, 4))
    words = ["OUT", *(w.id for w in rng.sample(hall.windows, 4)), rng.choice(hall.pois).id, "B1@10,10"]
    places = [resolve(hall, word) for word in words]
    waits = {link.id: 75.0 for link in hall.vertical_links if link.kind == "lift"}
    assert check_table(hall_router, places, profiles[name], closed=closed, lift_wait_s=waits) > len(places)


def test_who_is_outside_and_goes_there_is_there(profiles: Mapping[str, Profile]) -> None:
    route = Router(compile_network(two_rooms())).route(OUTSIDE, OUTSIDE, profile=profiles["walk"])
    assert (route.distance_m, route.duration_s) == (0.0, 0.0)
    assert (route.steps[0].kind, route.steps[-1].kind) == ("depart", "arrive")


# The nearest ----------------------------------------------------------------------------------------------------------


def test_the_nearest_is_the_one_whose_route_counts_least_and_others_follow(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    toilets = [resolve(hall, poi.id) for poi in hall.pois if poi.kind.startswith("toilet")]
    start = resolve(hall, "B07")
    found = find_nearest(hall_router, start, toilets, profile=profiles["walk"])
    routes = {goal.id: taken(hall_router, start, goal, profiles["walk"]) for goal in toilets}
    soonest = sorted(route.duration_s for route in routes.values() if route is not None)
    assert [r.cost.seconds for r in found.ranked] == pytest.approx(soonest)
    assert found.route.duration_s == pytest.approx(soonest[0])
    assert len(found.unreached) == sum(route is None for route in routes.values())


def test_the_nearest_for_a_wheelchair_is_one_it_reaches(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(gatehouse()))
    start, beyond, far = point("1F", 8, 2), point("1F", 8, 6), point("1F", 2, 2)
    assert find_nearest(router, start, [beyond, far], profile=profiles["walk"]).ranked[0].goal is beyond
    closed = frozenset({opening_id("WIDE")})
    found = find_nearest(router, start, [beyond, far], profile=profiles["wheelchair"], now=Conditions(closed=closed))
    assert [r.goal for r in found.ranked] == [far]
    assert found.unreached == (beyond,)
    with pytest.raises(NoRoute) as refused:
        find_nearest(router, start, [beyond], profile=profiles["wheelchair"], now=Conditions(closed=closed))
    assert refused.value.reasons


# Tours ----------------------------------------------------------------------------------------------------------------

cost = st.one_of(st.just(inf), st.integers(0, 40).map(float))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.booleans(), st.data())
def test_the_order_is_as_cheap_as_the_best_of_all_permutations(stops: int, end: bool, data: st.DataObject) -> None:
    size = 1 + stops + end
    row = st.lists(cost, min_size=size, max_size=size)
    costs = data.draw(st.lists(row, min_size=size, max_size=size))

    def total(order: Sequence[int]) -> float:
        visited = [0, *(stop + 1 for stop in order), *([stops + 1] if end else [])]
        return sum(costs[a][b] for a, b in pairwise(visited))

    best = min(total(order) for order in permutations(range(stops)))
    found = find_order(costs, stops=stops)
    if best == inf:
        assert found is None
    else:
        assert found is not None
        assert sorted(found) == list(range(stops))
        assert total(found) == best


@pytest.mark.parametrize("end", [None, "3F"])
def test_a_tour_takes_as_long_as_the_best_order_of_single_routes(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], end: str | None
) -> None:
    start, goal = resolve(hall, "OUT"), resolve(hall, "3F@30,20") if end else None
    stops = [resolve(hall, word) for word in ("B07", "A07", "复印打印", "A15")]
    found = find_tour(hall_router, start, stops, end=goal, best_order=True, profile=profiles["walk"])
    seconds: dict[tuple[str, str], float] = {}

    def total(order: Sequence[Place]) -> float:
        visited = [start, *order, *([goal] if goal else [])]
        for a, b in pairwise(visited):
            if (a.id, b.id) not in seconds:
                seconds[a.id, b.id] = hall_router.route(a, b, profile=profiles["walk"]).duration_s
        return sum(seconds[a.id, b.id] for a, b in pairwise(visited))

    assert found.duration_s == pytest.approx(min(total(order) for order in permutations(stops)))
    assert found.duration_s == pytest.approx(total([stops[n] for n in found.order]))
    as_given = find_tour(hall_router, start, stops, end=goal, best_order=False, profile=profiles["walk"])
    assert as_given.order == (0, 1, 2, 3)
    assert as_given.duration_s == pytest.approx(total(stops))
    for before, after in pairwise(found.legs):
        assert dist(before.geometry[-1], after.geometry[0]) < 0.01


def test_a_tour_over_a_place_that_cannot_be_had_says_why_and_too_many_stops_are_refused(
    profiles: Mapping[str, Profile],
) -> None:
    router = Router(compile_network(tower(lift=False)))
    stops = [point("1F", 12, 2), point("2F", 5, 5)]
    with pytest.raises(NoRoute) as refused:
        find_tour(router, OUTSIDE, stops, best_order=True, profile=profiles["wheelchair"])
    assert refused.value.blockers == (link_id("ST"),)
    with pytest.raises(Unanswerable) as many:
        find_tour(router, OUTSIDE, stops[:1] * (STOPS_MAX + 1), best_order=True, profile=profiles["walk"])
    assert many.value.code == "too_many_stops"


# How far --------------------------------------------------------------------------------------------------------------


def inside(polygons: Sequence[Polygon], x: float, y: float) -> bool:
    return contains(polygons, (x, y))


@pytest.mark.parametrize(("name", "within_s"), [("walk", 60.0), ("wheelchair", 90.0)])
def test_what_is_reached_is_what_a_route_reaches_in_time(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], name: str, within_s: float
) -> None:
    profile, start = profiles[name], resolve(hall, "A07")
    closed = frozenset({"shifanqu:link:ESC-1", hall.openings[20].id})
    found = make_isochrone(hall_router, start, [within_s / 2, within_s], profile=profile, now=Conditions(closed=closed))
    routes = {
        space.id: taken(hall_router, start, resolve(hall, space.id), profile, closed=closed)
        for space in hall.spaces
        if space.walkable
    }
    expected = {space for space, route in routes.items() if route is not None and route.duration_s <= within_s}
    assert {reached.space.id for reached in found.spaces} == expected
    assert 5 < len(expected) < len(routes)
    assert [r.seconds for r in found.spaces] == sorted(r.seconds for r in found.spaces)
    areas = {(area.floor, area.seconds): area for area in found.areas}
    rng = random.Random(5)  # noqa: S311  reproducible, not secret
    graph, judged = hall_router.network.graph(profile), set()
    for floor in graph.floors:
        x0, y0, x1, y1 = floor.free.bounds
        for _ in range(40):
            x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
            place = Place(id="here", floor=floor.floor.id, at=(x, y), name={})
            stand = floor.find_stand((x, y), reach_m=0.0)
            route = None if stand is None else taken(hall_router, start, place, profile, closed=closed)
            area = areas.get((floor.floor.id, within_s))
            if stand is None or area is None:
                continue
            slack_s = 2 * 2**0.5 * area.cell_m / profile.speed_m_s
            drawn = inside(area.polygons, x, y)
            if route is not None and route.duration_s <= within_s - slack_s:
                assert drawn, (name, floor.floor.number, x, y, route.duration_s)
                judged.add("in")
            elif route is None or route.duration_s > within_s + slack_s:
                assert not drawn, (name, floor.floor.number, x, y, route and route.duration_s)
                judged.add("out")
    assert judged == {"in", "out"}


def test_who_is_in_a_closed_room_reaches_nothing_and_hears_why(profiles: Mapping[str, Profile]) -> None:
    building = two_rooms()
    now = Conditions(closed=frozenset({space_id("A")}))
    with pytest.raises(NoRoute) as refused:
        make_isochrone(
            Router(compile_network(building)), resolve(building, space_id("A")), [10], profile=profiles["walk"], now=now
        )
    assert refused.value.reasons[0].code == "closed"


# Alternatives ---------------------------------------------------------------------------------------------------------


def common(route: Route, other: Route) -> float:
    """The part of a route's line that lies near another's, by points along it."""

    def points(line: Sequence[tuple[float, float, float]]) -> list[tuple[float, ...]]:
        return [
            tuple(p + (q - p) * k / steps for p, q in zip(a, b, strict=True))
            for a, b in pairwise(line)
            for steps in [max(1, round(dist(a, b) / 0.25))]
            for k in range(steps)
        ]

    near = points(other.geometry)
    own = points(route.geometry)
    return sum(any(dist(p, q) < 1.0 for q in near) for p in own) / len(own)


def check_ways(building: Building, ways: Sequence[Route], closed: frozenset[str], *, step_free: bool) -> None:
    for way in ways:
        assert violations(building, way, closed=closed, step_free=step_free) == []
    for n, way in enumerate(ways[1:], 1):
        assert all((way.links, way.openings) != (other.links, other.openings) for other in ways[:n])
        assert all(common(way, other) <= SHARED_MAX + 0.1 for other in ways[:n])


@pytest.mark.parametrize("name", ["walk", "wheelchair"])
def test_alternatives_in_the_hall_are_other_ways_and_right(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], name: str
) -> None:
    start, goal = resolve(hall, "OUT"), resolve(hall, "B07")
    profile = profiles[name]
    (best,) = list_ways(hall_router, start, goal, profile=profile, most=0)
    assert best == hall_router.route(start, goal, profile=profile)
    ways = list_ways(hall_router, start, goal, profile=profile, most=3)
    check_ways(hall, ways, frozenset(), step_free=profile.step_free_only)
    assert ways[0] == best
    assert ways == list_ways(hall_router, start, goal, profile=profile, most=3)
    if name == "walk":  # where nothing is disliked, what a way counts for is its seconds
        assert len(ways) > 1
        assert all(a.duration_s <= b.duration_s + 1e-6 for a, b in pairwise(ways))
        assert ways[-1].duration_s <= best.duration_s * LONGER_MAX
    closed = frozenset({*best.links, best.openings[0]})
    check_ways(
        hall, list_ways(hall_router, start, goal, profile=profile, most=3, now=Conditions(closed=closed)), closed,
        step_free=profile.step_free_only,
    )  # fmt: skip


def test_round_a_block_the_other_way_is_the_alternative_and_a_long_way_round_is_none(
    profiles: Mapping[str, Profile],
) -> None:
    router = Router(compile_network(ring()))
    opposite = list_ways(router, point("1F", 12, 2.5), point("1F", 2, 17.5), profile=profiles["walk"], most=3)
    assert [set(way.openings) for way in opposite] == [
        {opening_id("WS")},
        {opening_id("SE"), opening_id("EN"), opening_id("NW")},
    ]
    beside = list_ways(router, point("1F", 12, 2.5), point("1F", 17.5, 8), profile=profiles["walk"], most=3)
    assert len(beside) == 1


def test_alternatives_of_a_campus_are_right(campus_router: Router, profiles: Mapping[str, Profile]) -> None:
    building = campus_router.network.building
    start, goal = OUTSIDE, resolve(building, building.pois[-1].id)
    ways = list_ways(campus_router, start, goal, profile=profiles["walk"], most=3)
    check_ways(building, ways, frozenset(), step_free=False)
    assert len({way.links for way in ways}) == len(ways) > 1


# Meetings -------------------------------------------------------------------------------------------------------------


def test_people_meet_where_the_last_of_them_is_soonest(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    people = [
        Person(start=resolve(hall, word), profile=profiles[name])
        for word, name in (("A01", "walk"), ("B07", "wheelchair"), ("OUT", "elder"))
    ]
    found = find_meeting(hall_router, people)
    lasts = []
    for place in list_landmarks(hall):
        routes = [taken(hall_router, p.start, place, p.profile) for p in people]
        if None not in routes:
            lasts.append(max(route.duration_s for route in routes if route is not None))
    assert found.seconds == pytest.approx(min(lasts), abs=0.01)
    assert [route.profile for route in found.routes] == ["walk", "wheelchair", "elder"]
    assert not found.place.kind.startswith("toilet")


def test_where_no_landmark_is_they_meet_in_a_room_or_hear_why_not(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(tower(lift=False)))
    up = Person(start=point("2F", 5, 5), profile=profiles["wheelchair"])
    down = Person(start=point("1F", 5, 5), profile=profiles["wheelchair"])
    with pytest.raises(NoRoute) as refused:
        find_meeting(router, [up, down])
    assert refused.value.blockers == (link_id("ST"),)
    closed = frozenset({opening_id("FRONT")})
    pair = [Person(start=point("2F", x, 5), profile=profiles["walk"], now=Conditions(closed=closed)) for x in (2, 18)]
    assert find_meeting(router, pair).place in [
        *list_landmarks(router.network.building),
        *list_spaces(router.network.building),
    ]
