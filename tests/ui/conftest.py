"""One running hall for all tests of this folder that only use it, and the devices and logins that were made for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable
from ui.testing import STOP_WITHIN_S, Device, RunningHall


@pytest.fixture(scope="session")
def mosquitto() -> None:
    try:
        find_mosquitto()
    except BrokerUnavailable as error:
        pytest.skip(str(error))


class HallOfTests(RunningHall):
    """A demo without simulators: the tests are its devices."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        words = ["demo", "--json", "--port", "0", "--data", str(self.data), "--seed", "1", "--no-devices"]
        super().__init__(*words, folder=folder)
        self._clients: dict[str | None, httpx2.Client] = {}

    def as_(self, role: str | None = None) -> httpx2.Client:
        """The client of this role; one for the whole run, because a login costs a second of hashing."""
        if role not in self._clients:
            self._clients[role] = self.client(role)
        return self._clients[role]

    def enrolled(self, key: str) -> dict[str, Any]:
        document = json.loads((self.data / "simulators.json").read_text(encoding="utf-8"))
        found: dict[str, Any] = next(d for d in document["devices"] if d["key"] == key)
        return found

    def join(self, key: str) -> Device:
        """The device comes online."""
        return self.device(key, self.enrolled(key))


@pytest.fixture(scope="session")
def hall(mosquitto: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HallOfTests]:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("hall")
    folder.chmod(0o711)
    running = HallOfTests(folder)
    try:
        running.await_ready()
        yield running
        for client in running._clients.values():
            client.close()
        assert running.stop() <= STOP_WITHIN_S
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)
