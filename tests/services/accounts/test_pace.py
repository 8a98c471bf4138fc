"""How a flood is paced: a few at once, the rest in their turn."""

from __future__ import annotations

import itertools

import pytest

from services.accounts.pace import Pace

BURST, PER_S, LONGEST_S = 20, 100.0, 2.0


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_few_wait_for_nothing() -> None:
    pace = Pace(per_s=PER_S, burst=BURST, now_s=_Clock())
    assert {pace.wait_s() for _ in range(BURST)} == {0.0}
    assert pace.wait_s() > 0


def test_of_a_flood_each_waits_longer_than_the_one_before_up_to_the_longest() -> None:
    pace = Pace(per_s=PER_S, burst=BURST, now_s=_Clock())
    waits = [wait for _ in range(10_000) if (wait := pace.wait_s(longest_s=LONGEST_S))]
    apart = [b - a for a, b in itertools.pairwise(waits)]
    assert apart == pytest.approx([1 / PER_S] * len(apart))
    assert waits[-1] == pytest.approx(LONGEST_S, abs=1 / PER_S)


def test_when_the_flood_is_over_one_waits_for_nothing_again() -> None:
    clock = _Clock()
    pace = Pace(per_s=PER_S, burst=BURST, now_s=clock)
    for _ in range(10_000):
        pace.wait_s(longest_s=LONGEST_S)
    clock.now_s += LONGEST_S + BURST / PER_S
    assert {pace.wait_s() for _ in range(BURST - 1)} == {0.0}
