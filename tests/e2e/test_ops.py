"""The facility manager's page: the hall in 3D, live values, a command, a route, in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.driver import Devices, OpenPage, stage_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("devices")]


def _find(page: Page, words: str, title: str) -> None:
    """Find and fly, as a person does: type, and take what is offered."""
    box = page.get_by_role("combobox", name="找设备、窗口或地点")
    box.fill(words)
    page.get_by_role("option", name=re.compile(title)).first.click()


def test_the_hall_stands_in_3d_with_its_floors(open_page: OpenPage, shots: Path) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    floors = page.evaluate("window.__hall.floors()")
    assert [name.split()[0] for name in floors] == ["3F", "2F", "1F", "B1"] or set(floors) >= {"3F", "2F", "1F", "B1"}
    stats = page.evaluate("window.__hall.stats()")
    assert stats["triangles"] > 5_000
    assert stats["drawCalls"] <= 100
    picture = page.locator("canvas").first.screenshot(path=shots / "ops.png")
    assert len(set(picture)) > 100
    assert len(picture) > 40_000, "the picture of the hall is nearly empty"
    expect(page.get_by_text("585 / 585")).to_be_visible()


def test_nothing_is_drawn_while_nothing_changes(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(960, 540))
    stage_ready(page)
    page.wait_for_timeout(1_500)  # labels settle
    before = page.evaluate("window.__hall.stats().frames")
    page.wait_for_timeout(2_000)
    assert page.evaluate("window.__hall.stats().frames") == before


def test_a_value_changes_live(open_page: OpenPage, devices: Devices) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    _find(page, "CLIM-01", "温湿度")
    devices.report("CLIM-01", temperature=27.4)
    expect(page.get_by_text(re.compile(r"27\.4"))).to_be_visible()
    devices.report("CLIM-01", temperature=28.1)
    expect(page.get_by_text(re.compile(r"28\.1"))).to_be_visible()


def test_a_text_on_a_screen_is_acknowledged(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    _find(page, "SCR-A05", "A05窗口屏")
    page.get_by_role("tab", name="操作").click()
    page.get_by_role("button", name="显示文字").click()
    page.get_by_label("文字").fill("请稍候片刻")
    page.get_by_role("button", name="执行 · 显示文字").click()
    expect(page.get_by_text("已完成", exact=False).first).to_be_visible()
    page.get_by_role("tab", name="实时").click()
    expect(page.get_by_text("请稍候片刻").first).to_be_visible()


def test_a_door_is_locked_in_two_steps_and_the_sensor_confirms(open_page: OpenPage) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    _find(page, "DOOR-05", "门禁")
    page.get_by_role("tab", name="操作").click()
    page.get_by_role("button", name="上锁").first.click()
    page.get_by_label("原因").fill("闭馆检查")
    page.get_by_role("button", name=re.compile("第 1 步")).click()
    page.get_by_role("button", name=re.compile("第 2 步")).click()
    expect(page.get_by_text("传感器已确认").first).to_be_visible()


def test_an_armed_command_says_what_it_does_and_is_used_by_keyboard_alone(open_page: OpenPage, shots: Path) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    _find(page, "DOOR-08", "门禁")
    page.get_by_role("tab", name="操作").click()
    page.get_by_role("button", name="上锁").first.click()
    page.get_by_label("原因").fill("闭馆检查")
    first = page.get_by_role("button", name=re.compile("第 1 步"))
    first.press("Enter")
    armed = page.get_by_role("group", name=re.compile("门将锁上"))
    expect(armed).to_be_focused()
    expect(armed.get_by_text(re.compile("由 .+ 准备 · 原因：闭馆检查"))).to_be_visible()
    expect(armed.get_by_role("timer")).to_have_text(re.compile(r"已准备，\d+ 秒后自动取消"))
    page.screenshot(path=shots / "ops-armed.png")
    page.keyboard.press("Escape")
    expect(page.get_by_text(re.compile("已取消准备 · 由人取消")).first).to_be_visible()
    first.press("Enter")
    expect(armed).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("传感器已确认").first).to_be_visible()


def test_a_device_without_power_lets_the_command_expire(open_page: OpenPage, devices: Devices) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    devices.power("SCR-A06", on=False)
    try:
        _find(page, "SCR-A06", "A06窗口屏")
        expect(page.get_by_text("离线").first).to_be_visible()
        page.get_by_role("tab", name="操作").click()
        page.get_by_role("button", name="显示文字").click()
        page.get_by_label("文字").fill("有人吗")
        page.get_by_role("button", name="执行 · 显示文字").click()
        expect(page.get_by_text("已过期").first).to_be_visible()
    finally:
        devices.power("SCR-A06", on=True)


def test_a_route_is_drawn_through_the_floors_and_told(open_page: OpenPage, shots: Path) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    page.get_by_role("button", name="查路线").click()
    box = page.get_by_role("combobox", name="到", exact=True)
    box.fill("B12")
    page.get_by_role("option", name=re.compile("B12")).first.click()
    page.get_by_role("button", name="查路线").last.click()
    expect(page.get_by_text(re.compile(r"约 \d+ 分钟，\d+ 米"))).to_be_visible()
    page.evaluate("window.__hall.idle()")
    drawn = page.evaluate("JSON.stringify(window.__hall.route())")
    assert drawn not in ("null", None)
    assert page.locator(".route-steps li").count() >= 4
    page.screenshot(path=shots / "ops-route.png")
