"""Doors, and holes in walls that reach the floor: where each stands, how wide, and what the file says it joins."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from building.formats.ifc.shapes import Shape
from building.formats.ifc.source import IfcSource, property_of, storey_of, text_of
from building.formats.ifc.spaces import NO_STOREY
from building.model import XY, SourceId
from building.survey import SeenConnection, SeenDoor, SeenWall

ODD = 1.25
"""A shape this many times wider or deeper than the door says is not its clear width (a leaf that stands open)."""
HEIGHT_USUAL_M, WIDTH_USUAL_M = 2.1, 0.9
PASSAGE_WIDTH_MIN_M, PASSAGE_HEIGHT_MIN_M = 0.6, 1.8
SILL_M = 0.1
FACE_MAX_M = 0.3
WALL_MAX_M, LEFT_SHARE_MAX = 1.0, 0.15
WAIST_M, FILLED_SHARE, SLIVER_M2 = 0.7, 0.6, 0.005
HELD_SHARE = 0.1
"""A door stands in a wall that covers this much of it (a leaf drawn open sticks out); a wall at its jamb is another."""
LEAVES_M = 0.3
"""How far apart the leaves of a double wall may stand."""
IMAGINARY = "virtual boundary"

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A box on plan: its clear line, how deep it is square to it."""

    line: tuple[XY, XY]
    depth_m: float
    z0_m: float
    z1_m: float

    @property
    def width_m(self) -> float:
        (x0, y0), (x1, y1) = self.line
        return math.hypot(x1 - x0, y1 - y0)


def opening_elements(source: IfcSource) -> Iterator[Any]:
    """What has to be given a shape so that doors can be seen: the hole where one door fills it, else the door."""
    for door in source.file.by_type("IfcDoor"):
        hole = _hole_of(door)
        yield door if hole is None else hole
    for hole in source.file.by_type("IfcOpeningElement"):
        if _is_passage(hole):
            yield hole
    yield from source.file.by_type("IfcVirtualElement")


def seen_doors(
    source: IfcSource, shapes: Mapping[str, Shape], walls: Mapping[str, SeenWall], warnings: list[str]
) -> list[SeenDoor]:
    """Every door with a place, and every unfilled hole one could walk through. ``walls`` by GlobalId."""
    stated, around = _boundaries(source), _Walls(walls)
    found = []
    for door in source.file.by_type("IfcDoor"):
        hole = _hole_of(door)
        host = _host_of(hole if hole is not None else next(iter(_holes(door)), None))
        shape = shapes.get((hole or door).GlobalId) or shapes.get(door.GlobalId)
        wall = walls.get(host.GlobalId) if host is not None else around.find(shape)
        box = _door_box(source, door, shape, wall)
        if box is None:
            warnings.append(f"door {door.Name or door.GlobalId} has no shape and no place and joins nothing")
            continue
        joins = [*stated.get(door.GlobalId, ()), *(stated.get(hole.GlobalId, ()) if hole is not None else ())]
        kind = "gate" if getattr(door, "PredefinedType", None) == "GATE" else "door"
        found.append(_seen(source, door, box, kind, joins))
    passages = [
        _seen(source, hole, box, "passage", stated.get(hole.GlobalId, ()))
        for hole, box, hosts in _with_their_hosts([*_passages(source, shapes, walls)])
        if not around.fill(box, hosts)
    ]
    return [*found, *_first_leaves(passages, found)]


def _passages(
    source: IfcSource, shapes: Mapping[str, Shape], walls: Mapping[str, SeenWall]
) -> Iterator[tuple[Any, _Box, str]]:
    """Holes that nothing fills, as high as a person, from the foot of the wall up, and the key of the wall."""
    for hole in source.file.by_type("IfcOpeningElement"):
        shape = shapes.get(hole.GlobalId)
        host = _host_of(hole)
        if shape is None or host is None or host.GlobalId not in walls or not _is_passage(hole):
            continue
        wall = walls[host.GlobalId]
        box = _box(shape, _axis(shape, None, 0.0, wall), wall)
        high = box.z1_m - box.z0_m >= PASSAGE_HEIGHT_MIN_M and box.width_m >= PASSAGE_WIDTH_MIN_M
        if high and box.z0_m <= wall.z0_m + SILL_M and _goes_through(shape, box, wall):
            yield hole, box, wall.key


