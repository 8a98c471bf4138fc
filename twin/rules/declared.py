"""The alarms a kind declares: a comparison on one of its points, with deadband and delays."""

from __future__ import annotations

from collections.abc import Iterator

from iot.kind import Kind
from twin.conditions import Condition, Rule, condition_of


def _conditions(kind: Kind) -> Iterator[Condition]:
    return (condition_of(alarm) for alarm in kind.alarms)


RULE = Rule(name="declared", conditions=_conditions)
