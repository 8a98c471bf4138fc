"""Levels become storeys: which there are, how high they lie, and to which one a fraction of a level belongs.

OSM counts levels and gives no heights. A storey is as high as the file says (``height`` of its ``indoor=level``, or
the building's height by its levels), else 3 m, and that is told. A fraction (``0.25``: a few steps up) is a raised
part of the storey below it, or of the one above; where it lies over or under both (a mezzanine) it is a storey of its
own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.osm.areas import Area, polygon_of
from building.formats.osm.choice import Choice
from building.formats.osm.levels import parse_levels
from building.formats.osm.source import Tags
from building.formats.osm.tags import length_m
from building.model import Text
from building.survey import SeenFloor

STOREY_M = 3.0
STOREY_MIN_M, STOREY_MAX_M = 2.2, 8.0
OVERLAP_M2 = 0.5


class Storeys:
    """``known`` are all levels that areas name; ``floors`` the storeys, lowest first."""

    def __init__(self, choice: Choice, warnings: list[str]) -> None:
        self.known = tuple(sorted({level for area in choice.areas for level in area.named}))
        self._named = _named_levels(choice)
        self._homes = _homes(self.known, choice.areas)
        self._heights = self._storey_heights(choice, warnings)
        whole = sorted(set(self._homes.values()))
        ground = min(range(len(whole)), key=lambda i: (abs(whole[i]), whole[i]))
        refs = _references(choice)
        self.floors = tuple(
            SeenFloor(
                key=key_of(level),
                name=self._name(level),
                number=self._named.get(level, {}).get("level:ref") or refs.get(level) or key_of(level),
                elevation_m=round(self.z_m(level), 3),
                height_m=round(self._height_m(level), 3),
                ordinal=i - ground,
                outline=_built(choice, level, [n for n, home in self._homes.items() if home == level]),
            )
            for i, level in enumerate(whole)
        )
        fractions = [key_of(level) for level in self.known if self._homes[level] != level]
        if fractions:
            warnings.append(f"levels {', '.join(fractions)} are raised parts of the storey they adjoin, not storeys")

    def home(self, level: float) -> str:
        """The key of the storey that the level belongs to."""
        return key_of(self._homes.get(level, level))

    def z_m(self, level: float) -> float:
        """Height of the floor; level 0 lies at 0."""
        below = math.floor(level)
        whole = math.fsum(self._height_m(float(n)) for n in range(below)) if below >= 0 else 0.0
        under = -math.fsum(self._height_m(float(n)) for n in range(below, 0)) if below < 0 else 0.0
        return whole + under + (level - below) * self._height_m(float(below))

    def top_m(self, level: float) -> float:
        """Height of the ceiling: the next whole level."""
        return self.z_m(float(math.floor(level) + 1))

    def near(self, level: float) -> float:
        """The known level that is meant by a number on a node: itself, else the nearest below."""
        below = [known for known in self.known if known <= level]
        return max(below) if below else self.known[0]

    def _height_m(self, level: float) -> float:
        return self._heights.get(level, self._usual_m)

    def _storey_heights(self, choice: Choice, warnings: list[str]) -> dict[float, float]:
        total, count = length_m(choice.tags, "height", "building:height"), length_m(choice.tags, "building:levels")
        usual = total / count if total and count else 0.0
        stated = {
            level: height
            for level, tags in self._named.items()
            if (height := length_m(tags, "height", "level:height")) and STOREY_MIN_M <= height <= STOREY_MAX_M
        }
        stated |= dict.fromkeys(_missing(choice.tags), 0.0)
        self._usual_m = usual if STOREY_MIN_M <= usual <= STOREY_MAX_M else STOREY_M
        bare = [low for low, _ in pairwise(self.known) if low not in stated]
        if self._usual_m is STOREY_M and bare:
            warnings.append(f"the file gives no heights of storeys: {STOREY_M:g} m are taken for each")
        return stated

    def _name(self, level: float) -> Text:
        tags = self._named.get(level, {})
        label = tags.get("name") or tags.get("level:ref")
        if label:
            return {"zh": tags.get("name:zh", label), "en": tags.get("name:en", label)}
        if level == 0:
            return {"zh": "地面层", "en": "Ground floor"}
        return {"zh": f"层级 {key_of(level)}", "en": f"Level {key_of(level)}"}


def key_of(level: float) -> str:
    """``0``, ``-1``, ``0.5``: as it is tagged."""
    return f"{level:g}"


def _homes(known: Sequence[float], areas: Sequence[Area]) -> dict[float, float]:
    """Each level's storey."""
    homes = {level: level for level in known}
    for level in (n for n in known if not n.is_integer()):
        own = _covered(level, areas)
        storeys = [n for n in (float(math.floor(level)), float(math.ceil(level))) if n in homes]
        free = [n for n in storeys if _covered(n, areas).intersection(own).area < OVERLAP_M2]
        homes[level] = free[0] if free else level
    return homes


def _covered(level: float, areas: Sequence[Area]) -> BaseGeometry:
    return shapely.union_all([a.plan for a in areas if level in a.named and not (a.is_stairs or a.is_lift)])


def _named_levels(choice: Choice) -> Mapping[float, Tags]:
    """The tags of ``indoor=level`` outlines (and of IndoorOSM's level relations) by level."""
    extract = choice.ground.extract
    elements = [(w.tags, "way", w.id) for w in extract.ways.values()]
    elements += [(r.tags, "relation", r.id) for r in extract.relations.values()]
    found: dict[float, Tags] = {}
    for tags, kind, key in elements:
        if tags.get("indoor") == "level" or tags.get("type") == "level":
            for level in choice.ground.levels(kind, key, tags).named:
                found.setdefault(level, tags)
    return found


def _references(choice: Choice) -> Mapping[float, str]:
    """What people call a level, by the ``level:ref`` that most of its rooms bear."""
    votes: dict[float, Counter[str]] = {}
    for area in choice.areas:
        ref = area.tags.get("level:ref", "")
        if ref and ";" not in ref and len(area.named) == 1:
            votes.setdefault(area.named[0], Counter())[ref] += 1
    return {level: min(c.items(), key=lambda vote: (-vote[1], vote[0]))[0] for level, c in votes.items()}


def _missing(tags: Tags) -> list[float]:
    """Numbers that are skipped in counting (no 13th floor): nothing is built there."""
    return [level for level in parse_levels(tags.get("non_existent_levels", "")).named if level.is_integer()]


def _built(choice: Choice, storey: float, levels: Sequence[float]) -> BaseGeometry | None:
    """What is built on a storey (with its raised ``levels``) as far as it is drawn: its own outline, else the house's
    up to the ground floor, and its rooms in any case. At the ground the street runs under what hangs over; above, a
    hall may be open through storeys, so only the rooms tell.
    """
    drawn = _level_outline(choice, storey)
    if drawn is None and choice.outline is not None and storey < 1:
        drawn = choice.outline.difference(choice.overhangs) if storey >= 0 else choice.outline
    if drawn is None:
        return None
    rooms = [a.plan for a in choice.areas if a.levels.among(levels) or a.repeats.among(levels)]
    return shapely.union_all([drawn, *rooms])


def _level_outline(choice: Choice, level: float) -> BaseGeometry | None:
    ground = choice.ground
    for way in ground.extract.ways.values():
        if way.tags.get("indoor") == "level" and way.closed and level in ground.levels("way", way.id, way.tags).named:
            plan = polygon_of(ground.line(way))
            if plan is not None and any(plan.intersects(a.plan) for a in choice.areas):
                return plan
    return None
