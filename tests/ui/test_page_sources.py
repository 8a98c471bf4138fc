"""The sources of the pages: every way to make a link or leave a page is known, no text becomes code or a prototype."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "ui" / "web"
PARTS = ("pages", "panels", "shared", "engine")
LINK = re.compile(r"\b(?:href|src|action|formAction|srcDoc|poster|xlinkHref)=(\"[^\"]*\"|(?=\{))")
LEAVING = re.compile(
    r"location\.(?:assign|replace)\((.*?)\)[;}\s]|location(?:\.href)? = ([^;]+);|window\.open\(([^)]*)"
)
ENCODED = r"(?:encodeURIComponent|String|hashOf|formatLink|addressOf)\("
OWN_LINKS = (
    r"[/#](?!/)[\w/.#?=&%-]*",  # "/go/", "#devices"
    r"`[/#](?!/)(?:[^`$]|\$\{" + ENCODED + r"[^`]*?\)\}|\$\{\w+(?:\.id)?\}|\$\{[^`]*encodeURIComponent\([^`]*\})*`",
    r"`/api/v1/qr\.svg\?path=\$\{encodeURIComponent\(.*\)\}`",
    (
        r"`/ops/#v=single&f=\$\{encodeURIComponent\(drawn\.number\)\}"
        r"\$\{device \? `&s=\$\{encodeURIComponent\(keyOf\(device\.id\)\)\}` : ''\}`"
    ),
    r"`tel:\$\{\w+(?:\.\w+\.replace\(/\[\^\+\\d\]/g, ''\))?\}`",
    r"`data:image/svg\+xml;utf8,\$\{encodeURIComponent\(one\.qr\)\}`",
    r"(?:own \? )?hashOf\(.*\)(?: : hashOf\(.*\))?",
    r"hrefOf\(place\)|deviceLink\([\w.()]+\)|imageOf\([\w.]+\)",
    r"csv|again|address|drawn\.source",
)
"""What a link may be made of: a path of ours, in which what is put is encoded; a number to call; our own QR code."""
OWN_WAYS_OUT = {
    "pages/login/Login.tsx: url": "the identity provider that the house has set, of the scheme it has set it by",
    "shared/signin/next.ts: actor.must_show_factor": "an address of this hall: ownPage",
    "pages/me/Outside.tsx: asked.url": "the same",
    "pages/me/Me.tsx: ownPage(new": "an address of this hall",
    "shared/api/client.ts: `/login/?next=$": "our login",
    "shared/console/session.tsx: `/me/?next=$": "our own page of factors",
}
MADE_OF_CODE = re.compile(
    r"dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\b"
    r"|set(?:Timeout|Interval)\(\s*['\"`]|createContextualFragment|srcDoc|javascript:"
)
PROTOTYPES = re.compile(
    r"__proto__|\.prototype\[|\.prototype\.\w+ =[^=]|setPrototypeOf|Object\.assign\(|for \((?:const|let) \w+ in "
)
COMPUTED = re.compile(r"[\w)\]]!?\[(?!['\"`\d])[^\]\n]+\]!?(?:\.\w+)* (?:[-+*/|&?]|\?\?|\|\||&&)?=(?![=>])")


def _sources() -> Iterator[tuple[str, str]]:
    for part in PARTS:
        for path in sorted((WEB / part).rglob("*.ts*")):
            name = path.relative_to(WEB).as_posix()
            if ".test." not in name and not name.endswith(".d.ts"):
                yield name, re.sub(r"(?<!:)//.*|/\*(?:.|\n)*?\*/", "", path.read_text(encoding="utf-8"))


def _links(text: str) -> Iterator[str]:
    """What stands between the quotes, or between the braces that belong together."""
    for found in LINK.finditer(text):
        if found[1]:
            yield found[1].strip('"')
            continue
        depth = 0
        for at in range(found.end(), len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0:
                yield text[found.end() + 1 : at].strip()
                break


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    found = dict(_sources())
    assert len(found) > 150
    return found


def test_every_link_is_a_path_of_ours_in_which_what_is_put_is_encoded(sources: dict[str, str]) -> None:
    """So no name, however it is written, is a protocol or another host."""
    links = [(name, link) for name, text in sources.items() if name.endswith("x") for link in _links(text)]
    assert len(links) > 50
    assert [link for link in links if not any(re.fullmatch(own, link[1]) for own in OWN_LINKS)] == []


def test_every_way_out_of_a_page_is_known(sources: dict[str, str]) -> None:
    ways = {
        f"{name}: {next(filter(None, found.groups())).split()[0].partition('{')[0]}"
        for name, text in sources.items()
        for found in LEAVING.finditer(text)
    }
    assert ways == set(OWN_WAYS_OUT)


def test_no_text_becomes_code_in_a_page(sources: dict[str, str]) -> None:
    assert [(name, found[0]) for name, text in sources.items() for found in MADE_OF_CODE.finditer(text)] == []


def test_no_name_becomes_a_field_and_nobody_touches_prototypes(sources: dict[str, str]) -> None:
    """Objects are made anew and never written into by a name that was computed; what is looked up by one is a Map."""
    assert [(name, found[0]) for name, text in sources.items() for found in PROTOTYPES.finditer(text)] == []
    assert [(name, found[0]) for name, text in sources.items() for found in COMPUTED.finditer(text)] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (COMPUTED, "kept[name] = value"), (COMPUTED, "a[b.c] ??= 1"), (COMPUTED, "rows[i]! += 2"),
        (COMPUTED, "a[b].c = 1"), (PROTOTYPES, "Array.prototype.at = f"), (PROTOTYPES, "a.__proto__"),
        (PROTOTYPES, "Object.assign(a, b)"), (PROTOTYPES, "for (const key in found)"),
        (MADE_OF_CODE, "setTimeout('run()')"), (MADE_OF_CODE, "<a href='javascript:x'>"),
    ],
)  # fmt: skip
def test_it_would_be_seen(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize(
    "link", ["place.url", "`${place.url}`", "`//${host}`", "javascript:x", "//evil", "`/go/${place.name}`"]
)
def test_a_link_of_another_kind_would_be_seen(link: str) -> None:
    assert not any(re.fullmatch(own, link) for own in OWN_LINKS)


def test_the_linter_forbids_the_same() -> None:
    rules = (WEB / "eslint.config.js").read_text(encoding="utf-8")
    for rule in ("no-eval", "no-implied-eval", "no-new-func", "no-script-url", "no-proto", "no-extend-native"):
        assert f"'{rule}': 'error'" in rules
    assert "MemberExpression.left[computed=true]" in rules
