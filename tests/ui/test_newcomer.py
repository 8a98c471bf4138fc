"""A kind that a newcomer declares in one file goes through everything, with no edit elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from iot.catalogue import kinds_json, load_kinds
from iot.codecs.validate import check_telemetry
from iot.messages import Telemetry
from simulators.behaviours import generic
from simulators.behaviours.behaviour import Beat, Facts
from ui.cli.main import main
from ui.testing import ROOT, RunningHall, eventually

SITE = "shifanqu"
AQUARIUM = """
from iot.kind import AlarmType, Argument, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="aquarium", label=text("鱼缸", "Aquarium"), brick="hall:Aquarium",
    points=(
        Point(name="ph", label=text("酸碱度", "Acidity"), type="float", unit="pH", range=(0, 14), ttl_s=30,
              brick="hall:PH_Sensor"),
        Point(name="lamp", label=text("灯", "Lamp"), type="enum", ttl_s=30, brick="brick:On_Off_Status",
              values={"off": text("关", "Off"), "on": text("开", "On")}),
        Point(name="fed", label=text("已喂", "Fed"), type="int", unit="times", range=(0, 50), ttl_s=30,
              brick="hall:Feed_Counter"),
    ),
    events=(Event(name="jumped", label=text("鱼跃出", "A fish jumped"), data={"which": "str"}),),
    commands=(
        Command(name="light", label=text("开关灯", "Switch the lamp"), danger="confirm", timeout_s=5,
                arguments=(Argument(name="to", label=text("状态", "To"), type="enum",
                                    values={"off": text("关", "Off"), "on": text("开", "On")}),),
                confirmed_by=Confirmation(point="lamp", argument="to")),
    ),
    alarms=(AlarmType(name="sour", label=text("水质过酸", "Sour water"), priority=2,
                      when=When(point="ph", op="<", value=5.0, deadband=0.5),
                      consequence=text("鱼会死", "The fish die"), response=text("换水", "Change the water")),),
    look=Look(icon="fish", layer="environment", headline="ph"),
    usual_per_s=5,
)
"""
assert len(AQUARIUM.strip().splitlines()) <= 60


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "kinds").mkdir()
    (folder / "kinds" / "aquarium.py").write_text(AQUARIUM, encoding="utf-8")
    return folder


def test_what_the_simulators_make_of_it_is_what_the_hall_takes(folder: Path) -> None:
    kind = load_kinds(folder / "kinds")["aquarium"]
    declared = next(k for k in kinds_json({"aquarium": kind})["kinds"])
    values, behaviour = generic.begin(declared), generic.behave(declared)
    for n in range(200):
        beat = Beat(elapsed_s=5.0, people_in_view=0, random=Random(n), facts=Facts(key="AQ-1"))  # noqa: S311
        values = {**values, **behaviour.drift(values, beat)}
        said = Telemetry(device="AQ-1", ts_ms=1, seq=n, boot=1, values=values)
        assert check_telemetry(kind, said) == (values, [])
    assert generic.check(declared, "light", {}) is not None
    assert generic.obey(declared, "light", {"to": "on"}).now == {"lamp": "on"}


@pytest.mark.parametrize(
    ("flag", "first"), [("--markdown", "# "), ("--asyncapi", '{"asyncapi": "3.0.0"'), ("--schema", '{"$schema"')]
)
def test_it_stands_in_every_document(flag: str, first: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", flag, "--site", "elsewhere", "--extra", str(folder / "kinds")]) == 0
    out = capsys.readouterr().out
    assert out.startswith(first)
    assert "aquarium" in out
    assert "ph" in out
    if flag != "--markdown":
        assert "ht/v1/elsewhere/{device}/tele" in out


@pytest.mark.integration
@pytest.mark.usefixtures("mosquitto")
def test_in_a_running_hall_with_a_simulated_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hall.toml").write_text(f'[hall]\nkinds = "{folder / "kinds"}"\n')
    words = ("--json", "--port", "0", "--no-devices", "--config", str(folder / "hall.toml"))
    hall = RunningHall("demo", *words, "--data", str(folder / "d"), folder=folder / "run")
    try:
        document = hall.await_ready()
        kinds = httpx2.get(f"{document['api']}/kinds").json()["kinds"]
        assert "aquarium" in {kind["kind"] for kind in kinds}
        assert "## 鱼缸 Aquarium" in httpx2.get(f"{document['api']}/kinds/document").text
        assert "values.aquarium" in httpx2.get(f"{document['api']}/kinds/schema").json()["$defs"]
        told = httpx2.get(f"{document['api']}/kinds/asyncapi").json()
        assert "aquarium" in {kind["kind"] for kind in told["x-kinds"]}
        capsys.readouterr()
        assert main(["enrol", "AQ-1", "--kind", "aquarium", "--data", str(folder / "d")]) == 0
        login = json.loads(capsys.readouterr().out)
        with closing(hall.client("manager")) as client:
            live_with_it(client, simulate(folder, document, login))
        hall.stop()
    finally:
        hall.kill()


def simulate(folder: Path, document: dict[str, Any], login: dict[str, Any]) -> Callable[[], subprocess.Popen[str]]:
    enrolled = {
        "site": SITE, "broker": document["broker"], "logins": document["logins"],
        "devices": [{"key": "AQ-1", "kind": "aquarium", "user": login["user"], "password": login["password"]}],
    }  # fmt: skip
    file = folder / "enrolled.json"
    file.write_text(json.dumps(enrolled), encoding="utf-8")
    command = [sys.executable, "-m", "simulators", "--site", document["url"], "--enrol", str(file), "--no-visitors"]
    return lambda: subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def live_with_it(client: httpx2.Client, start: Callable[[], subprocess.Popen[str]]) -> None:
    """Its values, an alarm and its end, a command that its own point confirms."""

    def device() -> dict[str, Any]:
        found: dict[str, Any] = client.get("/devices/AQ-1").json()
        return found

    def alarm() -> dict[str, Any] | None:
        listed = client.get("/alarms").json()
        return next((a for a in listed if (a["source"], a["type"]) == (f"{SITE}:device:AQ-1", "sour")), None)

    simulators = start()
    try:
        eventually(lambda: device()["values"].keys() >= {"ph", "lamp", "fed", "online"}, what="its points")
        assert device()["values"]["lamp"]["value"] == "off"
        wish = {"name": "light", "args": {"to": "on"}, "reason": "喂食"}
        sent = client.post("/devices/AQ-1/commands", json=wish)
        assert sent.status_code == 202, sent.text
        of_command = f"/commands/{sent.json()['id']}"
        ended = eventually(lambda: (c := client.get(of_command).json())["ended_ms"] and c, what="its end")
        assert (ended["state"], ended["confirmed"]) == ("done", True)
        assert device()["values"]["lamp"]["value"] == "on"
        assert client.post("/devices/AQ-1/commands", json={**wish, "args": {"to": "blue"}}).status_code == 409
        assert simulators.stdin is not None
        simulators.stdin.write(json.dumps({"device": "AQ-1", "set": {"ph": 3.5}}) + "\n")
        simulators.stdin.flush()
        raised = eventually(alarm, what="the alarm")
        assert (raised["label"], raised["priority"]) == ({"zh": "水质过酸", "en": "Sour water"}, 2)
    finally:
        simulators.terminate()
        simulators.communicate(timeout=10)
