"""Devices and connectors over HTTP, as the devices page reads them, in a running hall."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from building.formats import open_building
from iot.catalogue import load_kinds
from twin.registry import Device as Registered
from ui.device_search import find_devices
from ui.testing import DemoHall, Device, eventually

pytestmark = pytest.mark.integration

DESCRIPTION = {
    "kind": "climate_sensor", "model": "TH-9", "firmware": "2.4.1", "serial": "SN-0042", "points": [], "commands": [],
    "buffer": 0, "schema": 1,
}  # fmt: skip


@pytest.fixture
def manager(hall: DemoHall) -> httpx2.Client:
    return hall.as_("manager")


def _get(client: httpx2.Client, key: str) -> dict[str, Any]:
    answer = client.get(f"/devices/{key}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _enrol(client: httpx2.Client, *devices: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = client.post("/admission/devices", json={"devices": list(devices)})
    assert answer.status_code == 201, answer.text
    return {one["user"]: one for one in answer.json()}


def _tele(device: Device, seq: int, **values: Any) -> None:
    device.send("tele", {"ts": time.time_ns() // 1_000_000, "seq": seq, "boot": device.boot, "v": values})


def test_a_device_says_what_it_is_and_what_was_lost(hall: DemoHall, manager: httpx2.Client) -> None:
    before_ms = time.time_ns() // 1_000_000
    made = _enrol(manager, {"key": "PAGE-1", "kind": "climate_sensor"})
    assert before_ms <= _get(manager, "PAGE-1")["credential_ms"] <= time.time_ns() // 1_000_000
    assert _get(manager, "PAGE-1")["online"] is None
    with hall.device("PAGE-1", made["PAGE-1"]) as device:
        device.send("desc", DESCRIPTION)
        _tele(device, 1, temperature=21.0)
        _tele(device, 5, temperature=900.0)
        device.send("tele", b"{ not json")
        found = eventually(
            lambda: (d := _get(manager, "PAGE-1"))["firmware"] and d["counters"]["refused"] and d, what="all of it"
        )
        assert (found["model"], found["firmware"], found["serial"]) == ("TH-9", "2.4.1", "SN-0042")
        assert (found["counters"]["gaps"], found["counters"]["missing"]) == (1, 3)
        assert (found["counters"]["out_of_range"], found["counters"]["refused"]) == (1, 1)
        assert found["online"] is True
        assert found["addresses"] == found["via"] == found["speaks_for"] == []
        listed = {d["key"]: d for d in manager.get("/devices", params={"values": False}).json()}
        assert listed["PAGE-1"] == {**_get(manager, "PAGE-1"), "values": {}}


def test_who_speaks_through_a_gateway_is_unknown_when_it_is_gone(hall: DemoHall, manager: httpx2.Client) -> None:
    made = _enrol(
        manager,
        {"key": "PAGE-GW", "kind": "information_point"},
        {"key": "PAGE-2", "kind": "climate_sensor", "via": "PAGE-GW"},
    )
    assert _get(manager, "PAGE-2")["via"] == ["PAGE-GW"]
    assert _get(manager, "PAGE-2")["credential_ms"] is None
    assert _get(manager, "PAGE-GW")["speaks_for"] == ["PAGE-2"]
    gateway = hall.device("PAGE-GW", made["PAGE-GW"])
    gateway._client.publish("ht/v1/shifanqu/PAGE-2/state", '{"online":true,"boot":1,"ts":1}', qos=1)
    eventually(lambda: _get(manager, "PAGE-2")["online"] is True, what="the device behind it online")
    gateway.close()
    eventually(lambda: _get(manager, "PAGE-GW")["online"] is False, what="the gateway's will", within_s=20)
    eventually(lambda: _get(manager, "PAGE-2")["online"] is None, what="the device behind it unknown")


def test_a_foreign_device_says_where_it_is_heard(manager: httpx2.Client) -> None:
    _enrol(manager, {"key": "PAGE-3", "kind": "climate_sensor"})
    wish = {"device": "PAGE-3", "convention": "sparkplug", "address": "plant/edge-9"}
    assert manager.post("/admission/bindings", json=wish).status_code == 204
    assert _get(manager, "PAGE-3")["addresses"] == [{"convention": "sparkplug", "address": "plant/edge-9"}]


def test_every_device_may_be_asked_to_tell_anew_and_the_answer_is_on_record(
    hall: DemoHall, manager: httpx2.Client
) -> None:
    made = _enrol(manager, {"key": "PAGE-4", "kind": "climate_sensor"})
    with hall.device("PAGE-4", made["PAGE-4"]) as device:
        eventually(lambda: _get(manager, "PAGE-4")["online"], what="it online")
        asked = manager.post("/devices/PAGE-4/commands", json={"name": "rebirth"})
        assert asked.status_code == 202, asked.text
        name, body = device.next_command()
        assert (name, body["id"]) == ("rebirth", asked.json()["id"])
        device.answer(body["id"], "done")
        last = eventually(
            lambda: (c := _get(manager, "PAGE-4")["last_command"]) and c["ended_ms"] and c, what="its end"
        )
        assert (last["name"], last["state"], last["why"]) == ("rebirth", "done", "")


@pytest.mark.parametrize(
    ("typed", "kind", "floor"),
    [
        ("wsd", "climate_sensor", None),
        ("wenshidu", "climate_sensor", None),
        ("温湿度 3f", "climate_sensor", "3F"),
        ("CLIM", "climate_sensor", None),
        ("ups", "ups", None),
        ("  Leak   b1 ", "leak_sensor", "B1"),
    ],
)
def test_devices_are_found_by_what_people_type(
    manager: httpx2.Client, typed: str, kind: str, floor: str | None
) -> None:
    found = manager.get("/devices", params={"q": typed, "values": False}).json()
    building = open_building("reference")
    numbers = {f.id: f.number for f in building.floors}
    wanted = {d.key for d in building.devices if d.kind == kind and floor in (None, numbers[d.floor])}
    assert wanted <= {d["key"] for d in found}
    if floor is not None:
        assert {numbers[d["floor"]] for d in found} == {floor}
    assert len(found) < len(building.devices) / 2


def test_nothing_is_found_for_what_nobody_is_called(manager: httpx2.Client) -> None:
    assert manager.get("/devices", params={"q": "qqzzx"}).json() == []


def test_two_thousand_devices_are_searched_quickly() -> None:
    building, kinds = open_building("reference"), load_kinds()
    many = [
        Registered(
            id=f"{d.id}-{n}", key=f"{d.key}-{n}", kind=d.kind, name=d.name, floor=d.floor, space=d.space, at=None,
            serves={},
        )
        for n in range(4)
        for d in building.devices
    ]  # fmt: skip
    assert len(many) > 2_000
    find_devices("shexiangji", many, kinds=kinds, building=building)
    began = time.process_time()
    found = find_devices("shexiangji", many, kinds=kinds, building=building)
    assert time.process_time() - began < 0.5
    assert {d.kind for d in found} == {"camera"}


def test_a_connection_says_how_it_is(manager: httpx2.Client, hall: DemoHall) -> None:
    [mqtt] = manager.get("/connectors").json()
    assert (mqtt["name"], mqtt["state"], mqtt["circuit"], mqtt["protocol"]) == ("mqtt", "connected", "closed", "MQTT 5")
    assert mqtt["last_error"] is mqtt["next_try_ms"] is None
    assert mqtt["since_ms"] <= time.time_ns() // 1_000_000
    assert (mqtt["failure"] is None) == (mqtt["failure_ms"] is None)
    assert (mqtt["failure_ms"] or 0) <= mqtt["since_ms"], "what failed, failed before it was well"
    assert mqtt["broker_dropped"] == 0
    assert hall.as_("clerk").get("/connectors").status_code == 403
    assert hall.as_("clerk").get("/devices").status_code == 403
