"""Routes of the accounts module: the session, pairings, tokens of programs, people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from services.accounts.commands import Accounts
from services.accounts.model import Pairing, Person, Token
from services.accounts.passwords import LONGEST
from services.kernel.actor import Actor, make_system
from services.kernel.http import Cookies, CurrentActor, CurrentDevice, make_router, permitted, public
from twin.errors import DatabaseUnavailable

DEVICE_COOKIE_S = 400 * 24 * 3600
"""As long as browsers keep one; the pairing itself lives until it is revoked."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
LoginName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9._-]{2,40}$")]


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


class PairingIn(BaseModel):
    role: str = Field(max_length=20)
    name: Name
    place: str | None = Field(default=None, max_length=60)


class PairingCodeOut(BaseModel):
    id: str
    code: str
    expires: datetime


class ClaimIn(BaseModel):
    code: str = Field(min_length=1, max_length=20)


class PairedOut(BaseModel):
    """What this browser is paired as; all null when it is not."""

    id: str | None
    role: str | None
    place: str | None
    name: str | None


class PairingOut(BaseModel):
    id: str
    role: str
    place: str | None
    name: str
    created: datetime
    claimed: datetime | None


class TokenIn(BaseModel):
    """``days``: how long it works. Renew it by making another and revoking this one."""

    name: Name
    days: int = Field(default=365, ge=1, le=1826)


class TokenOut(BaseModel):
    id: str
    name: str
    created_by: str
    created: datetime
    expires: datetime
    last_used: datetime | None


class NewTokenOut(TokenOut):
    """``token`` is shown this once: programs send it as ``Authorization: Bearer ...``."""

    token: str


class PersonIn(BaseModel):
    user: LoginName
    password: str = Field(max_length=LONGEST)
    name: Name
    roles: list[str] = Field(min_length=1, max_length=8)
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9 -]{5,20}$")


class PersonOut(BaseModel):
    """``name`` is null once the person was erased; ``phone`` is masked."""

    id: str
    user: str
    name: str | None
    phone: str | None
    roles: list[str]
    created: datetime
    disabled: datetime | None


def router(service: Accounts, *, cookies: Cookies, demo_site: str | None = None) -> APIRouter:
    """All of the module's routes, below ``/api/v1``. ``demo_site``: browsers of this demo pair themselves."""
    routes = make_router("accounts")
    _add_session(routes, service, cookies)
    _add_pairings(routes, service, cookies)
    _add_tokens(routes, service)
    _add_people(routes, service)
    if demo_site is not None:
        _add_demo_pairing(routes, service, cookies, demo_site)
    return routes


