"""Our own small authority: who trusts it reaches the broker and nobody else's, before and after it is renewed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iot.broker.authority import RENEW_BEFORE_DAYS, SERVER_DAYS, Authority
from iot.broker.configuration import BrokerSettings, TlsFiles
from iot.broker.credentials import hash_password
from iot.broker.embedded import EmbeddedBroker
from iot.broker.mosquitto import BrokerProcess, MosquittoBroker, find_mosquitto
from iot.errors import AuthorityRefused, BrokerUnavailable
from tests.iot.broker.packets import connect

NOW = datetime.now(UTC)
NAMES = ["hall.example", "127.0.0.1"]
Serve = Callable[..., BrokerProcess]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.create(site="shifanqu", now=NOW)
    return made


@pytest.fixture(params=[MosquittoBroker, EmbeddedBroker])
def serve(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Serve]:
    running: list[BrokerProcess] = []

    def go(tls: TlsFiles) -> BrokerProcess:
        if request.param is MosquittoBroker:
            try:
                find_mosquitto()
            except BrokerUnavailable as absent:
                pytest.skip(str(absent))
        broker: BrokerProcess = request.param(tmp_path / "broker", BrokerSettings(site="shifanqu", port=0, tls=tls))
        broker.set_users({"UPS-1": hash_password("pw", b"0123456789ab")})
        broker.start()
        running.append(broker)
        return broker

    yield go
    for broker in running:
        broker.stop()


def shake_hands(broker: BrokerProcess, trusted: bytes, *, name: str = "127.0.0.1", own: Path | None = None) -> bytes:
    """Connect as a device that trusts this authority only: what the broker answers to its CONNECT."""
    context = ssl.create_default_context(cadata=trusted.decode())
    if own is not None:
        context.load_cert_chain(own, own.with_suffix(".key"))
    port = int(broker.url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as link,
    ):
        link.sendall(connect(0xC2, "UPS-1", "UPS-1", "pw"))
        return link.recv(4)


ACCEPTED = b"\x20\2\0\0"


@pytest.mark.integration
def test_a_device_reaches_the_broker_over_tls_and_not_in_clear(authority: Authority, serve: Serve) -> None:
    issued = authority.issue_server(NAMES, now=NOW)
    broker = serve(TlsFiles(certificate=issued.certificate, key=issued.key))
    assert broker.url.startswith("mqtts://")
    trusted = authority.certificate.read_bytes()
    assert shake_hands(broker, trusted) == ACCEPTED
    assert shake_hands(broker, trusted, name="hall.example") == ACCEPTED
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(broker, trusted, name="other.example")
    with socket.create_connection(("127.0.0.1", int(broker.url.rpartition(":")[2])), timeout=5) as plain:
        plain.sendall(b"\x10\x0e\0\4MQTT\4\2\0\x3c\0\2ab")
        try:
            answer = plain.recv(100)
        except ConnectionResetError:
            answer = b""
    assert answer[:1] in {b"", b"\x15"}, "nothing, or a TLS alert"


@pytest.mark.integration
def test_an_authority_of_the_same_name_is_not_ours(authority: Authority, serve: Serve, tmp_path: Path) -> None:
    issued = authority.issue_server(NAMES, now=NOW)
    broker = serve(TlsFiles(certificate=issued.certificate, key=issued.key))
    forged = Authority(tmp_path / "forged")
    forged.create(site="shifanqu", now=NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(broker, forged.certificate.read_bytes())


@pytest.mark.integration
def test_a_renewed_authority_is_trusted_by_old_devices_and_by_new_ones(authority: Authority, serve: Serve) -> None:
    old = authority.certificate.read_bytes()
    issued = authority.issue_server(NAMES, now=NOW)
    broker = serve(TlsFiles(certificate=issued.certificate, key=issued.key))
    authority.create(site="shifanqu", now=NOW + timedelta(seconds=1), renew=True)
    new = authority.certificate.read_bytes()
    assert new != old
    authority.issue_server(NAMES, now=NOW)
    broker.reload()  # the same files, read again while it runs

    def is_renewed() -> bool:
        try:
            return shake_hands(broker, new) == ACCEPTED
        except ssl.SSLCertVerificationError:
            return False

    assert any(is_renewed() for _ in range(50))
    assert shake_hands(broker, old) == ACCEPTED


@pytest.mark.integration
def test_where_devices_must_show_a_certificate_a_password_alone_is_not_enough(
    authority: Authority, serve: Serve
) -> None:
    issued = authority.issue_server(NAMES, now=NOW)
    broker = serve(TlsFiles(certificate=issued.certificate, key=issued.key, authority=authority.certificate))
    trusted = authority.certificate.read_bytes()
    try:
        answer = shake_hands(broker, trusted)
    except (ssl.SSLError, ConnectionError):
        answer = b""
    assert answer == b""
    own = authority.issue_client("UPS-1", now=NOW)
    assert shake_hands(broker, trusted, own=own.certificate) == ACCEPTED


def test_keys_are_their_owners_only(authority: Authority) -> None:
    authority.issue_server(NAMES, now=NOW)
    authority.issue_client("UPS-1", now=NOW)
    keys = sorted(authority.folder.glob("*.key"))
    assert [k.name for k in keys] == ["UPS-1.key", "ca.key", "server.key"]
    assert all(k.stat().st_mode & 0o777 == 0o600 for k in keys)
    assert authority.folder.stat().st_mode & 0o777 == 0o700


def test_an_authority_is_not_replaced_by_mistake(authority: Authority) -> None:
    before = authority.fingerprint()
    with pytest.raises(AuthorityRefused, match="--renew"):
        authority.create(site="shifanqu", now=NOW)
    assert authority.fingerprint() == before
    assert len(before) == 32 * 3 - 1


def test_without_an_authority_nothing_is_issued(tmp_path: Path) -> None:
    with pytest.raises(AuthorityRefused, match="halltwin ca init"):
        Authority(tmp_path).issue_server(NAMES, now=NOW)


@pytest.mark.parametrize("names", [[], ["x" * 300], ["a..b"]])
def test_what_is_no_host_gets_no_certificate(authority: Authority, names: list[str]) -> None:
    with pytest.raises(AuthorityRefused):
        authority.issue_server(names, now=NOW)


@pytest.mark.parametrize("name", ["../ca", "ca", "a/b", ""])
def test_a_name_cannot_overwrite_the_authority(authority: Authority, name: str) -> None:
    with pytest.raises(AuthorityRefused):
        authority.issue_client(name, now=NOW)


def test_the_servers_certificate_is_found_until_it_no_longer_serves(authority: Authority) -> None:
    assert authority.find_server(NAMES, now=NOW) is None
    authority.issue_server(NAMES, now=NOW)
    assert authority.find_server(NAMES, now=NOW) is not None
    assert authority.find_server(["127.0.0.1"], now=NOW) is not None
    assert authority.find_server([*NAMES, "10.0.0.7"], now=NOW) is None
    soon = NOW + timedelta(days=SERVER_DAYS - RENEW_BEFORE_DAYS + 1)
    assert authority.find_server(NAMES, now=soon) is None
    authority.create(site="shifanqu", now=NOW, renew=True)
    assert authority.find_server(NAMES, now=NOW) is None
