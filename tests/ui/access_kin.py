"""People who may the same and each only of their own: two unit administrators, two enterprises; and what they ask.

A row is an operation with words for its ids (``@worker``), the answer to who asks it of their own, and what is sent.
Who puts an id of the other's in the place of any one of them learns no more than from an id that nothing bears.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.accounts.model import Asker
from services.accounts.store import people as person_rows
from tests.ui.access_house import API, PASSWORD, House
from ui.testing_inside import VISITOR, Answer

NOBODY = "nobody-has-this-id"
CREDIT_CODES = ("91000000TEXT00001H", "91000000TEXT00002L")
CLOSED = frozenset({403, 404})
_ID = re.compile(r"@(\w+)")

WITHIN = """
GET    /accounts/users/@worker                    200
GET    /accounts/users/@chief                     200
GET    /accounts/users?unit=@unit                 200
PATCH  /accounts/users/@worker                    200 {"name": "张三"}
PATCH  /accounts/users/@chief                     403 {"name": "张三"}
POST   /accounts/users                            201 {"user":"NEW", "password":"GIVEN", "name":"李", "post":"@post"}
POST   /accounts/users/@worker/posts              204 {"post": "@post_below"}
DELETE /accounts/users/@worker/posts/@post_below  204
POST   /accounts/users/@worker/reset              200 {"why": "matrix", "proof": "work_pass"}
POST   /accounts/users/@worker/stop               204 {"why": "matrix"}
POST   /accounts/users/@worker/start              204 {"why": "matrix"}
POST   /accounts/users/@chief/stop                403 {"why": "matrix"}
GET    /accounts/units/@unit                      200
GET    /accounts/units/@below                     200
GET    /accounts/units?below=@unit                200
POST   /accounts/units                            201 {"name": {"zh": "新", "en": "new"}, "parent": "@unit"}
PUT    /accounts/units/@unit/name                 204 {"name": {"zh": "NEW", "en": "NEW"}}
POST   /accounts/units/@unit/posts                201 {"name": {"zh": "新", "en": "new"}}
PATCH  /accounts/posts/@post                      204 {"name": {"zh": "改", "en": "changed"}}
PATCH  /accounts/posts/@post_spare                204 {"unit": "@below"}
POST   /accounts/posts/@post_spare/merge          204 {"into": "@post_below"}
POST   /accounts/units/@below/managers            204 {"person": "@worker"}
DELETE /accounts/units/@below/managers/@worker    204
POST   /accounts/units/@spare/move                204 {"parent": "@below"}
POST   /accounts/units/@spare/merge               204 {"into": "@below"}
POST   /accounts/units/@unit/move                 403 {"parent": "@below"}
POST   /accounts/units/@unit/merge                403 {"into": "@below"}
DELETE /accounts/units/@unit                      403
POST   /accounts/units/@unit/managers             403 {"person": "@worker"}
DELETE /accounts/units/@unit/managers/@chief      403
DELETE /accounts/posts/@post_empty                204
DELETE /accounts/units/@empty                     204
DELETE /accounts/users/@worker                    204
"""
"""A unit administrator, in this order: what is theirs is below their unit, and not the unit itself nor themself."""

IN_BOTH = """
GET    /accounts/users/@both              200
PATCH  /accounts/users/@both              403 {"name": "张三"}
POST   /accounts/users/@both/posts        403 {"post": "@post_below"}
DELETE /accounts/users/@both/posts/@post  403
POST   /accounts/users/@both/reset        403 {"why": "matrix", "proof": "work_pass"}
POST   /accounts/users/@both/stop         403 {"why": "matrix"}
POST   /accounts/users/@both/start        403 {"why": "matrix"}
POST   /accounts/units/@below/managers    403 {"person": "@both"}
DELETE /accounts/users/@both              403
"""
"""Of somebody with a post in each of two sibling units: both administrators see them, neither changes them."""

ENTERPRISE = """
GET    /accounts/enterprises/@enterprise/agents         200
POST   /accounts/enterprises/@enterprise/agents         204 {"user": "NEW"}
GET    /privacy/mine/requests/@access/copy              200
GET    /privacy/mine/requests/@access/answer            200
DELETE /privacy/mine/requests/@erasure                  200
POST   /privacy/mine/requests                           201 {"kind": "access", "subject": "user:@enterprise"}
DELETE /sessions/@session                               204
DELETE /accounts/enterprises/@enterprise/agents/@agent  204
"""
"""A registered enterprise, in this order."""


@dataclass(frozen=True, slots=True)
class Ask:
    operation: str
    own: int
    sent: str

    @property
    def ids(self) -> list[str]:
        return _ID.findall(f"{self.operation} {self.sent}")

    @property
    def route(self) -> str:
        """As the table of routes has it, whatever its ids are called."""
        return _ID.sub("{}", self.operation.partition("?")[0])

    @staticmethod
    def fill(text: str, things: Mapping[str, str]) -> str:
        return _ID.sub(lambda found: things[found[1]], text)


def rows(text: str) -> list[Ask]:
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        method, path, status, *sent = line.split(None, 3)
        found.append(Ask(f"{method} {path}", int(status), sent[0] if sent else ""))
    return found


@dataclass(slots=True)
class Side:
    """One of the two: their cookie, what is theirs by the words of the rows, and who else of theirs logs in."""

    name: str
    cookie: Mapping[str, str]
    things: dict[str, str]
    others: dict[str, Mapping[str, str]]

    def ask(self, house: House, ask: Ask, things: Mapping[str, str], *, by: str | None = None) -> Answer:
        method, _, path = ask.fill(ask.operation, things).partition(" ")
        sent = ask.sent.replace("NEW", f"canary.{self.name}.new").replace("GIVEN", PASSWORD)
        body = json.loads(ask.fill(sent, things)) if sent else None
        return house.inside.ask(method, API + path, body, headers=self.others[by] if by else self.cookie)


def reached(house: House, asks: Iterable[Ask], mine: Side, theirs: Side, *, by: str | None = None) -> list[object]:
    """Each id of each row that was answered another way than one that nothing bears, where it is the other's."""
    wrong: list[object] = []
    for ask in asks:
        for word in ask.ids:
            if mine.things[word] == theirs.things[word]:
                continue
            told = [mine.ask(house, ask, {**mine.things, word: id_}, by=by) for id_ in (theirs.things[word], NOBODY)]
            said = [answer.text.replace(theirs.things[word], NOBODY) for answer in told]
            if told[0].status not in CLOSED or (told[0].status, said[0]) != (told[1].status, said[1]):
                wrong.append((ask.operation, word, [answer.status for answer in told], said[0][:160]))
    return wrong


