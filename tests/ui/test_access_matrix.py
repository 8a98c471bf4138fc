"""Every route of the running app, asked by every role, for its own objects and for those of others: nobody sees more.

The routes come from the app's OpenAPI document, who may ask what from ``tests/ui/access_table.py``. A route without a
row fails. What is personal is planted, and looked for in every answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from services.kernel.access import DEVICE_ROLES, PROGRAM, UNIT_ADMIN
from services.kernel.http import MARK
from services.kernel.modules import access_table, load_modules
from tests.ui.access_house import (
    API,
    ID_NUMBER,
    LOGIN,
    MAKERS,
    NAME,
    NOT_MADE,
    PASSWORD,
    PHONE,
    TEXT,
    TICKET_PHONE,
    House,
    Ids,
    shown,
    takes_id,
)
from tests.ui.access_kin import (
    CLOSED,
    ENTERPRISE,
    IN_BOTH,
    NOBODY,
    WITHIN,
    Ask,
    Side,
    answered_wrongly,
    reached,
    rows,
    two_enterprises,
    two_units,
)
from tests.ui.access_table import PUBLIC, ROLES, ROUTES, Row
from twin.testing import TestServer
from ui.testing_inside import PEOPLE, STOPPED, VISITOR, Answer, inside_hall, log_in_at_first

pytestmark = pytest.mark.integration

METHODS = {"get", "post", "put", "patch", "delete"}
STRANGERS = (VISITOR, STOPPED)
EVERYBODY = (*STRANGERS, *PEOPLE, *DEVICE_ROLES, PROGRAM)
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
    silent = [name for name, row in ROUTES.items() if takes_id(name) != (row.whose in ("own", "mine", "hall"))]
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
            told = any(planted in answer.text for planted in MAY_SEE)
            if told or (answer.status, set(answer.json()) - PROBLEM) != (status, set()):
                wrong.append((name, who, answer.status, answer.text[:80]))
    assert wrong == [], "\n".join(map(str, wrong))


PROBLEM = {"type", "title", "status", "detail", "text", "permission"}


def test_every_role_that_holds_the_permission_is_let_in(houses: tuple[House, House]) -> None:
    """With an id that nothing bears, so that nothing changes: not found, not valid, whatever, but never refused.

    What is read without an id is asked in the test of what everybody is told.
    """
    house, _ = houses
    wrong = []
    for name, row in ROUTES.items():
        if "{" not in name:
            continue
        for who in EVERYBODY:
            if _expected(row, who) is not None:
                continue
            answer = house.ask(name, who=who, ids={})
            if not _is_let_in(name, answer):
                wrong.append((name, who, answer.status, answer.text[:80]))
    assert wrong == [], "\n".join(map(str, wrong))


def _is_let_in(name: str, answer: Answer) -> bool:
    refused = answer.status == 401 or (answer.status == 403 and name not in FURTHER_RULE)
    return not refused and (answer.status < 500 or name == "GET /health")


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
    "PATCH /trips/mine": {"revision": 1, "step": 1},
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
    reads = [n for n, row in ROUTES.items() if n.startswith("GET") and takes_id(n) and row.thing not in NOT_MADE]
    wrong = []
    for name in reads:
        row = ROUTES[name]
        who = VISITOR if row.permission == PUBLIC else min(ROLES[row.permission])
        method, _, path = name.partition(" ")
        address = API + path.format_map(Ids(house.things[row.thing or ""])) + QUERIES.get(name, "")
        headers = {"cookie": house.cookie} if row.whose == "mine" else shown(path, house.things[row.thing or ""])
        answer = house.inside.ask(method, address, who=VISITOR if row.whose == "mine" else who, headers=headers)
        if answer.status != 200 and not (answer.status == 422 and "point" in name + answer.text):
            wrong.append((name, who, answer.status, answer.text[:160]))
    assert wrong == [], "\n".join(map(str, wrong))


def test_nobody_is_told_more_of_a_person_than_their_role_needs(houses: tuple[House, House]) -> None:
    """Every answer to every role that gets one, with the objects there: what was planted stands only where it may."""
    house, other = houses
    leaks, seen = [], set()
    for name, row in ROUTES.items():
        if not name.startswith("GET"):
            continue
        for who in (who for who in EVERYBODY if _expected(row, who) is None):
            answer = house.ask(name, who=who, ids=house.things.get(row.thing or "", {}))
            assert _is_let_in(name, answer), (name, who, answer.status, answer.text[:80])
            assert other.things["person"]["person_id"] not in answer.text, (name, who)
            for planted, places in MAY_SEE.items():
                if planted in answer.text:
                    seen.add((planted, name))
                    if name not in places:
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


UNIT_THINGS = {"person", "post", "unit"}


@pytest.fixture(scope="module")
def units(houses: tuple[House, House]) -> tuple[Side, Side]:
    return two_units(houses[0])


@pytest.fixture(scope="module")
def enterprises(houses: tuple[House, House]) -> tuple[Side, Side]:
    return two_enterprises(houses[0])


def test_every_route_of_a_person_a_unit_or_a_post_is_asked_by_unit_administrators() -> None:
    theirs = {
        re.sub(r"{\w+}", "{}", name)
        for name, row in ROUTES.items()
        if row.thing in UNIT_THINGS and UNIT_ADMIN in ROLES[row.permission]
    }
    assert theirs <= {ask.route for ask in rows(WITHIN)}


def test_unit_administrators_reach_nothing_of_the_sibling_unit(
    houses: tuple[House, House], units: tuple[Side, Side]
) -> None:
    """Nor does somebody who manages the one and has a post in the other: a post gives no right to its unit."""
    house, (left, right) = houses[0], units
    before = _said_of(house, right)
    asks = [*rows(WITHIN), *rows(IN_BOTH)]
    wrong = [*reached(house, asks, left, right), *reached(house, asks, right, left)]
    wrong += reached(house, asks, left, right, by="split")
    assert wrong == [], "\n".join(map(str, wrong))
    assert _said_of(house, right) == before


def test_unit_administrators_are_shown_nothing_of_the_sibling_unit(
    houses: tuple[House, House], units: tuple[Side, Side]
) -> None:
    """Not as the second post of somebody who has one in each either."""
    house, (left, right) = houses[0], units
    both = left.things["both"]
    for mine, theirs in ((left, right), (right, left)):
        hidden = {id_ for word, id_ in theirs.things.items() if id_ not in mine.things.values()}
        assert _found(house, mine.cookie, hidden, but={"GET /accounts/names"}) == []
        seen = house.inside.ask("GET", f"{API}/accounts/users/{both}", headers=mine.cookie).json()
        assert [held["unit"] for held in seen["posts"]] == [mine.things["unit"]]
    whole = house.inside.ask("GET", f"{API}/accounts/users/{both}", who="admin").json()
    assert {held["unit"] for held in whole["posts"]} == {left.things["unit"], right.things["unit"]}


def test_who_has_posts_in_two_units_is_changed_by_neither_administrator_until_they_leave_one(
    houses: tuple[House, House], units: tuple[Side, Side]
) -> None:
    house, (left, right) = houses[0], units
    wrong = [*answered_wrongly(house, rows(IN_BOTH), left), *answered_wrongly(house, rows(IN_BOTH), right)]
    assert wrong == [], "\n".join(map(str, wrong))
    both, look, change = left.things["both"], *rows(IN_BOTH)[:2]
    left_post = f"{API}/accounts/users/{both}/posts/{right.things['post']}"
    assert house.inside.ask("DELETE", left_post, who="admin").status == 204
    assert [side.ask(house, look, side.things).status for side in (left, right)] == [200, 404]
    assert [side.ask(house, change, side.things).status for side in (left, right)] == [200, 404]


def test_unit_administrators_may_what_is_below_their_unit_and_not_the_unit_itself(
    houses: tuple[House, House], units: tuple[Side, Side]
) -> None:
    """Else the tests above could not fail. After them, because this ends what it is asked of."""
    wrong = [answered_wrongly(houses[0], rows(WITHIN), side) for side in units]
    assert wrong == [[], []], "\n".join(map(str, wrong))


def test_enterprises_and_their_agents_reach_and_are_shown_nothing_of_another(
    houses: tuple[House, House], enterprises: tuple[Side, Side]
) -> None:
    house, (one, two) = houses[0], enterprises
    asks = rows(ENTERPRISE)
    for mine, theirs in ((one, two), (two, one)):
        wrong = [*reached(house, asks, mine, theirs), *reached(house, asks, mine, theirs, by="agent")]
        assert wrong == [], "\n".join(map(str, wrong))
        for cookie in (mine.cookie, mine.others["agent"]):
            assert _found(house, cookie, {*theirs.things.values(), f"canary.{theirs.name}"}) == []
        acting = house.inside.ask("GET", f"{API}/accounts/me/enterprises", headers=mine.others["agent"]).json()
        assert [enterprise["id"] for enterprise in acting] == [mine.things["enterprise"]]


def test_an_agent_has_what_is_the_enterprises_own_no_more_than_a_stranger(
    houses: tuple[House, House], enterprises: tuple[Side, Side]
) -> None:
    """They see to its matters; its account, its data and its logins are not theirs."""
    house, (one, _) = houses[0], enterprises
    for ask in rows(ENTERPRISE):
        assert one.ask(house, ask, one.things, by="agent").status in CLOSED, ask.operation


def test_a_ticket_is_whose_secret_it_is(houses: tuple[House, House], enterprises: tuple[Side, Side]) -> None:
    house, (one, two) = houses[0], enterprises
    ticket = f"{API}/queue/tickets/mine"
    for mine, theirs in ((one, two), (two, one)):
        shown_to = [{}, {"X-Ticket": NOBODY}, {"X-Ticket": mine.things["ticket"]}]
        answers = [house.inside.ask("GET", ticket, headers={**mine.cookie, **header}) for header in shown_to]
        assert [answer.status for answer in answers] == [404, 404, 200]
        ours, other = answers[2].json(), house.inside.ask("GET", ticket, headers={"X-Ticket": theirs.things["ticket"]})
        assert ours["number"] != other.json()["number"]


def test_an_enterprise_may_what_is_its_own(houses: tuple[House, House], enterprises: tuple[Side, Side]) -> None:
    """Else the tests above could not fail. After them, because this ends what it is asked of."""
    wrong = [answered_wrongly(houses[0], rows(ENTERPRISE), side) for side in enterprises]
    assert wrong == [[], []], "\n".join(map(str, wrong))


def _said_of(house: House, side: Side) -> list[str]:
    """All that the house's administrator sees of this unit."""
    asked = ("units/@unit", "units/@below", "units?below=@unit", "users?unit=@unit", "users/@worker", "users/@both")
    found = [house.inside.ask("GET", f"{API}/accounts/{Ask.fill(path, side.things)}", who="admin") for path in asked]
    assert {answer.status for answer in found} == {200}
    return [answer.text for answer in found]