def _add_session(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session", **public())
    def begin_session(login: LoginIn, request: Request, response: Response, actor: CurrentActor) -> SessionOut:
        begun = service.sessions.begin(
            login=login.user, password=login.password, address=_address(request), previous=actor
        )
        _set(response, cookies.session, begun.token, cookies=cookies, max_age_s=None)
        return SessionOut(actor=_actor(begun.actor), expires=_time(begun.expires_ms))

    @routes.get("/session", **public())
    def read_session(actor: CurrentActor) -> SessionOut:
        try:
            expires_ms = service.sessions.find_expiry_ms(actor)
        except DatabaseUnavailable:
            return SessionOut(actor=_actor(actor), expires=None)
        if expires_ms is None:
            return SessionOut(actor=None, expires=None)
        return SessionOut(actor=_actor(actor), expires=_time(expires_ms))

    @routes.delete("/session", status_code=204, **permitted("session.own"))
    def end_session(actor: CurrentActor, response: Response) -> None:
        service.sessions.end(actor)
        _unset(response, cookies.session, cookies=cookies)


def _add_pairings(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/pairings", status_code=201, **permitted("pairings.manage"))
    def begin_pairing(pairing: PairingIn, actor: CurrentActor) -> PairingCodeOut:
        begun = service.pairings.begin(actor, role=pairing.role, place=pairing.place, name=pairing.name)
        return PairingCodeOut(id=begun.pairing.id, code=begun.code, expires=_time(begun.expires_ms))

    @routes.post("/pairings/claim", **public())
    def claim_pairing(claim: ClaimIn, request: Request, response: Response) -> PairedOut:
        pairing, token = service.pairings.claim(code=claim.code, address=_address(request))
        _set(response, cookies.device, token, cookies=cookies, max_age_s=DEVICE_COOKIE_S)
        return PairedOut(id=pairing.id, role=pairing.role, place=pairing.place, name=pairing.name)

    @routes.get("/pairings/me", **public())
    def read_own_pairing(device: CurrentDevice) -> PairedOut:
        if device is None:
            return PairedOut(id=None, role=None, place=None, name=None)
        return PairedOut(
            id=device.id.removeprefix("pairing:"), role=min(device.roles), place=device.place, name=device.name
        )

    @routes.get("/pairings", **permitted("pairings.manage"))
    def list_pairings(actor: CurrentActor) -> list[PairingOut]:
        return [_pairing(p) for p in service.pairings.list_all(actor)]

    @routes.delete("/pairings/{pairing_id}", status_code=204, **permitted("pairings.manage"))
    def revoke_pairing(pairing_id: str, actor: CurrentActor) -> None:
        service.pairings.revoke(actor, pairing_id)


def _add_tokens(routes: APIRouter, service: Accounts) -> None:
    @routes.post("/tokens", status_code=201, **permitted("tokens.manage"))
    def create_token(token: TokenIn, actor: CurrentActor) -> NewTokenOut:
        """For a third party's program: it may read the hall's data, and nothing else."""
        made = service.tokens.create(actor, name=token.name, days=token.days)
        return NewTokenOut(**_token(made.token).model_dump(), token=made.secret)

    @routes.get("/tokens", **permitted("tokens.manage"))
    def list_tokens(actor: CurrentActor) -> list[TokenOut]:
        return [_token(t) for t in service.tokens.list_all(actor)]

    @routes.delete("/tokens/{token_id}", status_code=204, **permitted("tokens.manage"))
    def revoke_token(token_id: str, actor: CurrentActor) -> None:
        service.tokens.revoke(actor, token_id)


def _add_demo_pairing(routes: APIRouter, service: Accounts, cookies: Cookies, site: str) -> None:
    @routes.post("/pairings/demo", **public())
    def pair_for_demo(pairing: PairingIn, request: Request, response: Response) -> PairedOut:
        """In a demo, on this machine only: the browser that asks becomes what it asks for."""
        host = make_system(site, "demo", permissions=frozenset({"pairings.manage"}))
        begun = service.pairings.begin(host, role=pairing.role, place=pairing.place, name=pairing.name)
        paired, token = service.pairings.claim(code=begun.code, address=_address(request))
        _set(response, cookies.device, token, cookies=cookies, max_age_s=DEVICE_COOKIE_S)
        return PairedOut(id=paired.id, role=paired.role, place=paired.place, name=paired.name)


def _add_people(routes: APIRouter, service: Accounts) -> None:
    @routes.get("/accounts/names", **permitted("session.own"))
    def list_names(actor: CurrentActor) -> dict[str, str]:
        """Names of colleagues by the ids that alarms, commands and the audit carry."""
        return service.people.names(actor)

    @routes.get("/accounts/users", **permitted("accounts.view"))
    def list_people(actor: CurrentActor) -> list[PersonOut]:
        return [_person(p) for p in service.people.list_all(actor)]

    @routes.post("/accounts/users", status_code=201, **permitted("accounts.manage"))
    def create_person(person: PersonIn, actor: CurrentActor) -> PersonOut:
        created = service.people.create(
            actor,
            login=person.user,
            password=person.password,
            name=person.name,
            roles=person.roles,
            phone=person.phone,
        )
        return _person(created)

    @routes.delete("/accounts/users/{person_id}", status_code=204, **permitted("accounts.manage"))
    def erase_person(person_id: str, actor: CurrentActor) -> None:
        service.people.erase(actor, person_id)


def _set(response: Response, name: str, token: str, *, cookies: Cookies, max_age_s: int | None) -> None:
    response.set_cookie(
        name, token, max_age=max_age_s, path="/", secure=cookies.secure, httponly=True, samesite="strict"
    )


def _unset(response: Response, name: str, *, cookies: Cookies) -> None:
    response.delete_cookie(name, path="/", secure=cookies.secure, httponly=True, samesite="strict")


def _address(request: Request) -> str:
    return request.client.host if request.client else "local"


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _actor(actor: Actor) -> ActorOut:
    return ActorOut(id=actor.id, name=actor.name, roles=sorted(actor.roles), permissions=sorted(actor.permissions))


def _pairing(pairing: Pairing) -> PairingOut:
    return PairingOut(
        id=pairing.id,
        role=pairing.role,
        place=pairing.place,
        name=pairing.name,
        created=_time(pairing.created_ms),
        claimed=_time(pairing.claimed_ms) if pairing.claimed_ms is not None else None,
    )


def _token(token: Token) -> TokenOut:
    return TokenOut(
        id=token.id,
        name=token.name,
        created_by=token.created_by,
        created=_time(token.created_ms),
        expires=_time(token.expires_ms),
        last_used=_time(token.last_used_ms) if token.last_used_ms is not None else None,
    )


def _person(person: Person) -> PersonOut:
    return PersonOut(
        id=person.id,
        user=person.login,
        name=person.name,
        phone=person.phone,
        roles=list(person.roles),
        created=_time(person.created_ms),
        disabled=_time(person.disabled_ms) if person.disabled_ms is not None else None,
    )
