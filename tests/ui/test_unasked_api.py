"""What appears unasked in a running hall waits, and is heard from the moment a person says what it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from iot.codecs.sparkplug import Metric, Payload, encode_payload
from ui.cli.main import main
from ui.testing import DemoHall, Device, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"
DOUBLE = 10


class Desk:
    """A person who may let devices in."""

    def __init__(self, hall: DemoHall) -> None:
        self.hall, self.client, self._auditor = hall, hall.as_("admin"), hall.as_("audit_admin")

    def enrol(self, key: str, kind: str) -> Device:
        made = self.client.post("/admission/devices", json={"devices": [{"key": key, "kind": kind}]}).json()[0]
        return self.hall.device(key, made)

    def find(self, **wanted: Any) -> dict[str, Any] | None:
        listed = self.client.get("/admission/lobby").json()["waiting"]
        return next((one for one in listed if wanted.items() <= one.items()), None)

    def await_one(self, **wanted: Any) -> dict[str, Any]:
        return eventually(lambda: self.find(**wanted), what=f"{wanted} in the lobby") or {}

    def approve(self, ident: str, **body: Any) -> int:
        return int(self.client.post(f"/admission/unasked/{ident}/approve", json=body).status_code)

    def value(self, key: str, point: str) -> Any:
        found = self.client.get(f"/devices/{key}").json()
        return found.get("values", {}).get(point, {}).get("value")

    def audit(self) -> list[str]:
        return [line["action"] for line in self._auditor.get("/audit", params={"limit": 50}).json()["lines"]]


@pytest.fixture
def desk(hall: DemoHall) -> Desk:
    return Desk(hall)


def publish(device: Device, topic: str, payload: bytes | dict[str, Any]) -> None:
    body = payload if isinstance(payload, bytes) else json.dumps(payload)
    device._client.publish(topic, body, qos=1).wait_for_publish(10)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_device_behind_a_gateway_waits_for_its_grant(desk: Desk) -> None:
    with desk.enrol("UN-GW", "network_switch") as gateway:

        def say(seq: int, value: float) -> None:
            body = {"ts": now_ms(), "seq": seq, "boot": 1, "v": {"temperature": value}}
            publish(gateway, f"ht/v1/{SITE}/UN-1/tele", body)

        say(1, 10.0)
        one = desk.await_one(what="grant", name="UN-1", via="UN-GW")
        assert desk.approve(one["id"]) == 409, "what it is, nobody said"
        assert desk.approve(one["id"], kind="climate_sensor", why="cabinet 4") == 204
        say(2, 11.0)
        eventually(lambda: desk.value("UN-1", "temperature") == 11.0, what="its value")
        assert desk.find(name="UN-1") is None
        assert "lobby.approve" in desk.audit()


def test_a_device_that_speaks_as_another_is_no_applicant(desk: Desk) -> None:
    with desk.enrol("UN-THIEF", "ups") as thief:
        publish(thief, f"ht/v1/{SITE}/UPS-1/tele", {"ts": 1, "seq": 1, "boot": 1, "v": {}})
        publish(thief, f"ht/v1/{SITE}/UN-NOBODY/tele", {"ts": 1, "seq": 1, "boot": 1, "v": {}})
        desk.await_one(what="grant", name="UN-NOBODY", via="UN-THIEF")
        assert desk.find(name="UPS-1") is None


def test_a_camera_under_a_prefix_nobody_bound(desk: Desk) -> None:
    with desk.enrol("UN-CAM", "camera") as camera:
        topic = "UnAcme/onvif-ej/RuleEngine/CountAggregation/Counter/&1/2/Rule"
        event = {"UtcTime": "2026-01-01T00:00:00Z", "Source": {"Rule": "Rule"}, "Data": {"Count": 7}}
        publish(camera, topic, event)
        one = desk.await_one(what="binding", convention="onvif", name="UnAcme", via="UN-CAM")
        assert one["said"]["speaks"] == topic
        assert desk.approve(one["id"]) == 409, "which device it is must be said"
        assert desk.approve(one["id"], key="UN-CAM") == 204
        publish(camera, topic, {**event, "UtcTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
        eventually(lambda: desk.value("UN-CAM", "online") is True, what="the camera heard under its prefix")
        assert desk.find(name="UnAcme") is None


def birth(seq: int, *metrics: Metric) -> bytes:
    return encode_payload(Payload(ts_ms=now_ms(), seq=seq, metrics=metrics))


def test_a_sparkplug_node_and_then_what_stands_behind_it(desk: Desk) -> None:
    with desk.enrol("UN-EDGE", "network_switch") as edge:
        start = birth(0, Metric(name="bdSeq", datatype=4, value=1))
        publish(edge, "spBv1.0/Un/NBIRTH/Edge", start)
        node = desk.await_one(what="binding", convention="sparkplug", name="Un/Edge")
        assert desk.approve(node["id"], key="UN-EDGE") == 204
        publish(edge, "spBv1.0/Un/NBIRTH/Edge", start)
        warm = birth(
            1, Metric(name="Temperature", datatype=DOUBLE, value=21.5),
            Metric(name="Properties/Make", datatype=12, value="Acme"),
        )  # fmt: skip
        publish(edge, "spBv1.0/Un/DBIRTH/Edge/Probe", warm)
        probe = desk.await_one(what="binding", name="Un/Edge/Probe")
        assert probe["said"] == {"speaks": "DBIRTH", "metrics": "Temperature", "model": "Make Acme"}
        assert desk.approve(probe["id"], key="UN-PROBE", kind="climate_sensor") == 204

        def heard() -> bool:
            publish(edge, "spBv1.0/Un/NBIRTH/Edge", start)
            publish(edge, "spBv1.0/Un/DBIRTH/Edge/Probe", warm)
            return bool(desk.value("UN-PROBE", "temperature") == 21.5)

        eventually(heard, what="its temperature")


def test_one_that_says_it_is_of_another_kind(desk: Desk) -> None:
    with desk.enrol("UN-KIND", "leak_sensor") as device:
        device.send("desc", {"kind": "climate_sensor", "model": "T 1", "serial": "4711"})
        one = desk.await_one(what="kind", name="UN-KIND")
        assert (one["said"]["kind"], one["said"]["model"], one["said"]["serial"]) == ("climate_sensor", "T 1", "4711")
        assert desk.approve(one["id"]) == 204
        device.report(temperature=20.5)
        eventually(lambda: desk.value("UN-KIND", "temperature") == 20.5, what="its value as what it is")
    with desk.hall.join("UPS-2") as placed:
        placed.send("desc", {"kind": "door"})
        placed_one = desk.await_one(what="kind", name="UPS-2")
        assert desk.approve(placed_one["id"]) == 409, "the building says what stands there"
        assert desk.client.get("/devices/UPS-2").json()["kind"] == "ups"


def test_who_was_dismissed_is_not_shown_again(desk: Desk) -> None:
    with desk.enrol("UN-GW2", "network_switch") as gateway:

        def say(device: str) -> None:
            publish(gateway, f"ht/v1/{SITE}/{device}/tele", {"ts": 1, "seq": 1, "boot": 1, "v": {}})

        say("UN-2")
        one = desk.await_one(name="UN-2")
        assert desk.client.delete(f"/admission/unasked/{one['id']}").status_code == 204
        say("UN-2")
        say("UN-3")
        desk.await_one(name="UN-3")
        assert desk.find(name="UN-2") is None
        assert desk.client.delete("/admission/unasked/nobody").status_code == 404
    assert desk.hall.as_("clerk").delete(f"/admission/unasked/{one['id']}").status_code == 403


def test_the_same_from_the_command_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def lobby(*words: str) -> Any:
        capsys.readouterr()
        code = main(["lobby", *words, "--data", str(desk.hall.data)])
        out, err = capsys.readouterr()
        return code, json.loads(out or err)

    with desk.enrol("UN-GW3", "network_switch") as gateway:

        def say(seq: int) -> None:
            body = {"ts": now_ms(), "seq": seq, "boot": 1, "v": {"battery": 50.0 + seq}}
            publish(gateway, f"ht/v1/{SITE}/UN-4/tele", body)

        say(1)
        one = eventually(
            lambda: next((o for o in lobby()[1]["waiting"] if o["name"] == "UN-4"), None), what="it on the list"
        )
        assert one is not None
        assert lobby("approve", one["id"])[0] == 2
        assert lobby("approve", one["id"], "--kind", "ups") == (0, {"id": one["id"], "device": "UN-4"})
        seqs = iter(range(2, 1000))

        def heard() -> bool:
            say(next(seqs))
            return desk.value("UN-4", "battery") is not None

        eventually(heard, what="its value")
        assert lobby("dismiss", "nobody")[0] == 2
        assert lobby("approve")[0] == 2


def test_a_wrong_password_is_listed_by_address_with_what_to_do(desk: Desk) -> None:
    assert desk.hall.device("UN-5", {"password": "guessed"}).refused

    def refused() -> Any:
        strangers = desk.client.get("/admission/lobby").json()["strangers"]
        return next((s for s in strangers if s["reason"] == "refused_login" and s["address"] == "127.0.0.1"), None)

    found = eventually(refused, what="its address")
    assert "halltwin enrol --invite" in found["todo"]["en"]
    assert found["todo"]["zh"]
