"""What a request says counts once and where it was asked for: fields nobody declared, parameters that are twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from services.kernel.http import check_once
from tests.ui.requests_of import Operation, list_operations
from ui.api.gate import API
from ui.testing_inside import VISITOR, Answer, InsideHall

pytestmark = pytest.mark.integration

PUSHED: Mapping[str, Any] = {
    "id": "pushed-id", "site": "pushed-site", "token": "pushed-token-0001", "number": "PUSHED1", "state": "done",
    "roles": ["security_admin"], "permissions": ["roles.grant"], "is_admin": True, "admin": True, "kind": "staff",
    "person_id": "pushed-person", "created_ms": 1, "issued_ms": 1, "virtual_ms": 1, "disabled": None,
    "password_hash": "pushed-hash", "actor": "pushed-actor", "by": "pushed-by", "at_ms": 1, "priority": True,
    "version": "pushed-version", "approved": True, "must_change_password": False, "__proto__": {"pushed-proto": 1},
    "constructor": {"prototype": {"pushed-proto": 1}}, "model_config": {"extra": "allow"}, "__class__": "pushed-class",
}  # fmt: skip
"""What somebody would like to set: fields of rows and of answers that no body declares."""
FREE_FORM = frozenset({"passkey", "answer", "edit", "args", "points", "mapping", "name", "arguments"})
"""Objects whose fields are judged by what they are about: a passkey's answer, an edit of the map, names by language."""


def _bodies(inside: InsideHall) -> Iterator[tuple[str, Any]]:
    """What each route takes, by its name in the description."""
    for context in inside.app.routes:  # type: ignore[attr-defined]
        yield from _bodies_of(context, "")


