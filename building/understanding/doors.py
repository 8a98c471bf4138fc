"""Doors join the two rooms on either side: strips of floor along the wall's normal decide, not overlap of shapes.

A door may touch three rooms, lead into something that is not modelled, to the outside, or onto a balcony. What the
file itself says (``joins``) confirms what the strips find, and is believed where they find nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from building.model import OUT, XY, Evidence, Opening, Text, make_id
from building.survey import SeenDoor, Survey
from building.understanding.floors import Hulls
from building.understanding.plans import Obstacles, Room, Rooms

REACH_M = 0.5
"""Beyond the face of the wall: farther than any lining, nearer than any second room."""
REACH_INDOORS_M = 1.2
"""A side that is within the house but empty is searched as far as this, as long as no wall stands on the way."""
STRIP_SHARE_MIN = 0.15
EDGE_SHARE = 0.1  # the ends of a door touch what lies beside it
CLEAR_HEIGHT_MIN_M = 1.5
SILL_MAX_M = 0.7
HEIGHT_OVERLAP_M, HEAD_ROOM_M = 0.5, 1.8
COURT_MIN_M2 = 60.0
"""What walls close in all round is a court when the door says it leads outside, else when it is as large as this."""
STEP_M, LEDGE_M = 0.5, 1.3
"""A room whose floor is this near the sill is entered by a step, by a few steps; farther, only a tall room is left."""

DECIDED, PROBED_AND_STATED, PROBED, STATED = 1.0, 0.98, 0.9, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    between: tuple[str, str] | None
    method: str
    confidence: float
    trouble: str = ""


class DoorReader:
    """Decides for one door after another what it joins."""

    def __init__(self, survey: Survey, rooms: Rooms, obstacles: Obstacles, hulls: Hulls) -> None:
        self._site, self._source, self._graph_stated = survey.site, survey.format, survey.graph_stated
        self._rooms, self._obstacles, self._hulls = rooms, obstacles, hulls

    def read(self, doors: Sequence[SeenDoor], warnings: list[str]) -> list[Opening]:
        """An opening for every door that is drawn; none is an exit yet. A hatch or one that is shut joins nothing."""
        openings = []
        for door in doors:
            name = _label(door)
            if not door.passable:
                warnings.append(f"{name} is drawn but shut for good")
                continue
            found = self._decide(door)
            if found.trouble:
                warnings.append(f"{name} {found.trouble}")
            if found.method != "dropped":
                openings.append(self._opening(door, found))
        return openings

    def _opening(self, door: SeenDoor, found: _Found) -> Opening:
        (x0, y0), (x1, y1) = door.line
        return Opening(
            id=make_id(self._site, "opening", door.key),
            name=door.name,
            source=door.source,
            floor=make_id(self._site, "floor", door.floor),
            kind="hatch" if found.method == "hatch" else door.kind,
            between=found.between,
            line=((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3))),
            z0_m=round(door.z0_m, 3),
            height_m=round(door.height_m, 3),
            one_way=self._one_way(door),
            step_free=door.step_free,
            controlled=door.controlled,
            evidence=door.evidence or Evidence(source=self._source, method=found.method, confidence=found.confidence),
        )

    def _one_way(self, door: SeenDoor) -> tuple[str, str] | None:
        return None if door.one_way is None else (self._id(door.one_way[0]), self._id(door.one_way[1]))

    def _id(self, key: str) -> str:
        return OUT if key == OUT else make_id(self._site, "space", key)

    def _decide(self, door: SeenDoor) -> _Found:
        stated = list(dict.fromkeys(self._id(k) for k in door.joins))
        stated = [s for s in stated if s == OUT or s in self._rooms.by_id]
        if stated and (door.decided or self._graph_stated):
            return _Found(between=(stated[0], (*stated, OUT)[1]), method="stated", confidence=DECIDED)
        if door.decided and len(stated) == 2:
            return _Found(between=(stated[0], stated[1]), method="stated", confidence=PROBED_AND_STATED)
        if door.height_m < CLEAR_HEIGHT_MIN_M and door.kind != "gate":  # a gate is low, the way through it is not
            return _hatch(f"{door.height_m:.2f} m high")
        sides = [self._ranked(door, side, REACH_M) for side in (1, -1)]
        for i, side in enumerate((1, -1)):
            if not sides[i] and self._within(door, side):
                others = sides[1 - i]
                sides[i] = [r for r in self._farther(door, side) if not others or r.id != others[0].id]
        if sides[0] and sides[1]:
            return self._two_sided(door, sides, stated)
        if not sides[0] and not sides[1]:
            return self._nothing_found(stated)
        empty = -1 if sides[0] else 1
        return self._one_sided(door, (sides[0] or sides[1])[0], empty, stated)

    def _two_sided(self, door: SeenDoor, sides: Sequence[Sequence[Room]], stated: Sequence[str]) -> _Found:
        a, b = next(((a, b) for a, b in _pairs(sides) if a.id != b.id), (sides[0][0], sides[1][0]))
        if a.id == b.id:
            return _Found(
                between=None, method="dropped", confidence=0.0,
                trouble=f"has the same room on both sides ({a.space.number or a.space.key}) and is left out",
            )  # fmt: skip
        sill = min(door.z0_m - r.z0_m for r in (a, b))
        if sill > SILL_MAX_M and all(abs(door.z0_m - r.z0_m) < LEDGE_M for r in (a, b)):
            return _hatch(f"{sill:.2f} m above the floor")
        agreed = {a.id, b.id} <= set(stated)
        return _Found(
            between=(a.id, b.id),
            method="probe+boundary" if agreed else "probe",
            confidence=PROBED_AND_STATED if agreed else PROBED,
        )

    def _nothing_found(self, stated: Sequence[str]) -> _Found:
        if len(stated) == 2:
            return _Found(between=(stated[0], stated[1]), method="boundary", confidence=STATED)
        return _Found(between=None, method="probe", confidence=0.0, trouble="leads into something that is not modelled")

    def _one_sided(self, door: SeenDoor, room: Room, empty: int, stated: Sequence[str]) -> _Found:
        if SILL_MAX_M < door.z0_m - room.z0_m < LEDGE_M:
            return _hatch(f"{door.z0_m - room.z0_m:.2f} m above the floor")
        others = [s for s in stated if s != room.id]
        if not self._within(door, empty):
            agreed = bool(stated) and not [s for s in others if s != OUT] and door.external is not False
            confidence = PROBED_AND_STATED if agreed else STATED if door.external is False else PROBED
            return _Found(between=(room.id, OUT), method="probe+hull", confidence=confidence)
        if len(others) == 1:
            return _Found(between=(room.id, others[0]), method="probe+boundary", confidence=STATED)
        return _Found(between=None, method="probe", confidence=0.0, trouble="leads into something that is not modelled")

    def _ranked(self, door: SeenDoor, side: int, reach_m: float) -> list[Room]:
        """The rooms in front of the door on one side, the likeliest first."""
        strip = _strip(door, side, reach_m)
        found = []
        for room in self._rooms.near(strip):
            fit = _fit(door, room)
            share = room.plan.intersection(strip).area / strip.area if fit is not None else 0.0
            if fit is not None and share >= STRIP_SHARE_MIN:
                found.append((fit, -round(share, 2), room.plan.area, room))
        return [r for *_, r in sorted(found, key=lambda f: f[:3])]

    def _farther(self, door: SeenDoor, side: int) -> list[Room]:
        strip = _strip(door, side, REACH_INDOORS_M)
        near = [r for r in self._rooms.near(strip) if _fit(door, r) is not None]
        start = _offset_middle(door, side, door.depth_m / 2 + 0.05)
        clear = []
        for room in near:
            way = shapely.shortest_line(start, room.plan.intersection(strip))
            if not way.is_empty and not self._obstacles.block(way, door.z0_m):
                clear.append((round(way.length, 2), room.plan.area, room))
        return [r for *_, r in sorted(clear, key=lambda f: f[:2])]

    def _within(self, door: SeenDoor, side: int) -> bool:
        """Whether the floor before this side of the door is within the house: built on, or a room that is not drawn."""
        strip = _strip(door, side, REACH_M)
        if self._hulls(door.z0_m).intersection(strip).area > 0.5 * strip.area:
            return True
        closed_in = self._hulls.court_at(strip.centroid, door.z0_m)
        if closed_in is None or door.external is True:
            return False
        return door.external is False or bool(closed_in.area < COURT_MIN_M2)


def _hatch(why: str) -> _Found:
    return _Found(between=None, method="hatch", confidence=PROBED, trouble=f"is a hatch ({why}): nobody walks through")


def _pairs(sides: Sequence[Sequence[Room]]) -> list[tuple[Room, Room]]:
    """Pairs of either side, the likeliest first."""
    ranked = [(i + j, i, a, b) for i, a in enumerate(sides[0]) for j, b in enumerate(sides[1])]
    return [(a, b) for *_, a, b in sorted(ranked, key=lambda r: r[:2])]


def _fit(door: SeenDoor, room: Room) -> int | None:
    """How well the room's height suits the door, 0 best; None where it cannot be entered there."""
    overlap = min(room.z1_m, door.z0_m + door.height_m) - max(room.z0_m, door.z0_m)
    if overlap < HEIGHT_OVERLAP_M:
        return None
    away = abs(door.z0_m - room.z0_m)
    if away <= STEP_M:
        return 0
    if away <= LEDGE_M:
        return 1
    return 2 if room.z0_m < door.z0_m and room.z1_m >= door.z0_m + min(door.height_m, HEAD_ROOM_M) else None


