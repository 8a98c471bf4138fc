"""The sources of the pages: fields for passwords leave their keepers alone, and whoever signed in can sign out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "ui" / "web"
KEEPERS = ("current-password", "new-password")
IN_THE_WAY = ("onPaste", "onCopy", "onDrop", "onContextMenu", "readOnly", "onKeyDown")


@cache
def _sources() -> dict[str, str]:
    files = [path for folder in ("pages", "panels", "shared") for path in (WEB / folder).rglob("*.tsx")]
    return {path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _inputs() -> list[tuple[str, str]]:
    return [
        (name, tag)
        for name, text in _sources().items()
        for tag in re.findall(r"<(?:input|Field)\b.*?/>", text, re.DOTALL)
    ]


def test_every_field_for_a_password_is_masked_and_known_to_password_managers() -> None:
    fields = [(name, tag) for name, tag in _inputs() if re.search(r"(type|autoComplete)=\S*password|'password'", tag)]
    assert {name for name, _ in fields} >= {
        "pages/login/Login.tsx", "shared/signin/PasswordForm.tsx", "pages/me/ShowAgain.tsx",
    }  # fmt: skip
    for where, tag in fields:
        assert re.search(r"type=(\"password\"|\{[^}]*'password')", tag), (where, tag)
        assert any(keeper in tag for keeper in KEEPERS), (where, tag)
        assert not any(handler in tag for handler in IN_THE_WAY), (where, tag)
        longest = re.search(r"maxLength=\{(\d+)\}", tag)
        assert longest is None or int(longest[1]) >= 128, (where, tag)


def test_nothing_in_the_pages_prevents_pasting() -> None:
    assert [name for name, text in _sources().items() if re.search(r"onPaste|Listener\('paste'", text)] == []


def test_every_page_that_asks_for_a_login_has_a_way_out() -> None:
    """That it can be seen and works: tests/e2e."""
    mains = {name: text for name, text in _sources().items() if name.endswith("main.tsx")}
    gated = {Path(name).parent for name, text in mains.items() if "SessionGate" in text}
    assert {folder.name for folder in gated} >= {"admin", "alert", "desk", "me", "ops"}
    for folder in gated:
        texts = [text for name, text in _sources().items() if Path(name).parent == folder]
        assert any("signOut()" in text or re.search(r"<Header\b", text) for text in texts), folder
    assert "signOut()" in _sources()["shared/console/Header.tsx"]


def test_signing_out_leaves_the_page_even_where_the_hall_is_not_reached() -> None:
    body = _sources()["shared/console/session.tsx"].partition("export async function signOut")[2]
    assert re.search(r"api\.delete\('/session'\)\.catch\(.*\n\s+sessionStorage\.clear\(\);\n\s+toLogin\(\);", body)
