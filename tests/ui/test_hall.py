"""The spine, in a running hall: device -> value -> feed; command -> device -> done; condition -> alarm -> a name."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"


def device_id(key: str) -> str:
    return f"{SITE}:device:{key}"


# --- one sensor


def test_what_a_sensor_says_is_seen_by_the_api_and_on_the_feed(hall: DemoHall) -> None:
    key = hall.keys("climate_sensor")[0]
    manager = hall.as_("manager")
    with hall.page("ops", manager) as page, hall.join(key) as sensor:
        page.expect(lambda m: m["type"] == "snap", what="the snapshot")
        page.expect_value(device_id(key), "online", True)
        sensor.report(temperature=23.5, humidity=41.0)
        page.expect_value(device_id(key), "temperature", 23.5)
        found = manager.get(f"/devices/{key}").json()
        assert found["online"] is True
        assert (found["values"]["temperature"]["value"], found["values"]["temperature"]["quality"]) == (23.5, "good")
        history = eventually(
            lambda: manager.get(f"/devices/{key}/history", params={"point": "temperature"}).json()["points"],
            what="the committed reading",
        )
        assert history[-1][1] == 23.5
    eventually(lambda: manager.get(f"/devices/{key}").json()["online"] is False, what="the device's will")


def test_a_device_without_its_password_is_not_let_in(hall: DemoHall) -> None:
    key = hall.keys("climate_sensor")[1]
    device = hall.device(key, {"password": "guessed"})
    assert device.refused
    device.close()


# --- alarms


def test_a_supply_on_battery_is_on_the_alert_page_within_a_second_and_gets_a_name(hall: DemoHall) -> None:
    security = hall.as_("security")
    with hall.page("alert", security) as page, hall.join("UPS-2") as ups:
        page.expect(lambda m: m["type"] == "snap", what="the snapshot")
        ups.report(on_battery=False, battery=100.0)
        page.expect_value(device_id("UPS-2"), "on_battery", False)
        began = time.monotonic()
        ups.report(on_battery=True, battery=99.0)
        raised = page.expect(lambda m: _is_alarm(m, "UPS-2", "on_battery"), what="the alarm")["alarm"]
        assert time.monotonic() - began < 1.0
        assert (raised["state"], raised["priority"]) == ("active", 1)
        assert raised["label"]["zh"] == "由电池供电"
        assert raised["floor"].startswith(f"{SITE}:floor:")

        answer = security.post(f"/alarms/{raised['id']}/acknowledge", json={"note": "electrician called"})
        assert answer.status_code == 200
        shown = page.expect(lambda m: _is_alarm(m, "UPS-2", "on_battery"), what="its acknowledgement")["alarm"]
        assert shown["state"] == "acknowledged"
        assert shown["acked_by"] == security.get("/session").json()["actor"]["id"]
        assert shown["acked_by"] in security.get("/accounts/names").json()

        ups.report(on_battery=False, battery=99.0)
        closed = page.expect(lambda m: _is_alarm(m, "UPS-2", "on_battery"), what="its end")["alarm"]
        assert closed["state"] == "closed"


def _is_alarm(message: dict[str, Any], key: str, name: str) -> bool:
    alarm = message.get("alarm", {})
    return bool(alarm.get("source") == device_id(key) and alarm.get("type") == name)


# --- commands


def test_a_door_is_locked_in_two_steps_and_confirmed_by_its_own_report(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    with hall.page("ops", manager) as page, hall.join("DOOR-05") as door:
        door.report(lock_state="unlocked", position="closed", fault="none", supply="mains")
        page.expect_value(device_id("DOOR-05"), "lock_state", "unlocked")
        armed = manager.post("/devices/DOOR-05/commands", json={"name": "lock", "args": {}, "reason": "night"}).json()
        assert armed["state"] == "armed"
        assert door.commands.empty()

        assert manager.post(f"/commands/{armed['id']}/fire").status_code == 202
        name, body = door.next_command()
        assert (name, body["id"], body["args"]) == ("lock", armed["id"], {})
        door.answer(armed["id"], "accepted")
        door.report(lock_state="locked", position="closed", fault="none", supply="mains")
        door.answer(armed["id"], "done")
        page.expect(
            lambda m: _is_command(m, armed["id"], "done") and m["command"]["confirmed"], what="done and confirmed"
        )
        ended = manager.get(f"/commands/{armed['id']}").json()
        assert (ended["state"], ended["confirmed"]) == ("done", True)


def test_a_door_needs_a_reason_and_an_armed_command_that_nobody_fires_is_disarmed(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    assert manager.post("/devices/DOOR-06/commands", json={"name": "lock", "args": {}}).status_code == 409
    armed = manager.post("/devices/DOOR-06/commands", json={"name": "lock", "reason": "test"}).json()
    ended = eventually(
        lambda: _ended(manager.get(f"/commands/{armed['id']}").json()), what="the end of it", within_s=20
    )
    assert ended["state"] == "disarmed"
    assert manager.post(f"/commands/{armed['id']}/fire").status_code == 409


def test_a_command_to_a_device_that_is_offline_expires(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    with hall.page("ops", manager) as page:
        page.expect(lambda m: m["type"] == "snap", what="the snapshot")
        sent = manager.post("/devices/SCR-B02/commands", json={"name": "show_text", "args": {"text": "hello"}}).json()
        ended = page.expect(lambda m: _is_command(m, sent["id"], "expired"), what="expired", within_s=15)["command"]
    assert ended["detail"]
    assert manager.get(f"/commands/{sent['id']}").json()["state"] == "expired"


def test_a_screen_shows_a_text_and_the_page_sees_it(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    with hall.page("ops", manager) as page, hall.join("SCR-A05") as screen:
        page.expect_value(device_id("SCR-A05"), "online", True)
        sent = manager.post("/devices/SCR-A05/commands", json={"name": "show_text", "args": {"text": "请到 A05 窗口"}})
        name, body = screen.next_command()
        assert (name, body["args"]) == ("show_text", {"text": "请到 A05 窗口"})
        screen.answer(body["id"], "done")
        screen.report(text=body["args"]["text"], power=True)
        page.expect_value(device_id("SCR-A05"), "text", "请到 A05 窗口")
        done = eventually(
            lambda: _confirmed(manager.get(f"/commands/{sent.json()['id']}").json()), what="the confirmation"
        )
        assert done["state"] == "done"


def _is_command(message: dict[str, Any], command_id: str, state: str) -> bool:
    command = message.get("command", {})
    return bool(command.get("id") == command_id and command.get("state") == state)


def _ended(command: dict[str, Any]) -> dict[str, Any] | None:
    return command if command["ended_ms"] else None


def _confirmed(command: dict[str, Any]) -> dict[str, Any] | None:
    return command if command["confirmed"] else None


# --- bad input


def test_what_makes_no_sense_is_counted_and_the_hall_goes_on(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    key = hall.keys("climate_sensor")[2]

    def strangers() -> dict[tuple[str | None, str], int]:
        return {(s["device"], s["reason"]): s["count"] for s in manager.get("/counters").json()["strangers"]}

    def device() -> dict[str, int]:
        found: dict[str, int] = manager.get("/counters").json()["devices"].get(key, {})
        return found

    with hall.join(key) as sensor:
        sensor.send("tele", b"{no json")
        sensor.send("tele", b"x" * 20_000)
        sensor.send("tele", {"ts": 1, "seq": 1, "boot": 1})
        sensor.report(temperature=999.0)
        sensor.report(nonsense=1.0)
        sensor.send("desc", {"kind": "ups"})
        expected = {(key, "json"), (key, "oversized"), (key, "schema"), (key, "wrong_kind")}
        eventually(lambda: expected <= strangers().keys(), what=f"{expected} among the strangers")
        eventually(lambda: device().get("out_of_range") == 1 and device().get("rejected") == 1, what="its counters")
        sensor.report(temperature=21.25)
        eventually(
            lambda: manager.get(f"/devices/{key}").json()["values"]["temperature"]["value"] == 21.25,
            what="the next good value",
        )
    text = hall.as_().get(hall.document["url"] + "/metrics").text
    assert re.search(r'halltwin_messages_total\{outcome="devices.rejected"\} [1-9]', text)


def test_a_device_that_the_building_does_not_know_is_counted(hall: DemoHall, enrol: Callable[..., Any]) -> None:
    """It has a credential of the broker, but is no device of the hall (any more)."""
    manager = hall.as_("manager")
    code, document, _ = enrol("GONE-1", "--kind", "climate_sensor")
    assert code == 0
    with psycopg.connect(hall.document["database"]) as conn:
        conn.execute("update twin.device set removed_ms = 1 where key = 'GONE-1'")
    assert enrol("OTHER-1", "--kind", "climate_sensor")[0] == 0  # the server reads its devices again
    with hall.device("GONE-1", document) as device:
        device.report(temperature=20.0)
        eventually(
            lambda: (
                ("GONE-1", "unknown_device")
                in {(s["device"], s["reason"]) for s in manager.get("/counters").json()["strangers"]}
            ),
            what="the stranger counted",
        )


# --- enrolment


def test_a_device_enrolled_while_the_hall_runs_is_let_in_and_known(hall: DemoHall, enrol: Callable[..., Any]) -> None:
    code, document, _ = enrol("EXTRA-1", "--kind", "leak_sensor")
    assert code == 0
    assert document.keys() == {"client_id", "user", "password", "broker"}
    assert document["broker"] == hall.document["broker"]
    manager = hall.as_("manager")
    with hall.device("EXTRA-1", document) as device:
        device.report(wet=False)
        found = eventually(lambda: _online(manager.get("/devices/EXTRA-1")), what="the device in the hall")
    assert (found["kind"], found["floor"]) == ("leak_sensor", None)
    lines = {(line["action"], line["target"]) for line in hall.as_("audit_admin").get("/audit").json()["lines"]}
    assert {("device.add", device_id("EXTRA-1")), ("credential.set", device_id("EXTRA-1"))} <= lines


def _online(answer: Any) -> dict[str, Any] | None:
    return answer.json() if answer.status_code == 200 and answer.json()["online"] else None


def test_a_new_credential_ends_the_old_one(hall: DemoHall, enrol: Callable[..., Any]) -> None:
    first, second = enrol("EXTRA-2", "--kind", "ups")[1], enrol(f"{SITE}:device:EXTRA-2", "--kind", "ups")[1]
    assert first["password"] != second["password"]
    old, new = hall.device("EXTRA-2", first), hall.device("EXTRA-2", second)
    assert old.refused
    assert not new.refused
    old.close()
    new.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["NEW-1", "--kind", "toaster"], 2, "climate_sensor"),
        (["UPS-1", "--kind", "door"], 2, "UPS-1 is a ups"),
        (["no good", "--kind", "ups"], 2, "cannot be a device"),
        (["NEW-1"], 2, "--kind"),
    ],
)
def test_an_enrolment_that_cannot_be_says_why(
    enrol: Callable[..., Any], words: list[str], code: int, said: str
) -> None:
    ended, _, problem = enrol(*words)
    assert ended == code
    assert said in problem["detail"]


def test_the_simulators_credentials_are_printed(hall: DemoHall, enrol: Callable[..., Any]) -> None:
    code, document, _ = enrol("--simulators")
    assert code == 0
    assert document["broker"] == hall.document["broker"]
    assert {d["key"] for d in document["devices"]} >= {"UPS-1", "UPS-2", "DOOR-01"}
