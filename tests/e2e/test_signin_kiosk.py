"""At the kiosk: signed in by card, by code of the phone, or not at all; and how one comes to an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.card_readers import PASSWORD, CardReader, register, running_reader
from tests.e2e.driver import Complaints, OpenPage, RunningHall
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

KIOSK, WIDE, PHONE = (1080, 1920), (1920, 1080), (390, 844)
HOLDER, STRANGER, NEW = "530102197802284118", "620102196511173335", "11010519491231002X"
READER = "READER-1"
OUTSIDE = """() => [...document.querySelectorAll('.kiosk button')].filter(button => {
    const { top, bottom, left, right } = button.getBoundingClientRect();
    return top < 0 || left < 0 || bottom > innerHeight + 1 || right > innerWidth + 1;
}).map(button => button.textContent)"""


@pytest.fixture(scope="session")
def reader(hall: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardReader]:
    """On line until the end: other tests wait until each device of the hall is."""
    folder = tmp_path_factory.mktemp("reader")
    with (
        hall.client("manager") as manager,
        hall.client("security_admin") as reviewer,
        httpx2.Client(base_url=f"{hall.url}/api/v1", headers={"origin": hall.url}) as anybody,
        running_reader(manager, folder, url=hall.url, site="shifanqu", key=READER) as running,
    ):
        register(anybody, reviewer, user="card.holder", name="王芳", number=HOLDER)
        yield running


def lay_down(page: Page, reader: CardReader, number: str) -> None:
    """As a person does who sees that the reader is ready; it hears of the asking a moment after the screen."""
    expect(page.locator(".signin-card")).to_have_attribute("data-state", "waiting")
    read = page.locator(".signin-card:not([data-state=waiting]), .mine-list")
    for _ in range(50):
        reader.lay_down(number)
        if read.first.is_visible():
            return
        page.wait_for_timeout(200)
    raise AssertionError("the card was not read")


def test_an_id_card_signs_its_holder_in_and_leaving_signs_them_out(
    reader: CardReader, open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    complaints.expect("404 (Not Found)")
    page = open_page(f"/kiosk/?reader={READER}", size=KIOSK)
    page.get_by_role("button", name=re.compile("刷身份证或输登录码")).click()
    is_accessible(page, page.get_by_role("heading", name=re.compile("把身份证放到感应区")))
    expect(page.get_by_role("button", name=re.compile("不登录，直接办事"))).to_be_visible()
    page.screenshot(path=shots / "kiosk-signin.png")
    # One that nobody registered is told so, and the way on.
    lay_down(page, reader, STRANGER)
    expect(page.get_by_role("alert")).to_contain_text("不登录也可以取号、办事")
    page.screenshot(path=shots / "kiosk-signin-unknown.png")
    page.get_by_role("button", name=re.compile("再试一次")).click()
    lay_down(page, reader, HOLDER)
    expect(page.get_by_role("heading", level=1, name=re.compile(r"王\*，您已登录"))).to_be_visible()
    is_accessible(page, page.locator(".mine-list"))
    assert HOLDER not in page.content()
    page.screenshot(path=shots / "kiosk-mine.png")
    with page.expect_response(lambda told: told.request.method == "DELETE") as ended:
        page.get_by_role("button", name=re.compile("退出登录")).first.click()
    assert ended.value.status == 204
    expect(page.get_by_role("button", name=re.compile("刷身份证或输登录码"))).to_be_visible()
    assert page.request.get("/api/v1/session").json()["actor"] is None


def test_a_code_of_the_phone_is_typed_by_finger_or_keys_in_english_too(
    open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    complaints.expect("404 (Not Found)")
    phone = open_page("/me/", login="citizen", size=PHONE)
    phone.get_by_role("button", name="生成登录码").click()
    code = phone.locator(".big-code").inner_text()
    page = open_page("/kiosk/", size=KIOSK)
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name=re.compile("a code of my phone")).click()
    field = page.get_by_role("textbox", name="Code")
    expect(field).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Lay your ID card"))).to_have_count(0)
    # A wrong one by the keys of a keyboard.
    field.fill("aaaaaaaa")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    is_accessible(page, field)
    for letter in code:
        page.get_by_role("button", name=letter, exact=True).click()
    page.screenshot(path=shots / "kiosk-code-en.png")
    page.get_by_role("button", name=re.compile("^Sign in")).click()
    expect(page.get_by_role("heading", level=1, name=re.compile("you are signed in"))).to_be_visible()
    is_accessible(page, page.get_by_role("heading", level=1))
    # A minute without anybody, at the pace of a test: nobody is signed in any more.
    page.get_by_role("button", name=re.compile("To the services")).click()
    expect(page.get_by_role("button", name=re.compile(r"\* is signed in"))).to_be_visible()
    with page.expect_response(lambda told: told.request.method == "DELETE"):
        page.clock.install()
        page.clock.run_for(61_000)
    expect(page.get_by_role("button", name=re.compile("用手机登录码"))).to_be_visible()
    assert page.request.get("/api/v1/session").json()["actor"] is None


@pytest.mark.usefixtures("reader")
def test_low_controls_and_a_wide_screen_hold_the_sign_in_in_both_languages(open_page: OpenPage, shots: Path) -> None:
    page = open_page(f"/kiosk/?reader={READER}", size=KIOSK)
    page.get_by_role("button", name=re.compile("按钮放低")).click()
    page.screenshot(path=shots / "kiosk-home-low.png")
    page.locator(".home-card").click()
    for lang in ("zh", "en"):
        for name, size in (("tall", KIOSK), ("wide", WIDE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.locator(".signin-card")).to_be_visible()
            page.screenshot(path=shots / f"kiosk-signin-low-{name}-{lang}.png")
            outside = page.evaluate(OUTSIDE)
            assert outside == [], f"{name}, {lang}"
        is_accessible(page, page.locator(".signin-card"))
        page.get_by_role("button", name=re.compile("^(English|中文)$")).click()


def test_somebody_registers_by_phone_and_is_told_what_happens_next(
    hall: RunningHall, open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    complaints.expect("422 (Unprocessable")
    page = open_page("/login/", size=PHONE)
    page.get_by_role("link", name="注册", exact=True).click()
    in_both_languages(page, page.get_by_role("heading", level=1), shots / "register")
    filled = {"name": "赵一", "id_number": NEW, "user": "zhao.yi", "password": "password1", "again": "password2"}
    for field, text in filled.items():
        page.locator(f"#{field}").fill(text)
    expect(page.get_by_role("status")).to_have_text("两次输入不一致")
    page.locator("#again").fill("password1")
    page.locator("#phone").fill("13812348000")
    page.get_by_role("checkbox", name=re.compile("也留在账号中")).check()
    page.get_by_role("checkbox", name=re.compile("我已阅读")).check()
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for field in ("password", "again"):
        page.locator(f"#{field}").fill(PASSWORD)
    with page.expect_request(re.compile("/accounts/registrations$")) as sent:
        page.get_by_role("button", name="提交注册").click()
    assert sent.value.post_data_json["phone_agreed"] >= 1
    received = page.get_by_role("heading", level=2)
    expect(received).to_have_text("已收到您的申请")
    expect(received).to_be_focused()
    in_both_languages(page, received, shots / "register-received")
    with hall.client("security_admin") as reviewer:
        asked = [one for one in reviewer.get("/accounts/registrations").json() if one["user"] == filled["user"]]
        assert [(one["kind"], one["name"]) for one in asked] == [("citizen", "赵*")]
        reviewer.post(f"/accounts/registrations/{asked[0]['id']}/refuse", json={"why": "test"}).raise_for_status()


def test_an_enterprise_names_an_agent_and_takes_it_back(
    open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    complaints.expect("404 (Not Found)")
    page = open_page("/me/", login="enterprise", size=PHONE)
    field, add = page.get_by_label("代办人的用户名"), page.get_by_role("button", name="添加", exact=True)
    field.fill("nobody.at.all")
    add.click()
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill("citizen")
    add.click()
    remove = page.get_by_role("button", name=re.compile("^取消.+代办$"))
    expect(remove).to_be_visible()
    citizen = open_page("/me/", login="citizen", size=PHONE)
    expect(citizen.get_by_role("heading", name="我代办的企业")).to_be_visible()
    remove.click()
    in_both_languages(page, page.locator("section[aria-labelledby=agents] [role=group]"), shots / "me-agents")
    page.get_by_role("button", name="确定取消").click()
    expect(page.get_by_text("还没有代办人。")).to_be_visible()


def in_both_languages(page: Page, settled: Locator, shot: Path) -> None:
    for lang in ("zh", "en"):
        is_accessible(page, settled)
        page.screenshot(path=shot.with_name(f"{shot.name}-{lang}.png"), full_page=True)
        page.get_by_role("button", name=re.compile("^(English|中文)$")).click()
