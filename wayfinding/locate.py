"""Where somebody is who sees these signs: on which floor, at which point, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from building.masonry import cut_walls
from building.model import XY, Building, Floor
from wayfinding.errors import Unanswerable
from wayfinding.profile import Profile
from wayfinding.visibility import Bools, Floats

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router

SIGHT_M = 30.0
"""Nobody reads a sign that is further away."""
EYE_M = 1.5
ON_WALL_M = 0.6
"""A sign hangs on what is behind it: the last stretch of the line of sight may meet that."""
SEE_THROUGH = frozenset({"open", "turnstile", "gate", "automatic"})
"""Kinds of openings that are open to the eye: other doors are shut, as far as anybody knows."""
SURE = 0.9
"""The part of where one may be that lies within the uncertainty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """``uncertain_m``: nine tenths of all points from which these signs are seen are no further from ``at``."""

    floor: Floor
    at: XY
    space: str | None
    uncertain_m: float


def locate(router: Router, seen: Sequence[Endpoint], *, profile: Profile) -> Located:
    """The point that is nearest to all of the signs, of those from which all are seen."""
    building = router.network.building
    floors = {sign.floor for sign in seen}
    places = {(sign.floor, _hangs_at(building, sign)) for sign in seen}
    if len(places) < 2:
        raise Unanswerable(
            "two_signs",
            {"zh": "请说出看到的两处不同的标识。", "en": "Name two different signs that you see."},
        )
    graph = router.network.graph(profile)
    floor = graph.floor_of.get(next(iter(floors)) or "") if len(floors) == 1 else None
    if floor is None:
        raise Unanswerable(
            "not_one_floor",
            {"zh": "这些标识不在同一楼层。", "en": "These signs are not on one floor."},
        )
    cells = router.network.cells(profile)[floor]
    walkable = graph.floors[floor]
    signs = np.array(sorted(at for _, at in places))
    away = np.stack([np.hypot(*(cells.at - sign).T) for sign in signs])
    seeing: Bools = np.all(away <= SIGHT_M, axis=0)
    blinds = _blinds(building, walkable.floor)
    for sign in signs:
        which = np.flatnonzero(seeing)
        seeing[which] = _sees(cells.at[which], sign, blinds)
    which = np.flatnonzero(seeing)
    if not len(which):
        raise Unanswerable(
            "not_seen_together",
            {"zh": "没有地点能同时看到这些标识。", "en": "There is no point from which these signs are all seen."},
        )
    # Between two signs many points are as near to both together: of those the one that is far from neither.
    order = np.lexsort((cells.at[which, 1], cells.at[which, 0], away[:, which].sum(axis=0), away[:, which].max(axis=0)))
    best = which[order[0]]
    spread_m = np.hypot(*(cells.at[which] - cells.at[best]).T)
    return Located(
        floor=walkable.floor,
        at=(float(cells.at[best, 0]), float(cells.at[best, 1])),
        space=cells.spaces[int(cells.space[best])][0],
        uncertain_m=max(float(np.quantile(spread_m, SURE)), cells.size_m),
    )


def _hangs_at(building: Building, sign: Endpoint) -> XY:
    """A window's number hangs over its counter, not where one stands."""
    window = next((w for w in building.windows if w.id == sign.id), None)
    return (window.at if window else sign.at) or (0.0, 0.0)


def _blinds(building: Building, floor: Floor) -> Any:
    """What nobody sees through at the height of the eye: walls, and doors as they stand shut."""
    eye_m = floor.elevation_m + EYE_M
    walls = [
        shape
        for _, parts in cut_walls(building, floor.id)
        for z0_m, height_m, shape in parts
        if z0_m < eye_m < z0_m + height_m
    ]
    doors = [shapely.LineString(o.line) for o in building.openings if o.floor == floor.id and o.kind not in SEE_THROUGH]
    return shapely.STRtree([*walls, *doors])


def _sees(points: Floats, sign: Floats, blinds: Any) -> Bools:
    away = np.hypot(*(points - sign).T)
    kept = np.maximum(away - ON_WALL_M, 0.0) / np.maximum(away, ON_WALL_M)
    ends = points + (sign - points) * kept[:, None]
    lines = shapely.linestrings(np.stack([points, ends], axis=1))
    sees = np.ones(len(points), dtype=np.bool_)
    sees[np.unique(blinds.query(lines, predicate="intersects")[0])] = False
    return sees
