from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from services.accounts.errors import LoginTaken, TooManyAttempts, WeakPassword, WrongLogin
from services.accounts.id_numbers import parse_credit_code, parse_resident
from services.accounts.model import Asker
from services.accounts.password_rules import is_common
from services.accounts.people_errors import (
    BadIdNumber,
    CommonPassword,
    IdTaken,
    PhoneNotAgreed,
    RegistrationClosed,
    SamePassword,
    UnknownAgent,
    UnknownRegistration,
)
from services.accounts.people_model import ONETIME_S
from services.kernel.access import PasswordMustChange, require
from services.kernel.actor import Actor, make_visitor
from services.kernel.errors import Forbidden
from services.kernel.vault import Erased
from tests.services.accounts.conftest import LOST, PASSWORD

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

HERE = Asker(address="10.0.0.1")
NEW = "three unlike words"


def resident(serial: int) -> str:
    """A number that is right: worked out from the weights of GB 11643, not by our own reader of it."""
    body = f"11010519491231{serial:03d}"
    total = sum(int(d) * (2 ** (17 - n) % 11) for n, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def ask(office: Office, **changes: Any) -> None:
    asked = {
        "kind": "citizen", "login": "wang", "password": NEW, "name": "王芳", "phone": "13812348000",
        "id_number": resident(2), "address": "10.0.0.9",
    } | changes  # fmt: skip
    office.accounts.registrations.ask(**asked)


def login(office: Office, user: str, password: str) -> Actor:
    return office.accounts.sessions.begin(login=user, password=password, asker=HERE).actor


def test_id_numbers_say_whether_they_were_typed_right() -> None:
    assert resident(2) == "11010519491231002X" == parse_resident(" 11010519491231002x ")
    assert parse_credit_code("91350100m000100y43") == "91350100M000100Y43"
    for wrong in ("110105194912310021", "11010519491331002X", "1101051949123100", "91350100M000100Y43", ""):
        assert parse_resident(wrong) is None
    for wrong in ("91350100M000100Y44", "91350100M000100I43", "11010519491231002X", ""):
        assert parse_credit_code(wrong) is None


def test_who_asks_is_let_in_once_somebody_answered(office: Office) -> None:
    registrations = office.accounts.registrations
    ask(office)
    with pytest.raises(WrongLogin):
        login(office, "wang", NEW)
    (waiting,) = registrations.list_waiting(office.admin)
    assert (waiting.name, waiting.phone, waiting.id_number) == ("王*", "138****8000", "110***********002X")
    registrations.accept(office.admin, waiting.id)
    assert login(office, "wang", NEW).roles == {"citizen"}
    with pytest.raises(UnknownRegistration):
        registrations.accept(office.admin, waiting.id)
    (person,) = office.people()
    assert (person.name, person.kind) == ("王*", "citizen"), "those who are served are masked"


def test_a_number_is_kept_only_of_who_agreed_to_calls_whoever_enters_it(office: Office) -> None:
    registrations, people = office.accounts.registrations, office.accounts.people
    ask(office)
    ask(office, login="zhao", id_number=resident(12), agreed=1)
    for waiting in registrations.list_waiting(office.admin):
        registrations.accept(office.admin, waiting.id)
    found = {person.login: person for person in office.people()}
    assert {login: person.phone for login, person in found.items()} == {"wang": None, "zhao": "138****8000"}
    with pytest.raises(PhoneNotAgreed):
        people.change(office.admin, found["wang"].id, name=None, phone="13900000000", id_number=None)
    changed = people.change(office.admin, found["zhao"].id, name=None, phone="13900000000", id_number=None)
    assert changed.phone == "139****0000"
    office.consents.given.clear()
    with pytest.raises(PhoneNotAgreed):
        people.change(office.admin, found["zhao"].id, name=None, phone="13900000001", id_number=None)
    assert people.change(office.admin, found["zhao"].id, name=None, phone="", id_number=None).phone is None


def test_who_is_known_already_is_told_to_those_who_answer_and_to_nobody_else(office: Office) -> None:
    office.hire("wang")
    stranger = office.browser(make_visitor(office.site), address="10.0.0.9")
    body = {"kind": "citizen", "password": NEW, "name": "王芳", "id_number": resident(2)}
    answers = [stranger.post("/accounts/registrations", {**body, "user": user}) for user in ("wang", "unknown")]
    assert [(a.status_code, a.json()) for a in answers] == [(202, {"received": True})] * 2
    registrations = office.accounts.registrations
    taken = {r.login: r for r in registrations.list_waiting(office.admin)}
    assert {name: r.taken for name, r in taken.items()} == {"wang": True, "unknown": False}
    with pytest.raises(LoginTaken):
        registrations.accept(office.admin, taken["wang"].id)
    registrations.accept(office.admin, taken["unknown"].id)
    ask(office, login="third")
    with pytest.raises(IdTaken):
        registrations.accept(
            office.admin, next(r.id for r in registrations.list_waiting(office.admin) if r.login == "third")
        )


def test_who_answers_is_what_the_hall_decided(office: Office) -> None:
    registrations, clerk = office.accounts.registrations, office.as_(office.hire("li"))
    ask(office)
    with pytest.raises(Forbidden):
        registrations.list_waiting(clerk)
    registrations.set_policy(office.admin, "window")
    (waiting,) = registrations.list_waiting(clerk)
    registrations.refuse(clerk, waiting.id, why="papers do not match")
    assert registrations.list_waiting(clerk) == []
    with office.database.transaction() as conn, pytest.raises(Erased):
        office.vault.seal(conn, subject=f"user:{waiting.id}", field="name", text="x")
    registrations.set_policy(office.admin, "closed")
    with pytest.raises(RegistrationClosed):
        ask(office)
    with pytest.raises(Forbidden):
        registrations.set_policy(clerk, "review")


def test_one_address_asks_ten_times_and_what_is_wrong_is_said_before_anything_is_kept(office: Office) -> None:
    for change, error in (
        ({"password": "woaini520"}, CommonPassword),
        ({"password": "short"}, WeakPassword),
        ({"id_number": "110105194912310021"}, BadIdNumber),
    ):
        with pytest.raises(error):
            ask(office, **change, address="10.0.0.8")
    assert office.accounts.registrations.list_waiting(office.admin) == []
    office.accounts.registrations.set_policy(office.admin, "review")
    key = office.vault.match_key("register", "10.0.0.7")
    with office.database.transaction() as conn:
        for _ in range(office.limits.attempts_max):
            conn.execute(
                "INSERT INTO accounts.attempt (site, key, at_ms) VALUES (%s, %s, %s)",
                (office.site, key, office.clock.ms),
            )
    with pytest.raises(TooManyAttempts):
        ask(office, address="10.0.0.7")
    ask(office, address="10.0.0.6")


@pytest.mark.parametrize(
    "password",
    [
        "password1",
        "P@ssw0rd2026",
        "qwertyuiop",
        "1qaz2wsx",
        "zhongguo666",
        "19900101",
        "13812348000",
        "abcabcabc",
        "Wang.Fang88",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert is_common(password, own=("wangfang", "wang.fang"))


@pytest.mark.parametrize("password", ["three unlike words", "kqf7-mhty-2x9w", "鼓楼东大街的槐花开了", "tr0ub4dor&3x"])
def test_what_nobody_tries_first_may_be_made_of_anything(password: str) -> None:
    assert not is_common(password, own=("wangfang", "王芳"))


def test_a_one_time_password_opens_nothing_but_its_own_change(office: Office) -> None:
    person = office.hire()
    elsewhere = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    made = office.accounts.credentials.reset(office.admin, person, LOST)
    assert office.accounts.resolve_session(elsewhere) is None
    actor = login(office, "li", made.password)
    with pytest.raises(PasswordMustChange):
        require(actor, "accounts.names")
    office.accounts.credentials.change(actor, old=made.password, new=NEW)
    assert "accounts.names" in login(office, "li", NEW).permissions
    with pytest.raises(WrongLogin):
        login(office, "li", made.password)
    assert made.password not in repr(made) + repr(office.audit.lines)


def test_a_one_time_password_left_lying_about_is_none(office: Office) -> None:
    made = office.accounts.credentials.reset(office.admin, office.hire(), LOST)
    office.clock.advance_s(ONETIME_S)
    with pytest.raises(WrongLogin):
        login(office, "li", made.password)


def test_changing_ones_password_asks_the_old_one_and_ends_all_other_logins(office: Office) -> None:
    office.hire()
    here = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    there = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    change = office.accounts.credentials.change
    for old, new, error in (
        (NEW, NEW, WrongLogin),
        (PASSWORD, PASSWORD, SamePassword),
        (PASSWORD, "password1", CommonPassword),
    ):
        with pytest.raises(error):
            change(here.actor, old=old, new=new)
    change(here.actor, old=PASSWORD, new=NEW)
    assert office.accounts.resolve_session(here.token) is not None
    assert office.accounts.resolve_session(there) is None


def test_an_agent_acts_for_an_enterprise_until_it_is_taken_back(office: Office) -> None:
    agents, firm = office.accounts.agents, office.as_(office.hire("firm", role="enterprise"))
    person = office.hire("wang", role="citizen")
    firm_id = firm.id.removeprefix("user:")
    agents.name(firm, firm_id, login="wang")
    assert [e.id for e in agents.list_acting_for(office.as_(person))] == [firm_id]
    other = office.as_(office.hire("rival", role="enterprise"))
    with pytest.raises(Forbidden):
        agents.name(other, firm_id, login="wang")
    office.accounts.people.stop(office.admin, firm_id, why="struck off")
    assert agents.list_acting_for(office.as_(person)) == []
    office.accounts.people.start(office.admin, firm_id, why="back")
    agents.revoke(firm, firm_id, person)
    assert agents.list_acting_for(office.as_(person)) == []
    with pytest.raises(UnknownAgent):
        agents.revoke(firm, firm_id, person)
