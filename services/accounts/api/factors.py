"""Routes of second factors: one's own are added and removed, a passkey alone signs in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.accounts.api.common import Name, asker, begin, set_cookie, site, time
from services.accounts.api.people import Id, ResetIn
from services.accounts.api.session import CODE_MAX, SessionOut, session_out
from services.accounts.commands import Accounts
from services.accounts.model import Factor
from services.accounts.own_ways import Added
from services.kernel.http import Cookies, CurrentActor, permitted, public


class FactorOut(BaseModel):
    id: str
    kind: str
    name: str
    created: datetime
    last_used: datetime | None


class FactorsOut(BaseModel):
    """``codes_left``: recovery codes that still work."""

    factors: list[FactorOut]
    codes_left: int


class NewTotpOut(BaseModel):
    """``secret`` and ``qr`` (an SVG) are shown this once; the factor counts from its first code on."""

    id: str
    secret: str
    uri: str
    qr: str


class FactorCodeIn(BaseModel):
    code: str = Field(min_length=1, max_length=CODE_MAX)


class PasskeyQuestionOut(BaseModel):
    """What ``navigator.credentials`` is asked with."""

    options: dict[str, Any]


class PasskeyIn(BaseModel):
    name: Name
    answer: dict[str, Any]


class PasskeyAnswerIn(BaseModel):
    answer: dict[str, Any]


class CodesOut(BaseModel):
    """Shown this once: each works once in place of a one-time code."""

    codes: list[str]


class ResetCodeOut(BaseModel):
    """Shown this once: with the password it lets its person in, once and until then, to add a factor."""

    code: str
    until: datetime


class AddedOut(CodesOut):
    """``codes`` is empty where there were recovery codes before."""

    factor: FactorOut


def add_factors(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    def added(made: Added, response: Response) -> AddedOut:
        set_cookie(response, cookies.session, made.login.token, cookies=cookies, max_age_s=None)
        return AddedOut(factor=_factor(made.factor), codes=list(made.codes))

    @routes.get("/factors", **permitted("signin.own"))
    def list_factors(actor: CurrentActor) -> FactorsOut:
        factors, left = service.own_ways.list_factors(actor)
        return FactorsOut(factors=[_factor(f) for f in factors], codes_left=left)

    @routes.post("/factors/totp", status_code=201, **permitted("signin.own"))
    def begin_totp(actor: CurrentActor, request: Request) -> NewTotpOut:
        made = service.own_ways.begin_totp(actor, site(request))
        return NewTotpOut(id=made.id, secret=made.secret, uri=made.uri, qr=made.qr)

    @routes.post("/factors/{factor_id}/confirm", **permitted("signin.own"))
    def confirm_totp(factor_id: str, shown: FactorCodeIn, actor: CurrentActor, response: Response) -> AddedOut:
        return added(service.own_ways.confirm_totp(actor, factor_id, shown.code), response)

    @routes.post("/factors/passkey/question", **permitted("signin.own"))
    def begin_passkey(actor: CurrentActor, request: Request) -> PasskeyQuestionOut:
        return PasskeyQuestionOut(options=service.own_ways.begin_passkey(actor, site(request)))

    @routes.post("/factors/passkey", status_code=201, **permitted("signin.own"))
    def add_passkey(made: PasskeyIn, actor: CurrentActor, request: Request, response: Response) -> AddedOut:
        found = service.own_ways.add_passkey(actor, name=made.name, answer=made.answer, site=site(request))
        return added(found, response)

    @routes.post("/factors/codes", **permitted("signin.own"))
    def renew_codes(actor: CurrentActor, request: Request) -> CodesOut:
        return CodesOut(codes=list(service.own_ways.renew_codes(actor, site(request))))

    @routes.delete("/factors/{factor_id}", status_code=204, **permitted("signin.own"))
    def remove_factor(factor_id: str, actor: CurrentActor, request: Request) -> None:
        service.own_ways.remove(actor, factor_id, site(request))

    @routes.post("/accounts/users/{person_id}/factors/reset", **permitted("factors.reset"))
    def reset_factors(person_id: Id, asked: ResetIn, actor: CurrentActor) -> ResetCodeOut:
        """Whoever lost phone and codes shows in person who they are, and gets a code that lets them add a factor."""
        made = service.credentials.reset_factors(actor, person_id, asked.told())
        return ResetCodeOut(code=made.code, until=time(made.until_ms))


def add_passkey_login(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session/passkey/question", **public())
    def ask_passkey(request: Request) -> PasskeyQuestionOut:
        return PasskeyQuestionOut(options=service.passkey_login.ask(asker(request, cookies)))

    @routes.post("/session/passkey", **public())
    def begin_session_by_passkey(
        shown: PasskeyAnswerIn, request: Request, response: Response, actor: CurrentActor
    ) -> SessionOut:
        """Without a password: the device made sure who its owner is."""
        login = service.passkey_login.begin(shown.answer, asker(request, cookies), previous=actor)
        begin(response, login, cookies=cookies)
        return session_out(login)


def _factor(row: Factor) -> FactorOut:
    return FactorOut(
        id=row.id,
        kind=row.kind,
        name=row.name,
        created=time(row.created_ms),
        last_used=time(row.last_used_ms) if row.last_used_ms is not None else None,
    )
