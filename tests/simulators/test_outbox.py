"""What a device has to say is kept in order and bounded, and what it has no room for is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.line import Message
from simulators.outbox import WAITING_MAX, Outbox


def message(seq: int, boot: int = 1) -> Message:
    return Message("D-1", "t", json.dumps({"seq": seq}).encode(), boot=boot, seq=seq)


def make(buffer: int) -> tuple[Outbox, list[int]]:
    dropped: list[int] = []
    return Outbox(buffer=buffer, dropped=lambda lost: dropped.append(lost.seq)), dropped


def drain(outbox: Outbox) -> list[int]:
    return [outbox.take().seq for _ in range(len(outbox))]


@given(st.integers(0, 200), st.integers(0, 300))
def test_what_waits_and_what_was_dropped_is_all_there_was_in_order(buffer: int, count: int) -> None:
    outbox, dropped = make(buffer)
    for seq in range(1, count + 1):
        outbox.put(message(seq))
    assert len(outbox) == min(count, max(buffer, WAITING_MAX))
    assert [*dropped, *drain(outbox)] == list(range(1, count + 1))


def test_what_is_sent_again_takes_no_room_from_what_was_never_sent() -> None:
    outbox, dropped = make(100)
    for seq in range(1, 101):
        outbox.put(message(seq))
    outbox.put_again([message(500), message(501)])
    assert dropped == []
    assert drain(outbox) == [500, 501, *range(1, 101)]


def test_who_one_is_goes_first_and_only_as_one_is_now() -> None:
    outbox, _ = make(0)
    outbox.put(message(1))
    outbox.put_first([Message("D-1", "desc", b"old"), Message("D-1", "state", b"old")])
    outbox.put_first([Message("D-1", "desc", b"new"), Message("D-1", "state", b"new")])
    assert [outbox.take().payload for _ in range(2)] == [b"new", b"new"]
    assert drain(outbox) == [1]


def test_what_is_still_held_is_found_again_marked_late() -> None:
    outbox, _ = make(3)
    for seq in range(1, 6):
        outbox.keep(message(seq))
    outbox.keep(message(6, boot=2))
    found = outbox.find_kept(boot=1, first=1, last=9)
    assert [m.seq for m in found] == [4, 5]
    assert [json.loads(m.payload) for m in found] == [{"seq": 4, "late": True}, {"seq": 5, "late": True}]
    assert outbox.find_kept(boot=3, first=1, last=9) == []


@pytest.mark.parametrize(("buffer", "held", "lost"), [(10, [1, 2, 3], []), (0, [], [1, 2, 3])])
def test_a_buffer_outlives_a_loss_of_power_and_nothing_else_does(buffer: int, held: list[int], lost: list[int]) -> None:
    outbox, _ = make(buffer)
    outbox.put(message(2))
    outbox.put(Message("D-1", "ack/c-1", b"{}"))
    outbox.put(message(3))
    assert [m.seq for m in outbox.lose_power([message(1)])] == lost
    assert drain(outbox) == held
