from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from building.model import Building
from building.places import Place
from building.shapes import area_m2
from services.navigation.errors import (
    AmbiguousWord,
    NotReady,
    NoWay,
    TooManyClosed,
    UnknownProfile,
    UnknownWord,
)
from services.navigation.facts import ESCALATOR_OUT
from services.navigation.service import MAX_CLOSED, Navigation, Router
from tests.services.navigation.conftest import AFTERNOON_MS
from wayfinding.profile import Profile
from wayfinding.route import Route

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

LIFTS = {"shifanqu:link:LIFT-1", "shifanqu:link:LIFT-2"}


def lift_of(desk: Desk) -> str:
    """The lift a wheelchair takes to 2F while everything runs."""
    (lift,) = set(desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair").route.links) & LIFTS
    return lift


def test_a_route_leads_from_outside_to_the_place_the_word_means(desk: Desk, hall: Building) -> None:
    answer = desk.navigation.find_route(start="OUT", goal="A07")
    window = next(w for w in hall.windows if w.number == "A07")
    assert (answer.start.id, answer.goal.id, answer.version) == ("OUT", window.id, "v1")
    assert answer.route.geometry[-1][:2] == pytest.approx(window.stand, abs=0.5)
    assert answer.route.avoided == ()


def test_a_lift_that_fails_sends_the_wheelchair_to_the_other_one(desk: Desk) -> None:
    first = lift_of(desk)
    desk.devices.say(f"DEV-{first.rsplit(':', 1)[-1]}", mode="fault")
    answer = desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair")
    assert set(answer.route.links) & LIFTS == LIFTS - {first}


def test_what_the_shortest_way_would_take_but_does_not_run_is_named_with_the_devices_reason(desk: Desk) -> None:
    escalator = "shifanqu:link:ESC-1"
    assert escalator in desk.navigation.find_route(start="OUT", goal="B07", profile="elder").route.links
    desk.devices.say("DEV-ESC-1", mode="stopped")
    answer = desk.navigation.find_route(start="OUT", goal="B07", profile="elder")
    assert {a.id: (a.reason, a.text) for a in answer.route.avoided}[escalator] == ("closed", ESCALATOR_OUT.text)


def test_with_no_lift_there_is_no_way_for_a_wheelchair_and_one_on_foot(desk: Desk) -> None:
    for device in ("DEV-LIFT-1", "DEV-LIFT-2"):
        desk.devices.say(device, mode="maintenance")
    with pytest.raises(NoWay) as refusal:
        desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair")
    assert refusal.value.text["zh"]
    assert refusal.value.text["en"]
    assert set(refusal.value.extra["blockers"]) & LIFTS
    assert not set(desk.navigation.find_route(start="OUT", goal="B07").route.links) & LIFTS


def test_a_lift_that_runs_again_is_taken_again(desk: Desk) -> None:
    first = lift_of(desk)
    device = f"DEV-{first.rsplit(':', 1)[-1]}"
    desk.devices.say(device, mode="fault")
    assert first not in desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair").route.links
    desk.devices.say(device, mode="normal")
    assert lift_of(desk) == first


@pytest.mark.parametrize("spelling", ["LIFT-{}", "shifanqu:link:LIFT-{}", "DEV-LIFT-{}", "dev-lift-{}"])
def test_what_is_closed_by_hand_is_done_without_by_any_of_its_names(desk: Desk, spelling: str) -> None:
    first = lift_of(desk)
    word = spelling.format(first[-1])
    answer = desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair", closed=[word])
    assert first not in answer.route.links


class Spy:
    """A router that remembers what it was asked to do without."""

    def __init__(self, router: Router) -> None:
        self.router, self.closed, self.waits = router, frozenset[str](), dict[str, float]()
        self.prepared: list[str] = []
        self.network = router.network

    def prepare(self, profile: Profile) -> None:
        self.prepared.append(profile.name)

    def route(
        self,
        start: Place,
        goal: Place,
        *,
        profile: Profile,
        closed: frozenset[str],
        lift_wait_s: Mapping[str, float],
        crowd: Mapping[str, float],
    ) -> Route:
        self.closed, self.waits, self.crowd = closed, dict(lift_wait_s), dict(crowd)
        return self.router.route(start, goal, profile=profile, closed=closed, lift_wait_s=lift_wait_s, crowd=crowd)


def test_a_locked_door_stops_visitors_but_not_a_card_and_a_broken_one_stops_both(
    desk: Desk, hall: Building, hall_router: Router
) -> None:
    spy = Spy(hall_router)
    navigation = Navigation(
        live=desk.devices, profiles=desk.profiles, compile_router=lambda *_: spy, now_ms=lambda: AFTERNOON_MS
    )
    navigation.prepare("v1", hall)()
    (door,) = (o.id for o in hall.openings if o.device == "shifanqu:device:DOOR-05")
    desk.devices.say("DOOR-05", lock_state="locked")
    desk.devices.say("DEV-LIFT-1", wait=30)
    navigation.find_route(start="OUT", goal="A07")
    assert door in spy.closed
    assert spy.waits == {"shifanqu:link:LIFT-1": 30.0}
    navigation.find_route(start="OUT", goal="A07", profile="staff")
    assert door not in spy.closed
    desk.devices.say("DOOR-05", fault="tamper")
    navigation.find_route(start="OUT", goal="A07", profile="staff")
    assert door in spy.closed


def test_a_ticket_leads_to_its_window_as_long_as_there_is_one(desk: Desk) -> None:
    assert desk.navigation.find_route(start="OUT", goal="ticket:secret").goal.number == "A07"
    desk.tickets.targets["secret"] = "shifanqu:window:B01"
    assert desk.navigation.find_route(start="OUT", goal="ticket:secret").goal.number == "B01"
    desk.tickets.targets.clear()
    with pytest.raises(UnknownWord):
        desk.navigation.find_route(start="OUT", goal="ticket:secret")


def test_a_word_the_building_does_not_know_is_asked_of_the_other_modules(desk: Desk) -> None:
    desk.tickets.targets["shifanqu:department:rsj"] = "shifanqu:window:A01"
    assert desk.navigation.find_route(start="OUT", goal="shifanqu:department:rsj").goal.number == "A01"


def test_an_answer_that_the_building_does_not_know_is_no_place(desk: Desk) -> None:
    desk.tickets.targets["secret"] = "shifanqu:window:Z99"
    with pytest.raises(UnknownWord):
        desk.navigation.find_route(start="OUT", goal="ticket:secret")


def test_an_unknown_word_gets_the_nearest_spellings(desk: Desk) -> None:
    with pytest.raises(UnknownWord) as refusal:
        desk.navigation.find_route(start="OUT", goal="A077")
    assert refusal.value.extra["query"] == "A077"
    assert {"id", "name", "number", "floor", "source_id"} == set(refusal.value.extra["candidates"][0])


def test_a_name_that_several_places_have_gets_all_of_them(desk: Desk, hall: Building) -> None:
    names = [s.name["zh"] for s in hall.spaces]
    twice = next(
        n
        for n in names
        if names.count(n) > 1
        and n not in {e.name.get("zh") for e in (*hall.pois, *hall.windows, *hall.departments, *hall.outdoor_places)}
    )
    with pytest.raises(AmbiguousWord) as refusal:
        desk.navigation.find_route(start="OUT", goal=twice)
    assert len(refusal.value.extra["candidates"]) == names.count(twice)


def test_an_unknown_profile_an_unknown_closure_and_too_many_are_named(desk: Desk) -> None:
    with pytest.raises(UnknownProfile) as refusal:
        desk.navigation.find_route(start="OUT", goal="A07", profile="swim")
    assert refusal.value.extra["profiles"] == sorted(desk.profiles)
    with pytest.raises(UnknownWord):
        desk.navigation.find_route(start="OUT", goal="A07", closed=["LIFT-99"])
    with pytest.raises(TooManyClosed):
        desk.navigation.find_route(start="OUT", goal="A07", closed=["LIFT-1"] * (MAX_CLOSED + 1))


def test_before_the_building_is_compiled_one_is_asked_to_wait(desk: Desk) -> None:
    navigation = Navigation(live=desk.devices, profiles=desk.profiles)
    with pytest.raises(NotReady) as refusal:
        navigation.find_route(start="OUT", goal="A07")
    assert refusal.value.retry_after_s > 0


def test_at_a_start_it_serves_before_any_profile_is_prepared(desk: Desk, hall: Building, hall_router: Router) -> None:
    spy = Spy(hall_router)
    navigation = Navigation(live=desk.devices, profiles=desk.profiles, compile_router=lambda *_: spy)
    prepare_all = navigation.begin("v1", hall)
    assert navigation.find_route(start="OUT", goal="A07").version == "v1"
    assert spy.prepared == []
    prepare_all()
    assert spy.prepared == [profile.name for profile in desk.profiles.values()]


def test_a_new_version_serves_only_once_it_is_taken_over_and_going_back_compiles_nothing(
    desk: Desk, hall: Building, hall_router: Router
) -> None:
    compiled: list[Building] = []

    def compile_and_count(building: Building, _: object) -> Router:
        compiled.append(building)
        return hall_router

    navigation = Navigation(live=desk.devices, profiles=desk.profiles, compile_router=compile_and_count)
    navigation.prepare("v1", hall)()
    take_over = navigation.prepare("v2", replace(hall, name={"zh": "新", "en": "new"}))
    assert navigation.find_route(start="OUT", goal="A07").version == "v1"
    take_over()
    assert navigation.find_route(start="OUT", goal="A07").version == "v2"
    navigation.prepare("v1", hall)()
    assert navigation.find_route(start="OUT", goal="A07").version == "v1"
    assert len(compiled) == 2


def test_the_next_answer_respects_what_was_just_said(desk: Desk) -> None:
    """However often the same was asked before: nothing that devices say is remembered."""
    for lift in ("LIFT-1", "LIFT-2", "LIFT-1", "LIFT-2"):
        other = ({"LIFT-1", "LIFT-2"} - {lift}).pop()
        desk.devices.say(f"DEV-{lift}", mode="fault")
        desk.devices.say(f"DEV-{other}", mode="normal")
        for _ in range(2):
            links = desk.navigation.find_route(start="OUT", goal="B07", profile="wheelchair").route.links
            assert {link.rpartition(":")[2] for link in links} & {"LIFT-1", "LIFT-2"} == {other}


def test_a_room_full_of_people_takes_longer(desk: Desk, hall: Building, hall_router: Router) -> None:
    before = desk.navigation.find_route(start="OUT", goal="A07").route
    (space,) = {w.space for w in hall.windows if w.number == "A07"}
    footprint = next(s.footprint for s in hall.spaces if s.id == space)
    desk.devices.words[space, "people"] = round(2.0 * area_m2(footprint))
    navigation = Navigation(
        live=desk.devices, profiles=desk.profiles, compile_router=lambda *_: hall_router, now_ms=lambda: AFTERNOON_MS
    )
    navigation.prepare("v1", hall)()
    after = navigation.find_route(start="OUT", goal="A07").route
    assert after.openings == before.openings
    assert after.duration_s > before.duration_s + 1.0
