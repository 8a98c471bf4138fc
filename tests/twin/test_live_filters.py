"""A narrowed feed shows what ``choose`` chooses of the state, and is made once for all who want the same."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.model import Building
from iot.catalogue import KINDS
from twin.errors import TooManyFilters, UnknownSelection
from twin.live import LiveHub, Sources, Subscription
from twin.live_filters import FILTERS_MAX, LiveFilters
from twin.selection import Directory, Selection, choose
from twin.state import PointValue
from twin.testing import HALL, SITE
from twin.views import View, parse_view

POINTS = [(d.id, p.name) for d in HALL.devices if d.kind in KINDS for p in KINDS[d.kind].points]
SENSOR = next(d for d in HALL.devices if d.kind == "climate_sensor")
DOOR = next(d for d in HALL.devices if d.kind == "door")
WISHES = [
    Selection(kinds=("climate_sensor",)),
    Selection(bricks=("brick:Temperature_Sensor",)),
    Selection(spaces=("1F",), points=("temperature", "locked")),
    Selection(entities=(DOOR.key,), bricks=("brick:Equipment",)),
    Selection(spaces=("1F-HALL",)),
]


def value(number: int) -> PointValue:
    return PointValue(value=number, ts_ms=number, source="device", received_ms=0)


class Feed:
    """A hub, its filters, and a building that may become another."""

    def __init__(self, building: Building = HALL) -> None:
        self.building, self.state = building, dict[str, dict[str, PointValue]]()
        self.alarms: list[dict[str, Any]] = []
        self.directories = 0
        self.hub = LiveHub(site=SITE, epoch="e", now_ms=lambda: 0, sources=Sources(alarms=lambda: self.alarms))
        self.filters = LiveFilters(
            make_directory=self.directory, changed=lambda: id(self.building), place=self.hub.place
        )

    def directory(self) -> Directory:
        self.directories += 1
        return Directory(self.building, self.building.devices, KINDS, entities=self.state)

    def publish(self, entity: str, point: str, number: int) -> None:
        self.state[entity] = {**self.state.get(entity, {}), point: value(number)}
        self.hub.publish({entity: self.state[entity]})

    def view(self, wish: Selection, name: str = "ops") -> View:
        return replace(parse_view(name, site=SITE), only=self.filters.take(wish))

    def page(self, wish: Selection, name: str = "ops") -> Page:
        return Page(self.hub.subscribe(self.view(wish, name), wake=lambda: None))

    def chosen(self, wish: Selection) -> dict[str, dict[str, Any]]:
        found = choose(self.state, self.directory().chooser(wish))
        return {i: {name: p.value for name, p in points.items()} for i, points in found.items()}


class Page:
    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.entities: dict[str, dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []
        self.seq = 0

    def take(self) -> list[dict[str, Any]]:
        came: list[dict[str, Any]] = list(self.subscription.take())
        for message in came:
            told = {i: {n: v[0] for n, v in ps.items()} for i, ps in message.get("entities", {}).items()}
            self.entities = told if message["type"] == "snap" else {**self.entities, **told}
            self.seq = message.get("seq", self.seq)
        self.heard += came
        return came


SMALLER = replace(HALL, devices=tuple(d for d in HALL.devices if d.id != SENSOR.id))
POINTS.append((f"{SITE}:window:A01", "waiting"))


@settings(max_examples=60, deadline=None)
@given(
    said=st.lists(
        st.tuples(st.sampled_from(POINTS), st.sampled_from(["stay", "take", "resume", "rebuild"])), max_size=25
    ),
    wish=st.sampled_from(WISHES),
)
def test_whatever_happens_it_shows_what_is_chosen_of_the_state(
    said: list[tuple[tuple[str, str], str]], wish: Selection
) -> None:
    feed = Feed()
    page = feed.page(wish)
    page.take()
    for number, ((entity, point), then) in enumerate(said):
        feed.publish(entity, point, number)
        if then == "rebuild":
            feed.building = SMALLER if feed.building is HALL else HALL
            feed.filters.renew()
        elif then == "resume":
            only = page.subscription.view.only
            assert only is not None
            if only.reaches("e", page.seq):
                page.subscription.close()
                page.subscription = feed.hub.resume(page.subscription.view, epoch="e", seq=page.seq, wake=lambda: None)
                page.take()
        elif then == "take":
            page.take()
    page.take()
    assert page.entities == feed.chosen(wish)


def test_the_same_wish_is_one_message_for_all_and_another_is_another() -> None:
    feed = Feed()
    one, two = feed.page(Selection(kinds=("door",))), feed.page(Selection(kinds=["door"]))
    other = feed.page(Selection(kinds=("climate_sensor",)))
    for page in (one, two, other):
        page.take()
    feed.publish(DOOR.id, "locked", 1)
    [first], [second] = one.take(), two.take()
    assert first is second
    assert other.take() == []


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("alarm", {"id": "1", "source": "{}"}),
        ("command", {"id": "1", "device": "{}"}),
        ("desired", {"entity": "{}", "point": "locked"}),
    ],
)
def test_what_happens_elsewhere_is_not_told(topic: Any, body: dict[str, str]) -> None:
    feed = Feed()
    doors = [feed.page(wish) for wish in (Selection(kinds=("door",)), Selection(bricks=("brick:Door",)))]
    sensors = feed.page(Selection(kinds=("climate_sensor",), spaces=("1F",)))
    for page in (*doors, sensors):
        page.take()
    feed.hub.announce(topic, {name: text.format(DOOR.id) for name, text in body.items()})
    feed.hub.announce("building", {"version": "v2"})
    for page in doors:
        assert [m["type"] for m in page.take()] == [topic, "building"]
    assert [m["type"] for m in sensors.take()] == ["building"]


def test_a_snapshot_has_the_alarms_and_calls_of_what_is_wanted() -> None:
    feed = Feed()
    feed.alarms = [{"id": "1", "source": DOOR.id}, {"id": "2", "source": SENSOR.id}]
    feed.hub.announce("call", {"n": 1, "window_id": f"{SITE}:window:A01"})
    feed.publish(f"{SITE}:window:A01", "waiting", 3)
    snap = feed.page(Selection(entities=(SENSOR.id,))).take()[1]
    assert ([a["id"] for a in snap["alarms"]], snap["calls"]) == (["2"], [])
    snap = feed.page(Selection(kinds=("window",))).take()[1]
    assert ([a["id"] for a in snap["alarms"]], [c["n"] for c in snap["calls"]]) == ([], [1])


def test_there_are_so_many_and_those_that_nobody_uses_make_room() -> None:
    feed = Feed()
    wishes = [Selection(points=(f"p{n}",)) for n in range(FILTERS_MAX + 1)]
    used = [feed.view(wish) for wish in wishes[:FILTERS_MAX]]
    with pytest.raises(TooManyFilters):
        feed.view(wishes[-1])
    assert feed.view(wishes[0]).only is used[0].only
    used.pop()
    gc.collect()
    assert feed.view(wishes[-1]).only is not None


def test_who_comes_back_finds_the_same_filter_and_resumes() -> None:
    feed = Feed()
    feed.publish(DOOR.id, "locked", 1)
    page = feed.page(Selection(kinds=("door",)))
    feed.publish(DOOR.id, "locked", 2)
    page.take()
    page.subscription.close()
    seq = page.seq
    del page
    gc.collect()
    view = feed.view(Selection(kinds=("door",)))
    assert view.only is not None
    assert view.only.reaches("e", seq)
    assert not view.only.reaches("before", seq)


def test_a_word_nobody_knows_is_refused_and_one_that_is_no_more_breaks_the_filter() -> None:
    feed = Feed()
    with pytest.raises(UnknownSelection):
        feed.view(Selection(spaces=("9F",)))
    wish = Selection(spaces=("1F-HALL",))
    page = feed.page(wish)
    page.take()
    assert not feed.filters.stale
    feed.building = replace(HALL, spaces=())
    assert feed.filters.stale
    feed.filters.renew()
    only = page.subscription.view.only
    assert only is not None
    assert isinstance(only.broken, UnknownSelection)
    assert page.take()[0]["entities"] == {}
    with pytest.raises(UnknownSelection):
        feed.view(wish)
    feed.building = HALL
    feed.filters.renew()
    assert only.broken is None


def test_a_hall_that_stays_as_it_is_is_looked_at_once_a_filter() -> None:
    feed = Feed()
    feed.page(Selection(kinds=("door",)))
    made = feed.directories
    for _ in range(3):
        feed.filters.renew()
        feed.page(Selection(kinds=("door",)))
    assert feed.directories == made
