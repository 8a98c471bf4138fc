"""The pure rules: which step may follow which, whose turn it is, what a number looks like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queue import model
from services.queue.errors import WrongState
from services.queue.model import CREDIT_MS, MAX_CREDIT_MS, State, Ticket

STEPS: dict[str, tuple[Callable[[Ticket], Ticket], set[State], State]] = {
    "call": (lambda t: model.called(t, window="A01", staff="u", now_ms=9), {"issued", "transferred"}, "called"),
    "recall": (model.recalled, {"called"}, "called"),
    "start": (lambda t: model.started(t, now_ms=9), {"called"}, "serving"),
    "finish": (lambda t: model.finished(t, now_ms=9), {"serving"}, "done"),
    "absent": (lambda t: model.absent(t, now_ms=9), {"called"}, "no_show"),
    "give up": (lambda t: model.given_up(t, now_ms=9), {"issued", "transferred", "called"}, "cancelled"),
    "transfer": (lambda t: model.transferred(t, queue="ybj"), {"called", "serving"}, "transferred"),
}
STATES: tuple[State, ...] = ("issued", "called", "serving", "done", "no_show", "cancelled", "transferred")


def ticket(state: State = "issued", *, issued_ms: int = 0, profile: str = "walk", n: int = 1) -> Ticket:
    return Ticket(
        id=n, token="t", number=model.number_of("C", n), day=date(2026, 1, 5), queue="rsj", item=None, profile=profile,
        lang="zh", state=state, virtual_ms=model.virtual_arrival_ms(issued_ms, profile), issued_ms=issued_ms,
    )  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_from_where_it_may_be_and_refused_elsewhere(step: str, state: State) -> None:
    change, allowed, leads_to = STEPS[step]
    if state in allowed:
        assert change(ticket(state)).state == leads_to
    else:
        with pytest.raises(WrongState):
            change(ticket(state))


def test_what_has_ended_takes_no_step() -> None:
    ended = set(STATES) - model.LIVE
    assert ended == {"done", "no_show", "cancelled"}
    assert not any(ended & allowed for _, allowed, _ in STEPS.values())


@given(st.lists(st.tuples(st.integers(0, 36_000_000), st.sampled_from(["walk", *CREDIT_MS])), min_size=2, max_size=60))
def test_nobody_starves(arrivals: list[tuple[int, str]]) -> None:
    """Whoever came a full credit earlier is called earlier, whatever the other's credit."""
    tickets = [ticket(issued_ms=at, profile=profile, n=n) for n, (at, profile) in enumerate(arrivals)]
    order = sorted(tickets, key=lambda t: (t.virtual_ms, t.id))
    place = {t.id: n for n, t in enumerate(order)}
    for a in tickets:
        for b in tickets:
            if a.issued_ms + MAX_CREDIT_MS < b.issued_ms:
                assert place[a.id] < place[b.id]


@given(st.lists(st.integers(0, 36_000_000), min_size=2, max_size=40, unique=True))
def test_equals_are_called_in_the_order_they_came(arrivals: list[int]) -> None:
    order = sorted((ticket(issued_ms=at, n=n) for n, at in enumerate(arrivals)), key=lambda t: (t.virtual_ms, t.id))
    assert all(a.issued_ms < b.issued_ms for a, b in pairwise(order))


@given(st.integers(1, 40), st.lists(st.sampled_from(["A01", "B02", "c3", "7"])))
def test_each_queue_has_its_own_letter_that_is_no_windows(count: int, taken: list[str]) -> None:
    queues = [f"q{n}" for n in range(count)]
    letters = model.prefixes(queues, taken=taken)
    assert len(set(letters.values())) == count
    assert not any(set(p) & {"I", "O"} or p[0] in {t[0].upper() for t in taken} for p in letters.values())


def test_numbers_have_three_figures_and_go_on_to_four() -> None:
    assert [model.number_of("C", n) for n in (1, 42, 999, 1000)] == ["C001", "C042", "C999", "C1000"]
