"""Whatever stands where the broker should be, the connector says what is wrong and tries again, ever more gently."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iot.broker.authority import Authority
from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker
from iot.connectors.connection import CIRCUIT_FAILURES
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.messages import CommandRequest
from iot.testing import MemoryInbox, eventually
from tests.iot.connectors.place import Place, Serve

SITE = "shifanqu"
ACCEPTED = b"\x20\x03\0\0\0"


@pytest.fixture
def place() -> Iterator[Callable[[Serve], Place]]:
    places: list[Place] = []

    def make(serve: Serve) -> Place:
        places.append(Place(serve))
        return places[-1]

    yield make
    for one in places:
        one.close()


def answering(answer: bytes) -> Serve:
    def serve(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(answer)
        line.shutdown(socket.SHUT_WR)

    return serve


def tries(settings: MqttSettings) -> tuple[str, int]:
    """What is said after several tries, and how many there were; the thread goes on and ends when told."""
    connector = MqttConnector(settings, now_ms=lambda: 1_000, jitter=lambda: -0.4)
    connector.start(MemoryInbox())
    try:
        eventually(lambda: connector.health().attempts >= 3 and bool(connector.health().last_error), what="3 tries")
        health = connector.health()
        assert health.state == "connecting"
        with pytest.raises(BrokerUnavailable):
            connector.send(CommandRequest(device="D", id="c", name="lock", expires_ms=9_000, issuer="u"))
        return health.last_error or "", health.attempts
    finally:
        connector.stop()
        assert connector.health().state == "stopped"
        assert not any(thread.name == "mqtt-connector" for thread in threading.enumerate())


def at(port: object, **change: object) -> MqttSettings:
    return replace(MqttSettings(site=SITE, password="pw"), port=port, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "connection lost: the broker closed it"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>400</html>", "lost"),
        (b"220 mail.example ESMTP Postfix, and more words than a packet of fifty bytes has room for\r\n", "no MQTT"),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n" + b"x" * 200, "connection lost"),
        (b"\0" * 64, "no MQTT: a packet of no type"),
        (b"\x20\x01\0", "connection lost: Protocol error"),
        (b"\x20\x03\0\x87\0", "the broker refuses us: Not authorized"),
        (b"\x20\x03\0\x9f\0", "the broker refuses us: Connection rate exceeded"),
        (b"\x20\x03\0\xee\0", "connection lost"),
        (ACCEPTED + b"\xe0\x02\x8b\0", "connection lost: Server shutting down"),
        (ACCEPTED + b"\x30\x02\0\x09", "no MQTT: a PUBLISH"),
        (b"\xd0\xff\xff\xff\xff\xff", "connection lost: Protocol error"),
    ],
    ids=["closes", "http", "smtp", "ssh", "zeros", "half a CONNACK", "not authorized", "rate", "unknown reason",
         "goes down", "malformed message", "endless length"],
)  # fmt: skip
def test_what_is_no_broker_or_a_bad_one_is_said(place: Callable[[Serve], Place], answer: bytes, words: str) -> None:
    there = place(answering(answer))
    error, attempts = tries(at(there.port))
    assert words in error
    assert there.visits >= attempts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host": f"{'a' * 64}.example"}, "label"),
        ({"host": ""}, "Invalid host"),
        ({"port": 0}, "Invalid port"),
        ({"socket_path": Path("/nowhere/at/all")}, "/nowhere/at/all: No such file or directory"),
        ({"socket_path": Path(f"/tmp/{'x' * 200}")}, "too long"),  # noqa: S108 - never made
        ({"tls": True, "ca_file": Path("/nowhere/ca.pem")}, "No such file or directory"),
    ],
    ids=["label too long", "no host", "no port", "no socket", "path too long", "no authority"],
)
def test_settings_that_lead_nowhere_are_said(change: dict[str, object], words: str) -> None:
    assert words in tries(at(**{"port": 1, **change}))[0]


def test_nobody_there_is_said_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert tries(at(port))[0] == "127.0.0.1: Connection refused"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.create(site=SITE, now=datetime.now(UTC))
    return made


def over_tls(authority: Authority, name: str, *, shown: bool = False) -> Serve:
    """``shown``: who comes must show a certificate too."""
    issued = authority.issue_server([name], now=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    if shown:
        context.load_verify_locations(authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED

    def serve(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as safe:
            answering(b"\x20\x03\0\x87\0")(safe)

    return serve


def test_over_tls_the_broker_must_be_who_it_should_be(
    place: Callable[[Serve], Place], authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    right, wrong = place(over_tls(authority, "127.0.0.1")), place(over_tls(authority, "other.example"))
    forged = Authority(tmp_path / "forged")
    forged.create(site=SITE, now=datetime.now(UTC))
    ours = {"tls": True, "ca_file": authority.certificate}
    assert "refuses us" in tries(at(right.port, **ours))[0], "TLS stands, and the broker answers"
    assert "its certificate is not trusted: IP address mismatch" in tries(at(wrong.port, **ours))[0]
    caplog.clear()
    assert "its certificate is not trusted: " in tries(at(right.port, tls=True, ca_file=forged.certificate))[0]
    (told,) = {record.getMessage() for record in caplog.records if "broker_lost" in record.getMessage()}
    assert "its certificate is not trusted: " in told, "and in the log"


def test_tls_with_somebody_who_speaks_none_or_trust_in_a_file_that_is_no_certificate(
    place: Callable[[Serve], Place], authority: Authority, tmp_path: Path
) -> None:
    plain = place(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert "no TLS" in tries(at(plain.port, tls=True, ca_file=authority.certificate))[0]
    (tmp_path / "ca.pem").write_text("no certificate")
    assert "no TLS" in tries(at(plain.port, tls=True, ca_file=tmp_path / "ca.pem"))[0]


def test_the_circuit_opens_after_five_and_the_newest_error_is_the_one_said(place: Callable[[Serve], Place]) -> None:
    answers = iter([b"\x20\x03\0\x87\0"] * (CIRCUIT_FAILURES + 1))

    def serve(line: socket.socket) -> None:
        answering(next(answers, b""))(line)

    there = place(serve)
    connector = MqttConnector(at(there.port), now_ms=lambda: 1_000, jitter=lambda: -0.45)
    connector.start(MemoryInbox())
    said: set[tuple[str, str | None]] = set()

    def is_open() -> bool:
        health = connector.health()
        said.add((health.circuit, health.last_error))
        return health.circuit == "open" and health.next_try_ms is not None

    eventually(is_open)
    assert connector.health().attempts > CIRCUIT_FAILURES - 1
    eventually(lambda: "closed it" in (connector.health().last_error or ""), what="the newer error")
    connector.stop()
    assert connector.health().circuit == "closed"
    assert ("closed", "the broker refuses us: Not authorized") in said


@pytest.mark.integration
def test_once_a_broker_stands_there_all_is_well_again(tmp_path: Path) -> None:
    wrong = Place(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    connector = MqttConnector(replace(at(wrong.port), password="hall-pw"), now_ms=lambda: 1_000, jitter=lambda: -0.4)
    connector.start(MemoryInbox())
    eventually(lambda: connector.health().attempts >= 2)
    wrong.close()
    broker = MosquittoBroker(tmp_path / "broker", BrokerSettings(site=SITE, port=wrong.port))
    broker.set_users({"hall": hash_password("hall-pw", b"0123456789ab")}, {})
    broker.start()
    eventually(lambda: connector.health().state == "connected", what="the connection")
    assert (connector.health().last_error, connector.health().circuit) == (None, "closed")
    connector.stop()
    broker.stop()


def test_a_broker_that_asks_for_a_certificate_is_shown_ours(
    place: Callable[[Serve], Place], authority: Authority
) -> None:
    asking = place(over_tls(authority, "127.0.0.1", shown=True))
    ours = {"tls": True, "ca_file": authority.certificate}
    own = authority.issue_client("hall.web-1", now=datetime.now(UTC))
    assert "refuses us" not in tries(at(asking.port, **ours))[0], "it hears nothing of us"
    assert "refuses us" in tries(at(asking.port, **ours, certificate=own.certificate, key=own.key))[0]
