from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from services.kernel.access import PUBLIC
from services.kernel.actor import make_visitor
from services.kernel.addresses import AddressLimit
from services.kernel.http import route_permission
from services.kernel.testing import Browser, FakeClock, make_app, seeded
from services.navigation.api_trips import STEPS_MAX, events, router
from services.navigation.trips import Trips

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

CHAIR = {"to": "B07", "profile": "wheelchair"}


@pytest.fixture
def trips(desk: Desk) -> Trips:
    return Trips(desk.navigation, now_ms=FakeClock(), random=seeded(7))


@pytest.fixture
def browser(trips: Trips) -> Browser:
    return Browser(make_app(router(trips), actor=make_visitor("shifanqu")))


def shown(token: str) -> dict[str, Any]:
    return {"headers": {"X-Trip": token}}


def test_anybody_is_led_and_only_the_secret_opens_a_trip(browser: Browser, trips: Trips) -> None:
    assert {route_permission(r) for r in router(trips).routes} == {PUBLIC}
    begun = browser.post("/trips", CHAIR)
    assert begun.status_code == 201
    trip = begun.json()
    token = trip.pop("token")
    assert (trip["state"], trip["revision"], trip["why"]) == ("under_way", 1, None)
    assert trip["route"]["goal"]["number"] == "B07"
    assert browser.ask("GET", "/trips/mine", **shown(token)).json() == trip
    for method, path in (("GET", "/trips/mine"), ("DELETE", "/trips/mine"), ("GET", "/trips/mine/live")):
        refused = [browser.ask(method, path, **request) for request in ({}, shown("made-up"))]
        assert [(r.status_code, r.json()["title"]) for r in refused] == [(404, "navigation.trip_unknown")] * 2
    assert browser.ask("DELETE", "/trips/mine", **shown(token)).status_code == 204
    assert browser.ask("GET", "/trips/mine", **shown(token)).status_code == 404


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"to": "A077"}, "navigation.place_unknown"),
        ({"to": "A07", "profile": "swim"}, "navigation.profile_unknown"),
        ({"to": "ticket:secret"}, "token_in_address"),
    ],
)
def test_a_way_that_cannot_be_found_is_no_trip(browser: Browser, trips: Trips, body: Any, title: str) -> None:
    assert browser.post("/trips", body).json()["title"] == title
    assert len(trips) == 0


def test_a_ticket_is_shown_in_its_header(browser: Browser) -> None:
    begun = browser.ask("POST", "/trips", json={"to": "ticket:mine"}, headers={"X-Ticket": "secret"})
    assert begun.json()["route"]["goal"]["number"] == "A07"
    assert "secret" not in begun.text


def test_progress_is_a_step_or_a_place_and_nothing_else(browser: Browser) -> None:
    token = browser.post("/trips", CHAIR).json()["token"]
    step = browser.ask("PATCH", "/trips/mine", json={"revision": 1, "step": 2}, **shown(token))
    assert (step.status_code, step.json()["revision"]) == (200, 1)
    there = browser.ask("PATCH", "/trips/mine", json={"at": "B01"}, **shown(token)).json()
    assert (there["revision"], there["route"]["start"]["number"]) == (2, "B01")
    for body in ({}, {"step": 1}, {"revision": 1, "step": 1, "at": "B01"}):
        refused = browser.ask("PATCH", "/trips/mine", json=body, **shown(token))
        assert (refused.status_code, refused.json()["title"]) == (422, "navigation.progress_wrong")
    beyond = {"revision": 1, "step": STEPS_MAX + 1}
    assert browser.ask("PATCH", "/trips/mine", json=beyond, **shown(token)).status_code == 422


def test_so_many_trips_from_one_address_and_a_paired_kiosk_is_not_counted(trips: Trips) -> None:
    made = router(trips, crowd=AddressLimit(at_once=1, per_minute=1, now_s=lambda: 0.0))
    visitor, kiosk = make_visitor("shifanqu"), make_visitor("shifanqu")
    stranger = Browser(make_app(made, actor=visitor), address="203.0.113.7")
    answers = [stranger.post("/trips", {"to": "A07"}) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 429]
    standing = shown(answers[0].json()["token"])
    assert stranger.ask("PATCH", "/trips/mine", json={"at": "B01"}, **standing).status_code == 429
    assert stranger.ask("PATCH", "/trips/mine", json={"revision": 1, "step": 1}, **standing).status_code == 200
    paired = Browser(make_app(made, actor=visitor, device=kiosk), address="203.0.113.7")
    assert paired.post("/trips", {"to": "A07"}).status_code == 201


def test_a_line_tells_how_it_stands_what_changes_and_that_it_ends(desk: Desk, trips: Trips) -> None:
    token, led = trips.start(start="OUT", goal="B07", profile="wheelchair")
    assert led.answer is not None
    (lift,) = (link[-6:] for link in led.answer.route.links if "LIFT" in link)

    async def hear() -> list[dict[str, Any]]:
        line = events(trips, token)
        told = [await anext(line)]
        desk.devices.say(f"DEV-{lift}", mode="fault")
        await asyncio.to_thread(trips.tick)
        told.append(await anext(line))
        trips.end(token)
        told += [event async for event in line]
        told += [event async for event in events(trips, token)]  # too late
        return [json.loads(event.decode().removeprefix("data: ")) for event in told]

    told = asyncio.run(hear())
    assert [(one["state"], one["revision"]) for one in told] == [
        ("under_way", 1), ("under_way", 2), ("ended", 0), ("ended", 0),
    ]  # fmt: skip
    assert set(told[1]["why"]) == {"zh", "en"}
    assert told[1]["route"]["links"] != told[0]["route"]["links"]


def test_a_page_that_leaves_its_line_is_not_kept(trips: Trips) -> None:
    token, _ = trips.start(start="OUT", goal="A07", profile="walk")

    async def leave() -> None:
        line = events(trips, token)
        await anext(line)
        await line.aclose()

    asyncio.run(leave())
    (trip,) = trips._trips.values()
    assert trip.listeners == []
