"""Devices and a dashboard made of other people's npm packages."""

from __future__ import annotations

from typing import Any

from tests.interop.stage import Stage
from tests.interop.tools import NotLive, eventually


class Door:
    """MQTT.js, MQTT 5 where the broker knows it: a door that describes itself, reports, obeys, and dies."""

    name = "MQTT.js door"
    needs = ("npm:mqtt",)
    key, kind = "PEER-DOOR", "door"

    def prepare(self, stage: Stage) -> None:
        self._login = stage.enrol(self.key, self.kind)

    def live(self, stage: Stage) -> None:
        self._program = stage.script("device_mqttjs.js", self._login)
        stage.await_shown(self.key, {"lock_state": "locked", "position": "closed"}, of=self._program)

    def use(self, stage: Stage) -> None:
        stage.await_done(stage.command(self.key, "unlock"))
        stage.await_shown(self.key, {"lock_state": "unlocked"})
        self._program.kill()
        stage.await_gone(self.key)


class SparkplugNode:
    """Cirrus Link's sparkplug-client: an edge node with a climate sensor behind it, and its death."""

    name = "sparkplug-client edge node"
    needs = ("npm:sparkplug-client",)
    edge, key, kind = "PEER-EDGE", "PEER-EDGE-AIR", "climate_sensor"
    group, node, device = "hall", "edge1", "air"

    def prepare(self, stage: Stage) -> None:
        self._login = stage.enrol(self.edge, "server")
        stage.enrol(self.key, self.kind)
        stage.bind(self.edge, "sparkplug", f"{self.group}/{self.node}")
        stage.bind(self.key, "sparkplug", f"{self.group}/{self.node}/{self.device}")

    def live(self, stage: Stage) -> None:
        self._program = stage.script("node_sparkplug.js", self._login, self.group, self.node, self.device)
        stage.await_shown(self.key, {"temperature": 22.75, "humidity": 41.5}, of=self._program)

    def use(self, stage: Stage) -> None:
        self._program.tell("warmer")
        stage.await_shown(self.key, {"temperature": 23.75}, of=self._program)
        self._program.kill()
        stage.await_gone(self.key)


class Dashboard:
    """Home Assistant's side of MQTT discovery, by its documentation: it finds our devices and shows what we show."""

    name = "Home Assistant discovery consumer"
    needs = ("npm:mqtt", "npm:nunjucks", "mosquitto_pub")
    watched = "PEER-CLIMATE"

    def prepare(self, stage: Stage) -> None:
        if not stage.offers_discovery():
            raise NotLive("the hall offers no Home Assistant discovery: no setting [mqtt] home_assistant")
        self._login = stage.enrol_dashboard()

    def live(self, stage: Stage) -> None:
        self._program = stage.script("home_assistant.js", self._login)
        eventually(lambda: self._agrees(stage), what=f"the temperature of {self.watched}", of=self._program)

    def use(self, stage: Stage) -> None:
        del stage
        problems = [said["problem"] for said in self._program.said() if "problem" in said]
        if problems:
            raise NotLive(f"against Home Assistant's rules: {problems[:3]}")

    def _agrees(self, stage: Stage) -> bool:
        shown = stage.find_value(self.watched, "temperature")
        entity = self._program.find_said(self._is_temperature)
        return bool(entity and shown is not None and entity["available"] and float(entity["state"] or "nan") == shown)

    def _is_temperature(self, said: dict[str, Any]) -> bool:
        return self.watched in str(said.get("device")) and "temperature" in str(said.get("entity"))
