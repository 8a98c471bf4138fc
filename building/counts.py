"""How much there is in a building, and how much of it one gets to: the numbers people compare two plans by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from building.graph import build_graph, reached
from building.model import Building


@lru_cache(maxsize=16)
def count(b: Building) -> Mapping[str, int]:
    """Derived rooms count as rooms; ``reached`` are walkable ones that one gets to on foot from outside."""
    walkable = {s.id for s in b.spaces if s.walkable}
    return MappingProxyType(
        {
            "floors": len(b.floors),
            "spaces": len(b.spaces),
            "walkable": len(walkable),
            "reached": len(walkable & reached(build_graph(b))),
            "openings": len(b.openings),
            "links": len(b.vertical_links),
            "devices": len(b.devices),
            "windows": len(b.windows),
        }
    )
