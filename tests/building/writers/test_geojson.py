"""The GeoJSON file keeps the letter of RFC 7946, and everything with a place is where it was."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from building.formats import open_building
from building.geodesy import LocalFrame
from building.labels import to_shape
from building.model import Building, Georeference
from building.testing import small_house
from building.writers import geojson

DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def _positions(geometry: dict[str, Any]) -> Iterator[list[float]]:
    level = [geometry["coordinates"]]
    for _ in range(DEPTH[geometry["type"]]):
        level = [inner for outer in level for inner in outer]
    yield from level


def _rings(geometry: dict[str, Any]) -> Iterator[list[list[list[float]]]]:
    if geometry["type"] in ("Polygon", "MultiPolygon"):
        yield from [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]


@pytest.mark.parametrize("building", [small_house(), open_building("reference")], ids=["house", "reference"])
def test_it_keeps_the_standard(building: Building) -> None:
    document = json.loads(geojson.dumps(building))
    assert document["type"] == "FeatureCollection"
    ids = [f["id"] for f in document["features"]]
    assert len(ids) == len(set(ids))
    assert set(ids) == {e.id for e in building.entities()} - {e.id for e in (*building.departments, *building.supply)}
    for feature in document["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        if feature["geometry"] is None:
            continue
        for position in _positions(feature["geometry"]):
            assert len(position) == 2
            assert -180 <= position[0] <= 180
            assert -90 <= position[1] <= 90
        for outer, *holes in _rings(feature["geometry"]):
            assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in (outer, *holes))
            assert shapely.LinearRing(outer).is_ccw
            assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)


def test_every_room_is_where_it_was_and_as_large() -> None:
    hall = open_building("reference")
    assert hall.georeference is not None
    frame = LocalFrame(hall.georeference.lon_deg, hall.georeference.lat_deg)
    features = {f["id"]: f for f in json.loads(geojson.dumps(hall))["features"]}
    for space in hall.spaces:
        geometry = shapely.geometry.shape(features[space.id]["geometry"])
        back = shapely.transform(geometry, lambda ps: [frame.to_local(*p) for p in ps])
        plan = to_shape(space.footprint)
        assert back.symmetric_difference(plan).area < 0.001 * plan.length  # a millimetre all round


def test_the_building_is_turned_with_its_georeference() -> None:
    """Turned by 90 degrees, what lay 12 m to the east lies 12 m to the north."""
    house = dataclasses.replace(small_house(), georeference=Georeference(lon_deg=113.0, lat_deg=23.0, rotation_deg=90))
    features = {f["id"]: f for f in json.loads(geojson.dumps(house))["features"]}
    lon, lat = features["test:device:SCR-A01"]["geometry"]["coordinates"]  # at (7.8, 2.0)
    assert LocalFrame(113.0, 23.0).to_local(lon, lat) == pytest.approx((-2.0, 7.8), abs=0.002)


def test_a_feature_says_its_level_names_and_relations() -> None:
    features = {f["id"]: f["properties"] for f in json.loads(geojson.dumps(small_house()))["features"]}
    door = features["test:opening:D2"]
    assert (door["entity"], door["level"], door["level_number"]) == ("opening", 0, "1F")
    assert door["between"] == ["test:space:1F-HALL", "test:space:1F-OFF"]
    assert door["name"] == {"zh": "侧门", "en": "Side door"}
    assert features["test:link:L1"]["level"] == [0, 1]
    assert features["test:space:2F-GAL"]["z0_m"] == 4.0
    assert features["test:device:SCR-A01"]["z_m"] == 2.5


def test_without_a_place_on_earth_the_file_says_so(tmp_path: Path) -> None:
    house = small_house()
    assert house.georeference is None
    lost = {loss.what for loss in geojson.WRITER.write(house, tmp_path / "house.geojson")}
    assert "georeference" in lost
    document = json.loads((tmp_path / "house.geojson").read_text(encoding="utf-8"))
    assert document["halltwin"]["georeference"].startswith("placeholder")
    placed = dataclasses.replace(house, georeference=Georeference(lon_deg=113.0, lat_deg=23.0))
    assert "georeference" not in {loss.what for loss in geojson.WRITER.write(placed, tmp_path / "placed.geojson")}


def test_what_it_cannot_hold_is_listed(tmp_path: Path) -> None:
    lost = {loss.what: loss.count for loss in geojson.WRITER.write(small_house(), tmp_path / "house.geojson")}
    assert lost["departments"] == 1
    assert lost["supply"] == 2
