from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.api import router
from services.accounts.model import Asker
from services.accounts.module import MODULE
from services.kernel.access import PUBLIC
from services.kernel.actor import make_visitor
from services.kernel.http import HTTPS_COOKIES, LOOPBACK_COOKIES, route_permission
from services.kernel.testing import Browser, make_actor, make_app

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"


def test_each_route_asks_for_a_permission_that_the_module_declares(office: Office) -> None:
    declared = {p.name for p in MODULE.permissions} | {PUBLIC}
    asked = {route_permission(r) for r in router(office.accounts, cookies=LOOPBACK_COOKIES).routes}
    assert asked == declared


def test_a_stranger_may_log_in_ask_who_they_are_and_claim_a_code_and_nothing_else(office: Office) -> None:
    browser = office.browser(make_visitor(office.site))
    paths = make_app(router(office.accounts, cookies=LOOPBACK_COOKIES), actor=office.admin).openapi()["paths"]
    answers = {
        (method, path): browser.ask(method.upper(), path.replace("{", "").replace("}", ""), content="{").status_code
        for path, operations in paths.items()
        for method in operations
    }
    let_in = {operation for operation, status in answers.items() if status != 401}
    assert let_in == {
        ("post", "/session"),
        ("get", "/session"),
        ("post", "/accounts/registrations"),
        ("get", "/accounts/registrations/policy"),
        ("post", "/session/passkey/question"),
        ("post", "/session/passkey"),
        ("post", "/session/qr"),
        ("get", "/session/qr"),
        ("post", "/session/qr/finish"),
        ("post", "/session/kiosk"),
        ("get", "/session/card"),
        ("post", "/session/card"),
        ("post", "/session/card/finish"),
        ("post", "/session/card/stop"),
        ("post", "/session/card"),
        ("get", "/session/card"),
        ("post", "/session/card/stop"),
        ("post", "/session/card/finish"),
        ("get", "/session/ways"),
        ("post", "/session/outside"),
        ("post", "/session/outside/finish"),
        ("post", "/pairings/claim"),
        ("get", "/pairings/me"),
    }


def test_a_login_sets_a_cookie_that_scripts_and_other_sites_never_see(office: Office) -> None:
    office.hire("li", name="李晓梅")
    browser = office.browser(make_visitor(office.site))
    answer = browser.post("/session", {"user": "li", "password": PASSWORD, "totp": None})
    assert answer.json()["actor"]["name"] == "李晓梅"
    assert answer.json()["actor"]["roles"] == ["clerk"]
    assert answer.json()["expires"].endswith("Z")
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "path=/", "samesite=strict"} <= {part.strip() for part in cookie.split(";")}
    token = browser.cookies[LOOPBACK_COOKIES.session]
    assert office.accounts.resolve_session(token) is not None
    assert token not in answer.text


def test_over_https_the_cookie_is_bound_to_this_host(office: Office) -> None:
    office.hire("li")
    app = make_app(router(office.accounts, cookies=HTTPS_COOKIES), actor=make_visitor(office.site))
    cookie = Browser(app).post("/session", {"user": "li", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("__Host-halltwin_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_who_am_i_is_answered_to_anybody(office: Office) -> None:
    office.hire("li")
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.1"))
    assert office.browser(make_visitor(office.site)).get("/session").json() == {
        "actor": None,
        "expires": None,
        "crowded_out": False,
    }
    answer = office.browser(begun.actor).get("/session").json()
    assert answer["actor"]["id"] == begun.actor.id
    assert answer["actor"]["permissions"] == ["accounts.names", "registrations.verify", "session.own", "signin.own"]


def test_logging_out_ends_the_session_and_takes_the_cookie_back(office: Office) -> None:
    office.hire("li")
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.1"))
    answer = office.browser(begun.actor).delete("/session")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert office.accounts.resolve_session(begun.token) is None


def test_wrong_logins_are_problems_and_too_many_say_when_to_come_back(office: Office) -> None:
    office.hire("li")
    browser = office.browser(make_visitor(office.site), address="10.9.9.9")
    answers = [browser.post("/session", {"user": "li", "password": "wrong password"}) for _ in range(11)]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    assert answers[0].json()["type"] == "urn:halltwin:accounts.wrong_login"
    assert answers[-1].json()["retry_after_s"] > 0


def test_a_browser_is_paired_knows_what_it_is_and_is_listed_until_it_is_revoked(office: Office) -> None:
    staff = office.browser(office.admin)
    begun = staff.post("/pairings", {"role": "window", "place": "A07", "name": "A07窗口屏"}).json()
    screen = office.browser(make_visitor(office.site))
    assert screen.get("/pairings/me").json() == {"id": None, "role": None, "place": None, "name": None, "reader": False}
    paired = screen.post("/pairings/claim", {"code": begun["code"]}).json()
    assert paired == {"id": begun["id"], "role": "window", "place": "A07", "name": "A07窗口屏", "reader": False}
    device = office.accounts.resolve_device(screen.cookies[LOOPBACK_COOKIES.device])
    assert office.browser(make_visitor(office.site), device=device).get("/pairings/me").json() == paired
    assert [p["name"] for p in staff.get("/pairings").json()] == ["A07窗口屏"]
    assert staff.delete(f"/pairings/{begun['id']}").status_code == 204
    assert staff.get("/pairings").json() == []


def test_people_are_made_listed_and_erased(office: Office) -> None:
    admin = office.browser(office.admin)
    person = {"user": "wang", "password": PASSWORD, "name": "王芳", "roles": ["clerk"], "phone": "13812348000"}
    created = admin.post("/accounts/users", person)
    assert created.status_code == 201
    assert created.json()["phone"] == "138****8000"
    assert admin.post("/accounts/users", person).status_code == 409
    assert [p["user"] for p in admin.get("/accounts/users").json()["people"]] == ["wang"]
    assert admin.delete(f"/accounts/users/{created.json()['id']}").status_code == 204
    assert admin.get("/accounts/users").json()["people"][0]["name"] is None


@pytest.mark.parametrize("change", [{"user": "a b"}, {"name": " "}, {"roles": ["Clerk"]}, {"phone": "call me"}])
def test_what_makes_no_sense_is_refused_at_the_edge(office: Office, change: dict[str, object]) -> None:
    person = {"user": "wang", "password": PASSWORD, "name": "王芳", "roles": ["clerk"]} | change
    assert office.browser(office.admin).post("/accounts/users", person).status_code == 422


def test_seeing_people_is_not_managing_them(office: Office) -> None:
    reader = office.browser(make_actor("accounts.view", site=office.site))
    assert reader.get("/accounts/users").status_code == 200
    assert reader.post("/accounts/users", {}).status_code == 403
