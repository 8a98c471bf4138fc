"""A building as the 3D engine and the plans draw it: plain JSON, metres, Z up, every z absolute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from building.labels import label_point, to_shape
from building.masonry import build_walls, from_shape
from building.model import XY, Building, Device, Floor, Polygon, VerticalLink, Wall
from building.versions import content_hash

PAINT_M = 0.02
"""An assembly place is painted on the ground: it is drawn this much above it."""
OUTLINE_GAP_M = 0.6
"""Rooms nearer to each other than this are under one roof, where the file draws no outline."""

Json = dict[str, Any]


def scene(b: Building, *, devices: bool = False) -> Json:
    """The whole scene. Without ``devices`` it holds nothing that strangers may not see."""
    elevation = {f.id: f.elevation_m for f in b.floors}
    floors = [_floor(b, f) for f in b.floors]
    drawn: Json = {
        "version": content_hash(b),
        "site": b.site,
        "name": dict(b.name),
        "bounds": _bounds(b, floors),
        "floors": floors,
        "spaces": [
            {
                "id": s.id, "floor": s.floor, "name": dict(s.name), "number": s.number, "kind": s.kind,
                "access": s.access, "walkable": s.walkable, "polygons": _polygons(s.footprint), "z0_m": s.z0_m,
                "height_m": s.height_m, "label": _xy(label_point(s.footprint)),
            }
            for s in b.spaces
        ],
        "walls": [
            {
                "floor": p.floor, "kind": p.kind, "polygons": _polygons(p.polygons), "z0_m": p.z0_m,
                "height_m": p.height_m,
            }
            for p in build_walls(b)
        ],
        "openings": [
            {
                "id": o.id, "floor": o.floor, "kind": o.kind, "name": dict(o.name), "line": [_xy(p) for p in o.line],
                "z0_m": o.z0_m, "height_m": o.height_m, "between": o.between and list(o.between),
                "controlled": o.controlled, "exit": o.exit, "swing_to": o.swing_to, "device": o.device,
            }
            for o in b.openings
        ],
        "links": [_link(v) for v in b.vertical_links],
        "windows": [
            {
                "id": w.id, "number": w.number, "floor": w.floor, "at": _xy(w.at), "stand": _xy(w.stand),
                "facing_deg": w.facing_deg, "department": w.department, "name": dict(w.name),
                "business": dict(w.business), "screen": w.screen, "terminal": w.terminal,
                "low_counter": w.low_counter,
            }
            for w in b.windows
        ],
        "furniture": [
            {
                "id": f.id, "floor": f.floor, "kind": f.kind, "polygons": _polygons([f.footprint]),
                "z0_m": elevation.get(f.floor, 0.0), "height_m": f.height_m,
            }
            for f in b.furniture
        ],
        "seats": [
            {"id": s.id, "floor": s.floor, "at": _xy(s.at), "facing_deg": s.facing_deg, "sensor": s.sensor}
            for s in b.seats
        ],
        "bays": [
            {"id": y.id, "floor": y.floor, "kind": y.kind, "polygons": _polygons([y.footprint]), "sensor": y.sensor}
            for y in b.bays
        ],
        "pois": [
            {"id": p.id, "floor": p.floor, "kind": p.kind, "name": dict(p.name), "at": _xy(p.at)} for p in b.pois
        ],
        "zones": [{"id": z.id, "kind": z.kind, "name": dict(z.name), "spaces": list(z.spaces)} for z in b.zones],
        "departments": [{"id": d.id, "name": dict(d.name), "short": dict(d.short)} for d in b.departments],
        "outdoor": [
            {
                "id": o.id, "kind": o.kind, "name": dict(o.name), "polygons": _polygons([o.footprint]),
                "z_m": round(o.z_m + (PAINT_M if o.kind == "assembly" else 0.0), 3),
            }
            for o in b.outdoor_places
        ],
    }  # fmt: skip
    return drawn | ({"devices": [_device(d) for d in b.devices]} if devices else {})


def floor_outline(b: Building, floor: Floor) -> tuple[Polygon, ...]:
    """The slab of a floor: as drawn, else what its rooms and walls cover."""
    if floor.outline:
        return floor.outline
    covered = to_shape([p for e in _on(floor, (*b.spaces, *b.walls)) for p in e.footprint])
    closed = covered.buffer(OUTLINE_GAP_M / 2, join_style="mitre").buffer(-OUTLINE_GAP_M / 2, join_style="mitre")
    return from_shape(closed)


def _on(floor: Floor, entities: Iterable[Any]) -> list[Any]:
    return [e for e in entities if e.floor == floor.id]


def _floor(b: Building, f: Floor) -> Json:
    return {
        "id": f.id, "number": f.number, "name": dict(f.name), "ordinal": f.ordinal, "elevation_m": f.elevation_m,
        "height_m": f.height_m, "outline": _polygons(floor_outline(b, f)),
    }  # fmt: skip


def _link(v: VerticalLink) -> Json:
    return {
        "id": v.id, "kind": v.kind, "name": dict(v.name), "direction": v.direction, "width_m": v.width_m,
        "stops": [{"floor": s.floor, "space": s.space, "at": _xy(s.at)} for s in v.stops],
        "paths": [[[round(c, 3) for c in p] for p in path] for path in v.paths],
        "shafts": dict(v.shafts), "device": v.device,
    }  # fmt: skip


def _device(d: Device) -> Json:
    return {
        "id": d.id, "kind": d.kind, "name": dict(d.name), "floor": d.floor, "space": d.space,
        "at": [round(c, 3) for c in (d.pose.x_m, d.pose.y_m, d.pose.z_m)], "yaw_deg": d.pose.yaw_deg,
        "serves": dict(d.serves), "coverage": dict(d.coverage),
    }  # fmt: skip


def _polygons(polygons: Sequence[Polygon]) -> list[Json]:
    return [{"outer": [_xy(p) for p in s.outer], "holes": [[_xy(p) for p in h] for h in s.holes]} for s in polygons]


def _xy(p: XY | None) -> list[float] | None:
    return None if p is None else [round(p[0], 3), round(p[1], 3)]


def _bounds(b: Building, floors: Sequence[Json]) -> list[float]:
    points = [p for f in floors for s in f["outline"] for p in s["outer"]] or [[0.0, 0.0]]
    walls: Sequence[Wall] = b.walls
    tops = [f.elevation_m + f.height_m for f in b.floors] + [w.z0_m + w.height_m for w in walls]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return [min(xs), min(ys), min(f.elevation_m for f in b.floors), max(xs), max(ys), round(max(tops), 3)]
