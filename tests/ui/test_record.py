"""What is kept of what people do: one audit line an operation, nothing personal in clear, a site on every row."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration

PLANTED = {
    "name": "欧阳娜娜测试",
    "phone": "13912345678",
    "visitor_phone": "18698765432",
    "free_text": "我住在幸福里三号楼，孩子叫小石头",
}
NO_SITE_NEEDED = {
    # Rows that hang on another table's row, which has the site or an id that begins with it.
    "twin.reading": "by twin.point",
    "twin.latest": "by twin.point",
    "twin.keyframe": "by twin.point",
    "twin.rollup": "by twin.point",
    "twin.late": "by twin.point",
    "twin.retention": "how long what is kept, in every site",
    "twin.batch": "the recorder's own place",
    "hall.migration": "the schema's own record",
    "audit.waiting": "by audit.line",
    "audit.leaf": "by audit.line",
    "audit.node": "of one tree over the lines of all sites",
    "audit.head": "of one tree over the lines of all sites",
    "audit.keeping": "how long lines are kept, in every site",
}
NAMED_BY_SITE = {"twin.point": "entity", "twin.event": "entity"}
"""Tables without the column whose every row names an entity, and so its site."""


class Lines:
    """The audit lines that came since it was last asked."""

    def __init__(self, hall: DemoHall) -> None:
        for role in ("manager", "security", "clerk"):
            hall.as_(role)  # a login is a line of its own
        hall.as_("admin")
        self._auditor = hall.as_("audit_admin")
        self._seen = self._newest()

    def new(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._auditor.get("/audit", params={"limit": 500}).json()["lines"]
        # Looking is on record too, and what was refused comes when it comes: test_audit.py is about both.
        fresh = [x for x in found if x["id"] > self._seen and x["action"] not in {"audit.search", "request.refused"}]
        self._seen = max([self._seen, *(line["id"] for line in fresh)])
        return list(reversed(fresh))

    def _newest(self) -> int:
        found = self._auditor.get("/audit", params={"limit": 1}).json()["lines"]
        return int(found[0]["id"])


@pytest.fixture
def lines(hall: DemoHall) -> Lines:
    return Lines(hall)


def of_people(found: list[dict[str, Any]]) -> list[str]:
    """Actions of people and paired browsers. What follows in devices and screens has lines of its own."""
    return [line["action"] for line in found if line["actor"].partition(":")[0] not in {"system", "shifanqu", "hall"}]


def test_a_visit_writes_one_line_a_step(hall: DemoHall, lines: Lines) -> None:
    clerk, visitor = hall.as_("clerk"), hall.as_()
    window = "/queue/windows/A05"

    def step(action: str, ask: Callable[[], Any]) -> Any:
        answer = ask()
        assert answer.status_code in {200, 201}, answer.text
        assert of_people(lines.new()) == [action]
        return answer.json()

    with hall.join("TERM-A05"):
        lines.new()
        step("queue.window.opened", lambda: clerk.post(f"{window}/open"))
        department = clerk.get(window).json()["department"]
        ticket = step("queue.ticket.issued", lambda: visitor.post("/queue/tickets", json={"department": department}))
        step("queue.ticket.called", lambda: clerk.post(f"{window}/call-next"))
        step("queue.ticket.recalled", lambda: clerk.post(f"{window}/recall"))
        step("queue.ticket.started", lambda: clerk.post(f"{window}/start"))
        step("queue.ticket.finished", lambda: clerk.post(f"{window}/finish"))
        rating = {"token": ticket["token"], "level": 2}
        step("evaluation.rated", lambda: visitor.post("/evaluations", json=rating))
        other = step("queue.ticket.issued", lambda: visitor.post("/queue/tickets", json={"department": department}))
        shown = {"X-Ticket": other["token"]}
        step("queue.ticket.cancelled", lambda: visitor.delete("/queue/tickets/mine", headers=shown))
        step("queue.window.closed", lambda: clerk.post(f"{window}/close"))


def test_what_is_refused_or_only_read_writes_no_line(hall: DemoHall, lines: Lines) -> None:
    clerk, visitor = hall.as_("clerk"), hall.as_()
    assert clerk.post("/queue/windows/B07/call-next").status_code == 409
    assert clerk.post("/devices/DOOR-01/commands", json={"name": "lock", "reason": "x"}).status_code == 403
    assert visitor.post("/evaluations", json={"token": "no-such-token", "level": 1}).status_code == 404
    for address in ("/queue/board", "/queue/summary", "/building", "/kinds", "/routes?from=OUT&to=A07"):
        assert visitor.get(address).status_code == 200
    assert lines.new() == []


def test_people_logins_and_paired_browsers_write_one_line_each(hall: DemoHall, lines: Lines) -> None:
    admin = hall.as_("admin")
    login = {"user": f"u{secrets.token_hex(4)}", "password": "correct horse battery"}

    assert admin.post("/accounts/users", json={**login, "name": "N", "roles": ["clerk"]}).status_code == 201
    assert of_people(lines.new()) == ["person.create"]

    with closing(hall.client()) as person:
        assert person.post("/session", json={**login, "password": "wrong"}).status_code == 401
        assert of_people(lines.new()) == ["session.refused"]
        assert person.post("/session", json=login).status_code == 200
        assert of_people(lines.new()) == ["session.begin"]
        assert person.delete("/session").status_code == 204
        assert of_people(lines.new()) == ["session.end"]

    begun = admin.post("/pairings", json={"role": "wall", "name": "Hall wall"}).json()
    assert of_people(lines.new()) == ["pairing.begin"]
    with closing(hall.client()) as wall:
        assert wall.post("/pairings/claim", json={"code": begun["code"]}).status_code == 200
        assert of_people(lines.new()) == ["pairing.claim"]
        assert admin.delete(f"/pairings/{begun['id']}").status_code == 204
        assert of_people(lines.new()) == ["pairing.revoke"]


def test_commands_and_alarms_write_one_line_a_persons_step(hall: DemoHall, lines: Lines) -> None:
    manager = hall.as_("manager")
    armed = manager.post("/devices/DOOR-07/commands", json={"name": "unlock", "reason": "delivery"}).json()
    assert of_people(lines.new()) == ["command.armed"]
    manager.post(f"/commands/{armed['id']}/fire")
    assert of_people(lines.new()) == ["command.queued"]

    with hall.join("UPS-1") as ups:
        ups.report(on_battery=True)
        alarm = eventually(
            lambda: [a for a in manager.get("/alarms").json() if a["source"].endswith(":UPS-1")], what="the alarm"
        )[0]
        lines.new()
        assert manager.post(f"/alarms/{alarm['id']}/acknowledge", json={"note": "seen"}).status_code == 200
        found = lines.new()
        assert of_people(found) == ["alarm.acknowledge"]
        assert found[-1]["actor"] == manager.get("/session").json()["actor"]["id"]
        ups.report(on_battery=False)
        eventually(
            lambda: not [a for a in manager.get("/alarms").json() if a["source"].endswith(":UPS-1")], what="its end"
        )


# --- personal data


def test_nothing_personal_stands_in_clear_in_any_table(hall: DemoHall) -> None:
    admin, clerk, visitor = hall.as_("admin"), hall.as_("clerk"), hall.as_()
    login = f"p{secrets.token_hex(4)}"
    person = {"user": login, "password": "correct horse battery", "name": PLANTED["name"], "roles": ["clerk"]}
    assert admin.post("/accounts/users", json={**person, "phone": PLANTED["phone"]}).status_code == 201
    with hall.join("TERM-A06"):
        assert clerk.post("/queue/windows/A06/open").status_code == 200
        wish = {"department": clerk.get("/queue/windows/A06").json()["department"], "phone": PLANTED["visitor_phone"]}
        ticket = visitor.post("/queue/tickets", json=wish).json()
        for step in ("call-next", "start", "finish"):
            assert clerk.post(f"/queue/windows/A06/{step}").status_code == 200
        said = {"token": ticket["token"], "level": 5, "text": PLANTED["free_text"]}
        assert visitor.post("/evaluations", json=said).status_code == 201
        assert clerk.post("/queue/windows/A06/close").status_code == 200

    dumped = dump(hall.document["database"])
    assert login in dumped["accounts.person"], "the dump shows what is in clear"
    found = {(what, table) for what, text in PLANTED.items() for table, rows in dumped.items() if text in rows}
    assert found == set()
    summary = hall.as_("manager").get("/evaluations/summary").text
    assert PLANTED["free_text"] in summary, "whom it is for can read it"


def dump(database: str) -> dict[str, str]:
    """Every row of every table, as text."""
    with psycopg.connect(database) as conn:
        return {name: _rows(conn, name) for name in tables(conn)}


def tables(conn: psycopg.Connection[Any]) -> list[str]:
    """Tables of ours, partitions as part of their whole."""
    rows = conn.execute(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and not c.relispartition"
        " and n.nspname !~ '^(pg_|information_schema)' order by 1"
    )
    return [str(name) for (name,) in rows]


def _rows(conn: psycopg.Connection[Any], name: str) -> str:
    query = sql.SQL("copy (select * from {}) to stdout").format(sql.Identifier(*name.split(".")))
    with conn.cursor().copy(query) as copy:
        return b"".join(bytes(block) for block in copy).decode()


# --- the site


def test_every_row_knows_its_site(hall: DemoHall) -> None:
    with psycopg.connect(hall.document["database"]) as conn:
        names = set(tables(conn))
        with_site = {
            f"{schema}.{table}"
            for schema, table in conn.execute(
                "select table_schema, table_name from information_schema.columns"
                " where column_name = 'site' and is_nullable = 'NO'"
            )
        }
        for name, column in NAMED_BY_SITE.items():
            query = sql.SQL("select count(*) from {} where not starts_with({}, 'shifanqu:')")
            foreign = conn.execute(query.format(sql.Identifier(*name.split(".")), sql.Identifier(column))).fetchone()
            assert foreign == (0,), name
    assert names - with_site - NO_SITE_NEEDED.keys() - NAMED_BY_SITE.keys() == set()
