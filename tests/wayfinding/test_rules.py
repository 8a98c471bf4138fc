"""Nobody is sent through what is closed, too narrow, stepped, one-way or not for them; refusals say why."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import dist

import pytest
import shapely

from building.model import OUT, Building
from wayfinding import NoRoute, Profile, Route, Router, compile_network
from wayfinding.drafts import (
    OUTSIDE,
    SITE,
    Draft,
    Spotted,
    box,
    floor_id,
    gatehouse,
    link_id,
    opening_id,
    point,
    ring,
    space_id,
    tower,
    two_rooms,
)
from wayfinding.links import against


def go(building: Building, start: Spotted, goal: Spotted, profile: Profile, **more: object) -> Route:
    return Router(compile_network(building)).route(start, goal, profile=profile, **more)  # type: ignore[arg-type]


def room(key: str, floor: str, x: float, y: float) -> Spotted:
    return Spotted(id=space_id(key), floor=floor_id(floor), at=(x, y), name={"zh": f"{key}室", "en": f"Room {key}"})


# Closed ---------------------------------------------------------------------------------------------------------------


def test_a_closed_door_is_walked_around_and_named(profiles: Mapping[str, Profile]) -> None:
    start, goal = point("1F", 12, 2.5), point("1F", 17.5, 8)
    short = go(ring(), start, goal, profiles["walk"])
    long = go(ring(), start, goal, profiles["walk"], closed=frozenset({opening_id("SE")}))
    assert opening_id("SE") in short.openings
    assert short.avoided == ()
    assert long.openings == (opening_id("WS"), opening_id("NW"), opening_id("EN"))
    assert long.distance_m > 3 * short.distance_m
    assert [(a.id, a.reason) for a in long.avoided] == [(opening_id("SE"), "closed")]


def test_a_closure_far_from_the_way_changes_nothing(profiles: Mapping[str, Profile]) -> None:
    start, goal = point("1F", 12, 2.5), point("1F", 17.5, 8)
    closed = frozenset({opening_id("NW"), "test:opening:UNKNOWN"})
    assert go(ring(), start, goal, profiles["walk"], closed=closed) == go(ring(), start, goal, profiles["walk"])


def test_with_all_ways_closed_the_refusal_names_what_is_closed(profiles: Mapping[str, Profile]) -> None:
    closed = frozenset({opening_id("MID")})
    with pytest.raises(NoRoute) as refused:
        go(two_rooms(), point("1F", 2, 5), point("1F", 18, 5), profiles["walk"], closed=closed)
    assert refused.value.reasons[0].code == "closed"
    assert refused.value.blockers == (opening_id("MID"),)
    assert "MID" in refused.value.text["zh"]


def test_closing_a_device_closes_what_it_moves(profiles: Mapping[str, Profile]) -> None:
    closed = frozenset({f"{SITE}:device:LI"})
    route = go(tower(), point("1F", 17, 5), point("2F", 17, 5), profiles["elder"], closed=closed)
    assert route.links == (link_id("ST"),)
    with pytest.raises(NoRoute) as refused:
        go(tower(), point("1F", 17, 5), point("2F", 17, 5), profiles["wheelchair"], closed=closed)
    assert refused.value.reasons[0].text["en"] == "all lifts are closed"


def test_closing_a_lift_door_closes_that_stop_only(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    for n, number in enumerate(("1F", "2F", "3F")):
        draft.floor(number, n)
        draft.room(number, f"{number}-HALL", box(0, 0, 20, 10))
        draft.room(number, f"{number}-SHAFT", box(20, 4, 22, 6), walkable=False)
        draft.door(
            number, f"{number}-DOOR", (f"{number}-HALL", f"{number}-SHAFT"), ((20.0, 4.5), (20.0, 5.5)),
            kind="lift", link=link_id("LI"),
        )  # fmt: skip
    draft.link("lift", "LI", [(n, f"{n}-HALL", (19.0, 5.0)) for n in ("1F", "2F", "3F")], step_free=True)
    building, closed = draft.build(), frozenset({opening_id("2F-DOOR")})
    assert go(building, point("1F", 5, 5), point("3F", 5, 5), profiles["walk"], closed=closed).links == (link_id("LI"),)
    with pytest.raises(NoRoute):
        go(building, point("1F", 5, 5), point("2F", 5, 5), profiles["walk"], closed=closed)


def test_a_closed_goal_is_refused_as_closed(profiles: Mapping[str, Profile]) -> None:
    closed = frozenset({space_id("B")})
    with pytest.raises(NoRoute) as refused:
        go(two_rooms(), point("1F", 2, 5), room("B", "1F", 18, 5), profiles["walk"], closed=closed)
    assert refused.value.reasons[0].code == "closed"
    with pytest.raises(NoRoute):
        go(two_rooms(), point("1F", 2, 5), point("1F", 18, 5), profiles["walk"], closed=closed)


# Steps, widths, one-way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wheelchair", "pushchair"])
def test_step_free_profiles_take_the_lift_and_name_what_they_avoid(name: str, profiles: Mapping[str, Profile]) -> None:
    route = go(tower(floors=3), point("1F", 2, 8), point("2F", 2, 8), profiles[name])
    assert route.links == (link_id("LI"),)
    assert [(a.id, a.reason) for a in route.avoided] == [(link_id("ST"), "steps")]


def test_where_only_stairs_lead_a_wheelchair_is_refused_with_the_reason(profiles: Mapping[str, Profile]) -> None:
    with pytest.raises(NoRoute) as refused:
        go(tower(lift=False), point("1F", 2, 8), point("2F", 2, 8), profiles["wheelchair"])
    (reason,) = refused.value.reasons
    assert reason.code == "steps"
    assert reason.blockers == (link_id("ST"),)
    assert "2F" in reason.text["zh"]


def test_a_narrow_gate_is_passed_by_who_fits_and_by_nobody_else(profiles: Mapping[str, Profile]) -> None:
    start, goal = point("1F", 8, 2), point("1F", 8, 8)
    assert go(gatehouse(), start, goal, profiles["walk"]).openings == (opening_id("IN"),)
    wheelchair = go(gatehouse(), start, goal, profiles["wheelchair"])
    assert wheelchair.openings == (opening_id("WIDE"),)
    assert [(a.id, a.reason) for a in wheelchair.avoided] == [(opening_id("IN"), "narrow")]


def test_a_gate_is_left_by_the_way_it_opens(profiles: Mapping[str, Profile]) -> None:
    inside, lobby = point("1F", 8.3, 8), point("1F", 8.3, 2)
    assert go(gatehouse(), lobby, inside, profiles["walk"]).openings == (opening_id("IN"),)
    assert go(gatehouse(), inside, lobby, profiles["walk"]).openings == (opening_id("OUTWARD"),)


def test_an_escalator_carries_one_way(profiles: Mapping[str, Profile]) -> None:
    building = tower(escalator=True, lift=False)
    up = go(building, point("1F", 8, 7), point("2F", 13, 7), profiles["walk"])
    down = go(building, point("2F", 13, 7), point("1F", 8, 7), profiles["walk"])
    assert up.links == (link_id("ES"),)
    assert down.links == (link_id("ST"),)


def test_a_link_is_closed_in_one_direction_and_stays_open_in_the_other(profiles: Mapping[str, Profile]) -> None:
    building = tower(lift=False)
    low, high = point("1F", 4, 7), point("2F", 4, 7)
    only_up = frozenset({against(link_id("ST"), "down")})
    assert go(building, low, high, profiles["walk"], closed=only_up).links == (link_id("ST"),)
    with pytest.raises(NoRoute) as refusal:
        go(building, high, low, profiles["walk"], closed=only_up)
    assert refusal.value.blockers == (link_id("ST"),)
    assert "/" not in refusal.value.text["zh"]


def test_a_balcony_door_and_a_vehicle_gate_let_nobody_out(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10))
    draft.door("1F", "CARS", ("A", OUT), ((4.0, 0.0), (7.0, 0.0)), vehicles_only=True)
    with pytest.raises(NoRoute) as refused:
        go(draft.build(), OUTSIDE, point("1F", 5, 5), profiles["walk"])
    assert refused.value.reasons[0].code == "unconnected"


def test_a_fire_exit_is_no_entrance_unless_it_is_all_there_is(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10))
    draft.door("1F", "FIRE", ("A", OUT), ((4.0, 0.0), (5.0, 0.0)), kind="fire")
    assert go(draft.build(), OUTSIDE, point("1F", 5, 2), profiles["walk"]).openings == (opening_id("FIRE"),)
    draft.door("1F", "MAIN", ("A", OUT), ((4.0, 10.0), (5.0, 10.0)))
    assert go(draft.build(), OUTSIDE, point("1F", 5, 2), profiles["walk"]).openings == (opening_id("MAIN"),)


# Who may enter --------------------------------------------------------------------------------------------------------


def staffed() -> Building:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "HALL", box(0, 0, 10, 10))
    draft.room("1F", "BACK", box(10, 0, 20, 10), access="staff")
    draft.room("1F", "VAULT", box(20, 0, 30, 10), access="restricted")
    draft.door("1F", "FRONT", ("HALL", OUT), ((4.0, 0.0), (6.0, 0.0)))
    draft.door("1F", "IN", ("HALL", "BACK"), ((10.0, 4.0), (10.0, 5.0)))
    draft.door("1F", "SAFE", ("BACK", "VAULT"), ((20.0, 4.0), (20.0, 5.0)))
    return draft.build()


def test_staff_areas_are_for_staff(profiles: Mapping[str, Profile]) -> None:
    assert go(staffed(), OUTSIDE, room("BACK", "1F", 15, 5), profiles["staff"]).openings[-1] == opening_id("IN")
    for goal in (room("BACK", "1F", 15, 5), point("1F", 15, 5), point("1F", 11, 5)):
        with pytest.raises(NoRoute) as refused:
            go(staffed(), OUTSIDE, goal, profiles["walk"])
        assert refused.value.reasons[0].code == "access"
        assert "访客" in refused.value.text["zh"]


def test_restricted_rooms_are_not_for_staff_either(profiles: Mapping[str, Profile]) -> None:
    with pytest.raises(NoRoute) as refused:
        go(staffed(), OUTSIDE, room("VAULT", "1F", 25, 5), profiles["staff"])
    assert refused.value.blockers == (space_id("VAULT"),)
    assert "授权" in refused.value.text["zh"]


# Where one can stand --------------------------------------------------------------------------------------------------


def test_rooms_side_by_side_without_a_door_are_not_joined(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10), kind="open")
    draft.room("1F", "B", box(10, 0, 20, 10), kind="open")
    with pytest.raises(NoRoute) as refused:
        go(draft.build(), point("1F", 5, 5), point("1F", 15, 5), profiles["walk"])
    assert refused.value.reasons[0].code == "unconnected"


def test_a_gap_between_obstacles_is_passed_by_who_fits(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10))
    draft.obstacle("1F", "A", box(0, 4, 4.7, 5))
    draft.obstacle("1F", "A", box(5.3, 4, 10, 5))
    assert go(draft.build(), point("1F", 5, 2), point("1F", 5, 8), profiles["walk"]).distance_m == pytest.approx(6.0)
    with pytest.raises(NoRoute):
        go(draft.build(), point("1F", 5, 2), point("1F", 5, 8), profiles["wheelchair"])


@pytest.mark.parametrize("name", ["walk", "wheelchair", "staff"])
def test_the_way_never_leaves_the_free_space(
    name: str, hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    from building.places import resolve

    profile = profiles[name]
    graph = hall_router.network.graph(profile)
    for window in hall.windows[::6]:
        route = hall_router.route(resolve(hall, "OUT"), resolve(hall, window.id), profile=profile)
        for walkable in graph.floors:
            z = walkable.floor.elevation_m
            on_floor = [
                shapely.LineString([a[:2], b[:2]])
                for a, b in pairwise(route.geometry)
                if a[2] == b[2] == z and a[:2] != b[:2]
            ]
            # Off the free space lie only the steps onto and off a drawn flight or lift.
            stray = shapely.union_all(on_floor).difference(walkable.free.buffer(1e-6)).length
            assert stray <= 1.0


def test_every_public_room_of_the_reference_hall_is_reached_from_outside(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    from building.places import resolve

    outside = resolve(hall, "OUT")
    for name in ("walk", "wheelchair"):
        for space in hall.spaces:
            if space.walkable and space.access == "public":
                route = hall_router.route(outside, resolve(hall, space.id), profile=profiles[name])
                assert route.floors[-1] == space.floor


def test_lift_waits_decide_between_lift_and_stairs(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(tower(floors=3)))
    start, goal = point("1F", 16, 5), point("3F", 16, 5)
    quick = router.route(start, goal, profile=profiles["walk"], lift_wait_s={link_id("LI"): 0.0})
    slow = router.route(start, goal, profile=profiles["walk"], lift_wait_s={f"{SITE}:device:LI": 600.0})
    assert quick.links == (link_id("LI"),)
    assert slow.links == (link_id("ST"),)
    waited = router.route(start, goal, profile=profiles["wheelchair"], lift_wait_s={link_id("LI"): 100.0})
    at_once = router.route(start, goal, profile=profiles["wheelchair"], lift_wait_s={link_id("LI"): 0.0})
    assert waited.duration_s - at_once.duration_s == pytest.approx(100.0)


def test_a_route_adds_up(hall: Building, hall_router: Router, profiles: Mapping[str, Profile]) -> None:
    from building.places import resolve

    for word in ("A07", "B12", "3F-CONFL"):
        for profile in profiles.values():
            route = hall_router.route(resolve(hall, "OUT"), resolve(hall, word), profile=profile)
            length_m = sum(dist(a, b) for a, b in pairwise(route.geometry))
            assert route.distance_m == pytest.approx(length_m, abs=1e-6)
            assert route.distance_m == pytest.approx(sum(s.distance_m for s in route.steps), abs=1e-6)
            assert route.duration_s == pytest.approx(sum(s.duration_s for s in route.steps), abs=1e-6)
            assert route.steps[0].kind == "depart"
            assert route.steps[-1].kind == "arrive"


def test_many_threads_get_the_same_routes_as_one(hall: Building, profiles: Mapping[str, Profile]) -> None:
    from building.places import resolve

    def tell(router: Router, number: int) -> list[object]:
        window = hall.windows[number % len(hall.windows)].id
        closed = frozenset({hall.openings[number % len(hall.openings)].id, hall.spaces[number % len(hall.spaces)].id})
        try:
            route = router.route(resolve(hall, "OUT"), resolve(hall, window), profile=profiles["walk"], closed=closed)
        except NoRoute as refused:
            return list(refused.reasons)
        return list(route.geometry)

    router = Router(compile_network(hall))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: tell(router, number), range(160)))
    alone = Router(compile_network(hall))
    assert together == [tell(alone, number) for number in range(160)]
