"""Where a building stands on the globe: its own metres to longitude and latitude, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from building.errors import InvalidModel
from building.formats.imdf.extension import own
from building.geodesy import LocalFrame
from building.model import XY, Georeference

DIGITS = 9
"""Of a degree: a tenth of a millimetre, so that what touches in our model touches in the archive."""

NOWHERE = Georeference(lon_deg=0.0, lat_deg=0.0)
"""Where a building stands that does not say where it is: in the sea, where nobody takes it for another's."""


@dataclass(frozen=True, slots=True)
class Placement:
    """``rotation_deg`` is where the building's X axis points, counter-clockwise from east. ``known`` False: nowhere."""

    frame: LocalFrame
    rotation_deg: float = 0.0
    known: bool = True

    def to_geographic(self, xy: XY) -> tuple[float, float]:
        lon, lat = self.frame.to_geographic(_turned(xy, self.rotation_deg))
        return round(lon, DIGITS), round(lat, DIGITS)

    def to_local(self, lon_deg: float, lat_deg: float) -> XY:
        return _turned(self.frame.to_local(lon_deg, lat_deg), -self.rotation_deg)

    @property
    def georeference(self) -> Georeference | None:
        if not self.known:
            return None
        return Georeference(lon_deg=self.frame.lon_deg, lat_deg=self.frame.lat_deg, rotation_deg=self.rotation_deg)


def placement_of(georeference: Georeference | None) -> Placement:
    """``InvalidModel`` where there is no such place."""
    at = georeference or NOWHERE
    return Placement(LocalFrame(at.lon_deg, at.lat_deg), at.rotation_deg, known=georeference is not None)


def stated_placement(venues: Iterable[Mapping[str, Any]]) -> Placement | None:
    """The placement that our own writer left with the venue."""
    for properties in venues:
        raw = own(properties).get("placement")
        if isinstance(raw, dict):
            numbers = [raw.get(n) for n in ("lon_deg", "lat_deg", "rotation_deg")]
            if all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) <= 360 for n in numbers):
                lon, lat, rotation = (float(n) for n in numbers if n is not None)
                try:
                    return Placement(LocalFrame(lon, lat), rotation, known=raw.get("known") is not False)
                except InvalidModel:
                    return None
    return None


def _turned(xy: XY, deg: float) -> XY:
    if not deg:
        return xy
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return xy[0] * c - xy[1] * s, xy[0] * s + xy[1] * c
