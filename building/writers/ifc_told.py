"""What IFC has no word for is told in property sets of our own: ``Halltwin_Space``, ``Halltwin_ServiceWindow``, ...

They hold the members of our own format but those that the drawing shows (places, footprints, what a door joins): a
program that moves or turns the building makes no set a lie.
"""

from __future__ import annotations

from typing import Any

from building.formats.hall.codecs import Scope
from building.formats.hall.entities import ALL, Entities
from building.model import Building, Entity

SHOWN = frozenset({
    "footprint", "outline", "line", "thickness_m", "z0_m", "z_m", "height_m", "elevation_m", "between", "at", "stand",
    "facing_deg", "pose", "stops", "paths", "shafts", "path", "step_free_path", "source", "evidence",
})  # fmt: skip
"""Members that the geometry, the structure or the GlobalId of the file says."""

PREFIX = "Halltwin_"
TABLES: dict[str, Entities] = {table.kind: table for table in ALL}


def set_name(kind: str) -> str:
    """``outdoor_link`` -> ``Halltwin_OutdoorLink``."""
    return PREFIX + "".join(word.capitalize() for word in kind.split("_"))


class Teller:
    def __init__(self, b: Building) -> None:
        self._scope = Scope(site=b.site, known={}, floor_of={s.id: s.floor for s in b.spaces})
        self._floors = {f.id: f for f in b.floors}

    def told(self, e: Entity) -> tuple[str, dict[str, Any]]:
        """The name of its set, and what is in it: names in each language, then all that is not shown."""
        table = TABLES[e.id.split(":", 2)[1]]
        self._scope.floor = self._floors.get(getattr(e, "floor", None) or "")
        members = table.fields.write(e, self._scope)
        names = members.pop("name", {})
        values = {f"name.{lang}": words for lang, words in names.items()}
        return set_name(table.kind), {"key": e.key} | values | {k: v for k, v in members.items() if k not in SHOWN}
