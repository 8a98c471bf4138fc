"""A phone signs a page in, and a kiosk: whoever holds the code alone gets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import Request

from services.accounts.errors import TooManyAttempts
from services.accounts.model import Asker, Login
from services.accounts.signin_errors import NotAtAKiosk, UnknownRequest
from services.kernel.actor import Actor, make_visitor
from services.kernel.errors import Forbidden, Unauthenticated
from services.kernel.http import LOOPBACK_COOKIES, authenticate

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
PHONE, DESK = Asker(address="10.0.0.1", browser="iPhone"), Asker(address="10.0.0.9", browser="Chrome · Windows")


@pytest.fixture
def phone(office: Office) -> Login:
    office.hire("li", role="citizen")
    return office.accounts.sessions.begin(login="li", password=PASSWORD, asker=PHONE)


def pair(office: Office, role: str = "kiosk") -> tuple[Actor, str]:
    begun = office.accounts.pairings.begin(
        office.admin, role=role, place="A01" if role == "window" else None, name="K1"
    )
    _, token = office.accounts.pairings.claim(code=begun.code, address="10.0.0.50")
    device = office.accounts.resolve_device(token)
    assert device is not None
    return device, token


def test_the_phone_sees_who_asks_and_confirms_and_the_page_is_signed_in_once(office: Office, phone: Login) -> None:
    qr = office.accounts.qr
    asked = qr.ask(DESK, None)
    assert qr.state(asked.browser) == "waiting"
    seen = qr.look(phone.actor, asked.scan)
    assert (seen.address, seen.browser, seen.pairing_id) == ("10.0.0.9", "Chrome · Windows", None)
    qr.answer(phone.actor, asked.scan, confirm=True)
    assert qr.state(asked.browser) == "confirmed"
    login = qr.finish(asked.browser, DESK, device=None, previous=None)
    assert login.actor.id == phone.actor.id
    assert office.accounts.resolve_session(login.token) == login.actor
    for again in (
        lambda: qr.finish(asked.browser, DESK, device=None, previous=None),
        lambda: qr.look(phone.actor, asked.scan),
        lambda: qr.answer(phone.actor, asked.scan, confirm=True),
    ):
        with pytest.raises(UnknownRequest):
            again()
    assert "session.qr_confirm" in office.audit.actions


def test_the_code_alone_and_the_page_alone_get_nothing(office: Office, phone: Login) -> None:
    qr = office.accounts.qr
    asked = qr.ask(DESK, None)
    for secret in (asked.scan, asked.browser, "", None):
        with pytest.raises(UnknownRequest):
            qr.finish(secret, DESK, device=None, previous=None)
    qr.answer(phone.actor, asked.scan, confirm=True)
    with pytest.raises(UnknownRequest):
        qr.finish(asked.scan, DESK, device=None, previous=None)
    assert qr.state(asked.scan) == "gone"


def test_refusing_and_waiting_too_long_sign_nobody_in(office: Office, phone: Login) -> None:
    qr = office.accounts.qr
    refused, late = qr.ask(DESK, None), qr.ask(DESK, None)
    qr.answer(phone.actor, refused.scan, confirm=False)
    assert qr.state(refused.browser) == "refused"
    qr.answer(phone.actor, late.scan, confirm=True)
    office.clock.advance_s(office.limits.signin_code_s)
    assert qr.state(late.browser) == "gone"
    for asked in (refused, late):
        with pytest.raises(UnknownRequest):
            qr.finish(asked.browser, DESK, device=None, previous=None)


def test_who_is_not_signed_in_confirms_nothing(office: Office) -> None:
    asked = office.accounts.qr.ask(DESK, None)
    with pytest.raises(Unauthenticated):
        office.accounts.qr.answer(make_visitor(office.site), asked.scan, confirm=True)


def test_a_stopped_person_is_not_signed_in_by_an_earlier_confirmation(office: Office, phone: Login) -> None:
    asked = office.accounts.qr.ask(DESK, None)
    office.accounts.qr.answer(phone.actor, asked.scan, confirm=True)
    with office.database.transaction() as conn:
        conn.execute("UPDATE accounts.person SET disabled_ms = 1 WHERE site = %s", (office.site,))
    with pytest.raises(UnknownRequest):
        office.accounts.qr.finish(asked.browser, DESK, device=None, previous=None)


def test_one_address_cannot_ask_without_end(office: Office) -> None:
    office.accounts.qr._asks._attempts_max = 3
    for _ in range(3):
        office.accounts.qr.ask(DESK, None)
    with pytest.raises(TooManyAttempts):
        office.accounts.qr.ask(DESK, None)


def test_a_code_from_the_phone_signs_in_at_a_kiosk_shortly_and_there_only(office: Office, phone: Login) -> None:
    device, token = pair(office)
    other, other_token = pair(office)
    code, _ = office.accounts.qr.make_code(phone.actor)
    with pytest.raises(Forbidden):
        office.accounts.qr.begin_at_kiosk(code, DESK, device=None, previous=None)
    login = office.accounts.qr.begin_at_kiosk(f" {code.lower()} ", DESK, device=device, previous=None)
    assert (login.actor.roles, login.actor.bound_to, login.known) == ({"citizen"}, device.id, None)
    assert acting(office, login.token, token) == login.actor
    assert acting(office, login.token, other_token).id == other.id
    assert acting(office, login.token, None).kind == "visitor"
    with pytest.raises(UnknownRequest):  # it works once
        office.accounts.qr.begin_at_kiosk(code, DESK, device=device, previous=None)
    office.clock.advance_s(office.limits.kiosk_idle_s - 1)
    assert office.accounts.resolve_session(login.token) is not None
    office.clock.advance_s(office.limits.kiosk_idle_s)
    assert office.accounts.resolve_session(login.token) is None


def acting(office: Office, session: str, device: str | None) -> Actor:
    """Who a request with these cookies comes from."""
    cookies = {LOOPBACK_COOKIES.session: session, **({LOOPBACK_COOKIES.device: device} if device else {})}
    header = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
    request = Request({"type": "http", "headers": [(b"cookie", header)], "state": {}})
    authenticate(request, identity=office.accounts, cookies=LOOPBACK_COOKIES, site=office.site)
    actor: Actor = request.state.actor
    return actor


def test_staff_at_a_kiosk_are_visitors_and_change_nothing_of_their_account(office: Office) -> None:
    office.hire("wang", role="manager")
    phone = office.accounts.sessions.begin(login="wang", password=PASSWORD, asker=PHONE)
    device, _ = pair(office)
    asked = office.accounts.qr.ask(DESK, device)
    assert office.accounts.qr.look(phone.actor, asked.scan).pairing_id is not None
    office.accounts.qr.answer(phone.actor, asked.scan, confirm=True)
    login = office.accounts.qr.finish(asked.browser, DESK, device=device, previous=None)
    assert login.actor.roles == {"citizen"}
    assert "accounts.view" not in login.actor.permissions
    with pytest.raises(NotAtAKiosk):
        office.accounts.own_ways.list_sessions(login.actor)
    with pytest.raises(UnknownRequest):
        office.accounts.qr.make_code(login.actor)


def test_what_was_asked_at_a_kiosk_is_not_finished_elsewhere(office: Office, phone: Login) -> None:
    device, _ = pair(office)
    other, _ = pair(office)
    for place in (None, other):
        asked = office.accounts.qr.ask(DESK, device)
        office.accounts.qr.answer(phone.actor, asked.scan, confirm=True)
        with pytest.raises(UnknownRequest):
            office.accounts.qr.finish(asked.browser, DESK, device=place, previous=None)


def test_a_wall_is_no_kiosk_and_codes_are_not_guessed(office: Office, phone: Login) -> None:
    wall, _ = pair(office, "wall")
    kiosk, _ = pair(office)
    code, _ = office.accounts.qr.make_code(phone.actor)
    with pytest.raises(Forbidden):
        office.accounts.qr.begin_at_kiosk(code, DESK, device=wall, previous=None)
    for _ in range(office.limits.attempts_max):
        with pytest.raises(UnknownRequest):
            office.accounts.qr.begin_at_kiosk("AAAAAAAA", DESK, device=kiosk, previous=None)
    with pytest.raises(TooManyAttempts):
        office.accounts.qr.begin_at_kiosk(code, DESK, device=kiosk, previous=None)


def test_the_routes_hand_over_the_halves_where_they_belong(office: Office, phone: Login) -> None:
    page, mine = office.browser(make_visitor(office.site)), office.browser(phone.actor)
    asked = page.post("/session/qr")
    assert asked.status_code == 201
    cookie = asked.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    scan = asked.json()["url"].partition("#qr=")[2]
    assert page.cookies[LOOPBACK_COOKIES.asking] not in asked.text
    assert asked.json()["qr"].startswith("<svg")
    assert page.get("/session/qr").json() == {"state": "waiting"}
    assert mine.post("/session/qr/look", {"scan": scan}).json()["near"] is True
    assert mine.post("/session/qr/answer", {"scan": scan, "confirm": True}).status_code == 204
    done = page.post("/session/qr/finish")
    assert done.status_code == 200
    assert done.json()["actor"]["id"] == phone.actor.id
    assert LOOPBACK_COOKIES.session in page.cookies
