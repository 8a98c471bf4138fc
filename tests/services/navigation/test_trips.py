"""Whoever is under way is led another way when something touches theirs, from where they are, and is told why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from building.model import Building
from services.kernel.testing import FakeClock, seeded
from services.navigation.errors import TooManyTrips, UnknownTrip, UnknownWord
from services.navigation.trips import ABSENT_S, LISTENERS_MAX, STILL_S, Led, Listener, Trips

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

LIFTS = {"LIFT-1", "LIFT-2"}
FAR = "B07"
"""A window on the second floor."""


@dataclass(slots=True)
class Page:
    """A phone that shows a way and hears what becomes of it."""

    trips: Trips
    token: str
    heard: list[Led | None] = field(default_factory=list)
    listener: Listener | None = None

    def hear(self) -> Page:
        self.listener = self.trips.listen(self.token, self._wake)
        return self

    def _wake(self) -> None:
        assert self.listener is not None
        self.heard.append(self.listener.led)

    @property
    def led(self) -> Led:
        return self.trips.get(self.token)

    @property
    def links(self) -> set[str]:
        assert self.led.answer is not None
        return {link.rpartition(":")[2] for link in self.led.answer.route.links}

    def go_to(self, kind: str) -> None:
        """On to the first step of this kind."""
        assert self.led.answer is not None
        kinds = [step.kind for step in self.led.answer.route.steps]
        self.trips.step(self.token, revision=self.led.revision, step=kinds.index(kind))


Begin = Callable[..., Page]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def trips(desk: Desk, clock: FakeClock) -> Trips:
    return Trips(desk.navigation, now_ms=clock, random=seeded(7))


@pytest.fixture
def begin(trips: Trips) -> Begin:
    def start(*, to: str = FAR, profile: str = "wheelchair", at: str = "OUT") -> Page:
        token, _ = trips.start(start=at, goal=to, profile=profile)
        return Page(trips, token).hear()

    return start


def lift_of(page: Page) -> str:
    (lift,) = page.links & LIFTS
    return lift


def test_a_lift_that_fails_turns_those_on_their_way_to_it_and_says_so(desk: Desk, trips: Trips, begin: Begin) -> None:
    chair, walker = begin(), begin(to="A07", profile="walk")
    first = lift_of(chair)
    trips.tick()
    assert (chair.heard, walker.heard) == ([], [])
    desk.devices.say(f"DEV-{first}", mode="fault")
    trips.tick()
    assert [led.revision for led in chair.heard if led] == [2]
    assert (chair.links & LIFTS, walker.heard) == (LIFTS - {first}, [])
    why = chair.led.why
    assert why is not None
    assert re.fullmatch(rf"{first[-1]}号电梯.*停用，改走{(LIFTS - {first}).pop()[-1]}号电梯.*", why["zh"])
    assert "is out of service: you are led by Lift" in why["en"]
    trips.tick()
    assert len(chair.heard) == 1


def test_who_rode_the_lift_already_is_left_in_peace(desk: Desk, trips: Trips, begin: Begin) -> None:
    page = begin()
    first = lift_of(page)
    assert page.led.answer is not None
    last = len(page.led.answer.route.steps) - 1
    trips.step(page.token, revision=1, step=last)
    desk.devices.say(f"DEV-{first}", mode="fault")
    trips.tick()
    assert page.heard == []


def test_another_way_begins_where_they_are_and_before_the_door_they_are_sent_to(
    desk: Desk, trips: Trips, begin: Begin
) -> None:
    page = begin()
    before = page.led.answer
    assert before is not None
    page.go_to("lift")
    desk.devices.say(f"DEV-{lift_of(page)}", mode="maintenance")
    trips.tick()
    after = page.led.answer
    assert after is not None
    at = next(step.at for step in before.route.steps if step.kind == "lift")
    assert after.route.distance_m < before.route.distance_m
    assert sum((a - b) ** 2 for a, b in zip(after.route.geometry[0], at, strict=True)) ** 0.5 < 3.0
    assert after.start.name["zh"] == "您现在的位置"


def test_a_step_of_a_way_that_is_no_more_says_nothing(desk: Desk, trips: Trips, begin: Begin) -> None:
    page = begin()
    desk.devices.say(f"DEV-{lift_of(page)}", mode="fault")
    trips.tick()
    assert trips.step(page.token, revision=1, step=5).revision == 2
    desk.devices.say("DEV-LIFT-1", mode="normal")
    desk.devices.say("DEV-LIFT-2", mode="normal")
    trips.tick()
    assert page.led.answer is not None
    assert page.led.answer.start.id == "OUT"


def test_without_any_way_they_are_told_whom_to_ask_and_led_again_once_there_is_one(
    desk: Desk, trips: Trips, begin: Begin
) -> None:
    page = begin()
    for lift in LIFTS:
        desk.devices.say(f"DEV-{lift}", mode="fire")
    trips.tick()
    led = page.led
    assert led.answer is None
    assert led.refusal is not None
    assert led.why is not None
    assert led.why["zh"].endswith("现在没有可走的路")
    assert led.ask is not None
    assert led.ask.name["zh"] == "总咨询台"
    desk.devices.say("DEV-LIFT-2", mode="normal")
    trips.tick()
    assert page.links & LIFTS == {"LIFT-2"}
    assert page.led.why is not None
    assert "恢复使用" in page.led.why["zh"]
    assert [led.revision for led in page.heard if led] == [2, 3]


def test_what_opens_again_turns_nobody_round_for_a_few_seconds(desk: Desk, trips: Trips, begin: Begin) -> None:
    """Both lifts stand close to each other on 1F: back to the first is worth nothing to who is at the second."""
    page = begin()
    first = lift_of(page)
    desk.devices.say(f"DEV-{first}", mode="fault")
    trips.tick()
    page.go_to("lift")
    desk.devices.say(f"DEV-{first}", mode="normal")
    trips.tick()
    assert (page.led.revision, page.links & LIFTS) == (2, LIFTS - {first})


def test_a_lift_that_takes_long_to_come_is_news_only_when_another_way_is_much_shorter(
    desk: Desk, trips: Trips, begin: Begin
) -> None:
    page = begin()
    first = lift_of(page)
    for wait in (40, 50):  # each little by itself, and both together
        desk.devices.say(f"DEV-{first}", wait=wait)
        trips.tick()
    assert page.led.revision == 1
    desk.devices.say(f"DEV-{first}", wait=600)
    trips.tick()
    assert lift_of(page) != first
    assert page.led.why is not None
    assert "等候变久" in page.led.why["zh"]


def test_a_new_building_leads_everybody_anew(desk: Desk, trips: Trips, begin: Begin, hall: Building) -> None:
    page = begin(to="A07", profile="walk")
    desk.navigation.prepare("v2", hall)()
    trips.tick()
    assert page.led.answer is not None
    assert (page.led.revision, page.led.answer.version) == (2, "v2")
    assert page.led.why is not None
    assert page.led.why["zh"].startswith("楼内布局有更新")


def test_a_code_that_is_scanned_says_where_one_is(trips: Trips, begin: Begin) -> None:
    page = begin()
    led = trips.stand(page.token, at="B01")
    assert led.answer is not None
    assert (led.answer.start.number, led.revision, page.links & LIFTS) == ("B01", 2, set())
    with pytest.raises(UnknownWord):
        trips.stand(page.token, at="Z99")
    assert page.led is led


def test_a_trip_ends_with_its_page_and_nothing_of_it_is_left(trips: Trips, begin: Begin, clock: FakeClock) -> None:
    there, gone, forgotten, silent = (begin() for _ in range(4))
    trips.end(there.token)
    assert there.heard == [None]
    assert gone.listener is not None
    gone.listener.close()
    clock.advance_s(ABSENT_S)
    trips.tick()
    assert gone.led.revision == 1, "it was seen just now"
    clock.advance_s(ABSENT_S + 1)
    trips.tick()
    for page in (there, gone):
        with pytest.raises(UnknownTrip):
            trips.get(page.token)
    clock.advance_s(STILL_S - 2 * ABSENT_S)
    trips.step(silent.token, revision=1, step=1)
    clock.advance_s(ABSENT_S)
    trips.tick()
    assert (forgotten.heard, silent.heard, len(trips)) == ([None], [], 1)
    with pytest.raises(UnknownTrip):
        trips.listen("nobody", lambda: None)


def test_there_is_room_for_so_many_and_whom_nobody_hears_goes_first(
    trips: Trips, begin: Begin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.navigation.trips.TRIPS_MAX", 2)
    heard = begin()
    clock.advance_s(1)
    unheard, _ = trips.start(start="OUT", goal=FAR, profile="walk")
    second = begin()
    with pytest.raises(UnknownTrip):
        trips.get(unheard)
    with pytest.raises(TooManyTrips):
        trips.start(start="OUT", goal=FAR, profile="walk")
    assert {heard.led.revision, second.led.revision} == {1}


def test_a_page_that_comes_back_too_often_replaces_its_first_line(trips: Trips, begin: Begin) -> None:
    page = begin()
    lines = [trips.listen(page.token, lambda: None) for _ in range(LISTENERS_MAX)]
    assert page.listener is not None
    assert (page.listener.replaced, [line.replaced for line in lines]) == (True, [False] * LISTENERS_MAX)
    assert len(page.heard) == 1
    for line in (page.listener, *lines):
        line.close()


def test_nothing_of_a_person_is_kept(trips: Trips) -> None:
    token, led = trips.start(start="OUT", goal="ticket:secret", profile="walk")
    assert led.answer is not None
    assert led.answer.goal.number == "A07"
    for kept in vars(trips).values():
        assert token not in repr(kept)
        assert "secret" not in repr(kept)
    assert token not in repr(trips.get(token))