def _strip(door: SeenDoor, side: int, reach_m: float) -> BaseGeometry:
    """The floor in front of the door on one side (+1 or -1), from the wall's face on."""
    (x0, y0), (x1, y1) = door.line
    ux, uy = x1 - x0, y1 - y0
    nx, ny = _normal(door.line)
    corners = []
    for along, away in ((EDGE_SHARE, 0.02), (1 - EDGE_SHARE, 0.02), (1 - EDGE_SHARE, reach_m), (EDGE_SHARE, reach_m)):
        out = side * (door.depth_m / 2 + away)
        corners.append((x0 + ux * along + nx * out, y0 + uy * along + ny * out))
    return shapely.Polygon(corners)


def _offset_middle(door: SeenDoor, side: int, away_m: float) -> BaseGeometry:
    (x0, y0), (x1, y1) = door.line
    nx, ny = _normal(door.line)
    return shapely.Point((x0 + x1) / 2 + nx * side * away_m, (y0 + y1) / 2 + ny * side * away_m)


def _normal(line: tuple[XY, XY]) -> XY:
    (x0, y0), (x1, y1) = line
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    return -(y1 - y0) / length, (x1 - x0) / length


def _label(door: SeenDoor) -> str:
    words: Text = door.name
    return f"door {next((w for w in words.values() if w), '') or door.key}"
