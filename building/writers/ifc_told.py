"""What IFC has no word for is told in property sets of our own; ``building.formats.ifc.own`` reads them back."""

from __future__ import annotations

from typing import Any

from building.formats.hall.codecs import Scope
from building.formats.ifc.told import BY_KIND, PITCH, STOPS_AT, set_name, shown
from building.model import Building, Device, Entity, Opening, VerticalLink, key_of


class Teller:
    def __init__(self, b: Building) -> None:
        self._scope = Scope(site=b.site, known={}, floor_of={s.id: s.floor for s in b.spaces})
        self._floors = {f.id: f for f in b.floors}

    def told(self, e: Entity) -> tuple[str, dict[str, Any]]:
        """The name of its set, and what is in it: names in each language, then all that the drawing does not show."""
        table = BY_KIND[e.id.split(":", 2)[1]]
        self._scope.floor = self._floors.get(getattr(e, "floor", None) or "")
        members = {k: v for k, v in table.fields.write(e, self._scope).items() if k not in shown(table.kind)}
        names = {f"name.{lang}": words for lang, words in members.pop("name", {}).items()}
        return set_name(table.kind), {"key": e.key} | names | members | _unseen(e)


def _unseen(e: Entity) -> dict[str, Any]:
    """What a drawing says of others of its kind, but not of this one."""
    if isinstance(e, Device) and e.pose.pitch_deg:
        return {PITCH: e.pose.pitch_deg}
    if isinstance(e, VerticalLink) and e.kind == "lift":  # its shaft also passes where it does not stop
        return {STOPS_AT: [key_of(stop.floor) for stop in e.stops]}
    return {"between": None} if isinstance(e, Opening) and e.between is None else {}
