"""Directions read like what somebody who knows the house would say, in both languages."""

import json
from collections.abc import Mapping

import pytest

from building.model import Building, Poi, make_id
from building.places import resolve
from wayfinding import Profile, Route, Router, compile_network, to_json
from wayfinding.drafts import OUTSIDE, SITE, Draft, Spotted, box, floor_id, gatehouse, point, space_id, tower, two_rooms


def told(building: Building, start: Spotted, goal: Spotted, profile: Profile) -> list[tuple[str, str, str]]:
    route = Router(compile_network(building)).route(start, goal, profile=profile)
    return [(step.kind, step.text["zh"], step.text["en"]) for step in route.steps]


def test_a_walk_through_two_doors(profiles: Mapping[str, Profile]) -> None:
    goal = Spotted(id=space_id("B"), floor=floor_id("1F"), at=(18.0, 5.0), name={"zh": "B室", "en": "Room B"})
    steps = told(two_rooms(), OUTSIDE, goal, profiles["walk"])
    assert steps[0] == ("depart", "从室外出发", "Start from the outside")
    assert steps[-1] == ("arrive", "到达B室", "You have arrived at Room B")
    doors = [zh for kind, zh, _ in steps if kind == "door"]
    assert doors == ["通过FRONT门，进入A室，走7米", "通过MID门，进入B室，走8米"]
    assert steps[-2] == ("door", "通过MID门，进入B室，走8米", "Go through door MID into Room B, then walk 8 m")


def test_turnstiles_are_gates(profiles: Mapping[str, Profile]) -> None:
    kinds = [kind for kind, _, _ in told(gatehouse(), point("1F", 8, 2), point("1F", 8, 9), profiles["walk"])]
    assert kinds == ["depart", "walk", "gate", "arrive"]


@pytest.mark.parametrize(
    ("name", "kind", "zh", "en"),
    [
        ("walk", "stairs", "走ST号上到3F层", "Take link ST up to Floor 3F"),
        ("wheelchair", "lift", "乘LI号到3F层", "Take link LI to Floor 3F"),
    ],
)
def test_floors_are_changed_in_one_step(
    name: str, kind: str, zh: str, en: str, profiles: Mapping[str, Profile]
) -> None:
    steps = told(tower(floors=3), point("1F", 1, 1), point("3F", 5, 1), profiles[name])
    assert [step for step in steps if step[0] == kind] == [(kind, zh, en)]


def corner(*, north: bool) -> Building:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 20, 20))
    draft.obstacle("1F", "A", box(0, 3, 17, 17) if north else box(0, 3, 17, 20))
    draft.pois.append(
        Poi(
            id=make_id(SITE, "poi", "CLOCK"), name={"zh": "大钟", "en": "the clock"}, kind="clock",
            floor=floor_id("1F"), space=space_id("A"), at=(18.5, 1.5),
        )
    )  # fmt: skip
    return draft.build()


def test_a_turn_is_told_by_its_side_and_by_what_stands_there(profiles: Mapping[str, Profile]) -> None:
    steps = told(corner(north=False), point("1F", 1, 2.7), point("1F", 17.3, 19), profiles["walk"])
    assert steps[1:3] == [
        ("walk", "直行16米", "Walk straight on for 16 m"),
        ("turn", "在大钟旁左转，走16米", "At the clock turn left, then walk 16 m"),
    ]
    back = told(corner(north=False), point("1F", 17.3, 19), point("1F", 1, 2.7), profiles["walk"])
    assert back[2][1] == "在大钟旁右转，走16米"


def test_names_of_types_are_not_said(profiles: Mapping[str, Profile]) -> None:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10))
    draft.room("1F", "B", box(10, 0, 20, 10))
    draft.door("1F", "M:864x2032:1", ("A", "B"), ((10.0, 4.0), (10.0, 5.0)))
    steps = told(draft.build(), point("1F", 5, 4.5), point("1F", 15, 4.5), profiles["walk"])
    assert steps[2] == ("door", "通过门，进入B室，走5米", "Go through the door into Room B, then walk 5 m")


def test_json_is_the_contract(profiles: Mapping[str, Profile]) -> None:
    route = Router(compile_network(tower())).route(point("1F", 2, 8), point("2F", 2, 8), profile=profiles["wheelchair"])
    both = json.loads(json.dumps(to_json(route)))
    assert both.keys() >= {"distance_m", "duration_s", "profile", "geometry", "floors", "steps", "avoided"}
    assert both["profile"] == "wheelchair"
    assert both["floors"] == [floor_id("1F"), floor_id("2F")]
    assert all(len(p) == 3 for p in both["geometry"])
    for step in both["steps"]:
        assert step.keys() == {"kind", "text", "distance_m", "duration_s", "floor", "at"}
        assert step["text"].keys() == {"zh", "en"}
    assert all({"id", "reason"} <= a.keys() for a in both["avoided"])
    for lang in ("zh", "en"):
        one = to_json(route, lang)
        assert [step["text"] for step in one["steps"]] == [step["text"][lang] for step in both["steps"]]


def from_outside(hall: Building, router: Router, word: str, profile: Profile) -> Route:
    return router.route(resolve(hall, "OUT"), resolve(hall, word), profile=profile)


def test_the_visitors_way_in_the_reference_hall(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    route = from_outside(hall, hall_router, "A07", profiles["walk"])
    assert [step.kind for step in route.steps] == ["depart", "walk", "stairs", "walk", "door", "door", "gate", "arrive"]
    assert "入口门斗" in route.steps[4].text["zh"]
    assert "A07" in route.steps[-1].text["zh"]
    upstairs = from_outside(hall, hall_router, "B12", profiles["walk"])
    assert [step.text["zh"] for step in upstairs.steps if step.kind == "escalator"] == ["乘上行扶梯到二层"]


def test_the_wheelchair_way_upstairs_takes_ramp_and_lift(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    route = from_outside(hall, hall_router, "B12", profiles["wheelchair"])
    kinds = {step.kind for step in route.steps}
    assert {"ramp", "lift"} <= kinds
    assert not kinds & {"stairs", "escalator"}
    assert {a.reason for a in route.avoided} == {"steps", "narrow"}


def test_who_is_led_to_the_other_lift_is_told_which_one_is_out_of_order(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile]
) -> None:
    start, goal = resolve(hall, "OUT"), resolve(hall, "B12")
    usual = hall_router.route(start, goal, profile=profiles["wheelchair"])
    lift = next(link for link in usual.links if "LIFT" in link)
    other = hall_router.route(start, goal, profile=profiles["wheelchair"], closed=frozenset({lift}))
    assert other.links != usual.links
    assert (lift, "closed") in [(a.id, a.reason) for a in other.avoided]
