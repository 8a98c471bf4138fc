"""The queue over HTTP: who may, what comes back, and what a refusal looks like."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from services.kernel.actor import Actor, make_visitor
from services.kernel.testing import make_actor, make_app
from services.queue.api import router

from .conftest import World

pytestmark = pytest.mark.integration


@pytest.fixture
def visitor(world: World) -> TestClient:
    return _client(world, make_visitor(world.building.site))


@pytest.fixture
def clerk(world: World) -> TestClient:
    return _client(world, make_actor("queue.call", site=world.building.site, id="user:clerk"))


def test_a_visit_over_http(visitor: TestClient, clerk: TestClient) -> None:
    assert clerk.post("/queue/windows/A01/open").json()["state"] == "open"
    taken = visitor.post("/queue/tickets", json={"item": "RSJ-01", "lang": "zh", "profile": "elder"})
    assert taken.status_code == 201
    ticket = taken.json()
    assert (ticket["queue"], ticket["ahead"], ticket["wait_min"], ticket["priority"]) == ("rsj", 0, [0, 1], True)
    window = clerk.post("/queue/windows/A01/call-next").json()
    assert window["current"]["number"] == ticket["number"]
    assert "token" not in window["current"]
    board = visitor.get("/queue/board").json()
    assert [(c["number"], c["window"]) for c in board["calls"]] == [(ticket["number"], "A01")]
    for step in ("recall", "start", "finish"):
        assert clerk.post(f"/queue/windows/A01/{step}").status_code == 200
    assert visitor.get("/queue/tickets/mine", headers={"X-Ticket": ticket["token"]}).json()["state"] == "done"


def test_the_same_key_gives_the_same_ticket(visitor: TestClient, clerk: TestClient) -> None:
    clerk.post("/queue/windows/A01/open")
    headers = {"Idempotency-Key": "browser-0001"}
    first = visitor.post("/queue/tickets", json={"department": "rsj"}, headers=headers).json()
    again = visitor.post("/queue/tickets", json={"department": "rsj"}, headers=headers).json()
    assert first["token"] == again["token"]


def test_a_closed_department_refuses_in_both_languages(visitor: TestClient) -> None:
    refused = visitor.post("/queue/tickets", json={"department": "rsj"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:halltwin:queue.no_window_open"
    assert set(refused.json()["text"]) == {"zh", "en"}


def test_a_ticket_given_up(visitor: TestClient, clerk: TestClient) -> None:
    clerk.post("/queue/windows/A01/open")
    token = visitor.post("/queue/tickets", json={"department": "rsj"}).json()["token"]
    shown = {"X-Ticket": token}
    assert visitor.delete("/queue/tickets/mine", headers=shown).json()["state"] == "cancelled"
    assert visitor.delete("/queue/tickets/mine", headers=shown).status_code == 409
    assert visitor.get("/queue/tickets/mine", headers={"X-Ticket": "nobody"}).status_code == 404
    assert visitor.get("/queue/tickets/mine").status_code == 404
    assert visitor.get(f"/queue/tickets/{token}").status_code == 404, "in an address it opens nothing"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"item": "RSJ-01", "department": "rsj"},
        {"department": "rsj", "phone": "call me"},
        {"department": "rsj", "profile": "king"},
    ],
)
def test_a_wish_that_cannot_be_is_refused(visitor: TestClient, wish: dict[str, str]) -> None:
    assert visitor.post("/queue/tickets", json=wish).status_code == 422


@pytest.mark.parametrize("path", ["open", "close", "pause", "call-next", "recall", "no-show", "start", "finish"])
def test_strangers_work_at_no_window(visitor: TestClient, path: str) -> None:
    assert visitor.post(f"/queue/windows/A01/{path}").status_code == 401


def test_strangers_learn_nothing_from_a_wrong_request(visitor: TestClient) -> None:
    assert visitor.post("/queue/windows/A01/transfer", json={"nonsense": 1}).status_code == 401
    assert visitor.get("/queue/windows").status_code == 401


def test_summary_and_windows_list_the_whole_hall(world: World, visitor: TestClient, clerk: TestClient) -> None:
    queues = visitor.get("/queue/summary").json()
    assert {q["queue"] for q in queues} == {d.key for d in world.building.departments}
    assert len({q["prefix"] for q in queues}) == len(queues)
    windows = clerk.get("/queue/windows").json()
    assert [w["number"] for w in windows] == sorted(w.number for w in world.building.windows)


def _client(world: World, actor: Actor) -> TestClient:
    return TestClient(make_app(router(world.queue), actor=actor))
