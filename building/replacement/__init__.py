"""A new plan for a hall that is there: its rooms and doors are the file's, what stands in them stays where it can.

A file of this very hall in our own format says everything, so it is taken as it is. Any other says how the building
is built; devices, windows, zones and places are the hall's and are taken over wherever the new plan has room for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from building.model import Building, Text
from building.references import repoint
from building.replacement.carrying import Carrier
from building.replacement.matching import match
from building.replacement.placing import placed_like

__all__ = ["Left", "Replacement", "replace_plan"]

_OWN_FORMAT = "hall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something of the hall that has no place in the new plan, and why."""

    id: str
    kind: str
    name: Text
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """``kept`` counts what stands on the plan and was taken over."""

    building: Building
    kept: int
    left: Sequence[Left]


def replace_plan(base: Building, plan: Building) -> Replacement:
    """What the hall (``base``) becomes with this plan."""
    if plan.format == _OWN_FORMAT and plan.site == base.site:
        return Replacement(building=plan, kept=0, left=())
    plan = placed_like(plan, base)
    drawn = _as_of_the_hall(plan, base, match(base, plan))
    carrier = Carrier(base, drawn)
    building = carrier.carry()
    left = tuple(
        Left(id=e.id, kind=e.id.split(":", 2)[1], name=dict(e.name), reason=reason) for e, reason in carrier.left
    )
    return Replacement(building=building, kept=carrier.kept, left=left)


def _as_of_the_hall(plan: Building, base: Building, names: Mapping[str, str]) -> Building:
    """The plan with the hall's ids, and what the hall says of itself as a whole."""
    lists: dict[str, Any] = {
        name: tuple(replace(repoint(e, names), id=names[e.id]) for e in entities)
        for name, entities in plan.lists().items()
    }
    return replace(
        plan, site=base.site, name=base.name, timezone=base.timezone,
        georeference=base.georeference or plan.georeference, opening_hours=base.opening_hours,
        attributes={**base.attributes, **plan.attributes}, **lists,
    )  # fmt: skip
