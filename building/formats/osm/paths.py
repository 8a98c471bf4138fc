"""Ways people walk: where one crosses from room to room the two are joined; where it runs through no room, it is one.

Many files draw footways through a building but no door nodes, or corridors as lines only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.osm import tags as meaning
from building.formats.osm.areas import GROUND, Area
from building.formats.osm.choice import Choice
from building.formats.osm.doors import DOOR_HEIGHT_M, arms_of, door_line
from building.formats.osm.levels import Levels, parse_levels
from building.formats.osm.places import WALL_M, Place, Places
from building.formats.osm.source import Tags, Way
from building.formats.osm.storeys import Storeys
from building.model import OUT, XY, Evidence, SourceId
from building.survey import SeenConnection, SeenDoor

PATH_WIDTH_M = 1.5
"""A corridor that is drawn as a line and does not tell its width."""
GAP_MAX_M = 1.0
"""Between two rooms a path may run this far through a wall."""
PIECE_MIN_M = 0.15
SAME_DOOR_M = 1.5
PASSAGE_M = 0.9
TOUCH_M = 0.05
Piece: TypeAlias = tuple[float, float, Place | None]
"""From and to along the path, and the place it lies in."""
WIDENED = Evidence(source="osm", method="path widened", confidence=0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way on one level."""

    source: SourceId
    tags: Tags
    level: float
    line: BaseGeometry


def paths_of(choice: Choice) -> list[Path]:
    """The level walkways near the building: lines with a level, or marked as indoor."""
    drawn = [a.plan.envelope for a in choice.areas]
    whole = shapely.union_all(drawn if choice.outline is None else [*drawn, choice.outline]).envelope
    found = []
    for way in choice.ground.extract.ways.values():
        levels = _levels(choice, way)
        points = choice.ground.line(way) if levels is not None else []
        if levels is None or len(points) < 2:
            continue
        line = shapely.LineString(points)
        if line.intersects(whole):
            repeats = parse_levels(way.tags.get("repeat_on", "")).named
            source = SourceId(scheme="osm", value=f"way/{way.id}")
            found += [Path(source=source, tags=way.tags, level=n, line=line) for n in sorted({*levels.named, *repeats})]
    return found


def _levels(choice: Choice, way: Way) -> Levels | None:
    tags = way.tags
    inside = tags.get("indoor") in ("yes", "corridor", "pathway") or "level" in tags
    walked = tags.get("highway") in meaning.WALKED or tags.get("indoor") in ("pathway", "corridor")
    if not (walked and inside) or (way.closed and meaning.shape_of(tags) is not None):
        return None
    levels = choice.ground.levels("way", way.id, tags)
    if len(levels.named) > 1:
        return None  # it leads from one level to another
    return levels if levels.spans else GROUND


def widened(choice: Choice, paths: Sequence[Path]) -> list[Area]:
    """A corridor for every stretch of path inside the building that lies in no area of its level."""
    found: list[Area] = []
    for level in sorted({p.level for p in paths}):
        here = [p for p in paths if p.level == level]
        areas = [a.plan for a in choice.areas if a.levels.among((level,)) or a.repeats.among((level,))]
        drawn = shapely.union_all(areas)
        built = choice.outline if choice.outline is not None else drawn.convex_hull
        strips = []
        for path in here:
            bare = shapely.intersection(path.line, built).difference(drawn.buffer(GAP_MAX_M / 2))
            if bare.length > GAP_MAX_M:
                width = meaning.length_m(path.tags, "width", "est_width") or PATH_WIDTH_M
                near = path.line.intersection(built).difference(drawn)
                strips.append((shapely.buffer(near, width / 2, cap_style="flat"), path))
        body = shapely.union_all([strip for strip, _ in strips]).difference(drawn).intersection(built.buffer(WALL_M))
        for part in shapely.get_parts(body):
            own = [path for strip, path in strips if strip.intersects(part)]
            if part.geom_type == "Polygon" and part.area > 1.0 and own:
                found.append(_corridor(part, min(own, key=lambda p: p.source.value), level, len(found)))
    return found


def _corridor(plan: BaseGeometry, path: Path, level: float, number: int) -> Area:
    return Area(
        key=f"{path.source.value.replace('/', '')}.way{number}",
        source=path.source,
        tags={**path.tags, "indoor": "corridor"},
        shape="open",
        plan=plan,
        nodes=frozenset(),
        levels=Levels(spans=((level, level),)),
        repeats=Levels(),
        derived=WIDENED,
    )


