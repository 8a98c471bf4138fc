"""Signing in as people do it: code and passkey in a real browser, a phone that lets a page in, a kiosk."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from services.accounts.testing import one_time_code
from tests.e2e.driver import Complaints, OpenPage, RunningHall
from tests.e2e.test_accessibility import is_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

REFUSED = "401 (Unauthorized)"
PHONE = (390, 844)
PASTES = """field => {
    const pasted = new ClipboardEvent('paste', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
    return field.dispatchEvent(pasted);
}"""


def fill_in(page: Page, user: str, password: str) -> None:
    page.get_by_label("用户名").fill(user)
    page.get_by_label("密码").fill(password)
    page.get_by_label("密码").press("Enter")


def sign_out(page: Page) -> None:
    """It leads to the login, and from there back here."""
    page.get_by_role("button", name="退出").click()
    expect(page.locator("#user")).to_be_visible()


def test_a_password_may_be_pasted_and_filled_in_and_signing_out_leaves_nothing(
    hall: RunningHall, open_page: OpenPage
) -> None:
    login = next(one for one in hall.document["logins"] if one["user"] == "citizen")
    page = open_page("/login/?next=/me/")
    field = page.locator("#password")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(page.locator("#user")).to_have_attribute("autocomplete", re.compile("username"))
    assert field.evaluate(PASTES), "nobody is in the way of pasting"
    # As a password manager does it: no key is pressed.
    page.locator("#user").fill(login["user"])
    field.fill(login["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="我的登录")).to_be_visible()
    name = page.locator("header .note").inner_text()
    assert name
    with page.expect_response(lambda told: told.request.method == "DELETE") as ended:
        sign_out(page)
    assert ended.value.header_value("clear-site-data") == '"cache"'
    assert name not in page.content()
    kept = page.evaluate("({ ...sessionStorage })")
    assert kept == {"hall.next": "/me/"}, "where one comes back to, and nothing of the person"
    assert name not in page.evaluate("JSON.stringify(localStorage)")
    page.goto("/me/")
    expect(page.locator("#user")).to_be_visible()
    page.go_back()
    expect(page.locator("#user")).to_be_visible()
    assert name not in page.content()


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_an_administrator_shows_a_code_after_the_password(
    hall: RunningHall, open_page: OpenPage, complaints: Complaints, shots: Path, lang: str
) -> None:
    complaints.expect(REFUSED)
    login = next(one for one in hall.document["logins"] if one["user"] == "audit_admin")
    page = open_page("/login/?next=/me/", size=PHONE, locale=lang)
    is_accessible(page, page.get_by_role("group"))
    page.screenshot(path=shots / f"login-{lang}.png")
    page.locator("#user").fill(login["user"])
    page.locator("#password").fill(login["password"])
    page.locator("#password").press("Enter")
    code = page.locator("#totp")
    expect(code).to_be_focused()
    is_accessible(page, code)
    page.screenshot(path=shots / f"login-second-{lang}.png")
    for ahead in (0, 1, 2):  # the other language may have shown this one already: each works once
        code.fill(one_time_code(login["totp"], now_s=time.time(), ahead=min(ahead, 1)))
        code.press("Enter")
        heading = page.get_by_role("heading", level=1, name=re.compile("我的登录|My sign-in"))
        expect(heading.or_(page.get_by_role("alert"))).to_be_visible()
        if heading.is_visible():
            break
    is_accessible(page, page.get_by_role("heading", name=re.compile("在哪里登录着|Where you are signed in")))
    page.screenshot(path=shots / f"me-{lang}.png", full_page=True)


def test_a_first_login_adds_a_factor_keeps_its_codes_and_chooses_a_password(
    hall: RunningHall, open_page: OpenPage
) -> None:
    user, given, own = f"n{secrets.token_hex(4)}", "given by another one", "lamps and stairs at noon"
    with hall.client("admin") as admin, hall.client("security_admin") as security:
        made = admin.post("/accounts/users", json={"user": user, "password": given, "name": "新人"}).json()
        rights = {"roles": ["audit_admin"], "why": "named"}
        security.put(f"/accounts/users/{made['id']}/roles", json=rights).raise_for_status()
    page = open_page("/login/?next=/admin/")
    fill_in(page, user, given)
    page.get_by_role("button", name="添加动态码").click()
    code = one_time_code(page.locator(".secret").inner_text(), now_s=time.time())
    page.get_by_label("验证器显示的六位数字").fill(code)
    page.get_by_role("button", name="确认添加").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("button", name="已保存").click()
    for label, words in (("现在的密码", given), ("新密码", own), ("再输一遍", own)):
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="保存并进入").click()
    page.wait_for_url("**/admin/**")
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_without_a_password(
    hall: RunningHall, open_page: OpenPage, complaints: Complaints, shots: Path
) -> None:
    """With a virtual authenticator of the browser's own, at an address with a name."""
    complaints.origin = complaints.origin.replace("127.0.0.1", "localhost")
    address = hall.url.replace("127.0.0.1", "localhost")
    page = open_page(f"{address}/login/?next=/me/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    password = next(one["password"] for one in hall.document["logins"] if one["user"] == "staff")
    fill_in(page, "staff", password)
    page.get_by_label("给这个通行密钥起个名字").fill("办公室电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_text("请保存好这十个恢复码。")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    expect(page.get_by_role("button", name="删除办公室电脑")).to_be_visible()
    page.screenshot(path=shots / "me-passkey.png", full_page=True)
    page.get_by_role("button", name="已保存").click()
    (kept,) = devtools.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})["credentials"]
    assert kept["rpId"] == "localhost"
    # A passkey beside the password ...
    complaints.expect(REFUSED)
    sign_out(page)
    fill_in(page, "staff", password)
    page.get_by_role("button", name="通行密钥").click()
    expect(page.get_by_role("button", name="删除办公室电脑")).to_be_visible()
    # ... and in place of it.
    sign_out(page)
    page.get_by_role("button", name="通行密钥").click()
    expect(page.get_by_role("button", name="删除办公室电脑")).to_be_visible()
    # A copy of the key, behind the original: its counter tells.
    sign_out(page)
    devtools.send(
        "WebAuthn.removeCredential", {"authenticatorId": made["authenticatorId"], "credentialId": kept["credentialId"]}
    )
    devtools.send(
        "WebAuthn.addCredential", {"authenticatorId": made["authenticatorId"], "credential": {**kept, "signCount": 0}}
    )
    page.get_by_role("button", name="通行密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("通行密钥未能通过验证")


def test_a_phone_lets_a_page_in_after_seeing_who_asks(open_page: OpenPage, complaints: Complaints, shots: Path) -> None:
    complaints.expect(REFUSED)
    page = open_page("/login/?next=/me/")
    with page.expect_response(re.compile("/session/qr$")) as asked:
        page.get_by_role("button", name="手机扫码").click()
    url = asked.value.json()["url"]
    image = page.get_by_alt_text("用已登录的手机扫描的二维码")
    expect(image).to_be_visible()
    assert image.evaluate("element => element.naturalWidth > 0")
    is_accessible(page, image)
    page.screenshot(path=shots / "login-qr.png")
    phone = open_page(url, login="citizen", size=PHONE)
    expect(phone.get_by_text("127.0.0.1")).not_to_have_count(0)
    is_accessible(phone, phone.get_by_role("button", name="确认登录"))
    phone.screenshot(path=shots / "me-approve.png", full_page=True)
    phone.get_by_role("button", name="确认登录").click()
    expect(page.get_by_role("heading", level=1, name="我的登录")).to_be_visible()
    whose = phone.request.get("/api/v1/session").json()["actor"]["name"]
    expect(page.get_by_text(whose)).to_be_visible()
    phone.get_by_role("button", name="生成登录码").click()
    expect(phone.locator(".big-code")).to_have_text(re.compile("^[A-Z2-9]{8}$"))


def test_an_outside_identity_has_its_button_and_its_place_among_ones_own(
    open_page: OpenPage, complaints: Complaints
) -> None:
    """The provider is a stand-in: what it answers is tested where its answers are judged."""
    complaints.expect("404 (Not Found)")
    page = open_page("/login/", login="citizen")
    url = "/login/?code=c&state=s"
    told = {
        "ways": {"outside": "省统一认证"},
        "outside": {"url": url},
        "link": {"name": "省统一认证", "since": None, "url": url},
    }

    def stand_in(route: Route) -> None:
        route.fulfill(json=told[route.request.url.rpartition("/")[2]])

    page.route(re.compile("/session/(ways|outside|outside/link)$"), stand_in)
    page.goto("/me/")
    section = page.get_by_role("region", name="省统一认证")
    is_accessible(page, section)
    section.get_by_role("button", name="关联我的账号").click()
    expect(page.get_by_role("alert")).to_contain_text("未配置统一身份认证")  # what this hall says of the answer
    assert page.evaluate("location.search") == "", "the code is taken out of the address"
    with page.expect_request("**/api/v1/session/outside/finish") as asked:
        page.get_by_role("button", name="省统一认证").click()
    assert asked.value.post_data_json == {"code": "c", "state": "s"}


def test_who_signed_in_at_too_many_places_is_told_where_it_ended(open_page: OpenPage) -> None:
    page = open_page("/login/")
    crowded_out = {"actor": None, "expires": None, "crowded_out": True}
    page.route("**/api/v1/session", lambda route: route.fulfill(json=crowded_out))
    page.reload()
    is_accessible(page, page.get_by_text("您在别处登录的地方已达上限"))
