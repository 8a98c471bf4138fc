"""What to do to a device and when: from a scenario, ``--event`` or one JSON line on a control channel."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.behaviours.behaviour import Value

LINE_BYTES_MAX = 16_384
_EVENT = re.compile(r"(?P<device>[^:=@\s]+):(?P<what>[a-z_0-9]+)(=(?P<value>[^@]+))?@(?P<after_s>\d+(\.\d+)?)")


class BadOrder(Exception):
    """An order that cannot be understood; the message says how one looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing to do to one device; what is None is left alone."""

    device: str
    changes: Mapping[str, Value] = field(default_factory=dict)
    power: bool | None = None
    skew_s: float | None = None
    event: str | None = None
    event_data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """``after_s``: wall seconds from the start, whatever the speed, so that a test or a talk can count on it."""

    after_s: float
    order: Order


def parse_event(text: str) -> Planned:
    """``UPS-2:on_battery@5``, ``CLIM-01:temperature=40@10``, ``DOOR-01:power=false@3``"""
    found = _EVENT.fullmatch(text)
    if found is None:
        raise BadOrder(f"{text!r}: an event looks like UPS-2:on_battery@5 or CLIM-01:temperature=40@10")
    value = _value(found["value"]) if found["value"] is not None else True
    if found["what"] == "power":
        order = Order(device=found["device"], power=bool(value))
    else:
        order = Order(device=found["device"], changes={found["what"]: value})
    return Planned(after_s=float(found["after_s"]), order=order)


def parse_line(line: str | bytes) -> Order:
    """One JSON object: ``{"device", "set": {..}, "power": bool, "skew_s": number, "event": name, "data": {..}}``"""
    try:
        body = json.loads(line)
    except ValueError as error:
        raise BadOrder(f"no JSON: {error}") from error
    if not isinstance(body, dict) or not isinstance(body.get("device"), str):
        raise BadOrder('an order is a JSON object that names its "device"')
    unknown = set(body) - {"device", "set", "power", "skew_s", "event", "data"}
    if unknown:
        raise BadOrder(f"unknown: {', '.join(sorted(unknown))}; known: device, set, power, skew_s, event, data")
    return Order(
        device=body["device"], changes=_object(body, "set"), power=_typed(body, "power", bool),
        skew_s=_typed(body, "skew_s", float), event=_typed(body, "event", str), event_data=_object(body, "data"),
    )  # fmt: skip


def _value(text: str) -> Value:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Value]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise BadOrder(f'"{name}" is a JSON object')
    return value


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if value is not None and not isinstance(value, kind):
        raise BadOrder(f'"{name}" is a {kind.__name__}')
    return value
