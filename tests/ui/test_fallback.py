"""A hall without mosquitto runs on the embedded broker, does its work there, and says what that does not promise."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from iot.broker import mosquitto
from iot.broker.embedded import EMBEDDED_LIMITS, EmbeddedBroker
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.errors import BrokerUnavailable
from ui.launcher.broker import choose_broker
from ui.settings import Settings
from ui.testing import STOP_WITHIN_S, RunningHall, eventually


def test_without_mosquitto_the_embedded_broker_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mosquitto, "_SEARCH", str(tmp_path))
    assert choose_broker(Settings()) is EmbeddedBroker


def test_with_mosquitto_the_embedded_broker_is_taken_only_where_it_is_asked_for() -> None:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    assert choose_broker(Settings()) is MosquittoBroker
    assert choose_broker(Settings(broker_embedded=True)) is EmbeddedBroker


@pytest.fixture(params=["ourselves", "a plain user"])
def hall(folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[RunningHall, Path]]:
    """With all simulated devices, and where its data are."""
    data = folder / "d"
    how: dict[str, Any] = {}
    if request.param == "a plain user":
        home, how = request.getfixturevalue("plain_user")(folder)
        data = home / "d"
    config = folder / "hall.toml"
    config.write_text("[broker]\nembedded = true\n")
    words = ["demo", "--json", "--port", "0", "--seed", "1", "--no-visitors", "--data", str(data)]
    running = RunningHall(*words, "--config", str(config), folder=folder / "run", **how)
    try:
        running.await_ready()
        yield running, data
        assert running.stop() <= STOP_WITHIN_S
    finally:
        running.kill()


@pytest.mark.integration
def test_a_whole_demo_runs_on_the_embedded_broker(hall: tuple[RunningHall, Path]) -> None:
    running, data = hall
    assert "apt-get install -y mosquitto" in running.said()
    with closing(running.client("manager")) as manager, closing(running.client("security")) as security:
        assert manager.get("/building").json()["limits"] == [dict(limit) for limit in EMBEDDED_LIMITS]
        count = await_all_online(manager)
        assert count > 500
        assert manager.get("/connectors").json()[0]["protocol"] == "MQTT 3.1.1"
        unlock(manager, security)
        order(data / "simulators.sock", {"device": "UPS-2", "set": {"on_battery": True}})
        eventually(lambda: "UPS-2" in manager.get("/alarms").text, what="the alarm of a UPS on battery")
        os.kill(running.document["pids"]["broker"], signal.SIGKILL)
        eventually(lambda: manager.get("/connectors").json()[0]["attempts"] > 0, what="the loss being noticed")
        eventually(lambda: manager.get("/connectors").json()[0]["state"] == "connected", what="a new broker")
        assert await_all_online(manager) == count


def await_all_online(manager: httpx2.Client) -> int:
    def all_online() -> int:
        found = manager.get("/devices").json()
        return len(found) if found and all(device["online"] for device in found) else 0

    return eventually(all_online, what="every device online", within_s=60)


def unlock(manager: httpx2.Client, security: httpx2.Client) -> None:
    """One person arms, another fires; the door's answer and its bolt come back."""
    armed = manager.post("/devices/DOOR-03/commands", json={"name": "unlock", "reason": "送货"})
    assert armed.status_code < 300, armed.text
    asked = f"/commands/{armed.json()['id']}"
    assert security.post(f"{asked}/fire").status_code < 300
    eventually(lambda: manager.get(asked).json()["state"] == "done", what="the end of the command")


def order(control: Path, what: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(control))
        line.sendall(json.dumps(what).encode() + b"\n")
        assert line.recv(100) == b"ok\n"
