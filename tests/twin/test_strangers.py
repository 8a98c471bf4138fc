"""Strangers of the open lobby: few at a time, forgotten after a day, never users of the broker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from iot.catalogue import KINDS
from iot.messages import Knock
from twin.enrolment import Enrolment, Wish
from twin.errors import Dismissed, NotFound, Refused
from twin.lobby import STRANGER_KEPT_MS, STRANGER_SILENT_MS, STRANGERS_MAX, Guests, read_guest_users
from twin.store.database import Database
from twin.testing import SITE, RunningHall

pytestmark = pytest.mark.integration


def stranger(n: int) -> str:
    return f"lobby-{n:026d}"


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    yield running
    running.twin.stop()


@pytest.fixture
def guests(hall: RunningHall) -> Guests:
    enrolment = Enrolment(
        registry=hall.twin.registry, database=hall.database, kinds=KINDS, random=os.urandom
    )  # fmt: skip
    return Guests(site=SITE, database=hall.database, enrolment=enrolment, now_ms=hall.clock, random=os.urandom)


def users(guests: Guests) -> list[str]:
    return [guest.user for guest in guests.list_guests()]


def test_it_appears_once_and_is_no_user_of_the_broker(hall: RunningHall, guests: Guests) -> None:
    first_ms = hall.clock()
    for _ in range(3):
        assert guests.knock(Knock(user=stranger(1), serial="S")) is None
        hall.clock.advance(60)
    (guest,) = guests.list_guests()
    assert (guest.created_ms, guest.knocks, guest.unasked, guest.device) == (first_ms, 3, True, None)
    guests.note_addresses({stranger(1): "10.0.0.7", stranger(2): "10.0.0.8"})
    assert guests.list_guests()[0].address == "10.0.0.7"
    with hall.database.transaction() as conn:
        assert read_guest_users(conn, site=SITE, now_ms=hall.clock()) == {}


def test_a_name_that_nobody_invited_and_that_could_be_guessed_is_nobody(guests: Guests) -> None:
    with pytest.raises(NotFound):
        guests.knock(Knock(user="lobby-short"))


def test_who_is_let_in_is_told_again_until_it_says_that_it_heard(hall: RunningHall, guests: Guests) -> None:
    guests.knock(Knock(user=stranger(1)))
    first = guests.approve(stranger(1), Wish(row=1, key="NEW-1", kind="ups"), actor="t", why="t")
    again = guests.knock(Knock(user=stranger(1)))
    assert again is not None
    assert (again.key, again.password) != (first.key, first.password)
    assert guests.knock(Knock(user=stranger(1), taken=True)) is None
    assert users(guests) == []
    assert hall.twin.registry.is_enrolled("NEW-1")


def test_who_is_sent_away_may_come_again_after_a_day(hall: RunningHall, guests: Guests) -> None:
    guests.knock(Knock(user=stranger(1)))
    guests.dismiss(stranger(1), actor="t", why="not ours")
    with pytest.raises(Dismissed):
        guests.knock(Knock(user=stranger(1)))
    assert users(guests) == []
    hall.clock.advance(STRANGER_KEPT_MS / 1000 + 1)
    assert guests.expire() == 1
    guests.knock(Knock(user=stranger(1)))
    assert users(guests) == [stranger(1)]


def test_when_it_is_full_the_longest_silent_gives_way(hall: RunningHall, guests: Guests) -> None:
    guests.invite(count=3, valid_s=3600, note="", actor="t")
    for n in range(STRANGERS_MAX):
        guests.knock(Knock(user=stranger(n)))
    with pytest.raises(Refused, match="wait already"):
        guests.knock(Knock(user=stranger(1000)))
    hall.clock.advance(STRANGER_SILENT_MS / 1000 + 1)
    for n in range(1, STRANGERS_MAX):
        guests.knock(Knock(user=stranger(n)))
    guests.knock(Knock(user=stranger(1000)))
    assert stranger(0) not in users(guests)
    assert stranger(1000) in users(guests)
    with pytest.raises(Refused, match="wait already"):
        guests.knock(Knock(user=stranger(1001)))
    assert len(users(guests)) == STRANGERS_MAX + 3