def answered_wrongly(house: House, asks: Iterable[Ask], side: Side) -> list[object]:
    """Rows that do not answer as they say to whom they are open."""
    return [
        (ask.operation, ask.own, answer.status, answer.text[:160])
        for ask in asks
        if (answer := side.ask(house, ask, side.things)).status != ask.own
    ]


def sign_in(house: House, person_id: str) -> tuple[dict[str, str], str]:
    """A login of this person, who chose their password and showed a factor: their cookie, and the session's id."""
    hall = house.inside.hall
    with hall.database.transaction() as conn:
        person_rows.set_onetime(conn, person_id, None)
        row = person_rows.find_person(conn, hall.site, person_id)
        assert row is not None
        login = hall.accounts.sessions.start(conn, row, Asker(address="127.0.0.1"), factor="totp")
    assert login.actor.session is not None
    return {"cookie": f"{hall.cookies.session}={login.token}"}, login.actor.session


def _hire(house: House, login: str, *, post: str | None = None, kind: str = "staff") -> str:
    body = {"user": f"canary.{login}", "password": PASSWORD, "name": f"人{login}", "kind": kind, "post": post}
    body["roles"] = ["clerk" if kind == "staff" else kind]  # type: ignore[assignment]
    return str(house.make("/accounts/users", body, who="admin")["id"])


def _place(house: House, person: str, post: str) -> None:
    house.make(f"/accounts/users/{person}/posts", {"post": post}, who="admin")


def two_units(house: House) -> tuple[Side, Side]:
    """Siblings, each with an administrator, a worker, and units and posts below; and people with posts in both."""

    def unit(name: str, parent: str | None) -> str:
        body = {"name": {"zh": f"单位{name}", "en": name}, "parent": parent}
        return str(house.make("/accounts/units", body, who="admin")["id"])

    def post(name: str, within: str) -> str:
        body = {"name": {"zh": f"岗位{name}", "en": name}}
        return str(house.make(f"/accounts/units/{within}/posts", body, who="admin")["id"])

    top, sides = unit("top", None), []
    for name in ("left", "right"):
        things = {"unit": unit(name, top)}
        things |= {word: unit(f"{name}-{word}", things["unit"]) for word in ("below", "spare", "empty")}
        things |= {word: post(f"{name}-{word}", things["unit"]) for word in ("post", "post_spare", "post_empty")}
        things["post_below"] = post(f"{name}-below", things["below"])
        things |= {word: _hire(house, f"{name}.{word}", post=things["post"]) for word in ("worker", "chief")}
        house.make(f"/accounts/units/{things['unit']}/managers", {"person": things["chief"]}, who="security_admin")
        sides.append(Side(name, sign_in(house, things["chief"])[0], things, {}))
    left, right = sides
    for word in ("both", "split"):
        person = _hire(house, word, post=left.things["post"])
        _place(house, person, right.things["post"])
        left.things[word] = right.things[word] = person
    house.make(f"/accounts/units/{left.things['unit']}/managers", {"person": person}, who="security_admin")
    left.others["split"] = sign_in(house, person)[0]
    return left, right


def two_enterprises(house: House) -> tuple[Side, Side]:
    """Each registered, with an agent who has an account, requests about their data, and a ticket."""
    sides = []
    for name, code in zip(("one", "two"), CREDIT_CODES, strict=True):
        body = {"kind": "enterprise", "user": f"canary.{name}", "password": PASSWORD, "name": f"商贸{name}公司"}
        house.make("/accounts/registrations", {**body, "id_number": code}, who=VISITOR)
        waiting = house.inside.ask("GET", f"{API}/accounts/registrations", who="security_admin").json()
        (asked,) = (row["id"] for row in waiting if row["user"] == body["user"])
        person = house.make(f"/accounts/registrations/{asked}/accept", who="security_admin")["id"]
        agent = _hire(house, f"{name}.agent", kind="citizen")
        _hire(house, f"{name}.new", kind="citizen")
        things = {"enterprise": person, "agent": agent}
        side = Side(name, sign_in(house, person)[0], things, {"agent": sign_in(house, agent)[0]})
        things["session"] = sign_in(house, person)[1]
        named = f"/accounts/enterprises/{person}/agents"
        assert (
            house.inside.ask("POST", API + named, {"user": f"canary.{name}.agent"}, headers=side.cookie).status == 204
        )
        for kind in ("access", "erasure"):
            things[kind] = house.make("/privacy/mine/requests", {"kind": kind}, headers=side.cookie)["id"]
        things["ticket"] = house.make("/queue/tickets", {"item": "RSJ-01"}, headers=side.cookie)["token"]
        sides.append(side)
    return sides[0], sides[1]
