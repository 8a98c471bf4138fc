"""Admission over HTTP in a running hall: let in, let go, speak for others, wait in the lobby, each at once."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ui.cli.bench.load import Plan, Sender, start_load
from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"


def device_id(key: str) -> str:
    return f"{SITE}:device:{key}"


class Admin:
    def __init__(self, hall: DemoHall) -> None:
        self.client, self._auditor = hall.as_("admin"), hall.as_("audit_admin")

    def post(self, path: str, status: int = 201, **body: Any) -> Any:
        answer = self.client.post(f"/admission{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def enrol(self, *devices: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
        return {one["user"]: one for one in self.post("/devices", devices=list(devices), **more)}

    def get(self, path: str = "") -> Any:
        return self.client.get(f"/admission{path}").json()

    def audit(self, target: str) -> list[str]:
        lines = self._auditor.get("/audit", params={"limit": 500}).json()["lines"]
        return [line["action"] for line in reversed(lines) if line["target"] == target]

    def alarms(self) -> dict[tuple[str, str], Any]:
        return {(a["source"], a["type"]): a for a in self.client.get("/alarms").json()}


@pytest.fixture
def admin(hall: DemoHall) -> Admin:
    return Admin(hall)


@contextmanager
def guest(hall: DemoHall, user: str, password: str) -> Iterator[tuple[Callable[..., None], queue.Queue[Any]]]:
    """An unknown device in the lobby: how it knocks, and what it hears."""
    heard: queue.Queue[Any] = queue.Queue()
    ready: list[bool] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="anything", protocol=paho.MQTTv311)
    client.username_pw_set(user, password)
    client.on_message = lambda _c, _d, m: heard.put(json.loads(m.payload))
    client.on_connect = lambda c, _d, _f, reason, _p: (
        c.subscribe(f"ht/v1/{SITE}/lobby/{user}/answer", 1) if not reason.is_failure else ready.append(False)
    )
    client.on_subscribe = lambda *_: ready.append(True)
    host, _, port = hall.document["broker"].rpartition("/")[2].rpartition(":")
    client.connect(host, int(port))
    client.loop_start()
    eventually(lambda: ready, what=f"{user} hearing from the broker")
    if not ready[0]:
        client.loop_stop()
        raise ConnectionRefusedError(user)

    def knock(**said: Any) -> None:
        client.publish(f"ht/v1/{SITE}/lobby/{user}/knock", json.dumps(said), qos=1).wait_for_publish(10)

    yield knock, heard
    client.disconnect()
    client.loop_stop()


def is_refused(hall: DemoHall, code: dict[str, Any]) -> bool:
    try:
        with guest(hall, code["user"], code["password"]):
            return False
    except ConnectionRefusedError:
        return True


# --- credentials


def test_many_are_let_in_at_once_and_may_connect_when_it_is_said(hall: DemoHall, admin: Admin) -> None:
    made = admin.enrol(
        {"key": "API-1", "kind": "leak_sensor", "name": {"zh": "漏水一号", "en": "Leak 1"}},
        {"key": "API-2", "kind": "climate_sensor"},
        why="delivery 17",
    )
    assert made["API-1"]["password"] != made["API-2"]["password"]
    assert made["API-1"]["qr"].startswith("<svg")
    assert made["API-1"]["broker"] == hall.document["broker"]
    with hall.device("API-1", made["API-1"]) as device:
        assert not device.refused
        device.report(wet=True)
        found = eventually(lambda: _wet(admin), what="its value")
    assert found["name"] == {"zh": "漏水一号", "en": "Leak 1"}
    assert admin.audit(device_id("API-1")) == ["device.add", "credential.set"]
    assert {"API-1", "API-2"} <= set(admin.get()["enrolled"])


def _wet(admin: Admin) -> Any:
    found = admin.client.get("/devices/API-1").json()
    return found if found["values"].get("wet", {}).get("value") is True else None


def test_nothing_is_changed_where_one_cannot_be_and_all_that_is_wrong_is_said(admin: Admin) -> None:
    problem = admin.post(
        "/devices",
        422,
        devices=[
            {"key": "GOOD-1", "kind": "ups"},
            {"key": "no good", "kind": "ups"},
            {"key": "API-3", "kind": "toaster"},
            {"key": "GOOD-1", "kind": "ups"},
            {"key": "hall", "kind": "ups"},
            {"key": "API-4", "kind": "ups", "via": "NO-GW"},
        ],
    )
    assert [d["row"] for d in problem["defects"]] == [2, 3, 4, 5, 6]
    assert all(d["what"]["zh"] and d["what"]["en"] for d in problem["defects"])
    assert admin.client.get("/devices/GOOD-1").status_code == 404


def test_a_new_password_ends_the_old_one_and_cuts_off_who_has_it(hall: DemoHall, admin: Admin) -> None:
    old = admin.enrol({"key": "API-5", "kind": "ups"})["API-5"]
    assert admin.post("/devices", 422, devices=[{"key": "API-5", "kind": "ups"}])["defects"][0]["row"] == 1
    with hall.device("API-5", old) as before:
        new = {one["user"]: one for one in admin.post("/rotate", 200, keys=["API-5"])}["API-5"]
        eventually(lambda: not before._client.is_connected(), what="the old one cut off", within_s=2)
    assert hall.device("API-5", old).refused
    with hall.device("API-5", new) as after:
        assert not after.refused
    assert admin.audit(device_id("API-5")) == ["device.add", "credential.set", "credential.set"]


def test_who_is_revoked_is_cut_off_at_once_and_never_let_in_again(hall: DemoHall, admin: Admin) -> None:
    made = admin.enrol({"key": "API-6", "kind": "ups"})["API-6"]
    with hall.device("API-6", made) as device:
        device.report(battery=50.0)
        began = time.monotonic()
        admin.post("/revoke", 204, keys=["API-6"], why="stolen")
        eventually(lambda: not device._client.is_connected(), what="the end of it", within_s=2)
        assert time.monotonic() - began < 2
    assert hall.device("API-6", made).refused
    assert admin.client.get("/devices/API-6").json()["enrolled"] is False
    admin.post("/revoke", 404, keys=["API-6"])


def test_only_who_may_lets_devices_in(hall: DemoHall) -> None:
    wish = {"devices": [{"key": "API-7", "kind": "ups"}]}
    assert hall.as_("clerk").post("/admission/devices", json=wish).status_code == 403
    assert hall.as_("security").get("/admission").status_code == 403
    assert hall.as_().post("/admission/devices", json=wish).status_code == 401


# --- lists


def test_a_list_is_looked_at_first_and_then_taken(admin: Admin) -> None:
    rows = "编号,类型,名称,网关\nLIST-GW,network_switch,三楼网关,\nLIST-1,leak_sensor,漏水,LIST-GW\nLIST-2,toaster,,\n"

    def send(**query: Any) -> Any:
        answer = admin.client.post("/admission/table", params=query, content=rows.encode("gb18030"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    looked = send()
    assert [d["key"] for d in looked["devices"]] == ["LIST-GW", "LIST-1", "LIST-2"]
    assert [(d["row"], d["key"]) for d in looked["defects"]] == [(4, "LIST-2")]
    assert send(look="false")["enrolled"] == []
    made = send(look="false", skip_bad="true")["enrolled"]
    assert [(one["user"], bool(one["password"]), one["via"]) for one in made] == [
        ("LIST-GW", True, None),
        ("LIST-1", False, "LIST-GW"),
    ]
    assert {"gateway": "LIST-GW", "device": "LIST-1"} in admin.get()["grants"]


def test_what_is_no_list_is_refused_in_words(admin: Admin) -> None:
    answer = admin.client.post("/admission/table", content=b"\xff\xfe\0\0" * 100)
    assert answer.status_code == 422
    assert answer.json()["text"]["zh"]


# --- speaking for others


def test_a_gateway_speaks_for_a_device_from_the_grant_to_its_end(hall: DemoHall, admin: Admin) -> None:
    made = admin.enrol({"key": "API-GW", "kind": "network_switch"}, {"key": "API-8", "kind": "climate_sensor"})

    def temperature() -> Any:
        return admin.client.get("/devices/API-8").json()["values"].get("temperature", {}).get("value")

    with hall.device("API-GW", made["API-GW"]) as gateway:

        def say(seq: int, value: float) -> None:
            body = {"ts": time.time_ns() // 1_000_000, "seq": seq, "boot": 1, "v": {"temperature": value}}
            topic = f"ht/v1/{SITE}/API-8/tele"
            gateway._client.publish(topic, json.dumps(body), qos=1).wait_for_publish(10)

        say(1, 10.0)
        admin.post("/grants", 204, gateway="API-GW", devices=["API-8"], why="cabinet 3")
        say(2, 11.0)
        eventually(lambda: temperature() == 11.0, what="what the gateway said")
        assert admin.client.delete("/admission/grants/API-GW/API-8").status_code == 204
        say(3, 12.0)
        alarm = eventually(
            lambda: admin.alarms().get((device_id("API-GW"), "broker_refused")), what="the alarm", within_s=3
        )
        assert "API-8/tele" in alarm["value"]
        assert temperature() == 11.0
    assert admin.audit(device_id("API-8")) == ["device.add", "credential.set", "grant.give", "grant.revoke"]


def test_a_foreign_address_belongs_to_one_device(admin: Admin) -> None:
    admin.enrol({"key": "API-CAM", "kind": "camera"}, {"key": "API-CAM2", "kind": "camera"})
    binding = {"device": "API-CAM", "convention": "onvif", "address": "Acme/Cam1"}
    admin.post("/bindings", 204, **binding)
    admin.post("/bindings", 409, **{**binding, "device": "API-CAM2"})
    admin.post("/bindings", 409, **{**binding, "address": "#"})
    assert [b for b in admin.get()["bindings"] if b["device"] == "API-CAM"] == [{**binding, "points": {}}]
    assert admin.client.delete("/admission/bindings/API-CAM/onvif").status_code == 204


# --- the lobby


def test_an_unknown_device_knocks_is_looked_at_and_let_in(hall: DemoHall, admin: Admin) -> None:
    code = admin.post("/invitations", note="second floor")[0]
    with guest(hall, code["user"], code["password"]) as (knock, heard):
        knock(kind="leak_sensor", serial="SN-4711", firmware="1.2")
        assert heard.get(timeout=5) == {"status": "waiting"}
        waiting = next(g for g in admin.get("/lobby")["guests"] if g["user"] == code["user"])
        assert waiting["said"] == {"kind": "leak_sensor", "model": "", "firmware": "1.2", "serial": "SN-4711"}
        admin.post(f"/lobby/{code['user']}/approve", 204, key="LOBBY-1", kind="leak_sensor", why="seen it")
        credential = heard.get(timeout=5)
        assert (credential["status"], credential["user"]) == ("approved", "LOBBY-1")
        with hall.device("LOBBY-1", credential) as device:
            assert not device.refused
        knock(taken=True)
        eventually(lambda: code["user"] not in {g["user"] for g in admin.get("/lobby")["guests"]}, what="its end")
    eventually(lambda: is_refused(hall, code), what="the end of its code")
    target = f"{SITE}:invitation:{code['user']}"
    assert admin.audit(target) == ["lobby.invite", "lobby.knock", "lobby.approve"]


def test_a_guest_may_do_nothing_but_knock(hall: DemoHall, admin: Admin) -> None:
    code = admin.post("/invitations")[0]
    other = admin.post("/invitations")[0]
    with guest(hall, other["user"], other["password"]) as (_, heard), hall.device(code["user"], code) as thief:
        for topic in (f"lobby/{other['user']}/answer", f"lobby/{other['user']}/knock", "UPS-1/tele", "UPS-1/cmd/x"):
            thief._client.publish(f"ht/v1/{SITE}/{topic}", b'{"status":"approved"}', qos=1).wait_for_publish(10)
        thief._client.subscribe("#", 1)
        thief._client.publish(f"ht/v1/{SITE}/lobby/{code['user']}/knock", b'{"serial":"x"}', qos=1)
        eventually(lambda: any(g["said"] for g in admin.get("/lobby")["guests"]), what="the knock")
        assert heard.empty()
        assert not any(g["said"] for g in admin.get("/lobby")["guests"] if g["user"] == other["user"])


def test_who_is_sent_away_hears_it_and_its_code_is_good_no_more(hall: DemoHall, admin: Admin) -> None:
    code = admin.post("/invitations")[0]
    admin.post(f"/lobby/{code['user']}/approve", 409, key="LOBBY-2", kind="ups")
    with guest(hall, code["user"], code["password"]) as (knock, heard):
        knock(serial="x")
        assert heard.get(timeout=5) == {"status": "waiting"}
        assert admin.client.delete(f"/admission/lobby/{code['user']}").status_code == 204
        assert heard.get(timeout=5) == {"status": "dismissed"}
    assert is_refused(hall, code)


# --- what was refused


def test_a_wrong_password_is_an_alarm_that_says_from_where(hall: DemoHall, admin: Admin) -> None:
    assert hall.device("UPS-1", {"password": "guessed"}).refused
    alarm = eventually(
        lambda: admin.alarms().get((f"{SITE}:broker:mqtt", "broker_refused")), what="the alarm", within_s=3
    )
    assert alarm["value"].startswith("127.0.0.1: login")


def test_a_property_bomb_is_an_alarm_of_who_sent_it_and_holds_nobody_up(hall: DemoHall, admin: Admin) -> None:
    made = admin.enrol({"key": "BOMB-1", "kind": "ups"}, {"key": "BOMB-2", "kind": "ups"})
    thief = paho.Client(CallbackAPIVersion.VERSION2, client_id="BOMB-1", protocol=paho.MQTTv5)
    thief.username_pw_set("BOMB-1", made["BOMB-1"]["password"])
    host, _, port = hall.document["broker"].rpartition("/")[2].rpartition(":")
    thief.connect(host, int(port))
    thief.loop_start()
    bomb = Properties(PacketTypes.PUBLISH)
    bomb.UserProperty = [("", "")] * 10_000
    with hall.device("BOMB-2", made["BOMB-2"]) as honest:
        for _ in range(20):
            thief.publish(f"ht/v1/{SITE}/BOMB-1/tele", b"{}", qos=1, properties=bomb).wait_for_publish(10)
        began = time.monotonic()
        honest.report(battery=77.0)
        eventually(lambda: battery(admin, "BOMB-2") == 77.0, what="the neighbour's value", within_s=2)
        alarm = eventually(
            lambda: admin.alarms().get((device_id("BOMB-1"), "broker_refused")), what="the alarm", within_s=2
        )
        assert time.monotonic() - began < 2
    assert "properties" in alarm["value"]
    thief.disconnect()
    thief.loop_stop()


def battery(admin: Admin, key: str) -> Any:
    return admin.client.get(f"/devices/{key}").json()["values"].get("battery", {}).get("value")


def test_one_device_floods_and_ten_neighbours_lose_nothing(hall: DemoHall, admin: Admin) -> None:
    keys = [f"CALM-{n}" for n in range(10)]
    made = admin.enrol(*({"key": key, "kind": "ups"} for key in [*keys, "FLOOD-1"]))
    host, _, port = hall.document["broker"].rpartition("/")[2].rpartition(":")
    sender = Sender(device="FLOOD-1", password=made["FLOOD-1"]["password"])
    plan = Plan(
        host=host, port=int(port), site=SITE, senders=(sender,), seconds=5.0, rate=20_000.0, window=0, seed=1
    )  # fmt: skip
    sent: dict[str, list[float]] = {key: [] for key in keys}
    late_s = 0.0
    with ExitStack() as stack:
        calm = {key: stack.enter_context(hall.device(key, made[key])) for key in keys}
        process, _, pipe = start_load(plan)
        while not pipe.poll(1.0):
            for key, device in calm.items():
                sent[key].append(float(len(sent[key]) + 1))
                device.report(battery=sent[key][-1])
            began = time.monotonic()
            eventually(lambda: battery(admin, keys[-1]) == sent[keys[-1]][-1], what="the last neighbour's value")
            late_s = max(late_s, time.monotonic() - began)
        ledger = pipe.recv()
        process.join()
    assert sum(ledger.acknowledged.values()) > 50_000, "it was a flood"

    def kept(key: str) -> list[float]:
        points = admin.client.get(f"/devices/{key}/history", params={"point": "battery"}).json()["points"]
        return [value for _, value in points]

    eventually(lambda: all(kept(key) == sent[key] for key in keys), what="all that the neighbours said")
    assert (device_id("FLOOD-1"), "device_flooding") in admin.alarms()
    assert admin.client.get("/devices/FLOOD-1").json()["counters"]["throttled"] > 0
    assert not any(admin.client.get(f"/devices/{key}").json()["counters"]["throttled"] for key in keys)
    assert late_s < 2.0
