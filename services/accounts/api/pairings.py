"""Routes of paired browsers: a code is made, claimed, and the pairing revoked."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.accounts.api.common import Name, address, set_cookie, time
from services.accounts.commands import Accounts
from services.accounts.model import Pairing
from services.kernel.actor import make_system
from services.kernel.http import Cookies, CurrentActor, CurrentDevice, permitted, public

DEVICE_COOKIE_S = 400 * 24 * 3600
"""As long as browsers keep one; the pairing itself lives until it is revoked."""


class PairingIn(BaseModel):
    """``reader``: the ID card reader beside a kiosk, by its key."""

    role: str = Field(max_length=20)
    name: Name
    place: str | None = Field(default=None, max_length=60)
    reader: str | None = Field(default=None, min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")


class PairingCodeOut(BaseModel):
    id: str
    code: str
    expires: datetime


class ClaimIn(BaseModel):
    code: str = Field(min_length=1, max_length=20)


class PairedOut(BaseModel):
    """What this browser is paired as; all null when it is not. ``reader``: an ID card reader beside it is on line."""

    id: str | None
    role: str | None
    place: str | None
    name: str | None
    reader: bool = False


class PairingOut(BaseModel):
    id: str
    role: str
    place: str | None
    name: str
    created: datetime
    claimed: datetime | None


def add_pairings(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/pairings", status_code=201, **permitted("pairings.manage"))
    def begin_pairing(pairing: PairingIn, actor: CurrentActor) -> PairingCodeOut:
        begun = service.pairings.begin(
            actor, role=pairing.role, place=pairing.place, name=pairing.name, reader=pairing.reader
        )
        return PairingCodeOut(id=begun.pairing.id, code=begun.code, expires=time(begun.expires_ms))

    @routes.post("/pairings/claim", **public())
    def claim_pairing(claim: ClaimIn, request: Request, response: Response) -> PairedOut:
        pairing, token = service.pairings.claim(code=claim.code, address=address(request))
        set_cookie(response, cookies.device, token, cookies=cookies, max_age_s=DEVICE_COOKIE_S)
        return _paired(service, pairing)

    @routes.get("/pairings/me", **public())
    def read_own_pairing(device: CurrentDevice) -> PairedOut:
        if device is None:
            return PairedOut(id=None, role=None, place=None, name=None)
        return PairedOut(
            id=device.id.removeprefix("pairing:"),
            role=min(device.roles),
            place=device.place,
            name=device.name,
            reader=service.cards.has_reader(device.id),
        )

    @routes.get("/pairings", **permitted("pairings.manage"))
    def list_pairings(actor: CurrentActor) -> list[PairingOut]:
        return [_pairing(p) for p in service.pairings.list_all(actor)]

    @routes.delete("/pairings/{pairing_id}", status_code=204, **permitted("pairings.manage"))
    def revoke_pairing(pairing_id: str, actor: CurrentActor) -> None:
        service.pairings.revoke(actor, pairing_id)


def add_demo_pairing(routes: APIRouter, service: Accounts, cookies: Cookies, site: str) -> None:
    @routes.post("/pairings/demo", **public())
    def pair_for_demo(pairing: PairingIn, request: Request, response: Response) -> PairedOut:
        """In a demo, on this machine only: the browser that asks becomes what it asks for."""
        host = make_system(site, "demo", permissions=frozenset({"pairings.manage"}))
        begun = service.pairings.begin(
            host, role=pairing.role, place=pairing.place, name=pairing.name, reader=pairing.reader
        )
        paired, token = service.pairings.claim(code=begun.code, address=address(request))
        set_cookie(response, cookies.device, token, cookies=cookies, max_age_s=DEVICE_COOKIE_S)
        return _paired(service, paired)


def _paired(service: Accounts, pairing: Pairing) -> PairedOut:
    return PairedOut(
        id=pairing.id,
        role=pairing.role,
        place=pairing.place,
        name=pairing.name,
        reader=service.cards.has_reader(f"pairing:{pairing.id}"),
    )


def _pairing(pairing: Pairing) -> PairingOut:
    return PairingOut(
        id=pairing.id,
        role=pairing.role,
        place=pairing.place,
        name=pairing.name,
        created=time(pairing.created_ms),
        claimed=time(pairing.claimed_ms) if pairing.claimed_ms is not None else None,
    )
