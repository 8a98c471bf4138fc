"""What is wanted of a device, over HTTP: set by its command, shown beside its values, withdrawn by a person."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from ui.testing import DemoHall, Device, eventually

pytestmark = pytest.mark.integration
KEY = "WANT-1"


def ask(manager: httpx2.Client, screen: Device, percent: int) -> str:
    """A brightness, asked for and handed to the screen; the command's id."""
    sent = manager.post(f"/devices/{KEY}/commands", json={"name": "set_brightness", "args": {"brightness": percent}})
    assert sent.status_code == 202, sent.text
    command: str = sent.json()["id"]
    assert screen.next_command()[1]["id"] == command
    return command


def wanted(client: httpx2.Client, value: object, *, reported: bool) -> dict[str, Any]:
    """Once that is wanted, and reported or not (yet, or for too long already: machines differ)."""

    def found() -> Any:
        one = client.get(f"/devices/{KEY}").json()["desired"].get("brightness")
        if one is None or one["value"] != value or (one["standing"] == "as_wanted") is not reported:
            return None
        return one

    one: dict[str, Any] = eventually(found, what=f"{value} wanted")
    return one


def test_what_is_wanted_stands_beside_what_is_reported_until_somebody_withdraws_it(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    made = manager.post("/admission/devices", json={"devices": [{"key": KEY, "kind": "screen"}]}).json()[0]
    with hall.device(KEY, made) as screen:
        eventually(lambda: manager.get(f"/devices/{KEY}").json()["online"], what="the screen online")
        assert manager.get(f"/devices/{KEY}").json()["desired"] == {}
        first = ask(manager, screen, 40)
        found = wanted(manager, 40, reported=False)
        assert (found["command"], found["by"]) == (first, manager.get("/session").json()["actor"]["id"])
        screen.report(brightness=40)
        found = wanted(manager, 40, reported=True)
        assert found["away_ms"] is None
        entity = manager.get(f"/devices/{KEY}").json()["id"]
        twin = manager.get("/twin", params={"entity": entity, "point": "brightness"}).json()
        assert twin["desired"] == {
            entity: {
                "brightness": {"value": 40, "since_ms": found["since_ms"], "standing": "as_wanted", "away_ms": None}
            }
        }
        value = twin["entities"][entity]["brightness"]
        assert (value["source"], value["quality"], value["old"]) == ("device", "good", False)
        assert value["age_ms"] == max(0, twin["at_ms"] - value["ts_ms"])
        assert manager.get("/twin", params={"entity": entity, "point": "text"}).json()["desired"] == {}
        assert manager.get("/twin", params={"entity": entity, "at": twin["at_ms"]}).json()["desired"] == {}
        assert KEY not in [d["key"] for d in manager.get("/devices", params={"drift": True}).json()]

        second = ask(manager, screen, 70)
        path = f"/devices/{KEY}/desired/brightness/withdraw"
        wanted(manager, 70, reported=False)
        said = {"command": second, "reason": "现场调光"}
        assert hall.as_("clerk").post(path, json=said).status_code == 403
        assert manager.post(path, json={**said, "reason": ""}).status_code == 422
        assert manager.post(path, json={**said, "command": first}).status_code == 409
        answer = manager.post(path, json=said)
        assert (answer.status_code, answer.json()) == (200, {})
        assert manager.post(path, json=said).status_code == 404
        assert manager.get(f"/devices/{KEY}").json()["desired"] == {}
