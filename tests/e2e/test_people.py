"""The administrators' pages in a real browser: units, people, what they may, a list from Excel; by keyboard too."""

from __future__ import annotations

import io
import re
import secrets
from pathlib import Path

import httpx2
import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from tests.e2e.driver import Complaints, OpenPage, RunningHall
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PHONE = (390, 844)
NEW = "others of my own choice"


def add_unit(page: Page, button: str, name: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("中文名称|Name in Chinese")).fill(name)
    dialog.get_by_role("button", name=re.compile("保存|Save")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_tree_is_grown_and_moved_by_keyboard_and_by_dragging(open_page: OpenPage, shots: Path) -> None:
    mark = secrets.token_hex(3)
    page = open_page("/admin/#tree", login="admin")
    add_unit(page, "新建最上级单位", f"中心{mark}")
    tree = page.get_by_role("tree")
    top = tree.get_by_role("treeitem", name=f"中心{mark}")
    top.click()
    for name in (f"综合窗口部{mark}", f"办公室{mark}"):
        add_unit(page, "新建下级", name)
    windows = tree.get_by_role("treeitem", name=f"综合窗口部{mark}")
    office = tree.get_by_role("treeitem", name=f"办公室{mark}")
    expect(windows).to_have_attribute("aria-level", "2")

    office.drag_to(windows)
    expect(page.get_by_text(f"已移到综合窗口部{mark}")).to_be_visible()
    expect(windows).to_have_attribute("aria-expanded", re.compile("true|false"))
    windows.focus()
    if windows.get_attribute("aria-expanded") != "true":
        page.keyboard.press("ArrowRight")
    expect(office).to_have_attribute("aria-level", "3")

    page.keyboard.press("ArrowDown")
    expect(office).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("目标单位").fill(f"中心{mark}")
    page.get_by_role("list", name="找到的单位").get_by_role("button").click()
    is_accessible(page, page.get_by_role("heading", name=f"办公室{mark}"))
    page.screenshot(path=shots / "admin-tree.png")
    page.get_by_role("button", name="移到其下").press("Enter")
    expect(office).to_have_attribute("aria-level", "2")


def test_somebody_is_made_given_rights_by_another_and_stopped(
    open_page: OpenPage, hall: RunningHall, complaints: Complaints, shots: Path
) -> None:
    complaints.expect("422")  # a common password is refused
    user, name = f"e2e{secrets.token_hex(4)}", "欧阳晓梅"
    page = open_page("/admin/#people", login="admin")
    page.get_by_role("button", name="添加人员").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill(name)
    dialog.get_by_label("登录名").fill(user)
    dialog.get_by_label("初始密码").fill("password1")
    dialog.get_by_role("button", name="添加人员").click()
    expect(dialog.get_by_role("alert")).to_contain_text("太常见")
    dialog.get_by_label("初始密码").fill("three unlike words")
    is_accessible(page, dialog)
    dialog.get_by_role("button", name="添加人员").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("searchbox", name="查找人员").fill(user)
    row = page.get_by_role("row", name=re.compile(user))
    expect(row).to_contain_text("待改密码")
    is_accessible(page, row)
    page.screenshot(path=shots / "admin-people.png")

    newcomer = open_page("/login/")
    newcomer.get_by_label("用户名").fill(user)
    newcomer.get_by_label("密码", exact=True).fill("three unlike words")
    newcomer.get_by_role("button", name="登录").click()
    newcomer.get_by_label("新密码").fill("words of my own")
    newcomer.get_by_label("再输一遍").fill("words of my own")
    is_accessible(newcomer, newcomer.get_by_role("heading", name="请设置自己的密码"))
    newcomer.get_by_role("button", name="保存并进入").click()
    newcomer.wait_for_url("**/go/")
    newcomer.goto("/me/")
    for label, words in (("现在的密码", "words of my own"), ("新密码", NEW), ("再输一遍", NEW)):
        newcomer.get_by_label(label).fill(words)
    is_accessible(newcomer, newcomer.get_by_role("button", name="修改密码"))
    newcomer.get_by_role("button", name="修改密码").click()
    expect(newcomer.get_by_text("密码已修改")).to_be_visible()

    security = open_page("/admin/#people", login="security_admin")
    security.get_by_role("searchbox", name="查找人员").fill(name)
    security.get_by_role("row", name=re.compile(user)).get_by_role("button").click()
    person = security.get_by_role("dialog")
    person.get_by_label("理由").fill("调任设施部")
    person.get_by_label("设施管理员").check()
    person.get_by_role("button", name="授予这些角色").click()
    expect(security.get_by_role("row", name=re.compile(user))).to_contain_text("设施管理员")
    is_accessible(security, person)
    security.screenshot(path=shots / "admin-person.png")
    person.get_by_label("本人当面出示了").select_option("work_pass")
    person.get_by_role("button", name="重置第二重验证").click()
    expect(person.get_by_role("status")).to_contain_text(re.compile("只显示这一次.*([a-z2-9]{4}-){5}[a-z2-9]{4}"))
    person.get_by_role("button", name="停用", exact=True).click()
    expect(security.get_by_role("row", name=re.compile(user))).to_contain_text("已停用")
    told = httpx2.post(f"{hall.url}/api/v1/session", json={"user": user, "password": NEW})
    assert told.status_code == 401


def test_a_list_is_checked_read_and_taken(open_page: OpenPage, shots: Path) -> None:
    user = f"list{secrets.token_hex(4)}"
    page = open_page("/admin/#people", login="admin", locale="en-GB")
    page.get_by_role("button", name="Import from Excel").click()
    with page.expect_download() as template:
        page.get_by_role("link", name="Download the template").click()
    given = load_workbook(io.BytesIO(template.value.path().read_bytes())).worksheets[0]
    heads = [str(cell.value) for cell in given[1]]
    book = Workbook()
    rows = (heads, [user, "Li Na", "13812348000", None, None, None, "clerk"], ["a b", "", "call me"])
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    dialog = page.get_by_role("dialog")
    xlsx = {"name": "people.xlsx", "mimeType": "application/octet-stream", "buffer": out.getvalue()}
    dialog.get_by_label("File (.xlsx)").set_input_files(xlsx)  # type: ignore[arg-type]
    dialog.get_by_role("button", name="Check").click()
    expect(dialog).to_contain_text("2 rows: 1 new, 0 changed, 0 as they were, 1 wrong.")
    expect(dialog.get_by_role("cell", name="Is no phone number.")).to_be_visible()
    is_accessible(page, dialog)
    page.screenshot(path=shots / "admin-import.png")
    dialog.get_by_role("button", name="Import 1 rows").click()
    expect(dialog).to_contain_text("Imported.")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("searchbox", name="Find people").fill(user)
    expect(page.get_by_role("row", name=re.compile(user))).to_contain_text("Li Na")


@pytest.mark.parametrize(("section", "lang"), [("roles", "zh-CN"), ("people", "en-GB"), ("tree", "en-GB")])
def test_on_a_phone_too(open_page: OpenPage, shots: Path, section: str, lang: str) -> None:
    page = open_page(f"/admin/#{section}", login="security_admin", size=PHONE, locale=lang)
    is_accessible(page, page.get_by_role("main").get_by_role("heading", level=2))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    page.screenshot(path=shots / f"admin-{section}-phone.png")


def test_a_role_is_composed_and_stands_in_the_table(open_page: OpenPage, shots: Path) -> None:
    key = f"house_{secrets.token_hex(3)}"
    page = open_page("/admin/#roles", login="security_admin", size=(1440, 900))
    page.get_by_role("button", name="新建角色").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标识").fill(key)
    dialog.get_by_label("中文名称").fill(f"值班长{key}")
    dialog.get_by_label("英文名称").fill(f"Duty officer {key}")
    expect(dialog.get_by_label("查看审计记录")).to_have_count(0)
    dialog.get_by_label("查看告警").check()
    dialog.get_by_role("button", name="保存").click()
    column = page.get_by_role("columnheader", name=re.compile(f"值班长{key}"))
    expect(column).to_be_visible()
    page.get_by_label("只看一个角色").select_option(key)
    row = page.get_by_role("row", name=re.compile("^查看告警"))
    expect(row.get_by_role("cell")).to_have_text("是")
    is_accessible(page, column)
    page.get_by_label("只看一个角色").select_option("")
    page.screenshot(path=shots / "admin-roles.png")


def test_a_program_gets_a_token_once_reads_with_it_and_is_sent_away(open_page: OpenPage, hall: RunningHall) -> None:
    name = f"平台{secrets.token_hex(3)}"
    page = open_page("/admin/#tokens", login="manager")
    page.get_by_label("程序名称").fill(name)
    page.get_by_role("button", name="生成令牌").press("Enter")
    dialog = page.get_by_role("dialog")
    secret = dialog.get_by_role("status").inner_text()
    is_accessible(page, dialog.get_by_role("heading", name=f"{name} 的令牌"))
    dialog.get_by_role("button", name="已保存").press("Enter")
    shown = {"authorization": f"Bearer {secret}"}
    assert httpx2.get(f"{hall.url}/api/v1/twin", headers=shown).status_code == 200
    row = page.get_by_role("row", name=re.compile(name))
    expect(row).to_contain_text("读取运行数据")
    row.get_by_role("button", name="撤销").click()
    page.get_by_role("dialog").get_by_role("button", name="撤销").click()
    expect(row).to_have_count(0)
    assert httpx2.get(f"{hall.url}/api/v1/twin", headers=shown).status_code == 401
