"""Conditions with deadband and delays, and the rules that make them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS
from iot.kind import AlarmType, Comparison, Value, When
from twin.conditions import Condition, Watcher, condition_of
from twin.rules import load_rules
from twin.state import PointValue


def alarm(
    op: Comparison, value: Value, *, deadband: float = 0, on_delay_s: float = 0, off_delay_s: float = 0
) -> AlarmType:
    return AlarmType(
        name="a", label={}, when=When(point="p", op=op, value=value, deadband=deadband), priority=2, consequence={},
        response={}, on_delay_s=on_delay_s, off_delay_s=off_delay_s,
    )  # fmt: skip


class Judged:
    def __init__(self, condition: Condition) -> None:
        self.watcher, self.condition, self.now_ms = Watcher(()), condition, 0

    def value(self, value: Value, *, quality: str = "good") -> bool | None:
        """True: began to hold. False: ceased. None: nothing new."""
        point = PointValue(value=value, quality=quality, ts_ms=0, source="device", received_ms=0)  # type: ignore[arg-type]
        verdict = self.watcher.judge("s", self.condition, point, self.now_ms)
        return None if verdict is None else verdict.holds

    def wait(self, seconds: float) -> list[bool]:
        self.now_ms += round(seconds * 1000)
        return [v.holds for v in self.watcher.tick(self.now_ms)]


@pytest.mark.parametrize(
    ("op", "limit", "deadband", "steps"),
    [
        (">", 30.0, 1.0, [(30.0, None), (30.1, True), (30.2, None), (29.5, None), (29.0, False)]),
        (">=", 30.0, 1.0, [(30.0, True), (29.0, None), (28.9, False)]),
        ("<", 10.0, 2.0, [(10.0, None), (9.9, True), (11.9, None), (12.0, False)]),
        ("<=", 10.0, 2.0, [(10.0, True), (12.0, None), (12.1, False)]),
        ("==", True, 0.0, [(False, None), (True, True), (True, None), (False, False)]),
        ("!=", "ok", 0.0, [("ok", None), ("broken", True), ("worse", None), ("ok", False)]),
    ],
)
def test_it_begins_at_the_limit_and_ends_beyond_the_deadband(
    op: Comparison, limit: Value, deadband: float, steps: list[tuple[Value, bool | None]]
) -> None:
    judged = Judged(condition_of(alarm(op, limit, deadband=deadband)))
    assert [(value, judged.value(value)) for value, _ in steps] == steps


def test_with_an_on_delay_it_must_hold_all_the_time() -> None:
    judged = Judged(condition_of(alarm(">", 1.0, on_delay_s=10)))
    assert judged.value(2.0) is None
    assert judged.wait(9) == []
    assert judged.value(0.0) is None
    assert judged.wait(9) == []
    assert judged.value(2.0) is None
    assert judged.wait(5) == []
    assert judged.value(3.0) is None
    assert judged.wait(5) == [True]


def test_with_an_off_delay_a_short_calm_does_not_end_it() -> None:
    judged = Judged(condition_of(alarm(">", 1.0, off_delay_s=10)))
    assert judged.value(2.0) is True
    assert judged.value(0.0) is None
    assert judged.wait(9) == []
    assert judged.value(2.0) is None
    assert judged.wait(9) == []
    assert judged.value(0.0) is None
    assert judged.wait(10) == [False]


def test_a_bad_value_neither_raises_nor_clears() -> None:
    judged = Judged(condition_of(alarm(">", 1.0)))
    assert judged.value(99.0, quality="bad") is None
    assert judged.value(2.0) is True
    assert judged.value(0.0, quality="bad") is None


def test_what_held_before_a_restart_is_noticed_when_it_ends() -> None:
    judged = Judged(condition_of(alarm(">", 1.0)))
    judged.watcher.restore([("s", "a")])
    assert judged.value(2.0) is None
    assert judged.value(0.0) is False


@given(st.lists(st.floats(-10, 10), max_size=40))
def test_verdicts_alternate(values: list[float]) -> None:
    judged = Judged(condition_of(alarm(">", 1.0, deadband=2.0)))
    told = [v for v in map(judged.value, values) if v is not None]
    assert told == [i % 2 == 0 for i in range(len(told))]


def test_every_rule_serves_every_kind() -> None:
    watcher = Watcher(load_rules())
    for kind in KINDS.values():
        names = [c.alarm.name for conditions in watcher.conditions(kind).values() for c in conditions]
        assert sorted(names) == sorted({*(a.name for a in kind.alarms), "offline"})
