"""The one way out: hundreds of ways to be led astray, and sockets that count who came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.outgoing import (
    PORTS,
    Connect,
    IPAddress,
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
    connect_by_system,
    parse_target,
)

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
INSIDE_V4 = (
    "127.0.0.1", "127.1.2.3", "10.0.0.5", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", str(IPv4Address(0)), "255.255.255.255", "224.0.0.251",
    "192.0.2.1", "198.18.0.1", "240.0.0.1",
)  # fmt: skip
INSIDE_V6 = (
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "3fff::1", "fec0::1",
    "100::1", "5f00::1", "fe80::1%25lo", "::1%25lo", "::ffff:0:127.0.0.1",
)  # fmt: skip


def spellings(text: str) -> Iterator[str]:
    """The hosts by which one IPv4 address is named, to one reader or another."""
    number, parts = int(IPv4Address(text)), [int(part) for part in text.split(".")]
    high, low = number >> 16, number & 0xFFFF
    wide = text.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"})
    yield from (text, f"{text}.", str(number), hex(number), f"0{number:o}", hex(number).upper())
    yield ".".join(map(hex, parts))
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(f"{part:03d}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{low}"
    yield f"{hex(parts[0])}.0{parts[1]:o}.{low}"
    yield from (wide, text.replace(".", "。"), text.replace(".", "．"), text.replace(".", "｡"))
    yield text.replace(".", "%2e")
    yield f"%{ord(text[0]):x}{text[1:]}"
    yield from (f"[::ffff:{text}]", f"[::ffff:{high:x}:{low:x}]", f"[::{text}]", f"[64:ff9b::{text}]")
    yield from (f"[64:ff9b:1::{text}]", f"[2002:{high:x}:{low:x}::1]", f"[2001:db8::5efe:{high:x}:{low:x}]")
    yield f"[2001:470::200:5efe:{high:x}:{low:x}]"
    yield f"[0:0:0:0:0:ffff:{text}]"


NAMES: Mapping[str, Sequence[str]] = {
    "localhost": ["127.0.0.1", "::1"],
    "ip6-localhost": ["::1"],
    "inside.example": ["10.0.0.5"],
    "metadata.google.internal": ["169.254.169.254"],
    "two-faced.example": ["93.184.216.34", "127.0.0.1"],
    "two-faced6.example": ["2606:2800:220:1::1", "::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "scoped.example": ["fe80::1%lo"],
    "crowd.example": [f"93.184.216.{n}" for n in range(9)],
    "nothing.example": [],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "xn--lgd-7qa.example": ["192.168.0.1"],
    "outside.example": ["93.184.216.34"],
}
FORMS = (
    "http://user@{host}/", "http://user:word@{host}/", "http://outside.example@{host}/",
    "http://{host}:{port}@outside.example/", "http://outside.example:{port}#@{host}/", "http:\\\\{host}/",
    "http://outside.example\\@{host}/", "http:/{host}/", "http:{host}/", "//{host}/", "http:///{host}/",
    "http://{host}:/", "http://{host}:{port}:{port}/", "http://{host}:99999/", "http://{host}:22/", "http://{host}:0/",
    "http://{host}:-1/", "http://{host}:+{port}/", "http:// {host}/", "http://{host} /", "http://{host}\t/",
    "http://{host}\r\nX: y/", "http://{host}\n/", "http://{host}\x00.outside.example/",
    "http://{host}%00.outside.example/", "http://{host}%23.outside.example/", "http://[{host}]/",
    "http://[::1]{host}/", "http://[::1/", "http://::1/", "ftp://{host}/", "file:///etc/passwd", "file://{host}/etc",
    "gopher://{host}:{port}/_x", "dict://{host}:{port}/d", "ldap://{host}/", "jar:http://{host}!/", "data:text/plain,x",
    "javascript:alert(1)", "tftp://{host}/x", "unix:///run/x.sock", "http+unix://%2frun%2fx/", "ws://{host}/",
    "HTTP+://{host}/", "http", "", "http://", "http://.", "http://..", "http://-x.example/", "http://a..example/",
    "http://\u2460\u2461\u2466.0.0.1/", "http://loc\u00adalhost/", "http://\u24db\u24de\u24d2\u24d0\u24db.example/",
)  # fmt: skip


class Callers:
    """Somebody who listens on every address of this machine, and counts who came."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]

    def count(self) -> int:
        """Since last asked: what the kernel has accepted, whether it is still open or not."""
        came = 0
        while True:
            try:
                self._listening.accept()[0].close()
            except BlockingIOError:
                return came
            came += 1

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def callers() -> Iterator[Callers]:
    listening = Callers()
    yield listening
    listening.close()


