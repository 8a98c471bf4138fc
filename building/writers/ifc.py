"""IFC4, so that a building travels to any program that reads IFC: rooms, walls, doors, stairs, lifts, and what stands
in them.

The geometry alone gives the graph: doors fill openings in walls, rooms that are open to each other touch, stairs and
escalators slope from floor to floor, lifts fill their shafts. What IFC has no word for is told in property sets.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from building.model import Building, Georeference
from building.texts import text
from building.writers.writer import Loss, Writer


def _write(b: Building, path: Path) -> tuple[Loss, ...]:
    from building.formats.ifc.told import HOUSE
    from building.writers.ifc_contents import write_contents
    from building.writers.ifc_file import IfcFile
    from building.writers.ifc_links import write_links
    from building.writers.ifc_shell import Draft, write_shell
    from building.writers.ifc_told import Teller

    out = IfcFile(b.site)
    project = out.begin(f"{b.site}:project", text(b.name), _north(b.georeference))
    site = out.product(
        "IfcSite", f"{b.site}:ground", Name=text(b.name), CompositionType="ELEMENT",
        ObjectPlacement=out.placement(None), **_location(b.georeference),
    )  # fmt: skip
    house = out.product(
        "IfcBuilding", f"{b.site}:building", Name=text(b.name), CompositionType="ELEMENT",
        ObjectPlacement=out.placement(site),
    )  # fmt: skip
    out.compose(project, site)
    out.compose(site, house)
    out.say(house, HOUSE, _told(b))
    draft = Draft(b=b, out=out, teller=Teller(b), site=site, house=house)
    write_shell(draft)
    write_links(draft)
    write_contents(draft)
    out.finish()
    out.file.write(str(path))
    if b.warnings:
        reason = "what an import left out is no part of the building"
        draft.losses.append(Loss(what="building.warnings", count=len(b.warnings), reason=reason))
    return tuple(draft.losses)


def _told(b: Building) -> dict[str, Any]:
    names = {f"name.{lang}": words for lang, words in b.name.items()}
    more = {"opening_hours": b.opening_hours, "attributes": b.attributes}
    return {"site": b.site} | names | {"timezone": b.timezone} | {k: dict(v) for k, v in more.items() if v}


def _north(geo: Georeference | None) -> tuple[float, float] | None:
    """True north as seen in the building's own axes, which are turned from east by the rotation."""
    if geo is None:
        return None
    turn = math.radians(geo.rotation_deg)
    return (math.sin(turn), math.cos(turn))


def _location(geo: Georeference | None) -> dict[str, Any]:
    if geo is None:
        return {}
    return {"RefLatitude": _compound(geo.lat_deg), "RefLongitude": _compound(geo.lon_deg), "RefElevation": 0.0}


def _compound(degrees: float) -> list[int]:
    """Degrees, minutes, seconds, millionths of a second, all of one sign."""
    left = round(abs(degrees) * 3.6e9)
    parts = []
    for size in (3_600_000_000, 60_000_000, 1_000_000, 1):
        part, left = divmod(left, size)
        parts.append(int(math.copysign(part, degrees)) if part else 0)
    return parts


WRITER = Writer(name="ifc", suffixes=(".ifc",), write=_write)
