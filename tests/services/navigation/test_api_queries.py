"""What else one may ask of ways, over HTTP: each answer agrees with the plain one and says what it kept away from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from building.model import Building
from services.kernel.access import PUBLIC
from services.kernel.actor import make_visitor
from services.kernel.addresses import AddressLimit
from services.kernel.http import route_permission
from services.kernel.testing import Browser, FakeClock, make_actor, make_app
from services.navigation import api, api_queries
from services.navigation.queries import Queries
from services.navigation.service import Navigation, Router
from services.navigation.staff_ways import STAFF_WAYS

if TYPE_CHECKING:
    from tests.services.navigation.conftest import Desk

VISITOR = make_visitor("shifanqu")
MONDAY_NINE_MS = 1_772_413_200_000  # 2026-03-02T09:00+08:00


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(ms=MONDAY_NINE_MS)


@pytest.fixture
def browser(desk: Desk, clock: FakeClock) -> Browser:
    return Browser(make_app(api_queries.router(Queries(desk.navigation, now_ms=clock)), actor=VISITOR))


@pytest.fixture
def plain(desk: Desk) -> Browser:
    return Browser(make_app(api.router(desk.navigation), actor=VISITOR))


def ask(browser: Browser, path: str, **body: Any) -> Any:
    answer = browser.post(f"/routes{path}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(browser: Browser, path: str, **body: Any) -> tuple[int, str]:
    answer = browser.post(f"/routes{path}", body)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


def test_anybody_may_ask(desk: Desk, clock: FakeClock) -> None:
    routes = api_queries.router(Queries(desk.navigation, now_ms=clock)).routes
    assert {route_permission(route) for route in routes} == {PUBLIC}
    assert len(routes) == 6


def test_a_way_that_is_posted_is_the_way_that_is_got(browser: Browser, plain: Browser) -> None:
    posted = ask(browser, "", **{"from": "OUT", "to": "B07", "profile": "wheelchair", "closed": ["ESC-1"]})
    got = plain.get("/routes", to="B07", profile="wheelchair", closed="ESC-1").json()
    assert {name: posted[name] for name in got} == got
    assert (posted["alternatives"], posted["order"], len(posted["legs"])) == ([], [], 1)


def test_stops_in_the_best_order_add_up_and_are_told_one_after_the_other(browser: Browser) -> None:
    stops = ["B07", "复印打印", "A07"]
    best = ask(browser, "", stops=stops, order="best")
    given = ask(browser, "", stops=stops)
    assert sorted(best["order"]) == given["order"] == [0, 1, 2]
    assert best["duration_s"] < given["duration_s"]
    for way in (best, given):
        assert way["duration_s"] == pytest.approx(sum(leg["duration_s"] for leg in way["legs"]), abs=0.5)
        assert len(way["steps"]) == sum(leg["steps"] for leg in way["legs"])
        assert len(way["geometry"]) == sum(leg["points"] for leg in way["legs"])
        ends = [way["legs"][0]["start"]["id"], *(leg["goal"]["id"] for leg in way["legs"])]
        assert [leg["start"]["id"] for leg in way["legs"]] == ends[:-1]
    assert given["goal"]["number"] == "A07"


def test_alternatives_are_whole_ways_that_say_what_they_avoid(browser: Browser, desk: Desk) -> None:
    desk.devices.say("DEV-ESC-1", mode="stopped")
    way = ask(browser, "", to="B07", alternatives=3)
    assert way["alternatives"]
    for other in way["alternatives"]:
        assert (other["links"], other["openings"]) != (way["links"], way["openings"])
        assert other["duration_s"] >= way["duration_s"]
        assert "shifanqu:link:ESC-1" not in other["links"]
        assert "shifanqu:link:ESC-1" in {a["id"] for a in other["avoided"]}


def test_who_must_be_there_at_ten_hears_when_to_leave(browser: Browser) -> None:
    way = ask(browser, "", to="B07", arrive_by="2026-03-02T10:00:00")
    assert way["arrive"] == "2026-03-02T10:00:00+08:00"
    assert (
        way["leave"]
        == f"2026-03-02T09:{59 - int(way['duration_s']) // 60:02}:{59 - int(way['duration_s']) % 60:02}+08:00"
    )
    assert way["in_time"] is True
    late = ask(browser, "", to="B07", arrive_by="2026-03-02T01:00:10Z")
    assert late["in_time"] is False
    now = ask(browser, "", to="B07")
    assert now["leave"] == "2026-03-02T09:00:00+08:00"


def test_a_table_has_nulls_and_reasons_where_no_way_leads(browser: Browser, desk: Desk) -> None:
    for device in ("DEV-LIFT-1", "DEV-LIFT-2"):
        desk.devices.say(device, mode="fault")
    table = ask(browser, "/matrix", **{"from": ["OUT", "A07"], "to": ["A01", "B07"], "profile": "wheelchair"})
    assert [[cell is None for cell in row] for row in table["seconds"]] == [[False, True], [False, True]]
    assert [[cell is None for cell in row] for row in table["metres"]] == [[False, True], [False, True]]
    assert {(why["start"], why["goal"]) for why in table["no_way"]} == {(0, 1), (1, 1)}
    assert all(why["text"].keys() >= {"zh", "en"} and why["blockers"] for why in table["no_way"])
    assert {a["id"] for a in table["avoided"]} == {"shifanqu:link:LIFT-1", "shifanqu:link:LIFT-2"}


@pytest.mark.parametrize(("word", "kinds"), [("卫生间", "toilet"), ("Restroom", "toilet"), ("饮水", "drinking_water")])
def test_the_nearest_of_a_kind_by_words_of_both_languages(
    browser: Browser, plain: Browser, hall: Building, word: str, kinds: str
) -> None:
    kind_of = {thing.id: thing.kind for thing in (*hall.pois, *hall.spaces)}
    found = ask(browser, "/nearest", **{"from": "B07", "category": word, "profile": "wheelchair"})
    assert all(kind_of[one["place"]["id"]].startswith(kinds) for one in found["places"])
    assert [one["seconds"] for one in found["places"]] == sorted(one["seconds"] for one in found["places"])
    assert found["route"]["goal"]["id"] == found["places"][0]["place"]["id"]
    for one in found["places"]:
        way = plain.get("/routes", **{"from": "B07", "to": one["place"]["id"], "profile": "wheelchair"}).json()
        assert way["duration_s"] == pytest.approx(one["seconds"], abs=0.11)


def test_of_those_named_the_nearest_and_what_has_shut_is_left_out(
    browser: Browser, desk: Desk, hall: Building, hall_router: Router, clock: FakeClock
) -> None:
    found = ask(browser, "/nearest", **{"from": "A01", "to": ["A20", "A02", "B24"]})
    assert [one["place"]["number"] for one in found["places"]] == ["A02", "A20", "B24"]
    nearest = ask(browser, "/nearest", **{"from": "A01", "category": "drinking_water"})["places"][0]["place"]["id"]
    pois = tuple(replace(p, hours="Mo-Fr 08:00-09:00") if p.id == nearest else p for p in hall.pois)
    later = Navigation(live=desk.devices, profiles=desk.profiles, compile_router=lambda *_: hall_router)
    later.prepare("v2", replace(hall, pois=pois))()
    browser = Browser(make_app(api_queries.router(Queries(later, now_ms=clock)), actor=VISITOR))
    shut = ask(browser, "/nearest", **{"from": "A01", "category": "drinking_water"})
    assert nearest not in {one["place"]["id"] for one in shut["places"]}
    assert {a["id"] for a in shut["avoided"]} == {nearest}
    clock.ms -= 60_000
    open_again = ask(browser, "/nearest", **{"from": "A01", "category": "drinking_water"})
    assert open_again["places"][0]["place"]["id"] == nearest


def test_how_far_one_comes_is_drawn_in_closed_rings(browser: Browser) -> None:
    found = ask(browser, "/isochrone", **{"from": "OUT", "seconds": [30, 90]})
    assert {area["seconds"] for area in found["areas"]} == {30, 90}
    assert all(one["seconds"] <= 90 for one in found["spaces"])
    for area in found["areas"]:
        assert area["type"] == "MultiPolygon"
        assert area["cell_m"] > 0
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for polygon in area["coordinates"] for ring in polygon)
    undrawn = ask(browser, "/isochrone", **{"from": "OUT", "seconds": [30, 90], "areas": False})
    assert (undrawn["areas"], undrawn["spaces"]) == ([], found["spaces"])


def test_people_with_profiles_of_their_own_meet(browser: Browser, desk: Desk) -> None:
    people = [{"from": "A01"}, {"from": "B07", "profile": "wheelchair"}]
    found = ask(browser, "/meet", people=people)
    assert [route["profile"] for route in found["routes"]] == ["walk", "wheelchair"]
    assert {route["goal"]["id"] for route in found["routes"]} == {found["place"]["id"]}
    assert found["seconds"] == max(route["duration_s"] for route in found["routes"])
    for device in ("DEV-LIFT-1", "DEV-LIFT-2"):
        desk.devices.say(device, mode="fault")
    assert refused(browser, "/meet", people=[{"from": "B1@10,10", "profile": "wheelchair"}, people[1]])[0] == 422


def test_who_sees_two_signs_can_start_from_there(browser: Browser, plain: Browser) -> None:
    found = ask(browser, "/locate", seen=["A07", "总咨询台"])
    assert found["floor"] == "shifanqu:floor:1F"
    assert found["uncertain_m"] > 0
    way = plain.get("/routes", **{"from": found["word"], "to": "A07"})
    assert way.status_code == 200
    assert way.json()["geometry"][0][:2] == pytest.approx(found["at"], abs=0.05)
    assert refused(browser, "/locate", seen=["A07", "B07"]) == (422, "navigation.unanswerable")


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("", {"to": "A07", "leave": "2026-03-02T10:00:00", "arrive_by": "2026-03-02T10:00:00"},
         "navigation.unanswerable"),
        ("", {"to": "A07", "stops": ["A01"], "alternatives": 1}, "navigation.wishes_apart"),
        ("", {"to": "A07", "profile": "swim"}, "navigation.profile_unknown"),
        ("", {"to": "A07", "arrive_by": "9999-12-31T23:59:59Z"}, "navigation.unanswerable"),
        ("", {}, ""),
        ("", {"stops": ["A01"] * 9}, ""),
        ("/matrix", {"from": ["OUT"] * 21, "to": ["A01"]}, ""),
        ("/nearest", {"from": "OUT"}, ""),
        ("/isochrone", {"seconds": [1801]}, ""),
        ("/isochrone", {"seconds": []}, ""),
        ("/meet", {"people": [{"from": "OUT"}]}, ""),
        ("/locate", {"seen": ["A01"]}, ""),
        ("", {"to": "A07", "alternatives": 4}, ""),
        ("/matrix", {"from": ["OUT"], "to": ["A01"] * 21}, ""),
        ("/nearest", {"to": ["A01"] * 21}, ""),
        ("/isochrone", {"seconds": [10] * 6}, ""),
        ("/meet", {"people": [{"from": "OUT"}] * 9}, ""),
        ("/locate", {"seen": ["A01", "A02", "A03", "A04", "A05"]}, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_422(browser: Browser, path: str, body: dict[str, Any], why: str) -> None:
    assert refused(browser, path, **body) == (422, why)


def test_a_kind_that_nothing_is_of_and_a_place_that_nobody_knows_are_not_found(browser: Browser) -> None:
    assert refused(browser, "/nearest", category="zeppelin") == (404, "navigation.category_unknown")
    assert refused(browser, "/nearest", to=["zeppelin"]) == (404, "navigation.place_unknown")


def test_a_ticket_is_shown_in_a_header(browser: Browser) -> None:
    assert refused(browser, "", to="ticket:secret") == (422, "token_in_address")
    shown = browser.ask("POST", "/routes", json={"to": "ticket:mine"}, headers={"X-Ticket": "secret"})
    assert shown.json()["goal"]["number"] == "A07"


QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {"to": "A07", "profile": "staff"}),
    ("/matrix", {"from": ["OUT"], "to": ["A07"], "profile": "staff"}),
    ("/nearest", {"category": "atm", "profile": "staff"}),
    ("/isochrone", {"seconds": [10], "profile": "staff"}),
    ("/meet", {"people": [{"from": "OUT"}, {"from": "A01", "profile": "staff"}]}),
    ("/locate", {"seen": ["A07", "总咨询台"], "profile": "staff"}),
)


def test_ways_through_staff_areas_are_for_staff(browser: Browser, plain: Browser, desk: Desk, clock: FakeClock) -> None:
    for path, body in QUESTIONS:
        assert refused(browser, path, **body) == (403, "navigation.staff_only"), path
    got = plain.get("/routes", to="A07", profile="staff")
    assert (got.status_code, got.json()["title"], got.json()["text"].keys()) == (
        403, "navigation.staff_only", {"zh", "en"},
    )  # fmt: skip
    clerk = make_actor(STAFF_WAYS)
    theirs = Browser(make_app(api_queries.router(Queries(desk.navigation, now_ms=clock)), actor=clerk))
    for path, body in QUESTIONS:
        ask(theirs, path, **body)
    assert (
        Browser(make_app(api.router(desk.navigation), actor=clerk))
        .get("/routes", to="A07", profile="staff")
        .status_code
        == 200
    )


def test_a_question_is_counted_by_what_it_costs(desk: Desk, clock: FakeClock) -> None:
    crowd = AddressLimit(at_once=160, per_minute=1, now_s=lambda: 0.0)
    app = make_app(api_queries.router(Queries(desk.navigation, now_ms=clock), crowd=crowd), actor=VISITOR)
    browser = Browser(app, address="203.0.113.7")
    ask(browser, "/isochrone", seconds=[10])
    too_many = browser.post("/routes/isochrone", {"seconds": [10]})
    assert (too_many.status_code, too_many.json()["title"]) == (429, "navigation.too_many")
    ask(browser, "", to="A07")
