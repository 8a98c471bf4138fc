"""A way in words: what to do, where, and how far it is to the next thing, in Chinese and English."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.ops import substring

from building.model import OUT, XYZ, Text
from wayfinding import phrases
from wayfinding.gates import Gate
from wayfinding.links import Ride, length_of
from wayfinding.network import Network
from wayfinding.route import Step, StepKind
from wayfinding.way import Run, Way

STRAIGHT_DEG = 30.0
"""A bend below this is no turn."""
SWERVE_M = 0.5
"""A way that leaves the straight line by less than this still goes straight on."""
MERGE_M = 1.0
"""Two bends nearer than this are told as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to do ``along`` metres into a run."""

    along: float
    at: XYZ
    turn_deg: float = 0.0
    gate: Gate | None = None
    into: str | None = None


class Teller:
    """Tells one way. ``names`` are those of start and goal."""

    def __init__(self, network: Network, way: Way, *, start: Text, goal: Text, waits: dict[str, float]) -> None:
        self._network, self._way, self._start, self._goal, self._waits = network, way, start, goal, waits

    def steps(self) -> tuple[Step, ...]:
        legs = _joined(self._way.legs)
        first, last = legs[0][0], legs[-1][-1]
        begin, end = self._ends(first)[0], self._ends(last)[1]
        return (
            _step("depart", phrases.depart(self._start), begin),
            *(step for leg in legs for step in self._tell(leg)),
            _step("arrive", phrases.arrive(self._goal), end),
        )

    def seconds(self, ride: Ride) -> float:
        return ride.seconds + self._waits.get(ride.link, ride.wait_s) - ride.wait_s

    def _tell(self, leg: Sequence[Run | Ride]) -> Iterator[Step]:
        if isinstance(leg[0], Run):
            yield from self._walk(leg[0])
            return
        rides = [part for part in leg if isinstance(part, Ride)]
        between = [part for part in leg if isinstance(part, Run)]
        metres = sum(ride.metres for ride in rides) + sum(length_of(run.line) for run in between)
        seconds = sum(self.seconds(ride) for ride in rides) + sum(self._walked_s(run) for run in between)
        kind, to = rides[0].kind, self._network.floors[rides[-1].end.floor]
        same_floor = rides[0].start.floor == rides[-1].end.floor
        climb = rides[-1].line[-1][2] - rides[0].line[0][2]
        text = phrases.ride(
            kind, self._network.links[rides[0].link].name, up=climb > 0, to=None if same_floor else to.name
        )
        yield _step(kind, text, (rides[0].start.floor, rides[0].line[0]), metres, seconds)

    def _walked_s(self, run: Run) -> float:
        walked_m = length_of(run.line)
        return walked_m / self._way.graph.profile.speed_m_s + self._slowed_s(run, 0.0, walked_m)

    def _slowed_s(self, run: Run, since_m: float, until_m: float) -> float:
        """What people who stand close add on this part of a run."""
        cores, speed_m_s = self._way.graph.floors[run.floor].cores, self._way.graph.profile.speed_m_s
        full = [(cores[name], slow) for name, slow in self._waits.items() if name in cores]
        if not full:
            return 0.0
        part = substring(shapely.LineString([point[:2] for point in run.line]), since_m, until_m)
        return float(sum(core.intersection(part).length * (slow - 1.0) for core, slow in full)) / speed_m_s

    def _ends(self, part: Run | Ride) -> tuple[tuple[str, XYZ], tuple[str, XYZ]]:
        if isinstance(part, Run):
            floor = self._way.graph.floors[part.floor].floor.id
            return (floor, part.line[0]), (floor, part.line[-1])
        return (part.start.floor, part.line[0]), (part.end.floor, part.line[-1])

    def _walk(self, run: Run) -> Iterator[Step]:
        floor = self._way.graph.floors[run.floor].floor.id
        events = _merged([Event(along=0.0, at=run.line[0]), *sorted(self._events(run), key=lambda e: e.along)])
        total = length_of(run.line)
        for event, until in zip(events, [*(e.along for e in events[1:]), total], strict=True):
            since = event.along if event is not events[0] else 0.0
            metres = until - since
            seconds = metres / self._way.graph.profile.speed_m_s + self._slowed_s(run, since, until)
            if event.gate is not None:
                kind: StepKind = "gate" if event.gate.opening.kind in {"turnstile", "gate"} else "door"
                text = phrases.through(kind, event.gate.opening.name, self._name_of(event.into), metres)
            elif abs(event.turn_deg) >= STRAIGHT_DEG:
                kind = "turn"
                text = phrases.turn(event.turn_deg, self._landmark(run, event), metres)
            else:
                kind, text = "walk", phrases.walk(metres)
            yield _step(kind, text, (floor, event.at), metres, seconds)

    def _events(self, run: Run) -> Iterator[Event]:
        starts = [0.0]
        for a, b in pairwise(run.line):
            starts.append(starts[-1] + math.dist(a, b))
        for segment, gate, to_right in run.crossed:
            if gate.opening.kind != "open":
                at = _crossing(run.line[segment], run.line[segment + 1], gate)
                along = starts[segment] + math.dist(run.line[segment], at)
                yield Event(along=along, at=at, gate=gate, into=gate.between[1 if to_right else 0])
        bends = {point[:2] for point in shapely.LineString(run.line).simplify(SWERVE_M).coords}
        kept = [i for i, point in enumerate(run.line) if point[:2] in bends]
        for before, here, after in zip(kept, kept[1:], kept[2:], strict=False):
            turn_deg = _turn_deg(run.line[before], run.line[here], run.line[after])
            if abs(turn_deg) >= STRAIGHT_DEG:
                yield Event(along=starts[here], at=run.line[here], turn_deg=turn_deg)

    def _landmark(self, run: Run, event: Event) -> Text | None:
        walkable = self._way.graph.floors[run.floor]
        at = event.at[:2]
        return self._network.landmarks.find_near(walkable.floor.id, at, frozenset(walkable.places_at(at)))

    def _name_of(self, place: str | None) -> Text | None:
        if place is None:
            return None
        if place == OUT:
            return phrases.OUTSIDE
        found = self._network.spaces.get(place) or self._network.outdoors.get(place)
        return found.name if found else None


def _step(kind: StepKind, text: Text, where: tuple[str, XYZ], metres: float = 0.0, seconds: float = 0.0) -> Step:
    floor, at = where
    return Step(kind=kind, text=text, floor=floor, at=at, distance_m=metres, duration_s=seconds)


def _joined(legs: Sequence[Run | Ride]) -> list[list[Run | Ride]]:
    """Rides over the same stairs with only their landings between belong together."""
    joined: list[list[Run | Ride]] = []
    for i, leg in enumerate(legs):
        last = joined[-1][-1] if joined else None
        after = legs[i + 1] if i + 1 < len(legs) else None
        landing = isinstance(last, Ride) and isinstance(after, Ride) and isinstance(leg, Run)
        if isinstance(last, Ride) and last.kind == "stairs":
            onward = after if landing else leg
            if isinstance(onward, Ride) and onward.link == last.link:
                joined[-1].append(leg)
                continue
        if isinstance(last, Run) and isinstance(leg, Ride) and len(joined[-1]) > 1:
            joined[-1].append(leg)
            continue
        joined.append([leg])
    return joined


def _merged(events: Sequence[Event]) -> list[Event]:
    """The first event and those far enough from it and each other: near bends add up, a door speaks for its bend."""
    merged = [events[0]]
    for event in events[1:]:
        last = merged[-1]
        near = event.along - last.along < MERGE_M
        if near and last.gate is None and (event.gate is not None or (len(merged) == 1 and last.turn_deg == 0.0)):
            merged[-1] = event
        elif near and last.gate is None:
            total = last.turn_deg + event.turn_deg
            merged[-1] = Event(along=last.along, at=last.at, turn_deg=(total + 180.0) % 360.0 - 180.0)
        else:
            merged.append(event)
    return merged


def _crossing(a: XYZ, b: XYZ, gate: Gate) -> XYZ:
    x0, y0, x1, y1 = gate.line
    nx, ny = -(y1 - y0), x1 - x0
    before, after = ((p[0] - x0) * nx + (p[1] - y0) * ny for p in (a, b))
    share = before / (before - after)
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _turn_deg(a: XYZ, b: XYZ, c: XYZ) -> float:
    """Left is positive."""
    before, after = math.atan2(b[1] - a[1], b[0] - a[0]), math.atan2(c[1] - b[1], c[0] - b[0])
    return (math.degrees(after - before) + 180.0) % 360.0 - 180.0
