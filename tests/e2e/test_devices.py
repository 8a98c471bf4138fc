"""The devices page: find a device, watch it, hand the list to a colleague, go to 3D and back, act on many at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from building.formats import open_building
from tests.e2e.driver import Devices, OpenPage, RunningHall, stage_ready
from tests.e2e.peers import Gateway, Guest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("devices")]

SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: 'layout-shift', buffered: false });
    setTimeout(() => done(sum), 4000);
})"""


@pytest.fixture(scope="session")
def gateway(hall: RunningHall) -> Iterator[Gateway]:
    """Connected until the end, so that no other journey finds its alarm."""
    gateway = Gateway(hall)
    gateway.join()
    yield gateway
    gateway.die()


def _list(open_page: OpenPage, search: str = "", *, login: str = "manager", **more: object) -> Page:
    page = open_page(f"/admin/{search}#devices", login=login, **more)
    expect(_rows(page).first).to_be_visible()
    return page


def _rows(page: Page) -> Locator:
    return page.locator(".device-table tbody tr")


def _search(page: Page, words: str) -> None:
    page.get_by_role("searchbox", name="查找设备").fill(words)


def _panel(page: Page, key: str) -> Locator:
    return page.get_by_role("complementary", name=key)


def test_a_device_is_found_by_pinyin_and_its_value_changes_live(
    open_page: OpenPage, devices: Devices, shots: Path
) -> None:
    devices.report("CLIM-01", temperature=24.8)
    page = _list(open_page)
    known = len(page.request.get("/api/v1/devices?values=false").json())
    expect(page.get_by_role("status").filter(has_text=f"{known} 台")).to_be_visible()
    _search(page, "wsd b1")
    placed = open_building("reference")
    below = next(floor.id for floor in placed.floors if floor.number == "B1")
    wanted = [d.key for d in placed.devices if d.kind == "climate_sensor" and d.floor == below]
    expect(_rows(page)).to_have_count(len(wanted))
    expect(_rows(page).locator(".second.mono")).to_have_text(sorted(wanted))
    page.get_by_role("button", name=re.compile("停车A区温湿度")).click()
    panel = _panel(page, "CLIM-01")
    expect(panel.get_by_text("在线", exact=True)).to_be_visible()
    devices.report("CLIM-01", temperature=26.3)
    expect(panel.get_by_text("26.3 °C")).to_be_visible()
    devices.report("CLIM-01", temperature=27.9)
    expect(panel.get_by_text("27.9 °C")).to_be_visible()
    expect(panel.locator(".trend canvas").first).to_be_visible()
    page.screenshot(path=shots / "devices.png")


def test_the_address_brings_a_colleague_to_the_same_list_and_device(open_page: OpenPage) -> None:
    page = _list(open_page)
    page.get_by_role("combobox", name="类型").select_option("camera")
    page.get_by_role("combobox", name="楼层").select_option("3F")
    page.get_by_role("button", name="名称", exact=True).click()
    page.get_by_role("button", name="名称", exact=True).click()
    expect(page.get_by_role("columnheader", name="名称")).to_have_attribute("aria-sort", "descending")
    _rows(page).nth(1).get_by_role("button").click()
    expect(page.locator(".panel-head")).to_be_visible()
    parts = urlsplit(page.url)
    names = _rows(page).locator(".link").all_inner_texts()
    assert len(names) > 2
    other = open_page(f"{parts.path}?{parts.query}#{parts.fragment}", login="admin")
    expect(other.locator(".panel-head h3")).to_have_text(names[1])
    expect(_rows(other)).to_have_count(len(names))
    assert _rows(other).locator(".link").all_inner_texts() == names
    page.go_back()
    expect(page.locator(".panel-head")).to_have_count(0)
    expect(_rows(page)).to_have_count(len(names))


