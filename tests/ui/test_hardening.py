"""What no request and no page of another's can do: headers, origins, limits, names that lead elsewhere."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from services.kernel.http import Cookies, make_router, public
from services.kernel.strict_json import DEPTH_MAX, INTEGER_MAX, BadJson, parse_json
from tests.ui.test_wire import Seen, say, serving, statuses
from ui.api.app import create_app
from ui.api.gate import is_foreign
from ui.api.headers import HSTS_S, security_headers
from ui.api.limits import BODY_BYTES_MAX, PATH_MAX, QUERY_MAX, RequestLimit
from ui.api.pages import PAGES
from ui.api.security_txt import PATH as SECURITY_TXT
from ui.bootstrap import describe_hall

HOST = "hall.example"
SECRET = "top-secret-outside-of-the-folder"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of built pages, and files beside it that nobody is to see."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "outside.txt").write_text(SECRET)
    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "secret.txt").write_text(SECRET)
    (dist / "assets" / "page.js").write_text("export {}")
    (dist / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (dist / "assets" / "leak").symlink_to(folder / "outside.txt")
    for page in PAGES:
        (dist / page).mkdir()
        (dist / page / "index.html").write_text("<!doctype html>")
    return dist


@pytest.fixture(scope="module")
def app(site: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Of a hall that is never started: what is looked at here comes before anything of it."""
    return create_app(describe_hall(tmp_path_factory.mktemp("hall")), pages=site)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False, follow_redirects=False)


# --- headers