def _goes_through(shape: Shape, box: _Box, wall: SeenWall) -> bool:
    """Whether the hole leaves nothing of the wall's thickness: a niche does."""
    body = wall.plan.intersection(shapely.LineString(box.line).buffer(WALL_MAX_M, cap_style="flat"))
    return bool(body.difference(shape.plan()).area <= LEFT_SHARE_MAX * body.area)


def _with_their_hosts(holes: Sequence[tuple[Any, _Box, str]]) -> Iterator[tuple[Any, _Box, set[str]]]:
    """Each hole with all walls that have one at this place: the leaves of a double wall."""
    lines = [shapely.LineString(box.line) for _, box, _ in holes]
    tree = shapely.STRtree(lines)
    for (hole, box, _), line in zip(holes, lines, strict=True):
        yield hole, box, {holes[i][2] for i in tree.query(line, predicate="dwithin", distance=LEAVES_M)}


def _first_leaves(passages: Sequence[SeenDoor], doors: Sequence[SeenDoor]) -> list[SeenDoor]:
    """A wall of two leaves has a hole in each: a passage where a door or another passage stands is the same one."""
    seen = [*doors, *passages]
    lines = [shapely.LineString(d.line) for d in seen]
    tree = shapely.STRtree(lines)
    kept = set(range(len(doors)))
    for n in range(len(doors), len(seen)):
        here = seen[n]
        reach = lines[n].buffer(max(here.depth_m, LEAVES_M), cap_style="flat")
        if not any(
            i in kept
            and lines[i].intersection(reach).length > lines[i].length / 2
            and seen[i].z0_m < here.z0_m + here.height_m
            and here.z0_m < seen[i].z0_m + seen[i].height_m
            for i in tree.query(reach)
        ):
            kept.add(n)
    return [d for n, d in enumerate(seen) if n in kept and n >= len(doors)]


class _Walls:
    """Which wall a door stands in that fills no hole of one (in a curtain wall, or simply put there)."""

    def __init__(self, walls: Mapping[str, SeenWall]) -> None:
        self._walls = list(walls.values())
        self._tree = shapely.STRtree([w.plan for w in self._walls])

    def fill(self, box: _Box, hosts: Collection[str]) -> bool:
        """Whether something else than the walls it goes through stands in this hole (glazing that does not say so)."""
        line = shapely.LineString(box.line)
        across = line.buffer(max(box.depth_m / 2, SILL_M), cap_style="flat")
        others = [self._walls[i] for i in self._tree.query(across, predicate="intersects")]
        plans = [
            w.plan for w in others if w.key not in hosts and w.z0_m < box.z1_m - SILL_M and w.z1_m > box.z0_m + WAIST_M
        ]
        body = shapely.union_all(plans).intersection(across)
        (x0, y0), (x1, y1) = box.line
        axis = np.array([x1 - x0, y1 - y0]) / (line.length or 1.0)
        covered = sum(_extent(part, axis) for part in shapely.get_parts(body) if part.area > SLIVER_M2)
        return bool(covered >= FILLED_SHARE * line.length)

    def find(self, shape: Shape | None) -> SeenWall | None:
        if shape is None:
            return None
        plan = shapely.minimum_rotated_rectangle(shapely.multipoints(shape.vertices[:, :2]))
        found = [
            (round(w.plan.intersection(plan).area, 3), w.key, w)
            for w in (self._walls[i] for i in self._tree.query(plan, predicate="intersects"))
            if w.z0_m < shape.z1_m - SILL_M and w.z1_m > shape.z0_m + SILL_M
        ]
        area, _, wall = max(found, key=lambda f: f[:2], default=(0.0, "", None))
        return wall if area >= HELD_SHARE * plan.area else None


