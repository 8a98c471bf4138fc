"""What it takes to ride or climb every vertical link: each ride has its ends, its line in space and its seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np

from building.model import XY, XYZ, Building, Floor, LinkKind, OutdoorLink, Stop, VerticalLink
from wayfinding.outdoors import ground_floor_of
from wayfinding.profile import Profile

ESCALATOR_M_S = 0.5
LIFT_M_S = 1.0
LIFT_DOORS_S = 6.0
"""Doors and starting, once a ride."""
Direction: TypeAlias = Literal["up", "down"]
SLOPE = 2.0
"""Metres walked a metre climbed on stairs whose line is not drawn (30 degrees)."""


def against(link: str, direction: Direction) -> str:
    """What to close so that nobody rides a link in this direction; the other stays."""
    return f"{link}/{direction}"


def link_of(name: str) -> str:
    """The link of what ``against`` named; anything else is itself."""
    return name.removesuffix("/up").removesuffix("/down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    floor: str
    space: str
    at: XY


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """One way over one link. ``weighted_s`` is what it counts for in choosing, ``seconds`` what it takes.

    ``shut_by``: whatever, closed, stops it: the link, itself or ``against`` it, its device, the spaces one stands in,
    its shafts and doors there.
    """

    link: str
    kind: LinkKind
    start: Landing
    end: Landing
    line: tuple[XYZ, ...]
    metres: float
    seconds: float
    wait_s: float
    weight: float
    shut_by: frozenset[str]

    @property
    def weighted_s(self) -> float:
        return self.seconds * self.weight


def list_rides(building: Building, profile: Profile) -> list[Ride]:
    """Every ride the profile may take."""
    floors = {floor.id: floor for floor in building.floors}
    rides: list[Ride] = []
    for link in building.vertical_links:
        if may_take(link, profile):
            rides += _rides(link, floors, _doors(building, link), profile)
    for outdoor in building.outdoor_links:
        rides += _outdoor_rides(outdoor, building, profile)
    return rides


def may_take(link: VerticalLink, profile: Profile) -> bool:
    """Whether the profile uses such a link at all."""
    if not profile.way(link.kind).allowed or link.width_m < profile.min_width_m:
        return False
    return not profile.step_free_only or link.step_free or link.kind == "lift"


def _doors(building: Building, link: VerticalLink) -> list[tuple[str, str]]:
    """(floor, id of the door or its device) of every door that leads into the link."""
    doors = [opening for opening in building.openings if opening.link == link.id]
    return [(door.floor, shut) for door in doors for shut in (door.id, door.device) if shut is not None]


def _rides(
    link: VerticalLink, floors: Mapping[str, Floor], doors: list[tuple[str, str]], profile: Profile
) -> Iterator[Ride]:
    stops = sorted((s for s in link.stops if s.floor in floors), key=lambda stop: floors[stop.floor].elevation_m)
    if link.kind == "lift":
        pairs = [(a, b) for i, a in enumerate(stops) for b in stops[i + 1 :]]
    else:
        pairs = list(pairwise(stops))
    for low, high in pairs:
        z0, z1 = floors[low.floor].elevation_m, floors[high.floor].elevation_m
        line = _line(link, low, high, z0, z1)
        ends = (_landing(low, line[0]), _landing(high, line[-1]))
        shut_by = frozenset(
            {link.id, low.space, high.space}
            | {shaft for floor, shaft in link.shafts.items() if floor in (low.floor, high.floor)}
            | {door for floor, door in doors if floor in (low.floor, high.floor)}
            | ({link.device} if link.device else set())
        )
        if link.direction != "down":
            yield _ride(link, ends, line, shut_by | {against(link.id, "up")}, profile)
        if link.direction != "up":
            yield _ride(link, ends[::-1], line[::-1], shut_by | {against(link.id, "down")}, profile)


def _line(link: VerticalLink, low: Stop, high: Stop, z0: float, z1: float) -> tuple[XYZ, ...]:
    flights = sorted(
        (path for path in link.paths if len(path) > 1 and z0 < (path[0][2] + path[-1][2]) / 2 < z1),
        key=lambda path: min(path[0][2], path[-1][2]),
    )
    if link.kind == "lift" or not flights:
        return (*low.at, z0), (*high.at, z1)
    points = [p for path in flights for p in (path if path[0][2] <= path[-1][2] else path[::-1])]
    return (*points[0][:2], z0), *points[1:-1], (*points[-1][:2], z1)


def _landing(stop: Stop, end: XYZ) -> Landing:
    return Landing(floor=stop.floor, space=stop.space, at=(end[0], end[1]))


def _ride(
    link: VerticalLink | OutdoorLink,
    ends: tuple[Landing, Landing],
    line: tuple[XYZ, ...],
    shut_by: frozenset[str],
    profile: Profile,
) -> Ride:
    kind: LinkKind = link.kind if isinstance(link, VerticalLink) else "ramp" if link.kind == "ramp" else "stairs"
    machine_m_s = link.speed_m_s if isinstance(link, VerticalLink) else None
    way = profile.way(kind)
    climb = line[-1][2] - line[0][2]
    metres = length_of(line)
    own_m_s = way.speed_up_m_s if climb > 0 else way.speed_down_m_s
    match kind:
        case "lift":
            seconds = way.wait_s + LIFT_DOORS_S + abs(climb) / (machine_m_s or LIFT_M_S)
        case "escalator":
            seconds = metres / (machine_m_s or ESCALATOR_M_S)
        case "stairs" | "ramp":
            walked = metres if len(line) > 2 or kind == "ramp" else max(metres, abs(climb) * SLOPE)
            seconds = walked / (own_m_s or profile.speed_m_s)
    return Ride(
        link=link.id, kind=kind, start=ends[0], end=ends[1], line=line, metres=metres, seconds=seconds,
        wait_s=way.wait_s if kind == "lift" else 0.0, weight=way.weight, shut_by=shut_by,
    )  # fmt: skip


def _outdoor_rides(link: OutdoorLink, building: Building, profile: Profile) -> list[Ride]:
    floor = ground_floor_of(building)
    if floor is None or link.kind not in {"ramp", "stairs"} or len(link.path) < 2:
        return []
    if not profile.way("ramp" if link.kind == "ramp" else "stairs").allowed or link.width_m < profile.min_width_m:
        return []
    if profile.step_free_only and not link.step_free:
        return []
    first, last = (
        Landing(floor=floor, space=place, at=(end[0], end[1]))
        for place, end in zip(link.between, (link.path[0], link.path[-1]), strict=True)
    )
    shut_by = frozenset({link.id, *link.between})
    return [
        _ride(link, (first, last), link.path, shut_by, profile),
        _ride(link, (last, first), link.path[::-1], shut_by, profile),
    ]


def length_of(line: tuple[XYZ, ...]) -> float:
    return float(np.linalg.norm(np.diff(np.array(line), axis=0), axis=1).sum())