def test_from_a_device_to_3d_and_back(open_page: OpenPage) -> None:
    page = _list(open_page, "?device=UPS-1")
    page.get_by_role("link", name="在三维中查看").click()
    stage_ready(page)
    assert "/ops/" in page.url
    expect(page.get_by_role("complementary").get_by_role("heading", level=2)).to_have_text("UPS-1 安防与网络")
    expect(page).to_have_url(re.compile(r"s=UPS-1&.*c=[-.\d]+_[-.\d]+_26\.0_"))  # near enough to see it
    page.get_by_role("link", name=re.compile("设备页")).click()
    expect(_panel(page, "UPS-1").get_by_role("heading", name="UPS-1 安防与网络")).to_be_visible()
    expect(page.locator("tr[data-chosen]")).to_contain_text("UPS-1")
    expect(page.locator("tr[data-chosen]")).to_be_in_viewport()


def test_a_device_without_power_is_shown_so_and_found_by_its_state(open_page: OpenPage, devices: Devices) -> None:
    devices.power("LEAK-02", on=False)
    page = _list(open_page)
    page.get_by_role("combobox", name="状态").select_option("offline")
    row = _rows(page).filter(has_text="LEAK-02")
    expect(row).to_contain_text("离线", timeout=60_000)
    row.get_by_role("button").click()
    expect(_panel(page, "LEAK-02")).to_contain_text("请检查供电和网络")
    devices.power("LEAK-02", on=True)
    expect(row).to_have_count(0, timeout=60_000)


def test_what_nobody_can_speak_for_is_unknown_and_its_losses_are_told(open_page: OpenPage, gateway: Gateway) -> None:
    gateway.measure(1, temperature=21.5)
    gateway.measure(4, temperature=921.5)
    page = _list(open_page, f"?q={gateway.BEHIND}&device={gateway.BEHIND}")
    panel = _panel(page, gateway.BEHIND)
    expect(panel.locator(".panel-state")).to_contain_text("在线")
    expect(panel.locator(".value-row", has_text="温度")).to_contain_text("不可信")
    panel.get_by_role("tab", name="资料").click()
    for name, count in (("缺口", "1"), ("缺号", "2"), ("超范围", "1"), ("重复", "0")):
        line = panel.locator(".counters > div").filter(has=page.locator("dt", has_text=re.compile(f"^{name}")))
        expect(line.locator("dd")).to_have_text(count)
    expect(panel.locator(".facts")).to_contain_text(gateway.KEY)
    expect(_rows(page)).to_contain_text("缺号 2")
    gateway.die()
    try:
        expect(panel.locator(".panel-state")).to_contain_text("未知")
        expect(panel).to_contain_text(f"经由的网关 {gateway.KEY}")
        _search(page, gateway.KEY)
        expect(_rows(page).nth(0)).to_contain_text("离线")
        expect(_rows(page).nth(1)).to_contain_text("未知")
        expect(panel.locator(".panel-state")).not_to_contain_text("离线")
    finally:
        gateway.join()
    expect(panel.locator(".panel-state")).to_contain_text("在线")


def test_the_list_is_a_file_of_what_is_shown(open_page: OpenPage, tmp_path: Path) -> None:
    page = _list(open_page, "?kind=ups")
    expect(_rows(page)).to_have_count(2)
    with page.expect_download() as coming:
        page.get_by_role("button", name="导出 CSV").click()
    saved = tmp_path / "list.csv"
    coming.value.save_as(saved)
    assert saved.read_bytes().startswith(b"\xef\xbb\xbf")
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["编号"] for row in rows] == ["UPS-1", "UPS-2"]
    assert {row["类型"] for row in rows} == {"不间断电源"}
    assert {row["状态"] for row in rows} == {"在线"}
    assert {row["楼层"] for row in rows} == {"3F"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["最后消息"]) for row in rows)
    assert all(row["缺号"] == "0" and row["固件"] for row in rows)


