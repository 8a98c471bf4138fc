"""Time travel on the facility manager's page: what was, seen in the very place of what is, and nothing guessed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.driver import Devices, OpenPage, stage_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("devices")]

HALL_TIME = ZoneInfo("Asia/Shanghai")
ARROW_MS = 10_000
"""How far an arrow key leads on the line of one hour."""
EDGE_MS = 3_000
"""A replay stays a little behind now."""
PATIENCE_S = 40


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, HALL_TIME):%Y-%m-%d %H:%M:%S}"


def _ask(page: Page, path: str, **query: Any) -> Any:
    answer = page.request.get(f"/api/v1{path}", params=query)
    assert answer.ok, answer.text()
    return answer.json()


def _until(page: Page, what: Callable[[], Any]) -> Any:
    """The first true answer; asked again while the page lives on."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        page.wait_for_timeout(200)
    raise AssertionError(f"not within {PATIENCE_S} s")


def _site(page: Page) -> str:
    return str(_ask(page, "/devices", q="CLIM-01")[0]["id"].split(":")[0])


def _report(page: Page, devices: Devices, key: str, temperature: float) -> int:
    """A sensor tells this temperature; when, as the hall recorded it."""
    entity = f"{_site(page)}:device:{key}"
    devices.hold(key, temperature=temperature)

    def recorded() -> int | None:
        points = _ask(page, "/history/trend", entity=entity, point="temperature")["points"]
        return next((ts for ts, value in reversed(points) if value == temperature), None)

    return int(_until(page, recorded))


def _recorded_until(page: Page, at_ms: int) -> None:
    _until(page, lambda: any(until >= at_ms for _, until in _ask(page, "/history/recorded")["spans"]))


def _temperature(page: Page) -> Locator:
    return page.locator(".values .value-row").filter(has_text="温度").first.locator(".value")


def _badge(page: Page) -> Locator:
    return page.locator(".replay-badge")


def _handle(page: Page) -> Locator:
    return page.get_by_role("slider", name="时刻")


def _shown_ms(page: Page) -> int:
    """Where the address says that we are."""
    return int(page.evaluate("Number(new URLSearchParams(location.search).get('at'))"))


def test_what_was_is_seen_in_the_place_of_now_by_keyboard_alone(
    open_page: OpenPage, devices: Devices, shots: Path
) -> None:
    page = open_page("/ops/#v=exploded&s=CLIM-03", login="manager", size=(1440, 900))
    stage_ready(page)
    earlier = _report(page, devices, "CLIM-03", 21.5)
    _recorded_until(page, earlier + ARROW_MS + EDGE_MS)
    later = _report(page, devices, "CLIM-03", 26.5)
    expect(_temperature(page)).to_have_text("26.5 °C")
    expect(_badge(page)).to_have_count(0)
    assert page.locator(".live-age").inner_text().startswith("实时")

    handle = _handle(page)
    expect(handle).to_have_attribute("aria-valuetext", re.compile("^实时，"))
    handle.focus()
    for _ in range(60):
        page.keyboard.press("ArrowLeft")
        told = str(handle.get_attribute("aria-valuetext"))
        if told < _moment(later):
            break
    assert _moment(earlier) < told < _moment(later)
    expect(_badge(page)).to_contain_text(f"回放 {told}")
    expect(page.locator(".live-age")).to_have_count(0)
    expect(_temperature(page)).to_have_text("21.5 °C")
    page.screenshot(path=shots / "ops-replay.png")

    page.get_by_role("tab", name="操作").click()
    expect(page.get_by_text("这台设备没有可执行的操作。")).to_be_visible()
    page.keyboard.press("Escape")
    handle.focus()
    page.keyboard.press("End")
    expect(_badge(page)).to_have_count(0)
    expect(handle).to_have_attribute("aria-valuetext", re.compile("^实时，"))
    page.get_by_role("tab", name="实时").click()
    expect(_temperature(page)).to_have_text("26.5 °C")
    assert "at=" not in page.url