def _found(
    house: House, cookie: Mapping[str, str], hidden: AbstractSet[str], *, but: AbstractSet[str] = frozenset()
) -> list[object]:
    """Lists that show any of these to this login."""
    wrong: list[object] = []
    for name in ROUTES:
        method, _, path = name.partition(" ")
        if method == "GET" and not takes_id(name) and name not in but:
            text = house.inside.ask(method, API + path, headers=cookie).text
            wrong += [(name, word) for word in hidden if word in text]
    return wrong


def test_a_token_opens_the_operations_of_its_scopes_and_no_others(houses: tuple[House, House]) -> None:
    """All of them read; what is public it may as anybody may, and is not asked here."""
    house, _ = houses
    scopes = set(house.inside.ask("GET", f"{API}/tokens/scopes", who="manager").json())
    assert scopes == {name for name, roles in ROLES.items() if PROGRAM in roles}
    for given in (*({scope} for scope in sorted(scopes)), scopes):
        made = house.make("/tokens", {"name": "matrix", "scopes": sorted(given)}, who="manager")
        token = {"authorization": f"Bearer {made['token']}"}
        opened = set()
        for name, row in ROUTES.items():
            if row.permission == PUBLIC:
                continue
            method, _, path = name.partition(" ")
            address = API + path.format_map(Ids(house.things.get(row.thing or "", {}))) + QUERIES.get(name, "")
            answer = house.inside.ask(method, address, BODIES.get(name, {}), headers=token)
            assert answer.status != 401, name
            if answer.status != 403:
                opened.add(name)
        assert opened == {name for name, row in ROUTES.items() if row.permission in given}
        assert {name.partition(" ")[0] for name in opened} <= {"GET"}, "a program changes nothing"
        figures = house.inside.ask("GET", "/metrics", headers={**token, "x-forwarded-for": "203.0.113.7"})
        assert figures.status == (200 if "metrics.read" in given else 403)
        assert house.inside.ask("DELETE", f"{API}/tokens/{made['id']}", who="manager").status == 204
        assert house.inside.ask("GET", f"{API}/twin", headers=token).status == 401
