"""What people write is stored by the API, shown by the pages in a real browser as text, and never runs.

A handful of vectors in every field; hundreds where HALLTWIN_FIGURES names a file for the figures.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.driver import Complaints, OpenPage, RunningHall
from tests.e2e.poison import BODIES, PAGES, UNWRITTEN, WRITTEN, Written, vectors, writable_fields
from tests.e2e.poison_writers import Writers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

FIGURES = os.environ.get("HALLTWIN_FIGURES")
LONG_VECTORS, ROUND_VECTORS, SHORT_VECTORS, LONG_FIELDS = 510, 10, 2, 3
"""In the long form each vector goes to so many fields, so that each field gets a hundred; in the short one to all."""
FORBIDDEN = "script:not([src]), iframe, object, embed, base, [onerror], [onload], [onfocus], [href^=javascript]"
LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.effectiveDirective));
"""


@pytest.fixture
def dialogs() -> Iterator[list[str]]:
    seen: list[str] = []
    yield seen
    assert seen == []


def _watched(page: Page, dialogs: list[str]) -> Page:
    """Opened again, listened to from its first moment."""
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.add_init_script(LISTEN)
    page.reload()
    return page


def _what_ran(page: Page) -> list[str]:
    """Nothing, or what was seen of it."""
    ran = [] if page.evaluate("window.ran") is None else ["window.ran"]
    return ran + page.evaluate("window.violations || []") + ["an element"] * page.locator(FORBIDDEN).count()


def _squeezed(text: str) -> str:
    """What of it can be seen."""
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())


def test_there_are_hundreds_of_vectors() -> None:
    assert len(vectors()) >= LONG_VECTORS


def test_every_text_that_may_be_written_is_tried_or_has_its_reason() -> None:
    """A new field of the API that takes text fails here until somebody says who writes and who shows it."""
    tried = {name for written in WRITTEN for name in written.fields}
    fields = set(writable_fields())
    assert tried <= fields
    assert fields - tried == set(UNWRITTEN), "write it in tests/e2e/poison.py, or say there why not"


def test_what_people_write_is_shown_as_text(hall: RunningHall, open_page: OpenPage, dialogs: list[str]) -> None:
    found, pages = vectors(), {}
    most = LONG_VECTORS if FIGURES else SHORT_VECTORS
    wanted = found[:: len(found) // most][:most]
    chosen = [written for written in WRITTEN if FIGURES or not written.alone]
    shown_on = PAGES.keys() if FIGURES else {written.page for written in chosen}
    shown = executed = 0
    with Writers(hall) as writers:
        for first in range(0, len(wanted), ROUND_VECTORS):
            writers.begin_round()
            done = _write(writers, wanted[first : first + ROUND_VECTORS], first, chosen)
            last = first + ROUND_VECTORS >= len(wanted)
            for where in [name for name in PAGES if name in shown_on]:
                login, path = PAGES[where]
                if not last and where not in {written.page for written, _ in done}:
                    continue
                expected = [vector for written, vector in done if written.page == where and written.shown]
                if login not in pages:
                    pages[login] = _watched(open_page(path, login=login or None), dialogs)
                assert _visit(pages[login], path, where, writers.named, expected) == [], where
                shown += len(expected)
                executed += len(ran := _what_ran(pages[login]))
                assert ran == [], where
    assert dialogs == []
    if FIGURES:
        fields = sum(len(written.fields) for written in chosen)
        told = {"vectors": len(set(wanted)), "fields": fields, "pages": len(shown_on)}
        Path(FIGURES).write_text(json.dumps({**told, "shown": shown, "executed": executed}), encoding="utf-8")


def _write(writers: Writers, vectors: list[str], first: int, chosen: list[Written]) -> list[tuple[Written, str]]:
    """Each vector by the acts whose turn it is."""
    done = []
    for at, vector in enumerate(vectors, start=first):
        for number, written in enumerate(chosen):
            turn = (number - at * LONG_FIELDS) % len(chosen) < LONG_FIELDS or not FIGURES
            if at % written.every == 0 if written.every else turn:
                written.write(writers, vector)
                done.append((written, vector))
    return done


def _visit(page: Page, path: str, where: str, named: str, expected: list[str]) -> list[str]:
    """Reads everything again, so that the newest stands there; what does not come to stand there."""
    page.goto("about:blank")
    page.goto(path)
    page.locator("#root *").first.wait_for()
    if where in SEARCHED:
        page.get_by_role("searchbox").first.fill(named)
    if where == "tree" and (unit := page.get_by_role("treeitem").filter(has_text=named)).count():
        unit.last.click()
    for _ in range(PATIENCE_TURNS):
        text = _squeezed(page.locator("#root").inner_text())
        unseen = [vector for vector in expected if _squeezed(vector) not in text]
        if not unseen:
            return []
        page.wait_for_timeout(TURN_MS)
    return unseen


PATIENCE_TURNS, TURN_MS = 100, 50
SEARCHED = frozenset({"people", "devices"})
CONTROL = tuple(body for body in BODIES if body.startswith(("<script", "<img", "<svg", "<body", "<math", "<details")))
"""Those that run by themselves, without a click, in the page itself."""


def test_the_same_vectors_run_on_a_page_that_is_unsafe(browser: Browser) -> None:
    """Else nobody would know that what is looked for can be seen."""
    page, ran = browser.new_page(), 0
    try:
        for body in CONTROL:
            page.goto("about:blank")
            page.set_content(f"<!doctype html><body>{body.format(run='window.ran=1')}</body>")
            page.wait_for_function("window.ran === 1")
            ran += 1
            assert "window.ran" in _what_ran(page)
    finally:
        page.close()
    assert ran == len(CONTROL)
    if FIGURES:
        path = Path(FIGURES)
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**before, "control_executed": ran}), encoding="utf-8")


def test_the_policy_stops_what_would_get_through(
    open_page: OpenPage, dialogs: list[str], complaints: Complaints
) -> None:
    """Written into the page by force: nothing runs, and the browser says which rule it was."""
    for words in ("Content Security Policy", "net::ERR"):
        complaints.expect(words)
    page = _watched(open_page("/login/"), dialogs)
    page.locator("#root *").first.wait_for()
    page.evaluate(
        """() => { const place = document.createElement('div'); document.body.append(place);
        place.innerHTML = '<img src=x: onerror="window.ran=1"><p style="color:red">x</p><style>p{color:red}</style>';
        const script = document.createElement('script'); script.textContent = 'window.ran=1'; place.append(script); }"""
    )
    page.wait_for_function("window.violations.length >= 4")
    assert set(page.evaluate("window.violations")) >= {
        "script-src-elem",
        "script-src-attr",
        "style-src-attr",
        "style-src-elem",
    }
    assert page.evaluate("window.ran") is None
