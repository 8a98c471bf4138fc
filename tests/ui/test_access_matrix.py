"""Every route of the running app, asked by every role, for its own objects and for those of others: nobody sees more.

The routes come from the app's OpenAPI document, who may ask what from ``tests/ui/access_table.py``. A route without a
row fails. What is personal is planted, and looked for in every answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.kernel.access import DEVICE_ROLES, PROGRAM
from services.kernel.http import MARK
from services.kernel.modules import access_table, load_modules
from tests.ui.access_table import PUBLIC, ROLES, ROUTES, Row
from twin.conditions import Verdict
from twin.testing import TestServer
from ui.testing_inside import PEOPLE, STOPPED, VISITOR, Answer, InsideHall, inside_hall, log_in_at_first

pytestmark = pytest.mark.integration

API = "/api/v1"
METHODS = {"get", "post", "put", "patch", "delete"}
STRANGERS = (VISITOR, STOPPED)
EVERYBODY = (*STRANGERS, *PEOPLE, *DEVICE_ROLES, PROGRAM)
PASSWORD = "correct horse battery"
NAME, PHONE, TICKET_PHONE = "欧阳测试丁", "13912345678", "13787654321"
LOGIN = "canary.login"
ID_NUMBER = "11010119900307803X"
TEXT = {"zh": "测试", "en": "test"}
MAY_SEE: Mapping[str, frozenset[str]] = {
    NAME: frozenset({"GET /accounts/names", "GET /accounts/users", "GET /accounts/users/{person_id}"}),
    LOGIN: frozenset({"GET /accounts/users", "GET /accounts/users/{person_id}", "GET /audit", "GET /audit/export"}),
    PHONE: frozenset(),
    TICKET_PHONE: frozenset(),
    PASSWORD: frozenset(),
    ID_NUMBER: frozenset(),
}
"""What was planted, and where somebody with the permission may find it. A phone is nowhere in clear."""
AGENTS = "/accounts/enterprises/{enterprise_id}/agents"
FURTHER_RULE: Mapping[str, str] = {
    f"GET {AGENTS}": "of the enterprise's own people, or those who keep the accounts",
    f"POST {AGENTS}": "the same",
    f"DELETE {AGENTS}/{{agent_id}}": "the same",
    "GET /accounts/registrations": "the house's policy says whether clerks verify",
    "POST /accounts/registrations/{registration_id}/accept": "the same",
    "POST /accounts/registrations/{registration_id}/refuse": "the same",
}
"""Routes that refuse some of those who hold the permission, by a rule that the permission cannot say."""
NOT_ASKED = frozenset({"POST /session", "DELETE /session"})
"""They begin and end a login of their own: the tests of sessions ask them."""


@dataclass
class House:
    """A hall and one object of each kind in it, by the names their routes use."""

    inside: InsideHall
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    cookie: str = ""

    def ask(self, operation: str, *, who: str, ids: Mapping[str, str], body: Any = None) -> Answer:
        method, _, path = operation.partition(" ")
        return self.inside.ask(method, API + path.format_map(_Any(ids)), body, who=who, headers=_shown(path, ids))

    def make(self, path: str, body: Any = None, *, who: str) -> dict[str, Any]:
        answer = self.inside.ask("POST", API + path, body, who=who)
        assert answer.status in (200, 201, 202), (path, answer.text)
        made: dict[str, Any] = answer.json() if answer.body else {}
        return made

    def fill(self) -> None:
        for thing, make in MAKERS.items():
            self.things[thing] = make(self)


IN_HEADER = frozenset({"/queue/tickets/mine"})
"""Whose id is a secret, and stands in a header."""


def _shown(path: str, ids: Mapping[str, str]) -> dict[str, str]:
    return {"X-Ticket": _Any(ids)["token"]} if path in IN_HEADER else {}


def _takes_id(operation: str) -> bool:
    return "{" in operation or operation.partition(" ")[2] in IN_HEADER


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "nobody-has-this-id"


def _person(house: House) -> dict[str, str]:
    number = len(house.things)
    login = f"{LOGIN}{number}"
    body = {"user": login, "password": PASSWORD, "name": NAME, "roles": ["clerk"], "phone": PHONE}
    return {"person_id": house.make("/accounts/users", body, who="admin")["id"]}


def _ticket(house: House) -> dict[str, str]:
    house.make("/queue/windows/A02/open", who="clerk")
    return {"token": house.make("/queue/tickets", {"item": "RSJ-01", "phone": TICKET_PHONE}, who=VISITOR)["token"]}


def _command(house: House) -> dict[str, str]:
    body = {"name": "lock", "args": {}, "reason": "matrix"}
    return {"command_id": house.make("/devices/DOOR-01/commands", body, who="manager")["id"]}


def _alarm(house: House) -> dict[str, str]:
    hall = house.inside.hall
    kind = hall.kinds["leak_sensor"]
    verdict = Verdict(source=f"{hall.site}:device:LEAK-01", alarm=kind.alarms[0], holds=True, value=True, at_ms=1)
    hall.twin.alarms.hear(verdict)
    hall.twin.committer.call(lambda _conn: None, lambda _: None)
    return {"alarm_id": hall.twin.alarms.list_open()[0]["id"]}


def _draft(house: House) -> dict[str, str]:
    return {"draft": house.make("/building/drafts/current", who="manager")["id"]}


def _version(house: House) -> dict[str, str]:
    found = house.inside.ask("GET", f"{API}/building/versions", who="manager").json()[0]["hash"]
    return {"version": found, "before": found, "after": found}


def _login(house: House) -> dict[str, str]:
    """Somebody's own login, whose cookie the next makers use."""
    login = f"{LOGIN}.own"
    house.make("/accounts/users", {"user": login, "password": PASSWORD, "name": NAME, "roles": ["clerk"]}, who="admin")
    house.cookie = log_in_at_first(house.inside, login, PASSWORD, f"{PASSWORD}, changed")
    listed = house.inside.ask("GET", f"{API}/sessions", headers={"cookie": house.cookie})
    return {"session_id": listed.json()[0]["id"]}


