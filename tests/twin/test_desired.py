"""What is wanted is what the newest act made so; drift is a difference that has lasted, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.kind import Value
from iot.messages import AckStatus, Quality
from twin.command import (
    Awaited,
    Command,
    after_answer,
    after_deadline,
    disarmed,
    fired,
    parse_command,
    queued,
    unsent,
)
from twin.desired import Desired, Judged, after_reading, desired_by, judge, newest, told, withdrawn
from twin.state import PointValue, says

DOOR, LOCK = "x:device:D-1", "lock_state"
TIMEOUT_S, TTL_S = 5.0, 10.0
GRACE_MS = 6_000
"""The command's five seconds and the one for an answer on its way."""


def asked(number: int, value: str | None, at_ms: int) -> Command:
    """A command that sets this value, or ends what is wanted."""
    armed = Command(
        id=f"c{number}", device=DOOR, name="any", args={}, issuer="user:1", reason="", state="armed",
        awaits=Awaited(entity=DOOR, point=LOCK, value=value or "anything"),
        lasting="ends" if value is None else "sets", created_ms=at_ms, expires_ms=at_ms + 10_000,
    )  # fmt: skip
    return queued(armed, timeout_s=TIMEOUT_S, now_ms=at_ms)


def report(value: Value, at_ms: int, *, quality: Quality = "good", age_ms: int = 0) -> PointValue:
    return PointValue(value=value, quality=quality, ts_ms=at_ms - age_ms, source="device", received_ms=at_ms)


def wanted(value: Value | None = "locked", since_ms: int = 1_000) -> Desired:
    return Desired(
        entity=DOOR, point=LOCK, value=value, since_ms=since_ms, by="user:1", command="c1", grace_ms=GRACE_MS
    )


# --- which step of a command's life makes something wanted


def test_a_command_asks_for_something_once_it_is_recorded_as_handed_over_and_only_then() -> None:
    waiting = asked(1, "locked", 1_000)
    assert desired_by(None, waiting) is None
    sent = replace(waiting, state="sent")
    assert desired_by(waiting, sent) == wanted()
    for status in ("accepted", "done", "failed", "refused"):
        answered = after_answer(sent, status, "", now_ms=1_500)
        assert answered is not None
        assert desired_by(sent, answered) is None
    silent = after_deadline(sent, now_ms=sent.deadline_ms)
    assert silent is not None
    assert (silent.why, desired_by(sent, silent)) == ("no_answer", None)


@pytest.mark.parametrize("status", ["accepted", "done", "failed", "refused"])
def test_an_answer_that_is_quicker_than_our_own_record_counts_as_handed_over(status: AckStatus) -> None:
    waiting = asked(1, "locked", 1_000)
    answered = after_answer(waiting, status, "", now_ms=1_100)
    assert answered is not None
    assert desired_by(waiting, answered) == wanted()


def test_what_never_left_the_hall_asked_for_nothing() -> None:
    waiting = asked(1, "locked", 1_000)
    expired = after_deadline(waiting, now_ms=waiting.deadline_ms)
    assert expired is not None
    assert expired.why == "offline"
    armed = replace(waiting, state="armed")
    for end in (expired, unsent(waiting, "no line", now_ms=1_001), disarmed(armed, now_ms=1_001)):
        assert desired_by(waiting, end) is None


def test_what_is_fired_is_wanted_from_then_on_and_by_who_fired_it() -> None:
    armed = replace(asked(1, "locked", 1_000), state="armed", armed_by="user:1")
    let_go = fired(armed, by="user:2", timeout_s=TIMEOUT_S, now_ms=4_000)
    made = desired_by(let_go, replace(let_go, state="sent"))
    assert made is not None
    assert (made.by, made.since_ms, made.grace_ms) == ("user:2", 4_000, GRACE_MS)


def test_what_is_over_when_done_asks_for_nothing() -> None:
    waiting = replace(asked(1, "locked", 1_000), lasting="no")
    assert desired_by(waiting, replace(waiting, state="sent")) is None
    waiting = replace(asked(1, "locked", 1_000), awaits=None)
    assert desired_by(waiting, replace(waiting, state="sent")) is None


def test_a_command_of_before_there_was_anything_lasting_can_be_read() -> None:
    body = asked(1, "locked", 1_000).to_json()
    del body["lasting"]
    assert parse_command(body).lasting == "no"


