"""Stairs, escalators, ramps and lifts: areas through several levels, areas stacked on each other, lines and nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.osm import tags as meaning
from building.formats.osm.choice import Choice
from building.formats.osm.levels import Levels, parse_levels
from building.formats.osm.places import Place, Places
from building.formats.osm.source import Node, Tags, Way
from building.formats.osm.storeys import Storeys, key_of
from building.model import XY, LinkKind, SourceId, Text
from building.survey import SeenLink, SeenRun

STACKED_SHARE = 0.5
"""Stairs drawn anew on each level are one stairwell when they cover each other by this share of the smaller."""
STEPS_WIDTH_M = 1.2
CAR_M = 1.6
"""A lift drawn as a node: the side of its car."""
END_REACH_M = 1.0

_NAMES: dict[str, tuple[str, str]] = {
    "stairs": ("楼梯", "Stairs"), "escalator": ("自动扶梯", "Escalator"),
    "lift": ("电梯", "Lift"), "ramp": ("坡道", "Ramp"),
}  # fmt: skip


@dataclass(slots=True)
class Stack:
    """Places of one stairwell or shaft, one a level."""

    kind: LinkKind
    places: list[Place] = field(default_factory=list)

    @property
    def levels(self) -> set[float]:
        return {p.level for p in self.places}


@dataclass(frozen=True, slots=True)
class Flight:
    """Stairs, an escalator or a ramp drawn as a line; ``points`` run upwards."""

    way: Way
    kind: LinkKind
    points: Sequence[XY]
    levels: Levels
    direction: Literal["both", "up", "down"]


def links_of(choice: Choice, places: Places, storeys: Storeys, warnings: list[str]) -> list[SeenLink]:
    stacks = _stacks(places)
    links = [_of_stack(stack, storeys) for stack in stacks if len(stack.levels) > 1]
    shafts = [(s, shapely.union_all([p.plan for p in s.places])) for s in stacks]
    links += _of_lines(choice, places, storeys, shafts, warnings)
    for node in choice.ground.extract.nodes.values():
        at = choice.ground.at(node.id) if meaning.is_lift(node.tags) else None
        if at is not None and not any(
            s.kind == "lift" and plan.distance(shapely.Point(at)) < CAR_M for s, plan in shafts
        ):
            links += _of_node(node, at, places, storeys)
    return links


# areas


def _stacks(places: Places) -> list[Stack]:
    """Each area through several levels by itself; single ones on those they lie over or under."""
    areas: dict[str, Stack] = {}
    for place in places.all:
        kind = _kind(place.area.tags)
        if kind is not None:
            areas.setdefault(place.area.key, Stack(kind)).places.append(place)
    stacks: list[Stack] = []
    for stack in sorted(areas.values(), key=lambda s: (min(s.levels), s.places[0].key)):
        under = next((s for s in stacks if s.kind == stack.kind and _stands_on(stack, s)), None)
        if under is None:
            stacks.append(stack)
        else:
            under.places += stack.places
    return stacks


def _stands_on(upper: Stack, lower: Stack) -> bool:
    if upper.levels & lower.levels or min(upper.levels) < max(lower.levels):
        return False
    if min(upper.levels) - max(lower.levels) > 1:
        return False
    a, b = upper.places[0].plan, lower.places[-1].plan
    return bool(a.intersection(b).area >= STACKED_SHARE * min(a.area, b.area))


def _kind(tags: Tags) -> LinkKind | None:
    if meaning.is_lift(tags):
        return "lift"
    if meaning.is_escalator(tags):
        return "escalator"
    return "stairs" if meaning.is_stairs(tags) else None


def _of_stack(stack: Stack, storeys: Storeys) -> SeenLink:
    ordered = sorted(stack.places, key=lambda p: (p.level, p.key))
    area = ordered[0].area
    return SeenLink(
        key=area.key,
        name=_name(area.tags, stack.kind),
        kind=stack.kind,
        runs=tuple(
            SeenRun(plan=low.plan, z0_m=storeys.z_m(low.level), z1_m=storeys.z_m(high.level))
            for low, high in pairwise(ordered)
        ),
        floors=tuple(dict.fromkeys(storeys.home(p.level) for p in ordered)),
        spaces=tuple(p.key for p in ordered),
        step_free=_step_free(area.tags, stack.kind),
        width_m=meaning.length_m(area.tags, "width"),
        source=area.source,
    )


# lines


def _of_lines(
    choice: Choice, places: Places, storeys: Storeys, shafts: Sequence[tuple[Stack, BaseGeometry]], warnings: list[str]
) -> Iterator[SeenLink]:
    levelless = 0
    for way in choice.ground.extract.ways.values():
        kind = _line_kind(way)
        points = choice.ground.line(way) if kind is not None else []
        if kind is None or len(points) < 2 or not _beside(points, places):
            continue
        levels = _levels(choice, way)
        if len(levels.named) < 2:
            levelless += meaning.is_stairs(way.tags) and not levels.spans and _within(choice, points)
            continue
        middle = shapely.LineString(points).interpolate(0.5, normalized=True)
        if any(set(levels.named) <= s.levels and plan.buffer(0.1).covers(middle) for s, plan in shafts):
            continue  # the line only shows how one walks within a stairwell that is drawn as a room
        upwards, sure = _upwards(choice, way, points, levels, places)
        path = points if upwards else points[::-1]
        yield from _runs(Flight(way, kind, path, levels, _direction(way, upwards, sure)), storeys)
    if levelless:
        warnings.append(f"{levelless} stairs have no levels that can be read and are left out")


def _line_kind(way: Way) -> LinkKind | None:
    if way.closed and meaning.shape_of(way.tags) is not None:
        return None
    if meaning.is_escalator(way.tags):
        return "escalator"
    if way.tags.get("highway") == "steps" or way.tags.get("indoor") in ("stairs", "staircase"):
        return "stairs"
    walked = way.tags.get("highway") in meaning.WALKED or way.tags.get("indoor") in ("pathway", "ramp")
    return "ramp" if walked and not way.closed else None


def _levels(choice: Choice, way: Way) -> Levels:
    """The way's own levels, else those of its end nodes."""
    own = choice.ground.levels("way", way.id, way.tags)
    if len(own.named) > 1:
        return own
    ends = [_node_levels(choice, way.nodes[i]) for i in (0, -1)]
    if all(len(e.named) == 1 for e in ends) and ends[0].named != ends[1].named:
        low, high = sorted((ends[0].named[0], ends[1].named[0]))
        return Levels(spans=((low, high),))
    return own


