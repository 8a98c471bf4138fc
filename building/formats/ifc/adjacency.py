"""Open plan: two spaces that touch with no wall between are joined, though no file says so.

Rule (facts of the field): gap under 6 cm, shared edge over 0.6 m, common height over 1.5 m, and the shared edge is
counted only where no wall stands.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from building.formats.ifc.source import IfcSource
from building.formats.ifc.spaces import SpaceShape
from building.model import Evidence, Opening, make_id

GAP_M = 0.06
SHARED_MIN_M = 0.6
COMMON_HEIGHT_MIN_M = 1.5
CONFIDENCE = 0.85


def read_open_edges(
    source: IfcSource, spaces: Sequence[SpaceShape], walls: Sequence[tuple[BaseGeometry, float, float]]
) -> list[Opening]:
    """An ``open`` opening for each pair of spaces that touch openly. ``walls`` are (plan, z0, z1)."""
    tree = shapely.STRtree([s.plan for s in spaces])
    found = []
    for i, j in itertools.combinations(range(len(spaces)), 2):
        a, b = spaces[i], spaces[j]
        if a.space.floor != b.space.floor and not _shares_level(a, b):
            continue
        common = min(a.z1_m, b.z1_m) - max(a.z0_m, b.z0_m)
        if common < COMMON_HEIGHT_MIN_M or j not in tree.query(a.plan.buffer(GAP_M)):
            continue
        edge = _open_edge(a.plan, b.plan, [w for w, z0, z1 in walls if _stands_between(a, b, z0, z1)])
        if edge is not None:
            found.append(_opening(source, a, b, edge))
    return found


def _shares_level(a: SpaceShape, b: SpaceShape) -> bool:
    return abs(a.z0_m - b.z0_m) < GAP_M * 2


def _stands_between(a: SpaceShape, b: SpaceShape, z0_m: float, z1_m: float) -> bool:
    """A wall at the height where people walk; a parapet below the common floor is none."""
    base = max(a.z0_m, b.z0_m)
    return z0_m < base + COMMON_HEIGHT_MIN_M and z1_m > base + 0.5


def _open_edge(a: BaseGeometry, b: BaseGeometry, walls: Sequence[BaseGeometry]) -> LineString | None:
    """The longest straight piece of the shared edge that no wall covers."""
    shared = a.boundary.intersection(b.buffer(GAP_M, cap_style="flat", join_style="mitre"))
    near = [w for w in walls if w.distance(shared) < GAP_M]
    if near:
        shared = shared.difference(shapely.union_all(near).buffer(GAP_M / 2))
    pieces = [LineString(pair) for line in _lines(shared) for pair in itertools.pairwise(line.coords)]
    longest = max(pieces, key=lambda p: p.length, default=None)
    return longest if longest is not None and longest.length > SHARED_MIN_M else None


def _lines(geometry: BaseGeometry) -> list[LineString]:
    merged = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    parts = getattr(merged, "geoms", [merged])
    return [shapely.simplify(p, 0.005) for p in parts if p.geom_type == "LineString" and p.length > SHARED_MIN_M]


def _opening(source: IfcSource, a: SpaceShape, b: SpaceShape, edge: LineString) -> Opening:
    base = max(a.z0_m, b.z0_m)
    (x0, y0), (x1, y1) = edge.coords[0], edge.coords[-1]
    first, second = sorted((a, b), key=lambda s: s.space.id)
    return Opening(
        id=make_id(source.site, "opening", f"{first.space.key}+{second.space.key}"),
        name={"zh": "敞开处", "en": "Open edge"},
        floor=a.space.floor if a.z0_m >= b.z0_m else b.space.floor,
        kind="open",
        between=(first.space.id, second.space.id),
        line=((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3))),
        z0_m=round(base, 3),
        height_m=round(min(a.z1_m, b.z1_m) - base, 3),
        evidence=Evidence(source="geometry", method="open adjacency", confidence=CONFIDENCE),
    )
