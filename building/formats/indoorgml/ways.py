"""What the file states to be joined: transitions between rooms, with nodes that are no rooms taken out of the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import shapely

from building.formats.indoorgml import words
from building.formats.indoorgml.cells import Room
from building.formats.indoorgml.features import Features, Transition
from building.formats.indoorgml.geometry import Geometry
from building.model import OUT, XYZ, SourceId, Text, key_of

TOUCH_M = 0.05
HUB_MAX = 12
"""A node without a shape that joins more cells than this is no door."""


@dataclass(slots=True)
class Way:
    """A statement that one gets from ``a`` to ``b`` (cell keys, or ``OUT``), ``through`` a thin cell where one lies."""

    a: str
    b: str
    transition: Transition | None = None
    through: Room | None = None
    boundary: str | None = None
    """The id of the surface it goes through, where the file names one."""

    @property
    def said(self) -> Mapping[str, str]:
        return self.transition.said if self.transition else {}

    @property
    def text(self) -> str:
        return self.transition.text if self.transition else ""

    @property
    def is_ours(self) -> bool:
        """Whether we wrote it, with all that we know of it."""
        return self.transition is not None and self.transition.own_id is not None

    def path(self, geometry: Geometry) -> tuple[XYZ, ...]:
        return geometry.line(self.transition.element.find("geometry")) if self.transition else ()

    def key(self, spare: str) -> str:
        """Its own; ``spare`` stands for what has none."""
        if self.transition is not None:
            return key_of(self.transition.own_id) if self.transition.own_id else words.key(self.transition.key)
        base = self.through.key if self.through is not None else self.boundary or spare
        return words.key("-".join((base, *("out" if end == OUT else end for end in (self.a, self.b)))))

    def name(self, spare: Text) -> Text:
        own = self.transition or (self.through.cell if self.through else None)
        return own.name if own is not None and (own.name or own.own_id) else spare

    def source(self) -> SourceId | None:
        own = self.transition or (self.through.cell if self.through else None)
        return words.source(own.key) if own is not None and own.own_id is None else None


@dataclass(slots=True)
class Plan:
    """What is known of the cells while ways are read: those with a shape, thin ones that are doors, the outside."""

    rooms: dict[str, Room]
    doors: dict[str, Room] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    anchors: frozenset[str] = frozenset()
    """Cells that lead outside by the standard's own word."""

    def key(self, cell: str) -> str:
        return OUT if cell == OUT else self.rooms[cell].key


def ways_of(features: Features, plan: Plan) -> list[Way]:
    """Every statement, with nodes that have no room of their own taken out of the way."""
    direct: list[Way] = []
    beyond: dict[str, set[str]] = defaultdict(set)
    dangling = 0
    for t in features.transitions:
        ends = [_node(end, features, plan) for end in t.ends]
        if len(ends) != 2 or None in ends:
            dangling += 1
            continue
        a, b = (str(e) for e in ends)
        if a == b:
            continue
        if all(e in plan.rooms or e == OUT for e in (a, b)):
            direct.append(Way(a, b, t, boundary=t.boundary))
        else:
            beyond[a].add(b)
            beyond[b].add(a)
    if not features.transitions:
        direct += _through_boundaries(features, plan)
        for a, b in _touching(plan):
            beyond[a].add(b)
        features.warnings.append("the file holds no graph: only its doors and passable boundaries join its rooms")
    if dangling:
        features.warnings.append(f"{dangling} transitions refer to states that are not in the file and are left out")
    for anchor in sorted(plan.anchors):
        if anchor in plan.rooms:
            direct.append(Way(anchor, OUT))
        else:
            beyond[anchor].add(OUT)
    return direct + list(_contracted(beyond, plan, features.warnings))


def _through_boundaries(features: Features, plan: Plan) -> Iterator[Way]:
    """A boundary that is meant to be passed joins the cells it bounds; an anchor boundary leads out of its one."""
    sides: dict[str, list[str]] = defaultdict(list)
    for key in plan.rooms:
        for boundary in features.cells[key].bounded_by:
            sides[boundary].append(key)
    for boundary, cells in sides.items():
        feature = features.boundaries.get(boundary)
        if feature is None or feature.element.tag not in _PASSABLE:
            continue
        if len(cells) == 1 and feature.element.tag == "AnchorBoundary":
            yield Way(cells[0], OUT, boundary=boundary)
        elif len(cells) == 2:
            yield Way(cells[0], cells[1], boundary=boundary)


_PASSABLE = frozenset({"ConnectionBoundary", "AnchorBoundary", "TransferBoundary", "NavigableBoundary"})


def _touching(plan: Plan) -> Iterator[tuple[str, str]]:
    """Thin cells that are doors, and the rooms they stand against on the same storey."""
    keys = list(plan.rooms)
    tree = shapely.STRtree([plan.rooms[k].plan for k in keys])
    for key, door in plan.doors.items():
        for i in tree.query(door.plan, predicate="dwithin", distance=TOUCH_M):
            room = plan.rooms[keys[i]]
            if room.z0_m < door.z1_m and door.z0_m < room.z1_m:
                yield key, keys[i]


def _node(end: str, features: Features, plan: Plan) -> str | None:
    state = features.states.get(end)
    cell = (state.cell if state else None) or end
    if cell in plan.outside or end in plan.outside:
        return OUT
    return cell if cell in features.cells else end if state else None


def _contracted(beyond: Mapping[str, set[str]], plan: Plan, warnings: list[str]) -> Iterator[Way]:
    """Doors and junctions that are nodes of their own: what lies on their sides is joined by them."""
    seen: set[str] = set()
    for start in sorted(beyond):
        if start in seen or start in plan.rooms or start == OUT:
            continue
        inner, sides, waiting = {start}, set[str](), [start]
        while waiting:
            for other in beyond[waiting.pop()]:
                if other in plan.rooms or other == OUT:
                    sides.add(other)
                elif other not in inner:
                    inner.add(other)
                    waiting.append(other)
        seen |= inner
        if not 2 <= len(sides) <= HUB_MAX:
            warnings.append(f"the node {start} has no shape and joins {len(sides)} rooms: it is left out")
            continue
        body = next((plan.doors[k] for k in sorted(inner) if k in plan.doors), None)
        yield from (Way(a, b, None, body) for a, b in combinations(sorted(sides), 2))
