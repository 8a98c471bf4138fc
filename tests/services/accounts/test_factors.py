"""One-time codes and recovery codes: who must show one, what counts, and that each counts once."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import TooManyAttempts, WrongLogin
from services.accounts.factors import STEP_S, matching_step, totp_of
from services.accounts.model import Asker, Login, Shown
from services.accounts.own_ways import RECOVERY_CODES
from services.accounts.signin_errors import (
    LastFactor,
    SecondFactorNeeded,
    ShowAgain,
    UnknownFactor,
    UnknownSession,
    WrongSecondFactor,
)
from services.accounts.testing import one_time_code
from services.kernel.access import SecondFactorMissing, require
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
HERE = Asker(address="10.0.0.1", browser="Firefox · Linux")


def log_in(office: Office, code: str | None = None, *, login: str = "li", asker: Asker = HERE) -> Login:
    return office.accounts.sessions.begin(login=login, password=PASSWORD, asker=asker, shown=Shown(code=code))


def code_of(office: Office, secret: str, ahead: int = 0) -> str:
    return one_time_code(secret, now_s=office.clock.ms / 1000, ahead=ahead)


def enrol(office: Office, *, login: str = "li", role: str = "clerk") -> tuple[str, tuple[str, ...], Login]:
    """(secret, recovery codes, the login that goes on): a new person with one-time codes."""
    office.hire(login, role=role)
    begun = log_in(office, login=login)
    made = office.accounts.own_ways.begin_totp(begun.actor, None)
    added = office.accounts.own_ways.confirm_totp(begun.actor, made.id, code_of(office, made.secret))
    office.clock.advance_s(STEP_S)
    return made.secret, added.codes, added.login


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B: the last six digits of its eight."""
    secret = b"12345678901234567890"
    for at_s, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert totp_of(secret).generate(at_s).decode() == code
        assert matching_step(secret, code, now_ms=at_s * 1000) == at_s // STEP_S


