"""Routes of one's own login: begin it, look at it, show a factor again, end it; and where else one is logged in."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.accounts.api.common import asker, begin, set_cookie, site, time, unset_cookie
from services.accounts.commands import Accounts
from services.accounts.errors import TooManyAttempts
from services.accounts.model import Login, OwnSession, Shown
from services.accounts.pace import Pace
from services.accounts.passwords import LONGEST
from services.accounts.signin_errors import LineFull
from services.kernel.actor import Actor
from services.kernel.http import Cookies, CurrentActor, permitted, public
from twin.errors import DatabaseUnavailable

REFUSALS_PER_S, REFUSALS_BURST = 30.0, 20
"""Who is sent away is told so in their turn: who mistypes never waits, and a flood costs others next to nothing."""
REFUSAL_MAX_S = 2.0
"""Beyond this it is told at once: no flood makes us keep more than some hundred requests."""
CLEARED = '"cache"'
"""Not all storage: a phone's ticket stays with whoever holds the phone, and a browser stays known to its owner."""
CODE_MAX = 40
"""A recovery code with all its dashes."""


class LoginIn(BaseModel):
    """``totp``: the one-time code, or a recovery code, of those who have one; ``passkey``: a passkey's answer instead.

    Without either the answer to a right password is 401 ``accounts.second_factor_needed``, and says what may be shown.
    """

    user: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=LONGEST)
    totp: str | None = Field(default=None, max_length=CODE_MAX)
    passkey: dict[str, Any] | None = None


class ShownIn(BaseModel):
    """One of these; ``password`` is for those who have no second factor."""

    totp: str | None = Field(default=None, max_length=CODE_MAX)
    passkey: dict[str, Any] | None = None
    password: str | None = Field(default=None, max_length=LONGEST)


class ActorOut(BaseModel):
    """``must_show_factor``: nothing else is permitted before a second factor is shown or added;
    ``must_change_password``: nothing else before a password that somebody else made is changed.
    """

    id: str
    name: str
    roles: list[str]
    permissions: list[str]
    must_show_factor: bool
    must_change_password: bool


class SessionOut(BaseModel):
    """Who is logged in here; both null when nobody is. While the database is away nobody can say until when.

    ``crowded_out``: somebody was, until the same person signed in at more places than one may.
    """

    actor: ActorOut | None
    expires: datetime | None
    crowded_out: bool = False


class OwnSessionOut(BaseModel):
    """``factor``: what was shown beside the password: totp, passkey, recovery or nothing."""

    id: str
    current: bool
    address: str
    browser: str
    factor: str | None
    created: datetime
    last_used: datetime
    expires: datetime


class EndedOut(BaseModel):
    ended: int


def add_session(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    refusals = Pace(per_s=REFUSALS_PER_S, burst=REFUSALS_BURST)

    @routes.post("/session", **public())
    async def begin_session(login: LoginIn, request: Request, response: Response, actor: CurrentActor) -> SessionOut:
        who = asker(request, cookies)
        try:
            service.sessions.check_may_try(login.user, who)  # before it costs a thread
            begun = await run_in_threadpool(
                service.sessions.begin,
                login=login.user,
                password=login.password,
                asker=who,
                shown=Shown(code=login.totp, passkey=login.passkey),
                previous=actor,
            )
        except (TooManyAttempts, LineFull):
            await asyncio.sleep(refusals.wait_s(longest_s=REFUSAL_MAX_S))
            raise
        begin(response, begun, cookies=cookies)
        return session_out(begun)

    @routes.get("/session", **public())
    def read_session(actor: CurrentActor, request: Request) -> SessionOut:
        try:
            expires_ms = service.sessions.find_expiry_ms(actor)
            if expires_ms is None:
                crowded_out = service.sessions.was_crowded_out(request.cookies.get(cookies.session))
                return SessionOut(actor=None, expires=None, crowded_out=crowded_out)
        except DatabaseUnavailable:
            return SessionOut(actor=_actor(actor), expires=None)
        return SessionOut(actor=_actor(actor), expires=time(expires_ms))

    @routes.delete("/session", status_code=204, **permitted("signin.own"))
    def end_session(actor: CurrentActor, response: Response) -> None:
        """The browser forgets what it kept of the answers; the page that asks leaves by itself."""
        service.sessions.end(actor)
        unset_cookie(response, cookies.session, cookies=cookies)
        response.headers["Clear-Site-Data"] = CLEARED

    @routes.post("/session/show", **permitted("signin.own"))
    def show_factor(shown: ShownIn, request: Request, response: Response, actor: CurrentActor) -> SessionOut:
        """The second factor of a login that lacks it, or once more before something delicate."""
        login = service.own_ways.show(
            actor, Shown(code=shown.totp, passkey=shown.passkey), site(request), password=shown.password
        )
        set_cookie(response, cookies.session, login.token, cookies=cookies, max_age_s=None)
        return session_out(login)


def add_sessions(routes: APIRouter, service: Accounts) -> None:
    @routes.get("/sessions", **permitted("session.own"))
    def list_own_sessions(actor: CurrentActor) -> list[OwnSessionOut]:
        return [_own(s) for s in service.own_ways.list_sessions(actor)]

    @routes.delete("/sessions/{session_id}", status_code=204, **permitted("session.own"))
    def end_own_session(session_id: str, request: Request, actor: CurrentActor) -> None:
        service.own_ways.end_session(actor, session_id, site(request))

    @routes.delete("/sessions", **permitted("session.own"))
    def end_other_sessions(request: Request, actor: CurrentActor) -> EndedOut:
        """Everywhere but here."""
        return EndedOut(ended=service.own_ways.end_others(actor, site(request)))

    @routes.get("/accounts/users/{person_id}/sessions", **permitted("sessions.manage"))
    def list_sessions_of(person_id: str, actor: CurrentActor) -> list[OwnSessionOut]:
        return [_own(s) for s in service.own_ways.list_sessions_of(actor, person_id)]

    @routes.delete("/accounts/users/{person_id}/sessions", **permitted("sessions.manage"))
    def end_sessions_of(person_id: str, actor: CurrentActor) -> EndedOut:
        return EndedOut(ended=service.own_ways.end_sessions_of(actor, person_id))


def session_out(login: Login) -> SessionOut:
    return SessionOut(actor=_actor(login.actor), expires=time(login.expires_ms))


def _actor(actor: Actor) -> ActorOut:
    return ActorOut(
        id=actor.id,
        name=actor.name,
        roles=sorted(actor.roles),
        permissions=sorted(actor.permissions),
        must_show_factor=actor.must_show_factor,
        must_change_password=actor.must_change_password,
    )


def _own(row: OwnSession) -> OwnSessionOut:
    return OwnSessionOut(
        id=row.id,
        current=row.current,
        address=row.address,
        browser=row.browser,
        factor=row.factor,
        created=time(row.created_ms),
        last_used=time(row.last_used_ms),
        expires=time(row.expires_ms),
    )
