"""What to do to which devices and when: from a scenario, ``--event`` or one JSON line on a control channel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulators.behaviours.behaviour import Value
from simulators.durations import complain, find_duration_s
from simulators.faults.catalogue import ALL, FAULTS, check_fault, suggest

LINE_BYTES_MAX = 16_384
TARGET_KEYS = ("device", "devices", "kind", "kinds", "share")
ACTION_KEYS = ("set", "power", "event", "data", "fault", "clear", "for", "skew_s")
_EVENT = re.compile(r"(?P<device>[^:=@\s]+):(?P<what>[a-z_0-9]+)(=(?P<value>[^@]+))?@(?P<after_s>\d+(\.\d+)?)")


class BadOrder(Exception):
    """An order that cannot be understood; the message says how one looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """These devices, or all of these kinds, or all there are; of them a share, drawn anew each time."""

    devices: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to do to them; what is None or empty is left alone. ``for_s``: and put right again after so long."""

    target: Target
    changes: Mapping[str, Value] = field(default_factory=dict)
    power: bool | None = None
    event: str | None = None
    event_data: Mapping[str, Value] = field(default_factory=dict)
    fault: str | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    clear: str | None = None
    for_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Wall seconds from the start, whatever the speed, so that a test or a talk can count on it.

    ``at_s``: then. ``between``: once, at a moment drawn from it. ``every_s``: again and again, within ``between``.
    """

    at_s: float | None = None
    every_s: float | None = None
    between: tuple[float, float] | None = None

    def moments(self, random: Random) -> Iterator[float]:
        if self.every_s is None:
            yield random.uniform(*self.between) if self.between else self.at_s or 0.0
            return
        moment, last = self.between or (self.at_s if self.at_s is not None else self.every_s, float("inf"))
        while moment <= last:
            yield moment
            moment += self.every_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    when: When
    order: Order


def parse_event(text: str) -> Planned:
    """``UPS-2:on_battery@5``, ``CLIM-01:temperature=40@10``, ``DOOR-01:power=false@3``"""
    found = _EVENT.fullmatch(text)
    if found is None:
        raise BadOrder(f"{text!r}: an event looks like UPS-2:on_battery@5 or CLIM-01:temperature=40@10")
    value = _value(found["value"]) if found["value"] is not None else True
    target = Target(devices=(found["device"],))
    if found["what"] == "power":
        order = Order(target=target, power=bool(value))
    else:
        order = Order(target=target, changes={found["what"]: value})
    return Planned(when=When(at_s=float(found["after_s"])), order=order)


def parse_line(line: str | bytes) -> Order:
    """One JSON object that names its devices and what to do to them: see ``read_order``."""
    try:
        body = json.loads(line)
    except ValueError as error:
        raise BadOrder(f"no JSON: {error}") from error
    if not isinstance(body, dict) or not {"device", "devices", "kind", "kinds"} & set(body):
        raise BadOrder('an order is a JSON object that names its "device", "devices", "kind" or "kinds"')
    order, wrong = read_order(body)
    if wrong:
        raise BadOrder("; ".join(what for _, what in wrong))
    return order


def read_order(body: Mapping[str, Any]) -> tuple[Order, list[tuple[str, str]]]:
    """The order in a JSON or TOML table, and (key, what is wrong with it and what would be right) for each defect.

    What stands beside ``fault`` and is no other key is a parameter of it. With defects the order is not to be used.
    """
    read = _Reading(body)
    fault = read.typed("fault", str)
    parameters = {key: value for key, value in body.items() if key not in TARGET_KEYS + ACTION_KEYS}
    if fault is not None:
        read.wrong += check_fault(fault, parameters)
    else:
        known = (*TARGET_KEYS, *ACTION_KEYS)
        read.wrong += [(key, f"unknown: {key!r}{suggest(key, known)}; known: {', '.join(known)}") for key in parameters]
    skew_s = read.typed("skew_s", float)
    if skew_s is not None:
        fault, parameters = "skew", {"seconds": skew_s}
    clear = read.typed("clear", str)
    if clear is not None and clear != ALL and clear not in FAULTS:
        read.wrong.append(("clear", f"there is no fault {clear!r}{suggest(clear, FAULTS)} to clear; or write {ALL!r}"))
    order = Order(
        target=read.target(), changes=read.scalars("set"), power=read.typed("power", bool),
        event=read.typed("event", str), event_data=read.scalars("data"), fault=fault, parameters=parameters,
        clear=clear, for_s=read.duration("for"),
    )  # fmt: skip
    return order, [*read.wrong, *_contradictions(body, order)]


def _contradictions(body: Mapping[str, Any], order: Order) -> Iterator[tuple[str, str]]:
    """What is right by itself and means nothing together."""
    if order.event is None and "data" in body:
        yield "data", "data belongs to an event: give event too"
    if order.for_s is None:
        return
    fault = FAULTS.get(order.fault or "")
    if fault is not None and fault.once:
        yield "for", f"{order.fault} is over at once: give {', '.join(fault.parameters)} in place of for"
    elif order.fault is None and not order.changes and order.power is not False:
        yield "for", "for has nothing to put right again: it goes with set, power = false or fault"


class _Reading:
    """Reads a table key by key and gathers what is wrong."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self.wrong: list[tuple[str, str]] = []

    def typed(self, name: str, kind: type) -> Any:
        value = self._body.get(name)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if value is not None and not isinstance(value, kind):
            self.wrong.append((name, f'"{name}" is a {kind.__name__}, not {value!r}'))
            return None
        return value

    def scalars(self, name: str) -> Mapping[str, Value]:
        value = self._body.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(v, (bool, int, float, str)) for v in value.values()):
            self.wrong.append((name, f'"{name}" is a table of numbers, texts and true or false, not {value!r}'))
            return {}
        return value

    def duration(self, name: str) -> float | None:
        value = self._body.get(name)
        seconds = find_duration_s(value)
        if value is not None and seconds is None:
            self.wrong.append((name, complain(value)))
        return seconds

    def target(self) -> Target:
        share = self.typed("share", float)
        if share is not None and not 0 < share <= 1:
            self.wrong.append(("share", f"share is above 0 and at most 1, not {share:g}: 0.1 is every tenth device"))
        return Target(devices=self._names("device"), kinds=self._names("kind"), share=1.0 if share is None else share)

    def _names(self, one: str) -> tuple[str, ...]:
        single, several = self.typed(one, str), self._body.get(f"{one}s", [])
        if not isinstance(several, list) or not all(isinstance(name, str) for name in several):
            self.wrong.append((f"{one}s", f'"{one}s" is a list of texts, not {several!r}'))
            several = []
        return (*([single] if single else []), *several)


def _value(text: str) -> Value:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text
