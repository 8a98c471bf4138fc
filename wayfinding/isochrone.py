"""How far one comes in so many seconds: the spaces that are reached, and what of each floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from building.labels import label_point
from building.masonry import from_shape
from building.model import Polygon
from building.places import Place
from wayfinding.cells import Cells
from wayfinding.conditions import FREE, Conditions
from wayfinding.profile import Profile
from wayfinding.reach import Outward, Reach
from wayfinding.visibility import SHORTEN, Bools, Floats, Ints, sees_points, touches

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedSpace:
    """``seconds`` are those of the route to it, which ends where its name is written."""

    space: Place
    seconds: float
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What of a floor is reached within ``seconds``, in squares of ``cell_m``: a square counts by one point of it."""

    floor: str
    seconds: float
    cell_m: float
    polygons: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Isochrone:
    """``spaces`` are those within the longest time, soonest first."""

    spaces: tuple[ReachedSpace, ...]
    areas: tuple[Area, ...]


def make_isochrone(
    router: Router,
    start: Endpoint,
    seconds: Sequence[float],
    *,
    profile: Profile,
    now: Conditions = FREE,
    draw: bool = True,
) -> Isochrone:
    """From a place, for each of those times; ``NoRoute`` where the profile cannot even be at the start.

    To ``draw`` takes ten times as long as to say which spaces are reached.
    """
    reach = Reach(router, start, profile=profile, now=now)
    if reach.outward is None:
        raise now.refuse(router, start, start, profile)
    longest_s = max(seconds, default=0.0)
    found = ((space, reach.to(space)) for space in _spaces(router, reach))
    spaces = [
        ReachedSpace(space=space, seconds=cost.seconds, metres=cost.metres)
        for space, cost in found
        if cost is not None and cost.seconds <= longest_s
    ]
    areas: list[Area] = []
    for floor, cells in enumerate(router.network.cells(profile) if draw else ()):
        taken = _seconds(reach, reach.outward, floor, cells, longest_s)
        for within_s in sorted(set(seconds)):
            polygons = from_shape(_draw(cells, taken <= within_s))
            if polygons:
                name = reach.graph.floors[floor].floor.id
                areas.append(Area(floor=name, seconds=within_s, cell_m=cells.size_m, polygons=polygons))
    return Isochrone(spaces=tuple(sorted(spaces, key=lambda s: (s.seconds, s.space.id))), areas=tuple(areas))


def _spaces(router: Router, reach: Reach) -> Iterator[Place]:
    entered = {name for floor in reach.graph.floors for name in floor.shapes}
    for space in router.network.building.spaces:
        at = label_point(space.footprint) if space.walkable and space.id in entered else None
        if at is not None:
            yield Place(id=space.id, floor=space.floor, at=at, name=space.name, kind=space.kind, number=space.number)


def _seconds(reach: Reach, outward: Outward, floor: int, cells: Cells, longest_s: float) -> Floats:
    """To each cell of a floor; inf where none leads there in time."""
    graph, start, first = reach.graph, reach.start, reach.graph.first[floor]
    corners, speed_m_s = graph.corners[floor], graph.profile.speed_m_s
    taken = np.full(len(cells.at), np.inf)
    if start is not None and start.floor == floor:
        which = np.flatnonzero(cells.piece == start.part)
        which = which[sees_points(corners, start.part, np.array(start.stand), cells.at[which])]
        lines = _lines(np.broadcast_to(start.stand, (len(which), 2)), cells.at[which])
        may = _may_go(reach, floor, lines)
        which, lines = which[may], lines[may]
        taken[which] = np.hypot(*(cells.at[which] - start.stand).T) / speed_m_s
        taken[which] += graph.slowed_s(floor, lines, reach.waits)
    nodes = np.arange(len(corners.at))
    nodes = nodes[(outward.seconds[nodes + first] <= longest_s) & (corners.part >= 0)]
    for piece in np.unique(corners.part[nodes]):
        open_cells = np.flatnonzero((cells.piece == piece) & np.isinf(taken))
        taken[open_cells] = _through(
            reach, outward, floor, nodes=nodes[corners.part[nodes] == piece], points=cells.at[open_cells],
            longest_s=longest_s,
        )  # fmt: skip
    return taken


def _through(
    reach: Reach, outward: Outward, floor: int, *, nodes: Ints, points: Floats, longest_s: float
) -> Floats:  # fmt: skip
    """To points of one connected piece by its nodes: by the first that sees a point, in the order of what the way over
    each would count for.
    """
    graph, corners = reach.graph, reach.graph.corners[floor]
    walk_s = np.hypot(*(points[:, None, :] - corners.at[nodes]).T).T / graph.profile.speed_m_s
    in_time = (outward.seconds[nodes + graph.first[floor]] + walk_s).min(axis=1, initial=np.inf) <= longest_s
    counts = outward.tree.seconds[nodes + graph.first[floor]] + walk_s
    counts[~touches(corners, nodes, points[:, None, :] - corners.at[nodes])] = np.inf
    order = np.argsort(counts, axis=1)
    walls = shapely.boundary(corners.pieces[int(corners.part[nodes[0]])])
    shapely.prepare(walls)
    taken = np.full(len(points), np.inf)
    asked = np.flatnonzero(in_time)
    for rank in range(len(nodes)):
        best = order[asked, rank]
        asked, best = (kept[np.isfinite(counts[asked, best])] for kept in (asked, best))
        if not len(asked):
            break
        lines = _lines(corners.at[nodes[best]], points[asked])
        seen = ~shapely.intersects(walls, shapely.linestrings(_shortened(lines).reshape(-1, 2, 2)))
        seen[seen] = _may_go(reach, floor, lines[seen])
        done, over = asked[seen], best[seen]
        taken[done] = outward.seconds[nodes[over] + graph.first[floor]] + walk_s[done, over]
        taken[done] += graph.slowed_s(floor, lines[seen], reach.waits)
        asked = asked[~seen]
    return taken


def _lines(starts: Floats, ends: Floats) -> Floats:
    return np.concatenate([starts, ends], axis=1)


def _shortened(lines: Floats) -> Floats:
    """Not touching the corner they start at."""
    off = np.concatenate([lines[:, 2:] - lines[:, :2], np.zeros((len(lines), 2))], axis=1)
    return lines + off * SHORTEN


def _may_go(reach: Reach, floor: int, lines: Floats) -> Bools:
    """Which lead through nothing closed, and no one-way gate the wrong way."""
    walkable = reach.graph.floors[floor]
    may = ~walkable.gates.against(lines)
    if reach.now.closed:
        may &= ~walkable.blocked(lines, reach.now.closed)
    return may


def _draw(cells: Cells, inside: Any) -> Any:
    """The cells in one shape; a space that is reached everywhere is drawn as it is."""
    whole = []
    for number, (_, shape) in enumerate(cells.spaces):
        own = cells.space == number
        if not (own & inside).any():
            continue
        whole.append(shape if inside[own].all() else shapely.union_all(cells.drawn[own & inside]))
    return shapely.union_all(whole)