def _seen(source: IfcSource, entity: Any, box: _Box, kind: str, joins: Sequence[str]) -> SeenDoor:
    storey = storey_of(entity)
    return SeenDoor(
        key=entity.GlobalId,
        name=text_of(entity.Name, "Door") if kind in ("door", "gate") else {"zh": "门洞", "en": "Passage"},
        floor=storey.GlobalId if storey is not None else NO_STOREY,
        line=box.line,
        z0_m=box.z0_m,
        height_m=box.z1_m - box.z0_m,
        depth_m=box.depth_m,
        kind=kind,
        joins=tuple(dict.fromkeys(joins)),
        external=_is_external(entity),
        source=source.source_id(entity),
    )


def _holes(door: Any) -> Iterator[Any]:
    for relation in door.FillsVoids or ():
        yield relation.RelatingOpeningElement


def _hole_of(door: Any) -> Any | None:
    """The hole in the wall that this door alone fills: it has the clear width; the leaf may stand open."""
    return next((h for h in _holes(door) if len(h.HasFillings or ()) == 1 and h.Representation is not None), None)


def _host_of(hole: Any | None) -> Any | None:
    for relation in getattr(hole, "VoidsElements", None) or ():
        return relation.RelatingBuildingElement
    return None


def _is_passage(hole: Any) -> bool:
    """A hole through a wall that nothing fills (a recess goes in, not through)."""
    host = _host_of(hole)
    return (
        not hole.HasFillings
        and host is not None
        and host.is_a("IfcWall")
        and getattr(hole, "PredefinedType", None) != "RECESS"
        and (hole.ObjectType or "").lower() != "recess"
    )


def _is_external(door: Any) -> bool | None:
    value = property_of(door, "IsExternal")
    return value if isinstance(value, bool) else None


def _door_box(source: IfcSource, door: Any, shape: Shape | None, wall: SeenWall | None) -> _Box | None:
    width_m = float(door.OverallWidth or 0.0) * source.unit_m
    height_m = float(door.OverallHeight or 0.0) * source.unit_m
    placed = source.placed(door)
    if shape is None:
        if door.ObjectPlacement is None:
            return None
        (x, y, z), (ux, uy, _) = placed[:3, 3], placed[:3, 0]
        along = width_m or WIDTH_USUAL_M
        line = ((float(x), float(y)), (float(x + ux * along), float(y + uy * along)))
        return _Box(line=line, depth_m=0.0, z0_m=float(z), z1_m=float(z) + (height_m or HEIGHT_USUAL_M))
    box = _box(shape, _axis(shape, placed[:2, 0], width_m, wall), wall)
    if height_m > 0 and not height_m / ODD <= box.z1_m - box.z0_m <= height_m * ODD:
        return _Box(line=box.line, depth_m=box.depth_m, z0_m=box.z0_m, z1_m=box.z0_m + height_m)
    return box


def _axis(shape: Shape, placed: Vectors | None, width_m: float, wall: SeenWall | None) -> Vectors:
    """The direction along the wall. A hole may be deeper than wide, so its longer side does not tell: the wall it
    stands in does, then the width that the door states, then the door's own axis.
    """
    flat = shapely.multipoints(shape.vertices[:, :2])
    sides = _sides(shapely.minimum_rotated_rectangle(flat))
    if placed is not None and np.hypot(*placed) > 0.5:
        own = placed / np.hypot(*placed)
        crooked = min(abs(float(own @ s)) for s in sides) > 0.05
        if crooked or not sides:
            return np.asarray(own)
    if wall is not None:
        near = wall.plan.intersection(flat.centroid.buffer(1.5))
        spans = [_extent(near, s) for s in sides]
        if max(spans) > 1.3 * min(spans):
            return sides[int(np.argmax(spans))]
    if width_m > 0:
        misses = [abs(_extent(flat, s) - width_m) for s in sides]
        if abs(misses[0] - misses[1]) > 0.1:
            return sides[int(np.argmin(misses))]
    if placed is not None and np.hypot(*placed) > 0.5:
        return sides[int(np.argmax([abs(float(placed @ s)) for s in sides]))]
    return sides[int(np.argmax([_extent(flat, s) for s in sides]))]


