"""The files of an IMDF archive for a building, and what of the building they do not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import shapely

from building.formats.imdf import extension as ext
from building.formats.imdf.vocabulary import FEATURE_TYPES, LINK_CATEGORY, VERSION, WALL_OF_KIND, unit_category
from building.labels import to_shape
from building.model import XY, Building, Floor, Opening, OutdoorPlace, Space, Wall
from building.shapes import band
from building.writers.imdf import CREATED
from building.writers.imdf_doors import category_of, door_of
from building.writers.imdf_links import relationships_of
from building.writers.imdf_places import write_areas, write_places
from building.writers.imdf_sheet import Json, Sheet, areas, labels
from building.writers.writer import Loss

GENERATED_BY = "halltwin"
CUT_DEPTH_M = 0.5
"""How far a door cuts into walls to either side of its line."""
TOUCH_M = 0.05
REACH_M = 0.35
"""An opening belongs on the edge of a unit; a wall may lie between."""
SMALL_M2 = 0.001
CLOSING_M = 0.3
VENUE_MARGIN_M = 1.0
UNKNOWN_COUNTRY = "ZZ"
"""ISO 3166-1 leaves ZZ to users, and CLDR calls it the unknown region; our model knows no address."""
_COUNTRIES = {"Asia/Shanghai": "CN", "Asia/Urumqi": "CN", "Asia/Hong_Kong": "HK", "Asia/Macau": "MO"}
_RESTRICTIONS = {"staff": "employeesonly", "restricted": "restricted"}

_NOT_HELD = {
    "devices": "IMDF maps places, not equipment",
    "supply": "IMDF maps places, not equipment",
    "outdoor_links": "IMDF leaves the ways between pieces of ground to the street map",
    "approaches": "IMDF leaves the ways to the building to the street map",
}


def features_of(b: Building) -> tuple[dict[str, Json], tuple[Loss, ...]]:
    """The files by name, and the losses. ``InvalidModel`` where the georeference is no place."""
    sheet = Sheet(b)
    sheet.spaces = {s.id: shape for s in b.spaces if not (shape := areas(to_shape(s.footprint))).is_empty}
    sheet.grounds = {p.id: ground for p in b.outdoor_places if not (ground := areas(to_shape((p.footprint,)))).is_empty}
    walls = _standing(sheet)
    _levels(sheet, walls)
    _units(sheet, walls)
    _outdoors(sheet)
    for o in b.openings:
        _opening(sheet, o)
    _links(sheet)
    write_places(sheet)
    write_areas(sheet)
    _site(sheet)
    _what_is_not_held(sheet)
    manifest = {
        "version": VERSION, "created": CREATED, "generated_by": GENERATED_BY, "language": sheet.language,
        "extensions": [ext.IDENTIFIER],
    }  # fmt: skip
    files: dict[str, Json] = {"manifest.json": manifest}
    for name in FEATURE_TYPES:
        if name in sheet.features:
            collection = {"type": "FeatureCollection", "name": name, "features": sheet.features[name]}
            files[f"{name}.geojson"] = collection
    return files, sheet.losses()


def _standing(sheet: Sheet) -> dict[str, Any]:
    """The walls without their doors and without what is drawn as rooms, by id: units do not overlap."""
    found: dict[str, Any] = {}
    for floor in sheet.b.floors:
        lines = [shapely.LineString(o.line) for o in sheet.b.openings if o.floor == floor.id and o.width_m > 0]
        rooms = [sheet.spaces[s.id] for s in sheet.b.spaces if s.floor == floor.id and s.id in sheet.spaces]
        doors, ground = shapely.STRtree(lines), shapely.STRtree(rooms)
        for wall in (w for w in sheet.b.walls if w.floor == floor.id):
            body = to_shape(wall.footprint)
            near = body.buffer(TOUCH_M)
            along = [x for x in (lines[i] for i in doors.query(near)) if x.intersection(near).length > x.length / 2]
            gaps = [x.buffer(CUT_DEPTH_M, cap_style="flat") for x in along]
            taken = [*gaps, *(rooms[i] for i in ground.query(body, predicate="intersects"))]
            rest = shapely.set_precision(body.difference(shapely.union_all(taken)), 0.001)
            if not (shape := areas(rest.simplify(0.0005))).is_empty:
                found[wall.id] = shape
    return found


def _levels(sheet: Sheet, walls: Mapping[str, Any]) -> None:
    ordinals = _ordinals(sheet.b.floors)
    for f in sheet.b.floors:
        parts = [sheet.spaces[s.id] for s in sheet.b.spaces if s.floor == f.id and s.id in sheet.spaces]
        parts += [walls[w.id] for w in sheet.b.walls if w.floor == f.id and w.id in walls]
        shape = _level_shape(to_shape(f.outline), shapely.union_all(parts))
        if not sheet.keep(not shape.is_empty, "floors", "nothing is drawn on it"):
            continue
        sheet.levels[f.id] = shape
        if ordinals[f.id] != f.ordinal:
            sheet.lose("floors.ordinal", "two storeys have the same, IMDF wants each once: counted anew")
        short = {sheet.language: f.number}
        sheet.add("level", ext.feature_id(f.id), shape, {
            "category": "unspecified", "restriction": None, "outdoor": False, "ordinal": ordinals[f.id],
            "name": labels(f.name) or short, "short_name": short, "display_point": sheet.point(shape),
            "address_id": None, "building_ids": [sheet.ids["building"]], **sheet.own("floors", f),
        })  # fmt: skip


def _units(sheet: Sheet, walls: Mapping[str, Any]) -> None:
    shafts = {space: LINK_CATEGORY[v.kind] for v in sheet.b.vertical_links for space in v.shafts.values()}
    for s in sheet.b.spaces:
        if sheet.keep(s.id in sheet.spaces and s.floor in sheet.levels, "spaces", "it covers no floor"):
            category = shafts.get(s.id) or unit_category(s.kind, walkable=s.walkable)
            _unit(sheet, "spaces", s, sheet.spaces[s.id], category)
    for w in sheet.b.walls:
        if sheet.keep(w.id in walls and w.floor in sheet.levels, "walls", "nothing of it stands beside the rooms"):
            _unit(sheet, "walls", _as_drawn(sheet, w, walls[w.id]), walls[w.id], WALL_OF_KIND.get(w.kind, "structure"))


def _as_drawn(sheet: Sheet, wall: Wall, unit: Any) -> Wall:
    """A wall that is its line with a thickness comes back whole; of any other only the unit is kept."""
    if wall.line and wall.thickness_m and band(wall.line, wall.thickness_m) == wall.footprint:
        return wall
    if wall.line or wall.thickness_m:
        sheet.lose("walls.line", "the wall is not as wide as its line says all along")
    if to_shape(wall.footprint).area - unit.area > SMALL_M2:
        sheet.lose("walls.footprint", "it is drawn without its doors and without what lies within rooms")
    return replace(wall, line=None, thickness_m=None)


def _outdoors(sheet: Sheet) -> None:
    """Pieces of ground are units of a level in the open, which belongs to no building."""
    if sheet.grounds:
        ground = shapely.union_all(list(sheet.grounds.values()))
        name = {"zh": "室外", "en": "Outdoors"}
        sheet.add("level", sheet.ids["outdoors"], ground, {
            "category": "unspecified", "restriction": None, "outdoor": True, "ordinal": 0, "name": name,
            "short_name": name, "display_point": sheet.point(ground), "address_id": None, "building_ids": None,
        })  # fmt: skip
    for p in sheet.b.outdoor_places:
        if sheet.keep(p.id in sheet.grounds, "outdoor_places", "it covers no ground"):
            _unit(sheet, "outdoor_places", p, sheet.grounds[p.id], "road" if p.kind == "driveway" else "walkway")


def _unit(sheet: Sheet, list_name: str, e: Space | Wall | OutdoorPlace, shape: Any, category: str) -> None:
    level = sheet.ids["outdoors"] if isinstance(e, OutdoorPlace) else ext.feature_id(e.floor)
    sheet.add("unit", ext.feature_id(e.id), shape, {
        "category": category, "restriction": _RESTRICTIONS.get(getattr(e, "access", "")), "accessibility": None,
        "name": labels(e.name), "alt_name": None, "level_id": level, "display_point": sheet.point(shape),
        **sheet.own(list_name, e),
    })  # fmt: skip


def _opening(sheet: Sheet, o: Opening) -> None:
    if not sheet.keep(o.width_m > 0 and o.floor in sheet.levels, "openings", "it has no width or no storey"):
        return
    line = shapely.LineString(o.line)
    if o.between is None:
        rooms = [sheet.spaces[s.id] for s in sheet.b.spaces if s.floor == o.floor and s.id in sheet.spaces]
        near = any(room.distance(line) <= REACH_M for room in rooms)
        if not sheet.keep(near, "openings", "it leads nowhere and no room is near it"):
            return
    key = ext.feature_id(o.id)
    sheet.add("opening", key, line, {
        "category": category_of(o), "accessibility": None, "access_control": ["badgereader"] if o.controlled else None,
        "door": door_of(o.kind), "name": labels(o.name), "alt_name": None, "display_point": sheet.point(line),
        "level_id": ext.feature_id(o.floor), **sheet.own("openings", o),
    })  # fmt: skip
    ends = [sheet.reference(end, o.outside_place) for end in o.one_way or o.between or ()]
    if None in ends:
        sheet.lose("openings.between", "a room it leads to covers no floor")
    elif ends:
        sheet.add("relationship", ext.feature_id(o.id, "traversal"), None, {
            "category": "traversal", "direction": "directed" if o.one_way else "undirected", "origin": ends[0],
            "intermediary": [{"id": key, "feature_type": "opening"}], "destination": ends[1], "hours": o.hours,
        })  # fmt: skip


def _links(sheet: Sheet) -> None:
    for link in sheet.b.vertical_links:
        drafts, lost_paths = relationships_of(link, sheet.b.floors, sheet.spaces)
        if not sheet.keep(bool(drafts), "vertical_links", "it joins fewer than two rooms that are drawn"):
            continue
        if lost_paths:
            sheet.lose("vertical_links.paths", "a walking line passes several storeys or ends on none")
        for n, d in enumerate(drafts):
            heights = {"z_m": d.z_m} if any(z is not None for z in d.z_m) else {}
            own = sheet.own("vertical_links", link, {"name": dict(link.name), **heights}, count=n == 0)
            sheet.add("relationship", ext.feature_id(link.id, str(n)), _line(d.line), {
                "category": d.category, "direction": d.direction, "origin": sheet.reference(d.origin),
                "intermediary": [sheet.reference(s) for s in d.via] or None,
                "destination": sheet.reference(d.destination), "hours": None, **own,
            })  # fmt: skip


def _site(sheet: Sheet) -> None:
    """The venue holds all that is drawn; the building is what stands on it."""
    b, ids, at = sheet.b, sheet.ids, sheet.placement
    built = shapely.union_all(list(sheet.levels.values()))
    if built.is_empty:
        built = shapely.Point(0, 0).buffer(VENUE_MARGIN_M)
    points = [shapely.Point(p.at) for p in b.pois] + [shapely.LineString(o.line) for o in b.openings]
    everything = shapely.union_all([built, *sheet.grounds.values(), *points])
    venue = everything.convex_hull.buffer(VENUE_MARGIN_M, join_style="mitre")
    name = labels(b.name) or {sheet.language: b.site}
    words = next(iter(name.values()))
    sheet.add("address", ids["address"], None, {
        "address": words, "unit": None, "locality": words, "province": None,
        "country": _COUNTRIES.get(b.timezone, UNKNOWN_COUNTRY), "postal_code": None, "postal_code_ext": None,
        "postal_code_vanity": None,
    })  # fmt: skip
    own = {
        "site": b.site, "timezone": b.timezone,
        "departments": [{**sheet.carried("departments", d), "name": dict(d.name)} for d in b.departments],
        "placement": {
            "lon_deg": at.frame.lon_deg, "lat_deg": at.frame.lat_deg, "rotation_deg": at.rotation_deg,
            "known": at.known,
        },
    }  # fmt: skip
    sheet.add("venue", ids["venue"], venue, {
        "category": "governmentfacility", "restriction": None, "name": name, "alt_name": None, "hours": None,
        "phone": None, "website": None, "display_point": sheet.point(venue), "address_id": ids["address"],
        ext.NAME: own,
    })  # fmt: skip
    sheet.add("building", ids["building"], None, {
        "name": name, "alt_name": None, "category": "unspecified", "restriction": None,
        "display_point": sheet.point(built), "address_id": ids["address"],
    })  # fmt: skip
    sheet.add("footprint", ext.feature_id(f"{b.site}:footprint:"), built, {
        "category": "ground", "name": None, "building_ids": [ids["building"]],
    })  # fmt: skip


def _what_is_not_held(sheet: Sheet) -> None:
    for name, reason in _NOT_HELD.items():
        sheet.lose(name, reason, len(getattr(sheet.b, name)))
    for name in ("opening_hours", "attributes", "warnings"):
        if getattr(sheet.b, name):
            sheet.lose(f"building.{name}", "IMDF has no word for it")
    if not sheet.placement.known:
        sheet.lose("building.georeference", "it is not known: the archive places the building at 0°, 0°")


def _ordinals(floors: Sequence[Floor]) -> dict[str, int]:
    """As they are; where two floors have the same, counted from the lowest, 0 where it was."""
    if len({f.ordinal for f in floors}) == len(floors):
        return {f.id: f.ordinal for f in floors}
    by_height = sorted(floors, key=lambda f: (f.elevation_m, f.id))
    ground = next((i for i, f in enumerate(by_height) if f.ordinal == 0), 0)
    return {f.id: i - ground for i, f in enumerate(by_height)}


def _level_shape(outline: Any, built: Any) -> Any:
    """What is drawn as the floor's outline, and what of the rooms and walls sticks out."""
    if outline.is_empty:
        closed = built.buffer(CLOSING_M, join_style="mitre").buffer(-CLOSING_M, join_style="mitre")
        return areas(closed.union(built))
    return areas(outline if outline.covers(built) else outline.union(built))


def _line(points: Sequence[XY]) -> Any:
    return shapely.Point(points[0]) if len(set(points)) == 1 else shapely.LineString(points)
