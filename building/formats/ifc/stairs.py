"""Stairs, ramps, escalators and lifts, by what they are or are called, each with its runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from building.formats.ifc.shapes import Shape
from building.formats.ifc.source import IfcSource, parts_of, text_of
from building.formats.ifc.walking import climb
from building.model import LinkKind
from building.survey import SeenLink, SeenRun

NAMED_RISE_MIN_M = 1.0
_NAMED = ("IfcBuildingElementProxy", "IfcElementAssembly", "IfcSlab")
_STAIR = re.compile(r"\bstairs?(case|way|s)?\b|treppe|\bescaliers?\b|\bescalera\b|\bscala\b|楼梯", re.IGNORECASE)
_PARTS = re.compile(r"rail|geländer|gelaender|landing|podest|garde-corps|扶手|栏杆|opening|lift", re.IGNORECASE)
_MOVING = re.compile(r"ESCALATOR|WALKWAY|ROLLTREPPE|扶梯", re.IGNORECASE)
_NO_LIFT = re.compile(r"CRANE|LIFTINGGEAR", re.IGNORECASE)
_UP, _DOWN = re.compile(r"\bup\b|上行|aufwärts", re.IGNORECASE), re.compile(r"\bdown\b|下行|abwärts", re.IGNORECASE)

_Candidate = tuple[LinkKind, Any, list[Any], bool]


def link_elements(source: IfcSource) -> Iterator[Any]:
    """What has to be given a shape so that links can be seen."""
    for _, _, parts, _ in _candidates(source):
        yield from parts


def seen_links(source: IfcSource, shapes: Mapping[str, Shape], warnings: list[str]) -> list[SeenLink]:
    """Every object that leads up; one without a shape is named in the warnings."""
    found = []
    for kind, entity, parts, by_name in _candidates(source):
        runs = [shapes[p.GlobalId] for p in parts if p.GlobalId in shapes]
        if by_name and (not runs or max(r.z1_m for r in runs) - min(r.z0_m for r in runs) < NAMED_RISE_MIN_M):
            continue
        if not runs:
            warnings.append(f"{kind} {entity.Name or entity.GlobalId} has no shape and joins nothing")
            continue
        climbed = [_run(r, kind) for r in runs]
        found.append(
            SeenLink(
                key=entity.GlobalId,
                name=text_of(entity.Name, kind.capitalize()),
                kind=kind,
                runs=tuple(run for run, _ in climbed),
                direction=_direction(kind, f"{entity.Name or ''} {entity.ObjectType or ''}"),
                width_m=min((width_m for _, width_m in climbed if width_m), default=None),
                by_name=by_name,
                source=source.source_id(entity),
            )
        )
    return found


def _direction(kind: LinkKind, words: str) -> Literal["both", "up", "down"]:
    """An escalator runs one way, if its name says so."""
    up, down = _UP.search(words), _DOWN.search(words)
    if kind != "escalator" or bool(up) == bool(down):
        return "both"
    return "up" if up else "down"


def _candidates(source: IfcSource) -> Iterator[_Candidate]:
    grouped: set[str] = set()
    kinds: tuple[tuple[str, str, LinkKind], ...] = (
        ("IfcStair", "IfcStairFlight", "stairs"), ("IfcRamp", "IfcRampFlight", "ramp"),
    )  # fmt: skip
    for whole, flight, kind in kinds:
        for entity in source.file.by_type(whole):
            parts = parts_of(entity)
            grouped.update(p.GlobalId for p in parts)
            climbing = [p for p in parts if p.is_a(flight) or p.is_a("IfcSlab")]
            has_flight = any(p.is_a(flight) for p in parts)
            others = [p for p in parts if not p.is_a("IfcRailing")]
            yield kind, entity, climbing if has_flight else [entity, *others], False
        for entity in source.file.by_type(flight):
            if entity.GlobalId not in grouped:
                yield kind, entity, [entity], False
    for entity in source.file.by_type("IfcTransportElement"):
        type_ = f"{getattr(entity, 'OperationType', '')} {getattr(entity, 'PredefinedType', '')} {entity.ObjectType}"
        if not _NO_LIFT.search(type_):
            moving = _MOVING.search(f"{type_} {entity.Name}")
            yield ("escalator" if moving else "lift"), entity, [entity, *parts_of(entity)], False
    for kind_name in _NAMED:
        for entity in source.file.by_type(kind_name):
            words = f"{entity.Name or ''} {entity.ObjectType or ''}"
            if entity.GlobalId not in grouped and _STAIR.search(words) and not _PARTS.search(words):
                parts = parts_of(entity)
                grouped.update(p.GlobalId for p in parts)
                yield "stairs", entity, [entity, *parts], True


def _run(shape: Shape, kind: LinkKind) -> tuple[SeenRun, float | None]:
    path, width_m = ((), None) if kind == "lift" else climb(shape)
    return SeenRun(plan=shape.plan(), z0_m=shape.z0_m, z1_m=shape.z1_m, path=path), width_m
