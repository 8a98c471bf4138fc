"""Ranges of missing messages: opened, split, closed, asked for a few times and then left on record."""

from hypothesis import given
from hypothesis import strategies as st

from twin.gaps import AGAIN_MS, RANGES_MAX, TRIES_MAX, Gaps


def spans(gaps: Gaps) -> list[tuple[int, int, int]]:
    return [(r.boot, r.first, r.last) for r in gaps.ranges]


def test_what_comes_late_splits_its_range_and_closes_it() -> None:
    gaps = Gaps()
    gaps.open(1, 10, 14)
    assert gaps.fill(1, 12)
    assert spans(gaps) == [(1, 10, 11), (1, 13, 14)]
    assert not gaps.fill(1, 12), "once"
    assert not gaps.fill(2, 10), "another boot"
    assert [gaps.fill(1, seq) for seq in (10, 11, 13, 14)] == [True] * 4
    assert gaps.ranges == []


def test_a_range_is_asked_for_again_after_a_while_but_not_for_ever() -> None:
    gaps = Gaps()
    gaps.open(1, 5, 6)
    asked = []
    for now_ms in range(0, 10 * AGAIN_MS, 100):
        if (due := gaps.next_due(now_ms)) is not None:
            due.asked(now_ms)
            asked.append(now_ms)
    assert asked == [n * AGAIN_MS for n in range(TRIES_MAX)]


def test_each_range_is_asked_for_on_its_own_unless_nobody_can_send_it() -> None:
    gaps = Gaps()
    gaps.open(1, 5, 6)
    gaps.open(1, 9, 9)
    first = gaps.next_due(0)
    assert first is not None
    first.asked(0)
    second = gaps.next_due(0)
    assert second is not None
    assert (first.first, second.first) == (5, 9)
    gaps.give_up()
    assert gaps.next_due(10**9) is None
    assert gaps.fill(1, 5), "should it come all the same, it was missing"


@given(st.sets(st.integers(1, 60), max_size=40), st.permutations(range(1, 61)))
def test_every_number_fills_once_whatever_the_order(missing: set[int], order: list[int]) -> None:
    gaps = Gaps()
    for seq in sorted(missing):
        gaps.open(1, seq, seq)
    assert [seq for seq in order if gaps.fill(1, seq)] == [seq for seq in order if seq in missing]
    assert gaps.ranges == []


def test_ranges_are_bounded() -> None:
    gaps = Gaps()
    for n in range(RANGES_MAX * 2):
        gaps.open(1, n * 10, n * 10)
    assert len(gaps.ranges) == RANGES_MAX
    assert gaps.fill(1, (RANGES_MAX * 2 - 1) * 10), "the newest are kept"
