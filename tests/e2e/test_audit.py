"""The audit administrator sees that the record is whole, finds who did what, reads what changed, and takes it along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import OpenPage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_the_audit_is_verified_searched_read_and_taken_along(open_page: OpenPage, shots: Path) -> None:
    page = open_page("/admin/#audit", login="audit_admin", size=(1440, 900))
    rows = page.locator(".audit-lines tbody tr")
    expect(rows.first).to_be_visible()

    page.get_by_role("button", name="立即校验").click()
    expect(page.get_by_role("status").filter(has_text="记录完整")).to_be_visible()

    find = page.get_by_role("search", name="查找")
    find.get_by_label("做了什么").fill("hall.start")
    find.get_by_label("做了什么").press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("audit_key")
    page.screenshot(path=shots / "audit-found.png")

    with page.expect_download() as csv:
        page.get_by_role("link", name="导出 CSV").click()
    assert csv.value.suggested_filename.endswith(".csv")
    assert "hall.start" in Path(csv.value.path()).read_text(encoding="utf-8-sig")
    with page.expect_download() as proof:
        page.get_by_role("link", name=re.compile("的证明")).first.click()
    assert '"path"' in Path(proof.value.path()).read_text(encoding="utf-8")

    find.get_by_label("含有").fill("没有人写过这个")
    find.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    find.get_by_role("button", name="清除条件").click()
    # What was just done here is at the top.
    expect(rows.first).to_contain_text("查看留痕")
    page.screenshot(path=shots / "audit.png")