def _role(house: House) -> dict[str, str]:
    body = {"key": f"guide{len(house.inside.hall.site)}", "name": TEXT, "permissions": ["ops.view"]}
    return {"key": house.make("/accounts/roles", body, who="security_admin")["key"]}


def _registration(house: House) -> dict[str, str]:
    body = {"kind": "citizen", "user": "canary.new", "password": PASSWORD, "name": NAME, "id_number": ID_NUMBER}
    house.make("/accounts/registrations", body, who=VISITOR)
    waiting = house.inside.ask("GET", f"{API}/accounts/registrations", who="security_admin").json()
    return {"registration_id": waiting[0]["id"]}


def _own(house: House, path: str, body: Any = None) -> dict[str, Any]:
    answer = house.inside.ask("POST", API + path, body, headers={"cookie": house.cookie})
    assert answer.status == 201, (path, answer.text)
    made: dict[str, Any] = answer.json()
    return made


MAKERS: Mapping[str, Callable[[House], dict[str, str]]] = {
    "person": _person,
    "session": _login,
    "factor": lambda house: {"factor_id": _own(house, "/factors/totp")["id"]},
    "request": lambda house: {"request_id": _own(house, "/privacy/mine/requests", {"kind": "access"})["id"]},
    "role": _role,
    "unit": lambda house: {"unit_id": house.make("/accounts/units", {"name": TEXT}, who="admin")["id"]},
    "post": lambda house: {
        "post_id": house.make(f"/accounts/units/{house.things['unit']['unit_id']}/posts", {"name": TEXT}, who="admin")[
            "id"
        ]
    },
    "registration": _registration,
    "enterprise": lambda _house: {},  # of a registered enterprise's agent: tests/services/accounts
    "pairing": lambda house: {
        "pairing_id": house.make("/pairings", {"role": "kiosk", "name": "大厅"}, who="manager")["id"]
    },
    "token": lambda house: {"token_id": house.make("/tokens", {"name": "reader"}, who="manager")["id"]},
    "ticket": _ticket,
    "command": _command,
    "alarm": _alarm,
    "draft": _draft,
    "version": _version,
    "guest": lambda house: {
        "user": house.make("/admission/invitations", {"count": 1}, who="manager")[0]["user"]  # type: ignore[index]
    },
    "unasked": lambda _house: {},  # a device that appears unasked needs a broker: tests/ui/test_unasked_api.py
    "device": lambda _house: {"key": "DOOR-02", "device": "DOOR-02", "gateway": "DOOR-03", "point": "locked"},
    "window": lambda _house: {"number": "A02"},
    "floor": lambda _house: {"floor": "1F"},
    "item": lambda _house: {"code": "RSJ-01"},
}


NOT_MADE = frozenset({"unasked", "enterprise"})


@pytest.fixture(scope="module")
def houses(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    """Two halls on one database: what is made in the second is others' for everybody of the first."""
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "b").mkdir()
    with (
        server.database() as url,
        inside_hall(url, folder) as here,
        inside_hall(url, folder / "b", site="elsewhere", vault_key=folder / "vault.key") as there,
    ):
        mine, theirs = House(here), House(there)
        mine.fill()
        theirs.fill()
        yield mine, theirs


