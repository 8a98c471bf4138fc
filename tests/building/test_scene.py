"""What pages draw: the contract's members, walls with real door holes, and nothing that strangers may not see."""

import json
from dataclasses import replace

import pytest
import shapely

from building.formats import open_building
from building.labels import label_point, to_shape
from building.masonry import HEAD_M, build_walls
from building.model import Building, Opening
from building.scene import floor_outline, scene
from building.testing import box, small_house
from building.versions import content_hash


@pytest.fixture(scope="module")
def hall() -> Building:
    return open_building("reference")


MEMBERS = {
    "floors": {"id", "number", "name", "ordinal", "elevation_m", "height_m", "outline"},
    "spaces": {
        "id", "floor", "name", "number", "kind", "access", "walkable", "polygons", "z0_m", "height_m", "label",
    },
    "walls": {"floor", "kind", "polygons", "z0_m", "height_m"},
    "openings": {
        "id", "floor", "kind", "name", "line", "z0_m", "height_m", "between", "controlled", "exit", "device",
    },
    "links": {"id", "kind", "name", "direction", "stops", "width_m", "paths", "device"},
    "windows": {
        "id", "number", "floor", "at", "stand", "facing_deg", "department", "name", "screen", "terminal",
        "low_counter",
    },
    "furniture": {"id", "floor", "kind", "polygons", "z0_m", "height_m"},
    "seats": {"id", "floor", "at", "facing_deg", "sensor"},
    "bays": {"id", "floor", "kind", "polygons", "sensor"},
    "pois": {"id", "floor", "kind", "name", "at"},
    "zones": {"id", "kind", "name", "spaces"},
    "departments": {"id", "name", "short"},
    "outdoor": {"id", "name", "polygons", "z_m"},
    "devices": {"id", "kind", "name", "floor", "space", "at", "yaw_deg", "serves"},
}  # fmt: skip


def test_every_member_of_the_contract_is_there(hall: Building) -> None:
    drawn = scene(hall, devices=True)
    assert (drawn["site"], drawn["version"]) == ("shifanqu", content_hash(hall))
    for name, members in MEMBERS.items():
        assert drawn[name], name
        assert all(members <= item.keys() for item in drawn[name]), name


def test_strangers_see_no_devices(hall: Building) -> None:
    assert "devices" not in scene(hall)


def test_it_is_json_and_complete(hall: Building) -> None:
    drawn = json.loads(json.dumps(scene(hall, devices=True), allow_nan=False))
    for name in ("spaces", "openings", "windows", "seats", "bays", "pois", "zones", "devices", "furniture"):
        assert len(drawn[name]) == len(getattr(hall, name))


def test_the_bounds_hold_everything_inside(hall: Building) -> None:
    x0, y0, z0, x1, y1, z1 = scene(hall)["bounds"]
    for s in hall.spaces:
        assert all(x0 <= x <= x1 and y0 <= y <= y1 for p in s.footprint for x, y in p.outer)
        assert z0 <= s.z0_m < z1


def test_labels_lie_in_their_spaces(hall: Building) -> None:
    for s in hall.spaces:
        at = label_point(s.footprint)
        assert at
        assert to_shape(s.footprint).contains(shapely.Point(at))


def test_a_label_of_a_ring_is_not_in_its_hole() -> None:
    ring = replace(box(0, 0, 10, 10), holes=(box(1, 1, 9, 9).outer,))
    at = label_point((ring,))
    assert at
    assert to_shape([ring]).contains(shapely.Point(at))


def test_no_area_no_label() -> None:
    assert label_point(()) is None


def _walls_at(b: Building, o: Opening, z_m: float) -> float:
    """How much of the opening's line a wall stands in at that height."""
    pieces = [p for p in build_walls(b) if p.floor == o.floor and p.z0_m <= z_m < p.z0_m + p.height_m]
    standing = to_shape([polygon for p in pieces for polygon in p.polygons])
    return float(standing.intersection(shapely.LineString(o.line)).length)


def test_a_door_is_a_hole_with_a_wall_above_it() -> None:
    house = small_house()
    door = next(o for o in house.openings if o.key == "D2")
    assert _walls_at(house, door, 1.0) == pytest.approx(0.0, abs=1e-6)
    assert _walls_at(house, door, 3.0) == pytest.approx(door.width_m, abs=0.01)


def test_walls_keep_their_volume_but_for_the_door() -> None:
    house = small_house()
    volume = sum(to_shape(p.polygons).area * p.height_m for p in build_walls(house))
    # 6.2 m x 0.2 m x 3.8 m of wall, less a door of 1.0 m x 0.2 m x 2.1 m
    assert volume == pytest.approx(6.2 * 0.2 * 3.8 - 1.0 * 0.2 * HEAD_M, rel=1e-3)


def test_one_can_walk_through_every_door_of_the_reference(hall: Building) -> None:
    pieces = [p for p in build_walls(hall) if p.height_m > 0]
    for floor in hall.floors:
        low = [p for p in pieces if p.floor == floor.id and p.z0_m < floor.elevation_m + HEAD_M - 0.1]
        standing = to_shape([polygon for p in low for polygon in p.polygons])
        for o in hall.openings:
            if o.floor == floor.id and o.kind != "open":
                assert standing.intersection(shapely.LineString(o.line)).length < 0.01, o.id


def test_pieces_of_the_same_height_do_not_overlap(hall: Building) -> None:
    for floor in hall.floors:
        level = [p for p in build_walls(hall) if p.floor == floor.id and p.z0_m == floor.elevation_m]
        shapes = [to_shape(p.polygons) for p in level]
        assert sum(s.area for s in shapes) == pytest.approx(shapely.union_all(shapes).area, abs=0.05)


def test_a_floor_without_an_outline_gets_one_from_its_rooms() -> None:
    house = small_house()
    bare = replace(house.floors[0], outline=())
    covered = to_shape(floor_outline(house, bare))
    assert all(covered.buffer(0.01).contains(to_shape(s.footprint)) for s in house.spaces if s.floor == bare.id)


def test_a_building_of_nothing_but_a_floor_can_be_drawn() -> None:
    house = small_house()
    empty = Building(
        site="test",
        name={},
        format="hall",
        schema="halltwin-building/1",
        floors=(replace(house.floors[0], outline=()),),
    )
    assert scene(empty)["spaces"] == []
