"""Any order and any repetition of the same readings ends in one and the same state."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from twin.state import PointValue, apply

values = st.one_of(st.floats(allow_nan=False), st.integers(-5, 5), st.booleans(), st.text(max_size=3))
point_values = st.builds(
    PointValue, value=values, quality=st.sampled_from(["good", "uncertain", "bad"]), ts_ms=st.integers(0, 3),
    source=st.just("device"), received_ms=st.just(0), boot=st.integers(0, 2), seq=st.integers(0, 3),
)  # fmt: skip
readings = st.lists(st.dictionaries(st.sampled_from("abc"), point_values, max_size=3), max_size=8)


def after(journal: list[dict[str, PointValue]]) -> dict[str, PointValue]:
    return reduce(lambda state, reading: {**state, **apply(state, reading)}, journal, {})


@given(readings, st.randoms(use_true_random=False))
def test_every_permutation_with_repeats_gives_one_state(journal: list[dict[str, PointValue]], random: object) -> None:
    shuffled = journal * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(shuffled) == after(journal)


@given(readings)
def test_the_state_holds_the_greatest_of_boot_seq_and_ts_of_each_point(journal: list[dict[str, PointValue]]) -> None:
    for name, value in after(journal).items():
        orders = [(r[name].boot, r[name].seq, r[name].ts_ms) for r in journal if name in r]
        assert (value.boot, value.seq, value.ts_ms) == max(orders)


@given(readings)
def test_the_state_given_is_left_as_it_was(journal: list[dict[str, PointValue]]) -> None:
    state = after(journal)
    kept = dict(state)
    for reading in journal:
        apply(state, reading)
    assert state == kept