def test_a_shared_moment_is_played_on_until_it_happens(open_page: OpenPage, devices: Devices) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    earlier = _report(page, devices, "CLIM-04", 20.5)
    _recorded_until(page, earlier + EDGE_MS)
    later = _report(page, devices, "CLIM-04", 25.5)
    _recorded_until(page, later + 2 * EDGE_MS)
    page.goto(f"/ops/?at={later - 1}#v=single&f=1F&s=CLIM-04")
    stage_ready(page)
    expect(_badge(page)).to_contain_text(_moment(later - 1))
    expect(_temperature(page)).to_have_text("20.5 °C")
    assert _shown_ms(page) == later - 1, "it stands where the address says until it is played"
    page.get_by_role("button", name="播放").click()
    expect(_temperature(page)).to_have_text("25.5 °C")
    expect(_badge(page)).to_be_visible()
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_role("button", name="播放")).to_be_visible()
    assert later <= _shown_ms(page) <= later + PATIENCE_S * 1000
    page.get_by_role("button", name="回到实时").click()
    expect(_badge(page)).to_have_count(0)


def test_the_next_event_is_jumped_to_and_shows_what_it_did(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    words = f"回放{time.time_ns() % 10_000}"
    answer = page.request.post(
        "/api/v1/devices/SCR-A07/commands",
        data={"name": "show_text", "args": {"text": words}, "reason": ""},
        headers={"origin": page.url.split("/ops")[0]},
    )
    assert answer.ok, answer.text()
    created = int(answer.json()["created_ms"])
    _until(page, lambda: _ask(page, "/devices/SCR-A07")["last_command"]["state"] == "done")
    _recorded_until(page, created + 3 * EDGE_MS)
    page.goto(f"/ops/?at={created - 1}#v=single&f=1F&s=SCR-A07")
    stage_ready(page)
    expect(_badge(page)).to_contain_text(_moment(created - 1))
    panel = page.locator(".ops-side")
    expect(panel.get_by_text(words)).to_have_count(0)
    page.get_by_role("button", name="下一事件").click()
    expect(_handle(page)).to_have_attribute("aria-valuetext", _moment(created))
    expect(page.locator(".time-last")).to_contain_text(_moment(created).split()[1])
    _until(page, lambda: _shown_ms(page) == created)
    page.get_by_role("button", name="播放").click()
    expect(panel.get_by_text(words).first).to_be_visible()

    page.get_by_role("button", name="暂停").click()
    for _ in range(12):
        page.get_by_role("button", name="下一事件").click()
        if page.get_by_text("没有更多事件。").is_visible():
            break
    expect(page.get_by_text("没有更多事件。")).to_be_visible()

    page.get_by_role("tab", name="操作").click()
    order = page.get_by_role("button", name="显示文字")
    expect(order).to_have_attribute("aria-disabled", "true")
    expect(panel.get_by_text("正在回放过去：不能操作，请先回到实时").last).to_be_visible()
    expect(panel.get_by_text("已完成", exact=False).first).to_be_visible()


def test_what_nobody_recorded_is_unknown(open_page: OpenPage, shots: Path) -> None:
    before = int(time.time() * 1000) - 3_600_000 * 5
    page = open_page(f"/ops/?at={before}#v=exploded&s=CLIM-03", login="manager", size=(1280, 800))
    stage_ready(page)
    expect(_badge(page)).to_contain_text(re.compile(f"回放 {_moment(before)}当时没有记录"))
    expect(page.get_by_role("region", name="警报")).to_contain_text("当时没有记录：不知道是什么样子。")
    expect(page.locator(".ops-side .value-row").first).to_contain_text("还没有上报")
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_text("0 / 585")).to_be_visible()
    expect(page.get_by_text("未知 585")).to_be_visible()
    expect(page.locator(".time-gap").first).to_be_attached()
    page.screenshot(path=shots / "ops-unknown.png")
    page.get_by_role("button", name="回到实时").click()
    expect(page.get_by_text("585 / 585")).to_be_visible()


