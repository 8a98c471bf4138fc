"""The running hall as Turtle: whatever its devices are called, and every point has its class and its device."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Mapping

import pytest

from building.formats import open_building
from iot.catalogue import KINDS
from iot.kind import Kind
from tests.building.writers.test_brick import parse
from twin.registry import Device
from twin.turtle import hall_turtle

API = "https://hall.example/api/v1"
HOSTILE = 'x> . <urn:evil> a <urn:evil" \\ \n 新'


def device(key: str, kind: str) -> Device:
    return Device(
        id=f"shifanqu:device:{key}", key=key, kind=kind, name={"zh": HOSTILE, "en": key}, floor=None, space=None,
        at=None, serves={},
    )  # fmt: skip


def facts(
    *devices: Device, kinds: Mapping[str, Kind] = KINDS, known: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    text = hall_turtle(open_building("reference"), devices, kinds, known=known or {}, api=API)
    for subject, predicate, thing in parse(text)[1]:
        found[subject][predicate].add(thing)
    return found


def test_a_device_nobody_drew_is_there_with_its_points() -> None:
    found = facts(device("NEW-1", "climate_sensor"))
    point = found["<urn:halltwin:shifanqu:device:NEW-1:point:temperature>"]
    assert found["<urn:halltwin:shifanqu:device:NEW-1>"]["a"] == {"brick:Sensor_Equipment"}
    assert point["a"] == {"brick:Zone_Air_Temperature_Sensor"}
    assert point["brick:isPointOf"] == {"<urn:halltwin:shifanqu:device:NEW-1>"}
    assert point["brick:hasUnit"] == {"unit:DEG_C"}
    (reference,) = point["ref:hasExternalReference"]
    assert found[reference]["ref:storedAt"] == {f"<{API}/history/shifanqu:device:NEW-1/temperature>"}
    assert found[reference]["ref:hasTimeseriesId"] == {'"shifanqu:device:NEW-1/temperature"'}


def test_what_has_points_is_equipment_also_where_its_class_is_none_of_bricks() -> None:
    found = facts(device("D-NEW", "door"))
    assert found["<urn:halltwin:shifanqu:device:D-NEW>"]["a"] == {"rec:Door", "brick:Equipment"}


def test_what_services_tell_is_a_point_too_and_nothing_is_told_twice() -> None:
    window, sensor = "shifanqu:window:A07", device("NEW-1", "climate_sensor")
    found = facts(sensor, known={window: ("waiting",), sensor.id: ("temperature", "online")})
    assert found[f"<urn:halltwin:{window}:point:waiting>"]["a"] == {"brick:Point"}
    assert found[f"<urn:halltwin:{sensor.id}:point:online>"]["a"] == {"brick:Point"}
    assert found[f"<urn:halltwin:{sensor.id}:point:temperature>"]["a"] == {"brick:Zone_Air_Temperature_Sensor"}


def test_every_class_of_ours_says_what_it_stands_under() -> None:
    found = facts(*(device(name, name) for name in KINDS))
    used = {c for things in found.values() for c in things.get("a", ()) if c.startswith("hall:")}
    assert used
    assert all(found[c]["rdfs:subClassOf"] for c in used)


@pytest.mark.parametrize("key", ["a b", 'q"q', "a>b", "a\nb", "中文", "a%41"])
def test_whatever_it_is_called_it_is_turtle(key: str) -> None:
    found = facts(device(key, "ups"))
    assert not any("evil" in subject for subject in found)
    assert all(re.fullmatch(r'<[^<>"{}|^`\\\s]*>|_:\d+|[a-z]+:\w+', subject) for subject in found)


def test_a_class_that_is_none_is_not_written() -> None:
    odd = dataclasses.replace(KINDS["ups"], brick="x> . <urn:evil> a <urn:evil")
    found = facts(device("U", "ups"), kinds={**KINDS, "ups": odd})
    assert found["<urn:halltwin:shifanqu:device:U>"]["a"] == {"brick:Equipment"}
