"""All modules together: what a person gets of themselves, and what an end of their consent ends."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from psycopg import sql

from building.formats import open_building
from services.evaluation.commands import Evaluation
from services.evaluation.contacts import CONTACT, PURPOSE
from services.evaluation.errors import ContactNotAgreed, ContactNotNeeded
from services.kernel.actor import Actor
from services.kernel.calendar import HallCalendar
from services.kernel.modules import Fact, load_modules, migration_sets
from services.kernel.ports import Connection
from services.kernel.testing import FakeAudit, FakeClock, FakeHall, make_actor
from services.kernel.vault import SealedVault
from services.kernel.visits import Visit
from services.privacy.commands import Privacy
from services.privacy.errors import ConsentWithdrawn
from services.privacy.house import House
from services.privacy.model import load_purposes
from services.privacy.module import OWN, REVEAL
from services.queue.model import Ticket
from services.queue.personal import read_visitor
from services.queue.store import Keys, insert_ticket
from twin.store.database import Database

pytestmark = pytest.mark.integration
MODULES = load_modules()
HOLDING = [module for module in MODULES if module.personal_data]
WORDS = {"queue.ticket.state": "done", "privacy.request.kind": "access", "privacy.request.state": "done"}
"""Columns that take certain words only."""
FILLED: Mapping[str, Any] = {
    "bigint": 1, "integer": 1, "smallint": 1, "boolean": True, "date": "2026-01-05", "jsonb": "{}", "ARRAY": ["x"],
}  # fmt: skip


@dataclass
class Planter:
    """Fills one row of any table for a subject: every declared field sealed, all else as the table asks."""

    conn: Connection
    vault: SealedVault
    site: str
    subject: str
    planted: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)

    def plant(self, table: str) -> str:
        """The row's id, of as many as there are."""
        if table in self.rows:
            return self.rows[table]
        values = {name: self.value(table, name, kind) for name, kind in self.columns(table)}
        names, rows = sql.SQL(", "), list(values)
        self.conn.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(*table.split(".")), names.join(map(sql.Identifier, rows)),
                names.join(sql.Placeholder() * len(rows)),
            ),
            list(values.values()),
        )  # fmt: skip
        self.rows[table] = str(values.get("id", self.mark))
        return self.rows[table]

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Those that are sealed, and those that must be given."""
        return self.conn.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema || '.' || table_name = %s"
            " AND (column_name LIKE '%%\\_sealed' OR is_nullable = 'NO' AND column_default IS NULL"
            " AND is_identity = 'NO')",
            (table,),
        ).fetchall()

    def value(self, table: str, name: str, kind: str) -> Any:
        column = f"{table}.{name}"
        if name.endswith("_sealed"):
            self.planted[column] = f"{self.mark} {column}"
            return self.vault.seal(self.conn, subject=self.subject, field=name, text=self.planted[column])
        if target := self.target(table, name):
            return self.plant(target)
        known = {"site": self.site, "subject": self.subject, "id": self.mark}
        return known.get(name) or WORDS.get(column) or FILLED.get(kind) or f"{self.mark} {column}"

    def target(self, table: str, name: str) -> str | None:
        row = self.conn.execute(
            "SELECT confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a"
            " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND a.attname = %s",
            (table, name),
        ).fetchone()
        return row[0] if row else None

    @property
    def mark(self) -> str:
        return self.subject.removeprefix("user:")


@dataclass
class World:
    site: str
    database: Database
    vault: SealedVault
    audit: FakeAudit
    privacy: Privacy
    evaluation: Evaluation
    ada: Actor
    officer: Actor

    def copy(self, who: Actor) -> dict[str, Any]:
        """As a program reads it."""
        request = self.privacy.requests.make(who, kind="access", channel="web")
        found: dict[str, Any] = json.loads(json.dumps(self.privacy.requests.copy(who, request.id)))
        return found

    def agree(self, *, given: bool) -> None:
        if given:
            self.privacy.consents.give(
                self.ada, purpose=PURPOSE, version=1, channel="phone", under_14=False, guardian=None
            )
        else:
            self.privacy.consents.withdraw(self.ada, purpose=PURPOSE, channel="phone")


class Served:
    """Every visit was seen through."""

    def find_visit(self, token: str) -> Visit:
        del token
        return Visit(
            done=True, item=None, department="rsj", window="A01", staff="user:clerk", issued_ms=1, called_ms=2,
            started_ms=3, ended_ms=4,
        )  # fmt: skip


@pytest.fixture
def world(database: Database, site: str, clock: FakeClock) -> World:
    database.migrate(migration_sets(MODULES))
    audit, vault = FakeAudit(), SealedVault(site=site, master_key=bytes(range(32)), random=os.urandom)
    house = House(
        site=site, modules=MODULES, database=database, audit=audit, vault=vault,
        calendar=HallCalendar("Asia/Shanghai"), now_ms=clock, random=os.urandom,
    )  # fmt: skip
    privacy = Privacy(house, flush=list)
    evaluation = Evaluation(
        building=replace(open_building("reference"), site=site), database=database, live=FakeHall(), visits=Served(),
        audit=audit, vault=vault, consents=privacy.consents.book, now_ms=clock, random=os.urandom,
    )  # fmt: skip
    return World(
        site=site, database=database, vault=vault, audit=audit, privacy=privacy, evaluation=evaluation,
        ada=make_actor(OWN, id=f"user:{site}-ada", site=site),
        officer=make_actor(REVEAL, "evaluation.view", id=f"user:{site}-officer", site=site),
    )  # fmt: skip


def test_a_copy_holds_exactly_what_is_declared_of_a_person_and_nothing_of_another(world: World) -> None:
    bob = make_actor(OWN, id=f"user:{world.site}-bob", site=world.site)
    tables = dict.fromkeys(f.column.rpartition(".")[0] for module in MODULES for f in module.personal_data)
    planted = {}
    for person in (world.ada, bob):
        with world.database.transaction() as conn:
            planter = Planter(conn=conn, vault=world.vault, site=world.site, subject=person.id)
            for table in tables:
                planter.plant(table)
        planted[person.id] = planter.planted
    for person, other in ((world.ada, bob), (bob, world.ada)):
        copy = world.copy(person)
        seen = {f.column for module in MODULES for f in module.personal_data if f.category != "secret"}
        assert {f["column"]: f["value"] for f in copy["fields"]} == {
            column: text for column, text in planted[person.id].items() if column in seen
        }
        assert len(copy["fields"]) == len(seen)
        told = json.dumps(copy, ensure_ascii=False)
        assert other.id.removeprefix("user:") not in told
        assert {fact["module"] for fact in copy["facts"]} == {"accounts", "evaluation", "privacy"}
        assert not [text for column, text in planted[person.id].items() if column not in seen and text in told]


@pytest.mark.parametrize("module", HOLDING, ids=lambda m: m.name)
def test_every_reader_says_nothing_of_whom_it_does_not_know(world: World, module: Any) -> None:
    with world.database.transaction() as conn:
        for subject in ("user:nobody", "ticket:2026-01-05:A001", "ticket:x", "evaluation:none", "user:%", "", "x:y:z"):
            assert list(module.reader(conn, world.site, subject)) == []


def test_a_tickets_visitor_and_whoever_took_it_signed_in_are_told_of_it(world: World) -> None:
    with world.database.transaction() as conn:
        for number, who in (("A001", world.ada.id), ("A002", "visitor")):
            ticket = insert_ticket(conn, world.site, _ticket(number), Keys())
            conn.execute(
                "INSERT INTO queue.event (site, at_ms, kind, ticket_id, actor) VALUES (%s, 1, 'issued', %s, %s)",
                (world.site, ticket.id, who),
            )
        mine = read_visitor(conn, world.site, world.ada.id)
        theirs = read_visitor(conn, world.site, "ticket:2026-01-05:A002")
        conn.execute("UPDATE queue.ticket SET staff = 'user:clerk' WHERE site = %s", (world.site,))
        served = read_visitor(conn, world.site, "user:clerk")
    assert [row["number"] for row in _rows(mine)] == ["A001"]
    assert [row["number"] for row in _rows(theirs)] == ["A002"]
    assert [(fact.what, row["tickets"]) for fact in served for row in _rows([fact])] == [("queue.served", 2)]


def test_nothing_is_asked_to_be_agreed_to_that_nothing_rests_on() -> None:
    used = {f.consent for module in MODULES for f in module.personal_data if f.consent is not None}
    assert used == set(load_purposes())


def test_only_who_agreed_is_called_back_and_withdrawing_ends_it_at_once(world: World) -> None:
    rate, ada = world.evaluation.rate, world.ada
    with pytest.raises(ContactNotAgreed):
        rate(ada, token="token-1", level=5, phone="13812348000")
    world.agree(given=True)
    assert world.evaluation.may_be_called(ada)
    with pytest.raises(ContactNotNeeded):
        rate(ada, token="token-1", level=2, phone="13812348000")
    rate(ada, token="token-1", level=5, phone="13812348000")
    [told] = world.evaluation.list_followups(world.officer)
    assert (told.phone, told.level, told.subject) == ("138****8000", 5, ada.id)
    reveal = world.privacy.reveals.reveal
    why = "差评回访"
    assert reveal(world.officer, subject=ada.id, column=CONTACT, reason=why).value == "13812348000"
    assert CONTACT in {f["column"] for f in world.copy(ada)["fields"]}

    world.agree(given=False)
    assert world.evaluation.list_followups(world.officer) == []
    assert not world.evaluation.may_be_called(ada)
    with pytest.raises(ConsentWithdrawn):
        reveal(world.officer, subject=ada.id, column=CONTACT, reason=why)
    with pytest.raises(ContactNotAgreed):
        rate(ada, token="token-2", level=5, phone="13812348000")
    assert CONTACT not in {f["column"] for f in world.copy(ada)["fields"]}
    with world.database.transaction() as conn:
        kept = conn.execute("SELECT phone_sealed FROM evaluation.contact WHERE site = %s", (world.site,)).fetchall()
    assert kept == [(None,)]
    assert sum(world.evaluation.summary(world.officer).counts.values()) == 1


def test_nobody_is_called_on_a_consent_to_an_earlier_text(world: World) -> None:
    world.agree(given=True)
    world.evaluation.rate(world.ada, token="token-1", level=4, phone="13812348000")
    book = world.privacy.consents.book
    book.purposes = {**book.purposes, PURPOSE: replace(book.purposes[PURPOSE], version=2)}
    assert world.evaluation.list_followups(world.officer) == []


def _ticket(number: str) -> Ticket:
    return Ticket(
        id=0, token=os.urandom(8).hex(), number=number, day=HallCalendar("Asia/Shanghai").day(1_767_578_400_000),
        queue="rsj", item=None, profile="walk", lang="zh", state="done", virtual_ms=1, issued_ms=1,
    )  # fmt: skip


def _rows(facts: Any) -> list[dict[str, Any]]:
    assert all(isinstance(fact, Fact) for fact in facts)
    return [row for fact in facts for row in fact.value]
