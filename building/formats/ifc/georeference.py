"""Where on earth an IFC file's local frame lies, and how it is turned: its map conversion, else its site."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from building.errors import InvalidModel
from building.formats.ifc.source import IfcSource
from building.geodesy import WGS84_A_M, WGS84_F, LocalFrame
from building.model import XY, Georeference

SITE_NEAR_M = 20_000.0
"""A house farther than this from the point its site names is not measured from there."""
_EPSG = re.compile(r"EPSG\D*(\d{4,5})", re.IGNORECASE)


def find_georeference(source: IfcSource, warnings: list[str]) -> Georeference | None:
    """The longitude and latitude of the local frame's origin, as far as the file tells them."""
    try:
        return _by_map(source, warnings) or _by_site(source)
    except (InvalidModel, ValueError, OverflowError) as error:
        warnings.append(f"the place on earth that the file states is none ({error}) and is left out")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransverseMercator:
    """A projection that national and UTM grids share; all that differs is where its middle meridian lies."""

    lon0_deg: float
    scale: float
    false_east_m: float
    false_north_m: float = 0.0

    def to_geographic(self, east_m: float, north_m: float) -> tuple[float, float]:
        """(longitude, latitude). Krüger's series to the third order: true to a millimetre within a zone (L. Krüger,
        Konforme Abbildung des Erdellipsoids in der Ebene, 1912).
        """
        n = WGS84_F / (2 - WGS84_F)
        radius_m = WGS84_A_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
        xi = (north_m - self.false_north_m) / (self.scale * radius_m)
        eta = (east_m - self.false_east_m) / (self.scale * radius_m)
        beta = (n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480)
        xi_ = xi - sum(b * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, b in enumerate(beta, 1))
        eta_ = eta - sum(b * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, b in enumerate(beta, 1))
        chi = math.asin(math.sin(xi_) / math.cosh(eta_))
        delta = (2 * n - 2 * n**2 / 3 - 2 * n**3, 7 * n**2 / 3 - 8 * n**3 / 5, 56 * n**3 / 15)
        lat = chi + sum(d * math.sin(2 * j * chi) for j, d in enumerate(delta, 1))
        lon = math.radians(self.lon0_deg) + math.atan2(math.sinh(eta_), math.cos(xi_))
        return math.degrees(lon), math.degrees(lat)


def find_projection(name: str) -> TransverseMercator | None:
    """UTM (WGS 84, ETRS89) and CGCS2000 / Gauss-Krüger, by EPSG code."""
    found = _EPSG.search(name or "")
    code = int(found[1]) if found else 0
    for first, south in ((32600, False), (32700, True), (25800, False)):
        if first < code <= first + 60:
            meridian = (code - first) * 6.0 - 183.0
            return TransverseMercator(
                lon0_deg=meridian, scale=0.9996, false_east_m=500_000.0, false_north_m=1e7 if south else 0.0
            )
    if 4491 <= code <= 4501:  # 6-degree zones 13..23, the zone's number before the easting
        return TransverseMercator(lon0_deg=(code - 4491) * 6.0 + 75, scale=1.0, false_east_m=(code - 4478) * 1e6 + 5e5)
    if 4502 <= code <= 4512:  # the same without the number
        return TransverseMercator(lon0_deg=(code - 4502) * 6.0 + 75, scale=1.0, false_east_m=500_000.0)
    if 4513 <= code <= 4533:  # 3-degree zones 25..45
        return TransverseMercator(lon0_deg=(code - 4513) * 3.0 + 75, scale=1.0, false_east_m=(code - 4488) * 1e6 + 5e5)
    if 4534 <= code <= 4554:
        return TransverseMercator(lon0_deg=(code - 4534) * 3.0 + 75, scale=1.0, false_east_m=500_000.0)
    return None


def _by_map(source: IfcSource, warnings: list[str]) -> Georeference | None:
    conversion = _first(source, "IfcMapConversion")
    if conversion is None:
        return None
    grid = conversion.TargetCRS
    projection = find_projection(grid.Name or "")
    if projection is None:
        warnings.append(f"the map grid {grid.Name} is not known here: the house is placed by its site alone")
        return None
    unit_m = _unit_m(grid, source.unit_m)
    across, along = conversion.XAxisOrdinate, conversion.XAxisAbscissa
    turn = 0.0 if across is None or along is None else math.atan2(across, along)
    east, north = _turned((float(source.origin[0]), float(source.origin[1])), turn)
    lon, lat = projection.to_geographic(conversion.Eastings * unit_m + east, conversion.Northings * unit_m + north)
    LocalFrame(lon, lat)
    return Georeference(lon_deg=round(lon, 7), lat_deg=round(lat, 7), rotation_deg=round(math.degrees(turn), 4))


def _by_site(source: IfcSource) -> Georeference | None:
    site = _first(source, "IfcSite")
    if site is None or not site.RefLatitude or not site.RefLongitude:
        return None
    turn = math.radians(_north_turn_deg(source))
    frame = LocalFrame(_degrees(site.RefLongitude), _degrees(site.RefLatitude))
    placed = source.placed(site)
    away = (-float(placed[0, 3]), -float(placed[1, 3]))
    lon, lat = frame.lon_deg, frame.lat_deg
    if math.hypot(*away) <= SITE_NEAR_M:
        lon, lat = frame.to_geographic(_turned(away, turn))
    return Georeference(lon_deg=round(lon, 7), lat_deg=round(lat, 7), rotation_deg=round(math.degrees(turn), 4))


def _north_turn_deg(source: IfcSource) -> float:
    """Where the frame's X axis points, counter-clockwise from east."""
    for context in source.file.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        north = context.TrueNorth
        if north is not None and math.hypot(*north.DirectionRatios[:2]) > 0:
            return 90.0 - math.degrees(math.atan2(north.DirectionRatios[1], north.DirectionRatios[0]))
    return 0.0


def _first(source: IfcSource, entity: str) -> Any | None:
    try:
        return next(iter(source.file.by_type(entity)), None)
    except RuntimeError:  # the schema has no such entity
        return None


def _unit_m(grid: Any, default_m: float) -> float:
    import ifcopenshell.util.unit

    unit = getattr(grid, "MapUnit", None)
    if unit is None:
        return default_m
    if unit.is_a("IfcConversionBasedUnit"):
        return float(unit.ConversionFactor.ValueComponent.wrappedValue)
    return float(ifcopenshell.util.unit.get_prefix_multiplier(unit.Prefix))


def _turned(xy: XY, angle: float) -> XY:
    c, s = math.cos(angle), math.sin(angle)
    return xy[0] * c - xy[1] * s, xy[0] * s + xy[1] * c


def _degrees(compound: Sequence[Any]) -> float:
    """Degrees, minutes, seconds, millionths of a second (IfcCompoundPlaneAngleMeasure)."""
    return sum(float(part) / unit for part, unit in zip(compound, (1, 60, 3600, 3.6e9), strict=False))
