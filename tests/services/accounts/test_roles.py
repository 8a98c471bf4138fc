from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import OwnAccount, UnknownRole
from services.accounts.model import Asker
from services.accounts.people_errors import (
    AdministratorsOnly,
    LastAdministrator,
    OwnRights,
    ReservedPermission,
    RoleExists,
    RoleHeld,
    SeparateDuties,
    UnknownHouseRole,
    WrongKind,
)
from services.accounts.store import sessions as session_rows
from services.kernel.access import ADMINISTRATORS
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor
from tests.services.accounts.conftest import LOST, PASSWORD
from twin.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

NAME = {"zh": "值班长", "en": "Duty officer"}


def signed_in(office: Office, login: str) -> str:
    return office.accounts.sessions.begin(login=login, password=PASSWORD, asker=Asker(address="10.0.0.1")).token


def may(office: Office, token: str) -> frozenset[str]:
    actor = office.accounts.resolve_session(token)
    assert actor is not None
    return actor.permissions


def test_a_role_of_the_house_counts_from_the_next_request_and_ends_so(office: Office) -> None:
    rights, person = office.accounts.rights, office.hire()
    rights.compose(office.admin, key="duty", name=NAME, permissions=["alert.view"])
    token = signed_in(office, "li")
    assert "alert.view" not in may(office, token)
    rights.give(office.admin, person, ["clerk", "duty"], why="on duty")
    assert "alert.view" in may(office, token)
    rights.change(office.admin, "duty", name=NAME, permissions=["ops.view"])
    assert may(office, token) & {"alert.view", "ops.view"} == {"ops.view"}
    with pytest.raises(RoleHeld):
        rights.retire(office.admin, "duty")
    rights.give(office.admin, person, ["clerk"], why="off duty")
    assert "ops.view" not in may(office, token)
    rights.retire(office.admin, "duty")
    with pytest.raises(UnknownRole):
        rights.give(office.admin, person, ["duty"], why="again")
    with pytest.raises(RoleExists):
        rights.compose(office.admin, key="duty", name=NAME, permissions=[])
    with pytest.raises(UnknownHouseRole):
        rights.change(office.admin, "clerk", name=NAME, permissions=[])
    assert [a for a in office.audit.actions if a.startswith("role.")] == ["role.create", "role.change", "role.retire"]


@pytest.mark.parametrize("permission", ["audit.view", "roles.grant", "registrations.review", "no.such"])
def test_what_belongs_to_one_of_the_three_is_in_no_other_role(office: Office, permission: str) -> None:
    with pytest.raises(ReservedPermission):
        office.accounts.rights.compose(office.admin, key="duty", name=NAME, permissions=["alert.view", permission])


@pytest.mark.parametrize("pair", [(a, b) for a in ADMINISTRATORS for b in ADMINISTRATORS if a < b])
def test_nobody_is_two_of_the_three_administrators(office: Office, pair: tuple[str, str]) -> None:
    with pytest.raises(SeparateDuties):
        office.accounts.rights.give(office.admin, office.hire(), pair, why="both")


def test_rights_are_given_by_another_and_only_by_the_security_administrator(office: Office) -> None:
    person = office.hire()
    office.accounts.rights.give(office.admin, person, ["security_admin"], why="named")
    with pytest.raises(OwnRights):
        office.accounts.rights.give(office.as_(person), person, ["security_admin", "manager"], why="more")
    system = make_actor(*office.access.permissions_of({"admin"}), id="user:sys", site=office.site)
    with pytest.raises(Forbidden):
        office.accounts.rights.give(system, person, ["manager"], why="more")
    people = office.accounts.people
    for role in (*ADMINISTRATORS, "manager", "security", "leader"):
        with pytest.raises(AdministratorsOnly):
            people.create(system, login="new", password="three unlike words", name="x", roles=[role])
    for act in (
        people.erase,
        lambda a, p: people.stop(a, p, why="x"),
        lambda a, p: people.change(a, p, name="x", phone=None, id_number=None),
    ):
        with pytest.raises(AdministratorsOnly):
            act(system, person)
    with pytest.raises(AdministratorsOnly):
        office.accounts.credentials.reset(system, person, LOST)


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_the_last_of_each_administrator_stays(office: Office, role: str) -> None:
    accounts, first, second = office.accounts, office.hire("first"), office.hire("second")
    accounts.rights.give(office.admin, first, [role], why="named")
    for act in (
        lambda: accounts.people.stop(office.admin, first, why="leaves"),
        lambda: accounts.people.erase(office.admin, first),
        lambda: accounts.rights.give(office.admin, first, ["clerk"], why="moves"),
    ):
        with pytest.raises(LastAdministrator):
            act()
    accounts.rights.give(office.admin, second, [role], why="named")
    accounts.people.stop(office.admin, first, why="leaves")
    with pytest.raises(LastAdministrator):
        accounts.people.stop(office.admin, second, why="a stopped one does not count")


def test_those_who_are_served_hold_no_staff_role_and_staff_never_theirs(office: Office) -> None:
    citizen, clerk = office.hire("wang", role="citizen"), office.hire("li")
    for person, roles in ((citizen, ["clerk"]), (citizen, []), (clerk, ["citizen"]), (clerk, ["staff", "enterprise"])):
        with pytest.raises(WrongKind):
            office.accounts.rights.give(office.admin, person, roles, why="x")


def test_who_is_stopped_is_out_at_once_and_not_remembered(office: Office) -> None:
    person = office.hire()
    token = signed_in(office, "li")
    assert office.accounts.resolve_session(token) is not None
    office.accounts.people.stop(office.admin, person, why="leaves")
    assert office.accounts.resolve_session(token) is None
    office.accounts.people.start(office.admin, person, why="is back")
    assert office.accounts.resolve_session(token) is None, "the old login does not come back"
    assert signed_in(office, "li")
    myself = make_actor("accounts.stop", id=f"user:{person}", site=office.site)
    with pytest.raises(OwnAccount):
        office.accounts.people.stop(myself, person, why="x")


def test_who_was_stopped_is_nobody_while_the_database_is_away_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("li")
    leaves = office.hire("wang")
    stays, gone = signed_in(office, "li"), signed_in(office, "wang")
    for token in (stays, gone):
        assert office.accounts.resolve_session(token) is not None
    office.accounts.people.stop(office.admin, leaves, why="leaves")

    def away(*_: object) -> None:
        raise DatabaseUnavailable("away", todo="wait")

    monkeypatch.setattr(session_rows, "find_session", away)
    assert office.accounts.resolve_session(stays) is not None
    with pytest.raises(DatabaseUnavailable):
        office.accounts.resolve_session(gone)
