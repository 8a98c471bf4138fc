"""While the database is away those who are logged in stay so, for as long as their session would have lasted."""

from __future__ import annotations

import pytest

from services.accounts.remembered import Found, Remembered
from services.kernel.actor import Actor, make_visitor
from twin.errors import DatabaseUnavailable
from twin.testing import ManualClock

IDLE_S, ABSOLUTE_S = 900, 3600


class Sessions:
    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.began_ms = clock, clock()
        self.known: dict[str, Actor] = {"good": make_visitor("s")}
        self.away = False

    def find(self, token: str) -> Found | None:
        if self.away:
            raise DatabaseUnavailable("away", todo="wait")
        actor = self.known.get(token)
        return Found(actor=actor, idle_s=IDLE_S, until_ms=self.began_ms + ABSOLUTE_S * 1000) if actor else None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sessions(clock: ManualClock) -> Sessions:
    return Sessions(clock)


@pytest.fixture
def remembered(sessions: Sessions, clock: ManualClock) -> Remembered:
    return Remembered(sessions.find, now_ms=clock)


def test_who_was_logged_in_goes_on_and_a_stranger_is_told_to_wait(remembered: Remembered, sessions: Sessions) -> None:
    assert remembered.find("good") is not None
    assert remembered.find("bad") is None
    sessions.away = True
    assert remembered.find("good") is sessions.known["good"]
    for token in ("bad", "never seen"):
        with pytest.raises(DatabaseUnavailable):
            remembered.find(token)


def test_it_idles_out_and_ends_in_any_case(remembered: Remembered, sessions: Sessions, clock: ManualClock) -> None:
    remembered.find("good")
    sessions.away = True
    for _ in range(4):
        clock.advance(IDLE_S - 1)
        if clock.now_ms < ManualClock().now_ms + ABSOLUTE_S * 1000:
            assert remembered.find("good") is not None
    clock.advance(5)
    with pytest.raises(DatabaseUnavailable):
        remembered.find("good")


def test_an_unused_one_is_not_good_for_long(remembered: Remembered, sessions: Sessions, clock: ManualClock) -> None:
    remembered.find("good")
    sessions.away = True
    clock.advance(IDLE_S)
    with pytest.raises(DatabaseUnavailable):
        remembered.find("good")


def test_what_the_database_says_counts_again_when_it_is_back(remembered: Remembered, sessions: Sessions) -> None:
    remembered.find("good")
    sessions.away = True
    remembered.find("good")
    sessions.away = False
    del sessions.known["good"]
    assert remembered.find("good") is None
    sessions.away = True
    with pytest.raises(DatabaseUnavailable):
        remembered.find("good")
