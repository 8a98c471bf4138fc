"""Every page passes axe at WCAG 2.2 level AA, in Chinese, and the phone and the console in English too."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.driver import ROOT, OpenPage, stage_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

AXE: Path = ROOT / "ui" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE_UNROLLED = (390, 3000)
"""A link the bottom bar covers until one scrolls is no small target: so all of the page is in sight."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """rules => axe.run(document, { runOnly: rules }).then(found => ({
    passed: found.passes.length,
    broken: found.violations.flatMap(
        rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')} | ${node.html}`)),
}))"""


def is_accessible(page: Page, settled: Locator) -> None:
    expect(settled.first).to_be_visible()
    if not AXE.is_file():
        pytest.fail("axe is missing: run `npm ci` in ui/web")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN, RULES)
    assert found["passed"] > 5, "axe looked at an empty page"
    assert found["broken"] == []


def can_sign_out(page: Page) -> None:
    """Whoever signed in sees the way out."""
    expect(page.get_by_role("button", name=re.compile("^(退出|Sign out)$"))).to_be_visible()


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_ops(open_page: OpenPage, lang: str) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800), locale=lang)
    stage_ready(page)
    is_accessible(page, page.get_by_role("navigation"))
    can_sign_out(page)


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_ops_in_the_past(open_page: OpenPage, lang: str) -> None:
    hour_ago = int(time.time() * 1000) - 3_600_000
    page = open_page(f"/ops/?at={hour_ago}#s=CLIM-01", login="manager", size=(1280, 800), locale=lang)
    stage_ready(page)
    is_accessible(page, page.locator(".replay-badge"))
    page.get_by_role("button", name=re.compile("对比两刻|Compare two moments")).click()
    page.get_by_role("slider").press("ArrowLeft")
    is_accessible(page, page.get_by_role("heading", name=re.compile("无从对比|nothing to compare")))


def test_ops_with_a_way(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    page.get_by_role("button", name="查路线").click()
    page.get_by_role("combobox", name="到", exact=True).fill("B12")
    page.get_by_role("option", name=re.compile("B12")).first.click()
    page.get_by_role("button", name="查路线").last.click()
    is_accessible(page, page.locator(".route-steps li"))


def test_alert(open_page: OpenPage) -> None:
    page = open_page("/alert/", login="security", size=(1280, 800))
    is_accessible(page, page.get_by_role("navigation").get_by_role("heading"))
    can_sign_out(page)


@pytest.mark.parametrize(
    ("section", "login"),
    [(s, "admin") for s in ("devices", "people", "screens", "building")] + [("audit", "audit_admin")],
)
def test_admin(open_page: OpenPage, section: str, login: str) -> None:
    page = open_page(f"/admin/#{section}", login=login, size=(1280, 800))
    is_accessible(page, page.locator("main table, main dl"))
    can_sign_out(page)


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_the_devices_page(open_page: OpenPage, lang: str) -> None:
    page = open_page("/admin/?device=UPS-1#devices", login="manager", size=(1440, 900), locale=lang)
    is_accessible(page, page.locator(".panel-head"))
    page.get_by_role("checkbox", name=re.compile("UPS-1")).check()
    page.get_by_role("tab", name=re.compile("准入|Access")).last.click()
    is_accessible(page, page.get_by_role("button", name=re.compile("更换凭证|Rotate")))
    page.get_by_role("button", name=re.compile("准入设备|Enrol devices")).click()
    is_accessible(page, page.get_by_role("dialog"))
    page.goto("/admin/?device=UPS-1&pane=facts#devices")
    page.set_viewport_size({"width": 600, "height": 900})  # where the panel lies over the list
    is_accessible(page, page.locator(".panel-head"))
    page.set_viewport_size({"width": 1440, "height": 900})
    for tab, settled in (("lobby", "form"), ("connectors", ".connector"), ("counters", "dl")):
        page.goto(f"/admin/?tab={tab}#devices")
        is_accessible(page, page.locator(f"main {settled}"))


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_the_map_and_its_editor(open_page: OpenPage, lang: str) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900), locale=lang)
    is_accessible(page, page.locator(".map-version"))
    page.get_by_role("button", name=re.compile("开始修改|Start")).click()
    page.get_by_role("button", name=re.compile("^(窗口|Window)$")).click()
    is_accessible(page, page.locator(".map-canvas svg"))


def test_desk(open_page: OpenPage) -> None:
    page = open_page("/desk/", login="clerk", size=(1280, 800))
    is_accessible(page, page.get_by_role("main").get_by_role("button"))
    can_sign_out(page)
    page.goto("/desk/?window=A09")
    is_accessible(page, page.get_by_role("button", name=re.compile("开窗|关窗")))


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("letters", ["usual", "large"])
def test_phone(open_page: OpenPage, lang: str, letters: str) -> None:
    page = open_page("/go/", size=PHONE_UNROLLED, locale=lang)
    if letters == "large":
        page.get_by_role("button", name=re.compile("长者版|Large text")).click()
    is_accessible(page, page.locator("a.go-item"))
    page.goto("/go/#/item/RSJ-01")
    is_accessible(page, page.get_by_role("article").get_by_role("heading"))
    page.goto("/go/#/route?to=A05")
    is_accessible(page, page.locator(".go-steps li"))


def test_kiosk(open_page: OpenPage) -> None:
    page = open_page("/kiosk/", size=(1080, 1920))
    is_accessible(page, page.get_by_role("img", name=re.compile("您在这里")))


def test_wall(open_page: OpenPage) -> None:
    page = open_page("/wall/", size=(1920, 1080))
    is_accessible(page, page.get_by_role("heading"))


def test_window_screen(open_page: OpenPage) -> None:
    page = open_page("/wall/?window=A06", size=(1280, 480))
    is_accessible(page, page.get_by_text("A06"))


def test_login(open_page: OpenPage) -> None:
    page = open_page("/login/", size=(1280, 800))
    is_accessible(page, page.get_by_role("button"))
