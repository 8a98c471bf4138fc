"""A building written as IFC4: valid, the same bytes each time, and read back as the building it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building.checks import check
from building.differences import difference
from building.formats import open_building, read
from building.formats.hall import dumps
from building.graph import build_graph, reached
from building.isomorphism import isomorphic
from building.model import Building, Georeference, SourceId
from building.testing import box, id_of, small_house, words
from building.writers import Loss, write
from building.writers.ifc import _compound, _north

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "building"


@pytest.fixture(scope="module")
def hall_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ifc") / "hall.ifc"
    assert write(open_building("reference"), path).dropped == ()
    return path


@pytest.fixture(scope="module")
def hall(hall_file: Path) -> Any:
    import ifcopenshell

    return ifcopenshell.open(str(hall_file))


@pytest.fixture(scope="module")
def again(hall_file: Path) -> Building:
    return read(hall_file)


def there_and_back(b: Building, folder: Path, change: Callable[[Any], None] | None = None) -> Building:
    import ifcopenshell

    path = folder / "house.ifc"
    write(b, path)
    if change:
        file = ifcopenshell.open(str(path))
        change(file)
        file.write(str(path))
    return read(path)


def same(a: Building, b: Building) -> bool | None:
    return isomorphic(build_graph(a), build_graph(b))


# the file itself


def faults(file: Any, *, rules: bool) -> list[str]:
    import ifcopenshell.validate

    log = ifcopenshell.validate.json_logger()
    ifcopenshell.validate.validate(file, log, express_rules=rules)
    return [str(s)[:300] for s in log.statements]


def test_the_hall_is_valid_ifc4(hall: Any) -> None:
    assert hall.schema == "IFC4"
    assert faults(hall, rules=False) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_small_house_keeps_every_rule_of_the_schema(tmp_path: Path) -> None:
    import ifcopenshell

    write(small_house(), tmp_path / "house.ifc")
    assert faults(ifcopenshell.open(str(tmp_path / "house.ifc")), rules=True) == []


def test_the_same_building_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.ifc", "b.ifc"):
        (tmp_path / name).mkdir()
        write(small_house(), tmp_path / name / "house.ifc")
    assert (tmp_path / "a.ifc" / "house.ifc").read_bytes() == (tmp_path / "b.ifc" / "house.ifc").read_bytes()


def test_lifts_and_escalators_travel_as_what_they_are(hall: Any) -> None:
    kinds = Counter(t.PredefinedType for t in hall.by_type("IfcTransportElement"))
    assert kinds == {"ELEVATOR": 2, "ESCALATOR": 2}
    assert {s.Name for s in hall.by_type("IfcStair")} == {"西楼梯", "东楼梯"}
    # Three storeys to climb, a landing between the two flights of each
    assert len(hall.by_type("IfcStairFlight")) == 2 * 3 * 2
    assert sum(s.PredefinedType == "LANDING" for s in hall.by_type("IfcSlab")) == 2 * 3


def test_every_door_in_a_wall_fills_a_hole_of_it(hall: Any) -> None:
    doors = hall.by_type("IfcDoor")
    assert len(doors) == 179  # all openings of the hall but the 31 open edges
    assert len(hall.by_type("IfcVirtualElement")) == 31
    without = [d for d in doors if not d.FillsVoids]
    assert {d.ObjectType for d in without} <= {"turnstile", "lift", "rolling", "automatic"}
    assert all(d.FillsVoids[0].RelatingOpeningElement.VoidsElements for d in doors if d.FillsVoids)


def test_who_is_no_program_of_ours_sees_names_windows_devices_and_places(hall: Any) -> None:
    assert {s.Name: s.LongName for s in hall.by_type("IfcBuildingStorey")}["1F"] == "一层"
    windows = [p for p in hall.by_type("IfcBuildingElementProxy") if p.ObjectType == "ServiceWindow"]
    assert len(windows) == 44
    assert "A01" in {w.Name for w in windows}
    assert sum(a.PredefinedType == "CAMERA" for a in hall.by_type("IfcAudioVisualAppliance")) == 64
    assert len(hall.by_type("IfcZone")) == 31
    assert sum(a.ObjectType == "PointOfInterest" for a in hall.by_type("IfcAnnotation")) == 53


# read back


def test_the_hall_comes_back_with_the_same_graph(again: Building) -> None:
    hall = open_building("reference")
    assert same(hall, again) is True
    assert len(reached(build_graph(again))) == len(reached(build_graph(hall)))


def test_nothing_of_it_is_lost_and_what_is_told_is_the_same(again: Building) -> None:
    d = difference(open_building("reference"), again)
    assert (d.added, d.removed, d.whole) == ((), (), ())
    assert {type(m.after).__name__ for m in d.moved} <= {"VerticalLink"}
    # Where one stands before a stair, how high an open edge is and how all this is known is understood anew
    assert {field for c in d.changed for field in c.fields} <= {"evidence", "stops", "shafts", "height_m"}
    assert again.warnings == ()


def test_what_came_back_has_no_defect_that_was_not_there(again: Building) -> None:
    assert [(x.rule, x.id) for x in check(again) if x.severity == "must"] == []


def test_a_small_house_comes_back(tmp_path: Path) -> None:
    house = small_house()
    back = there_and_back(house, tmp_path)
    assert same(house, back) is True
    d = difference(house, back)
    assert (d.added, d.removed) == ((), ())
    for name in ("windows", "devices", "supply", "zones", "pois", "seats", "furniture", "departments"):
        assert [replace(e, source=None) for e in getattr(back, name)] == list(getattr(house, name)), name


@cache
def foreign(name: str) -> Building:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/building/{name} not found")
    return read(path)


@pytest.mark.parametrize("name", ["duplex.ifc", "fzk-haus-ac11.ifc", "large-building.ifc", "tall-building.ifc",
                                  "fjk-haus.indoorgml.gml", "apb.osm", "westport-house"])  # fmt: skip
def test_whatever_was_read_keeps_its_graph(name: str, tmp_path: Path) -> None:
    """Also from formats that draw no walls: rooms that touch and are not joined must not become open to each other."""
    assert same(foreign(name), there_and_back(foreign(name), tmp_path)) is True


def test_global_ids_are_those_the_building_came_with(tmp_path: Path) -> None:
    import ifcopenshell

    duplex = foreign("duplex.ifc")
    write(duplex, tmp_path / "duplex.ifc")
    written = ifcopenshell.open(str(tmp_path / "duplex.ifc"))
    for kind, entities in (
        ("IfcSpace", duplex.spaces),
        ("IfcDoor", duplex.openings),
        ("IfcStair", duplex.vertical_links),
    ):
        came = {e.source.value for e in entities if e.source and getattr(e, "kind", "") not in ("open", "passage")}
        assert came == {e.GlobalId for e in written.by_type(kind)}


# somebody else changed it


def test_a_room_renamed_elsewhere_keeps_its_new_name(tmp_path: Path) -> None:
    def rename(file: Any) -> None:
        (hall,) = [s for s in file.by_type("IfcSpace") if s.Name == "1F-HALL"]
        hall.LongName, hall.Name = "接待大厅", "101"

    back = there_and_back(small_house(), tmp_path, rename)
    (hall,) = [s for s in back.spaces if s.id == id_of("space", "1F-HALL")]
    assert (hall.name, hall.number) == ({"zh": "接待大厅"}, "101")
    (office,) = [s for s in back.spaces if s.id == id_of("space", "1F-OFF")]
    assert office.name == words("办公室", "Office")


def test_a_room_copied_elsewhere_is_another_room(tmp_path: Path) -> None:
    def copy(file: Any) -> None:
        import ifcopenshell.guid
        import ifcopenshell.util.element

        (office,) = [s for s in file.by_type("IfcSpace") if s.Name == "1F-OFF"]
        twin = ifcopenshell.util.element.copy(file, office)
        twin.GlobalId = ifcopenshell.guid.compress("0" * 31 + "7")
        office.Decomposes[0].RelatedObjects = [*office.Decomposes[0].RelatedObjects, twin]
        place = file.createIfcLocalPlacement(
            office.ObjectPlacement.PlacementRelTo,
            file.createIfcAxis2Placement3D(file.createIfcCartesianPoint((60.0, 60.0, 0.0))),
        )
        twin.ObjectPlacement = place

    back = there_and_back(small_house(), tmp_path, copy)
    assert len(back.spaces) == len(small_house().spaces) + 1
    assert len({s.id for s in back.spaces}) == len(back.spaces)
    (office,) = [s for s in back.spaces if s.id == id_of("space", "1F-OFF")]
    assert office.footprint[0].outer[0][0] < 20.0


def test_a_device_moved_elsewhere_is_where_it_was_moved_to(tmp_path: Path) -> None:
    def move(file: Any) -> None:
        (screen,) = file.by_type("IfcAudioVisualAppliance")
        screen.ObjectPlacement.RelativePlacement.Location.Coordinates = (3.0, 1.0, 2.0)

    (screen,) = there_and_back(small_house(), tmp_path, move).devices
    assert (screen.pose.x_m, screen.pose.y_m, screen.pose.z_m, screen.pose.yaw_deg) == (3.0, 1.0, 2.0, 180.0)


def test_what_referred_to_something_deleted_elsewhere_is_said(tmp_path: Path) -> None:
    def delete(file: Any) -> None:
        file.remove(file.by_type("IfcAudioVisualAppliance")[0])

    back = there_and_back(small_house(), tmp_path, delete)
    assert back.devices == ()
    assert [w.screen for w in back.windows] == [None]
    assert any("SCR-A01" in warning for warning in back.warnings)


def test_what_is_said_of_a_door_holds_only_between_its_two_rooms(tmp_path: Path) -> None:
    """The wall with the door is moved to where both sides are the hall's."""
    house = small_house()
    hall, office = id_of("space", "1F-HALL"), id_of("space", "1F-OFF")
    one_way = replace(house, openings=tuple(
        replace(o, one_way=(hall, office)) if o.key == "D2" else o for o in house.openings
    ))  # fmt: skip
    assert {o.one_way for o in there_and_back(one_way, tmp_path).openings if o.key == "D2"} == {(hall, office)}

    def swap(file: Any) -> None:
        rooms = [s for s in file.by_type("IfcSpace") if s.Name in ("1F-OFF", "1F-L")]
        rooms[0].ObjectPlacement.RelativePlacement.Location.Coordinates = (50.0, 50.0, 0.0)

    openings = there_and_back(one_way, tmp_path, swap).openings
    assert [o for o in openings if o.one_way and set(o.one_way) != set(o.between or ())] == []


