"""The pages' server and both brokers as they really listen: old TLS and weak suites are refused, the newest is taken.

What asks is able to speak every old thing: a careless listener beside them takes it all.
"""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from iot.broker.authority import Authority, Issued
from iot.broker.configuration import BrokerSettings, TlsFiles
from iot.broker.embedded import EmbeddedBroker
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.errors import BrokerUnavailable
from iot.tls import SUITES
from ui.launcher.certificate import SOON, judge_certificate
from ui.launcher.listening import listen
from ui.problems import NeedsAttention
from ui.server import make_server
from ui.testing import eventually

NOW = datetime.now(UTC)
NAMES = ["hall.example", "127.0.0.1"]
V = ssl.TLSVersion


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.create(site="shifanqu", now=NOW)
    return made


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    return authority.issue_server(NAMES, now=NOW)


async def nothing(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def pages(issued: Issued, _folder: Path) -> Iterator[int]:
    server = make_server(nothing, certificate=str(issued.certificate), key=str(issued.key))
    server.config.lifespan = "off"
    with listen("127.0.0.1", 0) as sock:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        eventually(lambda: server.started, what="the server")
        yield sock.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@contextmanager
def broker(issued: Issued, folder: Path, *, kind: Any) -> Iterator[int]:
    tls = TlsFiles(certificate=issued.certificate, key=issued.key)
    running = kind(folder, BrokerSettings(site="shifanqu", port=0, tls=tls))
    running.set_users({})
    running.start()
    try:
        yield int(running.url.rpartition(":")[2])
    finally:
        running.stop()


@contextmanager
def mosquitto(issued: Issued, folder: Path) -> Iterator[int]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    with broker(issued, folder, kind=MosquittoBroker) as port:
        yield port


@contextmanager
def embedded(issued: Issued, folder: Path) -> Iterator[int]:
    with broker(issued, folder, kind=EmbeddedBroker) as port:
        yield port


LISTENERS: dict[str, Callable[[Issued, Path], Any]] = {"pages": pages, "mosquitto": mosquitto, "embedded": embedded}


@pytest.fixture(scope="module", params=sorted(LISTENERS))
def port(request: pytest.FixtureRequest, issued: Issued, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with LISTENERS[request.param](issued, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def context_of(side: int, oldest: V, newest: V, ciphers: str) -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.SSLContext(side)
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = oldest, newest
    return context


def shake_hands(port: int, oldest: V, newest: V, ciphers: str = "ALL:eNULL") -> tuple[str, str] | None:
    """Version and suite; None where the other side refuses."""
    context = context_of(ssl.PROTOCOL_TLS_CLIENT, oldest, newest, ciphers)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            context.wrap_socket(plain) as link,
        ):
            suite = link.cipher()
            return str(link.version()), suite[0] if suite else ""
    except (ssl.SSLError, ConnectionError):
        return None


def weak_suites() -> str:
    every = context_of(ssl.PROTOCOL_TLS_CLIENT, V.TLSv1_2, V.TLSv1_2, "ALL:eNULL").get_ciphers()
    return ":".join(c["name"] for c in every if c["name"] not in SUITES and not c["name"].startswith("TLS_"))


@contextmanager
def careless(issued: Issued) -> Iterator[int]:
    """A listener that takes anything, for as long as it is asked."""
    context = context_of(ssl.PROTOCOL_TLS_SERVER, V.TLSv1, V.TLSv1_3, "ALL:eNULL")
    context.load_cert_chain(issued.certificate, issued.key)
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as taken:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                with plain:
                    try:
                        taken.enter_context(context.wrap_socket(plain, server_side=True))
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


OLD = [(V.TLSv1, V.TLSv1), (V.TLSv1_1, V.TLSv1_1)]


def test_who_asks_here_can_speak_what_is_refused_elsewhere(issued: Issued) -> None:
    with careless(issued) as port:
        found = [shake_hands(port, *versions) for versions in OLD]
        assert [one and one[0] for one in found] == ["TLSv1", "TLSv1.1"]
        assert shake_hands(port, V.TLSv1_2, V.TLSv1_2, weak_suites()) is not None


@pytest.mark.integration
def test_old_versions_are_refused(port: int) -> None:
    assert [shake_hands(port, *versions) for versions in OLD] == [None, None]


@pytest.mark.integration
def test_suites_without_forward_secrecy_or_integrity_of_today_are_refused(port: int) -> None:
    assert len(weak_suites().split(":")) > 20
    assert shake_hands(port, V.TLSv1_2, V.TLSv1_2, weak_suites()) is None


@pytest.mark.integration
def test_the_newest_version_and_the_strongest_suite_are_preferred(port: int) -> None:
    assert shake_hands(port, V.TLSv1_2, V.TLSv1_3) in {
        ("TLSv1.3", suite)
        for suite in ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")
    }
    fitting = [suite for suite in SUITES if "ECDSA" in suite]  # as the certificate's key is
    for suite in fitting:
        assert shake_hands(port, V.TLSv1_2, V.TLSv1_2, suite) == ("TLSv1.2", suite)
    assert shake_hands(port, V.TLSv1_2, V.TLSv1_2, ":".join(reversed(fitting))) == ("TLSv1.2", fitting[0])


# --- the certificate itself


def test_a_certificate_of_another_key_does_not_start(authority: Authority, issued: Issued) -> None:
    other = authority.issue_server(NAMES, now=NOW, name="other")
    with pytest.raises(NeedsAttention, match="not of this key"):
        judge_certificate(issued.certificate, other.key, now=NOW, trusted=[])
    with pytest.raises(NeedsAttention, match="cannot be read"):
        judge_certificate(issued.key, issued.certificate, now=NOW, trusted=[])


def test_what_browsers_would_mind_is_told(authority: Authority, issued: Issued) -> None:
    from cryptography import x509

    known = x509.load_pem_x509_certificates(authority.certificate.read_bytes())
    assert judge_certificate(issued.certificate, issued.key, now=NOW, trusted=known) == []
    (strange,) = judge_certificate(issued.certificate, issued.key, now=NOW, trusted=[])
    assert "no authority that this machine knows" in strange
    soon = issued.expires.replace(tzinfo=UTC)
    assert "renew it" in judge_certificate(issued.certificate, issued.key, now=soon - SOON / 2, trusted=known)[0]
    assert "not today" in judge_certificate(issued.certificate, issued.key, now=soon + SOON, trusted=known)[0]