def test_one_command_to_all_large_screens_ends_with_a_word_for_each(open_page: OpenPage, tmp_path: Path) -> None:
    page = _list(open_page, "?q=LSCR")
    page.get_by_label("选中本页全部").check()
    page.get_by_role("button", name="发送命令").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="文字").fill("今日休馆")
    dialog.get_by_role("button", name="发送命令 · 6 台").click()
    expect(dialog.get_by_role("status")).to_have_text("成功 6，未成 0，进行中 0")
    expect(dialog.get_by_role("row")).to_have_count(6)
    with page.expect_download() as coming:
        dialog.get_by_role("button", name="结果存为 CSV").click()
    coming.value.save_as(tmp_path / "results.csv")
    assert (tmp_path / "results.csv").read_text(encoding="utf-8-sig").count("成功") == 6
    dialog.get_by_role("button", name="关闭").click()
    expect(_rows(page).first).to_contain_text("显示文字")
    _rows(page).first.get_by_role("button").click()
    page.get_by_role("tab", name="操作").click()
    expect(page.get_by_role("complementary").get_by_text("已完成", exact=False).first).to_be_visible()


def test_devices_are_asked_to_tell_anew_and_what_is_away_says_so(open_page: OpenPage, devices: Devices) -> None:
    devices.power("LEAK-03", on=False)
    page = _list(open_page, "?q=LEAK&sort=key")
    away = _rows(page).filter(has_text="LEAK-03")
    expect(away).to_contain_text("离线", timeout=60_000)
    away.get_by_role("checkbox").check()
    _rows(page).filter(has_text="LEAK-04").get_by_role("checkbox").check()
    page.get_by_role("region", name="对选中设备的操作").get_by_role("button", name="重新自报").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="重新自报 · 2 台").click()
    expect(dialog.get_by_role("status")).to_have_text("成功 1，未成 1，进行中 0", timeout=30_000)
    expect(dialog.get_by_role("row").filter(has_text="LEAK-04")).to_contain_text("已完成")
    expect(dialog.get_by_role("row").filter(has_text="LEAK-03")).to_contain_text("已过期")
    devices.power("LEAK-03", on=True)


def test_a_credential_is_made_shown_once_changed_and_taken_back(open_page: OpenPage, hall: RunningHall) -> None:
    page = _list(open_page)
    page.get_by_role("button", name="准入设备").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="编号").fill("WEB-1")
    dialog.get_by_role("combobox", name="类型").select_option("ups")
    dialog.get_by_role("button", name="发放凭证").click()
    first = dialog.locator(".secret-word").inner_text()
    assert len(first) > 20
    expect(dialog.get_by_role("img", name="WEB-1 的接入二维码")).to_be_visible()
    expect(dialog).to_contain_text(hall.document["broker"])
    dialog.get_by_role("button", name="已保存，关闭").click()
    page.goto("/admin/?device=WEB-1&pane=access#devices")
    panel = _panel(page, "WEB-1")
    expect(panel).to_contain_text("起有自己的凭证")
    assert first not in page.content()
    panel.get_by_role("button", name="更换凭证").click()
    page.get_by_role("dialog").get_by_role("button", name="更换凭证").click()
    second = page.locator(".secret-word").inner_text()
    assert second != first
    page.get_by_role("button", name="已保存，关闭").click()
    panel.get_by_role("button", name="撤销凭证").click()
    page.get_by_role("dialog").get_by_label("原因").fill("试毕")
    page.get_by_role("dialog").get_by_role("button", name="撤销凭证").click()
    expect(panel).to_contain_text("没有凭证")
    expect(panel.get_by_role("button", name="发放凭证")).to_be_visible()
    page.goto("/admin/?bare=1#devices")
    expect(_rows(page).filter(has_text="WEB-1")).to_have_count(1)


