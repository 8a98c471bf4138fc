"""Puts an IMDF archive together: storeys, rooms, doors, links and places as a survey, and the building it shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from building.errors import BuildingError, UnreadableFile
from building.formats.hall.codecs import Scope
from building.formats.imdf import MAX_BYTES
from building.formats.imdf import extension as ext
from building.formats.imdf.archive import open_archive
from building.formats.imdf.features import Contents, Unusable, labels, read_contents
from building.formats.imdf.links import read_links
from building.formats.imdf.openings import read_doors, read_edges, read_traversals
from building.formats.imdf.places import Places, read_places
from building.formats.imdf.units import Keys, read_plan
from building.formats.imdf.vocabulary import VERSION
from building.labels import to_shape
from building.model import Building, Entity, Text, Wall
from building.shapes import band
from building.survey import Survey
from building.understanding import understand

E = TypeVar("E", bound=Entity)

MOVED_M = 0.01

_RESTORED = ("spaces", "walls", "openings", "vertical_links")


def read(path: Path) -> Building:
    """The building in this archive. What could not be understood stands in its ``warnings``."""
    archive = open_archive(path, MAX_BYTES)
    warnings: list[str] = [f"{name!r} is no part of an IMDF archive and is not read" for name in archive.others[:20]]
    try:
        contents = read_contents(archive, warnings)
        survey, places, keys = _survey(contents, path.stem, warnings)
        return _restored(understand(survey), survey, places, keys)
    except (Unusable, BuildingError) as why:
        raise UnreadableFile(
            path=str(path),
            what=f"no building can be made of this IMDF archive: {why}",
            todo="Export the venue with its levels and units, in WGS84 longitude and latitude.",
        ) from why


def _survey(contents: Contents, stem: str, warnings: list[str]) -> tuple[Survey, Places, Keys]:
    keys = Keys()
    venue = next(iter(contents.of("venue")), None)
    own = ext.own(venue.properties) if venue else {}
    plan = read_plan(contents, keys, warnings)
    if not plan.floors:
        raise Unusable("no level in it says which storey it is")
    traversals = read_traversals(contents, plan)
    doors = read_doors(contents, plan, traversals, keys, warnings)
    edges = read_edges(plan, doors, traversals)
    links = read_links(contents, plan, keys, warnings)
    site = _site(own, venue.id if venue else stem)
    places = read_places(contents, plan, keys, site, warnings)
    timezone = own.get("timezone")
    survey = Survey(
        site=site,
        name=_name(contents, stem),
        format="imdf",
        schema=f"IMDF {VERSION}",
        timezone=timezone if isinstance(timezone, str) and timezone else "Asia/Shanghai",
        georeference=contents.placement.georeference,
        floors=plan.floors,
        spaces=plan.spaces,
        walls=plan.walls,
        walls_drawn=False,
        graph_stated=bool(own)
        and all(ext.list_in(f.properties) for f in (*contents.of("unit"), *contents.of("opening"))),
        doors=tuple(doors),
        links=tuple(links),
        connections=tuple(edges),
        departments=places.departments,
        windows=places.windows,
        zones=places.zones,
        pois=places.pois,
        furniture=places.furniture,
        warnings=tuple(warnings),
    )
    return survey, places, keys


def _site(own: Mapping[str, Any], venue: str) -> str:
    """Ours where we wrote it; else from the venue's id, so that ids never change."""
    site = own.get("site")
    if isinstance(site, str) and 0 < len(site) <= 100 and not any(c.isspace() or c == ":" for c in site):
        return site
    return "imdf-" + hashlib.sha256(venue.encode()).hexdigest()[:8]


def _name(contents: Contents, stem: str) -> Text:
    for feature in (*contents.of("venue"), *contents.of("building")):
        if name := labels(feature.properties.get("name"), contents.language):
            return name
    return {"en": stem}


def _restored(b: Building, survey: Survey, places: Places, keys: Keys) -> Building:
    """What our own archives say beyond IMDF, put on what was understood; a stranger's archive stays as it is."""
    known: dict[str, frozenset[str]] = {
        kind: frozenset(e.key for e in entities)
        for kind, entities in (("space", b.spaces), ("link", b.vertical_links), ("outdoor", places.outdoor_places))
    }
    scope = Scope(site=b.site, known=known)
    floors = tuple(_with_own(f, "floors", keys, scope) for f in b.floors)
    by_id = {f.id: f for f in floors}
    lists: dict[str, Any] = {}
    nowhere = {d.key for d in survey.doors if not d.joins}
    for name in _RESTORED:
        entities = []
        for e in getattr(b, name):
            scope.floor = by_id.get(getattr(e, "floor", ""))
            entities.append(_with_own(e, name, keys, scope))
        lists[name] = tuple(entities)
    # We write a relationship for every door that leads somewhere: what was found for another is found wrongly.
    lists["openings"] = tuple(
        replace(o, between=None, exit=False)
        if o.key in nowhere and ext.list_in(keys.given["opening", o.key].properties)
        else o
        for o in lists["openings"]
    )
    return replace(
        b, floors=floors, seats=places.seats, outdoor_places=places.outdoor_places, bays=places.bays, **lists
    )


def _with_own(entity: E, list_name: str, keys: Keys, scope: Scope) -> E:
    feature = keys.given.get((ext.KINDS[list_name], entity.key))
    if feature is None or ext.list_in(feature.properties) != list_name:
        return entity
    own = ext.restored(list_name, ext.own(feature.properties), scope)
    if isinstance(entity, Wall):
        own |= _whole_body(entity, own)
    return replace(entity, **own)


def _whole_body(wall: Wall, own: Mapping[str, Any]) -> dict[str, Any]:
    """A wall as it was drawn: the unit shows it without its doors. Where it was changed since, the unit counts."""
    line, thickness_m = own.get("line"), own.get("thickness_m")
    body = band(line, thickness_m) if line and thickness_m else ()
    if body and to_shape(body).buffer(MOVED_M).covers(to_shape(wall.footprint)):
        return {"footprint": body}
    return {"line": None, "thickness_m": None}
