"""What is wanted stands beside what is reported; changed by hand it is drift, until somebody wants it no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.driver import Devices, OpenPage
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCREEN = "SCR-B20"
DRIFT_WITHIN_MS = 30_000
"""The command's five seconds, the second for an answer, and what a busy machine adds."""


def _drifting(page: Page) -> list[str]:
    return [device["key"] for device in page.request.get("/api/v1/devices?drift=true&values=false").json()]


def test_a_text_changed_by_hand_is_drift_until_it_is_withdrawn(
    open_page: OpenPage, devices: Devices, shots: Path
) -> None:
    page = open_page(f"/admin/?device={SCREEN}&pane=act#devices", login="manager", size=(1440, 900))
    panel = page.get_by_role("complementary", name=SCREEN)
    panel.get_by_role("button", name="显示文字").click()
    panel.get_by_label("文字").fill("今日延时服务")
    panel.get_by_role("button", name="执行 · 显示文字").click()
    panel.get_by_role("tab", name="实时").click()
    wanted = panel.locator(".wanted-row")
    expect(wanted).to_contain_text("今日延时服务")
    expect(wanted).to_contain_text("与上报一致")
    value = panel.locator(".value-row", has_text="显示内容")
    expect(value.locator(".value")).to_have_text("今日延时服务")
    expect(value.locator(".origin")).to_have_text(re.compile(r"设备上报 · \d\d:\d\d:\d\d · 可信"))
    assert SCREEN not in _drifting(page)

    devices.report(SCREEN, text="维修中")
    expect(value.locator(".value")).to_have_text("维修中")
    expect(wanted).to_contain_text(re.compile(r"与上报不符，自 \d\d:\d\d:\d\d 起"), timeout=DRIFT_WITHIN_MS)
    expect(wanted).to_contain_text("今日延时服务")
    assert SCREEN in _drifting(page)
    page.get_by_role("checkbox", name="只看与要求不符的").check()
    row = page.locator(".device-table tbody tr", has_text=SCREEN)
    expect(row.get_by_role("img", name="与要求不符")).to_be_visible()
    page.screenshot(path=shots / "wanted.png")
    is_accessible(page, wanted)
    hall = open_page("/ops/#v=plan", login="manager", size=(1440, 900))
    # Others of the hall may not be as wanted either.
    expect(hall.locator(".value-row", has_text=f"与要求不符 {len(_drifting(page))}")).to_be_visible()
    hall.close()

    panel.get_by_role("button", name="不再要求：显示内容").click()
    ask = page.get_by_role("dialog")
    is_accessible(page, ask)
    ask.get_by_label("原因").fill("现场换成维修公告")
    ask.get_by_role("button", name="不再要求").click()
    expect(wanted).to_have_count(0)
    expect(row).to_have_count(0)
    assert SCREEN not in _drifting(page)
    devices.report(SCREEN, text="")
