"""A building ready to be walked: one graph a profile, made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from building.model import Building, OutdoorLink, VerticalLink
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
        self.openings = {opening.id: opening for opening in building.openings}
        self.links: dict[str, VerticalLink | OutdoorLink] = {link.id: link for link in building.vertical_links}
        self.links.update((link.id, link) for link in building.outdoor_links)
        self.spaces = {space.id: space for space in building.spaces}
        self.floors = {floor.id: floor for floor in building.floors}
        self.outdoors = {place.id: place for place in building.outdoor_places}

        self._link_of_device = {link.device: link.id for link in building.vertical_links if link.device}

    def waits(self, lift_wait_s: Mapping[str, float]) -> Waits:
        """Waits by link id, in an order that can be a key; a lift may also be named by its device."""
        named = self._link_of_device
        return tuple(sorted((named.get(name, name), float(wait_s)) for name, wait_s in lift_wait_s.items()))

    def _graph(self, profile: Profile) -> Graph:
        return Graph(self.building, profile)


def compile_network(building: Building) -> Network:
    """The network of a building; its graphs are compiled when a profile first asks."""
    return Network(building)
