"""A building as a glTF 2.0 binary file: one node an element, named by our id, in metres with Y up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from building.labels import label_point, to_shape
from building.masonry import cut_walls
from building.model import XY, XYZ, Building, Entity, Opening, Polygon, VerticalLink
from building.writers.glb_file import GlbFile, turned
from building.writers.glb_meshes import Mesh, box, joined, plate, prism, ribbon
from building.writers.writer import Loss, Writer

FAR_M = 8_192
"""Nearer to the origin than this a 32-bit coordinate keeps the millimetre; further off the whole model is moved."""
LEAF_M = 0.04
"""How thick a door is drawn."""
PAINT_M = 0.01
"""How far a painted bay lies above the floor."""
CAR_M = (1.4, 1.6, 2.2)
"""A lift car whose size is not known: width, depth, height."""

Rgba = tuple[float, float, float, float]

COLOURS: Mapping[str, Rgba] = {
    "space": (0.86, 0.88, 0.90, 1.0),
    "space/stair": (0.78, 0.83, 0.80, 1.0),
    "space/lift": (0.70, 0.74, 0.80, 1.0),
    "wall": (0.93, 0.92, 0.89, 1.0),
    "wall/exterior": (0.75, 0.73, 0.69, 1.0),
    "wall/fire": (0.88, 0.83, 0.78, 1.0),
    "wall/glass": (0.70, 0.85, 0.92, 0.35),
    "wall/railing": (0.55, 0.57, 0.60, 1.0),
    "opening": (0.55, 0.40, 0.27, 1.0),
    "opening/fire": (0.60, 0.24, 0.18, 1.0),
    "opening/automatic": (0.60, 0.80, 0.90, 0.5),
    "link": (0.62, 0.65, 0.68, 1.0),
    "window": (0.16, 0.42, 0.66, 1.0),
    "device": (0.13, 0.55, 0.45, 1.0),
    "furniture": (0.72, 0.60, 0.46, 1.0),
    "seat": (0.35, 0.45, 0.60, 1.0),
    "bay": (0.62, 0.64, 0.62, 1.0),
    "poi": (0.85, 0.55, 0.15, 1.0),
    "outdoor": (0.72, 0.78, 0.70, 1.0),
}
"""By kind of entity, and by its own kind where it looks different."""

NO_PLACE = "It stands nowhere in particular, and the format holds only what has a place."


def dumps(b: Building) -> bytes:
    """The whole file."""
    return _Draft(b).file()


class _Draft:
    def __init__(self, b: Building) -> None:
        self.b = b
        self.glb = GlbFile()
        self.origin = _origin(b)
        self.elevation = {f.id: f.elevation_m for f in b.floors}
        self.materials: dict[str, int] = {}

    def file(self) -> bytes:
        b = self.b
        root = {"name": b.site, "translation": turned((*self.origin, 0.0)), "extras": {"name": dict(b.name)}}
        if self.origin == (0, 0):
            del root["translation"]
        top = self.glb.add_node(root)
        floors = {f.id: self.glb.add_node(_node(f), top) for f in b.floors}
        for entity, mesh, at in self._elements():
            node = _node(entity)
            material = self._material(entity)
            number = self.glb.add_mesh(mesh, material)
            if number is not None:
                node["mesh"] = number
            if at is not None:
                point, facing_deg = at
                node["translation"] = turned(self._near(point))
                if facing_deg:
                    half = math.radians(facing_deg) / 2
                    node["rotation"] = [0, math.sin(half), 0, math.cos(half)]
            self.glb.add_node(node, floors.get(_floor_of(entity), top))
        return self.glb.dumps(top, "halltwin")

    def _elements(self) -> Iterator[tuple[Entity, Mesh, tuple[XYZ, float] | None]]:
        """What is drawn: its body in the building's frame, or a body of its own and where that stands."""
        yield from ((entity, mesh, None) for entity, mesh in (*self._house(), *self._grounds()))
        yield from self._furnishing()

    def _house(self) -> Iterator[tuple[Entity, Mesh]]:
        b = self.b
        for s in b.spaces:
            yield s, plate(self._shape(s.footprint), s.z0_m)
        for f in b.floors:
            for wall, parts in cut_walls(b, f.id):
                yield wall, joined([prism(self._moved(shape), z0, z0 + h) for z0, h, shape in parts])
        for o in b.openings:
            yield o, self._leaf(o)
        for v in b.vertical_links:
            yield v, self._link(v)

    def _furnishing(self) -> Iterator[tuple[Entity, Mesh, tuple[XYZ, float]]]:
        b = self.b
        for w in b.windows:
            yield w, box(0.3, 0.6, w.counter_height_m or 1.1), (self._on(w.floor, w.at), w.facing_deg)
        for d in b.devices:
            yield d, box(0.1, 0.1, 0.2, -0.1), ((d.pose.x_m, d.pose.y_m, d.pose.z_m), d.pose.yaw_deg)
        for p in b.pois:
            yield p, box(0.15, 0.15, 0.3, 1.5), (self._on(p.floor, p.at), 0.0)
        for seat in b.seats:
            yield seat, box(0.22, 0.22, 0.45), (self._on(seat.floor, seat.at), seat.facing_deg)

    def _grounds(self) -> Iterator[tuple[Entity, Mesh]]:
        b = self.b
        for bay in b.bays:
            yield bay, plate(self._shape((bay.footprint,)), self.elevation.get(bay.floor, 0.0) + PAINT_M)
        for item in b.furniture:
            z0 = self.elevation.get(item.floor, 0.0)
            yield item, prism(self._shape((item.footprint,)), z0, z0 + item.height_m)
        for place in b.outdoor_places:
            yield place, plate(self._shape((place.footprint,)), place.z_m)
        for outdoor in b.outdoor_links:
            yield outdoor, ribbon([self._near(p) for p in outdoor.path], outdoor.width_m)
        for way in b.approaches:
            yield way, ribbon([self._near(p) for p in way.path], way.width_m)

    def _leaf(self, o: Opening) -> Mesh:
        import shapely

        if o.kind == "open" or o.width_m == 0:
            return joined(())
        line = shapely.LineString([self._near_xy(p) for p in o.line])
        return prism(line.buffer(LEAF_M / 2, cap_style="flat"), o.z0_m, o.z0_m + o.height_m)

    def _link(self, v: VerticalLink) -> Mesh:
        import shapely

        if v.kind != "lift":
            paths = v.paths or (tuple(self._on(s.floor, s.at) for s in v.stops),)
            return joined([ribbon([self._near(p) for p in path], v.width_m) for path in paths])
        if not v.stops:
            return joined(())
        lowest = min(v.stops, key=lambda s: self.elevation.get(s.floor, 0.0))
        shaft = next((s for s in self.b.spaces if s.id == v.shafts.get(lowest.floor)), None)
        x, y = self._near_xy((shaft and label_point(shaft.footprint)) or lowest.at)
        width, depth = v.car_size_m or CAR_M[:2]
        z0 = self.elevation.get(lowest.floor, 0.0)
        car = shapely.box(x - width / 2, y - depth / 2, x + width / 2, y + depth / 2)
        return prism(car, z0, z0 + CAR_M[2])

    def _material(self, e: Entity) -> int:
        kind = _kind(e)
        own = f"{kind}/{getattr(e, 'kind', '')}"
        name = own if own in COLOURS else kind if kind in COLOURS else "outdoor"
        if name not in self.materials:
            flat = name.split("/")[0] in ("space", "bay", "outdoor")
            self.materials[name] = self.glb.add_material(name, COLOURS[name], both_sides=flat)
        return self.materials[name]

    def _on(self, floor: str, at: XY) -> XYZ:
        return (at[0], at[1], self.elevation.get(floor, 0.0))

    def _near_xy(self, p: XY) -> XY:
        return (p[0] - self.origin[0], p[1] - self.origin[1])

    def _near(self, p: XYZ) -> XYZ:
        return (*self._near_xy((p[0], p[1])), p[2])

    def _moved(self, shape: Any) -> Any:
        import shapely

        return shapely.transform(shape, lambda xy: xy - self.origin) if any(self.origin) else shape

    def _shape(self, polygons: tuple[Polygon, ...]) -> Any:
        return self._moved(to_shape(polygons))


