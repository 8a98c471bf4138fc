from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import LoginTaken, OwnAccount, UnknownPerson, UnknownRole, WeakPassword, WrongLogin
from services.accounts.model import Asker
from services.accounts.module import MODULE
from services.kernel.access import USER_ROLES
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor, seeded

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
HERE = Asker(address="10.0.0.1")
PHONE, NAME = "13812348000", "欧阳晓梅"


def test_people_are_listed_with_masked_phones(office: Office) -> None:
    office.hire("li", name=NAME, phone=PHONE)
    (person,) = office.people()
    assert (person.login, person.name, person.phone, person.roles) == ("li", NAME, "138****8000", ("clerk",))


def test_no_table_and_no_audit_line_holds_a_name_or_a_phone(office: Office) -> None:
    person_id = office.hire("li", name=NAME, phone=PHONE)
    with office.database.transaction() as conn:
        row = conn.execute("SELECT p::text FROM accounts.person p WHERE id = %s", (person_id,)).fetchone()
    assert row is not None
    for text in (row[0], repr(office.audit.lines)):
        assert NAME not in text.replace(office.admin.name, "")
        assert PHONE not in text


def test_an_erased_person_is_out_and_forgotten_but_still_counted(office: Office) -> None:
    person_id = office.hire("li", name=NAME, phone=PHONE)
    token = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    office.accounts.people.erase(office.admin, person_id)
    assert office.accounts.resolve_session(token) is None
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    (person,) = office.people()
    assert (person.name, person.phone, person.disabled_ms) == (None, None, office.clock.ms)
    assert "person.erase" in office.audit.actions


def test_the_modules_eraser_alone_forgets_a_person_and_lets_nobody_in(office: Office) -> None:
    person_id = office.hire("li", name=NAME, phone=PHONE)
    token = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    assert MODULE.eraser is not None
    with office.database.transaction() as conn:
        MODULE.eraser(conn, office.vault, f"user:{person_id}")
    assert office.accounts.resolve_session(token) is None
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    assert [(p.name, p.phone) for p in office.people()] == [(None, None)]


def test_nobody_removes_themselves_or_somebody_there_is_not(office: Office) -> None:
    person_id = office.hire()
    myself = make_actor("accounts.manage", id=f"user:{person_id}", site=office.site)
    with pytest.raises(OwnAccount):
        office.accounts.people.erase(myself, person_id)
    with pytest.raises(UnknownPerson):
        office.accounts.people.erase(office.admin, "nobody")


def test_a_person_of_another_site_is_nobody_here(office: Office) -> None:
    person_id = office.hire()
    with office.database.transaction() as conn:
        conn.execute("UPDATE accounts.person SET site = site || 'x' WHERE id = %s", (person_id,))
    with pytest.raises(UnknownPerson):
        office.accounts.people.erase(office.admin, person_id)
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)


def test_what_can_not_be_is_refused_and_changes_nothing(office: Office) -> None:
    office.hire("li")
    people, lines = office.accounts.people, len(office.audit.lines)
    with pytest.raises(LoginTaken):
        people.create(office.admin, login="LI", password=PASSWORD, name="x", roles=["clerk"])
    with pytest.raises(UnknownRole):
        people.create(office.admin, login="wang", password=PASSWORD, name="x", roles=["clerk", "kiosk"])
    for password in ("short", "x" * 129):
        with pytest.raises(WeakPassword):
            people.create(office.admin, login="wang", password=password, name="x", roles=["clerk"])
    with pytest.raises(Forbidden):
        people.create(make_actor("accounts.view"), login="wang", password=PASSWORD, name="x", roles=["clerk"])
    assert len(office.people()) == 1
    assert len(office.audit.lines) == lines


def test_the_demo_has_one_login_a_role_and_the_same_seed_gives_the_same_passwords(office: Office) -> None:
    first = office.accounts.first.ensure_demo(seeded(7))
    again = office.accounts.first.ensure_demo(seeded(7))
    assert first == again
    assert [login.role for login in first] == list(USER_ROLES)
    assert len({login.password for login in first}) == len(USER_ROLES)
    for login in first:
        begun = office.accounts.sessions.begin(login=login.user, password=login.password, asker=HERE)
        assert begun.actor.roles == {login.role}


def test_another_seed_gives_other_passwords_and_the_old_ones_end(office: Office) -> None:
    old = office.accounts.first.ensure_demo(seeded(1))[0]
    new = office.accounts.first.ensure_demo(seeded(2))[0]
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(login=old.user, password=old.password, asker=HERE)
    assert office.accounts.sessions.begin(login=new.user, password=new.password, asker=HERE).token
