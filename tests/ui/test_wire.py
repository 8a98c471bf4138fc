"""What comes over a real socket: where a request ends is beyond doubt, and nobody says where it came from but proxies
that the house named.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import InvalidMessage
from websockets.sync.client import connect

from services.kernel.http import address_of
from ui.api.app import create_app
from ui.bootstrap import describe_hall
from ui.server import make_server

PATIENCE_S = 20.0
HOST = b"Host: hall.example\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: hall.example\r\n\r\n"


class Seen:
    """Notes what reached the app, and from whom; says so at ``/who``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.paths = app, list[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # the hall itself is not started: what is looked at here comes before it
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        self.paths.append(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": _who(scope)})
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/who":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": _who(scope).encode()})
        else:
            await self._app(scope, receive, send)


def _who(scope: Scope) -> str:
    return json.dumps({"address": address_of(HTTPConnection(scope)), "scheme": scope["scheme"]})


@contextmanager
def serving(app: ASGIApp, **options: Any) -> Iterator[int]:
    """The server as a hall runs it, at this port."""
    server = make_server(app, **options)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(create_app(describe_hall(tmp_path_factory.mktemp("hall")), pages=None))


@pytest.fixture(scope="module")
def port(seen: Seen) -> Iterator[int]:
    with serving(seen) as port:
        yield port