def _resolve_like_a_system(host: str, _port: int) -> Sequence[str]:
    """The table, or what a C library makes of digits: it reads octal, hexadecimal and short forms."""
    if host in NAMES:
        return NAMES[host]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [str(ip_address(host))]


def _only_here(address: IPAddress, port: int, timeout_s: float) -> socket.socket:
    """Whoever is let through comes to us, so that a refusal that fails is counted and does not leave this machine."""
    del address
    return connect_by_system(ip_address("127.0.0.1"), port, timeout_s)


def _ports(port: int) -> dict[str, frozenset[int]]:
    return {"http": frozenset({80, port}), "https": frozenset({443, port})}


def _vectors(port: int) -> list[str]:
    hosts = [host for text in INSIDE_V4 for host in spellings(text)]
    hosts += [f"[{text}]" for text in INSIDE_V6]
    hosts += [name for name in NAMES if name != "outside.example"]
    return [
        *(f"http://{host}:{port}/" for host in hosts),
        *(f"https://{host}:{port}/" for host in hosts[::7]),
        *(form.format(host="127.0.0.1", port=port) for form in FORMS),
    ]


def test_hundreds_of_ways_inside_bring_nobody_there(callers: Callers) -> None:
    out = Outgoing(ports=_ports(callers.port), resolve=_resolve_like_a_system, connect=_only_here)
    vectors = _vectors(callers.port)
    assert len(set(vectors)) >= 400
    let_through = []
    for url in vectors:
        try:
            out.fetch(url, timeout_s=0.2)
        except OutgoingRefused:
            continue
        except OutgoingFailed as failed:
            if "no host" not in str(failed):
                let_through.append(url)
    assert let_through == []
    assert callers.count() == 0


def test_the_same_listener_counts_who_is_allowed_to_come(callers: Callers) -> None:
    out = Outgoing(LOOPBACK, ports=_ports(callers.port))
    with pytest.raises(OutgoingFailed):
        out.fetch(f"http://127.0.0.1:{callers.port}/", timeout_s=0.05)
    assert callers.count() == 1
    with pytest.raises(OutgoingFailed):
        out.fetch(f"http://localhost:{callers.port}/", timeout_s=0.05)
    assert callers.count() >= 1


@pytest.mark.parametrize(
    "never", ["169.254.169.254", str(IPv4Address(0)), "224.0.0.1", "::", "::ffff:10.0.0.1", "100.100.100.200"]
)
def test_some_addresses_are_never_asked_whatever_is_configured(never: str) -> None:
    out = Outgoing([ip_network("0.0.0.0/0"), ip_network("::/0")])
    assert not out.may_ask(ip_address(never))
    assert out.may_ask(ip_address("10.0.0.1"))
    assert out.may_ask(ip_address("fd12::1"))


def test_a_configured_subnet_is_asked_and_its_neighbour_is_not() -> None:
    out = Outgoing([ip_network("192.168.7.0/24")], internet=False)
    assert out.may_ask(ip_address("192.168.7.255"))
    assert not out.may_ask(ip_address("192.168.8.0"))
    assert not out.may_ask(ip_address("93.184.216.34"))


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**32 - 1))
def test_what_the_standard_library_calls_private_is_never_outside(six: int, four: int) -> None:
    """Another's list of the same registries: theirs may allow less than ours, never ours more."""
    out = Outgoing()
    for address in (ip_address(six.to_bytes(16, "big")), ip_address(four)):
        if out.may_ask(address):
            assert address.is_global
            assert not address.is_multicast


