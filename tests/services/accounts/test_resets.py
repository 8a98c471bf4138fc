"""The way back for who lost password or factor: seen in person, on record, and never past what they still have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import OwnAccount
from services.accounts.model import Asker, Login, Resetting, Shown
from services.accounts.people_errors import WrongProof
from services.accounts.people_model import ONETIME_S
from services.accounts.signin_errors import SecondFactorNeeded, ShowAgain, WrongSecondFactor
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor
from tests.services.accounts.conftest import LOST, PASSWORD
from tests.services.accounts.test_factors import code_of, enrol

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

HERE = Asker(address="10.0.0.1")


def log_in(office: Office, password: str = PASSWORD, code: str | None = None) -> Login:
    return office.accounts.sessions.begin(login="li", password=password, asker=HERE, shown=Shown(code=code))


def test_a_new_password_does_not_get_past_the_second_factor(office: Office) -> None:
    secret, _, login = enrol(office)
    made = office.accounts.credentials.reset(office.admin, login.actor.id.removeprefix("user:"), LOST)
    with pytest.raises(SecondFactorNeeded):
        log_in(office, made.password)
    with pytest.raises(WrongSecondFactor):
        log_in(office, made.password, "000000" if code_of(office, secret) != "000000" else "111111")
    assert log_in(office, made.password, code_of(office, secret)).actor.must_change_password


@pytest.mark.parametrize("role", ["clerk", "admin"])
def test_who_lost_every_factor_is_let_in_by_a_code_given_in_person_and_never_by_the_password_alone(
    office: Office, role: str
) -> None:
    secret, codes, login = enrol(office, role=role)
    made = office.accounts.credentials.reset_factors(office.admin, login.actor.id.removeprefix("user:"), LOST)
    assert office.accounts.resolve_session(login.token) is None
    with pytest.raises(SecondFactorNeeded) as needed:
        log_in(office)
    assert needed.value.extra["ways"] == ["recovery"]
    for lost in (codes[0], code_of(office, secret)):
        with pytest.raises(WrongSecondFactor):
            log_in(office, code=lost)
    back = log_in(office, code=made.code)
    assert not back.actor.must_show_factor
    ways = office.accounts.own_ways
    fresh = ways.begin_totp(back.actor, None)
    added = ways.confirm_totp(back.actor, fresh.id, code_of(office, fresh.secret))
    assert added.codes
    with pytest.raises(WrongSecondFactor):  # once
        log_in(office, code=made.code)


def test_a_code_that_was_left_lying_about_opens_nothing_and_neither_does_its_absence(office: Office) -> None:
    _, _, login = enrol(office)
    made = office.accounts.credentials.reset_factors(office.admin, login.actor.id.removeprefix("user:"), LOST)
    office.clock.advance_s(ONETIME_S)
    with pytest.raises(WrongSecondFactor):
        log_in(office, code=made.code)
    with pytest.raises(SecondFactorNeeded):
        log_in(office)


def test_half_a_login_adds_no_factor_in_place_of_the_code(office: Office) -> None:
    """By phone or outside identity one gets in without the code, as far as showing it, and no further."""
    _, _, login = enrol(office)
    person = login.actor.id.removeprefix("user:")
    office.accounts.credentials.reset_factors(office.admin, person, LOST)
    sessions = office.accounts.sessions
    with office.database.transaction() as conn:
        row = office.accounts.own_ways._person(conn, person)
        half = sessions.start(conn, row, HERE, factor=None)
    assert half.actor.must_show_factor
    with pytest.raises(ShowAgain) as asked:
        office.accounts.own_ways.begin_totp(half.actor, None)
    assert asked.value.extra["ways"] == ["recovery"]
    with pytest.raises(WrongSecondFactor):
        office.accounts.own_ways.show(half.actor, Shown(), None, password=PASSWORD)


def test_what_was_shown_and_why_is_required_and_on_record(office: Office) -> None:
    _, _, login = enrol(office)
    person, admin = login.actor.id.removeprefix("user:"), office.browser(office.admin)
    for path in (f"/accounts/users/{person}/reset", f"/accounts/users/{person}/factors/reset"):
        for body in ({"why": "lost it"}, {"proof": "id_document"}, {"why": "lost it", "proof": "a colleague's word"}):
            assert admin.post(path, body).status_code == 422
        told = admin.post(path, {"why": "lost it", "proof": "work_pass"})
        assert told.status_code == 200
        secret = told.json().get("password") or told.json()["code"]
        assert secret not in repr(office.audit.lines)
    lines = [line for line in office.audit.lines if line.action in {"password.reset", "factor.reset"}]
    assert [(line.target, line.why, (line.after or {})["proof"]) for line in lines] == [
        (f"user:{person}", "lost it", "work_pass")
    ] * 2


def test_who_is_served_shows_an_id_document(office: Office) -> None:
    citizen = office.hire("wang", role="citizen")
    by_pass = Resetting(why="lost it", proof="work_pass")
    for reset in (office.accounts.credentials.reset, office.accounts.credentials.reset_factors):
        with pytest.raises(WrongProof):
            reset(office.admin, citizen, by_pass)
        reset(office.admin, citizen, LOST)


def test_nobody_does_it_for_themselves_or_without_the_right(office: Office) -> None:
    person = office.hire("li", role="security_admin")
    myself = make_actor("factors.reset", "accounts.stop", "roles.grant", id=f"user:{person}", site=office.site)
    for reset in (office.accounts.credentials.reset, office.accounts.credentials.reset_factors):
        with pytest.raises(OwnAccount):
            reset(myself, person, LOST)
        with pytest.raises(Forbidden):
            reset(make_actor("sessions.manage", site=office.site), person, LOST)