def test_credentials_are_taken_back_together_and_what_has_none_says_so(open_page: OpenPage) -> None:
    page = _list(open_page)
    for key in ("BULK-1", "BULK-2"):
        page.get_by_role("button", name="准入设备").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="编号").fill(key)
        dialog.get_by_role("combobox", name="类型").select_option("climate_sensor")
        dialog.get_by_role("button", name="发放凭证").click()
        dialog.get_by_role("button", name="已保存，关闭").click()
    _search(page, "bulk")
    expect(_rows(page)).to_have_count(2)
    for key in ("BULK-1", "BULK-2"):
        page.get_by_label(f"选中 {key}").check()
    bar = page.get_by_role("region", name="对选中设备的操作")
    bar.get_by_role("button", name="撤销凭证").click()
    dialog = page.get_by_role("dialog")
    ask = dialog.get_by_role("button", name="撤销凭证 · 2 台")
    expect(ask).to_have_attribute("aria-disabled", "true")  # not without a reason
    dialog.get_by_label("原因").fill("拆除")
    ask.click()
    expect(dialog.get_by_role("status")).to_have_text("成功 2，未成 0，进行中 0")
    dialog.get_by_role("button", name="关闭").click()
    for row in (0, 1):
        expect(_rows(page).nth(row)).to_contain_text("无凭证")


def test_a_list_with_a_defect_is_looked_through_before_anything_is_done(open_page: OpenPage) -> None:
    page = _list(open_page)
    page.get_by_role("button", name="准入设备").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="从 Excel 或 CSV").click()
    table = "编号,类型,名称\nFILE-1,ups,一号\nFILE-2,toaster,二号\n".encode()
    dialog.locator("input[type=file]").set_input_files({"name": "d.csv", "mimeType": "text/csv", "buffer": table})
    expect(dialog.get_by_role("status")).to_have_text("可准入 1 台，有问题 1 行")
    expect(dialog.locator(".defects")).to_contain_text("toaster")
    dialog.get_by_role("button", name="只为没有问题的 1 台发放").click()
    expect(dialog.locator(".secret")).to_have_count(1)
    expect(dialog.locator(".secret")).to_contain_text("FILE-1")


def test_codes_are_made_in_the_lobby_and_taken_back(open_page: OpenPage) -> None:
    page = open_page("/admin/?tab=lobby#devices", login="admin")
    page.get_by_label("备注").fill("三层新装")
    page.get_by_role("button", name="生成准入码").click()
    dialog = page.get_by_role("dialog")
    user = dialog.locator("dd").first.inner_text()
    assert user.startswith("lobby-")
    expect(dialog.get_by_role("img")).to_be_visible()
    dialog.get_by_role("button", name="已保存，关闭").click()
    row = page.get_by_role("row").filter(has_text=user)
    expect(row).to_contain_text("三层新装")
    expect(row).to_contain_text("还没有来")
    row.get_by_role("button", name=f"请走 {user}").click()
    expect(row).to_have_count(0)


def test_who_knocks_is_looked_at_and_let_in(open_page: OpenPage, hall: RunningHall) -> None:
    page = open_page("/admin/?tab=lobby#devices", login="admin")
    page.get_by_role("button", name="生成准入码").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("dd")).to_have_count(3)
    user, password = dialog.locator("dd").all_inner_texts()[:2]
    dialog.get_by_role("button", name="已保存，关闭").click()
    guest = Guest(hall, page.request.get("/api/v1/building").json()["site"], user, password)
    try:
        guest.knock(kind="climate_sensor", model="TH-9", firmware="2.4", serial="NEW-77")
        guest.answer("waiting")
        row = page.get_by_role("row").filter(has_text=user)
        expect(row).to_contain_text("NEW-77")
        expect(row).to_contain_text("温湿度传感器")
        expect(page.get_by_role("tab", name=re.compile("^准入.*1$"))).to_be_visible()
        row.get_by_role("button", name="准入").click()
        expect(dialog.get_by_role("textbox", name="编号")).to_have_value("NEW-77")
        dialog.get_by_role("button", name="准入", exact=True).click()
        expect(row).to_contain_text("已准入为 NEW-77")
        credential = guest.answer("approved")
        assert credential["user"] == "NEW-77"
        guest.knock(taken=True)
        expect(row).to_have_count(0)
    finally:
        guest.leave()
    page.goto("/admin/?device=NEW-77&pane=access#devices")
    expect(_panel(page, "NEW-77")).to_contain_text("起有自己的凭证")


