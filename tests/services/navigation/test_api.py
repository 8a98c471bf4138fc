from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.kernel.access import PUBLIC
from services.kernel.actor import make_visitor
from services.kernel.http import route_permission
from services.kernel.testing import Browser, make_app
from services.navigation.api import router

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

CONTRACT = {"distance_m", "duration_s", "profile", "geometry", "floors", "steps", "avoided"}
STEP = {"kind", "text", "distance_m", "duration_s", "floor", "at"}


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(make_app(router(desk.navigation), actor=make_visitor("shifanqu")))


def test_anybody_may_ask_the_way(desk: Desk) -> None:
    assert {route_permission(r) for r in router(desk.navigation).routes} == {PUBLIC}


def test_a_route_is_drawn_and_told_in_both_languages(browser: Browser) -> None:
    route = browser.get("/routes", **{"from": "OUT", "to": "A07"}).json()
    assert route.keys() >= CONTRACT
    assert all(step.keys() == STEP and step["text"].keys() >= {"zh", "en"} for step in route["steps"])
    assert (route["steps"][0]["kind"], route["steps"][-1]["kind"]) == ("depart", "arrive")
    assert all(len(point) == 3 for point in route["geometry"])
    assert route["start"] == {
        "id": "OUT", "name": {"zh": "室外", "en": "Outside"}, "number": None, "floor": None, "at": None,
    }  # fmt: skip
    assert (route["goal"]["number"], route["goal"]["floor"], route["building"]) == ("A07", "shifanqu:floor:1F", "v1")


def test_without_a_start_one_comes_from_outside(browser: Browser) -> None:
    assert browser.get("/routes", to="A07").json()["start"]["id"] == "OUT"


@pytest.mark.parametrize("closed", [["LIFT-1", "LIFT-2"], "LIFT-1,LIFT-2"])
def test_no_way_says_why_and_what_stands_in_it(browser: Browser, closed: list[str] | str) -> None:
    answer = browser.get("/routes", to="B07", profile="wheelchair", closed=closed)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:halltwin:navigation.no_way"
    assert problem["text"].keys() == {"zh", "en"}
    assert problem["blockers"]
    assert all(reason["text"].keys() >= {"zh", "en"} for reason in problem["reasons"])


def test_unknown_and_ambiguous_places_list_candidates(browser: Browser) -> None:
    unknown = browser.get("/routes", to="A077")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:halltwin:navigation.place_unknown")
    assert unknown.json()["candidates"]
    assert browser.get("/routes", to="ticket:mine").status_code == 404


def test_a_ticket_is_shown_in_a_header_and_never_in_the_address(browser: Browser) -> None:
    way = {"to": "ticket:mine", "from": "OUT"}
    assert browser.ask("GET", "/routes", params=way, headers={"X-Ticket": "made-up"}).status_code == 404
    for name in ("to", "from"):
        refused = browser.get("/routes", **{**way, "to": "A07", name: "ticket:made-up"})
        assert (refused.status_code, refused.json()["title"]) == (422, "token_in_address")


@pytest.mark.parametrize("params", [{}, {"to": ""}, {"to": "x" * 200}, {"to": "A07", "profile": "swim"}])
def test_what_can_not_be_answered_is_422(browser: Browser, params: dict[str, str]) -> None:
    assert browser.get("/routes", **params).status_code == 422


def test_the_ways_to_walk_are_named_in_both_languages(browser: Browser, desk: Desk) -> None:
    profiles = browser.get("/profiles").json()
    assert {p["id"] for p in profiles} == desk.profiles.keys() >= {"walk", "wheelchair", "elder", "staff"}
    assert all(p["name"].keys() >= {"zh", "en"} for p in profiles)
