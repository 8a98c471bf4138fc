"""People who walk by themselves: a crowd in JuPedSim, in the same building, as a judge of planned clearance times.

Its walkers keep their distance by themselves; how much a door of theirs passes is measured on one layout and given to
the plan as its one fitted figure. What the plan then says of other layouts is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely

from building.model import OUT, Building, Opening
from wayfinding.drafts import Draft, box, space_id
from wayfinding.evacuation import Assumptions, compile_evacuation, plan_evacuation
from wayfinding.walkable import to_shape

SPEED_M_S = 1.2
FITTED_M = 1.2
STEP_S = 0.02
LONGEST_S = 1_000.0
APART_M, OFF_WALLS_M = 0.4, 0.25
WALL_M = 0.15
"""A drawn wall reaches 0.1 m to either side of its line."""
YARD_M, PAD_M, BESIDE_M = 12.0, 0.6, 1.0
"""Outside, people walk straight on; a step behind the door they are out, and hold up nobody any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A building of one floor with people in it."""

    name: str
    building: Building
    people: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the plan says and what the walkers took."""

    name: str
    planned_s: float
    walked_s: float

    @property
    def error(self) -> float:
        return self.planned_s / self.walked_s - 1.0


def fitted_flow_p_ms(people: int, *, seed: int) -> float:
    """What a metre of door passes of these walkers, between the first and the last; the door is a middling one."""
    layout = one_door(people, size=(10.0, 10.0), width_m=FITTED_M)
    seconds = walk(layout, {}, seed=seed)
    return (len(seconds) - 1) / (seconds[-1] - seconds[0]) / FITTED_M


def compare(layout: Layout, door_flow_p_ms: float, *, seed: int) -> Compared:
    """The plan's clearance with that flow, and the walkers', each led to the exit that the plan gives him."""
    assumptions = Assumptions(speed_m_s=SPEED_M_S, door_flow_p_ms=door_flow_p_ms, slowed_by_density=False)
    plan = plan_evacuation(compile_evacuation(layout.building), layout.people, assumptions=assumptions)
    shares = {zone.zone: {leaving.exit: leaving.people for leaving in zone.leaving} for zone in plan.zones}
    walked_s = walk(layout, shares, seed=seed)[-1]
    return Compared(name=layout.name, planned_s=plan.clearance_s, walked_s=walked_s)


def walk(layout: Layout, shares: Mapping[str, Mapping[str, int]], *, seed: int) -> list[float]:
    """When each walker is out, in order; ``shares`` says how many of a zone take which exit, the nearest by default."""
    import jupedsim as jps

    spaces = {space.id: to_shape(space.footprint) for space in layout.building.spaces}
    walls = shapely.union_all([to_shape(wall.footprint) for wall in layout.building.walls])
    free = {key: shape.difference(walls) for key, shape in spaces.items()}
    exits = [o for o in layout.building.openings if o.between is not None and OUT in o.between]
    house = shapely.union_all([*spaces.values(), walls])
    yards = [_yard(door, house, WALL_M) for door in exits]
    pads = {door.id: _yard(door, house, PAD_M) for door in exits}
    doors = [shapely.LineString(o.line).buffer(WALL_M, cap_style="flat") for o in layout.building.openings]
    ground = shapely.union_all([*free.values(), *doors, *yards])
    crowd = jps.Simulation(model=jps.CollisionFreeSpeedModel(), geometry=ground, dt=STEP_S)
    stages = {door: crowd.add_exit_stage(pad) for door, pad in pads.items()}
    journeys = {door: crowd.add_journey(jps.JourneyDescription([stage])) for door, stage in stages.items()}
    for zone, people in layout.people.items():
        at = jps.distribute_by_number(
            polygon=free[zone],
            number_of_agents=people,
            distance_to_agents=APART_M,
            distance_to_polygon=OFF_WALLS_M,
            seed=seed,
        )
        for door, point in _led(at, pads, shares.get(zone, {})):
            crowd.add_agent(
                jps.CollisionFreeSpeedModelAgentParameters(
                    journey_id=journeys[door], stage_id=stages[door], position=point, desired_speed=SPEED_M_S
                )
            )
    left = [crowd.agent_count()]
    while left[-1] and len(left) * STEP_S < LONGEST_S:
        crowd.iterate()
        left.append(crowd.agent_count())
    return [n * STEP_S for n, (before, after) in enumerate(pairwise(left), 1) for _ in range(before - after)]


