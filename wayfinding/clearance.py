"""Judges finished ways by the walls alone: a disc that rolls along them may touch no wall but where a door is cut.

It shares nothing with ``walkable``: walls count at the height of a body whatever floor they are listed under, and of
an opening nothing is taken on trust but its line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from building.model import Building, Floor, Opening
from wayfinding.visibility import Floats
from wayfinding.way import Run, Way

DISC_M = 0.25
TOUCH_M = 0.01
"""A disc that reaches less than this into a wall only brushes it: drawings are no better."""
ANKLE_M, HEAD_M = 0.2, 1.8
"""Walls that end below the one or begin above the other stop nobody."""
WALL_MAX_M = 1.5
"""As far as this from its line, on either side, the wall may reach that a door is cut into."""
IN_WALL_M = 0.1
"""A door's line lies in its wall, or at most this far off it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A stretch of a way that goes through a wall."""

    floor: str
    wall: str
    start: tuple[float, float]
    end: tuple[float, float]


class WallJudge:
    """All walls of a building, ready to be asked."""

    def __init__(self, building: Building, *, disc_m: float = DISC_M) -> None:
        self._reach_m = disc_m - TOUCH_M
        self._floors = {floor.id: _solids(building, floor) for floor in building.floors}

    def hits(self, way: Way) -> list[Hit]:
        """Where it goes through a wall; empty for a right way. Rides are not judged: a lift has doors of its own."""
        found = []
        for run, line in _walked(way):
            floor = way.graph.floors[run.floor].floor.id
            names, tree = self._floors[floor]
            if tree is None or len(line) < 2:
                continue
            segments = np.concatenate([line[:-1], line[1:]], axis=1)
            lines = shapely.linestrings(segments.reshape(-1, 2, 2))
            for segment, wall in tree.query(lines, predicate="dwithin", distance=self._reach_m).T:
                x0, y0, x1, y1 = (float(v) for v in segments[segment])
                found.append(Hit(floor=floor, wall=names[wall], start=(x0, y0), end=(x1, y1)))
        return found


def _walked(way: Way) -> Iterable[tuple[Run, Floats]]:
    """Every run with its points, without those where nobody stands but who begins or ends a ride."""
    for n, leg in enumerate(way.legs):
        if isinstance(leg, Run):
            line = np.array(leg.line)[:, :2]
            free = way.graph.floors[leg.floor].free
            begins, ends = (bool(shapely.distance(shapely.Point(line[at]), free) > TOUCH_M) for at in (0, -1))
            first, last = int(begins and n > 0), len(line) - int(ends and n + 1 < len(way.legs))
            yield leg, line[first:last]


def _solids(building: Building, floor: Floor) -> tuple[list[str], Any]:
    """The walls one would run into on that floor, doors cut out, with their ids."""
    low_m, high_m = floor.elevation_m + ANKLE_M, floor.elevation_m + HEAD_M
    standing = [w for w in building.walls if w.z0_m < high_m and w.z0_m + w.height_m > low_m]
    if not standing:
        return [], None
    shapes = [
        shapely.union_all([shapely.make_valid(shapely.Polygon(p.outer, p.holes)) for p in w.footprint])
        for w in standing
    ]
    doors = [o for o in building.openings if o.floor == floor.id and o.kind != "open" and o.between is not None]
    whole = shapely.union_all(shapes)
    cuts = shapely.union_all([_cut(door, whole) for door in doors])
    solids = [shape.difference(cuts) for shape in shapes]
    kept = [n for n, solid in enumerate(solids) if not solid.is_empty]
    return [standing[n].id for n in kept], shapely.STRtree([solids[n] for n in kept])


def _cut(door: Opening, walls: Any) -> Any:
    """What a door takes out of the walls: its clear width, as deep as the wall is there."""
    (x0, y0), (x1, y1) = door.line
    line = shapely.LineString(door.line)
    if line.length == 0:
        return line
    nx, ny = (y1 - y0) / line.length * WALL_MAX_M, (x0 - x1) / line.length * WALL_MAX_M
    passage = shapely.Polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)])
    inside = shapely.get_parts(walls.intersection(passage))
    return shapely.union_all(inside[shapely.distance(inside, line) <= IN_WALL_M]).buffer(1e-6)
