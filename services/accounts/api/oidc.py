"""Routes of signing in elsewhere: what ways there are, the question, and the answer that the login page brings back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.accounts.api.common import asker, begin, set_cookie, time, unset_cookie
from services.accounts.api.session import SessionOut, session_out
from services.accounts.commands import Accounts
from services.accounts.oidc import CODE_MAX
from services.kernel.http import Cookies, CurrentActor, permitted, public


class WaysOut(BaseModel):
    """``outside``: the name of the identity provider, null where none is configured."""

    outside: str | None


class OutsideLinkOut(BaseModel):
    """``name`` null: no identity provider is configured. ``since`` null: one does not sign in by it."""

    name: str | None
    since: datetime | None


class OutsideQuestionOut(BaseModel):
    """Where the browser goes next."""

    url: str


class OutsideAnswerIn(BaseModel):
    code: str = Field(min_length=1, max_length=CODE_MAX)
    state: str = Field(min_length=1, max_length=100)


def add_oidc(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.get("/session/ways", **public())
    def list_ways() -> WaysOut:
        """What the login page offers beside password, passkey and phone."""
        return WaysOut(outside=service.oidc.name)

    @routes.post("/session/outside", **public())
    def ask_outside(request: Request, response: Response) -> OutsideQuestionOut:
        asked = service.oidc.ask(asker(request, cookies))
        set_cookie(response, cookies.asking, asked.browser, cookies=cookies, max_age_s=None)
        return OutsideQuestionOut(url=asked.url)

    @routes.post("/session/outside/link", **permitted("session.own"))
    def link_outside(request: Request, response: Response, actor: CurrentActor) -> OutsideQuestionOut:
        """One's own account is signed in to this way too, from now on."""
        service.own_ways.require_fresh(actor, asker(request, cookies).site)
        asked = service.oidc.ask(asker(request, cookies), link=actor)
        set_cookie(response, cookies.asking, asked.browser, cookies=cookies, max_age_s=None)
        return OutsideQuestionOut(url=asked.url)

    @routes.get("/session/outside/link", **permitted("session.own"))
    def read_outside_link(actor: CurrentActor) -> OutsideLinkOut:
        since_ms = service.oidc.find_link_ms(actor)
        return OutsideLinkOut(name=service.oidc.name, since=None if since_ms is None else time(since_ms))

    @routes.delete("/session/outside/link", status_code=204, **permitted("session.own"))
    def unlink_outside(request: Request, actor: CurrentActor) -> None:
        """One's own account is signed in to this way no more."""
        service.own_ways.require_fresh(actor, asker(request, cookies).site)
        service.oidc.unlink(actor)

    @routes.post("/session/outside/finish", **public())
    def begin_session_outside(
        answer: OutsideAnswerIn, request: Request, response: Response, actor: CurrentActor
    ) -> SessionOut:
        login = service.oidc.finish(
            code=answer.code,
            state=answer.state,
            browser=request.cookies.get(cookies.asking),
            asker=asker(request, cookies),
            previous=actor,
        )
        begin(response, login, cookies=cookies)
        unset_cookie(response, cookies.asking, cookies=cookies)
        return session_out(login)