def _origin(b: Building) -> tuple[int, int]:
    """Where the model's own zero lies: the building's, unless that is too far off."""
    rings = (p.outer for e in (*b.floors, *b.spaces, *b.walls) for p in getattr(e, "outline", None) or _area(e))
    x, y = next((ring[0] for ring in rings), (0.0, 0.0))
    return (0, 0) if max(abs(x), abs(y)) < FAR_M else (round(x), round(y))


def _area(e: Entity) -> tuple[Polygon, ...]:
    return getattr(e, "footprint", ())


def _kind(e: Entity) -> str:
    return e.id.split(":")[1]


def _floor_of(e: Entity) -> str:
    """The floor an element hangs under; a link hangs under its first stop."""
    if isinstance(e, VerticalLink):
        return e.stops[0].floor if e.stops else ""
    floor: str = getattr(e, "floor", "")
    return floor


def _node(e: Entity) -> dict[str, Any]:
    extras: dict[str, Any] = {"id": e.id, "kind": _kind(e), "type": getattr(e, "kind", None), "name": dict(e.name)}
    extras["number"] = getattr(e, "number", None)
    if e.source:
        extras |= {"source_id": e.source.value, "scheme": e.source.scheme}
    return {"name": e.id, "extras": {name: value for name, value in extras.items() if value}}


def _write(b: Building, path: Path) -> tuple[Loss, ...]:
    path.write_bytes(dumps(b))
    unplaced = (("departments", len(b.departments)), ("supply", len(b.supply)), ("zones", len(b.zones)))
    shapes = "glTF holds shapes and names; what an element is joined to or does is not among them."
    return (
        *(Loss(what=what, count=count, reason=NO_PLACE) for what, count in unplaced if count),
        *(
            Loss(what=what, count=count, reason=shapes)
            for what, count in (
                ("openings.between", len(b.openings)),
                ("vertical_links.stops", len(b.vertical_links)),
                ("devices.serves", sum(bool(d.serves) for d in b.devices)),
            )
            if count
        ),
    )


WRITER = Writer(name="glb", suffixes=(".glb",), write=_write)
