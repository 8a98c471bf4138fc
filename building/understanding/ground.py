"""Which level is the ground, and through which doors one can leave the house there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely

from building.model import OUT, Opening
from building.survey import SeenFloor
from building.understanding.floors import Hulls

GROUND_TOLERANCE_M = 1.2
"""A raised ground floor with steps before the door, or a slope along the house."""


def ground_of(floors: Sequence[SeenFloor], openings: Sequence[Opening], used: Sequence[str]) -> int:
    """The index of the floor people enter on: the one that says so or lies at level 0, if a door leads out at or
    below it; else the lowest with a door that does. ``used`` are the keys of the floors that have rooms.
    """
    stated = next((i for i, f in enumerate(floors) if f.ordinal == 0), None)
    if stated is None:
        near = [i for i, f in enumerate(floors) if abs(f.elevation_m) <= GROUND_TOLERANCE_M]
        rooms_first = [i for i in near if floors[i].key in used] or near
        stated = min(rooms_first, key=lambda i: (abs(floors[i].elevation_m), i), default=None)
    outer = [o.z0_m for o in openings if o.between is not None and OUT in o.between]
    if stated is not None and any(z <= floors[stated].elevation_m + GROUND_TOLERANCE_M for z in outer):
        return stated
    if outer:
        return min(range(len(floors)), key=lambda i: (abs(floors[i].elevation_m - min(outer)), i))
    lowest_used = next((i for i, f in enumerate(floors) if f.key in used), 0)
    return stated if stated is not None else lowest_used


def with_exits(
    openings: Sequence[Opening], stated: Mapping[str, bool], ground_m: float, hulls: Hulls, warnings: list[str]
) -> list[Opening]:
    """Outer doors near the ground let people out; those above open on a balcony or a roof, those to a court nowhere.

    ``stated`` is what the file itself says, by opening id.
    """
    found = []
    for o in openings:
        if o.between is None or OUT not in o.between:
            found.append(o)
            continue
        if o.id in stated:
            found.append(replace(o, exit=stated[o.id]))
            continue
        court = _in_court(o, hulls)
        if court:
            warnings.append(f"door {o.key} opens on a court with the house all round it: nobody leaves there")
        found.append(replace(o, exit=not court and o.z0_m <= ground_m + GROUND_TOLERANCE_M))
    return found


def _in_court(opening: Opening, hulls: Hulls) -> bool:
    """Whether the outside before this door is closed in by the house."""
    middle = shapely.LineString(opening.line).centroid
    hull = hulls(opening.z0_m)
    courts = [shapely.Polygon(h) for p in shapely.get_parts(hull) for h in getattr(p, "interiors", ())]
    edge = min((p.exterior.distance(middle) for p in shapely.get_parts(hull) if hasattr(p, "exterior")), default=0.0)
    return any(c.distance(middle) < min(edge, 1.0) for c in courts)
