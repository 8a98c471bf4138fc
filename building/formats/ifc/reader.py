"""Reads an IFC file into a survey: what it shows, in metres from its own origin, with nothing decided yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from building.errors import UnreadableFile
from building.formats.ifc.georeference import find_georeference
from building.formats.ifc.openings import opening_elements, seen_doors, virtual_boundaries
from building.formats.ifc.own import restored, with_told
from building.formats.ifc.shapes import BUILT, Shape, tessellate
from building.formats.ifc.source import FAR_M, IfcSource, broken, open_source, text_of
from building.formats.ifc.spaces import seen_floors, seen_spaces
from building.formats.ifc.stairs import link_elements, seen_links
from building.formats.ifc.walls import seen_walls, wall_elements
from building.formats.progress import report
from building.model import Building
from building.survey import Survey
from building.understanding import understand

ELEMENTS_MAX = 200_000
UNDERSTANDING = {"zh": "理解房间和通道", "en": "Understanding rooms and ways"}


def read(path: Path) -> Building:
    """The building in this file. What could not be understood stands in its ``warnings``."""
    source, seen = _survey(path)
    report(UNDERSTANDING, BUILT)
    building = understand(seen)
    try:
        return restored(source, building)
    except Exception as error:  # what our sets say may have been damaged
        raise broken(path, error) from error


def survey(path: Path) -> Survey:
    """What this file shows; raises ``UnreadableFile`` and nothing else."""
    return _survey(path)[1]


_OF_BAD_DATA = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, shapely.errors.ShapelyError,
)  # fmt: skip
"""What attributes raise that are of another type than the schema says."""


def _survey(path: Path) -> tuple[IfcSource, Survey]:
    source = open_source(path)
    try:
        return _seen(path, source)
    except _OF_BAD_DATA as error:
        raise broken(path, error) from error


def _seen(path: Path, source: IfcSource) -> tuple[IfcSource, Survey]:
    warnings = list(source.warnings)
    source, shapes = _shapes(source, warnings)
    walls = seen_walls(source, shapes)
    first = next(iter(source.file.by_type("IfcBuilding")), None)
    project = source.file.by_type("IfcProject")[0]
    seen = Survey(
        site=source.site,
        name=text_of(first and first.LongName, first and first.Name, project.LongName, project.Name, path.stem),
        georeference=find_georeference(source, warnings),
        format="ifc",
        schema=source.schema,
        floors=seen_floors(source),
        spaces=tuple(seen_spaces(source, shapes, warnings)),
        walls=tuple(walls),
        doors=tuple(seen_doors(source, shapes, {w.key: w for w in walls}, warnings)),
        links=tuple(seen_links(source, shapes, warnings)),
        connections=tuple(virtual_boundaries(source, shapes)),
        warnings=tuple(warnings),
    )
    return source, with_told(source, seen)


def _shapes(source: IfcSource, warnings: list[str]) -> tuple[IfcSource, dict[str, Shape]]:
    wanted = (
        *source.file.by_type("IfcSpace"), *wall_elements(source), *opening_elements(source), *link_elements(source),
    )  # fmt: skip
    elements = list({e.id(): e for e in wanted}.values())
    if len(elements) > ELEMENTS_MAX:
        raise UnreadableFile(
            path=str(source.path),
            what=f"the file holds {len(elements)} walls, doors and rooms, more than {ELEMENTS_MAX}",
            todo="Export one building, architecture only.",
        )
    shapes = tessellate(source.file, elements, source.origin)
    missing = sum(e.GlobalId not in shapes for e in elements if e.Representation is not None)
    if missing:
        warnings.append(f"{missing} elements have a shape that could not be built and are left out")
    return _near_origin(source, shapes)


def _near_origin(source: IfcSource, shapes: dict[str, Shape]) -> tuple[IfcSource, dict[str, Shape]]:
    """Where placements stand near 0 but the shapes themselves are drawn far away, the frame follows the shapes."""
    if not shapes:
        return source, shapes
    middle = np.median(np.asarray([s.vertices[0] for s in shapes.values()]), axis=0).round()
    middle[2] = 0.0
    if np.abs(middle).max() <= FAR_M:
        return source, shapes
    moved = {key: Shape(vertices=s.vertices - middle, faces=s.faces) for key, s in shapes.items()}
    return replace(source, origin=source.origin + middle), moved