EVERYWHERE = ("/", "/ops/", "/assets/page.js", "/favicon.svg", "/api/v1/building", "/api/v1/twin", "/api/v1/nothing",
              "/nothing", "/metrics", SECURITY_TXT, "/api/v1/openapi.json", "/ops")  # fmt: skip


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] in ("'self'", "'none'")
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy.get("object-src", policy["default-src"]) == "'none'"
    assert not re.search(r"unsafe|https?:|\*|ws:", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_data_that_is_opened_as_a_page_runs_nothing(client: TestClient) -> None:
    assert "sandbox" in client.get("/api/v1/building").headers["content-security-policy"].split("; ")
    assert client.get("/api/v1/building").headers["cache-control"] == "no-store"


def test_browsers_that_came_by_https_never_come_in_the_clear_again() -> None:
    assert HSTS_S >= 31_536_000
    told = security_headers(api=False, https=True)["Strict-Transport-Security"]
    assert told == f"max-age={HSTS_S}; includeSubDomains"
    assert "Strict-Transport-Security" not in security_headers(api=False, https=False)


def test_an_unforeseen_error_says_nothing_of_what_it_was(site: Path, tmp_path: Path) -> None:
    hall = describe_hall(tmp_path)
    hall.building = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    broken = TestClient(create_app(hall, pages=site), raise_server_exceptions=False)
    answer = broken.get("/api/v1/building")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "division" not in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG"])
def test_methods_that_nobody_needs_are_not_there(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/v1/building", headers={"x-echo": SECRET})
    assert answer.status_code == 405
    assert SECRET not in answer.text
    assert answer.headers["allow"] == "GET"


def test_no_page_with_scripts_of_others_describes_the_api(client: TestClient) -> None:
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/api/docs", "/openapi.json")} == {404}


# --- whose page asks

ORIGINS = {
    None: False, f"http://{HOST}": False, "https://evil.example": True, "null": True,
    f"http://{HOST}.evil.example": True,
    f"http://evil.example/{HOST}": True, f"http://{HOST}:8081": True, f"http://sub.{HOST}": True, "file://": True,
    f"http://{HOST}@evil.example": True, "": True, f"ftp://{HOST}": True, f"HTTP://{HOST}": True,
}  # fmt: skip
SITES = {None: False, "same-origin": False, "same-site": True, "cross-site": True}


def test_a_page_of_another_origin_cannot_change_anything(client: TestClient) -> None:
    wrong = []
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for (origin, foreign), (site, elsewhere) in itertools.product(ORIGINS.items(), SITES.items()):
            sent = {"origin": origin, "sec-fetch-site": site, "sec-fetch-mode": "cors"}
            told = {name: value for name, value in sent.items() if value is not None}
            answer = client.request(method, "/api/v1/tokens", headers=told)
            if (answer.status_code == 403) != (foreign or elsewhere):
                wrong.append((method, origin, site, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("mode", ["cors", "no-cors", "websocket", "navigate"])
@pytest.mark.parametrize("whence", ["cross-site", "same-site"])
def test_a_page_of_another_site_reads_nothing_but_may_lead_here(client: TestClient, whence: str, mode: str) -> None:
    answer = client.get("/api/v1/building", headers={"sec-fetch-site": whence, "sec-fetch-mode": mode})
    assert (answer.status_code == 403) == (mode != "navigate")


def test_a_form_of_another_site_cannot_be_sent_by_a_page_that_is_opened(client: TestClient) -> None:
    sent = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.post("/api/v1/session", headers=sent).status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/live", "/api/v1/live/replay?view=ops", "/api/v1/whatever/comes"])
def test_a_socket_is_not_opened_by_a_page_of_another_origin(client: TestClient, path: str) -> None:
    for origin in (origin for origin, foreign in ORIGINS.items() if foreign and origin is not None):
        with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(path, headers={"origin": origin}):
            raise AssertionError(f"it was opened for {origin}")
        assert closed.value.code == 4403


def test_behind_https_a_page_that_came_in_the_clear_is_another() -> None:
    def asked(origin: str) -> Request:
        headers = [(b"origin", origin.encode()), (b"host", HOST.encode())]
        return Request({"type": "http", "method": "POST", "headers": headers})

    assert is_foreign(asked(f"http://{HOST}"), https=True)
    assert not is_foreign(asked(f"https://{HOST}"), https=True)


# --- how much, how deep, how slow


def test_a_body_over_the_limit_is_refused_unread(client: TestClient) -> None:
    answer = client.post("/api/v1/session", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, BODY_BYTES_MAX)


def test_a_body_that_tells_no_length_is_counted(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 65_536

    answer = client.post("/api/v1/session", content=pieces(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "0x10"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    assert client.post("/api/v1/session", content=b"{}", headers={"content-length": length}).status_code == 413


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    import anyio

    told: list[int] = []

    async def inner(_scope: Any, receive: Any, _send: Any) -> None:
        try:
            await receive()
        except HTTPException as error:
            told.append(error.status_code)

    async def never() -> Any:
        await anyio.sleep_forever()

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
        await RequestLimit(inner, body_within_s=0.01)(scope, never, None)  # type: ignore[arg-type]

    anyio.run(run)
    assert told == [408]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/v1/building?q={'x' * QUERY_MAX}", 414),
        (f"/api/v1/{'x' * PATH_MAX}", 414),
        ("/api/v1/building/places?q=a%00b", 400),
        ("/api/v1/guide/items/%00", 400),
    ],
)
def test_an_address_has_an_end_and_holds_text(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


BAD_JSON = {
    "depth": b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
    "deeper": b"[" * 200_000 + b"]" * 200_000,
    "twice": b'{"user":"a","user":"b"}',
    "nan": b'{"a":NaN}',
    "infinity": b"-Infinity",
    "large": b"1e999",
    "long": b"9" * 5_000,
    "above": str(INTEGER_MAX + 1).encode(),
    "nul": b'{"a":"\\u0000"}',
    "nul in a name": b'{"\\u0000":1}',
    "half a pair": b'"\\ud800"',
    "latin": b'"\xe9"',
    "utf-16": '{"a":1}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_json_that_could_be_read_differently_is_refused(name: str) -> None:
    with pytest.raises(BadJson):
        parse_json(BAD_JSON[name])


@pytest.mark.parametrize("name", BAD_JSON)
def test_a_route_answers_such_json_in_words(client: TestClient, name: str) -> None:
    answer = client.post("/api/v1/session", content=BAD_JSON[name], headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (422, "bad_json")


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
NUMBERS = st.integers(-INTEGER_MAX, INTEGER_MAX) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_other_json_is_read_as_everybody_reads_it(document: Any) -> None:
    for ascii_only in (True, False):
        assert parse_json(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_a_typed_error(body: bytes) -> None:
    try:
        parse_json(body)
    except (BadJson, json.JSONDecodeError):
        return
    json.loads(body)


# --- names that lead elsewhere

STEPS = ("..", "%2e%2e", "%252e%252e", "..%2f", "%2e%2e%2f", "..%5c", "..\\", "..;", ".%2e", "%c0%ae%c0%ae",
         "%e0%80%ae%e0%80%ae", "\u2025", "....//", "..%00", "%uff0e%uff0e", "..%c0%af", "..%ef%bc%8f", "%2e%2e%5c",
         ".../...", "..%01")  # fmt: skip
TARGETS = ("secret.txt", "outside.txt", "../outside.txt", "etc/passwd", "vault.key")
ABSOLUTE = ("/etc/passwd", "//etc/passwd", "C:/boot.ini", "file:///etc/passwd", "~/.ssh/id_rsa", ".git/config", ".env",
            "leak", "../dist/secret.txt", ".", "")  # fmt: skip
ROOTS = ("/assets/", "/assets/x/../", "/ops/", "/", "/.well-known/")


def _names() -> list[str]:
    climbed = [
        f"{root}{'/'.join([step] * depth)}/{target}"
        for root in ROOTS for step in STEPS for depth, target in zip((1, 2, 3, 6), TARGETS, strict=False)
    ]  # fmt: skip
    plain = [f"{root}{target}" for root in ROOTS for target in TARGETS]
    absolute = [f"{root}{name}" for root in ROOTS for name in ABSOLUTE]
    return [*climbed, *plain, *absolute]


def test_hundreds_of_names_lead_to_no_file_outside_and_no_list_of_files(app: FastAPI) -> None:
    """Over a real socket, byte for byte: no client shortens them on the way."""
    names = sorted(set(_names()))
    assert len(names) >= 300
    with serving(Seen(app)) as port:
        heard = {
            name: say(
                port, b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (name.encode(), HOST.encode())
            )
            for name in names
        }
    status = {name: statuses(answer) for name, answer in heard.items()}
    assert {name: told for name, told in status.items() if told not in ([200], [307], [400], [401], [404])} == {}
    assert [name for name, answer in heard.items() if SECRET.encode() in answer or b"root:" in answer] == []
    assert [name for name, answer in heard.items() if b"page.js" in answer] == []
    shown = {name for name, told in status.items() if told == [200]}
    assert shown <= {"/ops/", "/ops/."}, "no name of these is a page of ours"


def test_security_txt_names_whom_to_tell(site: Path, tmp_path: Path) -> None:
    hall = describe_hall(tmp_path)
    assert TestClient(create_app(hall, pages=site)).get(SECURITY_TXT).status_code == 404
    hall.security_contact = "mailto:security@hall.example"
    hall.now_ms = lambda: 1_767_225_600_000  # 2026-01-01
    answer = TestClient(create_app(hall, pages=site)).get(SECURITY_TXT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert lines["Contact"] == "mailto:security@hall.example"
    assert lines["Expires"] == "2026-06-30T00:00:00Z"


def test_cookies_are_bound_to_this_host_where_there_is_https() -> None:
    from services.kernel.http import HTTPS_COOKIES

    assert isinstance(HTTPS_COOKIES, Cookies)
    assert HTTPS_COOKIES.session.startswith("__Host-")
    assert HTTPS_COOKIES.device.startswith("__Host-")
    assert HTTPS_COOKIES.secure


def test_a_route_of_a_module_reads_strict_json_too() -> None:
    routes = make_router("x")

    @routes.post("/x", **public())
    def take(body: dict[str, int]) -> dict[str, int]:
        return body

    app = FastAPI()
    app.include_router(routes)

    @app.middleware("http")
    async def act(request: Request, call_next: Any) -> Any:
        from services.kernel.actor import make_visitor

        request.state.actor = make_visitor("s")
        return await call_next(request)

    client = TestClient(app)
    assert client.post("/x", json={"a": 1}).json() == {"a": 1}
    with pytest.raises(BadJson):
        client.post("/x", content=b'{"a":1,"a":2}', headers={"content-type": "application/json"})
