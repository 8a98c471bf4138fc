"""The live feed of a running hall over its two carriers: who may see what, and what a client that comes back gets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ui.testing import DemoHall, LivePage, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"
WINDOW = f"{SITE}:window:A09"


@contextmanager
def events(hall: DemoHall, view: str, last: str | None = None) -> Iterator[Iterator[tuple[str | None, dict[str, Any]]]]:
    """(id, message) of a stream of server-sent events."""

    def read(lines: Iterator[str]) -> Iterator[tuple[str | None, dict[str, Any]]]:
        at: str | None = None
        for line in lines:
            if line.startswith("id: "):
                at = line.removeprefix("id: ")
            elif line.startswith("data: "):
                yield at, json.loads(line.removeprefix("data: "))
                at = None

    headers = {"Last-Event-ID": last} if last else {}
    with (
        closing(hall.client()) as client,
        client.stream("GET", "/live/sse", params={"view": view}, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield read(answer.iter_lines())


@contextmanager
def open_window(hall: DemoHall, number: str = "A09") -> Iterator[httpx2.Client]:
    """A window that is open, so that its values change when it closes."""
    clerk = hall.as_("clerk")
    assert clerk.post(f"/queue/windows/{number}/open").status_code == 200
    try:
        yield clerk
    finally:
        clerk.post(f"/queue/windows/{number}/close")


def test_a_new_page_is_greeted_and_gets_the_whole_picture(hall: DemoHall) -> None:
    with hall.page("hall") as page:
        hello, snap = page.receive(), page.receive()
    assert (hello["type"], hello["proto"], hello["seq"]) == ("hello", 1, 0)
    assert abs(hello["now_ms"] - time.time() * 1000) < 10_000
    assert snap["type"] == "snap"
    assert {i.split(":")[1] for i in snap["entities"]} <= {"window", "queue", "zone"}
    value, quality, ts_ms = snap["entities"][WINDOW]["open"]
    assert (value, quality, ts_ms > 0) == (False, "good", True)


def test_a_change_comes_as_a_delta_of_what_changed(hall: DemoHall) -> None:
    with hall.page("hall") as page:
        page.expect(lambda m: m["type"] == "snap", what="the snapshot")
        with open_window(hall):
            delta = page.expect_value(WINDOW, "open", True)
        assert delta["type"] == "delta"
        assert f"{SITE}:window:B01" not in delta["entities"]


def test_a_call_comes_on_the_lane_to_the_wall_and_to_the_one_who_is_called(hall: DemoHall) -> None:
    with open_window(hall, "A13") as clerk, hall.page("hall") as wall:
        department = clerk.get("/queue/windows/A13").json()["department"]
        ticket = hall.as_().post("/queue/tickets", json={"department": department}).json()
        with hall.page(f"ticket:{ticket['token']}") as phone:
            for page in (wall, phone):
                page.expect(lambda m: m["type"] == "snap", what="the snapshot")
            began = time.monotonic()
            clerk.post("/queue/windows/A13/call-next")
            call = wall.expect(lambda m: m["type"] == "call", what="the call on the wall")
            assert time.monotonic() - began < 1.0
            assert (call["call"]["number"], call["call"]["window"]) == (ticket["number"], "A13")
            told = phone.expect(lambda m: m["type"] == "ticket", what="the holder's own word")
            assert told["ticket"]["called_window"] == "A13"
        clerk.post("/queue/windows/A13/start")
        clerk.post("/queue/windows/A13/finish")


def test_a_page_that_comes_back_gets_what_it_missed(hall: DemoHall) -> None:
    with hall.page("hall") as page:
        hello, snap = page.receive(), page.receive()
    with open_window(hall):
        resume = {"type": "resume", "epoch": hello["epoch"], "seq": snap["seq"]}
        with hall.page("hall", **resume) as back:
            again, delta = back.receive(), back.receive()
    assert (again["type"], again["seq"]) == ("hello", snap["seq"])
    assert delta["type"] == "delta"
    assert delta["entities"][WINDOW]["open"][0] is True
    assert delta["seq"] > snap["seq"]


def test_a_page_of_another_run_gets_a_new_picture(hall: DemoHall) -> None:
    with hall.page("hall", type="resume", epoch="of-yesterday", seq=5) as page:
        assert [page.receive()["type"], page.receive()["type"]] == ["hello", "snap"]


def test_events_carry_their_place_and_resume_from_it(hall: DemoHall) -> None:
    with events(hall, "hall") as stream:
        _, hello = next(stream)
        at, snap = next(stream)
    assert at == f"{hello['epoch']}-{snap['seq']}"
    with open_window(hall), events(hall, "hall", last=at) as stream:
        (_, again), (later, delta) = next(stream), next(stream)
    assert (again["type"], delta["type"]) == ("hello", "delta")
    assert delta["entities"][WINDOW]["open"][0] is True
    assert later == f"{hello['epoch']}-{delta['seq']}"


@pytest.mark.parametrize("view", ["ops", "alert", "desk:A07"])
def test_what_staff_see_needs_a_login(hall: DemoHall, view: str) -> None:
    with hall.page(view) as page:
        problem = page.receive()
        assert (problem["type"], problem["status"]) == ("problem", 401)
        with pytest.raises(ConnectionClosed):
            page.receive()
    assert hall.as_().get("/live/sse", params={"view": view}).status_code == 401


def test_a_clerk_sees_the_desk_and_not_the_operations(hall: DemoHall) -> None:
    clerk = hall.as_("clerk")
    with hall.page("desk:A07", clerk) as page:
        assert page.receive()["type"] == "hello"
    with hall.page("ops", clerk) as page:
        assert page.receive()["status"] == 403
    assert clerk.get("/live/sse", params={"view": "alert"}).status_code == 403


def test_a_login_that_ends_is_not_let_in_again(hall: DemoHall) -> None:
    with closing(hall.client("security")) as person:
        cookies = dict(person.cookies)
        with hall.page("alert", person) as page:
            assert page.receive()["type"] == "hello"
        assert person.delete("/session").status_code == 204
        person.cookies = cookies
        with hall.page("alert", person) as page:
            assert page.receive()["status"] == 401


@pytest.mark.parametrize(
    "first", [{"type": "sub", "view": "hall:1"}, {"type": "hello"}, {"type": "sub", "view": "ticket:"}]
)
def test_a_first_message_that_makes_no_sense_is_answered(hall: DemoHall, first: dict[str, Any]) -> None:
    with LivePage(hall.document["api"], first, None) as page:
        assert (page.receive()["type"], page.messages[-1]["status"]) == ("problem", 422)


def test_a_page_of_another_origin_is_refused(hall: DemoHall) -> None:
    first = {"type": "sub", "view": "hall"}
    with pytest.raises(InvalidStatus) as refused:
        LivePage(hall.document["api"], first, None, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    with LivePage(hall.document["api"], first, None, origin=hall.document["url"]) as own:
        assert own.receive()["type"] == "hello"


def test_who_leaves_is_forgotten(hall: DemoHall) -> None:
    def clients() -> int:
        found: dict[str, int] = hall.as_("manager").get("/counters").json()["totals"]
        return found["live.clients"]

    before = clients()
    with hall.page("hall") as page, events(hall, "hall") as stream:
        page.receive()
        next(stream)
        assert clients() == before + 2
    eventually(lambda: clients() == before, what="both forgotten")
