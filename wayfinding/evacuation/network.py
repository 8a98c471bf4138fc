"""A building as people leave it: zones they stand in, passages between them, and the metres from one to the next.

A passage is one direction through a door, a lane of a wide opening, or a flight of stairs. Metres inside a space are
those of the shortest way around its walls and furniture, by the corners the router bends its ways at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, hypot
from typing import Any, Literal

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from building.model import OUT, XY, Building, Opening
from wayfinding.links import Ride, list_rides
from wayfinding.profile import Profile, Way
from wayfinding.visibility import Floats, Ints, find_corners, sight_lines
from wayfinding.walkable import Walkable, make_walkable, to_shape

Kind = Literal["door", "stairs_down", "stairs_up", "ramp", "refuge"]

REFUGE = "REFUGE"
"""Where those wait who cannot go on by themselves: the landing of a stair."""
LANE_M = 5.0
"""A wider opening is several passages side by side, or all would have to cross it in its middle."""
CELL_M2, CELLS = 16.0, 24
"""People are taken to stand at points that each speak for that much floor, and so many at most in a space."""

BODY = Profile(
    id="evacuation",
    name={"zh": "疏散", "en": "Evacuation"},
    speed_m_s=1.0,
    clearance_m=0.25,
    min_width_m=0.5,
    # At 1 m/s the seconds of a ride are the metres walked.
    stairs=Way(speed_up_m_s=1.0, speed_down_m_s=1.0),
    ramp=Way(speed_up_m_s=1.0, speed_down_m_s=1.0),
    escalator=Way(allowed=False),
    lift=Way(allowed=False),
    max_access="restricted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One way from space to space, or to ``OUT``. ``id`` is the opening's or the link's."""

    id: str
    kind: Kind
    a: str
    b: str
    width_m: float
    length_m: float
    step_free: bool
    shut_by: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A space people are in. ``cells`` are the points they stand at, each with its metres to the passages out."""

    id: str
    floor: str
    area_m2: float
    cells: tuple[tuple[tuple[int, float], ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvacuationNetwork:
    """``legs`` are the passages one may take after a passage, as rows (passage, next), and ``metres`` between them."""

    zones: Mapping[str, Zone]
    passages: tuple[Passage, ...]
    legs: Ints
    metres: Floats

    @property
    def exits(self) -> tuple[str, ...]:
        """The openings and links that lead out."""
        return tuple(dict.fromkeys(p.id for p in self.passages if p.b == OUT))


@dataclass(frozen=True, slots=True)
class _End:
    """A passage with the points it is entered and left at."""

    passage: Passage
    enter_at: XY
    leave_at: XY


def compile_evacuation(building: Building) -> EvacuationNetwork:
    """Everything a plan needs of a building; once for each of its versions."""
    floors = {floor.id: make_walkable(building, floor, BODY) for floor in building.floors}
    spaces = {s.id: s for s in building.spaces if s.floor in floors and s.id in floors[s.floor].shapes}
    ends: list[_End] = []
    for opening in building.openings:
        ends += _through(opening, frozenset(spaces))
    for ride in list_rides(building, BODY):
        ends += _climbed(ride, building, frozenset(spaces))
    zones: dict[str, Zone] = {}
    legs: list[tuple[int, int]] = []
    between: list[float] = []
    for space in spaces.values():
        out = [n for n, end in enumerate(ends) if end.passage.a == space.id]
        into = [n for n, end in enumerate(ends) if end.passage.b == space.id]
        walkable = floors[space.floor]
        cells = _cells(walkable, space.id)
        points = [*cells, *(ends[n].leave_at for n in into), *(ends[n].enter_at for n in out)]
        metres = _metres(walkable, space.id, points, len(cells))
        to_out = metres[:, len(cells) + len(into) :]
        zones[space.id] = Zone(
            id=space.id,
            floor=space.floor,
            area_m2=max(float(to_shape(space.footprint).area), 1.0),
            cells=tuple(tuple(zip(out, row, strict=True)) for row in to_out[: len(cells)].tolist()),
        )
        for p, row in zip(into, to_out[len(cells) :].tolist(), strict=False):
            for q, metre in zip(out, row, strict=True):
                if not _turns_back(ends[p], ends[q]):
                    legs.append((p, q))
                    between.append(metre)
    return EvacuationNetwork(
        zones=zones,
        passages=tuple(end.passage for end in ends),
        legs=np.array(legs, dtype=np.int64).reshape(-1, 2),
        metres=np.array(between),
    )


def _turns_back(came: _End, goes: _End) -> bool:
    return goes.passage.id == came.passage.id and goes.passage.b == came.passage.a


def _through(opening: Opening, spaces: frozenset[str]) -> Iterator[_End]:
    """The passages through a door, lane by lane; none where nobody can leave by it on foot."""
    if opening.between is None or opening.link is not None or opening.vehicles_only or opening.goods_only:
        return
    if opening.width_m < BODY.min_width_m or (OUT in opening.between and not opening.exit):
        return
    ways = [opening.one_way] if opening.one_way is not None else [opening.between, opening.between[::-1]]
    ways = [(a, b) for a, b in ways if a in spaces and (b in spaces or b == OUT)]
    lanes = max(1, ceil(opening.width_m / LANE_M))
    (x0, y0), (x1, y1) = opening.line
    for lane in range(lanes):
        share = (lane + 0.5) / lanes
        at = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
        for a, b in ways:
            passage = Passage(
                id=opening.id, kind="door", a=a, b=b, width_m=opening.width_m / lanes, length_m=0.0,
                step_free=opening.step_free, shut_by=_named(opening.id, opening.device),
            )  # fmt: skip
            yield _End(passage, at, at)


def _climbed(ride: Ride, building: Building, spaces: frozenset[str]) -> Iterator[_End]:
    """A flight as a passage, and the landing it starts at as a refuge from stairs."""
    a, b = ride.start.space, ride.end.space
    if a not in spaces or (b not in spaces and b != OUT):
        return
    link = next(link for link in building.vertical_links if link.id == ride.link)
    climbs = ride.line[-1][2] > ride.line[0][2]
    kind: Kind = "ramp" if ride.kind == "ramp" else "stairs_up" if climbs else "stairs_down"
    enter_at, leave_at = ride.start.at, ride.end.at
    yield _End(
        Passage(
            id=ride.link, kind=kind, a=a, b=b, width_m=link.width_m, length_m=ride.seconds,
            step_free=kind == "ramp" and link.step_free, shut_by=ride.shut_by - {a, b},
        ),
        enter_at,
        leave_at,
    )  # fmt: skip
    if kind != "ramp":
        yield _End(
            Passage(
                id=ride.link, kind="refuge", a=a, b=REFUGE, width_m=link.width_m, length_m=0.0, step_free=True,
                shut_by=frozenset(),
            ),
            enter_at,
            enter_at,
        )  # fmt: skip


def _named(*names: str | None) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)


# Inside a space -------------------------------------------------------------------------------------------------------


def _floor_of(walkable: Walkable, space: str) -> Any:
    """Where one can stand in the space; the space as drawn where furniture fills it."""
    return walkable.parts.get(space, walkable.shapes[space])


def _cells(walkable: Walkable, space: str) -> list[XY]:
    """The points people stand at: the middles of a grid's cells, as far as one can stand there."""
    ground = _floor_of(walkable, space)
    wanted = min(CELLS, max(1, round(ground.area / CELL_M2)))
    x0, y0, x1, y1 = ground.bounds
    step = max(hypot(x1 - x0, y1 - y0) / 2000, (ground.area / wanted) ** 0.5)
    xs = np.linspace(x0, x1, max(1, round((x1 - x0) / step)) * 2 + 1)[1::2]
    ys = np.linspace(y0, y1, max(1, round((y1 - y0) / step)) * 2 + 1)[1::2]
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    inside = grid[shapely.intersects(ground, shapely.points(grid))]
    if not len(inside):
        inside = shapely.get_coordinates(shapely.point_on_surface(ground))
    picked = np.linspace(0, len(inside) - 1, min(len(inside), CELLS)).round().astype(int)
    return [(float(x), float(y)) for x, y in inside[picked]]


def _metres(walkable: Walkable, space: str, points: list[XY], cells: int) -> Floats:
    """Metres between all points of a space, round what stands in it; straight where no way round is drawn."""
    at = np.array(points)
    straight: Floats = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))
    if space not in walkable.parts or len(at) == cells:
        return straight
    # Openings lie in walls: who comes through steps to the nearest point one can stand at.
    lines = shapely.shortest_line(walkable.parts[space], shapely.points(at))
    stands = np.array([shapely.get_coordinates(line)[0] for line in lines])
    steps = np.hypot(*(at - stands).T)
    corners = find_corners(walkable.free.intersection(walkable.shapes[space]), points=stands)
    i, j = sight_lines(corners)
    length = np.maximum(np.hypot(*(corners.at[i] - corners.at[j]).T), 1e-9)
    count = len(corners.at)
    graph = csr_matrix((length, (i, j)), shape=(count, count))
    mine = np.arange(count - len(at), count)
    around = dijkstra(graph, directed=False, indices=mine)[:, mine]
    found: Floats = np.where(np.isfinite(around), around + steps[:, None] + steps[None, :], straight)
    np.fill_diagonal(found, 0.0)
    return found