def test_the_handle_is_dragged(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(1440, 900))
    stage_ready(page)
    box = page.locator(".time-track").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 1, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=6)
    page.mouse.up()
    expect(_badge(page)).to_be_visible()
    twelve_ms = 12 * 60_000
    _until(page, lambda: abs(time.time() * 1000 - _shown_ms(page) - twelve_ms) < twelve_ms / 10)
    expect(_handle(page)).to_be_focused()
    page.get_by_role("radio", name="7 天").click()
    expect(_badge(page)).to_be_visible()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, middle, steps=6)
    page.mouse.up()
    expect(_badge(page)).to_have_count(0)


def test_two_moments_are_compared(open_page: OpenPage, devices: Devices, shots: Path) -> None:
    page = open_page("/ops/", login="manager", size=(1440, 900))
    stage_ready(page)
    earlier = _report(page, devices, "CLIM-05", 19.5)
    _recorded_until(page, earlier + EDGE_MS)
    later = _report(page, devices, "CLIM-05", 38.5)
    _recorded_until(page, later + EDGE_MS)
    page.get_by_role("button", name="对比两刻").click()
    page.get_by_label("时刻 A").fill(_moment(earlier + 1000).replace(" ", "T"))
    page.get_by_label("时刻 B").fill(_moment(later + 1000).replace(" ", "T"))
    name = _ask(page, "/devices/CLIM-05")["name"]["zh"]
    row = page.locator(".difference").filter(has_text=name).filter(has_text="19.5")
    expect(row).to_contain_text(re.compile(r"温度\s*A 19\.5 °C → B 38\.5 °C"))
    page.screenshot(path=shots / "ops-compare.png")
    row.click()
    page.wait_for_url(re.compile("s=CLIM-05"))
    page.get_by_role("button", name=re.compile("^看这一刻 A")).click()
    expect(_badge(page)).to_contain_text(_moment(earlier + 1000))


def test_what_is_urgent_now_is_seen_by_who_looks_back(open_page: OpenPage, devices: Devices, shots: Path) -> None:
    before = int(time.time() * 1000) - 60_000
    page = open_page(f"/ops/?at={before}#v=exploded", login="manager", size=(1366, 768))
    stage_ready(page)
    expect(_badge(page)).to_contain_text(_moment(before))
    bar = page.locator(".now-bar[role=alert]")
    expect(bar).to_be_attached()
    expect(bar).not_to_contain_text("困人")
    devices.report("DEV-LIFT-1", trapped=True)
    try:
        expect(bar).to_contain_text(re.compile("现在：.*电梯困人"))
        expect(_badge(page)).to_contain_text(_moment(before))  # it stays where it was
        expect(page.get_by_role("region", name="警报")).not_to_contain_text("困人")
        page.screenshot(path=shots / "ops-now.png")
        bar.get_by_role("button", name="回到实时").focus()
        page.keyboard.press("Enter")
        expect(_badge(page)).to_have_count(0)
        expect(bar).to_have_count(0)
        expect(page.get_by_role("region", name="警报")).to_contain_text("困人")
        expect(page.locator(".ops-side .alarm-line")).to_contain_text("电梯困人")
        assert "at=" not in page.url
    finally:
        devices.report("DEV-LIFT-1", trapped=False)
        _acknowledge(page, "trapped")


def _acknowledge(page: Page, kind: str) -> None:
    """So that no other journey meets it."""
    origin = {"origin": page.url.split("/ops")[0]}

    def open_ones() -> list[dict[str, Any]]:
        return [a for a in _ask(page, "/alarms") if a["type"] == kind]

    for alarm in open_ones():
        page.request.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", data={"note": ""}, headers=origin)
    _until(page, lambda: not open_ones())
