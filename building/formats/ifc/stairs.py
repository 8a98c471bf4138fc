"""Stairs, ramps, escalators and lifts: their runs, and the line along which each is walked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from building.formats.ifc.shapes import Shape, Vectors
from building.formats.ifc.source import IfcSource, parts_of, text_of
from building.model import XYZ, LinkKind
from building.survey import SeenLink, SeenRun

TREAD_FLAT = 0.995
TREAD_MIN_M2 = 0.12
TREAD_SHARE_MIN = 0.3  # a handrail's top is no tread
SAME_TREAD_M = 0.04
RISER_MAX_M = 0.25
ENDS_M = 0.3
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
        words = f"{entity.Name or ''} {entity.ObjectType or ''}"
        up, down = _UP.search(words), _DOWN.search(words)
        found.append(
            SeenLink(
                key=entity.GlobalId,
                name=text_of(entity.Name, kind.capitalize()),
                kind=kind,
                runs=tuple(_run(r, kind) for r in runs),
                direction="up" if kind == "escalator" and up and not down else
                "down" if kind == "escalator" and down and not up else "both",
                width_m=None if kind == "lift" else min(filter(None, map(_width, runs)), default=None),
                by_name=by_name,
                source=source.source_id(entity),
            )
        )  # fmt: skip
    return found


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


def _run(shape: Shape, kind: LinkKind) -> SeenRun:
    path = () if kind == "lift" else walking_line(shape)
    return SeenRun(plan=shape.plan(), z0_m=shape.z0_m, z1_m=shape.z1_m, path=path)


def walking_line(shape: Shape) -> tuple[XYZ, ...]:
    """From the foot to the head, tread by tread; along the slope where there are no treads; empty for a flat slab."""
    corners = shape.vertices[shape.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(normals, axis=1)
    real = doubled > 1e-9
    corners, areas = corners[real], doubled[real] / 2
    volume = np.einsum("ij,ij->i", corners[:, 0] - corners[:, 0].mean(axis=0), normals[real]).sum()
    upwards = normals[real][:, 2] / doubled[real] * (1.0 if volume >= 0 else -1.0)
    treads = _levels(corners[upwards > TREAD_FLAT], areas[upwards > TREAD_FLAT])
    if len(treads) >= 3:
        return _points(_from_floor(treads, shape.z0_m))
    if shape.z1_m - shape.z0_m < ENDS_M:
        return ()
    return _points(_slope(shape.vertices))


def _levels(corners: Vectors, areas: Vectors) -> list[Vectors]:
    """The middle of each tread, lowest first."""
    order: Sequence[int] = np.argsort(corners[:, :, 2].mean(axis=1)).tolist() if len(corners) else []
    groups: list[list[int]] = []
    last = -np.inf
    for i in order:
        z = float(corners[i, :, 2].mean())
        if z - last > SAME_TREAD_M:
            groups.append([])
        groups[-1].append(i)
        last = z
    sizes = [float(areas[g].sum()) for g in groups]
    usual = float(np.median(sizes)) if sizes else 0.0
    return [
        np.average(corners[g].mean(axis=1), axis=0, weights=areas[g])
        for g, size in zip(groups, sizes, strict=True)
        if size >= max(TREAD_MIN_M2, TREAD_SHARE_MIN * usual)
    ]


def _from_floor(treads: list[Vectors], z0_m: float) -> list[Vectors]:
    """The first tread is a riser above the floor one comes from."""
    rise = treads[0][2] - z0_m
    if not 0.02 < rise <= RISER_MAX_M:
        return treads
    foot = 2 * treads[0] - treads[1]
    foot[2] = z0_m
    return [foot, *treads]


def _slope(vertices: Vectors) -> list[Vectors]:
    """The middles of the lowest and of the highest edge."""
    ends = []
    for z in (vertices[:, 2].min(), vertices[:, 2].max()):
        points = vertices[np.abs(vertices[:, 2] - z) <= ENDS_M][:, :2]
        middle = shapely.minimum_rotated_rectangle(shapely.multipoints(points)).centroid
        ends.append(np.array([middle.x, middle.y, z]))
    return ends


def _points(line: Sequence[Vectors]) -> tuple[XYZ, ...]:
    return tuple((round(float(x), 3), round(float(y), 3), round(float(z), 3)) for x, y, z in line)


def _width(shape: Shape) -> float | None:
    """Across the direction of walking, where the shape shows one."""
    line = walking_line(shape)
    if len(line) < 2:
        return None
    steps = np.diff(np.asarray(line)[:, :2], axis=0)
    step = steps[np.argmax(np.hypot(steps[:, 0], steps[:, 1]))]
    unit = step / (np.hypot(*step) or 1.0)
    across = shape.vertices[:, :2] @ np.array([-unit[1], unit[0]])
    return float(across.max() - across.min())
