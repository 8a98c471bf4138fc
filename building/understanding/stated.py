"""Connections that the file states without a door of their own: virtual boundaries, transitions, shared nodes.

A statement confirms a door or open edge that was found, adds an edge where none was, and is refused where a wall
stands between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely
from shapely.geometry import LineString

from building.model import OUT, XY, Evidence, Opening, Stop, VerticalLink, make_id
from building.survey import SeenConnection, Survey
from building.understanding.adjacency import STEP_MAX_M, open_edge, opening_between
from building.understanding.plans import Obstacles, Room, Rooms

CONFIRMED = 0.95
STATED = 0.8
STATED_UPWARDS = 0.6
WIDTH_M = 0.9
APART_MAX_M = 1.0
NEAR_M = 0.3


def stated_connections(
    survey: Survey,
    *,
    rooms: Rooms,
    obstacles: Obstacles,
    openings: Sequence[Opening],
    warnings: list[str],
) -> tuple[list[Opening], list[VerticalLink]]:
    """All openings, with those added that only a statement tells, and the links it tells between floors."""
    site, walls = survey.site, survey.walls
    known = list(openings)
    by_pair = _by_pair(openings)
    links: dict[frozenset[str], VerticalLink] = {}
    for s in sorted(survey.connections, key=lambda s: s.key):
        ends = [_id(site, k) for k in (s.a, s.b)]
        pair = frozenset(ends)
        if len(pair) < 2 or any(e != OUT and e not in rooms.by_id for e in ends):
            continue
        already = [i for i in by_pair.get(pair, ()) if _at_the_same_place(known[i], s)]
        for i in already:
            known[i] = _as_drawn(site, _confirmed(known[i], s), s)
        if already:
            continue
        a, b = (rooms.by_id.get(e) for e in ends)
        if a is None or b is None:
            room = a or b
            if room is not None:
                known.append(_outwards(site, room, s))
        elif abs(a.z0_m - b.z0_m) > STEP_MAX_M:
            if survey.graph_stated:  # elsewhere it is a void: one sees through, but nobody walks up
                links.setdefault(pair, _upwards(site, a, b, s))
        else:
            edge = _edge(a, b, s, obstacles, bool(walls))
            if edge is None:
                warnings.append(
                    f"{s.statement} between {a.space.key} and {b.space.key} is refused: a wall stands there"
                )
                continue
            by_pair.setdefault(pair, []).append(len(known))
            stated = Evidence(source="file", method=s.statement, confidence=STATED)
            known.append(_as_drawn(site, opening_between(site, a, b, edge, stated), s))
    return known, list(links.values())


def _by_pair(openings: Sequence[Opening]) -> dict[frozenset[str], list[int]]:
    found: dict[frozenset[str], list[int]] = {}
    for i, o in enumerate(openings):
        found.setdefault(frozenset(o.between or ()), []).append(i)
    return found


def _id(site: str, key: str) -> str:
    return OUT if key == OUT else make_id(site, "space", key)


def _at_the_same_place(opening: Opening, seen: SeenConnection) -> bool:
    """Two rooms may be open to each other at several places; a statement that shows no place means them all."""
    if seen.line is None:
        return True
    drawn, known = LineString(seen.line), LineString(opening.line)
    common = known.buffer(NEAR_M).intersection(drawn).length
    return bool(common > min(drawn.length, known.length) / 2)


def _as_drawn(site: str, opening: Opening, seen: SeenConnection) -> Opening:
    """An open edge that the file draws is where, and named as, the file draws it."""
    if opening.kind != "open" or seen.line is None or seen.source is None:
        return opening
    (x0, y0), (x1, y1) = seen.line
    line = ((round(x0, 3), round(y0, 3)), (round(x1, 3), round(y1, 3)))
    return replace(opening, id=make_id(site, "opening", seen.key), line=line, source=seen.source)


def _confirmed(opening: Opening, seen: SeenConnection) -> Opening:
    evidence = opening.evidence
    return replace(
        opening,
        evidence=Evidence(
            source=evidence.source,
            method=evidence.method if seen.statement in evidence.method else f"{evidence.method}+{seen.statement}",
            confidence=max(evidence.confidence, CONFIRMED),
        ),
    )


def _edge(a: Room, b: Room, seen: SeenConnection, obstacles: Obstacles, walls_known: bool) -> LineString | None:
    """Where one passes; None where the file shows walls and they leave no gap."""
    base = max(a.z0_m, b.z0_m)
    if seen.line is not None:
        line = LineString(seen.line)
        covered = (
            sum(w.buffer(0.02).intersection(line).length for w in obstacles.near(line, base)) if walls_known else 0.0
        )
        return None if covered > 0.6 * line.length else line
    touching = open_edge(a, b, obstacles)
    if touching is not None:
        return touching
    way = shapely.shortest_line(a.plan, b.plan)
    if walls_known and (way.length > APART_MAX_M or obstacles.near(way, base, 0.06)):
        return None
    return _across(way)


def _across(way: LineString) -> LineString:
    """A passage of a door's width in the middle of the shortest way, square to it."""
    (x0, y0), (x1, y1) = way.coords[0], way.coords[-1]
    x, y, length = (x0 + x1) / 2, (y0 + y1) / 2, way.length
    ux, uy = ((x1 - x0) / length, (y1 - y0) / length) if length > 1e-6 else (1.0, 0.0)
    h = WIDTH_M / 2
    return LineString([(x - uy * h, y + ux * h), (x + uy * h, y - ux * h)])


def _outwards(site: str, room: Room, seen: SeenConnection) -> Opening:
    at = room.plan.boundary.interpolate(0.0)
    line: tuple[XY, XY] = seen.line or ((at.x, at.y), (at.x + WIDTH_M, at.y))
    return Opening(
        id=make_id(site, "opening", seen.key),
        name={"zh": "出入口", "en": "Entrance"},
        source=seen.source,
        floor=room.space.floor,
        kind="opening",
        between=(room.id, OUT),
        line=line,
        z0_m=room.space.z0_m,
        evidence=Evidence(source="file", method=seen.statement, confidence=STATED),
    )


def _upwards(site: str, a: Room, b: Room, seen: SeenConnection) -> VerticalLink:
    low, high = sorted((a, b), key=lambda r: r.z0_m)
    common = low.plan.intersection(high.plan)
    at = (common if common.area else low.plan).representative_point()
    where = (round(at.x, 3), round(at.y, 3))
    return VerticalLink(
        id=make_id(site, "link", seen.key),
        name={"zh": "楼梯", "en": "Stairs"},
        source=seen.source,
        kind="stairs",
        stops=(
            Stop(floor=low.space.floor, space=low.id, at=where),
            Stop(floor=high.space.floor, space=high.id, at=where),
        ),
        evidence=Evidence(source="file", method=seen.statement, confidence=STATED_UPWARDS),
    )
