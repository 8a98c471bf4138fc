"""The further questions of ways, in the hall as it is wired: anybody may ask them, staff's ways are for staff."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.kernel.access import OUTSIDERS, STAFF
from ui.api.gate import API
from ui.testing_inside import VISITOR, InsideHall

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("", {"to": "B07", "stops": ["A07"], "order": "best"}, "legs"),
        ("/matrix", {"from": ["OUT", "A07"], "to": ["B07"]}, "seconds"),
        ("/nearest", {"category": "卫生间", "profile": "wheelchair"}, "places"),
        ("/isochrone", {"seconds": [60], "areas": False}, "spaces"),
        ("/meet", {"people": [{"from": "A01"}, {"from": "B07"}]}, "routes"),
        ("/locate", {"seen": ["A07", "总咨询台"]}, "at"),
    ],
)
def test_a_visitor_asks_and_is_answered(inside: InsideHall, path: str, body: object, told: str) -> None:
    answer = inside.ask("POST", f"{API}/routes{path}", body, who=VISITOR)
    assert answer.status == 200, answer.text
    assert answer.json()[told]


def test_times_are_those_of_the_hall(inside: InsideHall) -> None:
    way = inside.ask("POST", f"{API}/routes", {"to": "B07"}).json()
    leave, arrive = (datetime.fromisoformat(way[name]) for name in ("leave", "arrive"))
    assert leave.utcoffset() == arrive.utcoffset() == datetime.fromisoformat("2026-01-01T00:00:00+08:00").utcoffset()
    assert 0 <= (arrive - leave).total_seconds() - way["duration_s"] <= 1


@pytest.mark.parametrize("who", [VISITOR, "kiosk", *OUTSIDERS, *STAFF])
def test_ways_through_staff_areas_are_told_to_staff_alone(inside: InsideHall, who: str) -> None:
    expected = 200 if who in STAFF else 403
    got = inside.ask("GET", f"{API}/routes?to=A07&profile=staff", who=who)
    posted = inside.ask("POST", f"{API}/routes", {"to": "A07", "profile": "staff"}, who=who)
    begun = inside.ask("POST", f"{API}/trips", {"to": "A07", "profile": "staff"}, who=who)
    assert (got.status, posted.status) == (expected, expected), got.text
    assert (begun.status == 403) is (expected == 403), begun.text
    if expected == 403:
        assert {answer.json()["title"] for answer in (got, posted, begun)} == {"navigation.staff_only"}