class Crossings:
    """The doors and connections that paths tell of, where no drawn door does."""

    def __init__(self, choice: Choice, places: Places, storeys: Storeys, doors: Sequence[SeenDoor]) -> None:
        self._choice, self._places, self._storeys = choice, places, storeys
        self._lines = [(d.floor, frozenset(d.joins), shapely.LineString(d.line)) for d in doors]
        self.doors: list[SeenDoor] = []
        self.connections: list[SeenConnection] = []

    def read(self, paths: Sequence[Path]) -> tuple[list[SeenDoor], list[SeenConnection]]:
        for path in paths:
            for number, (a, b, at) in enumerate(self._steps(path)):
                self._cross(path, number, a, b, at)
        return self.doors, self.connections

    def _steps(self, path: Path) -> Iterator[tuple[Place, Place | None, XY]]:
        """Each change from one place to the next along the path; None is the outside."""
        before: tuple[Place, float] | None = None
        left_m = 0.0
        pieces = list(self._pieces(path))
        for start_m, end_m, place in pieces:
            if place is not None:
                if before is not None and before[0].key != place.key and start_m - before[1] <= GAP_MAX_M:
                    yield before[0], place, _at(path.line, (before[1] + start_m) / 2)
                elif left_m and (before is None or start_m - before[1] > GAP_MAX_M):
                    yield place, None, _at(path.line, start_m)
                before, left_m = (place, end_m), 0.0
            elif self._outside(path, (start_m + end_m) / 2):
                if before is not None and not left_m:
                    yield before[0], None, _at(path.line, before[1])
                left_m = end_m
        yield from self._ends(path, pieces)

    def _pieces(self, path: Path) -> Iterator[Piece]:
        """Stretches of the path between outlines, with the smallest place each lies in."""
        near = list(self._places.near(path.line, path.level))
        cuts = {0.0, path.line.length}
        for place in near:
            for point in shapely.get_parts(shapely.intersection(path.line, place.plan.boundary)):
                cuts |= {path.line.project(shapely.Point(c)) for c in point.coords}
        for start_m, end_m in pairwise(sorted(cuts)):
            if end_m - start_m >= PIECE_MIN_M:
                middle = path.line.interpolate((start_m + end_m) / 2)
                inside = [p for p in near if p.plan.covers(middle)]
                yield start_m, end_m, min(inside, key=lambda p: (p.plan.area, p.key), default=None)

    def _ends(self, path: Path, pieces: Sequence[Piece]) -> Iterator[tuple[Place, Place, XY]]:
        """A path that ends on the outline of a room leads into it: its door is there, drawn or not."""
        inside = [(start_m, end_m, place) for start_m, end_m, place in pieces if place is not None]
        for (start_m, end_m, own), at_m in ((inside[0], 0.0), (inside[-1], path.line.length)) if inside else ():
            at = path.line.interpolate(at_m)
            rooms = [p for p in self._places.near(at, path.level, TOUCH_M) if p.plan.boundary.distance(at) <= TOUCH_M]
            others = [p for p in rooms if p.key != own.key and p.area.shape == "room"]
            if len(others) == 1 and min(abs(at_m - start_m), abs(at_m - end_m)) <= GAP_MAX_M:
                yield own, others[0], (at.x, at.y)

    def _outside(self, path: Path, along_m: float) -> bool:
        built = self._choice.outline
        return built is not None and not built.covers(path.line.interpolate(along_m))

    def _cross(self, path: Path, number: int, a: Place, b: Place | None, at: XY) -> None:
        floor, point = self._storeys.home(path.level), shapely.Point(at)
        pair = frozenset({a.key, b.key if b else OUT})
        for on, joins, line in self._lines:
            if on == floor and (joins == pair or len(joins) < 2 or OUT in pair) and line.distance(point) <= SAME_DOOR_M:
                return
        walled = next((p for p in (a, b) if p is not None and p.area.shape == "room"), None)
        line = door_line(at, arms_of((walled or a).plan, at), PASSAGE_M)
        key = f"{path.source.value.replace('/', '')}@{path.level:g}.{number}"
        self._lines.append((floor, pair, shapely.LineString(line)))
        if walled is None and b is not None:
            self.connections.append(
                SeenConnection(key=key, a=a.key, b=b.key, statement="footway", line=line, source=path.source)
            )
            return
        self.doors.append(
            SeenDoor(
                key=key,
                name={"zh": "通道口", "en": "Passage"},
                floor=floor,
                line=line,
                z0_m=self._storeys.z_m(path.level),
                height_m=DOOR_HEIGHT_M,
                depth_m=WALL_M,
                kind="passage",
                joins=(a.key, b.key if b else OUT),
                decided=True,
                external=b is None,
                step_free=meaning.step_free(path.tags) is not False and not meaning.is_stairs(path.tags),
                source=path.source,
            )
        )


def _at(line: BaseGeometry, along_m: float) -> XY:
    point = line.interpolate(along_m)
    return point.x, point.y