@pytest.fixture(scope="module")
def operations(houses: tuple[House, House]) -> dict[str, dict[str, Any]]:
    document = houses[0].inside.app.openapi()  # type: ignore[attr-defined]
    return {
        f"{method.upper()} {path.removeprefix(API)}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_every_route_has_a_row_and_every_row_a_route(operations: Mapping[str, Any]) -> None:
    assert set(ROUTES) == set(operations), "give a new route a row in tests/ui/access_table.py"
    assert {name: row.permission for name, row in ROUTES.items()} == {
        name: operation[MARK] for name, operation in operations.items()
    }


def test_every_route_that_takes_an_id_says_whose_the_object_is() -> None:
    silent = [name for name, row in ROUTES.items() if _takes_id(name) != (row.whose in ("own", "mine", "hall"))]
    assert silent == []
    assert {row.thing for row in ROUTES.values() if row.thing} == set(MAKERS)


def test_every_permission_is_held_by_the_roles_we_mean() -> None:
    declared = {p.name: p.roles for p in access_table(load_modules()).permissions.values()}
    assert declared == ROLES


def _expected(row: Row, who: str) -> int | None:
    """The refusal that this role is to meet, None for none."""
    if row.permission == PUBLIC or who in ROLES[row.permission]:
        return None
    return 401 if who in STRANGERS else 403


def test_every_route_is_closed_to_every_role_that_lacks_its_permission(houses: tuple[House, House]) -> None:
    """Whatever it sends, and whether the object is there or not: the answer is the same."""
    house, _ = houses
    wrong = []
    for name, row in ROUTES.items():
        for who in EVERYBODY:
            if (status := _expected(row, who)) is None:
                continue
            answer = house.ask(name, who=who, ids=house.things.get(row.thing or "", {}), body={"broken": [1]})
            if (answer.status, set(answer.json()) - PROBLEM) != (status, set()):
                wrong.append((name, who, answer.status, answer.text[:80]))
    assert wrong == [], "\n".join(map(str, wrong))


PROBLEM = {"type", "title", "status", "detail", "text", "permission"}


def test_every_role_that_holds_the_permission_is_let_in(houses: tuple[House, House]) -> None:
    """With an id that nothing bears, so that nothing changes: not found, not valid, whatever, but never refused."""
    house, _ = houses
    wrong = []
    for name, row in ROUTES.items():
        if name in NOT_ASKED or ("{" not in name and not name.startswith("GET")):
            continue
        for who in EVERYBODY:
            if _expected(row, who) is not None:
                continue
            answer = house.ask(name, who=who, ids={})
            refused = answer.status == 401 or (answer.status == 403 and name not in FURTHER_RULE)
            if refused or (answer.status >= 500 and name != "GET /health"):
                wrong.append((name, who, answer.status, answer.text[:80]))
    assert wrong == [], "\n".join(map(str, wrong))


def test_the_object_of_another_is_not_there_for_anybody(houses: tuple[House, House]) -> None:
    """The same as an id that nothing bears, to the letter: whoever guesses learns nothing."""
    house, other = houses
    wrong, asked = [], 0
    for name, row in ROUTES.items():
        if row.whose not in ("own", "mine") or not other.things[row.thing or ""]:
            continue
        theirs = (house if row.whose == "mine" else other).things[row.thing or ""]
        query = QUERIES.get(name, "")
        for who in EVERYBODY:
            if _expected(row, who) is not None:
                continue
            answers = [house.ask(name + query, who=who, ids=ids, body=BODIES.get(name, {})) for ids in (theirs, {})]
            asked += 1
            said = [_without(answer.text, {**theirs, "": "nobody-has-this-id"}) for answer in answers]
            allowed = (404, 403) if name in FURTHER_RULE else (404,)
            if answers[0].status not in allowed or said[0] != said[1]:
                wrong.append((name, who, answers[0].status, answers[1].status, said[0][:160]))
    assert wrong == [], "\n".join(map(str, wrong))
    assert asked > 50


def _without(text: str, ids: Mapping[str, str]) -> str:
    return re.sub("|".join(map(re.escape, ids.values())), "ID", text)


BODIES: Mapping[str, Any] = {
    "POST /accounts/enterprises/{enterprise_id}/agents": {"user": "nobody", "why": "x"},
    "PATCH /accounts/posts/{post_id}": {"name": TEXT},
    "POST /accounts/posts/{post_id}/merge": {"into": "x"},
    "POST /accounts/registrations/{registration_id}/refuse": {"why": "matrix"},
    "POST /accounts/registrations/{registration_id}/accept": {"why": "matrix"},
    "PUT /accounts/roles/{key}": {"name": TEXT, "permissions": []},
    "POST /accounts/units/{unit_id}/managers": {"person": "x"},
    "POST /accounts/units/{unit_id}/merge": {"into": "x"},
    "POST /accounts/units/{unit_id}/move": {"parent": None},
    "PUT /accounts/units/{unit_id}/name": {"name": TEXT},
    "POST /accounts/units/{unit_id}/posts": {"name": TEXT},
    "PATCH /accounts/users/{person_id}": {"name": "x"},
    "POST /accounts/users/{person_id}/posts": {"post": "x"},
    "POST /accounts/users/{person_id}/stop": {"why": "matrix"},
    "POST /accounts/users/{person_id}/start": {"why": "matrix"},
    "POST /accounts/users/{person_id}/reset": {"why": "matrix", "proof": "id_document"},
    "POST /accounts/users/{person_id}/factors/reset": {"why": "matrix", "proof": "id_document"},
    "PUT /accounts/users/{person_id}/roles": {"roles": [], "why": "matrix"},
    "POST /admission/lobby/{user}/approve": {"key": "DOOR-05", "why": "x"},
    "POST /alarms/{alarm_id}/acknowledge": {"note": "x"},
    "POST /factors/{factor_id}/confirm": {"code": "123456"},
    "POST /privacy/requests/{request_id}/decision": {"grant": False, "reason": "matrix"},
    "POST /building/drafts/{draft}/edits": {"revision": 0, "edit": {"op": "remove", "id": "x"}},
    "POST /building/drafts/{draft}/publish": {"revision": 0, "why": "x"},
    "POST /building/drafts/{draft}/rebase": {"revision": 0},
    "POST /building/drafts/{draft}/redo": {"revision": 0},
    "POST /building/drafts/{draft}/undo": {"revision": 0},
    "POST /building/versions/{version}/publish": {"why": "x"},
}
QUERIES: Mapping[str, str] = {"GET /building/drafts/{draft}/route": "?to=A02", "GET /building/plan/{floor}.svg": ""}


def test_an_object_of_ones_own_is_there(houses: tuple[House, House]) -> None:
    """Else the test above could not fail. Last of all, because some of these end what they are asked of."""
    house, _ = houses
    reads = [n for n, row in ROUTES.items() if n.startswith("GET") and _takes_id(n) and row.thing not in NOT_MADE]
    wrong = []
    for name in reads:
        row = ROUTES[name]
        who = VISITOR if row.permission == PUBLIC else min(ROLES[row.permission])
        method, _, path = name.partition(" ")
        address = API + path.format_map(_Any(house.things[row.thing or ""])) + QUERIES.get(name, "")
        headers = {"cookie": house.cookie} if row.whose == "mine" else _shown(path, house.things[row.thing or ""])
        answer = house.inside.ask(method, address, who=VISITOR if row.whose == "mine" else who, headers=headers)
        if answer.status != 200 and not (answer.status == 422 and "point" in name + answer.text):
            wrong.append((name, who, answer.status, answer.text[:160]))
    assert wrong == [], "\n".join(map(str, wrong))


def test_nobody_is_told_more_of_a_person_than_their_role_needs(houses: tuple[House, House]) -> None:
    """Every answer to every role, with the objects there: what was planted stands only where it may."""
    house, other = houses
    leaks, seen = [], set()
    for name, row in ROUTES.items():
        if not name.startswith("GET"):
            continue
        for who in EVERYBODY:
            answer = house.ask(name, who=who, ids=house.things.get(row.thing or "", {}))
            assert other.things["person"]["person_id"] not in answer.text, (name, who)
            for planted, places in MAY_SEE.items():
                if planted in answer.text:
                    seen.add((planted, name))
                    if name not in places or _expected(row, who) is not None:
                        leaks.append((name, who, planted))
    assert leaks == [], "\n".join(map(str, leaks))
    assert {planted for planted, _ in seen} == {planted for planted, places in MAY_SEE.items() if places}


def test_who_is_stopped_in_mid_session_is_a_stranger_at_once(houses: tuple[House, House]) -> None:
    house, _ = houses
    body = {"user": "stopped.soon", "password": PASSWORD, "name": "停", "roles": ["clerk"]}
    person = house.make("/accounts/users", body, who="admin")["id"]
    cookie = {"cookie": log_in_at_first(house.inside, "stopped.soon", PASSWORD, f"{PASSWORD}, changed")}
    assert house.inside.ask("GET", f"{API}/queue/windows", headers=cookie).status == 200
    assert house.inside.ask("DELETE", f"{API}/accounts/users/{person}", who="admin").status == 204
    assert house.inside.ask("GET", f"{API}/queue/windows", headers=cookie).status == 401
