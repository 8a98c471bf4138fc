"""What any device does by its kind's declaration alone: a kind nobody wrote a behaviour for is alive as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.behaviours.behaviour import Act, Refusal, Value, Values


def begin(kind: Mapping[str, Any]) -> dict[str, Value]:
    """A resting value for each declared point: the first of an enum, off, empty, a third of a range."""
    return {point["name"]: _rest(point) for point in kind["points"]}


def check(kind: Mapping[str, Any], name: str, arguments: Values) -> Refusal | None:
    """Why a device of this kind refuses a command before looking at its own state."""
    command = next((c for c in kind["commands"] if c["name"] == name), None)
    if command is None:
        return Refusal(why=f"unknown command {name}")
    missing = [a["name"] for a in command["arguments"] if a["required"] and a["name"] not in arguments]
    return Refusal(why=f"missing {', '.join(missing)}") if missing else None


def obey(kind: Mapping[str, Any], name: str, arguments: Values) -> Act:
    """What would confirm the command becomes true; a restart drops the device off for a while."""
    command = next(c for c in kind["commands"] if c["name"] == name)
    if name == "restart":
        return Act(restart_s=8.0)
    done = command["confirmed_by"]
    if done is None:
        return Act()
    wanted = arguments.get(done["argument"]) if done["argument"] else done["equals"]
    return Act(now={} if wanted is None else {done["point"]: wanted})


def _rest(point: Mapping[str, Any]) -> Value:
    match point["type"]:
        case "bool":
            return False
        case "enum":
            return str(next(iter(point["values"])))
        case "str":
            return ""
    low, high = point["range"]
    middle = low + (high - low) / 3
    return int(middle) if point["type"] == "int" else round(middle, 1)
