"""A vertical link as IMDF relationships, one from each stop to the next."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from building.formats.imdf.vocabulary import LINK_CATEGORY
from building.model import XY, XYZ, Floor, Stop, VerticalLink

LEVEL_TOLERANCE_M = 0.35
"""A walking line begins on the floor whose height is this near its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """``line`` runs from the point where one stands to the next, ``z_m`` beside it: None where no height is drawn."""

    category: str
    direction: str
    origin: str
    via: tuple[str, ...]
    destination: str
    line: tuple[XY, ...]
    z_m: tuple[float | None, ...]


def relationships_of(
    link: VerticalLink, floors: Sequence[Floor], drawn: Container[str]
) -> tuple[list[Relationship], bool]:
    """The relationships, lowest first, and whether a walking line fits none of them. None where a room is not drawn."""
    heights = {f.id: f.elevation_m for f in floors}
    stops = sorted((s for s in link.stops if s.space in drawn), key=lambda s: heights.get(s.floor, 0.0))
    left = list(link.paths)
    found = []
    for low, high in pairwise(stops):
        path = next((p for p in left if _fits(p, heights.get(low.floor, 0.0), heights.get(high.floor, 0.0))), ())
        if path:
            left.remove(path)
        found.append(_relationship(link, low, high, path, drawn))
    return found, bool(left)


def _fits(path: Sequence[XYZ], low_m: float, high_m: float) -> bool:
    return (
        len(path) > 1
        and abs(path[0][2] - low_m) <= LEVEL_TOLERANCE_M
        and abs(path[-1][2] - high_m) <= LEVEL_TOLERANCE_M
    )


def _relationship(
    link: VerticalLink, low: Stop, high: Stop, path: Sequence[XYZ], drawn: Container[str]
) -> Relationship:
    line = (low.at, *((x, y) for x, y, _ in path), high.at)
    z_m = (None, *(z for *_, z in path), None)
    shafts = (link.shafts.get(low.floor), link.shafts.get(high.floor))
    via = tuple(s for s in shafts if s is not None and s in drawn)
    down = link.direction == "down"
    return Relationship(
        category=LINK_CATEGORY[link.kind],
        direction="undirected" if link.direction == "both" else "directed",
        origin=(high if down else low).space,
        via=via[::-1] if down else via,
        destination=(low if down else high).space,
        line=line[::-1] if down else line,
        z_m=z_m[::-1] if down else z_m,
    )
