"""One visitor's whole way: find, papers, ticket, call on the wall without polling, the way, service, rating."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.driver import OpenPage
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("devices")]

PHONE = (390, 844)
DATA = Path(__file__).resolve().parents[2] / "docs/security/data.md"
WINDOW = "A02"


def _desk(open_page: OpenPage, window: str) -> Page:
    """The clerk's page at a window that is open."""
    desk = open_page(f"/desk/?window={window}", login="clerk", size=(1280, 800))
    opening = desk.get_by_role("button", name="开窗")
    calling = desk.get_by_role("button", name=re.compile("叫下一位"))
    expect(opening.or_(calling).first).to_be_visible()
    if opening.is_visible():
        opening.click()
        expect(desk.get_by_role("button", name="关窗")).to_be_enabled()
    return desk


def _press(desk: Page, name: str | re.Pattern[str]) -> None:
    button = desk.get_by_role("button", name=name).first
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()


def test_the_whole_way_of_a_visitor(open_page: OpenPage, shots: Path) -> None:
    desk = _desk(open_page, WINDOW)
    wall = open_page("/wall/", size=(1920, 1080))
    phone = open_page("/go/", size=PHONE)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.on("websocket", lambda socket: asked.append(socket.url))

    # find by initials, see the papers, take a ticket
    phone.get_by_role("searchbox", name="找要办的事").fill("sbk")
    phone.get_by_role("link", name=re.compile("社会保障卡补领")).click()
    expect(phone.get_by_role("heading", name="要带的材料")).to_be_visible()
    expect(phone.get_by_text("居民身份证").first).to_be_visible()
    phone.get_by_role("button", name="取号").click()
    number = phone.get_by_test_id("ticket-number").inner_text()
    assert re.fullmatch(r"[A-Z]\d{3}", number)
    token = str(phone.evaluate("localStorage.getItem('hall.ticket')"))
    phone.screenshot(path=shots / "go-ticket.png")

    # the clerk calls; wall and phone know within a second, without asking
    _press(desk, re.compile(f"叫下一位 {number}"))
    expect(wall.get_by_test_id("now-calling")).to_contain_text(number, timeout=3_000)
    expect(wall.get_by_test_id("now-calling")).to_contain_text(WINDOW)
    expect(phone.get_by_test_id("called-window")).to_have_text(WINDOW, timeout=3_000)
    wall.screenshot(path=shots / "wall.png")
    phone.screenshot(path=shots / "go-called.png")

    # the way to the window
    phone.get_by_role("link", name="带我去").click()
    expect(phone.get_by_text(re.compile(r"约 \d+ 分钟，\d+ 米"))).to_be_visible()
    expect(phone.get_by_text(re.compile(f"到达{WINDOW}"))).to_be_visible()
    expect(phone.locator(".way-line").first).to_be_attached()
    phone.screenshot(path=shots / "go-route.png")

    # served, then rated once
    _press(desk, re.compile("开始办理"))
    _press(desk, re.compile("^(只)?办结"))
    phone.go_back()
    phone.get_by_role("link", name="评价这次服务").click()
    phone.get_by_text("非常满意", exact=True).click()
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    desk.screenshot(path=shots / "desk.png")

    # whoever keeps addresses keeps no token, and the phone keeps nothing of a person
    assert len(token) == 32
    assert any(url.endswith("/queue/tickets/mine") for url in asked)
    assert [url for url in asked if token in url] == []
    kept = set(phone.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"))
    listed = re.findall(r"^\| `(hall\.[a-z.]+)` \|", DATA.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in kept if not name.startswith(tuple(listed))] == []


def test_a_phone_in_english_and_large_letters(open_page: OpenPage) -> None:
    phone = open_page("/go/?lang=en", size=PHONE, locale="en-GB")
    expect(phone.get_by_role("heading", name="Most asked for")).to_be_visible()
    phone.get_by_role("button", name="Large text").click()
    size = phone.evaluate("parseFloat(getComputedStyle(document.querySelector('.go-item .note')).fontSize)")
    assert size >= 18
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0], "the page scrolls sideways"


def test_the_nearest_of_a_kind_is_found_from_where_one_stands(open_page: OpenPage) -> None:
    phone = open_page("/go/?at=1F@30,20#/route", size=PHONE)
    phone.get_by_role("button", name="卫生间").press("Enter")
    found = phone.get_by_test_id("nearest").get_by_role("listitem")
    expect(found.first).to_contain_text("1F")
    metres = [int(re.findall(r"(\d+) 米", text)[0]) for text in found.all_inner_texts()]
    assert len(metres) > 1
    assert metres == sorted(metres), "the nearest first"
    is_accessible(phone, found.first)
    found.first.get_by_role("link").click()
    expect(phone.get_by_text(re.compile("约 .*分钟，.*米")).first).to_be_visible()


def test_a_ticket_for_a_closed_window_says_why(open_page: OpenPage) -> None:
    phone = open_page("/go/#/item/CRJ-01", size=PHONE)
    button = phone.get_by_role("button", name=re.compile("取号"))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(phone.get_by_text("现在没有窗口在办，暂时不能取号").last).to_be_visible()


def test_a_ticket_is_taken_at_a_kiosk_and_followed_by_phone(open_page: OpenPage, shots: Path) -> None:
    _desk(open_page, "A05")
    kiosk = open_page("/kiosk/", size=(1080, 1920))
    kiosk.get_by_role("button", name=re.compile("找事项，看材料")).click()
    for key in "YDJY":
        kiosk.get_by_role("button", name=key, exact=True).click()
    kiosk.get_by_role("button", name=re.compile("异地就医备案")).first.click()
    kiosk.screenshot(path=shots / "kiosk-item.png")
    kiosk.get_by_role("button", name=re.compile("取号")).last.click()
    kiosk.get_by_role("button", name=re.compile("取号")).last.click()
    expect(kiosk.get_by_test_id("ticket-number")).to_have_text(re.compile(r"[A-Z]\d{3}"))
    expect(kiosk.get_by_role("img", name=re.compile("二维码"))).to_be_visible()
    kiosk.screenshot(path=shots / "kiosk-ticket.png")


def test_a_window_screen_shows_whom_it_wants(open_page: OpenPage) -> None:
    screen = open_page("/wall/?window=A08", size=(1280, 480))
    desk = _desk(open_page, "A08")
    phone = open_page("/go/#/item/HJ-01", size=PHONE)
    phone.get_by_role("button", name="取号").click()
    number = phone.get_by_test_id("ticket-number").inner_text()
    _press(desk, re.compile(f"叫下一位 {number}"))
    expect(screen.get_by_text(number).first).to_be_visible(timeout=3_000)
