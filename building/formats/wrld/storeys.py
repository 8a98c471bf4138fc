"""The heights of levels, which the format does not state: storeys of one height, the ground floor at 0."""

from __future__ import annotations

import re
from collections.abc import Sequence

from building.formats.wrld.features import Drawn
from building.formats.wrld.source import Level
from building.model import SourceId
from building.survey import SeenFloor

STOREY_HEIGHT_M = 3.5
"""Of offices and public houses, slab to slab."""

_GROUND = re.compile(r"^(g|gf|gl|eg|rdc|l?0+)$|\bground\b|erdgeschoss|rez-de-chauss|首层|地面层", re.IGNORECASE)
_BASEMENT = re.compile(
    r"^(b|ug|lg|p|-)\W?\d*$|\bbasement\b|\bcellar\b|lower ground|untergeschoss|sous-sol|地下", re.IGNORECASE
)


def floors_of(found: Sequence[Drawn], warnings: list[str]) -> tuple[SeenFloor, ...]:
    """One floor a level. Levels that have no file leave their height free."""
    levels = [d.level for d in found]
    ground = _ground(found)
    warnings.append(
        f"the format states no heights: every storey is taken to be {STOREY_HEIGHT_M} m high, "
        f"and {_called(levels, ground)} to lie on the ground"
    )
    return tuple(
        SeenFloor(
            key=level.key,
            name={"zh": level.name, "en": level.name},
            number=level.number,
            elevation_m=(level.order - ground) * STOREY_HEIGHT_M,
            height_m=STOREY_HEIGHT_M,
            ordinal=level.order - ground,
            source=SourceId(scheme="wrld", value=level.key),
        )
        for level in levels
    )


def _ground(found: Sequence[Drawn]) -> int:
    """The order of the ground level: where a way leads in from outside, the one called so, else the lowest that is
    called no basement.
    """
    entered = [d.level.order for d in found if any(w.kind == "entrance" for w in d.ways)]
    levels = [d.level for d in found]
    called = [v.order for v in levels if _says(_GROUND, v) and not _says(_BASEMENT, v)]
    above = [v.order for v in levels if not _says(_BASEMENT, v)]
    return min(called or entered or above or [v.order for v in levels])


def _says(pattern: re.Pattern[str], level: Level) -> bool:
    return bool(pattern.search(level.number) or pattern.search(level.name))


def _called(levels: Sequence[Level], order: int) -> str:
    return next(repr(v.name) for v in levels if v.order == order)
