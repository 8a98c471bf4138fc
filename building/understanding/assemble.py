"""Puts the evidence of a survey together, each step on what the one before found out."""

from __future__ import annotations

from building.model import Building, Space, Wall, make_id
from building.survey import SeenFloor, SeenSpace, SeenWall, Survey
from building.understanding import ground
from building.understanding.adjacency import open_edges
from building.understanding.doors import DoorReader
from building.understanding.floors import Hulls, floors_of, settle
from building.understanding.kinds import kind_of
from building.understanding.links import LinkReader
from building.understanding.plans import Obstacles, Room, Rooms, polygons_of
from building.understanding.rooms import derive_rooms
from building.understanding.stated import stated_connections


def understand(survey: Survey) -> Building:
    """The building this survey shows. What could not be understood stands in its ``warnings``."""
    site = survey.site
    seen_floors, seen_spaces, notes = settle(survey)
    warnings = [*survey.warnings, *notes]
    seen_spaces += _derived(survey, seen_floors, seen_spaces)
    if not seen_spaces:
        warnings.append("the file holds no rooms: it can be seen, but nothing in it can be routed to yet")
    rooms = Rooms(_rooms(site, seen_spaces, warnings))
    obstacles, hulls = Obstacles(survey.walls), Hulls(seen_floors, seen_spaces, survey.walls)
    floor_ids = {f.key: make_id(site, "floor", f.key) for f in seen_floors}
    doors = DoorReader(survey, rooms, obstacles, hulls).read(survey.doors, floor_ids, warnings)
    entrance = ground.ground_of(seen_floors, doors, sorted({s.floor for s in seen_spaces}))
    exits = {make_id(site, "opening", d.key): d.exit for d in survey.doors if d.exit is not None}
    openings = ground.with_exits(doors, exits, seen_floors[entrance].elevation_m, hulls, warnings)
    if survey.walls_drawn and not survey.graph_stated:
        openings += open_edges(site, rooms, obstacles)
    openings, stated_links = stated_connections(
        survey, rooms=rooms, obstacles=obstacles, openings=openings, warnings=warnings
    )
    joined = LinkReader(site, rooms, obstacles, openings).read(survey.links)
    warnings += joined.warnings
    return Building(
        site=site,
        name=survey.name,
        timezone=survey.timezone,
        georeference=survey.georeference,
        format=survey.format,
        schema=survey.schema,
        floors=tuple(floors_of(site, seen_floors, entrance, hulls)),
        spaces=tuple(r.space for r in rooms.all),
        walls=tuple(_wall(site, w, seen_floors) for w in survey.walls),
        openings=(*openings, *joined.steps),
        vertical_links=(*joined.links, *stated_links),
        departments=survey.departments,
        windows=survey.windows,
        devices=survey.devices,
        zones=survey.zones,
        pois=survey.pois,
        furniture=survey.furniture,
        attributes=survey.attributes,
        warnings=tuple(warnings),
    )


def _derived(survey: Survey, floors: list[SeenFloor], spaces: list[SeenSpace]) -> list[SeenSpace]:
    """Rooms for the floors that show walls but no rooms."""
    furnished = {s.floor for s in spaces}
    walled = {w.floor for w in survey.walls}
    bare = [f for f in floors if f.key in walled - furnished]
    return derive_rooms(survey, bare) if bare else []


def _rooms(site: str, seen: list[SeenSpace], warnings: list[str]) -> list[Room]:
    rooms = []
    for s in seen:
        kind, walkable = kind_of(s.words)
        space = Space(
            id=make_id(site, "space", s.key),
            name=s.name,
            source=s.source,
            floor=make_id(site, "floor", s.floor),
            number=s.number,
            kind=s.kind or kind,
            footprint=polygons_of(s.plan),
            z0_m=round(s.z0_m, 3),
            height_m=round(s.z1_m - s.z0_m, 3),
            walkable=walkable if s.walkable is None else s.walkable,
            access=s.access,
            capacity=s.capacity,
            aliases=s.aliases,
            derived=s.derived,
        )
        if not space.footprint:
            warnings.append(f"space {s.number or s.key} covers no floor and is left out")
            continue
        rooms.append(Room(space=space, plan=s.plan, z0_m=s.z0_m, z1_m=s.z1_m, outdoors=s.outdoors))
    return rooms


def _wall(site: str, w: SeenWall, floors: list[SeenFloor]) -> Wall:
    floor = w.floor if any(f.key == w.floor for f in floors) else floors[0].key
    return Wall(
        id=make_id(site, "wall", w.key),
        name=w.name,
        source=w.source,
        floor=make_id(site, "floor", floor),
        kind=w.kind,
        footprint=polygons_of(w.plan),
        z0_m=round(w.z0_m, 3),
        height_m=round(max(w.z1_m - w.z0_m, 0.01), 3),
    )
