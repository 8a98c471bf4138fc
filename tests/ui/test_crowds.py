"""What anybody may do is done for a crowd behind one address and not without end; a kiosk of the hall always may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from services.evaluation import api as evaluation_api
from services.kernel.actor import Actor, make_visitor
from services.kernel.testing import make_actor
from services.navigation import api as navigation_api
from services.navigation.errors import UnknownWord
from services.queue import api as queue_api
from services.queue.errors import NoWindowOpen
from ui.api.app import handle_errors
from ui.testing_inside import Answer, ask_app
from wayfinding.profile import Profile, load_profiles

PEOPLE_AT_NINE = 300
PROFILES = load_profiles()
KIOSK = make_actor(name="自助机", id="pairing:1", kind="device")
TICKET = {
    "token": "t", "number": "A001", "queue": "rsj", "department": "rsj", "department_name": {}, "item": None,
    "item_name": None, "state": "issued", "priority": False, "ahead": 0, "wait_min": None, "windows": [],
    "open_windows": [], "called_window": None, "called_floor": None, "calls": 0, "issued_ms": 0, "called_ms": None,
    "started_ms": None, "ended_ms": None,
}  # fmt: skip


class Services:
    """A queue, an evaluation and a navigation that cost nothing: only the way to them is looked at."""

    open = True

    @property
    def tickets(self) -> Services:
        return self

    def issue(self, *_: object) -> dict[str, Any]:
        if not self.open:
            raise NoWindowOpen("rsj")
        return TICKET

    def rate(self, *_: object, **__: object) -> str:
        return "1"

    def find_profile(self, name: str) -> Profile:
        return PROFILES[name]

    def find_route(self, **_: object) -> None:
        raise UnknownWord("nowhere")


Ask = Callable[..., list[Answer]]


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def ask(services: Services) -> Iterator[Ask]:
    """So often the same, each answer as the hall gives it."""
    loop = asyncio.new_event_loop()

    def make(router: Callable[..., APIRouter]) -> FastAPI:
        app = FastAPI()
        handle_errors(app)
        app.include_router(router(services))
        return app

    routers = {"queue": queue_api.router, "evaluations": evaluation_api.router, "routes": navigation_api.router}
    apps = {name: _as(make(router), lambda: device[0]) for name, router in routers.items()}  # type: ignore[arg-type]
    device: list[Actor | None] = [None]

    def go(method: str, path: str, body: Any = None, *, times: int, address: str, at: Actor | None = None) -> Any:
        device[0] = at
        sent = b"" if body is None else json.dumps(body).encode()
        app = apps[path.split("/")[1].partition("?")[0]]

        async def all_of_them() -> list[Answer]:
            headers = {"content-type": "application/json"}
            return [await ask_app(app, method, path, sent, headers, address=address) for _ in range(times)]

        return loop.run_until_complete(all_of_them())

    yield go
    loop.close()


def _as(app: ASGIApp, device: Callable[[], Actor | None]) -> ASGIApp:
    async def acting(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] |= {"actor": make_visitor("test"), "device": device()}
        await app(scope, receive, send)

    return acting


def _is_told_when(answer: Answer, code: str) -> None:
    assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
    told = answer.json()
    assert told["title"] == code
    assert set(told["text"]) == {"zh", "en"}
    assert int(answer.headers["retry-after"]) == told["retry_after_s"] > 0


def exhaust(ask: Ask, method: str, path: str, body: Any = None) -> Answer:
    """Asked until it is too much: how many come back meanwhile depends on how long that takes."""
    for _ in range(100):
        refused = ask(method, path, body, times=20, address="203.0.113.7")[-1]
        if refused.status == 429:
            return refused
    raise AssertionError(f"{path} goes on without end")


WISH = {"department": "rsj"}
RATING = {"token": "t" * 8, "level": 1}


def test_three_hundred_people_behind_one_address_get_their_tickets(ask: Ask) -> None:
    answers = ask("POST", "/queue/tickets", WISH, times=PEOPLE_AT_NINE, address="203.0.113.7")
    assert {answer.status for answer in answers} == {201}
    _is_told_when(exhaust(ask, "POST", "/queue/tickets", WISH), "queue.too_many_tickets")
    assert ask("POST", "/queue/tickets", WISH, times=1, address="203.0.113.8")[0].status == 201


def test_a_kiosk_of_the_hall_always_gives_tickets_and_takes_ratings(ask: Ask) -> None:
    for path, body in (("/queue/tickets", WISH), ("/evaluations", RATING)):
        exhaust(ask, "POST", path, body)
        assert ask("POST", path, body, times=1, address="203.0.113.7", at=KIOSK)[0].status == 201


def test_who_comes_before_the_windows_open_loses_nothing_by_it(ask: Ask, services: Services) -> None:
    services.open = False
    early = ask("POST", "/queue/tickets", WISH, times=PEOPLE_AT_NINE + 50, address="203.0.113.7")
    assert {answer.status for answer in early} == {409}
    services.open = True
    answers = ask("POST", "/queue/tickets", WISH, times=PEOPLE_AT_NINE, address="203.0.113.7")
    assert {answer.status for answer in answers} == {201}


def test_a_flood_of_ratings_is_told_when_to_come_back(ask: Ask) -> None:
    answers = ask("POST", "/evaluations", RATING, times=PEOPLE_AT_NINE, address="203.0.113.7")
    assert {answer.status for answer in answers} == {201}
    _is_told_when(exhaust(ask, "POST", "/evaluations", RATING), "evaluation.too_many")


def test_ways_are_found_for_a_crowd_and_not_without_end(ask: Ask) -> None:
    least = 4 * PEOPLE_AT_NINE
    answers = ask("GET", "/routes?to=nowhere", times=least, address="203.0.113.7")
    assert {answer.status for answer in answers} == {404}
    # Ten come back in a second: whoever asks faster than that is stopped.
    _is_told_when(exhaust(ask, "GET", "/routes?to=nowhere"), "navigation.too_many")
