"""One object of each kind in a hall, made the way they are made there, for the access matrix to ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.conditions import Verdict
from ui.testing_inside import VISITOR, Answer, InsideHall, log_in_at_first

API = "/api/v1"
PASSWORD = "correct horse battery"
NAME, PHONE, TICKET_PHONE = "欧阳测试丁", "13912345678", "13787654321"
LOGIN = "canary.login"
ID_NUMBER = "11010119900307803X"
TEXT = {"zh": "测试", "en": "test"}


@dataclass
class House:
    """A hall and one object of each kind in it, by the names their routes use."""

    inside: InsideHall
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    cookie: str = ""

    def ask(self, operation: str, *, who: str, ids: Mapping[str, str], body: Any = None) -> Answer:
        method, _, path = operation.partition(" ")
        return self.inside.ask(method, API + path.format_map(Ids(ids)), body, who=who, headers=shown(path, ids))

    def make(
        self, path: str, body: Any = None, *, who: str = VISITOR, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        answer = self.inside.ask("POST", API + path, body, who=who, headers=headers)
        assert answer.status in (200, 201, 202, 204), (path, answer.text)
        made: dict[str, Any] = answer.json() if answer.body else {}
        return made

    def fill(self) -> None:
        for thing, make in MAKERS.items():
            self.things[thing] = make(self)


IN_HEADER = {
    "/queue/tickets/mine": ("X-Ticket", "token"),
    "/trips/mine": ("X-Trip", "trip_token"),
    "/trips/mine/live": ("X-Trip", "trip_token"),
}
"""Whose id is a secret, and stands in a header."""


def shown(path: str, ids: Mapping[str, str]) -> dict[str, str]:
    header, name = IN_HEADER.get(path, ("", ""))
    return {header: Ids(ids)[name]} if header else {}


def takes_id(operation: str) -> bool:
    return "{" in operation or operation.partition(" ")[2] in IN_HEADER


class Ids(dict[str, str]):
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
    return house.make(path, body, headers={"cookie": house.cookie})


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
    "trip": lambda house: {"trip_token": house.make("/trips", {"to": "A02"})["token"]},
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
