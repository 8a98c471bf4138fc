"""Where a body can stand: per floor, the spaces a profile may enter, joined by their openings, less all obstacles.

Spaces meet only through openings: each is shrunk by a hair, so that two drawn edge to edge stay apart, and every
opening lays a room across the wall (or hair) between its two. What is left is eroded by the body's radius.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from building.model import OUT, XY, Building, Floor, Opening, Polygon, Wall
from wayfinding.gates import Gates, make_gate
from wayfinding.outdoors import ground_of
from wayfinding.profile import Profile
from wayfinding.visibility import Bools, Floats

HAIR_M = 0.01
MEND_M = 0.003
"""Slits left by inexact drawing are closed; must stay well below the hair."""
STEP_BACK_M = 0.002
CURB_M, SLAB_M = 0.03, 0.2
"""A wall that ends lower above the floor is no obstacle; one from the floor below may reach up into the slab."""
HEADROOM_M = 2.0
"""What hangs higher above the floor than this stops nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walkable:
    """One floor. ``free`` is where a body's middle may be; ``parts`` the same by space or outdoor place.

    ``shapes`` are the drawn footprints of the spaces entered, ``barred`` what the profile has no right to enter;
    ``heights`` the ground's z where it is not the floor's.
    ``arrivals`` are where people come from the street, ``unjoined`` openings that found nothing to join;
    ``cores`` are the insides of the shapes, which who only passes along a border does not enter. Nothing kept here
    is prepared: asking a prepared shape writes into it, and many threads ask at once.
    """

    floor: Floor
    free: Any
    parts: Mapping[str, Any]
    shapes: Mapping[str, Any]
    barred: Any
    heights: Mapping[str, float]
    arrivals: tuple[XY, ...]
    gates: Gates
    unjoined: tuple[str, ...]
    cores: Mapping[str, Any]
    tree: Any

    def find_stand(self, at: XY, *, space: str | None = None, reach_m: float) -> XY | None:
        """The nearest point to stand at within reach; None if there is none.

        It lies in that space, or in the one the point lies in; only a point in no space, or in one that nobody
        walks (a shaft, a wall), may be stood at from next door.
        """
        point = shapely.Point(at)
        if space is None:
            space = next(iter(self.places_at(at)), None)
        if space is None and shapely.intersects(self.barred, point):
            return None
        parts = list(self.parts.values()) if space is None else [self.parts[space]] if space in self.parts else []
        best: tuple[float, XY] | None = None
        for part in parts:
            distance = float(shapely.distance(part, point))
            if distance <= reach_m and (best is None or distance < best[0]):
                stand = shapely.get_coordinates(shapely.shortest_line(part, point))[0]
                best = (distance, (float(stand[0]), float(stand[1])))
        return best[1] if best else None

    def places_at(self, at: XY) -> list[str]:
        """The spaces and outdoor places entered there: one, or several on a border."""
        places = list(self.shapes)
        return [places[n] for n in sorted(self.tree.query(shapely.Point(at), predicate="intersects"))]

    def z_at(self, at: XY) -> float:
        """The height of the ground there."""
        places = self.places_at(at) if self.heights else []
        return next((self.heights[place] for place in places if place in self.heights), self.floor.elevation_m)

    def blocked(self, segments: Floats, closed: frozenset[str]) -> Bools:
        """Which segments lead through something closed."""
        blocked: Bools = (self.gates.crossings(segments, self.gates.named(closed)) != 0).any(axis=1)
        for space in closed & self.cores.keys():
            blocked |= shapely.intersects(self.cores[space], shapely.linestrings(segments.reshape(-1, 2, 2)))
        return blocked


def to_shape(polygons: Iterable[Polygon]) -> Any:
    """One valid shapely geometry of several drawn polygons."""
    shapes = [shapely.make_valid(shapely.Polygon(p.outer, p.holes)) for p in polygons]
    return shapely.union_all(shapes) if shapes else shapely.Polygon()