@pytest.mark.parametrize(("aside", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off_and_no_more(aside: int, *, found: bool) -> None:
    secret, at_s = b"12345678901234567890", 1_700_000_010
    code = totp_of(secret).generate(at_s + aside * STEP_S).decode()
    assert (matching_step(secret, code, now_ms=at_s * 1000) is not None) is found


@pytest.mark.parametrize("role", ["admin", "security_admin", "audit_admin"])
def test_an_administrator_may_do_nothing_before_a_factor_is_added(office: Office, role: str) -> None:
    office.hire("li", role=role)
    begun = log_in(office)
    assert begun.actor.must_show_factor
    assert begun.actor.permissions == {"signin.own"}
    for permission in ("session.own", "accounts.view", "audit.view"):
        with pytest.raises(SecondFactorMissing) as refusal:
            require(begun.actor, permission)
        assert refusal.value.code == "accounts.second_factor_missing"
    made = office.accounts.own_ways.begin_totp(begun.actor, None)
    added = office.accounts.own_ways.confirm_totp(begun.actor, made.id, code_of(office, made.secret))
    assert not added.login.actor.must_show_factor
    assert "session.own" in added.login.actor.permissions
    assert office.accounts.resolve_session(added.login.token) == added.login.actor
    assert office.accounts.resolve_session(begun.token) is None, "what is trusted more has a new token"
    assert len(added.codes) == RECOVERY_CODES == len(set(added.codes))


def test_others_need_none_until_they_add_one(office: Office) -> None:
    office.hire("li")
    assert not log_in(office).actor.must_show_factor
    secret, _, _ = enrol(office, login="wang")
    with pytest.raises(SecondFactorNeeded) as needed:
        log_in(office, login="wang")
    assert needed.value.extra["ways"] == ["totp", "recovery"]
    assert log_in(office, code_of(office, secret), login="wang").actor.can("session.own")


def test_a_code_counts_once_and_an_earlier_one_never_after_it(office: Office) -> None:
    secret, _, _ = enrol(office)
    office.clock.advance_s(STEP_S)
    earlier, now, later = (code_of(office, secret, ahead) for ahead in (-1, 0, 1))
    assert log_in(office, now).token
    for used in (now, earlier):
        with pytest.raises(WrongSecondFactor):
            log_in(office, used)
    assert log_in(office, later).token


@pytest.mark.parametrize("code", ["000000", "12345", "abcdef", "１２３４５６", "", "x" * 40, "'; --", "\x00" * 6])
def test_a_wrong_code_does_not_count(office: Office, code: str) -> None:
    secret, _, _ = enrol(office)
    if code == code_of(office, secret):
        office.clock.advance_s(STEP_S)
    with pytest.raises((WrongSecondFactor, SecondFactorNeeded)):
        log_in(office, code)


def test_a_right_password_is_no_way_to_guess_codes(office: Office) -> None:
    enrol(office)
    for _ in range(office.limits.attempts_max):
        with pytest.raises(WrongSecondFactor):
            log_in(office, "not a code")
    with pytest.raises(TooManyAttempts):
        log_in(office, "not a code")


def test_asking_what_to_show_uses_up_no_attempt(office: Office) -> None:
    enrol(office)
    for _ in range(office.limits.attempts_max + 1):
        with pytest.raises(SecondFactorNeeded):
            log_in(office)


def test_a_wrong_password_with_a_right_code_is_told_of_the_password_only(office: Office) -> None:
    secret, _, _ = enrol(office)
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(
            login="li", password="wrong password", asker=HERE, shown=Shown(code=code_of(office, secret))
        )
    assert log_in(office, code_of(office, secret)).token, "and the code is not used up"


def test_each_recovery_code_works_once_for_its_owner(office: Office) -> None:
    _, codes, _ = enrol(office)
    _, others, _ = enrol(office, login="wang")
    assert log_in(office, codes[0].upper().replace("-", " ")).token
    for used in (codes[0], others[0]):
        with pytest.raises(WrongSecondFactor):
            log_in(office, used)
    assert log_in(office, codes[1]).token
    assert office.accounts.own_ways.list_factors(log_in(office, codes[2]).actor)[1] == RECOVERY_CODES - 3


def test_new_recovery_codes_end_the_old_ones(office: Office) -> None:
    _, codes, login = enrol(office)
    renewed = office.accounts.own_ways.renew_codes(login.actor, None)
    with pytest.raises(WrongSecondFactor):
        log_in(office, codes[0])
    assert log_in(office, renewed[0]).token


def test_a_code_that_was_not_confirmed_opens_nothing(office: Office) -> None:
    office.hire("li")
    begun = log_in(office)
    made = office.accounts.own_ways.begin_totp(begun.actor, None)
    with pytest.raises(WrongSecondFactor):
        office.accounts.own_ways.confirm_totp(
            begun.actor, made.id, "000000" if code_of(office, made.secret) != "000000" else "1"
        )
    assert log_in(office).actor.can("session.own"), "as before"
    again = office.accounts.own_ways.begin_totp(begun.actor, None)
    with pytest.raises(UnknownFactor):
        office.accounts.own_ways.confirm_totp(begun.actor, made.id, code_of(office, made.secret))
    assert again.secret != made.secret


def test_the_secret_is_told_once_and_stands_sealed(office: Office) -> None:
    secret, codes, _ = enrol(office)
    with office.database.transaction() as conn:
        rows = conn.execute("SELECT f::text FROM accounts.factor f WHERE site = %s", (office.site,)).fetchall()
        kept = conn.execute("SELECT c::text FROM accounts.recovery_code c WHERE site = %s", (office.site,)).fetchall()
    assert len(rows), len(kept) == (1, RECOVERY_CODES)
    raw = base64.b32decode(secret)
    assert all(word not in rows[0][0] for word in (secret, raw.hex(), base64.b64encode(raw).decode()))
    assert not any(code in row[0] or code.replace("-", "") in row[0] for code in codes for row in kept)
    assert secret not in repr(office.audit.lines)


def test_adding_a_factor_ends_the_other_logins(office: Office) -> None:
    office.hire("li")
    elsewhere, here = log_in(office), log_in(office)
    made = office.accounts.own_ways.begin_totp(here.actor, None)
    office.accounts.own_ways.confirm_totp(here.actor, made.id, code_of(office, made.secret))
    assert office.accounts.resolve_session(elsewhere.token) is None


def test_who_changes_how_they_sign_in_shows_once_more_who_they_are(office: Office) -> None:
    secret, _, login = enrol(office)
    office.clock.advance_s(office.limits.fresh_s)
    ways = office.accounts.own_ways
    for change in (
        lambda: ways.begin_totp(login.actor, None),
        lambda: ways.renew_codes(login.actor, None),
        lambda: ways.remove(login.actor, "any", None),
    ):
        with pytest.raises(ShowAgain):
            change()
    with pytest.raises(WrongSecondFactor):  # the password alone is not enough any more
        ways.show(login.actor, Shown(), None, password=PASSWORD)
    shown = ways.show(login.actor, Shown(code=code_of(office, secret)), None)
    assert office.accounts.resolve_session(login.token) is None
    assert len(ways.renew_codes(shown.actor, None)) == RECOVERY_CODES


def test_who_has_no_factor_shows_the_password_again(office: Office) -> None:
    office.hire("li")
    login = log_in(office)
    office.clock.advance_s(office.limits.fresh_s)
    with pytest.raises(ShowAgain) as asked:
        office.accounts.own_ways.begin_totp(login.actor, None)
    assert asked.value.extra["ways"] == ["password"]
    with pytest.raises(WrongSecondFactor):
        office.accounts.own_ways.show(login.actor, Shown(), None, password="wrong password")
    shown = office.accounts.own_ways.show(login.actor, Shown(), None, password=PASSWORD)
    assert office.accounts.own_ways.begin_totp(shown.actor, None).secret


def test_the_last_factor_of_an_administrator_stays_and_others_may_go(office: Office) -> None:
    _, _, admin = enrol(office, role="admin")
    _, _, clerk = enrol(office, login="wang")
    ways = office.accounts.own_ways
    (factor,), _ = ways.list_factors(admin.actor)
    with pytest.raises(LastFactor):
        ways.remove(admin.actor, factor.id, None)
    with pytest.raises(UnknownFactor):  # of somebody else
        ways.remove(clerk.actor, factor.id, None)
    (own,), _ = ways.list_factors(clerk.actor)
    ways.remove(clerk.actor, own.id, None)
    assert ways.list_factors(clerk.actor) == ([], 0)
    assert log_in(office, login="wang").actor.can("session.own")


def test_one_sees_where_one_is_logged_in_and_ends_it(office: Office) -> None:
    office.hire("li")
    office.hire("wang")
    here, there = log_in(office), log_in(office, asker=Asker(address="10.0.0.7", browser="Edge · Windows"))
    other = log_in(office, login="wang")
    ways = office.accounts.own_ways
    found = {(s.address, s.browser, s.current) for s in ways.list_sessions(here.actor)}
    assert found == {("10.0.0.1", "Firefox · Linux", True), ("10.0.0.7", "Edge · Windows", False)}
    with pytest.raises(UnknownSession):  # of somebody else
        ways.end_session(other.actor, there.actor.session or "", None)
    ways.end_session(here.actor, there.actor.session or "", None)
    assert office.accounts.resolve_session(there.token) is None
    third = log_in(office)
    assert ways.end_others(third.actor, None) == 1
    assert office.accounts.resolve_session(here.token) is None
    assert office.accounts.resolve_session(third.token) is not None
    assert office.accounts.resolve_session(other.token) is not None
    with office.database.transaction() as conn:
        rows = conn.execute("SELECT s::text FROM accounts.session s WHERE site = %s", (office.site,)).fetchall()
    assert not any("10.0.0" in row[0] for row in rows)


def test_an_administrator_ends_the_logins_of_somebody(office: Office) -> None:
    person_id = office.hire("li")
    login, chief = log_in(office), make_actor("sessions.manage", site=office.site)
    assert [s.current for s in office.accounts.own_ways.list_sessions_of(chief, person_id)] == [False]
    assert office.accounts.own_ways.end_sessions_of(chief, person_id) == 1
    assert office.accounts.resolve_session(login.token) is None
    with pytest.raises(Forbidden):
        office.accounts.own_ways.end_sessions_of(make_actor(site=office.site), person_id)


def test_roles_decide_how_long_a_login_lasts(office: Office) -> None:
    limits = office.limits
    assert limits.of(["clerk"]) == (limits.idle_s, limits.absolute_s)
    assert limits.of(["clerk", "admin"]) == (limits.idle_s, limits.administrator_absolute_s)
    assert limits.of(["citizen"]) == (limits.outsider_idle_s, limits.absolute_s)
    assert limits.of(["citizen"], kiosk=True) == (60, 600)
