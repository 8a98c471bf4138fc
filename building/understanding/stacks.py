"""Stairwells and lift shafts that a file draws as rooms, floor above floor, with no stair or lift in them."""

from __future__ import annotations

from collections.abc import Sequence

from building.model import LinkKind, VerticalLink
from building.survey import SeenLink
from building.understanding.kinds import names_a_lift
from building.understanding.plans import Room, Rooms

OVERLAP_SHARE = 0.5
GAP_MAX_M = 1.2
"""Between the ceiling of one and the floor of the next: a slab and what hangs under it."""


def stacked_links(rooms: Rooms, known: Sequence[VerticalLink]) -> list[SeenLink]:
    """A link for each stack of rooms called a stairwell or a lift, where the file shows none that joins them."""
    found: list[SeenLink] = []
    stairs = [r for r in rooms.all if r.space.kind == "stair"]
    lifts = [r for r in rooms.all if r.space.kind == "shaft" and names_a_lift(r.words)]
    kinds: tuple[tuple[LinkKind, list[Room]], ...] = (("stairs", stairs), ("lift", lifts))
    for kind, candidates in kinds:
        found += [
            _link(kind, stack)
            for stack in _stacks(candidates)
            if (kind == "lift" or len(stack) > 1) and not _joined(stack, known)
        ]
    return found


def _link(kind: LinkKind, stack: Sequence[Room]) -> SeenLink:
    lowest = stack[0]
    return SeenLink(
        key=f"stack-{lowest.space.key}",
        name=lowest.space.name,
        kind=kind,
        runs=(),
        spaces=tuple(r.space.key for r in stack),
        by_name=True,
    )


def _stacks(candidates: Sequence[Room]) -> list[list[Room]]:
    """Rooms one above the other, lowest first."""
    waiting = sorted(candidates, key=lambda r: (round(r.z0_m, 2), r.id))
    stacks: list[list[Room]] = []
    for room in waiting:
        below = [s for s in stacks if _stands_on(room, s[-1])]
        if below:
            min(below, key=lambda s: (round(s[-1].plan.centroid.distance(room.plan.centroid), 2), s[0].id)).append(room)
        else:
            stacks.append([room])
    return stacks


def _stands_on(upper: Room, lower: Room) -> bool:
    common = upper.plan.intersection(lower.plan).area
    return bool(
        upper.space.floor != lower.space.floor
        and -GAP_MAX_M <= upper.z0_m - lower.z1_m <= GAP_MAX_M
        and common >= OVERLAP_SHARE * min(upper.plan.area, lower.plan.area)
    )


def _joined(stack: Sequence[Room], known: Sequence[VerticalLink]) -> bool:
    """Whether a link of the file already leads through this stack."""
    ids, floors = {r.id for r in stack}, {r.space.floor for r in stack}
    for link in known:
        through = {*(s.space for s in link.stops), *link.shafts.values()}
        if through & ids and (len(ids) == 1 or len({s.floor for s in link.stops} & floors) > 1):
            return True
    return False