def make_walkable(building: Building, floor: Floor, profile: Profile) -> Walkable:
    """The floor as the profile may walk it."""
    here = [space for space in building.spaces if space.floor == floor.id]
    drawn = _apart({space.id: to_shape(space.footprint) for space in here})
    passed_through = _stairwells(building)
    entered = {
        space.id: drawn[space.id]
        for space in here
        if (space.walkable or space.id in passed_through) and profile.may_enter(space.access)
    }
    ground = ground_of(building, floor, drawn.values())
    shapes = {**entered, **ground.places}
    walls = shapely.union_all([to_shape(w.footprint) for w in building.walls if _stands_in_the_way(w, floor)])
    shapely.prepare(walls)
    bare = {space: shape.difference(walls).buffer(-HAIR_M, join_style="mitre") for space, shape in shapes.items()}
    if len(ground.places) > 1:
        bare[OUT] = shapely.union_all([bare[place] for place in ground.places])
    gates, unjoined = [], []
    for opening in building.openings:
        if opening.floor == floor.id and _may_pass(building, opening, profile):
            gate = make_gate(opening, bare)
            if gate is not None:
                gates.append(gate)
            elif opening.between is not None and all(end in bare for end in opening.between):
                unjoined.append(opening.id)
    gates += [g for join in ground.joins if (g := make_gate(join, bare)) is not None]
    obstacles = shapely.union_all(
        [to_shape((f.footprint,)) for f in building.furniture if f.floor == floor.id and f.blocks]
    )
    # A door is cut into its wall; where a passage is open, what stands in it stays.
    rooms = [gate.room.difference(walls) if gate.opening.kind == "open" else gate.room for gate in gates]
    raw = shapely.union_all([*bare.values(), *rooms]).difference(obstacles)
    free = raw.buffer(MEND_M, join_style="mitre").buffer(-MEND_M - profile.clearance_m, join_style="mitre")
    slots = [slot for gate in gates if (slot := gate.slot(profile.clearance_m)) is not None]
    free = shapely.union_all([free, *(slot.intersection(raw) for slot in slots)])
    free = shapely.make_valid(shapely.simplify(free, 0.002))
    cores = {space: shape.buffer(-HAIR_M, join_style="mitre") for space, shape in shapes.items()}
    barred = [drawn[space.id] for space in here if space.walkable and not profile.may_enter(space.access)]
    tree = shapely.STRtree(list(shapes.values()))
    tree.query(shapely.Point(0.0, 0.0))  # the first question builds it
    return Walkable(
        floor=floor,
        free=free,
        parts={space: part for space, shape in shapes.items() if not (part := _inside(free, shape)).is_empty},
        shapes=shapes,
        barred=shapely.union_all(barred),
        heights=ground.heights,
        arrivals=ground.arrivals,
        gates=Gates(gates),
        unjoined=tuple(unjoined),
        cores=cores,
        tree=tree,
    )


def _stands_in_the_way(wall: Wall, floor: Floor) -> bool:
    """At the height of a body; walls and columns may run through several floors and are listed on one."""
    step_m = CURB_M if wall.floor == floor.id else SLAB_M
    return wall.z0_m < floor.elevation_m + HEADROOM_M and wall.z0_m + wall.height_m > floor.elevation_m + step_m


def _inside(free: Any, shape: Any) -> Any:
    """What of the free space lies in the shape, a hair off its walls: who stands on a line sees along it badly."""
    return free.intersection(shape).buffer(-STEP_BACK_M, join_style="mitre")


def _apart(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Where spaces overlap (an area drawn inside a hall), the smaller keeps the ground."""
    order = sorted(drawn, key=lambda space: (drawn[space].area, space))
    tree = shapely.STRtree([drawn[space] for space in order])
    apart = {}
    for rank, space in enumerate(order):
        shape = drawn[space]
        smaller = [order[i] for i in tree.query(shape, predicate="intersects") if i < rank]
        over = [drawn[other] for other in smaller if drawn[other].intersection(shape).area > 1e-3]
        apart[space] = shape.difference(shapely.union_all(over)) if over else shape
    return apart


def _stairwells(building: Building) -> frozenset[str]:
    """Spaces nobody is sent to, but that stairs and ramps start in."""
    on_foot = [link for link in building.vertical_links if link.kind in {"stairs", "ramp"}]
    return frozenset(stop.space for link in on_foot for stop in link.stops) | frozenset(
        space for link in on_foot for space in link.shafts.values()
    )


def _may_pass(building: Building, opening: Opening, profile: Profile) -> bool:
    if opening.between is None or opening.link is not None or opening.vehicles_only or opening.goods_only:
        return False
    if OUT in opening.between and not (opening.exit and (opening.kind != "fire" or _only_fire_exits(building))):
        return False
    if profile.step_free_only and not opening.step_free:
        return False
    return opening.width_m >= profile.min_width_m or opening.kind == "open"


def _only_fire_exits(building: Building) -> bool:
    """Emergency exits are no entrances, unless the building has nothing else."""
    exits = [o for o in building.openings if o.exit and o.between is not None and OUT in o.between]
    return all(o.kind == "fire" or o.vehicles_only or o.goods_only for o in exits)
