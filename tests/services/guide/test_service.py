"""The guide over the reference hall: what it offers, where, and how long it is now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from building.formats import open_building
from services.guide.api import router
from services.guide.catalogue import load_catalogue
from services.guide.errors import UnknownItem
from services.guide.phonetic import sort_key
from services.guide.service import DepartmentPlaces, Guide, ItemPlaces
from services.kernel.actor import make_visitor
from services.kernel.testing import FakeHall, make_app

HALL = open_building("reference")
KINDS = {s.id: s.kind for s in HALL.spaces}


@pytest.fixture
def live() -> FakeHall:
    return FakeHall()


@pytest.fixture
def guide(live: FakeHall) -> Guide:
    return Guide(catalogue=load_catalogue(), building=HALL, live=live)


@pytest.fixture
def client(guide: Guide) -> TestClient:
    return TestClient(make_app(router(guide), actor=make_visitor(HALL.site)))


def test_without_a_query_the_most_asked_for_come_first_then_by_pinyin(guide: Guide) -> None:
    items = guide.list_items(limit=100)
    ranked = [i.popular for i in items if i.popular is not None]
    rest = [i.name["zh"] for i in items[len(ranked) :]]
    assert len(items) == 24
    assert ranked == sorted(ranked)
    assert rest == sorted(rest, key=sort_key)


def test_a_department_narrows_the_list(guide: Guide) -> None:
    assert {i.department for i in guide.list_items(department="rsj")} == {"rsj"}
    assert guide.list_items("护照", department="rsj") == []
    assert guide.list_items(department="none") == []


def test_codes_are_found_in_any_case(guide: Guide) -> None:
    assert guide.get_offer("rsj-01 ")[0].code == "RSJ-01"
    found = guide.find_item("rsj-01")
    assert found is not None
    assert (found.code, found.department) == ("RSJ-01", "rsj")
    assert guide.find_item("RSJ-99") is None
    with pytest.raises(UnknownItem):
        guide.get_offer("RSJ-99")


def test_departments_come_by_pinyin_with_their_windows(guide: Guide) -> None:
    desks = guide.list_desks()
    names = [d.department.name["zh"] for d in desks]
    assert names == sorted(names, key=sort_key)
    assert len(desks) == len(HALL.departments)
    assert sum(d.items for d in desks) == 24
    assert next(d for d in desks if d.department.key == "rsj").numbers == ("A01", "A02", "A03", "A04")


def test_a_building_without_these_departments_offers_nothing_and_counts_it(live: FakeHall) -> None:
    elsewhere = Guide(catalogue=load_catalogue(), building=replace(HALL, departments=()), live=live)
    assert elsewhere.list_items(limit=100) == []
    assert elsewhere.not_offered == 24


def test_it_shows_how_it_stands_now(guide: Guide, live: FakeHall) -> None:
    now = guide.desks(["rsj"])["rsj"].now
    assert (now.open_windows, now.waiting, now.wait_min) == ((), None, None)
    _open(live, "A01")
    _open(live, "A02", online=False)
    live.publish(f"{HALL.site}:queue:rsj", {"waiting": 7, "wait_known": False}, source="service:queue")
    now = guide.desks(["rsj"])["rsj"].now
    assert (now.open_windows, now.waiting, now.wait_min) == (("A01",), 7, None)
    told = {"waiting": 7, "wait_known": True, "wait_lo_min": 6, "wait_hi_min": 14}
    live.publish(f"{HALL.site}:queue:rsj", told, source="service:queue")
    assert guide.desks(["rsj"])["rsj"].now.wait_min == (6, 14)
    live.publish(f"{HALL.site}:queue:rsj", {"wait_known": False}, source="service:queue")
    assert guide.desks(["rsj"])["rsj"].now.wait_min is None


def test_an_item_leads_to_the_waiting_area_of_its_windows(guide: Guide) -> None:
    for item in guide.list_items(limit=100):
        place = ItemPlaces(guide).find_target(item.code)
        assert place is not None
        assert KINDS[place] in {"waiting", "hall"}
    assert ItemPlaces(guide).find_target("NONE") is None


@pytest.mark.parametrize("word", ["rsj", "shifanqu:department:rsj", "社保", "人力资源和社会保障局", "Social security"])
def test_a_department_is_a_place_by_key_id_and_name(guide: Guide, word: str) -> None:
    assert DepartmentPlaces(guide).find_target(word) == ItemPlaces(guide).find_target("RSJ-01")


def test_an_unknown_department_is_no_place(guide: Guide) -> None:
    assert DepartmentPlaces(guide).find_target("weather") is None


def test_it_sends_people_to_the_floor_where_a_window_is_open(guide: Guide, live: FakeHall) -> None:
    """General services have windows on two floors."""
    floors = {s.id: s.floor for s in HALL.spaces}
    places = DepartmentPlaces(guide)
    assert floors[str(places.find_target("zwzx"))].endswith("1F")
    _open(live, "B24")
    assert floors[str(places.find_target("zwzx"))].endswith("2F")


def test_over_http(client: TestClient) -> None:
    found = client.get("/guide/items", params={"q": "sfz"}).json()["items"]
    assert found[0]["code"] == "HJ-01"
    assert found[0]["windows"] == ["A07", "A08"]
    detail = client.get("/guide/items/HJ-01").json()
    assert detail["materials"]
    assert detail["process"]
    assert detail["name"]["en"]
    assert client.get("/guide/items/NONE").status_code == 404
    assert len(client.get("/guide/items", params={"limit": 3}).json()["items"]) == 3
    assert client.get("/guide/items", params={"limit": 1000}).status_code == 422
    assert len(client.get("/guide/departments").json()) == len(HALL.departments)


def _open(live: FakeHall, number: str, *, online: bool = True) -> None:
    window = next(w for w in HALL.windows if w.number == number)
    live.publish(window.id, {"open": True, "online": online}, source="service:queue")
