"""Reads a WRLD indoor map into one building: what it draws goes into a survey, ``understanding`` says what it means."""

from __future__ import annotations

from pathlib import Path

import shapely

from building.errors import InvalidModel, UnreadableFile
from building.formats.packed import Refused
from building.formats.wrld.face import closed_at_face
from building.formats.wrld.features import drawn, local_frame, ways_between
from building.formats.wrld.links import read_links
from building.formats.wrld.plan import read_plan
from building.formats.wrld.source import TODO, open_source
from building.formats.wrld.storeys import floors_of
from building.formats.wrld.ways import with_ways
from building.model import Building, Georeference
from building.survey import Survey
from building.understanding import understand

SCHEMA = "WRLD Indoor Map Format 1.0.0"


def read(path: Path) -> Building:
    """The building in this file; raises ``UnreadableFile`` and nothing else."""
    try:
        return understand(survey(path))
    except (InvalidModel, shapely.errors.ShapelyError) as error:
        raise UnreadableFile(
            path=str(path), what=f"the map draws what cannot be ({str(error)[:200]})", todo=TODO
        ) from error


def survey(path: Path) -> Survey:
    """What the file and those beside it show, in metres around the middle of the house."""
    source = open_source(path)
    warnings = list(source.warnings)
    try:
        frame = local_frame(source)
    except Refused as why:
        raise UnreadableFile(path=str(path), what=f"this indoor map cannot be read: {why}", todo=TODO) from None
    levels = [drawn(level, frame, warnings) for level in source.levels]
    if not any(level.of("wall", "window", "door", "room", "unit", "hallway") for level in levels):
        raise UnreadableFile(
            path=str(path), what="nothing in this GeoJSON says in `type` that it is a wall, door or room", todo=TODO
        )
    floors = floors_of(levels, warnings)
    plans = [
        with_ways(closed_at_face(read_plan(d, f), warnings), warnings) for d, f in zip(levels, floors, strict=True)
    ]
    return Survey(
        site=source.key,
        name={"zh": source.name, "en": source.name},
        format="wrld",
        schema=SCHEMA,
        georeference=Georeference(lon_deg=frame.lon_deg, lat_deg=frame.lat_deg),
        floors=floors,
        spaces=tuple(s for p in plans for s in p.spaces),
        walls=tuple(w for p in plans for w in p.walls),
        doors=tuple(d for p in plans for d in p.doors),
        links=read_links(plans, ways_between(source, frame), warnings),
        rooms_drawn=False,
        warnings=tuple(warnings),
    )
