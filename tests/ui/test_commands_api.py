"""Commands over HTTP: two steps by two people, once per key, done once the sensor says so."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration


def test_a_door_is_armed_by_one_and_fired_by_another_who_sees_what_it_does(hall: DemoHall) -> None:
    manager, security = hall.as_("manager"), hall.as_("security")
    with hall.join("DOOR-03") as door:
        door.report(lock_state="locked", position="closed", fault="none", supply="mains")
        eventually(lambda: manager.get("/devices/DOOR-03").json()["online"], what="the door online")
        armed = manager.post("/devices/DOOR-03/commands", json={"name": "unlock", "reason": "送货"}).json()
        assert armed["armed_by"] == manager.get("/session").json()["actor"]["id"]
        assert armed["effect"]["zh"] == "1F控制室内门（一层 消防安防控制室）：门将打开，任何人都能进入"
        assert armed["effect"]["en"].endswith("The door opens to anybody")
        fired = security.post(f"/commands/{armed['id']}/fire")
        assert fired.status_code == 202
        assert fired.json()["fired_by"] == security.get("/session").json()["actor"]["id"]
        _name, body = door.next_command()
        assert body["by"] == fired.json()["fired_by"]
        assert body["exp"] - time.time() * 1000 <= 5_000
        door.answer(armed["id"], "accepted")
        door.answer(armed["id"], "done")
        waiting = eventually(
            lambda: _with(manager.get(f"/commands/{armed['id']}").json(), "answered_ms"), what="the device's word"
        )
        assert (waiting["state"], waiting["confirmed"]) == ("accepted", False)
        assert waiting["awaits"]["point"] == "lock_state"
        door.report(lock_state="unlocked", position="closed", fault="none", supply="mains")
        ended = eventually(lambda: _with(manager.get(f"/commands/{armed['id']}").json(), "ended_ms"), what="its end")
        assert (ended["state"], ended["confirmed"]) == ("done", True)
        assert manager.post(f"/commands/{armed['id']}/fire").status_code == 409


def test_the_same_key_is_the_same_command(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    wish: dict[str, Any] = {"name": "lock", "args": {}, "reason": "闭馆"}
    headers = {"Idempotency-Key": "evening-1"}
    first = manager.post("/devices/DOOR-07/commands", json=wish, headers=headers)
    again = manager.post("/devices/DOOR-07/commands", json=wish, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    other = manager.post("/devices/DOOR-07/commands", json={**wish, "name": "unlock"}, headers=headers)
    assert other.status_code == 409
    assert manager.post("/devices/DOOR-07/commands", json=wish).json()["id"] != first.json()["id"]
    put_away = manager.post(f"/commands/{first.json()['id']}/disarm")
    assert (put_away.status_code, put_away.json()["state"]) == (200, "disarmed")
    assert manager.post(f"/commands/{first.json()['id']}/disarm").status_code == 409


def _with(command: dict[str, Any], field: str) -> dict[str, Any] | None:
    return command if command[field] is not None else None
