"""A word to oneself tells how far behind one is: by its own clock, and never of a connection that is over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iot.connectors.echo import EVERY_MS, UNDER_WAY_MAX, Echo
from iot.conventions.convention import Publication


def begun(session: int = 1) -> Echo:
    echo = Echo(site="hall", began_ms=5)
    echo.begin(session, -EVERY_MS)
    return echo


def say(echo: Echo, now_ms: int) -> Publication:
    word = echo.due(now_ms)
    assert word is not None
    return word


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=40))
def test_it_is_as_long_as_the_newest_took_or_the_oldest_waits(waits_ms: list[int]) -> None:
    echo, now_ms = begun(), 0
    first = say(echo, now_ms)
    assert echo.behind_ms(now_ms + 9_000) == 0, "nobody knows yet what stood before the first"
    echo.heard(first.payload, now_ms)
    for wait_ms in waits_ms:
        now_ms += EVERY_MS
        word = say(echo, now_ms)
        assert echo.due(now_ms + EVERY_MS - 1) is None
        before_ms = echo.behind_ms(now_ms)
        assert echo.behind_ms(now_ms + wait_ms) == max(before_ms, wait_ms)
        now_ms += wait_ms
        echo.heard(word.payload, now_ms)
        assert echo.behind_ms(now_ms + 60_000) == wait_ms


def test_what_comes_twice_or_from_before_tells_nothing() -> None:
    old, echo = begun(session=1), begun(session=2)
    before, word = say(old, 0), say(echo, 0)
    for other in (before.payload, b"", b"5 2", b"nonsense", b"\xff"):
        echo.heard(other, 700)
        assert echo.behind_ms(700) == 0
    echo.heard(word.payload, 30)
    echo.heard(word.payload, 900)
    assert echo.behind_ms(900) == 30
    echo.begin(3, 1_000)
    assert echo.behind_ms(2_000) == 0
    assert echo.due(1_000) is None, "first whoever has something to say"
    echo.heard(say(echo, 1_000 + EVERY_MS).payload, 1_504)
    assert echo.behind_ms(2_000) == 4


def test_no_more_are_sent_than_can_tell_something_new() -> None:
    echo = begun()
    words = [echo.due(turn * EVERY_MS) for turn in range(UNDER_WAY_MAX + 5)]
    assert [word is not None for word in words] == [True] * UNDER_WAY_MAX + [False] * 5
