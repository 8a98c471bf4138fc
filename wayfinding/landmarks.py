"""What people can see where they turn: the nearest point of interest in the same space."""

from __future__ import annotations

from building.model import XY, Building, Text

NEAR_M = 4.0


class Landmarks:
    """Points of interest and service windows, by floor."""

    def __init__(self, building: Building) -> None:
        self._by_floor: dict[str, list[tuple[str, XY, Text]]] = {}
        spaces = {space.id: space.name for space in building.spaces}
        for poi in building.pois:
            if poi.name.get("zh") and poi.name != spaces.get(poi.space):
                self._by_floor.setdefault(poi.floor, []).append((poi.space, poi.at, poi.name))
        for window in building.windows:
            name = {"zh": f"{window.number}窗口", "en": f"window {window.number}"}
            self._by_floor.setdefault(window.floor, []).append((window.space, window.at, name))

    def find_near(self, floor: str, at: XY, spaces: frozenset[str]) -> Text | None:
        """The nearest landmark within sight of the point, that is within reach and in one of those spaces."""
        best: tuple[float, Text] | None = None
        for space, (x, y), name in self._by_floor.get(floor, ()):
            distance = ((x - at[0]) ** 2 + (y - at[1]) ** 2) ** 0.5
            if distance <= NEAR_M and space in spaces and (best is None or distance < best[0]):
                best = (distance, name)
        return best[1] if best else None
