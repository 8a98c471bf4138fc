"""What any device does by its kind's declaration alone: a kind nobody wrote a behaviour for is alive as well."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulators.behaviours.behaviour import Act, Beat, Behaviour, Refusal, Value, Values, wander

BEATS_A_TTL = 2.5
"""So often within the shortest time to live: one lost message makes nothing stale."""
HEARTBEAT_S = (2.0, 300.0)
UNBOUNDED = 1000.0
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def heartbeat_s(kind: Mapping[str, Any]) -> float:
    shortest_s = min((point["ttl_s"] for point in kind["points"]), default=HEARTBEAT_S[1])
    return min(max(shortest_s / BEATS_A_TTL, HEARTBEAT_S[0]), HEARTBEAT_S[1])


def begin(kind: Mapping[str, Any]) -> dict[str, Value]:
    """A resting value for each declared point: the first that raises none of its alarms, as low as that allows."""
    return {point["name"]: _rest(point, _alarms(kind, point)) for point in kind["points"]}


def behave(kind: Mapping[str, Any]) -> Behaviour:
    """Fractional numbers wander about where they rest, by a hundredth of their range at most; all else stays."""
    rest, bands = begin(kind), {}
    for point in kind["points"]:
        if point["type"] == "float":
            low, high = point["range"] or (-UNBOUNDED, UNBOUNDED)
            about, middle = (high - low) / 100, float(rest[point["name"]])
            bands[point["name"]] = (max(low, middle - about), min(high, middle + about), _alarms(kind, point))

    def drift(values: Values, beat: Beat) -> Values:
        moved: dict[str, Value] = {}
        for name, (low, high, alarms) in bands.items():
            value = wander(
                values[name], beat.random, step=(high - low) / 20, low=low, high=high, digits=_digits(high - low)
            )
            if not _rings(value, alarms):
                moved[name] = value
        return moved

    return Behaviour(drift=drift)


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


def _alarms(kind: Mapping[str, Any], point: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [alarm["when"] for alarm in kind["alarms"] if alarm["when"]["point"] == point["name"]]


def _rings(value: Value, alarms: Iterable[Mapping[str, Any]]) -> bool:
    return any(_COMPARE[when["op"]](value, when["value"]) for when in alarms)


def _rest(point: Mapping[str, Any], alarms: list[Mapping[str, Any]]) -> Value:
    candidates = _candidates(point)
    return next((value for value in candidates if not _rings(value, alarms)), candidates[0])


def _candidates(point: Mapping[str, Any]) -> list[Value]:
    match point["type"]:
        case "bool":
            return [False, True]
        case "enum":
            return [str(value) for value in point["values"]]
        case "str":
            return ["", "-"]
    low, high = point["range"] or (-UNBOUNDED, UNBOUNDED)
    steps = [low + (high - low) * part for part in (1 / 3, 1 / 2, 2 / 3, 1 / 10, 9 / 10, 0, 1)]
    if point["type"] == "int":
        return [int(value) for value in steps]
    return [round(value, _digits(high - low)) for value in steps]


def _digits(width: float) -> int:
    """So many that a hundredth of this width can be told."""
    return max(1, 2 - math.floor(math.log10(width))) if width > 0 else 1