# --- values


@pytest.mark.parametrize(
    ("reported", "value", "same"),
    [
        (21.700000762939453, 21.7, True),  # what 32 bits make of 21.7
        (21.71, 21.7, False), (70, 70, True), (70, 71, False), (True, True, True), (False, True, False),
        (1_000_000, 1_000_001, False),  # whole numbers are exact
        ("", "", True), ("a", "b", False), (0.0, 0, True),
    ],
)  # fmt: skip
def test_a_number_is_the_same_after_a_way_in_single_precision(reported: Value, value: Value, *, same: bool) -> None:
    assert says(report(reported, 0), value) is same
    assert not says(report(reported, 0, quality="bad"), value)


# --- by hand


def test_a_door_that_is_opened_by_hand_is_drift_after_the_grace_and_no_longer_when_it_is_locked_again() -> None:
    locked, opened = report("locked", 2_000), report("unlocked", 9_000)
    at_first = after_reading(wanted(), locked, ttl_s=TTL_S)
    assert judge(at_first, locked, ttl_s=TTL_S, now_ms=8_000) == Judged(standing="as_wanted")
    by_hand = after_reading(at_first, opened, ttl_s=TTL_S)
    assert judge(by_hand, opened, ttl_s=TTL_S, now_ms=14_999) == Judged(standing="waiting", begun_ms=9_000)
    assert judge(by_hand, opened, ttl_s=TTL_S, now_ms=15_000) == Judged(standing="differs", begun_ms=9_000)
    again = report("unlocked", 16_000)  # said again: it differs since it first did
    assert judge(after_reading(by_hand, again, ttl_s=TTL_S), again, ttl_s=TTL_S, now_ms=16_000).begun_ms == 9_000
    right = report("locked", 17_000)
    assert judge(after_reading(by_hand, right, ttl_s=TTL_S), right, ttl_s=TTL_S, now_ms=17_000).standing == "as_wanted"


def test_what_is_old_by_its_own_time_to_live_is_unknown_after_the_grace() -> None:
    locked = report("locked", 2_000)
    kept = after_reading(wanted(), locked, ttl_s=TTL_S)
    assert judge(kept, locked, ttl_s=TTL_S, now_ms=12_000).standing == "as_wanted"
    assert judge(kept, locked, ttl_s=TTL_S, now_ms=12_001) == Judged(standing="waiting", begun_ms=12_000)
    assert judge(kept, locked, ttl_s=TTL_S, now_ms=18_000) == Judged(standing="unknown", begun_ms=12_000)


def test_what_is_old_when_it_comes_ends_the_grace_of_nothing_and_begins_none() -> None:
    fresh, late = report("locked", 7_000), report("locked", 8_000, age_ms=20_000)
    kept = after_reading(after_reading(wanted(), fresh, ttl_s=TTL_S), late, ttl_s=TTL_S)
    assert judge(kept, late, ttl_s=TTL_S, now_ms=13_999) == Judged(standing="waiting", begun_ms=8_000)
    again = report("locked", 13_000, age_ms=20_000)
    kept = after_reading(kept, again, ttl_s=TTL_S)
    assert judge(kept, again, ttl_s=TTL_S, now_ms=14_000) == Judged(standing="unknown", begun_ms=8_000)


def test_what_was_withdrawn_is_told_as_wanting_nothing_and_no_older_act_comes_back() -> None:
    ended = withdrawn(wanted(since_ms=5_000), by="user:2", now_ms=4_000)  # the clock was set back meanwhile
    assert newest(wanted(since_ms=5_000), ended) is ended
    assert newest(ended, wanted(since_ms=5_000)) is ended
    body = told(ended, judge(ended, None, ttl_s=TTL_S, now_ms=60_000))
    assert (body["value"], body["standing"], body["by"]) == (None, "none", "user:2")


# --- any order, against a plain oracle


