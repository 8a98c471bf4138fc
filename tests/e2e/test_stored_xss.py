"""What people write is stored by the API, shown by the pages in a real browser as text, and never runs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.driver import Complaints, OpenPage, RunningHall

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

RUN = "ran=1;alert(1)"
BODIES = (
    "<script>{run}</script>", "<img src=x onerror='{run}'>", "<svg onload='{run}'>",
    "<svg><script>{run}</script></svg>",
    "<iframe srcdoc='<script>{run}</script>'>", "<a href='javascript:{run}'>x</a>", "<details open ontoggle='{run}'>",
    "<body onload='{run}'>", "<input autofocus onfocus='{run}'>", "<video><source onerror='{run}'></video>",
    "<math><mtext><img src=x onerror='{run}'>", "<template><script>{run}</script></template>",
    "<form><button formaction='javascript:{run}'>x", "<object data='javascript:{run}'>",
    "<embed src='javascript:{run}'>",
    "<meta http-equiv=refresh content='0;javascript:{run}'>", "<base href='javascript:{run}//'>",
    "<style>@import 'javascript:{run}'</style>", "<link rel=stylesheet href='javascript:{run}'>",
    "<marquee onstart='{run}'>", "<animate onbegin='{run}' attributeName=x dur=1s>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    '{{{{constructor.constructor("{run}")()}}}}', "${{{run}}}", "javascript:{run}",
    "data:text/html,<script>{run}</script>",
)  # fmt: skip
OPENINGS = ("", "\"'>", "--></title></textarea>", "]]>", '\\"};//', "</script>", "`-", "&lt;&#x3c;", "%3C", "\u2028")
FRAMES = ("{}", "{}\u00a0", "\u202e{}", "<b>{}</b>", "{}{{{{7*7}}}}")
NAME_MAX = 60


def vectors() -> list[str]:
    """Each way to run something, out of each place that text may land in; those that fit a name."""
    made = [
        frame.format(opening + body.format(run=RUN if len(body) < 40 else "ran=1"))
        for frame, opening, body in itertools.product(FRAMES, OPENINGS, BODIES)
    ]
    return list(dict.fromkeys(vector for vector in made if len(vector) <= NAME_MAX))


def _chosen() -> list[str]:
    """40 of all kinds; all of them where HALLTWIN_ALL_VECTORS is set."""
    found = vectors()
    return found if os.environ.get("HALLTWIN_ALL_VECTORS") else found[:: len(found) // 40]


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


def _nothing_ran(page: Page) -> None:
    assert page.evaluate("window.ran") is None
    assert page.evaluate("window.violations") == []
    assert page.locator("script:not([src]), iframe, object, embed, [onerror], [onload]").count() == 0


def test_there_are_hundreds_of_vectors() -> None:
    assert len(vectors()) >= 500


def test_what_people_write_is_shown_as_text(hall: RunningHall, open_page: OpenPage, dialogs: list[str]) -> None:
    chosen = _chosen()
    admin = open_page("/admin/#screens", login="manager")
    headers = {"origin": hall.url}
    for vector in chosen:
        made = admin.context.request.post("/api/v1/pairings", data={"role": "kiosk", "name": vector}, headers=headers)
        assert made.status == 201, made.text()
    page = _watched(admin, dialogs)
    page.get_by_text(chosen[-1].strip(), exact=False).first.wait_for()
    shown = "".join(page.locator("#root").inner_text().split())
    assert [vector for vector in chosen if "".join(vector.split()) not in shown] == []
    _nothing_ran(page)


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
