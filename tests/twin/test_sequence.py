"""The window knows exactly what it has seen, as far back as it is wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.sequence import WIDTH, Window, pack, unpack


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=80))
def test_a_number_is_called_seen_exactly_when_it_was(arrivals: list[tuple[int, int]]) -> None:
    window, seen, newest = Window(), set(), -1
    for boot, seq in arrivals:
        answer = window.see(boot, seq)
        if boot < newest:
            assert answer == "old"
            continue
        newest = boot
        assert (answer == "again") == ((boot, seq) in seen)
        seen.add((boot, seq))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=50))
def test_gaps_count_what_is_missing_and_late_ones_fill_them(steps: list[int]) -> None:
    window = Window()
    window.see(1, 0)
    at = missing = 0
    sent = {0}
    for step in steps:
        at += step
        sent.add(at)
        answer = window.see(1, at)
        assert answer == ("next" if step == 1 else "gap")
        if answer == "gap":
            missing += window.missing
    absent = set(range(at)) - sent
    assert missing == len(absent)
    assert {window.see(1, seq) for seq in absent} <= {"late"}
    assert {window.see(1, seq) for seq in range(at + 1)} == {"again"}


def test_beyond_the_window_nothing_is_claimed() -> None:
    window = Window()
    window.see(1, 0)
    window.see(1, WIDTH)
    assert window.see(1, 0) == "old"
    assert window.see(1, 1) == "late"


@given(st.integers(0, (1 << WIDTH) - 1))
def test_what_is_seen_survives_the_database(seen: int) -> None:
    assert unpack(pack(seen)) == seen


@given(st.sets(st.integers(0, WIDTH - 1), min_size=1))
def test_holes_are_what_was_not_seen_between_the_oldest_and_the_newest(numbers: set[int]) -> None:
    window = Window()
    for seq in sorted(numbers):
        window.see(1, seq)
    absent = {seq for first, last in window.holes() for seq in range(first, last + 1)}
    assert absent == set(range(min(numbers), max(numbers))) - numbers


@given(st.lists(st.integers(0, 3 * WIDTH), max_size=30), st.integers(0, 3 * WIDTH))
def test_a_range_is_seen_as_if_each_of_it_was(before: list[int], more: int) -> None:
    one, many = Window(), Window()
    for seq in before or [0]:
        one.see(1, seq)
        many.see(1, seq)
    for seq in range(one.top + 1, one.top + more + 1):
        one.see(1, seq)
    many.see_on(many.top + more)
    assert many.cursor() == one.cursor()