def test_a_name_is_asked_for_once_and_the_judged_address_is_called() -> None:
    """A name that leads outside at first and inside at the next question."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    called: list[IPAddress] = []

    def connect(address: IPAddress, port: int, timeout_s: float) -> socket.socket:
        del port, timeout_s
        called.append(address)
        raise ConnectionRefusedError

    out = Outgoing(resolve=lambda *_: next(answers), connect=connect)
    with pytest.raises(OutgoingFailed):
        out.fetch("http://turning.example/")
    assert called == [ip_address("93.184.216.34")]
    with pytest.raises(OutgoingRefused) as refused:
        out.fetch("http://turning.example/")
    assert refused.value.reason == "address"
    assert len(called) == 1


@contextmanager
def _answering(*pieces: bytes, hold: bool = False) -> Iterator[tuple[Outgoing, str, list[bytes]]]:
    """A server that says this to each who comes, and keeps what it was told; ``hold``: it does not hang up."""
    told: list[bytes] = []
    done = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            with caller:
                told.append(caller.recv(65_536))
                for piece in pieces:
                    caller.sendall(piece)
                if hold:
                    done.wait(30)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    connect: Connect = _only_here
    try:
        yield Outgoing(ports=_ports(port), resolve=_resolve_like_a_system, connect=connect), f":{port}", told
    finally:
        done.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def test_an_answer_comes_whole_and_the_question_names_its_host() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nX-Kind: a\r\nContent-Length: 2\r\n\r\nhi") as (out, port, told):
        answer = out.fetch(f"http://outside.example{port}/a?b=c", method="POST", body=b"{}", headers={"Accept": "x/y"})
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hi", "a")
    assert told[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: outside.example{port}".encode() in told[0]
    assert b"Accept: x/y" in told[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, callers: Callers) -> None:
    there = f"Location: http://127.0.0.1:{callers.port}/".encode()
    with _answering(b"HTTP/1.1 %d X\r\n%b\r\nContent-Length: 0\r\n\r\n" % (status, there)) as (out, port, told):
        with pytest.raises(OutgoingRefused) as refused:
            out.fetch(f"http://outside.example{port}/")
        assert len(told) == 1
    assert refused.value.reason == "redirect"
    assert callers.count() == 0


@pytest.mark.parametrize(
    "head", [b"Content-Length: 4096\r\n", b"", b"Transfer-Encoding: chunked\r\n"], ids=["told", "untold", "chunked"]
)
def test_an_answer_larger_than_wanted_is_not_read_further(head: bytes) -> None:
    body = b"1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n" if b"chunked" in head else b"x" * 4096
    with _answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body) as (out, port, _):
        assert len(out.fetch(f"http://outside.example{port}/", max_bytes=4096).body) == 4096
        with pytest.raises(OutgoingFailed, match="larger than 4095 bytes"):
            out.fetch(f"http://outside.example{port}/", max_bytes=4095)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_one_that_stays_silent_is_left_when_time_is_up(said: bytes) -> None:
    with _answering(said, hold=True) as (out, port, _), pytest.raises(OutgoingFailed, match="took too long"):
        out.fetch(f"http://outside.example{port}/", timeout_s=0.1)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_one_that_speaks_nonsense_is_a_typed_error(said: bytes) -> None:
    with _answering(said) as (out, port, _), pytest.raises(OutgoingFailed):
        out.fetch(f"http://outside.example{port}/")


def test_tls_does_not_fall_back() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (out, port, told):
        with pytest.raises(OutgoingFailed):
            out.fetch(f"https://outside.example{port}/secret")
        assert all(b"secret" not in said for said in told)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_headers_that_frame_the_question_are_ours(name: str) -> None:
    with pytest.raises(OutgoingRefused) as refused:
        Outgoing(resolve=_resolve_like_a_system).fetch("http://outside.example/", headers={name: "x"})
    assert refused.value.reason == "header"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\x00", "\u00e9"])
def test_a_header_holds_one_line(value: str) -> None:
    with pytest.raises(OutgoingRefused):
        Outgoing(resolve=_resolve_like_a_system).fetch("http://outside.example/", headers={"X-A": value})


def test_an_error_tells_nothing_of_the_network_behind_the_name() -> None:
    with pytest.raises(OutgoingRefused) as refused:
        Outgoing(resolve=_resolve_like_a_system).fetch("http://inside.example/")
    assert "10.0.0.5" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://login.example/realm?x=1", "login.example", 443, "/realm?x=1"),
        ("http://Camera-1.example:8080", "camera-1.example", 8080, "/"),
        ("http://[2606:2800:220:1::1]/x", "2606:2800:220:1::1", 80, "/x"),
        ("https://xn--fiqs8s.example/", "xn--fiqs8s.example", 443, "/"),
    ],
)
def test_plain_addresses_are_read(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url, PORTS)
    assert (target.host, target.port, target.path) == (host, port, path)
