"""Doors join the two spaces on either side of their opening: a probe along the wall's normal decides, not overlap.

A door may touch three spaces, lead into something not modelled, to the outside, or onto a balcony; what the file
itself says (space boundaries) is used to confirm, or where the probe finds nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from building.formats.ifc.shapes import Shape
from building.formats.ifc.source import IfcSource, property_of, storey_of, text_of
from building.formats.ifc.spaces import SpaceShape
from building.model import OUT, XY, Evidence, Floor, Opening

REACH_M = 0.3  # beyond the face of the wall: farther than any lining, nearer than any second room
ALONG = (0.25, 0.5, 0.75)
CLEAR_HEIGHT_MIN_M = 1.5
HEIGHT_OVERLAP_M = 0.5
GROUND_TOLERANCE_M = 1.2

PROBED_AND_STATED, PROBED, STATED = 0.98, 0.9, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """A door on plan: its clear line, and the unit normal of the wall it stands in."""

    line: tuple[XY, XY]
    normal: XY
    depth_m: float

    def probes(self, side: int) -> list[Point]:
        """Points in front of the door on one side (+1 or -1)."""
        (x0, y0), (x1, y1) = self.line
        away = side * (self.depth_m / 2 + REACH_M)
        return [
            Point(x0 + (x1 - x0) * t + self.normal[0] * away, y0 + (y1 - y0) * t + self.normal[1] * away) for t in ALONG
        ]


def read_openings(
    source: IfcSource,
    *,
    shapes: Mapping[str, Shape],
    spaces: Sequence[SpaceShape],
    floors: Sequence[Floor],
    hulls: Mapping[str, BaseGeometry],
    warnings: list[str],
) -> list[Opening]:
    """An opening for every door that joins two sides. ``hulls`` is each floor's built area by floor id."""
    stated = _space_boundaries(source)
    ground_m = _ground_level(floors, spaces)
    openings = []
    for door in source.file.by_type("IfcDoor"):
        shape, storey = _shape_of(door, shapes), storey_of(door)
        if shape is None or storey is None:
            warnings.append(f"door {door.Name or door.GlobalId} has no shape or no storey and joins nothing")
            continue
        height_m = shape.z1_m - shape.z0_m
        if height_m < CLEAR_HEIGHT_MIN_M:
            warnings.append(
                f"door {door.Name or door.GlobalId} is a hatch ({height_m:.2f} m high): nobody walks through"
            )
            continue
        frame = _frame(shape)
        floor = source.id("floor", storey)
        sides = [_hit(frame.probes(side), shape, spaces) for side in (1, -1)]
        between, confidence, method = _decide(sides, stated.get(door.GlobalId, ()), frame, hulls.get(floor))
        if between is None:
            warnings.append(f"door {door.Name or door.GlobalId} leads into something that is not modelled")
        external = between is not None and OUT in between
        if external and property_of(door, "IsExternal") is False:
            confidence = min(confidence, STATED)
        openings.append(
            Opening(
                id=source.id("opening", door),
                name=text_of(door.Name, "Door"),
                source=source.source_id(door),
                floor=floor,
                kind="door",
                between=between,
                line=frame.line,
                z0_m=round(shape.z0_m, 3),
                height_m=round(height_m, 3),
                exit=external and shape.z0_m <= ground_m + GROUND_TOLERANCE_M,
                evidence=Evidence(source="ifc", method=method, confidence=confidence),
            )
        )
    return openings


def _shape_of(door: Any, shapes: Mapping[str, Shape]) -> Shape | None:
    """The hole in the wall where there is one: it has the clear width; the leaf may stand open."""
    for relation in door.FillsVoids or ():
        hole = shapes.get(relation.RelatingOpeningElement.GlobalId)
        if hole is not None:
            return hole
    return shapes.get(door.GlobalId)


def _frame(shape: Shape) -> _Frame:
    box = shapely.minimum_rotated_rectangle(shapely.multipoints(shape.vertices[:, :2]))
    corners = list(box.exterior.coords)[:4] if hasattr(box, "exterior") else list(box.coords)
    if len(corners) < 4:
        (ax, ay), (bx, by) = corners[0], corners[-1]
        length = math.hypot(bx - ax, by - ay) or 1.0
        return _Frame(line=((ax, ay), (bx, by)), normal=(-(by - ay) / length, (bx - ax) / length), depth_m=0.0)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    if math.hypot(bx - ax, by - ay) < math.hypot(cx - bx, cy - by):
        ax, ay, bx, by, cx, cy, dx, dy = bx, by, cx, cy, dx, dy, ax, ay
    start, end = ((ax + dx) / 2, (ay + dy) / 2), ((bx + cx) / 2, (by + cy) / 2)
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    normal = (-(end[1] - start[1]) / length, (end[0] - start[0]) / length)
    line = ((round(start[0], 3), round(start[1], 3)), (round(end[0], 3), round(end[1], 3)))
    return _Frame(line=line, normal=normal, depth_m=math.hypot(ax - dx, ay - dy))


def _hit(probes: Sequence[Point], shape: Shape, spaces: Sequence[SpaceShape]) -> SpaceShape | None:
    """The space most probes stand in, at the door's own height."""
    votes: Counter[int] = Counter()
    for i, candidate in enumerate(spaces):
        overlap = min(candidate.z1_m, shape.z1_m) - max(candidate.z0_m, shape.z0_m)
        if overlap >= HEIGHT_OVERLAP_M:
            votes[i] += sum(candidate.plan.covers(p) for p in probes)
    best = votes.most_common(1)
    return spaces[best[0][0]] if best and best[0][1] else None


def _decide(
    sides: Sequence[SpaceShape | None], stated: Sequence[str], frame: _Frame, hull: BaseGeometry | None
) -> tuple[tuple[str, str] | None, float, str]:
    found = [s.space.id for s in sides if s is not None]
    if len(found) == 2 and found[0] != found[1]:
        agreed = set(found) <= set(stated)
        return (
            (found[0], found[1]),
            PROBED_AND_STATED if agreed else PROBED,
            "probe+boundary" if agreed else "probe",
        )
    if not found and len(set(stated)) == 2:
        first, second = dict.fromkeys(stated)
        return (first, second), STATED, "boundary"
    if len(set(found)) != 1:
        return None, 0.0, "probe"
    empty = -1 if sides[0] is not None else 1
    others = [s for s in dict.fromkeys(stated) if s != found[0]]
    inside = hull is not None and all(hull.contains(p) for p in frame.probes(empty))
    if not inside:
        return (found[0], OUT), PROBED_AND_STATED if stated and not others else PROBED, "probe+hull"
    if len(others) == 1:
        return (found[0], others[0]), STATED, "probe+boundary"
    return None, 0.0, "probe"


def _space_boundaries(source: IfcSource) -> dict[str, list[str]]:
    """What the file states: for each element the ids of the spaces it bounds."""
    stated: dict[str, list[str]] = {}
    for relation in source.file.by_type("IfcRelSpaceBoundary"):
        element, space = relation.RelatedBuildingElement, relation.RelatingSpace
        if element is not None and space is not None and space.is_a("IfcSpace"):
            stated.setdefault(element.GlobalId, []).append(source.id("space", space))
    return stated


def _ground_level(floors: Sequence[Floor], spaces: Sequence[SpaceShape]) -> float:
    """The lowest floor at or above level 0 that has a space: where one walks out."""
    used = {s.space.floor for s in spaces}
    levels = [f.elevation_m for f in floors if f.id in used]
    above = [z for z in levels if z >= -GROUND_TOLERANCE_M]
    return min(above, default=min(levels, default=0.0))