def test_the_connection_says_how_it_is(open_page: OpenPage) -> None:
    page = open_page("/admin/?tab=connectors#devices", login="admin")
    card = page.get_by_role("region", name="mqtt")
    expect(card).to_contain_text("已连接")
    expect(card).to_contain_text("MQTT 5")
    for words in ("重试", "断路器", "闭合", "最近错误", "未落库待确认", "消息服务器丢弃"):
        expect(card).to_contain_text(words)
    page.get_by_role("tab", name="计数").click()
    counted = page.locator("section").filter(has=page.get_by_role("heading", name="记录"))
    expect(counted).to_contain_text("已写行")
    expect(page.locator("dt", has_text=re.compile("_"))).to_have_count(0)  # all in words


def test_a_connection_in_trouble_says_what_it_does_about_it(open_page: OpenPage) -> None:
    """The page's own words for a state that no test may bring a shared hall into."""
    page = open_page("/admin/#devices", login="admin")
    healthy = page.request.get("/api/v1/connectors").json()[0]
    now_ms = int(page.evaluate("Date.now()"))
    trouble = healthy | {
        "state": "connecting", "since_ms": now_ms - 60_000, "attempts": 6, "circuit": "open",
        "next_try_ms": now_ms + 3_600_000, "last_error": "connection refused", "failure": "connection refused",
        "failure_ms": now_ms, "broker_dropped": 7, "displaced": 1, "unmapped": {"onvif RuleEngine/acme:Sniff": 3},
        "limits": [{"zh": "不保证重启后不丢", "en": "A restart may lose messages"}],
    }  # fmt: skip
    page.route("**/api/v1/connectors", lambda route: route.fulfill(json=[trouble, healthy | {"name": "second"}]))
    page.get_by_role("tab", name="连接").click()
    card = page.get_by_role("region", name="mqtt")
    for words in (
        "正在重连", "连续 6 次未成", "秒后再试", "断开，暂停尝试", "connection refused", "用大厅的名字和密码登录",
        "onvif RuleEngine/acme:Sniff", "不保证重启后不丢",
    ):  # fmt: skip
        expect(card).to_contain_text(words)
    expect(page.get_by_role("region", name="second")).to_contain_text("已连接")
    trouble |= {"circuit": "half-open", "next_try_ms": None}
    expect(card).to_contain_text("半开，正在试探")
    expect(card).to_contain_text("正在尝试")
    trouble |= healthy | {"failure": "connection refused", "failure_ms": now_ms}
    expect(card).to_contain_text("已恢复")


def test_the_keyboard_is_enough(open_page: OpenPage) -> None:
    page = _list(open_page)
    page.keyboard.press("/")
    page.keyboard.type("lscr")
    expect(_rows(page)).to_have_count(6)
    page.locator(".device-table .link").first.focus()
    page.keyboard.press("ArrowDown")
    expect(_rows(page).nth(1).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    panel = _panel(page, "LSCR-2")
    expect(panel).to_be_focused()
    expect(panel.get_by_role("tab", name="实时")).to_be_visible()
    for _ in range(3):  # close, 3D, the tabs
        page.keyboard.press("Tab")
    expect(panel.get_by_role("tab", name="实时")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("tab", name="操作")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".device-panel")).to_have_count(0)
    expect(_rows(page).nth(1).get_by_role("button")).to_be_focused()


def test_who_may_not_is_told_so(open_page: OpenPage) -> None:
    page = _list(open_page, "?device=UPS-1&pane=access", login="security")
    expect(page.get_by_text("您没有设备准入权限")).to_be_visible()
    expect(page.get_by_role("button", name="准入设备")).to_have_count(0)
    expect(page.get_by_role("tab", name="准入")).to_have_count(1)


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_moves_while_values_change(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = _list(open_page, "?device=UPS-1", size=size)
    expect(page.locator(".trend canvas").first).to_be_visible()
    page.wait_for_timeout(1_000)
    assert page.evaluate(SHIFT) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("(m => m.scrollWidth <= m.clientWidth)(document.querySelector('main'))")