def _node_levels(choice: Choice, node: str) -> Levels:
    found = choice.ground.extract.nodes.get(node)
    return parse_levels(found.tags.get("level", "")) if found else Levels()


def _upwards(choice: Choice, way: Way, points: Sequence[XY], levels: Levels, places: Places) -> tuple[bool, bool]:
    """Whether it is drawn from its lower end to its upper, and whether the file says so."""
    incline = way.tags.get("incline", "").strip()
    if incline in ("up", "down"):
        return incline == "up", True
    if incline and incline.rstrip("%°").lstrip("+-").replace(".", "", 1).isdigit():
        return not incline.startswith("-"), True
    low, high = levels.named[0], levels.named[-1]
    ends = [_node_levels(choice, way.nodes[i]).named for i in (0, -1)]
    if all(len(e) == 1 for e in ends) and ends[0] != ends[1]:
        return ends[0] < ends[1], True
    fits = [_room_at(points[i], level, places) for i, level in ((0, low), (-1, high), (0, high), (-1, low))]
    return sum(fits[:2]) >= sum(fits[2:]), sum(fits[:2]) != sum(fits[2:])


def _room_at(at: XY, level: float, places: Places) -> bool:
    return any(True for _ in places.near(shapely.Point(at), level, END_REACH_M))


