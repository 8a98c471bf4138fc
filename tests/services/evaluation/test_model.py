"""The five levels, and a share that knows how little it knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.model import LEVEL_LABELS, LEVELS, TAGS, needs_followup, satisfied, wilson


def test_the_levels_are_the_national_five() -> None:
    assert [LEVEL_LABELS[n]["zh"] for n in LEVELS] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    assert [n for n in LEVELS if needs_followup(n)] == [4, 5]


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_has_its_tags_in_both_languages(level: int) -> None:
    tags = TAGS[level]  # type: ignore[index]
    assert tags
    assert all(label["zh"] and label["en"] for label in tags.values())


def test_nobody_asked_is_not_nobody_satisfied() -> None:
    assert satisfied({1: 0, 2: 0, 3: 0, 4: 0, 5: 0}) is None


@given(total=st.integers(1, 5000), data=st.data())
def test_the_range_holds_the_share_and_stays_a_share(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    share = wilson(hits, total)
    assert 0 <= share.low <= share.value + 1e-9
    assert share.value - 1e-9 <= share.high <= 1
    assert share.value == hits / total


@given(st.integers(1, 200), st.integers(2, 20))
def test_more_ratings_of_the_same_share_narrow_the_range(total: int, more: int) -> None:
    few, many = wilson(total // 2, total), wilson(total // 2 * more, total * more)
    assert many.high - many.low < few.high - few.low


def test_wilson_against_a_published_value() -> None:
    """Newcombe 1998, table I: 81 of 263 -> 0.2553 to 0.3662."""
    share = wilson(81, 263)
    assert share.low == pytest.approx(0.2553, abs=5e-5)
    assert share.high == pytest.approx(0.3662, abs=5e-5)
