"""One building out of a file that may show a whole street: what touches belongs together, most rooms win."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from building.errors import UnreadableFile
from building.formats.osm.areas import Area, Ground
from building.formats.osm.source import Extract, Tags
from building.formats.osm.tags import is_door, length_m
from building.geodesy import LocalFrame
from building.model import SourceId

APART_M = 1.0
"""Rooms farther than this from any other of the house belong to another one; walls and joints are thinner."""


DOOR_REACH_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The building that is read: its areas, its outline where one is drawn, and the tags of that outline."""

    ground: Ground
    areas: tuple[Area, ...]
    outline: BaseGeometry | None
    overhangs: BaseGeometry
    tags: Tags
    source: SourceId


def choose(extract: Extract, path: str, warnings: list[str]) -> Choice:
    """The building with the most rooms; the others are named in the warnings."""
    rough = Ground(extract, _frame_around(extract))
    areas = rough.areas([])
    if not areas:
        raise UnreadableFile(
            path=path,
            what="the OSM file shows no rooms (no closed way with indoor=room, corridor or area)",
            todo="Download the building with its indoor tagging (ways with indoor=* and level=*).",
        )
    houses = rough.outlines("building")
    doors = [rough.at(n.id) for n in extract.nodes.values() if is_door(n.tags)]
    groups = _groups(
        [a.plan for a in areas], [plan for _, _, plan in houses], [shapely.Point(at) for at in doors if at is not None]
    )
    sizes = Counter(groups)
    # the first area's key decides between equals, so that the order of the file does not
    best = min(sizes, key=lambda g: (-sizes[g], min(a.key for a, own in zip(areas, groups, strict=True) if own == g)))
    keys = {a.key for a, group in zip(areas, groups, strict=True) if group == best}
    if len(sizes) > 1:
        warnings.append(
            f"the file shows {len(sizes)} buildings: the one with the most rooms ({sizes[best]}) is read, "
            f"{len(areas) - sizes[best]} rooms of the others are left out"
        )
    middle = shapely.union_all([a.plan.envelope for a in areas if a.key in keys]).envelope.centroid
    ground = Ground(extract, LocalFrame(*rough.frame.to_geographic((middle.x, middle.y))))
    chosen = tuple(a for a in ground.areas(warnings) if a.key in keys)
    return _with_outline(ground, chosen)


def _with_outline(ground: Ground, areas: tuple[Area, ...]) -> Choice:
    tree = shapely.STRtree([a.plan for a in areas])
    houses = [
        (
            sum(areas[i].plan.intersection(plan).area for i in tree.query(plan, predicate="intersects")),
            source,
            tags,
            plan,
        )
        for source, tags, plan in ground.outlines("building")
    ]
    inside = sorted((h for h in houses if h[0] > 0), key=lambda h: (-h[0], h[1].value))
    first = min(areas, key=lambda a: a.key)
    overhangs = [plan for _, tags, plan in ground.outlines("building:part") if _hangs(tags)]
    return Choice(
        ground=ground,
        areas=areas,
        outline=shapely.union_all([h[3] for h in inside]) if inside else None,
        overhangs=shapely.union_all(overhangs),
        tags=inside[0][2] if inside else {},
        source=inside[0][1] if inside else first.source,
    )


def _hangs(tags: Tags) -> bool:
    """A part of the house that begins above one's head: beneath it is the street."""
    above = tags.get("building:min_level", tags.get("min_level", "0"))
    return (length_m(tags, "min_height") or 0.0) > 2.0 or above.strip() not in ("", "0")


def _frame_around(extract: Extract) -> LocalFrame:
    """Somewhere in the file: near enough to tell what touches."""
    first = next(iter(extract.nodes.values()), None)
    return LocalFrame(first.lon_deg, max(-89.0, min(89.0, first.lat_deg))) if first else LocalFrame(0.0, 0.0)


def _groups(plans: Sequence[BaseGeometry], houses: Sequence[BaseGeometry], doors: Sequence[BaseGeometry]) -> list[int]:
    """A number for each plan, the same for all of one building: those in one house outline, those that touch and are
    not in different ones, and those that a door joins.
    """
    parent = list(range(len(plans) + len(houses)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    tree = shapely.STRtree(list(plans))
    home: dict[int, int] = {}
    for house, i in _pairs(tree, houses, predicate="intersects"):
        if i not in home and plans[i].representative_point().within(houses[house]):
            home[i] = len(plans) + house
            parent[root(i)] = root(home[i])
    for i, j in _pairs(tree, plans, predicate="dwithin", distance=APART_M):
        if i < j and home.get(i, home.get(j)) == home.get(j, home.get(i)):
            parent[root(i)] = root(j)
    first: dict[int, int] = {}
    for door, i in _pairs(tree, doors, predicate="dwithin", distance=DOOR_REACH_M):
        parent[root(i)] = root(first.setdefault(door, i))
    return [root(i) for i in range(len(plans))]


def _pairs(tree: shapely.STRtree, shapes: Sequence[BaseGeometry], **how: Any) -> list[tuple[int, int]]:
    """(number of the shape, number in the tree) of all that meet; shapely refuses to ask for no shape at all."""
    return tree.query(list(shapes), **how).T.tolist() if shapes else []
