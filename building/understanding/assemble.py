"""Puts the evidence of a survey together, each step on what the one before found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from building.model import Building, Space, Wall, make_id
from building.survey import SeenSpace, SeenWall, Survey
from building.understanding import ground
from building.understanding.adjacency import open_edges
from building.understanding.doors import DoorReader
from building.understanding.floors import Hulls, floors_of, settle
from building.understanding.kinds import kind_of
from building.understanding.links import LinkReader, with_landing_doors
from building.understanding.plans import Obstacles, Room, Rooms, leaves, polygons_of
from building.understanding.rooms import derive_rooms
from building.understanding.stacks import stacked_links
from building.understanding.stated import stated_connections
from building.understanding.walkable import entered


def understand(survey: Survey) -> Building:
    """The building this survey shows. What could not be understood stands in its ``warnings``."""
    site = survey.site
    survey, notes = settle(survey)
    warnings = [*survey.warnings, *notes]
    if survey.walls_drawn and not survey.graph_stated:
        survey = replace(survey, spaces=(*survey.spaces, *derive_rooms(survey, survey.floors, warnings)))
    if not survey.spaces:
        warnings.append("the file holds no rooms: it can be seen, but nothing in it can be routed to yet")
    rooms = Rooms(_rooms(site, survey.spaces, warnings))
    obstacles, hulls = Obstacles(survey.walls), Hulls(survey.floors, survey.spaces, survey.walls)
    doors = DoorReader(survey, rooms, obstacles, hulls).read(survey.doors, warnings)
    entrance = ground.ground_of(survey.floors, doors, sorted({s.floor for s in survey.spaces}))
    ground_m = survey.floors[entrance].elevation_m
    openings = ground.with_exits(survey, doors, ground_m, hulls, warnings)
    openings = ground.by_outside_stairs(openings, survey.links, hulls, ground_m)
    if survey.walls_drawn and not survey.graph_stated:
        openings += open_edges(site, rooms, Obstacles([*survey.walls, *leaves(survey.doors)]))
        openings += ground.open_grounds(site, rooms, obstacles, hulls, ground_m)
    openings, stated_links = stated_connections(
        survey, rooms=rooms, obstacles=obstacles, openings=openings, warnings=warnings
    )
    reader = LinkReader(site, rooms, obstacles, openings)
    joined = reader.read(survey.links)
    stacked = reader.read([] if survey.graph_stated else stacked_links(rooms, joined.links))
    openings += joined.steps
    links = [*joined.links, *stacked.links, *stated_links]
    openings = with_landing_doors(openings, links)
    warnings += [*joined.warnings, *stacked.warnings]
    told = {make_id(site, "space", s.key) for s in survey.spaces if s.walkable is not None or s.derived is not None}
    spaces = entered(rooms, stated=told, openings=openings, links=links, ground_m=ground_m, warnings=warnings)
    return Building(
        site=site,
        name=survey.name,
        timezone=survey.timezone,
        georeference=survey.georeference,
        format=survey.format,
        schema=survey.schema,
        floors=tuple(floors_of(site, survey.floors, entrance, hulls.of_floor)),
        spaces=tuple(spaces),
        walls=tuple(_wall(site, w) for w in survey.walls),
        openings=tuple(openings),
        vertical_links=tuple(links),
        departments=survey.departments,
        windows=survey.windows,
        devices=survey.devices,
        zones=survey.zones,
        pois=survey.pois,
        furniture=survey.furniture,
        attributes=survey.attributes,
        warnings=tuple(warnings),
    )


def _rooms(site: str, seen: Sequence[SeenSpace], warnings: list[str]) -> list[Room]:
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
        rooms.append(
            Room(
                space=space,
                plan=s.plan,
                z0_m=s.z0_m,
                z1_m=s.z1_m,
                outdoors=s.outdoors or space.kind == "terrace",
                words=s.words,
            )
        )
    return rooms


def _wall(site: str, w: SeenWall) -> Wall:
    return Wall(
        id=make_id(site, "wall", w.key),
        name=w.name,
        source=w.source,
        floor=make_id(site, "floor", w.floor),
        kind=w.kind,
        footprint=polygons_of(w.plan),
        z0_m=round(w.z0_m, 3),
        height_m=round(max(w.z1_m - w.z0_m, 0.01), 3),
    )
