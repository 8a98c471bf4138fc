"""A route as it is told: its line in space, its steps in words, and what it kept away from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from building.model import XYZ, Text

StepKind = Literal["depart", "walk", "turn", "door", "gate", "stairs", "escalator", "ramp", "lift", "floor", "arrive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do at ``at``, and the metres and seconds until the next."""

    kind: StepKind
    text: Text
    distance_m: float
    duration_s: float
    floor: str
    at: XYZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Avoided:
    """Something the shortest way would use and this one does not: ``reason`` is a code, ``text`` says it."""

    id: str
    reason: Literal["closed", "crowded", "steps", "narrow", "profile"]
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``distance_m`` is the length of ``geometry``, lift rides included; ``floors`` are ids in walking order."""

    distance_m: float
    duration_s: float
    profile: str
    geometry: tuple[XYZ, ...]
    floors: tuple[str, ...]
    steps: tuple[Step, ...]
    avoided: tuple[Avoided, ...]
    links: tuple[str, ...]
    openings: tuple[str, ...]


def to_json(route: Route, lang: str | None = None) -> dict[str, Any]:
    """The route as the contract has it; texts are strings in ``lang``, else maps of all languages."""

    def say(text: Text) -> str | Mapping[str, str]:
        return dict(text) if lang is None else text.get(lang) or text["en"]

    return {
        "distance_m": round(route.distance_m, 2),
        "duration_s": round(route.duration_s, 1),
        "profile": route.profile,
        "geometry": [[round(x, 3), round(y, 3), round(z, 3)] for x, y, z in route.geometry],
        "floors": list(route.floors),
        "steps": [
            {
                "kind": step.kind,
                "text": say(step.text),
                "distance_m": round(step.distance_m, 2),
                "duration_s": round(step.duration_s, 1),
                "floor": step.floor,
                "at": [round(v, 3) for v in step.at],
            }
            for step in route.steps
        ],
        "avoided": [{"id": a.id, "reason": a.reason, "text": say(a.text)} for a in route.avoided],
        "links": list(route.links),
        "openings": list(route.openings),
    }
