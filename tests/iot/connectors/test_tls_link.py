"""TLS read in bulk and written without waiting: the same bytes in the same order, whatever the system does to them."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot.broker.link import HallLink, certify
from iot.connectors.tls_link import TlsLink

TIMEOUT_S = 10.0


class Peer:
    """The other side, with what it would send in its hands."""

    def __init__(self, line: socket.socket, context: ssl.SSLContext) -> None:
        self.line = line
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.line.sendall(self._outgoing.read())
                self._incoming.write(self.line.recv(65_536))
            else:
                self.line.sendall(self._outgoing.read())
                return

    def encrypt(self, *records: bytes) -> bytes:
        for record in records:
            self._tls.write(record)
        return self._outgoing.read()

    def read_all(self) -> bytes:
        """What is on the line now."""
        with_it = b""
        self.line.settimeout(0)
        try:
            while chunk := self.line.recv(65_536):
                self._incoming.write(chunk)
        except BlockingIOError:
            pass
        try:
            while part := self._tls.read(65_536):
                with_it += part
        except ssl.SSLWantReadError:
            pass
        return with_it


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    folder: Path = tmp_path_factory.mktemp("link")
    files = HallLink(socket=folder / "s", certificate=folder / "link.crt", key=folder / "link.key")
    certify(files)
    assert files.key.stat().st_mode & 0o777 == 0o600
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(files.certificate, files.key)
    client.check_hostname = False
    client.load_verify_locations(files.certificate)
    return server, client


@pytest.fixture
def pair(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[tuple[TlsLink, Peer]]:
    ours, theirs = socket.socketpair()
    for line in (ours, theirs):
        line.settimeout(TIMEOUT_S)
    peer = Peer(theirs, contexts[0])
    thread = threading.Thread(target=peer.shake_hands)
    thread.start()
    link = TlsLink(ours, contexts[1], None)
    thread.join()
    link.setblocking(False)
    yield link, peer
    link.close()
    theirs.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=40),
    st.lists(st.integers(1, 700), min_size=1, max_size=20),
)
def test_whatever_pieces_the_records_come_in_every_byte_is_read_once(
    pair: tuple[TlsLink, Peer], records: list[bytes], cuts: list[int]
) -> None:
    link, peer = pair
    wire, read, sizes = peer.encrypt(*records), b"", itertools.cycle(cuts)
    while wire:
        size = next(sizes)
        peer.line.sendall(wire[:size])
        wire = wire[size:]
        try:
            read += link.recv(65_536)
        except BlockingIOError:
            continue
    assert read == b"".join(records)
    with pytest.raises(BlockingIOError):
        link.recv(65_536)


def test_what_the_system_does_not_take_is_kept_and_written_later_in_order(pair: tuple[TlsLink, Peer]) -> None:
    link, peer = pair
    sent, number = b"", 0
    while not link.has_unsent:
        piece = b"%08d" % number * 500
        assert link.send(piece) == len(piece)
        sent, number = sent + piece, number + 1
    with pytest.raises(BlockingIOError):
        link.send(b"one too many")
    read = peer.read_all()
    while not link.flush():
        read += peer.read_all()
    assert not link.has_unsent
    assert read + peer.read_all() == sent


def test_a_goodbye_is_the_end(pair: tuple[TlsLink, Peer]) -> None:
    link, peer = pair
    peer.line.sendall(peer.encrypt(b"last"))
    peer.line.close()
    assert link.recv(65_536) == b"last"
    assert link.recv(65_536) == b""


def test_whose_certificate_is_another_is_not_believed(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], tmp_path: Path
) -> None:
    other = HallLink(socket=tmp_path / "s", certificate=tmp_path / "c", key=tmp_path / "k")
    certify(other)
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    strict.check_hostname = False
    strict.load_verify_locations(other.certificate)
    ours, theirs = socket.socketpair()
    refused: list[BaseException] = []

    def serve() -> None:
        try:
            Peer(theirs, contexts[0]).shake_hands()
        except ssl.SSLError as error:
            refused.append(error)

    theirs.settimeout(TIMEOUT_S)
    ours.settimeout(TIMEOUT_S)
    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsLink(ours, strict, None)
    ours.close()
    thread.join()
    theirs.close()
    assert refused, "the other side is told why"
