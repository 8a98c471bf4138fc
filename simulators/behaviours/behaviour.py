"""What a simulated device does: how it begins, drifts, settles, tells and obeys. Plain functions over its values.

What a kind needs not say is taken from its declaration: see ``generic``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

Value: TypeAlias = float | int | bool | str
Values: TypeAlias = Mapping[str, Value]
EventData: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the building says of this device; empty where it does not know it.

    ``public_way``: a door that visitors walk through.
    """

    key: str
    floor: str = ""
    public_way: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A moment to report at: how long since the last, in simulated seconds, and whom a camera sees."""

    elapsed_s: float
    people_in_view: int
    random: Random
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a command does: changes now and later (seconds, changes); ``restart_s`` above 0 drops it off for so long."""

    now: Values = field(default_factory=dict)
    later: tuple[tuple[float, Values], ...] = ()
    done_last: bool = False
    restart_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What it tells of an event, and what is different after."""

    data: EventData
    changes: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """``begin`` and ``drift`` give values to report, ``settle`` what follows from a change, ``tell`` events of a
    change, ``obey`` an act; None from ``obey`` means: as the declaration says. ``say``: what it makes of an event that
    was ordered; None: it keeps silent.
    ``partial``: it measures only what ``begin`` gives, not every point of its kind. ``heartbeat_s`` 0: often enough
    for each point's time to live. ``buffer``: how many messages it holds to send them again, 0 for none.
    """

    heartbeat_s: float = 0.0
    buffer: int = 0
    partial: bool = False
    begin: Callable[[Facts, Random], Values] = lambda _facts, _random: {}
    drift: Callable[[Values, Beat], Values] = lambda _values, _beat: {}
    settle: Callable[[Values, Values], Values] = lambda _before, _after: {}
    tell: Callable[[Values, Values], list[tuple[str, EventData]]] = lambda _before, _after: []
    obey: Callable[[str, Values, Values], Act | Refusal | None] = lambda _name, _arguments, _values: None
    say: Callable[[str, EventData, Values, Facts], Said | None] = lambda _name, data, _values, _facts: Said(data=data)


def wander(value: Value, random: Random, *, step: float, low: float, high: float, digits: int = 1) -> float:
    """The next value of something that wanders slowly and stays between two bounds, drawn back to their middle."""
    middle = (low + high) / 2
    moved = float(value) + random.gauss(0.0, step) + (middle - float(value)) * 0.03
    return round(min(max(moved, low), high), digits)
