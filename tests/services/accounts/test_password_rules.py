"""What may be a password: nothing breached, early guessed or of the house; all else, exactly as it was typed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from zxcvbn.matching import L33T_TABLE, enumerate_l33t_subs, relevant_l33t_subtable

from services.accounts.errors import WeakPassword
from services.accounts.house_words import PRODUCT_WORDS, house_words
from services.accounts.model import Asker
from services.accounts.password_rules import (
    JUDGED_MAX,
    LOOKALIKES,
    _judged,
    breached,
    check_password,
    find_house_word,
    is_common,
)
from services.accounts.passwords import LONGEST, SHORTEST
from services.accounts.people_errors import CommonPassword, HouseWordHeld
from services.kernel.actor import make_visitor
from tests.services.accounts.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

MOST_COMMON = 3_000
READINGS_MAX = 100


def test_the_most_common_passwords_of_published_breaches_are_refused() -> None:
    fitting = [password for password in breached() if len(password) >= SHORTEST]
    assert len(breached()) >= 30_000
    assert len(fitting) >= MOST_COMMON
    for password in fitting:
        with pytest.raises(CommonPassword):
            check_password(password, roles=("clerk",), own=(), house=())


def test_they_are_refused_in_other_dress_too() -> None:
    dressed = [f"{password.capitalize()}{end}" for password in list(breached())[:60] for end in ("1!", "@2026")]
    assert [p for p in dressed if not is_common(p)] == []


@pytest.mark.parametrize(
    "password",
    [
        "Admin@123456", "Beijing2026!", "huawei@123", "!QAZ@WSX#EDC", "1qaz@WSX3edc", "!@#$%^&*()_+", "woaini1314520",
        "asdf1234ASDF", "qazwsxedcrfv", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)  # fmt: skip
def test_habits_of_here_are_refused(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["k3#vQ9z!", "xkqvzjwp", "春天的花开在窗前"])
def test_eight_characters_without_a_pattern_may_be_a_password(password: str) -> None:
    assert not is_common(password)


def test_judging_is_bounded_whatever_is_sent() -> None:
    """zxcvbn reads marks and figures as letters in all ways together: how many ways decides how long it takes."""
    sent = ["".join(marks) + "4836917052" for marks in combinations(LOOKALIKES, 6)]
    readings = [len(enumerate_l33t_subs(relevant_l33t_subtable(_judged(text), L33T_TABLE))) for text in sent]
    assert max(readings) <= READINGS_MAX < len(enumerate_l33t_subs(relevant_l33t_subtable(sent[0] + "<!|", L33T_TABLE)))
    assert all(len(_judged(text * 8)) == JUDGED_MAX for text in sent)


def test_words_of_the_house_stand_in_no_password_however_they_are_spelled() -> None:
    words = house_words("shifanqu", " 市民之家 ,Riverside, 厦, ab")
    assert set(words) == {*PRODUCT_WORDS, "shifanqu", "市民之家", "riverside"}
    for password in ("my5hifanquhome!", "在市民之家办事儿", "three RIVERSIDE words", "x-HallTwin-kqf7"):
        with pytest.raises(HouseWordHeld) as refusal:
            check_password(password, roles=("clerk",), own=(), house=words)
        assert refusal.value.extra["word"] in words
        assert refusal.value.text["zh"]
    assert find_house_word("three unlike words", words) is None


@pytest.mark.integration
def test_every_way_to_a_password_asks_the_rules(office: Office) -> None:
    people, registrations = office.accounts.people, office.accounts.registrations
    office.hire("li")
    here = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.1"))
    asked: dict[str, Any] = {
        "kind": "citizen", "login": "fang", "name": "王芳", "phone": None, "id_number": "11010519491231002X",
        "address": "10.0.0.9",
    }  # fmt: skip
    for password, error in (
        ("down by the riverside", HouseWordHeld), ("letmein1", CommonPassword), ("7 chars", WeakPassword),
    ):  # fmt: skip
        for choose in (
            lambda p: people.create(office.admin, login="wang", password=p, name="王", roles=["clerk"]),
            lambda p: registrations.ask(**asked, password=p),
            lambda p: office.accounts.credentials.change(here.actor, old=PASSWORD, new=p),
        ):
            with pytest.raises(error):
                choose(password)


@pytest.mark.integration
def test_who_asks_to_register_may_have_so_many_passwords_judged(office: Office) -> None:
    office.accounts.registrations._looks._attempts_max = 2
    stranger = office.browser(make_visitor(office.site), address="10.0.0.9")
    body = {
        "kind": "citizen",
        "user": "wang",
        "password": "letmein1",
        "name": "王芳",
        "id_number": "11010519491231002X",
    }
    assert [stranger.post("/accounts/registrations", body).status_code for _ in range(3)] == [422, 422, 429]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("password", "others"),
    [
        ("  Straße über 窗外 \t42 ", ("Straße über 窗外 \t42", "  straße über 窗外 \t42 ")),
        ("q" + "unlike words, " * 9 + "z", ("q" + "unlike words, " * 9 + "Z",)),
    ],
    ids=["spaces, case and any script", "to the last of 128 characters"],
)
def test_a_password_is_what_was_typed_no_more_and_no_less(
    office: Office, password: str, others: tuple[str, ...]
) -> None:
    assert SHORTEST <= len(password) <= LONGEST
    made = office.browser(office.admin).post(
        "/accounts/users", {"user": "wang", "password": password, "name": "王芳", "roles": ["clerk"]}
    )
    assert made.status_code == 201
    stranger = office.browser(make_visitor(office.site))
    for wrong in others:
        assert stranger.post("/session", {"user": "wang", "password": wrong}).status_code == 401
    assert stranger.post("/session", {"user": "wang", "password": password}).status_code == 200


@pytest.mark.parametrize("length", [64, LONGEST])
def test_long_passwords_are_welcome(length: int) -> None:
    assert LONGEST >= 64
    check_password(("many unlike words stand here " * 5)[:length], roles=("admin",), own=("li",), house=PRODUCT_WORDS)
