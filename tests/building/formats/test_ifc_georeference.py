"""Where on earth a house stands: by its map grid, else by its site."""

from __future__ import annotations

from pathlib import Path

import pytest

from building.formats import open_building
from building.formats.ifc.georeference import find_projection
from building.model import Building, Georeference
from tests.building.formats.ifc_builder import IfcBuilder


def _house(b: IfcBuilder, tmp_path: Path) -> Building:
    storey = b.storey("1F", 0.0)
    b.space(storey, "101", (0, 0, 4, 4))
    return open_building(str(b.save(tmp_path / "a.ifc")))


def _placed(building: Building) -> Georeference:
    assert building.georeference is not None
    return building.georeference


def test_the_middle_meridian_of_a_zone_has_its_longitude() -> None:
    """By definition of the grids: false easting, equator and middle meridian."""
    for code, east_m, north_m, expected in (
        ("EPSG:32632", 500_000.0, 0.0, (9.0, 0.0)),
        ("EPSG:32756", 500_000.0, 10_000_000.0, (153.0, 0.0)),
        ("epsg 25833", 500_000.0, 0.0, (15.0, 0.0)),
        ("EPSG:4547", 500_000.0, 0.0, (114.0, 0.0)),
        ("EPSG:4526", 38_500_000.0, 0.0, (114.0, 0.0)),
    ):
        projection = find_projection(code)
        assert projection is not None
        assert projection.to_geographic(east_m, north_m) == pytest.approx(expected, abs=1e-9)


def test_a_quarter_of_the_meridian_is_its_known_length() -> None:
    """The WGS 84 ellipsoid's quarter meridian is 10,001,965.729 m long."""
    projection = find_projection("EPSG:32631")
    assert projection is not None
    assert projection.to_geographic(500_000.0, 10_001_965.729 * 0.9996)[1] == pytest.approx(90.0, abs=1e-7)


def test_a_map_conversion_places_and_turns_the_house(tmp_path: Path) -> None:
    b = IfcBuilder("IFC4")
    make = b.file.create_entity
    grid = make("IfcProjectedCRS", "EPSG:32650")
    context = b.file.by_type("IfcGeometricRepresentationContext")[0]
    make("IfcMapConversion", context, grid, 500_000.0, 0.0, 0.0, 0.0, 1.0)
    here = _placed(_house(b, tmp_path))
    assert (here.lon_deg, here.lat_deg, here.rotation_deg) == (117.0, 0.0, 90.0)


def test_a_site_places_the_house_and_true_north_turns_it(tmp_path: Path) -> None:
    b = IfcBuilder("IFC2X3")
    b.site.RefLatitude, b.site.RefLongitude = (31, 12, 0), (121, 30, 0)
    context = b.file.by_type("IfcGeometricRepresentationContext")[0]
    context.TrueNorth = b.file.create_entity("IfcDirection", (1.0, 1.0))
    here = _placed(_house(b, tmp_path))
    assert (here.lon_deg, here.lat_deg) == (pytest.approx(121.5), pytest.approx(31.2))
    assert here.rotation_deg == pytest.approx(45.0)


def test_a_site_far_from_the_origin_keeps_its_place(tmp_path: Path) -> None:
    b = IfcBuilder("IFC4", moved_m=(500_000.0, 4_000_000.0, 0.0))
    b.site.RefLatitude, b.site.RefLongitude = (31, 12, 0), (121, 30, 0)
    here = _placed(_house(b, tmp_path))
    assert (here.lon_deg, here.lat_deg) == (pytest.approx(121.5), pytest.approx(31.2))


def test_a_place_that_is_none_is_left_out_and_said(tmp_path: Path) -> None:
    b = IfcBuilder("IFC4")
    b.site.RefLatitude, b.site.RefLongitude = (131, 0, 0), (421, 0, 0)
    building = _house(b, tmp_path)
    assert building.georeference is None
    assert any("place on earth" in w for w in building.warnings)
