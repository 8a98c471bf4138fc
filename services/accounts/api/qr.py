"""Routes of signing in by a phone: the page that asks, the phone that confirms, the kiosk that takes a code."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.accounts.api.common import address, asker, begin, set_cookie, time, unset_cookie
from services.accounts.api.session import SessionOut, session_out
from services.accounts.commands import Accounts
from services.kernel.documents import qr_svg
from services.kernel.http import Cookies, CurrentActor, CurrentDevice, permitted, public

PAGE = "/me/#qr="
"""Behind the hash: what stands there is sent to no server and to no other page."""


class PhoneQuestionOut(BaseModel):
    """``url`` is what the QR code ``qr`` (an SVG) says; it is of no use to whoever is not signed in."""

    url: str
    qr: str
    expires: datetime


class PhoneStateOut(BaseModel):
    state: Literal["waiting", "confirmed", "refused", "gone"]


class ScanIn(BaseModel):
    scan: str = Field(min_length=1, max_length=60)


class PhoneRequestOut(BaseModel):
    """``near``: it asks from the very address that the phone has now. ``kiosk``: it is a kiosk of this hall."""

    address: str
    browser: str
    since: datetime
    expires: datetime
    near: bool
    kiosk: bool


class PhoneAnswerIn(ScanIn):
    confirm: bool


class KioskCodeOut(BaseModel):
    code: str
    expires: datetime


class KioskIn(BaseModel):
    code: str = Field(min_length=1, max_length=20)


def add_qr(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session/qr", status_code=201, **public())
    def ask_by_qr(request: Request, response: Response, device: CurrentDevice) -> PhoneQuestionOut:
        asked = service.qr.ask(asker(request, cookies), device)
        set_cookie(response, cookies.asking, asked.browser, cookies=cookies, max_age_s=None)
        url = f"{request.base_url.scheme}://{request.headers.get('host', '')}{PAGE}{asked.scan}"
        return PhoneQuestionOut(url=url, qr=qr_svg(url), expires=time(asked.expires_ms))

    @routes.get("/session/qr", **public())
    def read_qr_state(request: Request) -> PhoneStateOut:
        return PhoneStateOut.model_validate({"state": service.qr.state(request.cookies.get(cookies.asking))})

    @routes.post("/session/qr/finish", **public())
    def begin_session_by_qr(
        request: Request, response: Response, actor: CurrentActor, device: CurrentDevice
    ) -> SessionOut:
        browser = request.cookies.get(cookies.asking)
        login = service.qr.finish(browser, asker(request, cookies), device=device, previous=actor)
        begin(response, login, cookies=cookies)
        unset_cookie(response, cookies.asking, cookies=cookies)
        return session_out(login)

    @routes.post("/session/qr/look", **permitted("session.own"))
    def look_at_request(scanned: ScanIn, request: Request, actor: CurrentActor) -> PhoneRequestOut:
        """Who asks, before one confirms."""
        row = service.qr.look(actor, scanned.scan)
        return PhoneRequestOut(
            address=row.address,
            browser=row.browser,
            since=time(row.created_ms),
            expires=time(row.expires_ms),
            near=row.address == address(request),
            kiosk=row.pairing_id is not None,
        )

    @routes.post("/session/qr/answer", status_code=204, **permitted("session.own"))
    def answer_request(answer: PhoneAnswerIn, actor: CurrentActor) -> None:
        service.qr.answer(actor, answer.scan, confirm=answer.confirm)


def add_kiosk_login(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session/kiosk/code", status_code=201, **permitted("session.own"))
    def make_kiosk_code(actor: CurrentActor) -> KioskCodeOut:
        code, expires_ms = service.qr.make_code(actor)
        return KioskCodeOut(code=code, expires=time(expires_ms))

    @routes.post("/session/kiosk", **public())
    def begin_session_at_kiosk(
        typed: KioskIn, request: Request, response: Response, actor: CurrentActor, device: CurrentDevice
    ) -> SessionOut:
        """At a paired kiosk: short, and of that kiosk only."""
        login = service.qr.begin_at_kiosk(typed.code, asker(request, cookies), device=device, previous=actor)
        begin(response, login, cookies=cookies)
        return session_out(login)
