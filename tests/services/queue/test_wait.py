"""The wait is a range that tells the truth: eight in ten fall in it, and where nothing is known it says so."""

from __future__ import annotations

import heapq
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queue.wait import MIN_SAMPLES, wait_range_min

TAKEN = [300.0, 420.0, 360.0, 500.0, 280.0, 390.0, 450.0, 330.0]


def test_unknown_without_open_windows_or_recent_visitors() -> None:
    assert wait_range_min(ahead=3, windows=0, idle=0, taken_s=TAKEN) is None
    assert wait_range_min(ahead=3, windows=2, idle=0, taken_s=TAKEN[: MIN_SAMPLES - 1]) is None


def test_an_idle_window_and_nobody_ahead_is_at_once() -> None:
    assert wait_range_min(ahead=0, windows=2, idle=1, taken_s=TAKEN) == (0, 1)
    assert wait_range_min(ahead=0, windows=2, idle=1, taken_s=[]) == (0, 1)


@given(
    ahead=st.integers(0, 200),
    windows=st.integers(1, 20),
    taken_s=st.lists(st.floats(1, 7200), min_size=MIN_SAMPLES, max_size=80),
)
def test_it_is_a_range_that_more_people_lengthen_and_more_windows_shorten(
    ahead: int, windows: int, taken_s: list[float]
) -> None:
    found = wait_range_min(ahead=ahead, windows=windows, idle=0, taken_s=taken_s)
    longer = wait_range_min(ahead=ahead + 50, windows=windows, idle=0, taken_s=taken_s)
    shorter = wait_range_min(ahead=ahead, windows=windows + 1, idle=0, taken_s=taken_s)
    assert found is not None
    assert longer is not None
    assert shorter is not None
    assert 0 <= found[0] <= found[1]
    assert longer[1] >= found[1]
    assert shorter[1] <= found[1]


@pytest.mark.parametrize(("windows", "ahead"), [(1, 4), (3, 6), (6, 20), (2, 30)])
def test_eight_in_ten_simulated_waits_fall_in_the_range(windows: int, ahead: int) -> None:
    """Against a queue played out by itself: skewed service times, every window busy at the start."""
    random = Random(7)  # noqa: S311 - a test's randomness must repeat
    inside = 0
    rounds = 600
    for _ in range(rounds):
        history = [random.gammavariate(2, 180) for _ in range(30)]
        found = wait_range_min(ahead=ahead, windows=windows, idle=0, taken_s=history)
        assert found is not None
        inside += found[0] <= _played_wait_min(random, ahead, windows) <= found[1]
    assert 0.76 <= inside / rounds <= 0.97


def _played_wait_min(random: Random, ahead: int, windows: int) -> float:
    # A visitor met at a random moment is at a random point of a length-biased service.
    free = [random.random() * random.gammavariate(3, 180) for _ in range(windows)]
    heapq.heapify(free)
    for _ in range(ahead):
        heapq.heapreplace(free, free[0] + random.gammavariate(2, 180))
    return free[0] / 60