def _yard(door: Opening, house: Any, near_m: float) -> Any:
    """The ground outside an exit from so near on, a little wider than the door."""
    (x0, y0), (x1, y1) = door.line
    ux, uy = (x1 - x0) / door.width_m, (y1 - y0) / door.width_m
    yards = [
        shapely.Polygon(
            [
                (x + ux * along + uy * side * away, y + uy * along - ux * side * away)
                for x, y, along, away in (
                    (x0, y0, -BESIDE_M, near_m),
                    (x1, y1, BESIDE_M, near_m),
                    (x1, y1, BESIDE_M, YARD_M),
                    (x0, y0, -BESIDE_M, YARD_M),
                )
            ]
        )
        for side in (1.0, -1.0)
    ]
    return min(yards, key=lambda yard: float(yard.intersection(house).area))


def _led(at: list[tuple[float, float]], pads: Mapping[str, Any], share: Mapping[str, int]) -> list[tuple[str, Any]]:
    """Each point with its exit: those nearest to an exit, compared with the others, take it first."""
    left = list(at)
    led: list[tuple[str, Any]] = []
    for door, people in sorted(share.items()):
        others = [pad for other, pad in pads.items() if other != door]

        def gain(point: tuple[float, float], here: Any = pads[door], others: Any = others) -> float:
            away = [shapely.Point(point).distance(pad) for pad in others]
            return float(shapely.Point(point).distance(here) - min(away, default=0.0))

        left.sort(key=gain)
        led += [(door, point) for point in left[:people]]
        left = left[people:]
    nearest = [(min(pads, key=lambda d, p=p: shapely.Point(p).distance(pads[d])), p) for p in left]  # type: ignore[misc]
    return led + nearest


# Layouts --------------------------------------------------------------------------------------------------------------


def one_door(people: int, *, size: tuple[float, float], width_m: float) -> Layout:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, *size))
    middle = size[1] / 2
    draft.door("1F", "X", ("A", OUT), ((size[0], middle - width_m / 2), (size[0], middle + width_m / 2)))
    return Layout(name=f"one door of {width_m:g} m", building=draft.build(), people={space_id("A"): people})


def two_doors(people: int) -> Layout:
    """A room with a wide door and a narrow one, at opposite ends."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 16, 8))
    draft.door("1F", "WIDE", ("A", OUT), ((0.0, 3.2), (0.0, 4.8)))
    draft.door("1F", "NARROW", ("A", OUT), ((16.0, 3.5), (16.0, 4.5)))
    return Layout(name="two doors of 1.6 and 1 m", building=draft.build(), people={space_id("A"): people})


def two_rooms(people: int) -> Layout:
    """Through one room into the next; the second door is the narrower."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 9, 8))
    draft.room("1F", "B", box(9, 0, 18, 8))
    draft.door("1F", "MID", ("A", "B"), ((9.0, 3.2), (9.0, 4.8)))
    draft.door("1F", "X", ("B", OUT), ((18.0, 3.4), (18.0, 4.6)))
    return Layout(name="two rooms in a row", building=draft.build(), people={space_id("A"): people})


def rooms_on_a_corridor(people: int) -> Layout:
    """Three rooms on a corridor of 24 m with an exit at either end."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "C", box(0, 0, 24, 3))
    for n in range(3):
        draft.room("1F", f"R{n}", box(8 * n, 3, 8 * n + 8, 9))
        draft.door("1F", f"D{n}", (f"R{n}", "C"), ((8 * n + 3.4, 3.0), (8 * n + 4.6, 3.0)))
    draft.door("1F", "WEST", ("C", OUT), ((0.0, 1.0), (0.0, 2.0)))
    draft.door("1F", "EAST", ("C", OUT), ((24.0, 1.0), (24.0, 2.0)))
    each = {space_id(f"R{n}"): people // 3 for n in range(3)}
    return Layout(name="three rooms on a corridor", building=draft.build(), people=each)


def layouts(people: int) -> tuple[Layout, ...]:
    """Those that no figure was fitted on."""
    return (
        one_door(people, size=(14.0, 7.0), width_m=1.6),
        two_doors(people),
        two_rooms(people),
        rooms_on_a_corridor(people),
    )
