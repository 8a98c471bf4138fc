"""How full each space is, from what counts people there, and how slowly one walks in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from building.model import Building
from building.shapes import area_m2
from services.kernel.live import LiveReader, read
from wayfinding.crowd import slow_factors

PEOPLE = "people"
"""The point of a space or zone whose people are counted, and of a camera."""
COUNT_EVERY_S = 0.5
"""A crowd takes longer to gather, and many ask the way."""


class Crowd:
    """Remembers what it said last, so that a space at the edge of a level does not change with each person."""

    def __init__(self, live: LiveReader, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._live, self._now_s = live, now_s
        self._lock = threading.Lock()
        self._said: Mapping[str, float] = {}
        self._counted: tuple[Building, Counted] | None = None
        self._count_s = 0.0

    def factors(self, building: Building) -> Mapping[str, float]:
        """By how much a walk takes longer in each space that is full."""
        with self._lock:
            if self._counted is None or self._counted[0] is not building:
                self._counted, self._count_s = (building, Counted(building)), self._now_s()
            elif self._now_s() < self._count_s:
                return self._said
            densities = dict(self._counted[1].densities_m2(self._live))
            self._said = slow_factors(densities, self._said)
            self._count_s = self._now_s() + COUNT_EVERY_S
            return self._said


class Counted:
    """What of a building is counted, and over how many square metres."""

    def __init__(self, building: Building) -> None:
        areas = {s.id: area_m2(s.footprint) for s in building.spaces if s.walkable}
        self._areas = {space: m2 for space, m2 in areas.items() if m2 > 0.0}
        self._zones = [(z.id, [s for s in z.spaces if s in self._areas]) for z in building.zones]
        cameras: dict[str, list[str]] = {}
        for device in building.devices:
            if device.kind == "camera" and device.space in self._areas:
                cameras.setdefault(device.space or "", []).append(device.id)
        self._cameras = cameras

    def densities_m2(self, live: LiveReader) -> Iterator[tuple[str, float]]:
        """A space's own count holds, else what its cameras see between them, else its share of a zone's."""
        for zone, spaces in self._zones:
            people = _people(live, zone)
            if people is not None and spaces:
                over_m2 = sum(self._areas[space] for space in spaces)
                yield from ((space, people / over_m2) for space in spaces)
        for space, cameras in self._cameras.items():
            seen = [people for camera in cameras if (people := _people(live, camera)) is not None]
            if seen:
                yield space, sum(seen) / self._areas[space]
        for space, m2 in self._areas.items():
            if (people := _people(live, space)) is not None:
                yield space, people / m2


def _people(live: LiveReader, entity: str) -> float | None:
    value = read(live, entity, PEOPLE)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
