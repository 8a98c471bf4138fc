"""What comes back says what it is, in what characters, and by what name it is kept."""

from __future__ import annotations

import asyncio
import codecs
import gzip
import json
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from services.kernel.http import attachment
from tests.ui.requests_of import list_operations
from ui.api.app import create_app
from ui.api.gate import API
from ui.bootstrap import describe_hall
from ui.testing_inside import Answer, InsideHall, ask_app

pytestmark = pytest.mark.integration

NO_BODY = frozenset({204, 304})
READABLE = ("shifanqu", "1F", "RSJ-01")
FILES = {
    "/history/export?format=csv": ("manager", ".csv"),
    "/history/export?format=parquet": ("manager", ".parquet"),
    "/audit/export": ("audit_admin", ".csv"),
    "/accounts/import/template": ("admin", ".xlsx"),
}
NAMED = re.compile(r'attachment; filename="[A-Za-z0-9._-]{1,120}"')


def find_defect(answer: Answer) -> str | None:
    """Why this answer is not what it says, None where it is."""
    kind = answer.headers.get("content-type", "")
    if not answer.body:
        return f"{kind} of nothing" if kind and answer.status in NO_BODY else None
    if not kind:
        return "no content type"
    body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
    media, _, rest = kind.partition(";")
    charset = re.search(r"charset=([\w-]+)", rest, re.IGNORECASE)
    is_text = media.startswith("text/") or media.endswith(("/xml", "+xml"))
    if is_text and (charset is None or codecs.lookup(charset[1]).name != "utf-8"):
        return f"{kind}: no charset"
    try:
        if media.endswith("json"):
            json.loads(body.decode("utf-8"))
        elif media.endswith("xml"):
            ET.fromstring(body)  # noqa: S314 - our own
        elif media.startswith("text/"):
            body.decode("utf-8")
    except ValueError as error:
        return f"{kind}: {error}"
    return None


def test_every_answer_says_what_it_is_and_in_what_characters(inside: InsideHall) -> None:
    """Those that were asked for, and the refusals of the same."""
    wrong, kinds, asked = [], set(), 0
    for operation in list_operations(inside):
        if operation.method != "GET":
            continue
        for text in READABLE:
            answer = operation.ask(inside, text)
            asked += 1
            kinds.add(answer.headers.get("content-type", ""))
            if defect := find_defect(answer):
                wrong.append((operation.name, text, answer.status, defect))
    assert wrong == []
    for path in ("/qr.svg?path=/go/", "/building/plan/1F.svg", "/live/sse", "/history/export", "/kinds/document"):
        answer = inside.ask("GET", API + path, who="manager")
        kinds.add(answer.headers["content-type"])
        assert (answer.status, find_defect(answer)) == (200, None), path
    assert asked > 100
    assert {kind.partition(";")[0] for kind in kinds} >= {
        "application/json", "application/problem+json", "image/svg+xml", "text/csv", "text/turtle", "text/event-stream",
    }  # fmt: skip


def test_pages_and_their_parts_say_it_too(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    for path, text in {
        "ops/index.html": "<!doctype html><title>大厅</title>", "assets/a.js": "export {}", "assets/a.css": "body{}",
        "assets/a.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }.items():  # fmt: skip
        (dist / path).parent.mkdir(parents=True, exist_ok=True)
        (dist / path).write_text(text, encoding="utf-8")
    app = create_app(describe_hall(tmp_path), pages=dist)
    for path in (
        "/ops/",
        "/assets/a.js",
        "/assets/a.css",
        "/assets/a.svg",
        "/favicon.svg",
        "/nothing",
        "/metrics",
        "/",
    ):
        answer = asyncio.run(ask_app(app, "GET", path))
        assert find_defect(answer) is None, (path, find_defect(answer))


def test_a_defect_is_noticed() -> None:
    assert find_defect(Answer(200, {}, b"x")) == "no content type"
    assert find_defect(Answer(200, {"content-type": "image/svg+xml"}, b"<svg/>")) == "image/svg+xml: no charset"
    assert find_defect(Answer(200, {"content-type": "text/csv; charset=gbk"}, b"a")) is not None
    assert find_defect(Answer(200, {"content-type": "application/json"}, b"<p>")) is not None
    assert find_defect(Answer(200, {"content-type": "text/plain; charset=utf-8"}, "é".encode("latin-1"))) is not None
    assert find_defect(Answer(200, {"content-type": "text/plain; charset=utf-8"}, "é".encode())) is None


# --- names of files

EVIL_NAMES = (
    "../../../../etc/passwd", 'a"; filename="evil.exe', "a\r\nSet-Cookie: injected=1", "C:\\boot.ini", "évil.html",
    "a;b=c", "con", ".htaccess", "a%0d%0aX: 1", "名单.csv", "\u202egpj.exe",
)  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_handed_out_has_a_name_of_our_own(inside: InsideHall, path: str) -> None:
    who, ending = FILES[path]
    answer = inside.ask("GET", API + path, who=who)
    assert answer.status == 200
    assert NAMED.fullmatch(answer.headers["content-disposition"])
    assert answer.headers["content-disposition"].endswith(f'{ending}"')
    own = re.sub(r"\d{6,}", "N", answer.headers["content-disposition"])
    for name in EVIL_NAMES[:3]:
        with_name = f"{API}{path}{'&' if '?' in path else '?'}" + "&".join(
            f"{word}={quote(name, safe='')}" for word in ("filename", "name", "file", "callback", "download")
        )
        again = inside.ask("GET", with_name, who=who)
        assert re.sub(r"\d{6,}", "N", again.headers["content-disposition"]) == own
        assert "x" not in again.headers
        assert "injected" not in again.headers.get("set-cookie", "")


def test_every_answer_that_is_a_file_has_one(inside: InsideHall) -> None:
    """A table or a sheet is kept, not shown; so a new route of that kind is in the list above."""
    kept = {"text/csv", "application/vnd.apache.parquet", "application/octet-stream", "application/zip"}
    found = {
        operation.name.removeprefix("GET ")
        for operation in list_operations(inside)
        if operation.method == "GET"
        and any(
            kind in kept or kind.endswith("sheet") for kind in operation.told["responses"]["200"].get("content", {})
        )
    }
    assert found == {path.partition("?")[0] for path in FILES}


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_whatever_a_hall_is_called_the_header_is_one_name(name: str) -> None:
    assert NAMED.fullmatch(attachment(name)["Content-Disposition"])
    assert attachment("shifanqu-1-2.csv")["Content-Disposition"] == 'attachment; filename="shifanqu-1-2.csv"'


def test_the_name_of_an_upload_is_a_text_and_nothing_else(inside: InsideHall) -> None:
    for name in EVIL_NAMES[:2]:  # each is read by a process of its own
        answer = inside.ask("POST", f"{API}/building/drafts?name={quote(name, safe='')}", b"no building", who="manager")
        assert answer.status in (202, 409), answer.text
        if answer.status != 202:
            break  # as many drafts as there may be
        draft = answer.json()
        assert draft["file"] == name
        assert "content-disposition" not in answer.headers
        assert inside.ask("DELETE", f"{API}/building/drafts/{draft['id']}", who="manager").status == 204
