"""Degrees to metres and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building.errors import InvalidModel
from building.geodesy import LocalFrame

lons = st.floats(-180, 180)
lats = st.floats(-85, 85)
metres = st.floats(-2000, 2000)


@given(lons, lats, metres, metres)
def test_metres_to_degrees_and_back_stay_within_a_millimetre(lon: float, lat: float, x_m: float, y_m: float) -> None:
    frame = LocalFrame(lon, lat)
    assert math.dist(frame.to_local(*frame.to_geographic((x_m, y_m))), (x_m, y_m)) < 0.001


@pytest.mark.parametrize(
    ("lat", "east_m", "north_m"),
    [(0, 111_319.491, 110_574.276), (45, 78_846.806, 111_131.778), (60, 55_799.979, 111_412.288)],
)
def test_a_degree_is_as_long_as_the_tables_of_the_ellipsoid_say(lat: float, east_m: float, north_m: float) -> None:
    frame = LocalFrame(10.0, lat)
    assert frame.to_local(11.0, lat)[0] == pytest.approx(east_m, abs=0.5)
    assert frame.to_local(10.0, lat + 1e-4)[1] * 1e4 == pytest.approx(north_m, abs=0.5)


@given(lons, st.floats(-60, 60), st.floats(0, 2 * math.pi))
def test_a_hundred_metres_measure_a_hundred_metres_on_the_ellipsoid(lon: float, lat: float, towards: float) -> None:
    """Against the chord between the two points in space."""
    far = LocalFrame(lon, lat).to_geographic((100 * math.cos(towards), 100 * math.sin(towards)))
    assert math.dist(_in_space(lon, lat), _in_space(*far)) == pytest.approx(100, abs=0.005)


def _in_space(lon_deg: float, lat_deg: float) -> tuple[float, float, float]:
    a_m, e2 = 6_378_137.0, 0.00669437999014
    lon, lat = math.radians(lon_deg), math.radians(lat_deg)
    n_m = a_m / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    return (
        n_m * math.cos(lat) * math.cos(lon),
        n_m * math.cos(lat) * math.sin(lon),
        n_m * (1 - e2) * math.sin(lat),
    )


def test_a_building_on_the_date_line_stays_in_one_piece() -> None:
    frame = LocalFrame(179.9999, 0.0)
    assert frame.to_local(-179.9999, 0.0)[0] == pytest.approx(22.26, abs=0.01)
    assert frame.to_geographic((22.2639, 0.0))[0] == pytest.approx(-179.9999, abs=1e-6)


@pytest.mark.parametrize(("lon", "lat"), [(0, 90), (181, 0), (math.nan, 0), (0, math.inf)])
def test_what_is_no_place_on_earth_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(InvalidModel):
        LocalFrame(lon, lat)