def _bodies_of(route: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(route, APIRoute):
        if route.body_field is not None:
            yield f"{min(route.methods)} {prefix}{route.path}", route.body_field.field_info.annotation
        return
    for inner in getattr(getattr(route, "original_router", None), "routes", ()):
        yield from _bodies_of(inner, API)


def _models(model: Any) -> Iterator[type[BaseModel]]:
    """It, and those in its fields."""
    from typing import get_args

    if isinstance(model, type) and issubclass(model, BaseModel):
        yield model
        for field in model.model_fields.values():
            yield from _models(field.annotation)
    for inner in get_args(model):
        yield from _models(inner)


def test_no_body_takes_a_field_that_it_does_not_declare(inside: InsideHall) -> None:
    """Each is dropped or refused before anything of ours sees it."""
    seen, open_ones = 0, []
    for name, model in _bodies(inside):
        for found in _models(model):
            seen += 1
            if found.model_config.get("extra", "ignore") not in ("ignore", "forbid"):
                open_ones.append((name, found.__name__))
    assert open_ones == []
    assert seen > 40


def test_fields_that_nobody_declared_reach_no_route(inside: InsideHall) -> None:
    """The fullest body of each route with all of them in each of its objects: what the route is given has none."""
    models, leaked, seen = dict(_bodies(inside)), [], 0
    for operation in list_operations(inside):
        model = models.get(f"{operation.method} {operation.path}")
        if model is None:
            continue
        seen += 1
        plain = operation.body("shifanqu")
        more = {name: value for name, value in PUSHED.items() if name not in _named(plain)}
        try:
            taken = model.model_validate(operation.body("shifanqu", more=more))
        except ValidationError as error:
            forbidden = any(e["type"] == "extra_forbidden" for e in error.errors())
            leaked += [] if forbidden or _is_invalid(model, plain) else [(operation.name, str(error)[:200])]
            continue
        leaked += [(operation.name, name) for name in more if name in _named(taken.model_dump())]
    assert leaked == []
    assert seen > 50


def _is_invalid(model: type[BaseModel], plain: Any) -> bool:
    """By a rule over several fields, which the description does not tell."""
    try:
        model.model_validate(plain)
    except ValidationError:
        return True
    return False


def _named(document: Any) -> set[str]:
    """All names in it, but for those within what is free of form."""
    if isinstance(document, dict):
        inner = (_named(value) for name, value in document.items() if name not in FREE_FORM)
        return set(document).union(*inner)
    return set().union(*map(_named, document)) if isinstance(document, list) else set()


def test_what_is_pushed_into_a_ticket_an_account_or_a_role_is_not_in_it(inside: InsideHall) -> None:
    def ask(path: str, body: Mapping[str, Any], who: str) -> Answer:
        return inside.ask("POST", API + path, {**PUSHED, **body}, who=who)

    inside.ask("POST", f"{API}/queue/windows/A02/open", who="clerk")
    ticket = ask("/queue/tickets", {"item": "RSJ-01"}, VISITOR)
    assert ticket.status == 201
    told = ticket.json()
    assert (told["state"], told["priority"]) == ("issued", False)
    assert not [name for name in ("token", "number", "issued_ms") if told[name] == PUSHED[name]]
    person = {"user": "pushed.person", "password": "correct horse battery", "name": "张三", "roles": ["clerk"]}
    for path, body, who in (
        ("/accounts/users", person, "admin"),
        ("/accounts/registrations", person | {"kind": "citizen"}, VISITOR),
        ("/accounts/units", {"name": {"zh": "甲", "en": "a"}}, "admin"),
        ("/accounts/roles", {"key": "pushed", "name": {"zh": "甲", "en": "a"}}, "security_admin"),
    ):
        assert ask(path, body, who).status == 422, path
    listed = inside.ask("GET", f"{API}/accounts/users?q=pushed", who="admin").json()
    assert listed["total"] == 0
    token = ask("/tokens", {"name": "reader"}, "manager").json()
    assert "pushed" not in str(inside.ask("GET", f"{API}/tokens", who="manager").json())
    assert token["id"] != PUSHED["id"]
    pairing = ask("/pairings", {"role": "wall", "name": "墙"}, "manager").json()
    assert pairing["id"] != PUSHED["id"]


# --- twice


def _doubled(operation: Operation, parameter: Mapping[str, Any]) -> str:
    path = operation.path
    for place in operation.told.get("parameters", []):
        if place["in"] == "path":
            path = path.replace(f"{{{place['name']}}}", "x")
    return f"{path}?{parameter['name']}=1&{parameter['name']}=2"


def _is_list(schema: Mapping[str, Any]) -> bool:
    return any(s.get("type") == "array" for s in (schema, *schema.get("anyOf", ())))


def test_a_parameter_that_is_there_twice_is_refused_where_it_is_no_list(inside: InsideHall) -> None:
    refused = lists = 0
    wrong = []
    for operation in list_operations(inside):
        for parameter in operation.told.get("parameters", []):
            if parameter["in"] != "query" or operation.path.endswith("/sse"):
                continue
            answer = inside.ask(operation.method, _doubled(operation, parameter), who=operation.who)
            twice = answer.status == 422 and answer.json()["title"] == "twice"
            refused, lists = refused + twice, lists + (not twice)
            if twice == _is_list(parameter["schema"]):
                wrong.append((operation.name, parameter["name"], answer.text[:120]))
    assert wrong == []
    assert refused > 50
    assert lists > 8


@pytest.mark.parametrize("name", ["lang", "nobody-knows-this", "%6cang"])
def test_whatever_it_is_called_and_however_it_is_written(inside: InsideHall, name: str) -> None:
    answer = inside.ask("GET", f"{API}/building/plan/1F.svg?lang=zh&{name}=en&{name}=zh")
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert set(answer.json()["text"]) == {"zh", "en"}
    assert inside.ask("GET", f"{API}/building/plan/1F.svg?lang=zh").status == 200


def test_a_parameter_in_the_address_is_no_field_of_the_body_and_no_cookie(inside: InsideHall) -> None:
    """Each is read where it was declared, whatever stands elsewhere under its name."""
    wish = {"item": "RSJ-01"}
    assert inside.ask("POST", f"{API}/queue/tickets?item=RSJ-01", {}).status == 422
    assert inside.ask("POST", f"{API}/queue/tickets?department=rsj&phone=broken", wish).status in (201, 409)
    asked = inside.ask("GET", f"{API}/building/plan/1F.svg?lang=zh", headers={"cookie": "lang=en", "lang": "en"})
    assert asked.body == inside.ask("GET", f"{API}/building/plan/1F.svg").body
    session = inside.hall.cookies.session
    for place in (f"?{quote(session)}=manager", "?authorization=Bearer%20program", "?actor=manager"):
        assert inside.ask("GET", f"{API}/devices{place}").status == 401


def test_a_sockets_address_says_each_thing_once_too() -> None:
    from starlette.datastructures import QueryParams

    from services.kernel.http import Twice

    check_once(QueryParams("kind=a&kind=b&view=ops"), lists=("kind",))
    with pytest.raises(Twice):
        check_once(QueryParams("at=1&at=2"))


def test_who_may_not_learns_nothing_of_how_it_was_asked(inside: InsideHall) -> None:
    assert inside.ask("GET", f"{API}/audit?limit=1&limit=2").status == 401
