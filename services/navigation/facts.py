"""What is true of ways now: doors that are locked or shut at this hour, lifts and escalators that do not run, waits.

The newest value counts whatever its age: a door that was locked when its controller fell silent is still locked.
A device that never spoke closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from building.model import Building, Text, VerticalLink
from iot.kind import Value
from services.kernel.calendar import OpeningHours
from services.kernel.errors import ContractBroken
from services.kernel.live import LiveReader, read
from wayfinding.links import Direction, against
from wayfinding.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something cannot be used: said of no matter which one (``text``), and of one by name (``of``)."""

    text: Text
    of: Text

    def said_of(self, name: tuple[str, str]) -> Text:
        """The name is (Chinese, English)."""
        zh, en = name
        return {"zh": self.of["zh"].format(zh), "en": self.of["en"].format(en)}


LOCKED = Cause(
    text={"zh": "门已上锁", "en": "the door is locked"}, of={"zh": "{}已上锁", "en": "{} is locked"}
)  # fmt: skip
DOOR_FAULT = Cause(
    text={"zh": "门禁异常", "en": "the door is out of order"}, of={"zh": "{}门禁异常", "en": "{} is out of order"}
)  # fmt: skip
LIFT_OUT = Cause(
    text={"zh": "电梯停用", "en": "the lift is out of service"}, of={"zh": "{}停用", "en": "{} is out of service"}
)  # fmt: skip
ESCALATOR_OUT = Cause(
    text={"zh": "扶梯停运", "en": "the escalator is not running"}, of={"zh": "{}停运", "en": "{} is not running"}
)  # fmt: skip
ESCALATOR_TURNED = Cause(
    text={"zh": "扶梯反向运行", "en": "the escalator runs the other way"},
    of={"zh": "{}反向运行", "en": "{} runs the other way"},
)  # fmt: skip

DOOR_FAULTS = frozenset({"forced", "tamper"})
"""``held`` is none: a door that stands open is a way."""
LIFT_OUT_MODES = frozenset({"held", "fire", "maintenance", "fault"})
ESCALATOR_OUT_MODES = frozenset({"stopped", "fault"})
CLOSED_NOW = Cause(
    text={"zh": "不在开放时间", "en": "outside its opening hours"},
    of={"zh": "{}现在不开放", "en": "{} is not open at this hour"},
)  # fmt: skip
OTHER_WAY: Mapping[Value | None, Direction] = {"up": "down", "down": "up"}

WAIT_STEP_S = 10.0
"""Waits are rounded to this: a router remembers ways by what it was told, and a second more is no other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """An opening or link that cannot be used now, or not this ``way``. ``card``: whoever has a card for it can."""

    id: str
    cause: Cause
    card: bool = False
    way: Direction | None = None

    @property
    def shuts(self) -> str:
        """What a router is told to do without."""
        return self.id if self.way is None else against(self.id, self.way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is true of ways now. ``crowd``: how many times longer a walk takes in each space that is full."""

    closures: tuple[Closure, ...] = ()
    lift_waits_s: Mapping[str, float] = field(default_factory=dict)
    crowd: Mapping[str, float] = field(default_factory=dict)
    hour: int = 0

    def waits_s(self, walker: Profile, lifts: Iterable[str]) -> Mapping[str, float]:
        """At each lift: what it measures, else what is usual at this hour."""
        usual_s = walker.lift.wait_at_s(self.hour)
        if usual_s == walker.lift.wait_s:
            return self.lift_waits_s
        return {**dict.fromkeys(lifts, usual_s), **self.lift_waits_s}


def read_facts(building: Building, live: LiveReader, local: datetime, crowd: Mapping[str, float]) -> Facts:
    """What the devices say at this moment, which is ``local`` on the hall's clock."""
    return Facts(
        closures=tuple(list_closures(building, live, local)),
        lift_waits_s=lift_waits_s(building, live),
        crowd=crowd,
        hour=local.hour,
    )


def concerns(closure: Closure, walker: Profile) -> bool:
    """Whether it stops somebody who walks like this."""
    return not (closure.card and walker.max_access != "public")


def list_closures(building: Building, live: LiveReader, local: datetime) -> list[Closure]:
    """Everything that the devices say is closed, and the doors that nobody speaks for at hours when they are."""
    return [*_doors(building, live, local), *_links(building, live)]


def _doors(building: Building, live: LiveReader, local: datetime) -> Iterator[Closure]:
    for opening in building.openings:
        state = None
        if opening.device is not None:
            if read(live, opening.device, "fault") in DOOR_FAULTS:
                yield Closure(id=opening.id, cause=DOOR_FAULT)
                continue
            state = read(live, opening.device, "lock_state")
        if state == "locked":
            yield Closure(id=opening.id, cause=LOCKED, card=opening.controlled)
        elif state is None and opening.hours is not None and not _is_open(opening.hours, local):
            yield Closure(id=opening.id, cause=CLOSED_NOW, card=opening.controlled)


def _is_open(hours: str, local: datetime) -> bool:
    parsed = _hours(hours)
    return parsed is None or parsed.is_open(local)


@lru_cache(1_000)
def _hours(text: str) -> OpeningHours | None:
    """None: written in a way that we do not read, which closes nothing."""
    try:
        return OpeningHours.parse(text)
    except ContractBroken:
        return None


def _links(building: Building, live: LiveReader) -> Iterator[Closure]:
    for link in building.vertical_links:
        if link.device is None:
            continue
        mode = read(live, link.device, "mode")
        if link.kind == "lift" and (mode in LIFT_OUT_MODES or read(live, link.device, "trapped") is True):
            yield Closure(id=link.id, cause=LIFT_OUT)
        if link.kind == "escalator":
            yield from _escalator(link, mode, live)


def _escalator(link: VerticalLink, mode: Value | None, live: LiveReader) -> Iterator[Closure]:
    """What moves one way only is closed for the other, where the plan has that way at all."""
    device = link.device or ""
    other = OTHER_WAY.get(read(live, device, "direction"))
    if mode in ESCALATOR_OUT_MODES or read(live, device, "emergency_stop") is True:
        yield Closure(id=link.id, cause=ESCALATOR_OUT)
    elif other is not None and link.direction in {"both", other}:
        yield Closure(id=link.id, cause=ESCALATOR_TURNED, way=other)


def lift_waits_s(building: Building, live: LiveReader) -> Mapping[str, float]:
    """The mean wait at each lift that measures it, by the link's id."""
    waits = {
        link.id: read(live, link.device, "wait")
        for link in building.vertical_links
        if link.kind == "lift" and link.device is not None
    }
    return {
        link: round(wait / WAIT_STEP_S) * WAIT_STEP_S
        for link, wait in waits.items()
        if isinstance(wait, int | float) and not isinstance(wait, bool)
    }
