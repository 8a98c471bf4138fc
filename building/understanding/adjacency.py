"""Open plan: two rooms that touch with no wall between are joined, though no file says so.

Rule: a gap under 6 cm, a shared edge over 0.6 m, a common height over 1.5 m, floors at most a step apart; the shared
edge counts only where nothing stands. Rooms may also be drawn one within the other (a niche, a part of a hall).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from building.model import OUT, Evidence, Opening, make_id
from building.understanding.plans import Obstacles, Room, Rooms

GAP_M = 0.06
SHARED_MIN_M = 0.6
COMMON_HEIGHT_MIN_M = 1.5
STEP_MAX_M = 0.35
WITHIN_SHARE = 0.9
CONFIDENCE = 0.85


def open_edges(site: str, rooms: Rooms, obstacles: Obstacles) -> list[Opening]:
    """An ``open`` opening for each pair of rooms that touch openly."""
    found = []
    for a, b in touching(rooms):
        if abs(a.z0_m - b.z0_m) > STEP_MAX_M or not (a.space.walkable and b.space.walkable):
            continue
        edge = open_edge(a, b, obstacles)
        if edge is not None:
            found.append(
                opening_between(
                    site, a, b, edge, Evidence(source="geometry", method="open adjacency", confidence=CONFIDENCE)
                )
            )
    return found


def touching(rooms: Rooms) -> Iterator[tuple[Room, Room]]:
    """Every pair of rooms that come close on plan and have a person's height in common, once."""
    order = {r.id: i for i, r in enumerate(rooms.all)}
    for i, a in enumerate(rooms.all):
        for b in rooms.near(a.plan, GAP_M):
            common = min(a.z1_m, b.z1_m) - max(a.z0_m, b.z0_m)
            if order[b.id] > i and common >= COMMON_HEIGHT_MIN_M:
                yield a, b


def open_edge(a: Room, b: Room, obstacles: Obstacles) -> LineString | None:
    """The longest straight piece of the shared edge on which nothing stands."""
    inner, outer = sorted((a, b), key=lambda r: (r.plan.area, r.id))
    if inner.plan.intersection(outer.plan).area < WITHIN_SHARE * inner.plan.area:
        inner, outer = a, b
    shared = inner.plan.boundary.intersection(outer.plan.buffer(GAP_M, cap_style="flat", join_style="mitre"))
    return longest_free(shared, (), obstacles, max(a.z0_m, b.z0_m))


def longest_free(
    edge: BaseGeometry, taken: Sequence[BaseGeometry], obstacles: Obstacles, floor_m: float
) -> LineString | None:
    """The longest straight piece of an edge that nothing takes and no wall stands on, if one can pass there."""
    if edge.is_empty:
        return None
    near = [*taken, *obstacles.near(edge, floor_m, GAP_M)]
    if near:
        edge = edge.difference(shapely.union_all(near).buffer(GAP_M / 2))
    pieces = [LineString(pair) for line in _lines(edge) for pair in itertools.pairwise(line.coords)]
    longest = max(pieces, key=lambda p: (round(p.length, 3), *p.centroid.coords[0]), default=None)
    return longest if longest is not None and longest.length > SHARED_MIN_M else None


def _lines(geometry: BaseGeometry) -> list[LineString]:
    merged = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    parts = shapely.get_parts(merged)
    return [shapely.simplify(p, 0.005) for p in parts if p.geom_type == "LineString" and p.length > SHARED_MIN_M]


def opening_between(site: str, a: Room, b: Room, edge: LineString, evidence: Evidence) -> Opening:
    """A place where one passes from one room into the other though no door is drawn."""
    base = max(a.z0_m, b.z0_m)
    (x0, y0), (x1, y1) = edge.coords[0], edge.coords[-1]
    first, second = sorted((a, b), key=lambda s: s.id)
    return Opening(
        id=make_id(site, "opening", f"{first.space.key}+{second.space.key}"),
        name={"zh": "敞开处", "en": "Open edge"},
        floor=a.space.floor if a.z0_m >= b.z0_m else b.space.floor,
        kind="open",
        between=(first.id, second.id),
        line=((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3))),
        z0_m=round(base, 3),
        height_m=round(max(min(a.z1_m, b.z1_m) - base, 0.1), 3),
        step_free=abs(a.z0_m - b.z0_m) < 0.03,
        evidence=evidence,
    )


def opening_to_outside(site: str, room: Room, edge: LineString, evidence: Evidence) -> Opening:
    """Where an outdoor area lies open to the ground around the house."""
    (x0, y0), (x1, y1) = edge.coords[0], edge.coords[-1]
    return Opening(
        id=make_id(site, "opening", f"{room.space.key}+{OUT}"),
        name={"zh": "敞开处", "en": "Open edge"},
        floor=room.space.floor,
        kind="open",
        between=(room.id, OUT),
        line=((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3))),
        z0_m=round(room.z0_m, 3),
        exit=True,
        evidence=evidence,
    )
