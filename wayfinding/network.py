"""A building ready to be walked: one graph a profile, made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from building.model import Building, OutdoorLink, VerticalLink
from wayfinding.cells import Cells, make_cells
from wayfinding.graph import Graph, Waits
from wayfinding.landmarks import Landmarks
from wayfinding.profile import Profile

GRAPHS = 32
"""How many profiles (with their unrestricted twins) keep a graph."""


class Network:
    """Everything wayfinding knows of one immutable building."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.landmarks = Landmarks(building)
        self.graph = lru_cache(GRAPHS)(self._graph)
        self.cells = lru_cache(GRAPHS)(self._cells)
        self.openings = {opening.id: opening for opening in building.openings}
        self.links: dict[str, VerticalLink | OutdoorLink] = {link.id: link for link in building.vertical_links}
        self.links.update((link.id, link) for link in building.outdoor_links)
        self.spaces = {space.id: space for space in building.spaces}
        self.floors = {floor.id: floor for floor in building.floors}
        self.outdoors = {place.id: place for place in building.outdoor_places}

        self._link_of_device = {link.device: link.id for link in building.vertical_links if link.device}

    def waits(self, lift_wait_s: Mapping[str, float], crowd: Mapping[str, float] | None = None) -> Waits:
        """What takes longer, in an order that can be a key. A lift may also be named by its device; spaces that are not
        of this building are not crowded.
        """
        named = self._link_of_device
        lifts = [(named.get(name, name), float(wait_s)) for name, wait_s in lift_wait_s.items()]
        full = [(name, float(slow)) for name, slow in (crowd or {}).items() if name in self.spaces and slow > 1.0]
        return tuple(sorted([*lifts, *full]))

    def crowded(self, waits: Waits) -> frozenset[str]:
        """The spaces that are full."""
        return frozenset(name for name, _ in waits if name in self.spaces)

    def without_crowd(self, waits: Waits) -> Waits:
        """If nobody else were there."""
        return tuple((name, wait_s) for name, wait_s in waits if name not in self.spaces)

    def _graph(self, profile: Profile) -> Graph:
        return Graph(self.building, profile)

    def _cells(self, profile: Profile) -> tuple[Cells, ...]:
        """A floor's each, in the order of the graph's floors."""
        graph = self.graph(profile)
        return tuple(make_cells(floor, corners) for floor, corners in zip(graph.floors, graph.corners, strict=True))


def compile_network(building: Building) -> Network:
    """The network of a building; its graphs are compiled when a profile first asks."""
    return Network(building)
