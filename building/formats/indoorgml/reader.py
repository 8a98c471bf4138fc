"""An IndoorGML file as a survey: its graph is believed as it stands, and what it does not say is said to be missing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shapely.errors import GEOSException

from building.errors import UnreadableFile
from building.formats.indoorgml import ours, words
from building.formats.indoorgml.cells import Room, room_of, storeys
from building.formats.indoorgml.doors import DoorReader
from building.formats.indoorgml.features import Cell, Features, collect
from building.formats.indoorgml.geometry import Geometry, TooMuch
from building.formats.indoorgml.links import LinkReader
from building.formats.indoorgml.outside import outer_recesses
from building.formats.indoorgml.tree import parse
from building.formats.indoorgml.ways import Plan, ways_of
from building.model import OUT, Building, key_of
from building.survey import SeenSpace, Survey
from building.understanding import understand

if TYPE_CHECKING:
    from building.survey import SeenDoor, SeenLink

MAX_CELLS = 50_000
MAX_TRANSITIONS = 200_000
TALL_M = 12.0
"""Rooms higher than this, all of them, were not drawn in metres."""


def read(path: Path) -> Building:
    """The building in this file. What could not be understood stands in its ``warnings``."""
    try:
        return understand(survey_of(path))
    except (TooMuch, GEOSException, RecursionError, OverflowError) as error:
        raise UnreadableFile(
            path=str(path),
            what=f"its shapes cannot be worked out ({type(error).__name__}: {str(error)[:200]})",
            todo="Check the solids with an IndoorGML validator, and export the building once more.",
        ) from error


def survey_of(path: Path) -> Survey:
    root = parse(path)
    if root.tag != "IndoorFeatures":
        raise UnreadableFile(
            path=str(path),
            what=f"the file begins with <{root.tag[:40]}>, not with <IndoorFeatures>",
            todo="Export the building as IndoorGML 1.0.",
        )
    features = collect(root)
    if len(features.cells) > MAX_CELLS or len(features.transitions) > MAX_TRANSITIONS:
        raise UnreadableFile(
            path=str(path),
            what=f"it holds {len(features.cells):,} cells and {len(features.transitions):,} transitions, more than "
            f"{MAX_CELLS:,} and {MAX_TRANSITIONS:,}",
            todo="Export one building.",
        )
    warnings = features.warnings
    geometry = Geometry(features.by_id, features.parents, warnings)
    geometry.settle(root)
    plan = _plan(features, geometry, path)
    rooms = list(plan.rooms.values())
    floors = storeys([*rooms, *plan.doors.values()], flat=geometry.flat, warnings=warnings)
    doors, links = _ways(features, geometry, plan)
    doors += _entrances(rooms, doors, warnings)
    own = ours.read(root)
    stated = [e.get("id") for e in (root, *root.iter("PrimalSpaceFeatures"), *root.iter("MultiLayeredGraph"))]
    return Survey(
        site=own.site or "igml-" + hashlib.sha256(repr(stated).encode()).hexdigest()[:8],
        name=own.name or words.names(root.findall("name")) or {"en": path.stem},
        format="indoorgml",
        schema="IndoorGML 1.0",
        timezone=own.timezone or "Asia/Shanghai",
        georeference=own.georeference or geometry.georeference,
        floors=own.floors_for(floors),
        spaces=tuple(_space(r) for r in rooms),
        doors=tuple(doors),
        links=tuple(links),
        attributes=geometry.attributes,
        walls_drawn=False,
        graph_stated=True,
        warnings=tuple(warnings),
    )


def _plan(features: Features, geometry: Geometry, path: Path) -> Plan:
    """Sorts the cells: rooms, thin ones that are doors, those that are the outside, those without a shape."""
    named = [*features.cells.values(), *features.states.values()]
    outside = frozenset(f.key for f in named if words.means_outside(f.text) or f.said.get("type") == "outdoor")
    plan = Plan({}, outside=outside, anchors=_anchors(features, outside))
    shapeless = []
    keys: set[str] = set()
    for cell in features.cells.values():
        if cell.key in outside:
            continue
        key = _key(cell, keys)
        room = room_of(cell, key, geometry)
        if room is None:
            shapeless.append(cell)
            continue
        is_door = room.thin and (cell.sort in _DOOR_SORTS or any(map(words.names_a_door, room.texts)))
        (plan.doors if is_door else plan.rooms)[cell.key] = room
    if not plan.rooms:
        raise UnreadableFile(
            path=str(path),
            what="it holds no cell with a shape: a graph alone cannot be shown or walked",
            todo="Export it with its primal space (the cells' solids or polygons), not with the dual graph only.",
        )
    if shapeless:
        shown = ", ".join(c.text or c.key for c in shapeless[:5])
        features.warnings.append(f"{len(shapeless)} cells have no usable shape and are left out as rooms ({shown})")
    if min(r.z1_m - r.z0_m for r in plan.rooms.values()) > TALL_M:
        features.warnings.append("every room is higher than 12 m: the coordinates are probably not in metres")
    return plan


def _ways(features: Features, geometry: Geometry, plan: Plan) -> tuple[list[SeenDoor], list[SeenLink]]:
    """Every statement once: a door on its storey, or a flight between storeys."""
    doors, links = DoorReader(features, geometry, plan), LinkReader(geometry, plan)
    repeated = 0
    for way in ways_of(features, plan):
        a, b = plan.rooms.get(way.a), plan.rooms.get(way.b)
        if a is None or b is None:
            room = a or b
            repeated += room is not None and not doors.add(way, room, None)
        elif links.kind_of(way, a, b) is None:
            links.note_shafts(a, b)
            repeated += not doors.add(way, a, b)
        else:
            repeated += not links.add(way, a, b)
    if repeated:
        features.warnings.append(f"{repeated} transitions say once more what another one says")
    return doors.doors, links.links(doors.doors)


_DOOR_SORTS = ("ConnectionSpace", "AnchorSpace", "TransferSpace")


def _anchors(features: Features, outside: frozenset[str]) -> frozenset[str]:
    return frozenset(c.key for c in features.cells.values() if c.sort == "AnchorSpace" and c.key not in outside)


def _key(cell: Cell, taken: set[str]) -> str:
    base = key_of(cell.own_id) if cell.own_id else words.key(cell.key)
    key, n = (f"{base}_" if base == OUT else base), 1
    while key in taken:
        n += 1
        key = f"{base}_{n}"
    taken.add(key)
    return key


def _space(room: Room) -> SeenSpace:
    cell = room.cell
    ours_ = cell.own_id is not None
    said = cell.said
    number = said.get("number") or (next(iter(cell.name.values()), None) if not ours_ else None)
    if number is not None and len(number) > words.LABEL_MAX:
        number = None
    is_window = room.thin and any(map(words.names_a_window, room.texts))
    access = said.get("access", "public")
    return SeenSpace(
        key=room.key, name=cell.name if ours_ else cell.name or {"en": cell.key}, floor=room.floor, plan=room.plan,
        z0_m=room.z0_m, z1_m=room.z1_m, number=number,
        words=" ".join(w for w in (cell.text, said.get("type", ""), *cell.codes, said.get("desc", "")) if w),
        kind=said.get("type") if ours_ else None,
        walkable=said.get("walkable") != "false" if ours_ else False if is_window or cell.sort in _SOLID else None,
        access=access if access in ("public", "staff", "restricted") else "public",  # type: ignore[arg-type]
        capacity=int(said["capacity"]) if said.get("capacity", "").isdigit() else None,
        aliases=tuple(a for a in said.get("aliases", "").split("|") if a) if ours_ else (),
        derived=ours.evidence(said.get("derived", "")) if ours_ else None,
        source=None if ours_ else words.source(cell.key),
    )  # fmt: skip


_SOLID = ("NonNavigableSpace",)


def _entrances(rooms: Sequence[Room], doors: Sequence[SeenDoor], warnings: list[str]) -> list[SeenDoor]:
    """Where the file states no way in, the recesses of outer doors stand in for it, and that is said aloud."""
    if any(OUT in d.joins for d in doors):
        return []
    found = list(outer_recesses(rooms))
    if found:
        warnings.append(
            f"the file states no way in from outside: {len(found)} recesses as high as a door in outer walls are taken "
            "for entrances (confidence 0.4); check each of them on the plan"
        )
    else:
        warnings.append("the file states no way in from outside, and its walls show none: no room can be reached")
    return found
