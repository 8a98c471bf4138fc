"""When an alarm's condition holds: a rule turns a kind into conditions, the watcher judges values against them.

The watcher belongs to the one writer and remembers what holds; delays run on the hall's clock, given as an argument.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iot.kind import AlarmType, Comparison, Kind, Value, When
from twin.state import PointValue

_OPERATORS: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One alarm type on one point; between ``raises`` and ``clears`` lies the deadband."""

    point: str
    alarm: AlarmType
    raises: Callable[[Value], bool]
    clears: Callable[[Value], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One file of ``twin/rules``: which conditions a device of a kind is watched for."""

    name: str
    conditions: Callable[[Kind], Iterable[Condition]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A condition began to hold, or ceased to."""

    source: str
    alarm: AlarmType
    holds: bool
    value: Value
    at_ms: int


@dataclass(slots=True)
class _Pending:
    due_ms: int
    verdict: Verdict


def condition_of(alarm: AlarmType) -> Condition:
    """A declared comparison as a pair of tests, the second with the deadband."""
    when = alarm.when
    compare = _OPERATORS[when.op]
    back = _back(when)
    return Condition(
        point=when.point,
        alarm=alarm,
        raises=lambda value: compare(value, when.value),
        clears=lambda value: not compare(value, back),
    )


def _back(when: When) -> Value:
    """The value that must be crossed back before the alarm clears."""
    if when.deadband == 0 or isinstance(when.value, (str, bool)):
        return when.value
    return when.value - when.deadband if when.op in {">", ">="} else when.value + when.deadband


class Watcher:
    """Remembers per (source, alarm) whether the condition holds; values older than the current never reach it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._holding: set[tuple[str, str]] = set()
        self._pending: dict[tuple[str, str], _Pending] = {}

    def conditions(self, kind: Kind) -> dict[str, tuple[Condition, ...]]:
        """The kind's conditions by the point they watch."""
        found: dict[str, list[Condition]] = {}
        for rule in self._rules:
            for condition in rule.conditions(kind):
                found.setdefault(condition.point, []).append(condition)
        return {point: tuple(conditions) for point, conditions in found.items()}

    def restore(self, holding: Iterable[tuple[str, str]]) -> None:
        """What held when the hall last ran, so that its end is noticed."""
        self._holding.update(holding)

    def forget(self, source: str) -> None:
        """It is gone; should it come back, it begins anew."""
        self._holding = {key for key in self._holding if key[0] != source}
        self._pending = {key: pending for key, pending in self._pending.items() if key[0] != source}

    def holds(self, source: str, alarm: str) -> bool:
        return (source, alarm) in self._holding

    def calm(self, source: str, alarm: str) -> None:
        """What was about to begin or to end no longer is."""
        self._pending.pop((source, alarm), None)

    def judge(self, source: str, condition: Condition, value: PointValue, now_ms: int) -> Verdict | None:
        """What a new value of the watched point changes at once; a delayed verdict comes from ``tick``."""
        if value.quality == "bad":
            return None
        alarm = condition.alarm
        key = (source, alarm.name)
        held = key in self._holding
        if not (condition.clears(value.value) if held else condition.raises(value.value)):
            self._pending.pop(key, None)
            return None
        verdict = Verdict(source=source, alarm=alarm, holds=not held, value=value.value, at_ms=now_ms)
        delay_s = alarm.off_delay_s if held else alarm.on_delay_s
        if delay_s > 0:
            self._pending.setdefault(key, _Pending(now_ms + round(delay_s * 1000), verdict))
            return None
        return self._settle(key, verdict)

    def matters(self, source: str, condition: Condition, value: Value) -> bool:
        """Whether ``judge`` would do anything with it."""
        key = (source, condition.alarm.name)
        met = condition.clears(value) if key in self._holding else condition.raises(value)
        return met != (key in self._pending)

    def tick(self, now_ms: int) -> list[Verdict]:
        """Verdicts whose delay has passed with the condition unchanged."""
        due = [(key, pending) for key, pending in self._pending.items() if pending.due_ms <= now_ms]
        return [self._settle(key, pending.verdict) for key, pending in due]

    def _settle(self, key: tuple[str, str], verdict: Verdict) -> Verdict:
        self._pending.pop(key, None)
        if verdict.holds:
            self._holding.add(key)
        else:
            self._holding.discard(key)
        return verdict
