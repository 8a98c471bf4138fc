"""What a kind's declaration allows: telemetry is checked value by value, a command's arguments as a whole."""

from __future__ import annotations

import math
from collections.abc import Mapping

from iot.errors import CommandRefused
from iot.kind import Argument, Command, Kind, Point, PointType, Text, Value
from iot.messages import Telemetry

MAX_VALUE_CHARS = 500


def check_telemetry(kind: Kind, telemetry: Telemetry) -> tuple[dict[str, Value], list[tuple[str, str]]]:
    """Accepted values, and (point, reason) for each refused one.

    Reasons: unknown_point, wrong_type, out_of_range, unknown_value, too_long.
    """
    accepted: dict[str, Value] = {}
    rejected: list[tuple[str, str]] = []
    for name, value in telemetry.values.items():
        point = kind.find_point(name)
        if type(value) is float and point is not None and point.type == "float" and point.range is not None:
            low, high = point.range  # most values there are: one comparison, which what is no number fails too
            if low <= value <= high:
                accepted[name] = value
                continue
        if point is None:
            rejected.append((name, "unknown_point"))
        elif (fitted := _fit(point.type, value)) is None:
            rejected.append((name, "wrong_type"))
        elif reason := _refusal(point, fitted, MAX_VALUE_CHARS):
            rejected.append((name, reason))
        else:
            accepted[name] = fitted
    return accepted, rejected


def check_arguments(command: Command, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments as the device gets them; ``CommandRefused`` says which one is wrong and why."""
    declared = {argument.name: argument for argument in command.arguments}
    for name in arguments:
        if name not in declared:
            raise CommandRefused(f"{command.name} has no argument {name}")
    checked: dict[str, Value] = {}
    for name, argument in declared.items():
        if name not in arguments:
            if argument.required:
                raise CommandRefused(f"{command.name} needs {name}")
            continue
        fitted = _fit(argument.type, arguments[name])
        if fitted is None:
            raise CommandRefused(f"{command.name}: {name} is refused: wrong_type")
        if reason := _refusal(argument, fitted, argument.max_length):
            raise CommandRefused(f"{command.name}: {name} is refused: {reason}")
        checked[name] = fitted
    return checked


def _fit(declared: PointType, value: Value) -> Value | None:
    """The value in its declared Python type, or None. True is no number; 7.0 may stand for 7."""
    match declared:
        case "bool":
            return value if isinstance(value, bool) else None
        case "enum" | "str":
            return value if isinstance(value, str) else None
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        return None
    if declared == "float":
        return float(value)
    return int(value) if value == int(value) else None


def _refusal(declared: Point | Argument, value: Value, max_chars: int) -> str | None:
    bounds: tuple[float, float] | None = declared.range
    values: Mapping[str, Text] = declared.values
    if isinstance(value, str):
        if declared.type == "enum" and value not in values:
            return "unknown_value"
        return "too_long" if len(value) > max_chars else None
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        return "out_of_range"
    return None
