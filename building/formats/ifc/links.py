"""Stairs, ramps, escalators and lifts: which floors each joins, and which space one stands in at each end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Point

from building.formats.ifc.shapes import Shape
from building.formats.ifc.source import IfcSource, text_of
from building.formats.ifc.spaces import SpaceShape
from building.model import XY, XYZ, Evidence, Floor, LinkKind, Stop, VerticalLink

LEVEL_TOLERANCE_M = 0.35
END_SLICE_M = 0.3
STEP_OFF_M = 0.45
REACH_MAX_M = 1.2
WIDTH_MIN_M = 0.6
RISE_MIN_M = 1.5
STAND_CLEARANCE_M = 0.3
SHAFT_SHARE = 0.6
SHAFT_TIMES_MAX = 3.0  # a hall with a stair in it is no stairwell


def read_links(
    source: IfcSource,
    shapes: Mapping[str, Shape],
    spaces: Sequence[SpaceShape],
    floors: Sequence[Floor],
    warnings: list[str],
) -> list[VerticalLink]:
    """One link for each object that joins at least two floors at spaces; the others are named in the warnings."""
    links = []
    for kind, entity, parts in _candidates(source):
        runs = [shapes[p.GlobalId] for p in parts if p.GlobalId in shapes]
        if not runs:
            warnings.append(f"{kind} {entity.Name or entity.GlobalId} has no shape and joins nothing")
            continue
        stops = _lift_stops(runs, spaces, floors) if kind == "lift" else _stair_stops(runs, spaces, floors)
        if len(stops) < 2:
            warnings.append(f"{kind} {entity.Name or entity.GlobalId} ends at fewer than two floors with a room")
            continue
        links.append(
            VerticalLink(
                id=source.id("link", entity),
                name=text_of(entity.Name, kind.capitalize()),
                source=source.source_id(entity),
                kind=kind,
                stops=tuple(stops),
                step_free=kind in ("lift", "ramp"),
                shafts=_shafts(runs, stops, spaces, floors),
                width_m=round(max(min(_width(r) for r in runs), WIDTH_MIN_M), 3),
                paths=() if kind == "lift" else tuple(_path(r) for r in sorted(runs, key=lambda r: r.z0_m)),
                evidence=Evidence(source="geometry", method="ends on floors", confidence=0.9),
            )
        )
    return links


def _candidates(source: IfcSource) -> Iterator[tuple[LinkKind, Any, list[Any]]]:
    grouped: set[str] = set()
    for whole, flight, kind in (("IfcStair", "IfcStairFlight", "stairs"), ("IfcRamp", "IfcRampFlight", "ramp")):
        for entity in source.file.by_type(whole):
            parts = [p for r in entity.IsDecomposedBy or () for p in r.RelatedObjects]
            flights = [p for p in parts if p.is_a(flight)]
            grouped.update(p.GlobalId for p in parts)
            yield kind, entity, flights or [entity, *parts]  # type: ignore[misc]
        for entity in source.file.by_type(flight):
            if entity.GlobalId not in grouped:
                yield kind, entity, [entity]  # type: ignore[misc]
    for entity in source.file.by_type("IfcTransportElement"):
        words = f"{getattr(entity, 'OperationType', '')} {getattr(entity, 'PredefinedType', '')} {entity.Name}".upper()
        yield ("escalator" if "ESCALATOR" in words or "WALKWAY" in words else "lift"), entity, [entity]


def _stair_stops(runs: Sequence[Shape], spaces: Sequence[SpaceShape], floors: Sequence[Floor]) -> list[Stop]:
    """Every floor that a run's foot or head meets; a handrail may rise above the floor that the run ends at."""
    used = {s.space.floor for s in spaces}
    levels = sorted((f for f in floors if f.id in used), key=lambda f: f.elevation_m)
    found: dict[str, Stop] = {}
    for run in runs:
        low, high = run.z0_m - LEVEL_TOLERANCE_M, run.z1_m + LEVEL_TOLERANCE_M
        feet = [f for f in levels if low <= f.elevation_m < run.z1_m - RISE_MIN_M]
        heads = [f for f in levels if run.z0_m + RISE_MIN_M < f.elevation_m <= high]
        for ends, top in ((feet[:1], False), (heads[-1:], True)):
            for floor in ends:
                stop = _stand(_end(run, floor.elevation_m, top=top), floor, spaces)
                if stop is not None and floor.id not in found:
                    found[floor.id] = stop
    return [found[f.id] for f in floors if f.id in found]


