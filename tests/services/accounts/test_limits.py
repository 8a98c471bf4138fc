"""Attempts are counted by account and by address; a browser that was here before is not locked out by strangers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import TooManyAttempts, WrongLogin
from services.accounts.model import Asker, Shown
from services.accounts.passwords import Line
from services.accounts.signin_errors import LineFull

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
HOME = Asker(address="10.0.0.1")


def fail(office: Office, login: str, asker: Asker) -> type[Exception]:
    with pytest.raises((WrongLogin, TooManyAttempts)) as refusal:
        office.accounts.sessions.begin(login=login, password="wrong password", asker=asker)
    return refusal.type


def test_a_flood_from_everywhere_gets_ten_tries_at_an_account_known_or_not(office: Office) -> None:
    office.hire("li")
    for login in ("li", "nobody"):
        told = [fail(office, login, Asker(address=f"10.1.{n}.1")) for n in range(office.limits.attempts_max + 5)]
        assert told == [WrongLogin] * office.limits.attempts_max + [TooManyAttempts] * 5


def test_an_address_that_tries_many_accounts_is_stopped_and_others_are_not(office: Office) -> None:
    tight = replace(office.limits, address_attempts_max=3)
    object.__setattr__(office.accounts.sessions._house, "limits", tight)
    office.accounts.sessions._addresses._attempts_max = tight.address_attempts_max
    office.hire("li")
    told = [fail(office, f"user{n}", HOME) for n in range(4)]
    assert told == [WrongLogin] * 3 + [TooManyAttempts]
    assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.2")).token


def test_many_right_logins_from_one_address_are_no_flood(office: Office) -> None:
    office.accounts.sessions._addresses._attempts_max = 2
    office.hire("li")
    for _ in range(4):
        assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME).token


def test_the_owner_gets_in_from_a_browser_known_before_while_strangers_are_at_it(office: Office) -> None:
    office.hire("li")
    office.hire("wang")
    known = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME).known
    while fail(office, "li", Asker(address="10.9.9.9")) is not TooManyAttempts:
        pass
    for stranger in (None, "made up", known and known[:-1]):
        with pytest.raises(TooManyAttempts):
            office.accounts.sessions.begin(login="li", password=PASSWORD, asker=replace(HOME, known=stranger))
    assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=replace(HOME, known=known)).token


def test_a_known_browser_has_ten_tries_of_its_own_and_for_its_own_people_only(office: Office) -> None:
    office.hire("li")
    office.hire("wang")
    known = replace(HOME, known=office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME).known)
    told = [fail(office, "li", known) for _ in range(office.limits.attempts_max + 1)]
    assert told.count(WrongLogin) == office.limits.attempts_max
    while fail(office, "wang", Asker(address="10.9.9.9")) is not TooManyAttempts:
        pass
    assert fail(office, "wang", known) is TooManyAttempts


def test_a_browser_is_forgotten_with_the_other_logins_and_after_its_time(office: Office) -> None:
    office.hire("li")
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME)
    known = replace(HOME, known=begun.known)
    office.accounts.own_ways.end_others(begun.actor, None)
    while fail(office, "li", Asker(address="10.9.9.9")) is not TooManyAttempts:
        pass
    assert fail(office, "li", known) is TooManyAttempts


def test_a_full_line_is_no_failed_attempt(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.hire("li")
    passwords = office.accounts.sessions._house.passwords
    full = Line(of_one_max=0)
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_strangers", full)
        for _ in range(office.limits.attempts_max + 1):
            with pytest.raises(LineFull):
                office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME, shown=Shown())
    assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME).token


def test_a_hash_made_at_a_lower_cost_is_made_anew_at_the_next_login(office: Office) -> None:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    person_id = office.hire("li")
    with office.database.transaction() as conn:
        conn.execute("UPDATE accounts.person SET password_hash = %s WHERE id = %s", (cheap, person_id))
    for _ in range(2):
        assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HOME).token
    with office.database.transaction() as conn:
        row = conn.execute("SELECT password_hash FROM accounts.person WHERE id = %s", (person_id,)).fetchone()
    assert row is not None
    assert row[0] != cheap
    assert "m=19456,t=2,p=1" in row[0]