NASTY = [
    ("IfcLabel", ""), ("IfcLabel", "a b:c"), ("IfcText", "{"), ("IfcText", '[1, {"a": [2]}]'), ("IfcText", "null"),
    ("IfcText", '{"zh": 7}'), ("IfcReal", 1e300), ("IfcBoolean", True), ("IfcInteger", -5),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), NASTY)
@pytest.mark.parametrize("spared", [(), ("site", "key")], ids=["all", "all but keys"])
def test_damaged_sets_of_ours_are_said_or_refused(
    kind: str, value: Any, spared: tuple[str, ...], tmp_path: Path
) -> None:
    def damage(file: Any) -> None:
        for told in file.by_type("IfcPropertySet"):
            for prop in told.HasProperties if told.Name.startswith("Halltwin_") else ():
                if prop.Name not in spared:
                    prop.NominalValue = file.create_entity(kind, value)

    back = there_and_back(small_house(), tmp_path, damage)
    assert len(back.spaces) == len(small_house().spaces)
    if spared:
        assert back.warnings
    dumps(back)


# what cannot be carried


def test_what_cannot_be_drawn_is_listed(tmp_path: Path) -> None:
    house = small_house()
    (first, *others), (link, *links) = house.openings, house.vertical_links
    torn = replace(
        house,
        openings=(replace(first, line=((3.0, 0.0), (3.0, 0.0))), *others),
        vertical_links=(replace(link, stops=()), *links),
        warnings=("a roof was left out",),
    )
    written = write(torn, tmp_path / "torn.ifc")
    assert {(loss.what, loss.count) for loss in written.dropped} == {
        ("openings", 1), ("vertical_links", 1), ("building.warnings", 1),
    }  # fmt: skip
    assert all(isinstance(loss, Loss) and loss.reason for loss in written.dropped)
    assert written.kept["openings"] == len(house.openings) - 1