def _direction(way: Way, upwards: bool, sure: bool) -> Literal["both", "up", "down"]:
    """``conveying`` runs along the way as drawn; without a known slope nobody can tell up from down."""
    conveying = way.tags.get("conveying", way.tags.get("oneway", "no"))
    if not sure or not meaning.is_escalator(way.tags) or conveying not in ("forward", "backward"):
        return "both"
    return "up" if (conveying == "forward") == upwards else "down"


def _runs(flight: Flight, storeys: Storeys) -> Iterator[SeenLink]:
    """One link, and one more for each level it is repeated on."""
    way, kind, levels, points = flight.way, flight.kind, flight.levels, flight.points
    low, high = levels.named[0], levels.named[-1]
    line = shapely.LineString(points)
    width = meaning.length_m(way.tags, "width") or STEPS_WIDTH_M
    plan = line.buffer(width / 2)  # round ends: they reach through the wall that a flight ends at
    starts = sorted({low, *parse_levels(way.tags.get("repeat_on", "")).among(storeys.known)})
    for start in starts:
        z0, z1 = storeys.z_m(start), storeys.z_m(start + high - low)
        rise = (z1 - z0) / line.length
        path = tuple((x, y, round(z0 + rise * line.project(shapely.Point(x, y)), 3)) for x, y in points)
        yield SeenLink(
            key=f"w{way.id}" if len(starts) == 1 else f"w{way.id}@{key_of(start)}",
            name=_name(way.tags, kind),
            kind=kind,
            runs=(SeenRun(plan=plan, z0_m=z0, z1_m=z1, path=path),),
            floors=tuple(storeys.home(n) for n in storeys.known if start <= n <= start + high - low),
            direction=flight.direction,
            step_free=_step_free(way.tags, kind),
            width_m=width,
            source=SourceId(scheme="osm", value=f"way/{way.id}"),
        )


def _beside(points: Sequence[XY], places: Places) -> bool:
    line = shapely.LineString(points)
    return any(True for level in {p.level for p in places.all} for _ in places.near(line, level, END_REACH_M))


def _within(choice: Choice, points: Sequence[XY]) -> bool:
    return choice.outline is not None and choice.outline.covers(shapely.LineString(points))


# nodes


def _of_node(node: Node, at: XY, places: Places, storeys: Storeys) -> Iterator[SeenLink]:
    """A lift drawn as a node stops on the levels it names, or wherever there is a room around it."""
    point = shapely.Point(at)
    served = [n for n in storeys.known if any(True for _ in places.near(point, n, CAR_M))]
    named = parse_levels(node.tags.get("level", "") + ";" + node.tags.get("repeat_on", ""))
    levels = [n for n in served if n in named.among(storeys.known)] if len(named.named) > 1 else served
    if not served:
        return
    plan = point.buffer(CAR_M / 2, cap_style="square")
    yield SeenLink(
        key=f"n{node.id}",
        name=_name(node.tags, "lift"),
        kind="lift",
        runs=(SeenRun(plan=plan, z0_m=storeys.z_m(levels[0]), z1_m=storeys.top_m(levels[-1])),) if levels else (),
        floors=tuple(dict.fromkeys(storeys.home(n) for n in levels)),
        step_free=_step_free(node.tags, "lift"),
        source=SourceId(scheme="osm", value=f"node/{node.id}"),
    )


def _name(tags: Tags, kind: LinkKind) -> Text:
    return meaning.name_of(tags, *_NAMES[kind])


def _step_free(tags: Tags, kind: LinkKind) -> bool | None:
    """A lift or ramp is, unless the file says no; stairs never are, whatever the tag of the room around them says."""
    return meaning.step_free(tags) is not False if kind in ("lift", "ramp") else False
