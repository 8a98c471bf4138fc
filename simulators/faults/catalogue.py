"""The faults by name: what each does, which parameters it takes, and what a wrong one is told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.behaviours.behaviour import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A parameter between two bounds; ``default`` None: it must be given."""

    low: float
    high: float
    default: float | None = None
    says: str = ""

    def check(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            return f"is a number from {self.low:g} to {self.high:g}, not {value!r}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A parameter that is a text."""

    default: str | None = None
    says: str = ""

    def check(self, value: Any) -> str | None:
        return None if isinstance(value, str) else f"is a text, not {value!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """``once``: it happens at a moment, and how long it is off is its own parameter."""

    says: str
    parameters: Mapping[str, Number | Word] = field(default_factory=dict)
    once: bool = False


ALL = "all"
"""In place of a fault's name: every one that a device has."""
_SHARE = Number(low=0, high=1, default=1.0, says="share of its messages")
_POINT = Word(default="", says="one point; left out: every number it measures")

FAULTS: Mapping[str, FaultKind] = {
    "dropout": FaultKind(says="radio silence: nothing passes either way, the broker finds out by its keepalive"),
    "loss": FaultKind(says="messages vanish on their way; their numbers are used up", parameters={"part": _SHARE}),
    "duplicate": FaultKind(says="messages come twice", parameters={"part": _SHARE}),
    "reorder": FaultKind(
        says="messages are overtaken by those after them",
        parameters={"part": _SHARE, "by": Number(low=1, high=32, default=1, says="how many overtake one")},
    ),
    "malformed": FaultKind(
        says="payloads that nobody can read", parameters={"part": Number(low=0, high=1, default=0.5, says=_SHARE.says)}
    ),
    "drift": FaultKind(
        says="a number leaves the truth, slowly",
        parameters={"point": _POINT, "per_h": Number(low=-1e6, high=1e6, says="by how much in an hour")},
    ),
    "stuck": FaultKind(
        says="a point shows what it showed when this began",
        parameters={"point": Word(default="", says="one point; left out: all")},
    ),
    "out_of_range": FaultKind(says="a number no sensor of this kind can measure", parameters={"point": _POINT}),
    "skew": FaultKind(
        says="its clock is off, and may run off further",
        parameters={
            "seconds": Number(low=-3e9, high=3e9, default=0.0, says="ahead, or behind when below 0"),
            "per_h": Number(low=-3600, high=3600, default=0.0, says="seconds more in each hour"),
        },
    ),
    "wrong_clock": FaultKind(
        says="its clock jumped to another year, as after an empty battery",
        parameters={"year": Number(low=1970, high=2099, default=1970)},
    ),
    "flood": FaultKind(
        says="it reports without a pause", parameters={"per_s": Number(low=0.1, high=20_000, says="messages a second")}
    ),
    "reboot": FaultKind(
        says="it starts again, with a new boot",
        parameters={"down_s": Number(low=0, high=3600, default=5.0, says="seconds until it is back")},
        once=True,
    ),
    "power_loss": FaultKind(says="gone without a word; the broker speaks its last will"),
    "gateway_death": FaultKind(says="power loss of a gateway: all that speak through it are gone with it"),
}  # fmt: skip


def check_fault(name: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(where, what is wrong and what would be right) of a fault and its parameters."""
    if name not in FAULTS:
        return [("fault", f"there is no fault {name!r}{suggest(name, FAULTS)}; there are: {', '.join(FAULTS)}")]
    declared = FAULTS[name].parameters
    wrong = [
        (given, f"{name} takes no {given!r}{suggest(given, declared)}; it takes: {', '.join(declared) or 'nothing'}")
        for given in parameters
        if given not in declared
    ]
    for parameter, means in declared.items():
        if parameter in parameters:
            if complaint := means.check(parameters[parameter]):
                wrong.append((parameter, f"{parameter} of {name} {complaint}"))
        elif means.default is None:
            wrong.append(("fault", f"{name} needs {parameter}: {means.says}"))
    return wrong


def complete(name: str, parameters: Mapping[str, Value]) -> dict[str, Any]:
    """The parameters with those left out at their defaults."""
    return {key: parameters.get(key, means.default) for key, means in FAULTS[name].parameters.items()}


def suggest(word: str, known: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str:
    """`` (did you mean ..?)`` where something is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
