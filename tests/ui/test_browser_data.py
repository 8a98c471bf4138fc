"""docs/security/data.md says what pages keep in a browser and whom they talk to: nothing else is in their sources."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ui.api.headers import security_headers

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/security/data.md").read_text(encoding="utf-8")
WEB = ROOT / "ui/web"
STORES = re.compile(r"\b(localStorage|sessionStorage)\.(?:getItem|setItem|removeItem)\(\s*([^,)]+)")
HANDED_ON = re.compile(r"\b(localStorage|sessionStorage)\b(?!\.)")
KEEPS_BY_ITSELF = {"pages/go/goKept.tsx"}
"""Gets the store as an argument: its names begin with its prefix."""
JUDGES = {"shared/api/ownPage.ts"}
"""Holds a made-up host, against which addresses are judged."""
ELSEWHERE = re.compile(r"""["'`(](?:https?:)?//(?!www\.w3\.org/)[a-z0-9]""", re.IGNORECASE)


@cache
def sources() -> dict[str, str]:
    return {
        path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("pages", "panels", "shared", "engine")
        for path in sorted((WEB / folder).rglob("*"))
        if path.suffix in {".ts", ".tsx", ".css", ".html"} and ".test." not in path.name and path.name != "schema.d.ts"
    }


def named(what: str, text: str) -> str:
    """The name behind a constant, or in a template of it."""
    constant = match[1] if (match := re.match(r"`\$\{([A-Z]+)\}", what)) else what
    if found := re.search(rf"const {re.escape(constant)} = '([^']+)'", text):
        return found[1]
    return what.strip("'`")


def test_pages_keep_what_stands_there_and_nothing_else() -> None:
    table = DOCUMENT.partition("## In the browser")[2]
    told = set(re.findall(r"^\| `(hall\.[a-z.]+)` \| (local|session) ", table, re.MULTILINE))
    kept = {
        (named(key.strip(), text), store.removesuffix("Storage"))
        for text in sources().values()
        for store, key in STORES.findall(text)
    }
    prefix = re.search(r"const PREFIX = '([^']+)'", sources()["pages/go/goKept.tsx"])
    assert prefix is not None
    assert kept | {(prefix[1], "local")} == told


def test_nothing_else_of_a_browser_is_used_to_keep_something() -> None:
    other = re.compile(r"\bindexedDB\b|\bcaches\.|document\.cookie|navigator\.storage|serviceWorker\b|cookieStore")
    assert [name for name, text in sources().items() if other.search(text)] == []
    assert {name for name, text in sources().items() if HANDED_ON.search(text)} <= KEEPS_BY_ITSELF


def test_pages_talk_to_nobody_else() -> None:
    assert {name for name, text in sources().items() if ELSEWHERE.search(text)} == JUDGES
    policy = dict(part.strip().partition(" ")[::2] for part in
                  security_headers(api=False, https=True)["Content-Security-Policy"].split(";"))  # fmt: skip
    for name in ("default-src", "connect-src", "script-src", "style-src"):
        assert policy[name] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["form-action"] == "'self'"