def _sides(box: shapely.Geometry) -> list[Vectors]:
    """Both directions of an oriented box, unit length."""
    points = np.asarray(shapely.get_coordinates(box))
    first = points[1] - points[0]
    if len(points) > 2 and np.hypot(*first) < 1e-6:
        first = points[2] - points[1]
    unit = first / (np.hypot(*first) or 1.0)
    return [unit, np.array([-unit[1], unit[0]])]


def _extent(geometry: shapely.Geometry, axis: Vectors) -> float:
    along = shapely.get_coordinates(geometry) @ axis
    return float(along.max() - along.min()) if len(along) else 0.0


def _box(shape: Shape, axis: Vectors, wall: SeenWall | None) -> _Box:
    """The shape's box along this axis; only as deep as the wall it stands in."""
    normal = np.array([-axis[1], axis[0]])
    points = shape.vertices[:, :2]
    along, across = points @ axis, points @ normal
    low, high = float(along.min()), float(along.max())
    near, far = float(across.min()), float(across.max())
    if wall is not None:
        strip = [axis * a + normal * c for a, c in ((low, near - 1), (high, near - 1), (high, far + 1), (low, far + 1))]
        body = wall.plan.intersection(shapely.Polygon(strip))
        depths = shapely.get_coordinates(body) @ normal
        if len(depths) and max(near, depths.min()) < min(far, depths.max()):
            near, far = max(near, float(depths.min())), min(far, float(depths.max()))
    middle = normal * (near + far) / 2
    start, end = axis * low + middle, axis * high + middle
    return _Box(
        line=((float(start[0]), float(start[1])), (float(end[0]), float(end[1]))),
        depth_m=far - near,
        z0_m=shape.z0_m,
        z1_m=shape.z1_m,
    )


def _boundaries(source: IfcSource) -> dict[str, list[str]]:
    """What the file states: for each element the keys of the spaces it bounds."""
    stated: dict[str, list[str]] = {}
    for relation in source.file.by_type("IfcRelSpaceBoundary"):
        element, space = relation.RelatedBuildingElement, relation.RelatingSpace
        if element is not None and space is not None and space.is_a("IfcSpace"):
            stated.setdefault(element.GlobalId, []).append(space.GlobalId)
    return stated


def virtual_boundaries(source: IfcSource, shapes: Mapping[str, Shape]) -> list[SeenConnection]:
    """Pairs of spaces with an imaginary wall between, as far as the file pairs them, and where it draws it."""
    pairs: dict[tuple[str, str], None] = {}
    shared: dict[str, set[str]] = {}
    for relation in source.file.by_type("IfcRelSpaceBoundary"):
        space, element = relation.RelatingSpace, relation.RelatedBuildingElement
        virtual = relation.PhysicalOrVirtualBoundary == "VIRTUAL"
        imaginary = element is not None and element.is_a("IfcVirtualElement")
        if space is None or not space.is_a("IfcSpace") or not (virtual or imaginary):
            continue
        other = getattr(getattr(relation, "CorrespondingBoundary", None), "RelatingSpace", None)
        if other is not None and other.is_a("IfcSpace"):
            pairs[_ordered(space.GlobalId, other.GlobalId)] = None
        if imaginary:
            shared.setdefault(element.GlobalId, set()).add(space.GlobalId)
    drawn = []
    for guid, spaces in sorted(shared.items()):
        if len(spaces) != 2:
            continue
        a, b = sorted(spaces)
        line = _upright(shapes.get(guid))
        if line is None:
            pairs[a, b] = None
        else:
            source_id = SourceId(scheme="ifc", value=guid)
            drawn.append(SeenConnection(key=guid, a=a, b=b, statement=IMAGINARY, line=line, source=source_id))
    paired = [SeenConnection(key=f"{a}+{b}", a=a, b=b, statement=IMAGINARY) for a, b in sorted(pairs) if a != b]
    return [*drawn, *paired]


def _upright(shape: Shape | None) -> tuple[XY, XY] | None:
    """The line of a thin upright face; a face that lies flat shows no place to pass."""
    if shape is None or shape.z1_m - shape.z0_m < PASSAGE_HEIGHT_MIN_M:
        return None
    box = _box(shape, _axis(shape, None, 0.0, None), None)
    return box.line if box.depth_m <= FACE_MAX_M < box.width_m else None


def _ordered(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
