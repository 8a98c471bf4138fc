"""Longitude and latitude to metres around one point and back: exact both ways, true to scale over a building."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from building.errors import InvalidModel
from building.model import XY

WGS84_A_M = 6_378_137.0
WGS84_F = 1 / 298.257223563

POLE_DEG = 89.9
"""Beyond this latitude east and west mean nothing over the length of a building."""


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """X east, Y north, in metres around a point.

    One degree at latitude phi is M(phi) long to the north and N(phi) cos(phi) to the east, where M and N are the radii
    of curvature in the meridian and in the prime vertical (J. P. Snyder, Map Projections: A Working Manual, USGS
    Professional Paper 1395, 1987, eq. 4-18 to 4-21). The scale changes by tan(phi)/N per metre to the north: at 60
    degrees that makes 3 mm in 100 m, which no building file can show.
    """

    lon_deg: float
    lat_deg: float

    def __post_init__(self) -> None:
        if not (abs(self.lat_deg) <= POLE_DEG and abs(self.lon_deg) <= 180.0):
            raise InvalidModel(f"{self.lon_deg}, {self.lat_deg} is no longitude and latitude of a building")

    def to_local(self, lon_deg: float, lat_deg: float) -> XY:
        east_m, north_m = _metres_a_degree(self.lat_deg)
        return _turn(lon_deg - self.lon_deg) * east_m, (lat_deg - self.lat_deg) * north_m

    def to_geographic(self, xy: XY) -> tuple[float, float]:
        """(longitude, latitude) in degrees."""
        east_m, north_m = _metres_a_degree(self.lat_deg)
        return _turn(self.lon_deg + xy[0] / east_m), self.lat_deg + xy[1] / north_m


@lru_cache(maxsize=16)
def _metres_a_degree(lat_deg: float) -> tuple[float, float]:
    """Of longitude and of latitude."""
    e2 = WGS84_F * (2 - WGS84_F)
    phi = math.radians(lat_deg)
    w2 = 1 - e2 * math.sin(phi) ** 2
    meridian_m = WGS84_A_M * (1 - e2) / w2**1.5
    vertical_m = WGS84_A_M / math.sqrt(w2)
    return math.radians(vertical_m * math.cos(phi)), math.radians(meridian_m)


def _turn(deg: float) -> float:
    """The same longitude within -180..180, so that a building on the date line stays in one piece."""
    return deg if -180.0 <= deg <= 180.0 else (deg + 180.0) % 360.0 - 180.0