def say(port: int, *pieces: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """Everything that comes back until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as plain:
        link = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        with link:
            for piece in pieces:
                link.sendall(piece)
            heard = bytearray()
            try:
                while chunk := link.recv(65_536):
                    heard += chunk
            except ConnectionResetError:  # it closed before it had read all
                pass
            return bytes(heard)


def statuses(heard: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", heard)]


# --- where a request ends

POST = b"POST /api/v1/session HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
GET = b"GET /api/v1/building HTTP/1.1\r\n" + HOST
HIDDEN = b"0\r\n\r\n" + SMUGGLED
LENGTH = b"Content-Length: %d\r\n" % len(HIDDEN)
CHUNKED = b"Transfer-Encoding: chunked\r\n"

VECTORS: dict[str, bytes] = {
    "length and coding": POST + LENGTH + CHUNKED + b"\r\n" + HIDDEN,
    "coding and length": POST + CHUNKED + LENGTH + b"\r\n" + HIDDEN,
    "coding and no length at all": POST + CHUNKED + b"Content-Length: 0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + HIDDEN,
    "two lengths in one": POST + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +%d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length in another base": POST + b"Content-Length: 0x10\r\n\r\n" + HIDDEN,
    "a length in words": POST + b"Content-Length: many\r\n\r\n" + HIDDEN,
    "an empty length": POST + b"Content-Length: \r\n\r\n" + HIDDEN,
    "digits of another script": POST + "Content-Length: ١٠\r\n\r\n".encode() + HIDDEN,
    "a coding nobody knows": POST + LENGTH + b"Transfer-Encoding: xchunked\r\n\r\n" + HIDDEN,
    "two codings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n" + HIDDEN,
    "a list of codings": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + HIDDEN,
    "a coding with a vertical tab": POST + LENGTH + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + HIDDEN,
    "a coding in quotes": POST + LENGTH + b'Transfer-Encoding: "chunked"\r\n\r\n' + HIDDEN,
    "a blank before the colon": POST + LENGTH + b"Transfer-Encoding : chunked\r\n\r\n" + HIDDEN,
    "a name with a blank": POST + LENGTH + b"Transfer Encoding: chunked\r\n\r\n" + HIDDEN,
    "a coding on the next line": POST + LENGTH + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + HIDDEN,
    "a length that continues a line": POST + b"X-A: b\r\n\tContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a first header that continues nothing": b"GET /api/v1/building HTTP/1.1\r\n Host: x\r\n\r\n" + SMUGGLED,
    "lines that end by LF": GET.replace(b"\r\n", b"\n") + b"\n" + SMUGGLED,
    "one line that ends by LF": GET + b"X-A: b\nContent-Length: 5\r\n\r\n" + SMUGGLED,
    "a bare CR": GET + b"X-A: b\rContent-Length: 5\r\n\r\n" + SMUGGLED,
    "a NUL": GET + b"X-A: b\x00\r\n\r\n" + SMUGGLED,
    "two hosts": GET + b"Host: evil.example\r\n\r\n" + SMUGGLED,
    "no host": b"GET /api/v1/building HTTP/1.1\r\n\r\n" + SMUGGLED,
    "no version": b"GET /api/v1/building\r\n\r\n" + SMUGGLED,
    "a chunk without a size": POST + CHUNKED + b"\r\nG\r\n" + SMUGGLED,
    "a chunk of negative size": POST + CHUNKED + b"\r\n-1\r\n" + SMUGGLED,
    "a chunk in another notation": POST + CHUNKED + b"\r\n0x2\r\n{}\r\n" + HIDDEN,
    "a chunk longer than told": POST + CHUNKED + b"\r\n1\r\n{}\r\n" + HIDDEN,
    "a size without end": POST + CHUNKED + b"\r\n" + b"f" * 40 + b"\r\n" + SMUGGLED,
    "a head without end": GET + b"X-A: " + b"a" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_a_request_that_ends_in_two_places_is_refused_and_ends_the_connection(port: int, seen: Seen, name: str) -> None:
    heard = say(port, VECTORS[name])
    assert len(statuses(heard)) == 1, heard
    assert statuses(heard)[0] in (400, 501), heard
    assert "/smuggled" not in seen.paths
    # The next one, on a line of its own, is what it says.
    assert statuses(say(port, GET + b"Connection: close\r\n\r\n")) == [200]


def test_the_same_request_in_order_is_answered_and_so_is_the_one_behind_it(port: int, seen: Seen) -> None:
    """Else the test above could not fail."""
    body = b"2\r\n{}\r\n0\r\n\r\n"
    behind = b"GET /behind HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    assert statuses(say(port, POST + CHUNKED + b"\r\n" + body + behind)) == [422, 404]
    assert statuses(say(port, POST + b"Content-Length: 2\r\n\r\n{}" + behind)) == [422, 404]
    assert seen.paths[-2:] == ["/api/v1/session", "/behind"]


def test_however_it_is_cut_into_pieces_it_is_the_same(port: int, seen: Seen) -> None:
    folded = VECTORS["a length that continues a line"]
    cut = folded.index(b"\r\n\t") + 2
    assert statuses(say(port, folded[:cut], folded[cut:])) == [400]
    whole = POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    assert statuses(say(port, *(whole[n : n + 1] for n in range(len(whole))))) == [422]
    # Behind a request in order: it was not looked at before that one was answered.
    assert statuses(say(port, GET + b"\r\n" + VECTORS["a coding on the next line"])) == [200, 400]
    assert "/smuggled" not in seen.paths


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key", "Origin"])
def test_a_header_that_decides_something_is_there_once(port: int, name: str) -> None:
    twice = f"{name}: application/json\r\n{name}: text/plain\r\n".encode()
    heard = say(
        port, b"POST /api/v1/session HTTP/1.1\r\n" + HOST + twice + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert statuses(heard)[0] in ((400, 403) if name == "Origin" else (400,)), heard


def test_what_the_server_answers_by_itself_says_what_it_is(port: int) -> None:
    heard = say(port, b"no http at all\r\n\r\n")
    assert statuses(heard) == [400]
    assert b"content-type: text/plain; charset=utf-8" in heard.lower()


# --- where it came from

CLAIMS = (
    b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 198.51.100.1\r\n"
    b"X-Client-IP: 198.51.100.1\r\nForwarded: for=198.51.100.1;proto=https\r\nX-User-ID: admin\r\n"
    b"X-Forwarded-Host: evil.example\r\n"
)


def who(port: int, headers: bytes) -> Any:
    heard = say(port, b"GET /who HTTP/1.1\r\n" + HOST + headers + b"Connection: close\r\n\r\n")
    return json.loads(re.findall(rb"\{.*\}", heard)[0])


def test_nobody_is_believed_where_the_house_named_no_proxy(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert who(port, CLAIMS) == {"address": "127.0.0.1", "scheme": "http"}
    with connect(
        f"ws://127.0.0.1:{port}/who", additional_headers={"X-Forwarded-For": "198.51.100.1"}, proxy=None
    ) as line:  # fmt: skip
        assert json.loads(line.recv(PATIENCE_S)) == {"address": "127.0.0.1", "scheme": "ws"}
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own way of being told
    with serving(Seen(_nothing)) as other:
        assert who(other, CLAIMS) == {"address": "127.0.0.1", "scheme": "http"}


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError((scope, receive, send))


def test_of_what_a_named_proxy_says_only_its_own_word_counts() -> None:
    with serving(Seen(_nothing), proxies="127.0.0.1, 10.0.0.0/8") as port:
        # What a client wrote itself stands before what the proxy adds.
        forged = b"X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"
        assert who(port, forged)["address"] == "203.0.113.9"
        assert (
            who(port, b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n")["address"] == "203.0.113.9"
        )
        assert who(port, b"X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.2.3.4\r\n")["address"] == "203.0.113.9"
        assert who(port, b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n")["scheme"] == "https"
        assert who(port, b"X-Real-IP: 198.51.100.1\r\nForwarded: for=198.51.100.1\r\n")["address"] == "127.0.0.1"
    with serving(Seen(_nothing), proxies="10.0.0.0/8") as port:
        assert who(port, CLAIMS) == {"address": "127.0.0.1", "scheme": "http"}


# --- in the clear, and not


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], ssl.SSLContext]:
    """A certificate of our own for localhost, and a client that knows it."""
    folder = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    options = {"certificate": str(folder / "c.pem"), "key": str(folder / "k.pem")}
    return options, ssl.create_default_context(cafile=folder / "c.pem")


def test_where_there_is_https_nothing_is_said_in_the_clear_and_nobody_is_led_over(
    seen: Seen, tls: tuple[dict[str, str], ssl.SSLContext]
) -> None:
    """A program that asks by http by mistake learns it at once: no redirect makes it work."""
    options, trusting = tls
    with serving(seen, **options) as port:
        assert statuses(say(port, GET + b"Connection: close\r\n\r\n", tls=trusting)) == [200]
        before = list(seen.paths)
        assert say(port, GET + b"Authorization: Bearer secret\r\n\r\n") == b""
        assert seen.paths == before
        # Sockets are of the same port: wss, and no ws beside it.
        with connect(f"wss://127.0.0.1:{port}/api/v1/live", ssl=trusting, proxy=None) as line:
            assert json.loads(line.recv(PATIENCE_S))["scheme"] == "wss"
        with pytest.raises((InvalidMessage, EOFError, OSError)):
            connect(f"ws://127.0.0.1:{port}/api/v1/live", proxy=None)


def test_no_address_of_the_api_leads_elsewhere_by_itself(tmp_path: Path) -> None:
    """Pages redirect within themselves; an API that is asked at the wrong place says so."""
    from ui.testing_inside import ask_app

    dist = tmp_path / "dist"
    for page in ("ops", "go", "login"):
        (dist / page).mkdir(parents=True)
        (dist / page / "index.html").write_text("<!doctype html>")
    app = create_app(describe_hall(tmp_path), pages=dist)
    asked = [
        f"{start}{end}"
        for start in ("/", "/ops", "/go", "//evil.example", "/\\evil.example", "/%5cevil", "/%09/evil.example")
        for end in ("", "/", "//evil.example", "/..//evil.example/", "?next=//evil.example", "?url=https://evil.example/")
    ]  # fmt: skip

    async def ask_all() -> dict[str, Any]:
        return {path: await ask_app(app, "GET", path, headers={"host": "hall.example"}) for path in asked}

    answers = asyncio.run(ask_all())
    led = {path: answer.headers["location"] for path, answer in answers.items() if 300 <= answer.status < 400}
    assert led
    away = {path: to for path, to in led.items() if not re.fullmatch(r"(http://hall\.example)?/([a-z][^\\]*)?", to)}
    assert away == {}
    for path in ("/api/v1/building/", "/api/v1/twin/"):
        assert asyncio.run(ask_app(app, "GET", path)).status == 404
