"""The broker: who is heard, what survives its death, and what it says when it will not start."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iot.broker import mosquitto
from iot.broker.configuration import BrokerFiles, BrokerSettings, configuration_lines
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.errors import BrokerUnavailable
from iot.testing import eventually

SITE = "shifanqu"
TELE = {"ts": 1, "seq": 1, "boot": 1, "v": {"battery": 90.0}}
Join = Callable[..., Any]


def test_every_limit_is_said() -> None:
    lines = configuration_lines(
        BrokerFiles(directory=Path("/d")),
        listen=BrokerSettings(site=SITE),
        port=1883,
        socket=Path("/d/s"),
        as_root=True,
    )
    said = dict(line.split(" ", 1) for line in lines)
    assert int(said["max_queued_messages"]) >= 100_000_000
    assert 0 < int(said["max_queued_bytes"]) < 2**31, "mosquitto 2.0.11 reads 32 bits"
    assert int(said["max_inflight_messages"]) == 16_384
    assert int(said["max_packet_size"]) > 16_384, "what is too big must reach the codec to be counted"
    assert said["allow_anonymous"] == "false"
    assert said["persistence"] == "true"
    assert said["user"] == "root"
    assert lines.count("use_username_as_clientid true") == 2


@pytest.mark.integration
def test_a_device_cannot_speak_for_another_and_is_told(peer: Join) -> None:
    hall, thief, honest = peer("hall"), peer("UPS-2"), peer("UPS-1")
    hall.listen(f"ht/v1/{SITE}/#")
    thief.say("tele", TELE, device="UPS-1")
    thief.say("cmd/unlock", {}, device="DOOR-01")
    honest.say("tele", TELE, device="UPS-1")
    eventually(lambda: len(hall.heard) == 1)
    thief.say("tele", TELE, device="UPS-2")
    eventually(lambda: len(hall.heard) == 2)
    assert [topic for topic, *_ in hall.heard] == [f"ht/v1/{SITE}/UPS-1/tele", f"ht/v1/{SITE}/UPS-2/tele"]
    assert len(thief.refused) == 2


@pytest.mark.integration
def test_a_device_hears_its_own_commands_only_whatever_it_subscribes_to(peer: Join) -> None:
    hall, door = peer("hall"), peer("DOOR-01")
    door.listen("#")
    hall.say("cmd/self_test", {}, device="UPS-2")
    hall.say("cmd/lock", {}, device="DOOR-01")
    eventually(lambda: bool(door.heard))
    assert [topic for topic, *_ in door.heard] == [f"ht/v1/{SITE}/DOOR-01/cmd/lock"]


@pytest.mark.integration
def test_a_gateway_speaks_for_what_it_was_granted(peer: Join) -> None:
    hall, gateway = peer("hall"), peer("GW-1")
    hall.listen(f"ht/v1/{SITE}/+/tele")
    gateway.say("tele", TELE, device="UPS-2")
    gateway.say("tele", TELE, device="UPS-1")
    eventually(lambda: bool(hall.heard))
    assert [topic for topic, *_ in hall.heard] == [f"ht/v1/{SITE}/UPS-1/tele"]


@pytest.mark.integration
def test_strangers_and_wrong_passwords_are_refused(broker: MosquittoBroker, peer: Join) -> None:
    broker.set_users({"hall": hash_password("another", b"0123456789ab")})
    eventually(lambda: peer("hall").failed, what="the changed password taking effect")
    assert peer("NOBODY").failed


@pytest.mark.integration
def test_a_borrowed_client_id_pushes_nobody_off(peer: Join) -> None:
    hall = peer("hall")
    thief = peer("UPS-2", client_id="hall")
    hall.listen(f"ht/v1/{SITE}/#")
    thief.say("tele", TELE, device="UPS-2")
    eventually(lambda: len(hall.heard) == 1)


@pytest.mark.integration
def test_a_killed_broker_comes_back_on_the_same_port(broker: MosquittoBroker, peer: Join) -> None:
    pid, url = broker.pid, broker.url
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: broker.pid not in {None, pid}, what="the restart")
    host, port = url.removeprefix("mqtt://").split(":")

    def answers() -> bool:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    eventually(answers)
    assert broker.restarts == 1
    assert broker.url == url
    assert peer("UPS-1").connected


@pytest.mark.integration
def test_a_stopped_broker_is_gone_at_once(broker: MosquittoBroker) -> None:
    pid = broker.pid
    assert pid is not None
    started = time.monotonic()
    broker.stop()
    assert time.monotonic() - started < 4
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert broker.pid is None


@pytest.mark.integration
def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    find_mosquitto()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerUnavailable, match=f"port {port} .*choose another port"):
            MosquittoBroker(tmp_path, BrokerSettings(site=SITE, port=port)).start()


@pytest.mark.integration
def test_a_broker_that_stops_at_once_shows_its_last_words(tmp_path: Path) -> None:
    broker = MosquittoBroker(tmp_path, BrokerSettings(site=SITE, port=0))
    broker.set_users({})
    (tmp_path / "acl").write_text("nonsense here\n")
    with pytest.raises(BrokerUnavailable, match="stopped at once"):
        broker.start()
    assert broker.pid is None


def test_a_missing_program_names_the_command_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mosquitto, "_SEARCH", str(tmp_path))
    with pytest.raises(BrokerUnavailable, match="apt-get install -y mosquitto"):
        find_mosquitto()


def test_a_folder_too_deep_for_a_unix_socket_goes_without(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    assert MosquittoBroker(deep, BrokerSettings(site=SITE)).socket_path is None


@pytest.mark.integration
@pytest.mark.usefixtures("broker")
def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    for name in ("passwords", "acl", "mosquitto.conf"):
        assert (tmp_path / "broker" / name).stat().st_mode & 0o077 == 0
