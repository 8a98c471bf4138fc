from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Query, Request, Response
from pydantic import BaseModel
from starlette.middleware.base import RequestResponseEndpoint

from services.kernel.access import PUBLIC
from services.kernel.actor import Actor, make_visitor
from services.kernel.errors import (
    Conflict,
    ContractBroken,
    NotFound,
    ServiceError,
    TooMany,
    Unavailable,
)
from services.kernel.http import (
    LOOPBACK_COOKIES,
    MARK,
    STATUS,
    CurrentActor,
    authenticate,
    make_router,
    permitted,
    problem,
    public,
    route_permission,
    status_of,
)
from services.kernel.testing import Browser, handle_errors, make_actor, make_app
from twin.errors import DatabaseUnavailable

VISITOR = make_visitor("test")


class Body(BaseModel):
    number: int


def make_things() -> APIRouter:
    router = make_router("things", prefix="/things")

    @router.post("", **permitted("thing.make"))
    def make(body: Body, actor: CurrentActor) -> dict[str, object]:
        return {"number": body.number, "by": actor.id}

    @router.get("", **public())
    def read(actor: CurrentActor) -> dict[str, object]:
        return {"by": actor.id}

    return router


def browser(actor: Actor, device: Actor | None = None) -> Browser:
    return Browser(make_app(make_things(), actor=actor, device=device))


def test_a_route_without_a_permission_can_not_be_made() -> None:
    router = make_router("things")
    with pytest.raises(ContractBroken, match="/secret"):

        @router.get("/secret")
        def secret() -> None: ...


def test_each_operation_carries_its_permission() -> None:
    app = make_app(make_things(), actor=VISITOR)
    operations = app.openapi()["paths"]["/things"]
    assert operations["post"][MARK] == "thing.make"
    assert operations["get"][MARK] == PUBLIC
    assert {route_permission(route) for route in make_things().routes} == {"thing.make", PUBLIC}


@pytest.mark.parametrize("body", ["{", '{"number": "x"}', '{"number": 1}', ""])
def test_a_stranger_gets_401_whatever_is_sent(body: str) -> None:
    answer = browser(VISITOR).ask("POST", "/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:halltwin:unauthenticated"


def test_someone_without_the_permission_gets_403_before_validation() -> None:
    assert browser(make_actor("other")).post("/things", {"number": "x"}).status_code == 403


def test_someone_with_the_permission_acts_under_their_own_name() -> None:
    answer = browser(make_actor("thing.make")).post("/things", {"number": 7})
    assert answer.json() == {"number": 7, "by": "user:test"}


def test_what_is_public_needs_nobody() -> None:
    assert browser(VISITOR).get("/things").json() == {"by": "visitor"}


def test_a_paired_browser_acts_where_the_person_at_it_may_not() -> None:
    kiosk = make_actor("thing.make", id="pairing:k", kind="device")
    assert browser(make_actor("other"), kiosk).post("/things", {"number": 7}).json()["by"] == "pairing:k"
    assert browser(make_actor("thing.make"), kiosk).post("/things", {"number": 7}).json()["by"] == "user:test"


class SeatTaken(Conflict):
    code = "seat.taken"


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_each_error_has_its_status_and_a_subclass_has_its_parents(kind: type[ServiceError], status: int) -> None:
    late = {"retry_after_s": 5} if issubclass(kind, TooMany | Unavailable) else {}
    own = type("Own", (kind,), {"code": "own"})
    assert status_of(kind(zh="不行", en="no", **late)) == status
    assert status_of(own(zh="不行", en="no", **late)) == status


def test_a_problem_says_it_in_both_languages_and_carries_what_helps() -> None:
    body = problem(SeatTaken(zh="有人", en="taken", candidates=["a"]), lang="en")
    assert body == {
        "type": "urn:halltwin:seat.taken",
        "title": "seat.taken",
        "status": 409,
        "detail": "taken",
        "text": {"zh": "有人", "en": "taken"},
        "candidates": ["a"],
    }


def test_a_problem_that_passes_says_when_to_come_back() -> None:
    assert problem(Unavailable(zh="忙", en="busy", retry_after_s=3))["retry_after_s"] == 3


def test_a_code_is_all_its_own() -> None:
    codes = [kind.code for kind in STATUS]
    assert len(set(codes)) == len(codes)
    assert NotFound.code == "not_found"


class Known:
    """An identity with one person and one paired browser, or with its database away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away

    def resolve_session(self, token: str) -> Actor | None:
        return self._find(make_actor("thing.make"), token == "person")

    def resolve_token(self, token: str) -> Actor | None:
        return self._find(make_actor("thing.see", id="token:t", kind="program"), token == "reader")

    def resolve_device(self, token: str) -> Actor | None:
        return self._find(make_actor(id="pairing:k", kind="device"), token == "kiosk")

    def _find(self, actor: Actor, found: bool) -> Actor | None:
        if self.away:
            raise DatabaseUnavailable("gone", todo="wait")
        return actor if found else None


def known_browser(identity: Known, **cookies: str) -> Browser:
    app = FastAPI()

    @app.middleware("http")
    async def know(request: Request, call_next: RequestResponseEndpoint) -> Response:
        authenticate(request, identity=identity, cookies=LOOPBACK_COOKIES, site="test")
        return await call_next(request)

    handle_errors(app)
    app.include_router(make_things())
    browser = Browser(app)
    for name, value in cookies.items():
        browser.cookies.set(f"halltwin_{name}", value)
    return browser


@pytest.mark.parametrize(
    ("cookies", "actor"),
    [
        ({}, "visitor"),
        ({"session": "person"}, "user:test"),
        ({"session": "ended"}, "visitor"),
        ({"device": "kiosk"}, "pairing:k"),
        ({"device": "kiosk", "session": "person"}, "user:test"),
        ({"device": "kiosk", "session": "ended"}, "pairing:k"),
    ],
)
def test_the_cookies_say_who_acts(cookies: dict[str, str], actor: str) -> None:
    assert known_browser(Known(), **cookies).get("/things").json() == {"by": actor}


@pytest.mark.parametrize(
    ("shown", "actor"),
    [
        ("Bearer reader", "token:t"),
        ("bearer  reader", "token:t"),
        ("Bearer ended", "visitor"),
        ("Basic reader", "user:test"),
    ],
)
def test_a_program_is_who_its_token_says_and_nobody_else(shown: str, actor: str) -> None:
    browser = known_browser(Known(), session="person", device="kiosk")
    assert browser.ask("GET", "/things", headers={"Authorization": shown}).json() == {"by": actor}


def test_while_nobody_can_be_told_apart_the_public_goes_on_and_the_rest_waits() -> None:
    browser = known_browser(Known(away=True), session="person")
    assert browser.get("/things").json() == {"by": "visitor"}
    answer = browser.post("/things", {"number": 7})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:halltwin:unavailable")


def test_a_parameter_is_read_once_unless_it_is_a_list() -> None:
    routes = make_router("x")

    @routes.get("/x", **public())
    def take(one: str = "", many: Annotated[list[str], Query()] = []) -> list[str]:  # noqa: B006
        return [one, *many]

    browser = Browser(make_app(routes, actor=VISITOR))
    assert browser.ask("GET", "/x?one=a&many=b&many=c").json() == ["a", "b", "c"]
    for twice in ("one=a&one=a", "one=a&one=b", "other=1&other=2", "one=a&%6fne=b"):
        answer = browser.ask("GET", f"/x?{twice}")
        assert (answer.status_code, answer.json()["title"]) == (422, "twice")
