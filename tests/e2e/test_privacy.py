"""Personal data in a browser: a citizen sees, corrects, agrees and asks for its end; an officer decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import Complaints, OpenPage, RunningHall
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PHONE = (390, 844)


def test_a_citizen_sees_what_is_kept_decides_on_it_and_asks_for_its_end(
    open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    stranger = open_page("/go/#/mine", size=PHONE)
    complaints.expect("401")
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()

    page = open_page("/go/", login="citizen", size=PHONE)
    page.get_by_role("link", name="我的信息、同意和登录").click()
    held = page.get_by_role("region", name="我的信息")
    expect(held.get_by_text("姓名")).to_be_visible()
    expect(held.locator(".mono").first).to_contain_text("*")
    is_accessible(page, held)
    page.screenshot(path=shots / "mine.png", full_page=True)

    consents = page.get_by_role("region", name="我的同意")
    consents.get_by_role("button", name="同意 评价回访").click()
    expect(consents.get_by_role("button", name="撤回同意 评价回访")).to_be_visible()
    consents.get_by_role("button", name="撤回同意 评价回访").press("Enter")
    expect(consents.get_by_text(re.compile("撤回$"))).to_be_visible()

    with page.expect_download() as saved:
        held.get_by_role("button", name="下载我的信息副本").click()
    assert '"subject"' in Path(saved.value.path()).read_text(encoding="utf-8")

    held.get_by_role("button", name=re.compile("更正 姓名")).click()
    held.get_by_label("应当更正为").fill("王晓明")
    held.get_by_role("button", name="提交").press("Enter")
    asked = page.get_by_role("region", name="我的申请")
    expect(asked.get_by_text("最迟")).to_be_visible()
    expect(page.get_by_role("region", name="我的登录").get_by_text("这台设备")).to_be_visible()
    held.get_by_role("button", name="申请删除我的信息").click()
    held.get_by_role("button", name="确认申请删除").click()
    expect(asked.get_by_text("删除", exact=True)).to_be_visible()
    page.screenshot(path=shots / "mine-asked.png", full_page=True)
    assert "王晓明" not in str(page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage)]"))

    desk = open_page("/admin/#privacy", login="security_admin", size=(1280, 900))
    desk.get_by_role("button", name=re.compile("办理 更正")).click()
    expect(desk.get_by_text("王晓明")).to_be_visible()
    is_accessible(desk, desk.get_by_role("dialog"))
    desk.screenshot(path=shots / "privacy-correct.png")
    desk.get_by_role("button", name="批准", exact=True).click()
    desk.get_by_role("button", name=re.compile("办理 删除")).click()
    expect(desk.get_by_role("heading", name="将被删除的信息")).to_be_visible()
    desk.get_by_label(re.compile("理由")).fill("仍有业务在办")
    desk.screenshot(path=shots / "privacy-erase.png")
    desk.get_by_role("button", name="不批准").click()
    expect(desk.get_by_text("未批准").first).to_be_visible()
    desk.get_by_role("link", name="个人信息清单").click()
    expect(desk.get_by_text("queue.ticket.phone_sealed")).to_be_visible()
    is_accessible(desk, desk.get_by_role("table"))
    desk.screenshot(path=shots / "privacy-inventory.png")

    page.reload()
    asked.get_by_role("button", name="查看理由").first.click()
    expect(asked.get_by_text("仍有业务在办")).to_be_visible()


def test_staff_see_a_number_in_clear_for_a_reason_that_goes_on_record_and_only_for_a_minute(
    hall: RunningHall, open_page: OpenPage, shots: Path
) -> None:
    why = "群众离开窗口，电话请回"
    with hall.client("manager") as manager:
        assert manager.post("/queue/windows/B03/open").status_code == 200
        taken = manager.post("/queue/tickets", json={"department": "bdc", "phone": "13812348000"})
        assert taken.status_code == 201, taken.text
        called = manager.post("/queue/windows/B03/call-next").json()["current"]
        assert called["phone"] == "138****8000"
    page = open_page("/desk/?window=B03", login="manager", size=(1440, 900))
    visitor = page.get_by_role("region", name="已叫，等他过来")
    expect(visitor.get_by_text("138****8000")).to_be_visible()
    page.clock.install()
    visitor.get_by_role("button", name="显示电话").press("Enter")
    reason = visitor.get_by_label(re.compile("理由"))
    reason.fill("看看")
    reason.press("Enter")
    expect(visitor.get_by_text("138****8000")).to_be_visible()
    reason.fill(why)
    is_accessible(page, visitor)
    page.screenshot(path=shots / "desk-reveal-asks.png")
    reason.press("Enter")
    expect(visitor.get_by_text("13812348000")).to_be_visible()
    page.screenshot(path=shots / "desk-reveal.png")
    page.clock.fast_forward(61_000)
    expect(visitor.get_by_text("138****8000")).to_be_visible()
    expect(visitor.get_by_text("13812348000")).to_have_count(0)

    clerks = open_page("/desk/?window=B03", login="clerk", size=(1024, 768))
    expect(clerks.get_by_text("138****8000")).to_be_visible()
    expect(clerks.get_by_role("button", name="显示电话")).to_have_count(0)
    clerks.screenshot(path=shots / "desk-clerk.png")
    with hall.client("clerk") as clerk:
        wish = {"subject": called["subject"], "field": "queue.ticket.phone_sealed", "reason": why}
        assert clerk.post("/privacy/reveal", json=wish).status_code == 403
    with hall.client("audit_admin") as auditor:
        [line] = auditor.get("/audit", params={"action": "privacy.reveal", "target": called["subject"]}).json()["lines"]
    assert (line["why"], line["after"]) == (why, {"field": "queue.ticket.phone_sealed"})
    assert "13812348000" not in str(line)
    with hall.client("manager") as manager:
        for step in ("start", "finish", "close"):
            assert manager.post(f"/queue/windows/B03/{step}").status_code == 200