@dataclass
class Model:
    """The core as it is used: one point, its acts and readings in the order in which they come."""

    desired: Desired | None = None
    reported: PointValue | None = None
    acts: list[tuple[Desired, int]] = field(default_factory=list)
    """With how many readings had come before it was recorded."""
    readings: list[PointValue] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def step(self, before: Command | None, after: Command) -> None:
        made = desired_by(before, after)
        if made is not None:
            self.acts.append((made, len(self.readings)))
            if newest(self.desired, made) is made:
                self.desired = after_reading(made, self.reported, ttl_s=TTL_S)

    def ask(self, value: str | None, at_ms: int, *, handed_over: bool) -> None:
        waiting = asked(len(self.commands), value, at_ms)
        self.step(None, waiting)
        self.commands.append(waiting)
        if handed_over:
            self.advance(len(self.commands) - 1, replace(waiting, state="sent"))

    def advance(self, n: int, after: Command | None) -> None:
        if after is not None:
            self.step(self.commands[n], after)
            self.commands[n] = after

    def end(self, n: int, how: AckStatus | Literal["time"], at_ms: int) -> None:
        if self.commands:
            n %= len(self.commands)
            command = self.commands[n]
            done = (
                after_deadline(command, now_ms=at_ms) if how == "time" else after_answer(command, how, "", now_ms=at_ms)
            )
            self.advance(n, done)

    def read(self, reading: PointValue) -> None:
        self.readings.append(reading)
        self.reported = reading
        if self.desired is not None:
            self.desired = after_reading(self.desired, reading, ttl_s=TTL_S)


def oracle(model: Model, now_ms: int) -> tuple[str | None, str]:
    """Value and standing, from the whole story and nothing kept."""
    if not model.acts:
        return None, "none"
    act, heard = max(model.acts, key=lambda found: found[0].since_ms)
    if act.value is None:
        return None, "none"
    story = model.readings[max(0, heard - 1) :]
    right = [r.quality != "bad" and r.value == act.value and r.received_ms <= r.ts_ms + TTL_S * 1000 for r in story]
    last = story[-1] if story else None
    is_fresh = last is not None and now_ms <= last.ts_ms + TTL_S * 1000
    if last is not None and right[-1]:
        if is_fresh:
            return str(act.value), "as_wanted"
        begun_ms = last.ts_ms + round(TTL_S * 1000)
    elif heard == 0 and True not in right:
        begun_ms = act.since_ms  # never seen as wanted
    else:
        wrong_from = len(right) - right[::-1].index(True) if True in right else 0
        begun_ms = story[wrong_from].received_ms
    if now_ms - max(begun_ms, act.since_ms) < GRACE_MS:
        return str(act.value), "waiting"
    is_told = last is not None and is_fresh and last.quality != "bad"
    return str(act.value), "differs" if is_told else "unknown"


EVENTS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(["locked", "unlocked", None]), st.booleans()),
    st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(["accepted", "done", "failed", "refused", "time"])),
    st.tuples(
        st.just("read"), st.sampled_from(["locked", "unlocked"]), st.sampled_from(["good", "uncertain", "bad"]),
        st.sampled_from([0, 3_000, 20_000]),
    ),
    st.tuples(st.just("look")),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 9_000), EVENTS), max_size=25))
def test_any_order_of_commands_ends_and_readings_agrees_with_the_oracle(story: list[tuple[int, Any]]) -> None:
    model, now_ms = Model(), 1_000_000
    for gap_ms, event in story:
        now_ms += gap_ms
        match event:
            case "ask", value, handed_over:
                model.ask(value, now_ms, handed_over=handed_over)
            case "end", n, how:
                model.end(n, how, now_ms)
            case "read", value, quality, age_ms:
                model.read(report(value, now_ms, quality=quality, age_ms=age_ms))
        kept = model.desired
        judged = Judged(standing="none") if kept is None else judge(kept, model.reported, ttl_s=TTL_S, now_ms=now_ms)
        assert (None if kept is None else kept.value, judged.standing) == oracle(model, now_ms)
        if kept is not None and judged.is_drift:
            assert now_ms - kept.since_ms >= GRACE_MS
            (act, heard), since_ms = max(model.acts, key=lambda found: found[0].since_ms), now_ms - GRACE_MS
            lately = [r for r in model.readings[heard:] if since_ms < r.received_ms <= r.ts_ms + TTL_S * 1000]
            assert not any(says(r, act.value) for r in lately if act.value is not None)


@given(st.permutations([wanted(value, since_ms=t) for t, value in enumerate(["locked", None, "unlocked", "locked"])]))
def test_in_whatever_order_acts_are_recorded_the_newest_stands(acts: list[Desired]) -> None:
    kept: Desired | None = None
    for act in acts:
        kept = newest(kept, act)
    assert kept == max(acts, key=lambda act: act.since_ms)
