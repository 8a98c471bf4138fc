"""Which level is the ground, and through which doors one can leave the house there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from building.model import OUT, Evidence, Opening, make_id
from building.survey import SeenFloor, SeenLink, Survey
from building.understanding.adjacency import GAP_M, STEP_MAX_M, longest_free, opening_to_outside
from building.understanding.floors import Hulls
from building.understanding.plans import Obstacles, Rooms

GROUND_TOLERANCE_M = 1.2
"""A raised ground floor with steps before the door, or a slope along the house."""
OPEN_GROUND = 0.8
LANDING_M = 2.5  # between the head of an outside stair and the door it leads to


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
    survey: Survey, openings: Sequence[Opening], ground_m: float, hulls: Hulls, warnings: list[str]
) -> list[Opening]:
    """Outer doors near the ground let people out; those above open on a balcony or a roof, those to a court nowhere.

    What the file itself says of a door is believed.
    """
    stated = {make_id(survey.site, "opening", d.key): d.exit for d in survey.doors if d.exit is not None}
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


def by_outside_stairs(
    openings: Sequence[Opening], links: Sequence[SeenLink], hulls: Hulls, ground_m: float
) -> list[Opening]:
    """A door above the ground from which a stair leads down outside the house is a way out, though by steps."""
    heads = [
        head for link in links if link.kind in ("stairs", "ramp") for head in _outside_heads(link, hulls, ground_m)
    ]
    found = []
    for o in openings:
        line = shapely.LineString(o.line)
        outer = o.between is not None and OUT in o.between and not o.exit
        if outer and any(abs(z - o.z0_m) <= STEP_MAX_M and plan.distance(line) <= LANDING_M for plan, z in heads):
            evidence = replace(o.evidence, method=f"{o.evidence.method}+outside stair", confidence=OPEN_GROUND)
            found.append(replace(o, exit=True, step_free=False, evidence=evidence))
        else:
            found.append(o)
    return found


def _outside_heads(link: SeenLink, hulls: Hulls, ground_m: float) -> list[tuple[BaseGeometry, float]]:
    """Where the runs of a stair end that begins on the ground outside."""
    low = min(link.runs, key=lambda r: r.z0_m, default=None)
    if low is None or low.z0_m > ground_m + GROUND_TOLERANCE_M:
        return []
    inside = hulls(low.z0_m).intersection(low.plan).area
    if inside > 0.5 * low.plan.area:
        return []
    return [(r.plan, r.path[-1][2] if r.path else r.z1_m) for r in link.runs]


def open_grounds(site: str, rooms: Rooms, obstacles: Obstacles, hulls: Hulls, ground_m: float) -> list[Opening]:
    """Terraces and forecourts at ground level lie open to the outside where neither house nor wall closes them."""
    found = []
    for room in rooms.all:
        if not (room.outdoors and room.space.walkable and room.z0_m <= ground_m + GROUND_TOLERANCE_M):
            continue
        others = [o.plan for o in rooms.near(room.plan, GAP_M) if o.id != room.id and o.z1_m > room.z0_m + STEP_MAX_M]
        edge = longest_free(room.plan.boundary, [hulls(room.z0_m), *others], obstacles, room.z0_m)
        if edge is not None:
            evidence = Evidence(source="geometry", method="open to the ground", confidence=OPEN_GROUND)
            found.append(opening_to_outside(site, room, edge, evidence))
    return found


def _in_court(opening: Opening, hulls: Hulls) -> bool:
    """Whether the outside before this door is closed in by the house."""
    middle = shapely.LineString(opening.line).centroid
    hull = hulls(opening.z0_m)
    courts = [shapely.Polygon(h) for p in shapely.get_parts(hull) for h in getattr(p, "interiors", ())]
    edge = min((p.exterior.distance(middle) for p in shapely.get_parts(hull) if hasattr(p, "exterior")), default=0.0)
    return any(c.distance(middle) < min(edge, 1.0) for c in courts)
