"""A device kind is one declaration: what it measures, tells, obeys, and may raise; and how it looks.

A kind is data. Validation, pages, documents, alarms and simulators are all driven by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from iot.errors import InvalidKind

Text: TypeAlias = Mapping[str, str]
"""A human text by language code; ``text(zh, en)`` writes one."""
Value: TypeAlias = float | int | bool | str
PointType = Literal["float", "int", "bool", "enum", "str"]
Danger = Literal["none", "confirm", "arm"]
"""none: one click; confirm: reason asked; arm: two steps (arm, then fire) - doors, lifts, PA-wide."""
Lasting = Literal["no", "sets", "ends"]
"""sets: the value that confirms it stays wanted; ends: nothing is wanted of that point any more; no: over when done."""
Comparison = Literal["==", "!=", "<", "<=", ">", ">="]


def text(zh: str, en: str) -> Text:
    """A human text, Chinese first."""
    return {"zh": zh, "en": en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing a device reports. ``ttl_s``: older than this it is shown as stale."""

    name: str
    label: Text
    type: PointType
    unit: str | None = None
    range: tuple[float, float] | None = None
    values: Mapping[str, Text] = field(default_factory=dict)
    ttl_s: float
    brick: str

    def __post_init__(self) -> None:
        if self.type == "enum" and not self.values:
            raise InvalidKind(f"point {self.name}: an enum lists its values")
        if self.ttl_s <= 0:
            raise InvalidKind(f"point {self.name}: ttl_s must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    name: str
    label: Text
    data: Mapping[str, PointType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    name: str
    label: Text
    type: PointType
    required: bool = True
    range: tuple[float, float] | None = None
    values: Mapping[str, Text] = field(default_factory=dict)
    max_length: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Done means confirmed: this point must take this value (or the value of ``argument``).

    ``by_kind``: not the device's own point, but that of a device of this kind which serves the same thing (the same
    opening, window, zone). Where the hall has none, nothing can confirm.
    """

    point: str
    equals: Value | None = None
    argument: str | None = None
    by_kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``timeout_s``: by then its end is known. ``effect``: what will happen, for whoever fires it; ``{argument}``
    stands for what was asked. ``lasting``: what becomes of the point that confirms it, once it is done.
    """

    name: str
    label: Text
    arguments: tuple[Argument, ...] = ()
    timeout_s: float = 5.0
    danger: Danger = "none"
    effect: Text | None = None
    confirmed_by: Confirmation | None = None
    lasting: Lasting = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The condition of an alarm on one point; ``deadband`` is the hysteresis before it clears."""

    point: str
    op: Comparison
    value: Value
    deadband: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmType:
    """An alarm a kind can raise (ISA-18.2): priority 1 紧急 .. 4 提示, consequence and operator's response."""

    name: str
    label: Text
    when: When
    priority: Literal[1, 2, 3, 4]
    consequence: Text
    response: Text
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    life_safety: bool = False


Declared: TypeAlias = Point | Event | Command | AlarmType
"""What a kind lists: each has a name and a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How it stands on the map: an icon name of the web icon set, its layer, the point shown first."""

    icon: str
    layer: str
    headline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``usual_per_s``: how many messages one of these sends at most while all is well, where that is not what is usual
    for devices; above it a device is named. What the hall allows at all is a setting, not the kind's to say.
    """

    name: str
    label: Text
    brick: str
    points: tuple[Point, ...] = ()
    events: tuple[Event, ...] = ()
    commands: tuple[Command, ...] = ()
    alarms: tuple[AlarmType, ...] = ()
    look: Look
    offline_priority: Literal[1, 2, 3, 4] = 3
    usual_per_s: float | None = None

    def __post_init__(self) -> None:
        names = {p.name for p in self.points}
        declared: Mapping[str, tuple[Declared, ...]] = {
            "point": self.points,
            "event": self.events,
            "command": self.commands,
            "alarm": self.alarms,
        }
        for what, items in declared.items():
            seen = [i.name for i in items]
            if len(seen) != len(set(seen)):
                raise InvalidKind(f"kind {self.name}: a {what} is declared twice")
        for alarm in self.alarms:
            if alarm.when.point not in names:
                raise InvalidKind(f"kind {self.name}: alarm {alarm.name} watches unknown point {alarm.when.point}")
        for command in self.commands:
            done = command.confirmed_by
            if done and done.by_kind is None and done.point not in names:
                raise InvalidKind(f"kind {self.name}: command {command.name} is confirmed by an unknown point")

    def find_point(self, name: str) -> Point | None:
        for point in self.points:  # a plain loop: this runs for every value that comes in
            if point.name == name:
                return point
        return None

    def find_command(self, name: str) -> Command | None:
        return next((c for c in self.commands if c.name == name), None)
