"""``halltwin up``: for real, from a configuration file, with servers and device kinds of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker
from twin.store.postgres import EmbeddedPostgres
from ui.testing import ROOT, RunningHall, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

SITE = "shifanqu"
SECRET = "the hall's own"
OWN_KIND = """
from iot.kind import AlarmType, Kind, Look, Point, When, text

KIND = Kind(
    name="beehive",
    label=text("蜂箱", "Beehive"),
    brick="hall:Beehive",
    points=(Point(name="buzz", label=text("嗡鸣", "Buzz"), type="float", unit="Hz", range=(0, 1000), ttl_s=60,
                  brick="brick:Sensor"),),
    alarms=(AlarmType(name="swarming", label=text("分蜂", "Swarming"), priority=2,
                      when=When(point="buzz", op=">", value=400.0, deadband=50.0),
                      consequence=text("蜂群离巢", "The bees leave"), response=text("通知养蜂人", "Call the keeper")),),
    look=Look(icon="hexagon", layer="environment", headline="buzz"),
)
"""

Up = Callable[..., RunningHall]


@pytest.fixture
def up(folder: Path) -> Iterator[Up]:
    """Starts ``halltwin up`` with these sections; what they say of [hall] and [http] is added to a directory and any
    free port.
    """
    begun: list[RunningHall] = []

    def go(**sections: dict[str, Any]) -> RunningHall:
        own = {"hall": {"data": str(folder / "d")}, "http": {"port": 0}}
        document = {**sections, **{name: {**said, **sections.get(name, {})} for name, said in own.items()}}
        lines = [
            line
            for name, content in document.items()
            for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in content.items()))
        ]
        config = folder / "hall.toml"
        config.write_text("\n".join(lines), encoding="utf-8")
        begun.append(RunningHall("up", "--config", str(config), "--json", folder=folder / f"run{len(begun)}"))
        return begun[-1]

    yield go
    for hall in begun:
        hall.kill()


@pytest.fixture
def database(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder / "postgres")
    yield server.start()
    server.stop()


@pytest.fixture
def broker(folder: Path) -> Iterator[MosquittoBroker]:
    server = MosquittoBroker(folder / "broker", BrokerSettings(site=SITE, port=0))
    server.set_users({"hall": hash_password(SECRET, b"0123456789ab")})
    server.start()
    yield server
    server.stop()


def enrol(folder: Path, *words: str) -> tuple[dict[str, Any], str]:
    """The credential, and what was said beside it."""
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", "enrol", *words, "--data", str(folder / "d"), "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(ended.stdout), ended.stderr


def values(client: httpx2.Client, key: str) -> dict[str, Any]:
    answer = client.get(f"/devices/{key}")
    return {name: v["value"] for name, v in answer.json()["values"].items()} if answer.status_code == 200 else {}


def test_on_a_database_and_a_broker_of_ones_own(up: Up, folder: Path, database: str, broker: MosquittoBroker) -> None:
    password = folder / "broker.password"
    password.write_text(f"{SECRET}\n", encoding="utf-8")
    hall = up(database={"url": database}, broker={"url": broker.url, "password_file": str(password)})
    document = hall.await_ready()
    assert (document["database"], document["broker"]) == (database, broker.url)
    assert document["pids"].keys() == {"launcher", "server"}
    assert [login["role"] for login in document["logins"]] == ["admin", "security_admin", "audit_admin"]
    health = httpx2.get(f"{document['api']}/health").json()
    assert health["ready"] is True

    credential, said = enrol(folder, "CLI-NEW", "--kind", "climate_sensor")
    user, _, hashed = said.strip().rpartition(" ")[2].partition(":")
    broker.set_users({"hall": hash_password(SECRET, b"0123456789ab"), user: hashed})
    with closing(hall.client("admin")) as admin, hall.device("CLI-NEW", credential) as device:
        eventually(lambda: admin.get("/devices/CLI-NEW").status_code == 200, what="the device in the hall")
        device.report(temperature=22.5)
        eventually(lambda: values(admin, "CLI-NEW").get("temperature") == 22.5, what="its value")
    hall.stop()
    again = up(database={"url": database}, broker={"url": broker.url, "password_file": str(password)})
    assert again.await_ready()["logins"] == [], "the first administrators are told once"
    again.stop()


def test_a_kind_in_a_file_of_ones_own_raises_its_alarm(up: Up, folder: Path) -> None:
    kinds = folder / "kinds"
    kinds.mkdir()
    (kinds / "beehive.py").write_text(OWN_KIND, encoding="utf-8")
    hall = up(hall={"kinds": str(kinds)}, http={"proxies": "127.0.0.1"})
    document = hall.await_ready()
    assert "beehive" in {k["kind"] for k in httpx2.get(f"{document['api']}/kinds").json()["kinds"]}
    credential, _ = enrol(folder, "HIVE-1", "--kind", "beehive")
    with (
        closing(hall.client("admin", headers={"x-forwarded-for": "198.51.100.1, 203.0.113.9"})) as admin,
        hall.page("alert", admin) as page,
        hall.device("HIVE-1", credential) as hive,
    ):
        eventually(lambda: admin.get("/devices/HIVE-1").status_code == 200, what="the device in the hall")
        assert {login["address"] for login in admin.get("/sessions").json()} == {"203.0.113.9"}, "as the proxy told"
        began = time.monotonic()
        hive.report(buzz=450.0)
        raised = page.expect(lambda m: m["type"] == "alarm", what="the alarm on the alert view")["alarm"]
        assert time.monotonic() - began < 1.0
        assert (raised["source"], raised["type"]) == (f"{SITE}:device:HIVE-1", "swarming")
        assert raised["label"] == {"zh": "分蜂", "en": "Swarming"}
        hive.report(buzz=100.0)
        page.expect(lambda m: m.get("alarm", {}).get("state") == "cleared-unacked", what="its clearing")
    hall.stop()


# --- what cannot be


def problem(hall: RunningHall, code: int) -> dict[str, Any]:
    assert hall.process.wait(60) == code, hall.said()
    found: dict[str, Any] = json.loads(hall.said().strip().splitlines()[-1])
    return found


def test_a_broken_configuration_says_all_that_is_wrong(up: Up) -> None:
    found = problem(up(hall={"building": "/no/such.ifc", "colour": "red"}, database={"url": "mysql://x/y"}), 2)
    assert {d.split(" ")[0] for d in found["defects"]} == {"database.url", "hall.building", "hall.colour"}


def test_a_database_that_does_not_answer_is_named(up: Up) -> None:
    found = problem(up(database={"url": "postgresql://hall@127.0.0.1:1/hall"}), 6)
    assert "127.0.0.1:1" in found["detail"]


def test_a_broker_that_does_not_answer_is_named(up: Up, folder: Path, database: str) -> None:
    (folder / "pw").write_text("x", encoding="utf-8")
    outside = {"url": "mqtt://127.0.0.1:1", "password_file": str(folder / "pw")}
    found = problem(up(database={"url": database}, broker=outside), 6)
    assert found["where"] == "mqtt://127.0.0.1:1"
    assert "broker.url" in found["todo"]


def test_a_wrong_kind_file_is_named(up: Up, folder: Path) -> None:
    kinds = folder / "kinds"
    kinds.mkdir()
    (kinds / "broken.py").write_text("KIND = 7\n", encoding="utf-8")
    found = problem(up(hall={"kinds": str(kinds)}), 2)
    assert str(kinds / "broken.py") in found["detail"]


def test_a_building_that_cannot_be_read_is_exit_4(up: Up, folder: Path) -> None:
    broken = folder / "broken.ifc"
    broken.write_bytes(os.urandom(2000))
    found = problem(up(hall={"building": str(broken)}), 4)
    assert str(broken) in json.dumps(found)
