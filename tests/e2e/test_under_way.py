"""Somebody in a wheelchair is on the way when the lift fails: their phone leads them another way and says why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.driver import Complaints, Devices, OpenPage, RunningHall
from ui.testing import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PHONE = (390, 844)
SOON_MS = 3_000
"""A second from the cause to the phone, and what a slow machine adds."""
LIFTS = ("DEV-LIFT-1", "DEV-LIFT-2")


@pytest.fixture
def lifts(hall: RunningHall, devices: Devices) -> Iterator[Devices]:
    """Both run, and the hall knows it; they run again afterwards, whatever became of them."""
    for lift in LIFTS:
        devices.report(lift, mode="normal")
    with httpx2.Client(base_url=f"{hall.url}/api/v1", timeout=20) as visitor:
        for other in LIFTS:
            way = {"to": "B07", "profile": "wheelchair", "closed": other}
            eventually(lambda asked=way: visitor.get("/routes", params=asked).is_success, what="a lift that runs")  # type: ignore[misc]
    yield devices
    for lift in LIFTS:
        devices.report(lift, mode="normal")


def _is_line(url: str) -> bool:
    return url.endswith("/trips/mine/live")


def _led(open_page: OpenPage) -> tuple[Page, list[str]]:
    """A phone that shows the step-free way to the second floor, and hears what becomes of it."""
    phone = open_page("/go/#/route?to=B07&from=OUT", size=PHONE)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    expect(phone.get_by_text(re.compile(r"约 \d+ 分钟，\d+ 米"))).to_be_visible()
    with phone.expect_response(lambda answer: _is_line(answer.url) and answer.ok):
        phone.get_by_role("button", name=re.compile("不走台阶")).click()
    expect(_ride(phone)).to_be_visible()
    return phone, asked


def _ride(phone: Page) -> Locator:
    return phone.get_by_role("list", name="全部步骤").get_by_text(re.compile(r"乘\d号电梯"))


def _number(phone: Page) -> str:
    found = re.search(r"(\d)号电梯", _ride(phone).inner_text())
    assert found
    return found[1]


def _why(phone: Page) -> Locator:
    return phone.get_by_test_id("why")


def test_a_lift_that_fails_under_way_is_left_for_the_other(open_page: OpenPage, lifts: Devices) -> None:
    phone, asked = _led(open_page)
    first = _number(phone)
    second = "12".replace(first, "")
    lines = phone.locator(".way-line").first
    drawn = lines.get_attribute("points") or lines.get_attribute("d")

    lifts.report(f"DEV-LIFT-{first}", mode="fault")
    expect(_why(phone)).to_contain_text(re.compile(f"{first}号电梯.*停用，改走{second}号电梯"), timeout=SOON_MS)
    expect(_ride(phone)).to_contain_text(f"{second}号电梯")
    expect(_why(phone)).to_have_role("status")
    assert drawn != (lines.get_attribute("points") or lines.get_attribute("d")), "the plan shows the way before"

    lifts.report(f"DEV-LIFT-{second}", mode="maintenance")
    expect(_why(phone)).to_contain_text("现在没有可走的路", timeout=SOON_MS)
    expect(phone.get_by_role("link", name="请到总咨询台询问工作人员")).to_be_visible()
    expect(_ride(phone)).to_have_count(0)

    phone.get_by_role("button", name=re.compile("EN")).click()
    lifts.report(f"DEV-LIFT-{first}", mode="normal")
    expect(_why(phone)).to_contain_text(re.compile(f"Lift {first}.*is in use again"), timeout=SOON_MS)
    expect(phone.get_by_text(re.compile(f"Take Lift {first}")).first).to_be_visible()
    assert [url for url in asked if "trip" in url and re.search(r"[?#]|token", url)] == []
    assert (
        phone.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter(n => /trip/.test(n))")
        == []
    )


def test_a_phone_that_was_cut_off_is_told_when_it_is_back(
    open_page: OpenPage, lifts: Devices, complaints: Complaints
) -> None:
    complaints.expect("net::ERR_FAILED")
    phone = open_page("/go/#/", size=PHONE)
    phone.route("**/trips/mine/live", lambda line: line.abort())
    with phone.expect_event("requestfailed", predicate=lambda line: _is_line(line.url)):
        phone.goto("/go/#/route?to=B07&from=OUT")
        phone.get_by_role("button", name=re.compile("不走台阶")).click()
    first = _number(phone)
    lifts.report(f"DEV-LIFT-{first}", mode="fault")
    phone.unroute("**/trips/mine/live")
    expect(_why(phone)).to_contain_text("停用")
    expect(_ride(phone)).not_to_contain_text(f"{first}号电梯")
