"""Rooms and connections with their evidence: what one can walk from where, and why some rooms are not reached.

A pure function of a building; nothing of it is stored. Edges join spaces: a door, stair or ramp is one edge, a lift
with n stops n-1 edges between consecutive stops. Where the stairwell or shaft is a space of its own, edges
go through it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from building.labels import to_shape
from building.model import OUT, Building, Opening, Space, Text, VerticalLink
from building.texts import text

DOOR_NEAR_M = 0.5
"""A door this near to a room is one of its own: half a thick wall lies between."""

Via = Literal["door", "opening", "open", "stairs", "ramp", "escalator", "lift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A connection. ``exit`` False on an edge to ``OUT``: outside, but nobody can leave (a balcony).

    ``directed``: only from ``a`` to ``b``. ``on_foot`` False: for vehicles only.
    """

    a: str
    b: str
    via: Via
    via_id: str
    via_source_id: str | None
    exit: bool
    confidence: float
    directed: bool = False
    on_foot: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    spaces: tuple[Space, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A walkable space that nobody reaches from outside, and why, in words for people."""

    space: Space
    reason: Text


def build_graph(building: Building) -> Graph:
    """Every space and every connection the building states or that was inferred for it."""
    edges = [*_opening_edges(building), *_link_edges(building)]
    return Graph(spaces=building.spaces, edges=tuple(edges))


def reached(graph: Graph) -> frozenset[str]:
    """The ids of all spaces one gets to on foot from outside."""
    return _walk(graph, OUT) - {OUT}


def unreached(graph: Graph, building: Building) -> list[Unreached]:
    """Every walkable space that is not reached, stated or derived, with its reason."""
    arrived = reached(graph)
    floors_reached = {s.floor for s in graph.spaces if s.id in arrived}
    edges: dict[str, list[Edge]] = {}
    for e in graph.edges:
        for end in (e.a, e.b):
            edges.setdefault(end, []).append(e)
    return [
        Unreached(space=s, reason=_reason(s, edges.get(s.id, []), arrived, floors_reached, building))
        for s in graph.spaces
        if s.walkable and s.id not in arrived
    ]


def graph_json(graph: Graph, building: Building, *, lang: str | None) -> dict[str, Any]:
    """The document of ``halltwin building graph --json``."""
    numbers = {f.id: f.number for f in building.floors}
    return {
        "spaces": [
            {
                "id": s.id,
                "source_id": s.source.value if s.source else None,
                "scheme": s.source.scheme if s.source else None,
                "name": text(s.name, lang),
                "number": s.number,
                "floor": numbers.get(s.floor, s.floor),
                "walkable": s.walkable,
                "kind": s.kind,
            }
            for s in graph.spaces
        ],
        "edges": [
            {
                "a": e.a,
                "b": e.b,
                "via": e.via,
                "via_source_id": e.via_source_id,
                "via_id": e.via_id,
                "exit": e.exit,
                "confidence": e.confidence,
            }
            for e in graph.edges
        ],
    }


def _opening_edges(building: Building) -> Iterator[Edge]:
    for opening in building.openings:
        if opening.between is None:
            continue
        a, b = opening.one_way or opening.between
        yield Edge(
            a=a,
            b=b,
            via=_via(opening),
            via_id=opening.id,
            via_source_id=opening.source.value if opening.source else None,
            exit=opening.exit if OUT in (a, b) else False,
            confidence=opening.evidence.confidence,
            directed=opening.one_way is not None,
            on_foot=not opening.vehicles_only,
        )


def _via(opening: Opening) -> Via:
    if opening.kind == "open":
        return "open"
    return "opening" if opening.kind in ("opening", "passage") else "door"


def _link_edges(building: Building) -> Iterator[Edge]:
    order = {f.id: f.elevation_m for f in building.floors}
    for link in building.vertical_links:
        stops = sorted(link.stops, key=lambda s: order.get(s.floor, 0.0))
        through = [link.shafts.get(s.floor, s.space) for s in stops]
        for a, b in pairwise(through):
            yield _link_edge(link, a, b) if link.direction != "down" else _link_edge(link, b, a)


def _link_edge(link: VerticalLink, a: str, b: str) -> Edge:
    return Edge(
        a=a,
        b=b,
        via=link.kind,
        via_id=link.id,
        via_source_id=link.source.value if link.source else None,
        exit=False,
        confidence=link.evidence.confidence,
        directed=link.direction != "both",
    )


def _walk(graph: Graph, start: str) -> frozenset[str]:
    ways: dict[str, list[str]] = {}
    for e in graph.edges:
        if not e.on_foot or (OUT in (e.a, e.b) and not e.exit):
            continue
        ways.setdefault(e.a, []).append(e.b)
        if not e.directed:
            ways.setdefault(e.b, []).append(e.a)
    seen, waiting = {start}, deque([start])
    while waiting:
        for other in ways.get(waiting.popleft(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return frozenset(seen)


def _reason(
    space: Space, own: list[Edge], arrived: frozenset[str], floors_reached: set[str], building: Building
) -> Text:
    if not own:
        return _reason_alone(space, floors_reached, building)
    if all(not e.on_foot for e in own):
        return {"zh": "只有车辆可以进入。", "en": "Only vehicles can get in."}
    if all(OUT in (e.a, e.b) for e in own):
        return {
            "zh": "只通向无法离开的室外（如阳台、内院）。",
            "en": "It only leads outside where nobody can leave (a balcony, a closed court).",
        }
    if any(({e.a, e.b} - {space.id}) & arrived for e in own):
        return {"zh": "只能单向离开，不能进入。", "en": "One can only leave it, not enter."}
    if not arrived:
        return _NO_WAY_IN
    return _NO_LINK if space.floor not in floors_reached and not _linked(space.floor, building) else _AMONG_THEMSELVES


_AMONG_THEMSELVES: Text = {
    "zh": "只与同样无法到达的房间相连。",
    "en": "It is joined only to rooms that are not reached themselves.",
}
_NO_WAY_IN: Text = {
    "zh": "没有已知的入口：从室外进不了这座建筑。",
    "en": "No entrance is known: nobody gets into the building from outside.",
}
_NO_LINK: Text = {"zh": "没有楼梯、坡道或电梯通到这一层。", "en": "No stair, ramp or lift leads to this floor."}


def _reason_alone(space: Space, floors_reached: set[str], building: Building) -> Text:
    """Why a room has no edge at all: its doors tell, where it has any."""
    doors = _doors_nearby(space, building)
    if any(o.kind != "hatch" for o in doors):
        return {
            "zh": "它的门通向文件中没有画成房间的地方。",
            "en": "Its door leads into something that the file does not show as a room.",
        }
    if doors:
        return {
            "zh": "它唯一的门太矮或离地太高，人走不过去。",
            "en": "Its only door is too low to walk through, or too high up.",
        }
    if space.floor not in floors_reached and not _linked(space.floor, building):
        return _NO_LINK
    return {"zh": "没有找到通向它的门或敞开处。", "en": "No door or open edge that leads to it was found."}


def _linked(floor: str, building: Building) -> bool:
    return any(stop.floor == floor for link in building.vertical_links for stop in link.stops)


def _doors_nearby(space: Space, building: Building) -> list[Opening]:
    """The doors at this room that join nothing."""
    loose = [o for o in building.openings if o.between is None and abs(o.z0_m - space.z0_m) < space.height_m]
    if not loose:
        return []
    import shapely

    area = to_shape(space.footprint)
    return [o for o in loose if shapely.LineString(o.line).distance(area) <= DOOR_NEAR_M]
