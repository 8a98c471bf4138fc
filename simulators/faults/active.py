"""The faults one device has at the moment, and what they make of its values, its clock and its messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from simulators.behaviours.behaviour import Value, Values
from simulators.faults.catalogue import complete
from simulators.line import Message

_NONSENSE = (
    b"", b"\xff\xfe\x00", b"{", b'{"ts":"soon","seq":-1}', b"[[[[[[[[", b'{"v":{"a":NaN}}', b"x" * 20_000, b'"\\u0000"',
)  # fmt: skip
HELD_MAX = 32
WITHOUT_POWER = ("power_loss", "gateway_death")


@dataclass(slots=True)
class Active:
    """One fault while it lasts; ``held`` is what a stuck point shows."""

    parameters: Mapping[str, Any]
    since_s: float
    held: dict[str, Value] = field(default_factory=dict)


class Faults:
    """``tell`` hears of each message that was spoilt: what was done to it, and which it was."""

    def __init__(
        self, points: Mapping[str, Mapping[str, Any]], *, random: Random, tell: Callable[[str, Message], None]
    ) -> None:
        self._points, self._random, self._tell = points, random, tell
        self._active: dict[str, Active] = {}
        self._overtaken: list[tuple[int, Message]] = []

    def __contains__(self, name: str) -> bool:
        return name in self._active

    def __bool__(self) -> bool:
        return bool(self._active) or bool(self._overtaken)

    def begin(self, name: str, parameters: Mapping[str, Value], *, now_s: float, values: Values) -> Mapping[str, Any]:
        """Its parameters, with those left out."""
        active = Active(complete(name, parameters), now_s)
        if name == "stuck":
            wanted = active.parameters["point"]
            active.held = {point: value for point, value in values.items() if wanted in ("", point)}
        self._active[name] = active
        return active.parameters

    def end(self, name: str) -> bool:
        """Whether there was one."""
        return self._active.pop(name, None) is not None

    @property
    def without_power(self) -> bool:
        return not self._active.keys().isdisjoint(WITHOUT_POWER)

    def list_active(self) -> tuple[str, ...]:
        return tuple(self._active)

    # --- values

    def spoil(self, values: Values, *, now_s: float) -> Values:
        """What it reports instead of what it measured."""
        if self._active.keys().isdisjoint(("drift", "stuck", "out_of_range")):
            return values
        spoilt = dict(values)
        if (stuck := self._active.get("stuck")) is not None:
            spoilt.update({point: value for point, value in stuck.held.items() if point in spoilt})
        if (drift := self._active.get("drift")) is not None:
            by = float(drift.parameters["per_h"]) * (now_s - drift.since_s) / 3600
            for point in self._numbers(spoilt, drift):
                spoilt[point] = self._round(point, float(spoilt[point]) + by)
        if (beyond := self._active.get("out_of_range")) is not None:
            for point in self._numbers(spoilt, beyond):
                low, high = self._points[point]["range"]
                spoilt[point] = self._round(point, high + (high - low) / 2 + 1)
        return spoilt

    def _numbers(self, values: Values, fault: Active) -> list[str]:
        wanted = fault.parameters["point"]
        return [point for point in values if wanted in ("", point) and self._points[point]["range"]]

    def _round(self, point: str, value: float) -> Value:
        return math.floor(value) if self._points[point]["type"] == "int" else round(value, 3)

    # --- the clock

    def off_ms(self, *, now_s: float, now_ms: int) -> int:
        """How far its clock is from the right time."""
        off_s = 0.0
        if (skew := self._active.get("skew")) is not None:
            off_s += skew.parameters["seconds"] + skew.parameters["per_h"] * (now_s - skew.since_s) / 3600
        if (wrong := self._active.get("wrong_clock")) is not None:
            jumped_ms = now_ms - (now_s - wrong.since_s) * 1000
            off_s += datetime(int(wrong.parameters["year"]), 1, 1, tzinfo=UTC).timestamp() - jumped_ms / 1000
        return max(round(off_s * 1000), -now_ms)

    # --- messages

    def pass_on(self, message: Message) -> list[Message]:
        """What leaves the device in place of this message, now."""
        out = [message]
        if self._hits("malformed"):
            self._tell("malformed", message)
            out = [message._replace(payload=self._random.choice(_NONSENSE), seq=0)]
        elif self._hits("loss"):
            self._tell("loss", message)
            out = []
        elif self._hits("duplicate"):
            self._tell("duplicate", message)
            out = [message, message._replace(seq=0)]
        elif self._hits("reorder") and len(self._overtaken) < HELD_MAX:
            self._tell("reorder", message)
            self._overtaken.append((int(self._active["reorder"].parameters["by"]) + 1, message))
            out = []
        return [*out, *self._release()]

    def release_all(self) -> list[Message]:
        """What was held back to be overtaken goes, in the order it was held."""
        held, self._overtaken = [message for _, message in self._overtaken], []
        return held

    def _release(self) -> list[Message]:
        if not self._overtaken:
            return []
        counted = [(left - 1, message) for left, message in self._overtaken]
        self._overtaken = [(left, message) for left, message in counted if left > 0]
        return [message for left, message in counted if left <= 0]

    def _hits(self, name: str) -> bool:
        active = self._active.get(name)
        return active is not None and self._random.random() < active.parameters["part"]