def _shafts(
    runs: Sequence[Shape], stops: Sequence[Stop], spaces: Sequence[SpaceShape], floors: Sequence[Floor]
) -> dict[str, str]:
    """On which floors the stairwell or shaft is drawn as a space of its own: it covers most of the run."""
    plan = shapely.union_all([r.plan() for r in runs])
    level = {f.id: f.elevation_m for f in floors}
    found = {}
    for stop in stops:
        for s in spaces:
            starts_here = abs(s.z0_m - level[stop.floor]) <= LEVEL_TOLERANCE_M
            if (
                starts_here
                and s.plan.intersection(plan).area >= SHAFT_SHARE * min(plan.area, s.plan.area)
                and (s.plan.area <= SHAFT_TIMES_MAX * plan.area)
            ):
                found[stop.floor] = s.space.id
    return found


def _lift_stops(runs: Sequence[Shape], spaces: Sequence[SpaceShape], floors: Sequence[Floor]) -> list[Stop]:
    low, high = min(r.z0_m for r in runs), max(r.z1_m for r in runs)
    x_m, y_m = np.vstack([r.vertices for r in runs])[:, :2].mean(axis=0)
    stops = []
    for floor in floors:
        if low - LEVEL_TOLERANCE_M <= floor.elevation_m < high - LEVEL_TOLERANCE_M:
            stop = _stand(((float(x_m), float(y_m)), (0.0, 0.0)), floor, spaces)
            if stop is not None:
                stops.append(stop)
    return stops


def _end(run: Shape, level_m: float, *, top: bool) -> tuple[XY, XY]:
    """The middle of a run where it meets this level, and the direction in which one steps off it there."""
    at = _slice(run, level_m)
    other = _slice(run, run.z0_m if top else run.z1_m)
    dx, dy = at[0] - other[0], at[1] - other[1]
    length = math.hypot(dx, dy) or 1.0
    return (float(at[0]), float(at[1])), (float(dx / length), float(dy / length))


def _slice(run: Shape, z_m: float) -> npt.NDArray[np.float64]:
    """The middle, on plan, of what lies within a riser or so of this height (else of the nearest height there is)."""
    away = np.abs(run.vertices[:, 2] - z_m)
    points = run.vertices[away <= max(END_SLICE_M, float(away.min()) + 1e-6)][:, :2]
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2, dtype=np.float64)


def _stand(end: tuple[XY, XY], floor: Floor, spaces: Sequence[SpaceShape]) -> Stop | None:
    """The space one steps into there: just off the end, else the nearest within reach."""
    (x_m, y_m), (dx, dy) = end
    point = Point(x_m + dx * STEP_OFF_M, y_m + dy * STEP_OFF_M)
    here = [
        s
        for s in spaces
        if s.space.walkable
        and (s.space.floor == floor.id or s.z0_m - LEVEL_TOLERANCE_M <= floor.elevation_m < s.z1_m - 1.5)
        and abs(s.z0_m - floor.elevation_m) <= LEVEL_TOLERANCE_M
    ]
    best = min(here, key=lambda s: s.plan.distance(point), default=None)
    if best is None or best.plan.distance(point) > REACH_MAX_M:
        return None
    room = best.plan.buffer(-STAND_CLEARANCE_M)
    inside = shapely.shortest_line(point, best.plan if room.is_empty else room).coords[-1]
    return Stop(floor=floor.id, space=best.space.id, at=(round(inside[0], 3), round(inside[1], 3)))


def _path(run: Shape) -> tuple[XYZ, ...]:
    low, high = _slice(run, run.z0_m), _slice(run, run.z1_m)
    return (
        (round(float(low[0]), 3), round(float(low[1]), 3), round(run.z0_m, 3)),
        (round(float(high[0]), 3), round(float(high[1]), 3), round(run.z1_m, 3)),
    )


def _width(run: Shape) -> float:
    """Across the direction of walking."""
    _, direction = _end(run, run.z1_m, top=True)
    across = run.vertices[:, 0] * -direction[1] + run.vertices[:, 1] * direction[0]
    return float(across.max() - across.min())