def test_two_things_of_one_source_get_two_global_ids(tmp_path: Path) -> None:
    import ifcopenshell

    source = SourceId(scheme="ifc", value="1xS3BCk291UvhgP2dvNMQJ")
    house = small_house()
    twice = replace(house, furniture=tuple(
        replace(house.furniture[0], id=id_of("furniture", f"F{n}"), source=source, footprint=box(n, 4.0, n + 0.5, 4.5))
        for n in (1, 2)
    ))  # fmt: skip
    write(twice, tmp_path / "twice.ifc")
    ids = [e.GlobalId for e in ifcopenshell.open(str(tmp_path / "twice.ifc")).by_type("IfcRoot")]
    assert len(set(ids)) == len(ids)
    assert source.value in ids


@given(st.floats(-180.0, 180.0))
def test_an_angle_is_whole_degrees_minutes_seconds_and_millionths_of_one_sign(degrees: float) -> None:
    parts = _compound(degrees)
    assert len(parts) == 4
    assert not (any(p < 0 for p in parts) and any(p > 0 for p in parts))
    total = parts[0] + parts[1] / 60 + parts[2] / 3600 + parts[3] / 3.6e9
    assert total == pytest.approx(degrees, abs=1e-9)


def test_north_lies_to_the_left_of_a_building_turned_to_the_right() -> None:
    """Turned by 90 degrees against the clock, the building's own x axis points north."""
    north = _north(Georeference(lon_deg=0.0, lat_deg=0.0, rotation_deg=90.0))
    assert north == pytest.approx((1.0, 0.0))
