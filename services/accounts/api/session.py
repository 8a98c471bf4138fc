"""Routes of one's own login: begin it, look at it, end it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.accounts.api.common import address, set_cookie, time, unset_cookie
from services.accounts.commands import Accounts
from services.accounts.passwords import LONGEST
from services.kernel.actor import Actor
from services.kernel.http import Cookies, CurrentActor, permitted, public
from twin.errors import DatabaseUnavailable


class LoginIn(BaseModel):
    """``totp`` is for people who enrolled a second factor; nobody can yet, so it is not looked at."""

    user: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=LONGEST)
    totp: str | None = Field(default=None, max_length=12)


class ActorOut(BaseModel):
    id: str
    name: str
    roles: list[str]
    permissions: list[str]


class SessionOut(BaseModel):
    """Who is logged in here; both null when nobody is. While the database is away nobody can say until when."""

    actor: ActorOut | None
    expires: datetime | None


def add_session(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session", **public())
    def begin_session(login: LoginIn, request: Request, response: Response, actor: CurrentActor) -> SessionOut:
        begun = service.sessions.begin(
            login=login.user, password=login.password, address=address(request), previous=actor
        )
        set_cookie(response, cookies.session, begun.token, cookies=cookies, max_age_s=None)
        return SessionOut(actor=_actor(begun.actor), expires=time(begun.expires_ms))

    @routes.get("/session", **public())
    def read_session(actor: CurrentActor) -> SessionOut:
        try:
            expires_ms = service.sessions.find_expiry_ms(actor)
        except DatabaseUnavailable:
            return SessionOut(actor=_actor(actor), expires=None)
        if expires_ms is None:
            return SessionOut(actor=None, expires=None)
        return SessionOut(actor=_actor(actor), expires=time(expires_ms))

    @routes.delete("/session", status_code=204, **permitted("session.own"))
    def end_session(actor: CurrentActor, response: Response) -> None:
        service.sessions.end(actor)
        unset_cookie(response, cookies.session, cookies=cookies)


def _actor(actor: Actor) -> ActorOut:
    return ActorOut(id=actor.id, name=actor.name, roles=sorted(actor.roles), permissions=sorted(actor.permissions))
