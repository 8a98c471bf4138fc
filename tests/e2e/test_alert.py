"""The guard's page: a UPS goes to battery, the alarm stands there within a second, a named person takes it on."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import Devices, OpenPage, stage_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_ups_on_battery_is_seen_and_taken_on(open_page: OpenPage, devices: Devices, shots: Path) -> None:
    page = open_page("/alert/", login="security", size=(1280, 800))
    expect(page.get_by_role("navigation").get_by_role("heading")).to_be_visible()
    row = page.get_by_role("button", name=re.compile("由电池供电"))
    started = time.monotonic()
    devices.report("UPS-2", on_battery=True)
    try:
        expect(row.first).to_be_visible()
        assert time.monotonic() - started < 5, "an alarm takes a second, not five"
        page.screenshot(path=shots / "alert.png")
        row.first.click()
        page.get_by_role("button", name=re.compile("确认并接手")).first.click()
        page.get_by_label("备注").fill("已派人到 UPS 间")
        page.get_by_role("dialog").get_by_role("button", name=re.compile("确认并接手")).click()
        expect(page.get_by_role("main").get_by_text(re.compile("赵卫国 于 .* 确认"))).to_be_visible()
    finally:
        devices.report("UPS-2", on_battery=False)


def test_the_alarm_shows_on_the_3d_page(open_page: OpenPage, devices: Devices) -> None:
    page = open_page("/ops/", login="manager", size=(1280, 800))
    stage_ready(page)
    devices.report("LEAK-01", wet=True)
    try:
        expect(page.get_by_label("警报").get_by_text(re.compile("漏水")).first).to_be_visible()
        at = page.evaluate("window.__hall.project('shifanqu:device:LEAK-01')")
        assert at is not None, "the device is not on the stage"
    finally:
        devices.report("LEAK-01", wet=False)
