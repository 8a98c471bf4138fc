"""Rooms that nobody enters, told by shape and place where no word tells it: attics, roofs, ducts, crawl spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from building.model import OUT, Opening, Space, VerticalLink
from building.understanding.plans import Rooms

HEAD_ROOM_M = 1.5
DUCT_WIDTH_M = 0.7
DUCT_AREA_M2 = 1.0
ABOVE_SHARE = 0.3
UNDER_THE_SKY = ("roof", "attic")
DOOR_NEAR_M = 0.5  # a door that leads nowhere yet still is a door of the room


def entered(
    rooms: Rooms,
    *,
    stated: set[str],
    openings: Sequence[Opening],
    links: Sequence[VerticalLink],
    ground_m: float,
    warnings: list[str],
) -> list[Space]:
    """All spaces; those without any way in that are too low, too narrow or under the roof are not walkable.

    ``stated`` are the ids whose use the file itself says.
    """
    ways = {end for o in openings for end in o.between or () if end != OUT}
    ways |= {s.space for link in links for s in link.stops} | {s for link in links for s in link.shafts.values()}
    dangling = [(shapely.LineString(o.line), o.z0_m) for o in openings if o.between is None]
    served = {r.space.floor for r in rooms.all if r.id in ways}
    found = []
    for room in rooms.all:
        space = room.space
        shut = space.walkable and space.id not in ways and space.id not in stated
        if not shut or any(
            abs(z0_m - room.z0_m) < HEAD_ROOM_M and d.distance(room.plan) < DOOR_NEAR_M for d, z0_m in dangling
        ):
            found.append(space)
            continue
        kind, why = _use(room.plan, room.z1_m - room.z0_m)
        if space.kind in UNDER_THE_SKY:
            kind, why = space.kind, f"no door and no stair, and is called {next(iter(space.name.values()), '')}"
        if (
            not kind
            and space.floor not in served
            and room.z0_m > ground_m + HEAD_ROOM_M
            and not _covered(room.id, rooms)
        ):
            kind, why = "attic", "no door, no stair and no room above it"
        if kind:
            warnings.append(f"room {space.number or space.key} has {why}: taken for a {kind} that nobody enters")
            space = replace(space, walkable=False, kind=kind)
        found.append(space)
    return found


def _use(plan: shapely.Geometry, height_m: float) -> tuple[str, str]:
    if height_m < HEAD_ROOM_M:
        return "void", f"no door and only {height_m:.2f} m of height"
    if plan.area < DUCT_AREA_M2 or shapely.maximum_inscribed_circle(plan, 0.02).length * 2 < DUCT_WIDTH_M:
        return "shaft", f"no door and only {plan.area:.1f} m² or a duct's width"
    return "", ""


def _covered(room_id: str, rooms: Rooms) -> bool:
    """Whether another room lies above it."""
    room = rooms.by_id[room_id]
    return any(
        other.z0_m > room.z0_m + HEAD_ROOM_M and other.plan.intersection(room.plan).area > ABOVE_SHARE * room.plan.area
        for other in rooms.near(room.plan)
    )
