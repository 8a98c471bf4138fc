from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building.formats import open_building
from building.model import Building, make_id
from iot.brick import is_a
from iot.catalogue import KINDS
from twin.errors import UnknownSelection
from twin.selection import Directory, Selection, choose


@pytest.fixture(scope="module")
def building() -> Building:
    return open_building("reference")


@pytest.fixture(scope="module")
def state(building: Building) -> dict[str, dict[str, float]]:
    """A value at every point of every device and window."""
    devices = {d.id: {p.name: 1.0 for p in KINDS[d.kind].points} for d in building.devices}
    return devices | {w.id: {"waiting": 2.0} for w in building.windows}


@pytest.fixture(scope="module")
def directory(building: Building, state: dict[str, dict[str, float]]) -> Directory:
    return Directory(building, building.devices, KINDS, entities=state)


def _ask(directory: Directory, state: dict[str, dict[str, float]], selection: Selection) -> dict[str, dict[str, float]]:
    return choose(state, directory.chooser(selection))


def test_nothing_asked_is_everything(directory: Directory, state: dict[str, dict[str, float]]) -> None:
    assert _ask(directory, state, Selection()) == state


def test_a_floor_holds_what_stands_in_its_rooms(
    building: Building, directory: Directory, state: dict[str, dict[str, float]]
) -> None:
    found = _ask(directory, state, Selection(spaces=("2F",)))
    floor = next(f.id for f in building.floors if f.number == "2F")
    expected = {d.id for d in building.devices if d.floor == floor and KINDS[d.kind].points}
    expected |= {w.id for w in building.windows if w.floor == floor}
    assert set(found) == expected


def test_words_of_one_field_add_up_and_fields_narrow(
    building: Building, directory: Directory, state: dict[str, dict[str, float]]
) -> None:
    both = _ask(directory, state, Selection(kinds=("door", "camera"), spaces=("1F",)))
    floor = next(f.id for f in building.floors if f.number == "1F")
    assert set(both) == {d.id for d in building.devices if d.kind in {"door", "camera"} and d.floor == floor}


def test_an_entity_is_found_by_id_and_by_key_and_cut_to_its_points(
    building: Building, directory: Directory, state: dict[str, dict[str, float]]
) -> None:
    sensor = next(d for d in building.devices if d.kind == "climate_sensor")
    by_key = _ask(directory, state, Selection(entities=(sensor.key,), points=("temperature",)))
    assert by_key == {sensor.id: {"temperature": 1.0}}
    assert _ask(directory, state, Selection(entities=(sensor.id,), points=("temperature",))) == by_key


def test_a_class_of_points_takes_those_points_only(directory: Directory, state: dict[str, dict[str, float]]) -> None:
    found = _ask(directory, state, Selection(kinds=("climate_sensor",), bricks=("brick:Temperature_Sensor",)))
    assert found
    assert {point for points in found.values() for point in points} == {"temperature"}


def test_a_class_of_devices_takes_all_their_points(
    building: Building, directory: Directory, state: dict[str, dict[str, float]]
) -> None:
    found = _ask(directory, state, Selection(bricks=("https://brickschema.org/schema/Brick#Camera",)))
    cameras = {d.id for d in building.devices if d.kind == "camera"}
    assert cameras
    assert found == {i: state[i] for i in cameras}


def test_every_device_is_equipment_and_every_value_a_point(
    building: Building, directory: Directory, state: dict[str, dict[str, float]]
) -> None:
    equipment = _ask(directory, state, Selection(bricks=("brick:Equipment",)))
    assert set(equipment) == {d.id for d in building.devices if KINDS[d.kind].points}
    assert _ask(directory, state, Selection(bricks=("brick:Point",))) == state
    assert set(_ask(directory, state, Selection(bricks=("hall:Service_Window",)))) == {w.id for w in building.windows}


@pytest.mark.parametrize("asked", [Selection(spaces=("9F",)), Selection(kinds=("cammera",))])
def test_what_nobody_knows_is_an_error_that_names_what_there_is(directory: Directory, asked: Selection) -> None:
    with pytest.raises(UnknownSelection) as caught:
        directory.chooser(asked)
    assert caught.value.known


def test_a_device_nobody_placed_is_found_everywhere_but_in_a_room(building: Building) -> None:
    site = building.site
    lonely = make_id(site, "device", "NEW-1")
    directory = Directory(building, building.devices, KINDS, entities=[lonely])
    state = {lonely: {"x": 1}}
    assert choose(state, directory.chooser(Selection())) == state
    assert choose(state, directory.chooser(Selection(spaces=("1F",)))) == {}


@pytest.mark.parametrize(
    ("found", "wanted", "is_one"),
    [
        ("brick:Zone_Air_Temperature_Sensor", "brick:Temperature_Sensor", True),
        ("brick:Temperature_Sensor", "brick:Zone_Air_Temperature_Sensor", False),
        ("brick:CO2_Level_Sensor", "brick:Air_Quality_Sensor", True),
        ("brick:Emergency_Phone", "brick:Security_Equipment", True),
        ("hall:UPS", "brick:Energy_Storage", True),
        ("rec:PeopleCountSensorEquipment", "<https://w3id.org/rec#ICTEquipment>", True),
        ("brick:Sensor_Equipment", "brick:Sensor", False),
        ("brick:Fault_Status", "brick:Sensor", False),
    ],
)
def test_a_class_is_what_stands_above_it(found: str, wanted: str, is_one: bool) -> None:
    assert is_a(found, wanted) is is_one


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words_have_an_answer(found: str, wanted: str) -> None:
    assert is_a(found, found)
    assert is_a(found, wanted) in {True, False}
