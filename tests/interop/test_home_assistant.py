"""The dashboard's side of discovery keeps Home Assistant's rules: it takes what is right and names what is not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.eclipse import HOST, free_port, start_open_broker
from tests.interop.program import Program
from tests.interop.tools import Tools, eventually, find_missing

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

SENSOR = {"p": "sensor", "uniq_id": "t1", "name": "Air", "unit_of_meas": "°C", "val_tpl": "{{ value_json.v.t }}"}
DEVICE = {
    "dev": {"ids": ["d1"]}, "o": {"name": "somebody"}, "~": "d/1", "stat_t": "~/tele",
    "avty": [{"t": "~/state", "val_tpl": "{{ 'online' if value_json.online else 'offline' }}"}],
}  # fmt: skip


class Dashboard:
    """On a broker of its own that lets everybody in."""

    def __init__(self, program: Program, port: int) -> None:
        self.program, self._port = program, port

    def say(self, topic: str, body: Any) -> None:
        payload = body if isinstance(body, str) else json.dumps(body)
        words = ["mosquitto_pub", "-h", HOST, "-p", str(self._port), "-q", "1", "-r", "-t", topic, "-m", payload]
        subprocess.run(words, check=True)

    def await_entity(self, **wanted: Any) -> None:
        self._await(lambda said: wanted.items() <= said.items(), str(wanted))

    def await_problem(self, words: str) -> None:
        self._await(lambda said: words in said.get("problem", ""), words)

    def _await(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> None:
        eventually(lambda: self.program.find_said(wanted), what=what, within_s=10, of=self.program)


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    if missing := find_missing("npm:mqtt", "npm:nunjucks", "mosquitto_pub"):
        pytest.skip(missing)
    port = free_port()
    broker = start_open_broker(tmp_path, port)
    told = {"PEER_HOST": HOST, "PEER_PORT": str(port), "PEER_USER": "ha", "PEER_PASSWORD": "", "PEER_VERSION": "5"}
    program = Tools().start_script("home_assistant.js", log=tmp_path / "ha", env=told)
    yield Dashboard(program, port)
    program.stop()
    broker.stop()


def test_a_device_is_found_followed_and_forgotten(dashboard: Dashboard) -> None:
    config = "homeassistant/device/hall/d1/config"
    dashboard.say(config, {**DEVICE, "cmps": {"t": SENSOR}})
    dashboard.say("d/1/state", {"online": True})
    dashboard.say("d/1/tele", {"v": {"t": 21.5}})
    dashboard.await_entity(entity="t1", device="d1", state="21.5", available=True, unit="°C")
    dashboard.say("d/1/state", {"online": False})
    dashboard.await_entity(entity="t1", state="21.5", available=False)
    dashboard.say(config, "")
    dashboard.await_entity(entity="t1", removed=True)


def test_truth_is_written_as_jinja_writes_it(dashboard: Dashboard) -> None:
    lamp = {"p": "binary_sensor", "uniq_id": "b1", "pl_on": "True", "pl_off": "False", "val_tpl": "{{ value_json.on }}"}
    dashboard.say("homeassistant/device/d1/config", {**DEVICE, "cmps": {"b": lamp}})
    dashboard.say("d/1/tele", {"on": True})
    dashboard.await_entity(entity="b1", state="on")
    dashboard.say("d/1/tele", {"on": False})
    dashboard.await_entity(entity="b1", state="off")


@pytest.mark.parametrize(
    ("topic", "body", "words"),
    [
        ("homeassistant/device/d.1/config", {**DEVICE, "cmps": {"t": SENSOR}}, "letters, digits"),
        ("homeassistant/device/d1/config", {**DEVICE, "o": {}, "cmps": {"t": SENSOR}}, "origin.name"),
        ("homeassistant/device/d1/config", {**DEVICE, "dev": {"name": "x"}, "cmps": {"t": SENSOR}}, "identifiers"),
        ("homeassistant/device/d1/config", {**DEVICE, "cmps": {"t": {**SENSOR, "uniq_id": ""}}}, "unique_id"),
        ("homeassistant/device/d1/config", {**DEVICE, "cmps": {"t": {**SENSOR, "dev_cla": "humidity"}}}, "no unit of"),
        ("homeassistant/device/d1/config", {**DEVICE, "cmps": {"t": {**SENSOR, "ops": ["a"]}}}, "options"),
        ("homeassistant/sensor/d1/config", {"uniq_id": "t1", "dev": {"ids": ["d1"]}}, "state_topic"),
        ("homeassistant/sensor/d1/config", "{", "JSON"),
    ],
)  # fmt: skip
def test_what_home_assistant_would_refuse_is_named(dashboard: Dashboard, topic: str, body: Any, words: str) -> None:
    dashboard.say(topic, body)
    dashboard.await_problem(words)


def test_what_is_no_number_is_named(dashboard: Dashboard) -> None:
    dashboard.say("homeassistant/device/d1/config", {**DEVICE, "cmps": {"t": SENSOR}})
    dashboard.say("d/1/tele", {"v": {"t": "warm"}})
    dashboard.await_problem("no number")
