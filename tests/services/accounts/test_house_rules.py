"""What a house decides of logins: who shows two factors, at how many places one is signed in, who is there at first."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from services.accounts.model import Asker, Login, Shown
from services.accounts.people_model import ONETIME_S
from services.accounts.signin_errors import LastFactor, ShowAgain
from services.accounts.store import people as person_rows
from services.kernel.access import ADMINISTRATORS, OUTSIDERS, STAFF, PasswordMustChange, SecondFactorMissing, require
from services.kernel.actor import make_visitor
from services.kernel.http import LOOPBACK_COOKIES
from services.kernel.testing import seeded
from tests.services.accounts.conftest import PASSWORD
from tests.services.accounts.test_factors import code_of

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

HERE = Asker(address="10.0.0.1")
DEFAULT_NAMES = {"root", "admin", "administrator", "sa", "system", "test", "guest", "user", "demo", "hall"}


def begin(office: Office, login: str = "li", password: str = PASSWORD) -> Login:
    return office.accounts.sessions.begin(login=login, password=password, asker=HERE)


def start(office: Office, person_id: str) -> Login:
    """As every way in ends; without hashing."""
    with office.database.transaction() as conn:
        person = person_rows.find_person(conn, office.site, person_id)
        assert person is not None
        return office.accounts.sessions.start(conn, person, HERE, factor=None)


def decide(office: Office, rule: str) -> None:
    object.__setattr__(office.accounts.sessions._house, "second_factor", rule)


# --- two factors


def test_a_house_decides_who_needs_two(office: Office) -> None:
    house = office.accounts.sessions._house
    needed = {"everybody": {*STAFF, *OUTSIDERS}, "staff": set(STAFF), "administrators": set(ADMINISTRATORS)}
    for rule, roles in needed.items():
        decide(office, rule)
        assert {role for role in (*STAFF, *OUTSIDERS) if house.needs_factor([role])} == roles
        assert house.needs_factor(["staff", "a_role_of_the_house"]) is (rule != "administrators")


def test_staff_may_do_nothing_but_add_a_factor_before_they_have_one(office: Office) -> None:
    decide(office, "staff")
    office.hire("li")
    office.hire("wang", role="citizen")
    half = begin(office).actor
    assert half.permissions == {"signin.own"}
    with pytest.raises(SecondFactorMissing):
        require(half, "accounts.names")
    ways = office.accounts.own_ways
    made = ways.begin_totp(half, None)
    whole = ways.confirm_totp(half, made.id, code_of(office, made.secret)).login.actor
    assert "accounts.names" in whole.permissions
    (factor,), _ = ways.list_factors(whole)
    with pytest.raises(LastFactor):
        ways.remove(whole, factor.id, None)
    assert not begin(office, "wang").actor.must_show_factor


# --- how many places


def test_one_login_more_than_may_be_ends_the_one_unused_for_longest_and_says_so(office: Office) -> None:
    person_id, most = office.hire("li"), office.limits.sessions_max
    sessions = []
    for _ in range(most):
        sessions.append(start(office, person_id).token)
        office.clock.advance_s(60)
    assert office.accounts.resolve_session(sessions[0]) is not None, "used again"
    newest = start(office, person_id)
    alive = [office.accounts.resolve_session(token) is not None for token in [*sessions, newest.token]]
    assert alive == [True, False, *[True] * (most - 1)]
    assert office.audit.actions.count("session.crowded_out") == 1
    page = office.browser(make_visitor(office.site))
    for token, told in ((sessions[1], True), ("made up", False)):
        page.cookies.set(LOOPBACK_COOKIES.session, token)
        assert page.get("/session").json() == {"actor": None, "expires": None, "crowded_out": told}
    assert len(office.accounts.own_ways.list_sessions(newest.actor)) == most


def test_many_logins_at_once_are_no_way_round_it(office: Office) -> None:
    person_id = office.hire("li")
    most = office.limits.sessions_max
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda _: start(office, person_id).token, range(3 * most)))
    assert sum(office.accounts.resolve_session(token) is not None for token in tokens) == most


def test_ending_a_login_elsewhere_asks_who_one_is_and_here_it_does_not(office: Office) -> None:
    office.hire("li")
    here, there = begin(office), begin(office)
    office.clock.advance_s(office.limits.fresh_s)
    ways = office.accounts.own_ways
    for end in (
        lambda: ways.end_session(here.actor, there.actor.session or "", None),
        lambda: ways.end_others(here.actor, None),
    ):
        with pytest.raises(ShowAgain):
            end()
    shown = ways.show(here.actor, Shown(), None, password=PASSWORD)
    ways.end_session(shown.actor, there.actor.session or "", None)
    assert office.accounts.resolve_session(there.token) is None
    office.clock.advance_s(office.limits.fresh_s)
    ways.end_session(shown.actor, shown.actor.session or "", None)
    assert office.accounts.resolve_session(shown.token) is None


def test_logging_out_tells_the_browser_to_forget(office: Office) -> None:
    office.hire("li")
    answer = office.browser(begin(office).actor).delete("/session")
    assert answer.headers["clear-site-data"] == '"cache"'


# --- who is there at first


def test_a_house_begins_with_no_account_that_another_house_has(office: Office) -> None:
    first = office.accounts.first.ensure_administrators(seeded(3))
    assert [login.role for login in first] == list(ADMINISTRATORS)
    assert {person.login for person in office.people()} == {login.user for login in first}
    for login in first:
        assert login.user not in DEFAULT_NAMES
        assert re.fullmatch(rf"{login.role}-[a-z2-9]{{4}}", login.user)
        assert len(login.password) == len("abcd-efgh-ijkl-mnop")
    assert office.accounts.first.ensure_administrators(seeded(3)) == [], "told once"


def test_their_passwords_are_for_one_login_and_new_ones_are_told_where_nobody_came(office: Office) -> None:
    first = office.accounts.first.ensure_administrators(seeded(3))
    actor = begin(office, first[0].user, first[0].password).actor
    assert actor.must_show_factor
    made = office.accounts.own_ways.begin_totp(actor, None)
    whole = office.accounts.own_ways.confirm_totp(actor, made.id, code_of(office, made.secret)).login.actor
    with pytest.raises(PasswordMustChange):
        require(whole, "accounts.view")
    office.accounts.credentials.change(whole, old=first[0].password, new="stairs and lamps at noon")
    office.clock.advance_s(ONETIME_S)
    again = office.accounts.first.ensure_administrators(seeded(3))
    assert [login.role for login in again] == list(ADMINISTRATORS[1:])
    assert not {login.user for login in again} & {login.user for login in first}
