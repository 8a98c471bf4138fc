"""The simulators of a demo reach its broker as devices do: over TLS, and through a gateway where one was given."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import closing
from pathlib import Path

import pytest

from ui.cli.main import main
from ui.testing import RunningHall, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

GATEWAY, BEHIND = "SW-1F-W", "LEAK-01"


@pytest.fixture
def data(folder: Path) -> Path:
    (folder / "hall.toml").write_text("[broker]\ntls = true\nport = 18887\nopen_lobby = true\n")
    return folder / "d"


def demo(data: Path, run: str, *more: str) -> RunningHall:
    config = str(data.parent / "hall.toml")
    words = ("demo", "--json", "--port", "0", "--seed", "3", "--config", config, "--data", str(data), *more)
    return RunningHall(*words, folder=data.parent / run)


def is_trusted(port: int, authority: Path) -> bool:
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        return secure.version() in {"TLSv1.2", "TLSv1.3"}


def test_over_tls_and_behind_a_gateway(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ca", "init", "--data", str(data)]) == 0
    first = demo(data, "first", "--no-devices")
    try:
        assert first.await_ready()["broker"] == "mqtts://127.0.0.1:18887"
        with closing(first.client("admin")) as admin:
            assert admin.get("/admission").json()["lobby"] == "mqtts://127.0.0.1:18888", "the port after the broker's"
        assert is_trusted(18888, data / "authority" / "ca.crt")
        assert main(["enrol", BEHIND, "--revoke", "--data", str(data)]) == 0
        assert main(["enrol", GATEWAY, "--grant", BEHIND, "--data", str(data)]) == 0
        first.stop()
    finally:
        first.kill()
    capsys.readouterr()
    hall = demo(data, "second", "--no-visitors")
    try:
        hall.await_ready()
        enrolled = json.loads((data / "simulators.json").read_text())
        assert Path(enrolled["ca"]).read_text().startswith("-----BEGIN CERTIFICATE")
        lines = {device["key"]: device for device in enrolled["devices"]}
        assert (lines[BEHIND].get("via"), lines[BEHIND].get("password")) == (GATEWAY, None)
        with closing(hall.client("manager")) as client:

            def all_online() -> bool:
                return all(device["online"] for device in client.get("/devices").json())

            eventually(all_online, what="every device online over TLS", within_s=60)
            assert client.get(f"/devices/{BEHIND}").json()["via"] == [GATEWAY]
        hall.stop()
    finally:
        hall.kill()
