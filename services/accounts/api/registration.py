"""Routes of one's own password, and of those who ask for an account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.accounts.api.common import Name, address, time
from services.accounts.api.people import Asked, Id, IdNumber, LoginName, Phone, WhyIn
from services.accounts.commands import Accounts
from services.accounts.passwords import LONGEST
from services.accounts.people_model import Registration
from services.accounts.registration import Policy
from services.kernel.http import CurrentActor, permitted, public

Password = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class PasswordIn(Asked):
    old: Password
    new: Password


class RegistrationIn(Asked):
    """``id_number``: a resident's number, or an enterprise's credit code. ``phone_agreed``: the version of the text
    `contact.phone` (``/privacy/purposes``) that you agree to; without it the number is forgotten with the answer.
    """

    kind: Literal["citizen", "enterprise"]
    user: LoginName
    password: Password
    name: Name
    phone: Phone | None = None
    phone_agreed: Annotated[int, Field(ge=1, le=1_000)] | None = None
    id_number: IdNumber


class ReceivedOut(BaseModel):
    """The same for everybody."""

    received: Literal[True]


class RegistrationOut(BaseModel):
    """Masked. ``taken``: an account has this login, or this ID number, already."""

    id: str
    kind: Literal["citizen", "enterprise"]
    user: str
    name: str | None
    phone: str | None
    id_number: str | None
    asked: datetime
    taken: bool


class PolicyIn(Asked):
    """Who answers registrations: nobody, the security administrator, or a window clerk too."""

    policy: Policy


class AcceptedOut(BaseModel):
    id: str


def add_password(routes: APIRouter, service: Accounts) -> None:
    @routes.post("/accounts/password", status_code=204, **permitted("session.own"))
    def change_password(password: PasswordIn, actor: CurrentActor) -> None:
        """One's own: all other logins of the same person end."""
        service.credentials.change(actor, old=password.old, new=password.new)


def add_registrations(routes: APIRouter, service: Accounts) -> None:
    registrations = service.registrations

    @routes.post("/accounts/registrations", status_code=202, **public())
    def register(asked: RegistrationIn, request: Request) -> ReceivedOut:
        registrations.ask(
            kind=asked.kind,
            login=asked.user,
            password=asked.password,
            name=asked.name,
            phone=asked.phone,
            id_number=asked.id_number,
            address=address(request),
            agreed=asked.phone_agreed,
        )
        return ReceivedOut(received=True)

    @routes.get("/accounts/registrations/policy", **public())
    def read_policy() -> PolicyIn:
        return PolicyIn(policy=registrations.policy())

    @routes.put("/accounts/registrations/policy", status_code=204, **permitted("registrations.review"))
    def set_policy(asked: PolicyIn, actor: CurrentActor) -> None:
        registrations.set_policy(actor, asked.policy)

    @routes.get("/accounts/registrations", **permitted("registrations.verify"))
    def list_registrations(actor: CurrentActor) -> list[RegistrationOut]:
        return [_registration(r) for r in registrations.list_waiting(actor)]

    @routes.post("/accounts/registrations/{registration_id}/accept", **permitted("registrations.verify"))
    def accept_registration(registration_id: Id, actor: CurrentActor) -> AcceptedOut:
        return AcceptedOut(id=registrations.accept(actor, registration_id))

    @routes.post(
        "/accounts/registrations/{registration_id}/refuse", status_code=204, **permitted("registrations.verify")
    )
    def refuse_registration(registration_id: Id, asked: WhyIn, actor: CurrentActor) -> None:
        registrations.refuse(actor, registration_id, why=asked.why)


def _registration(registration: Registration) -> RegistrationOut:
    return RegistrationOut(
        id=registration.id,
        kind=registration.kind,  # type: ignore[arg-type]  # the table holds no other
        user=registration.login,
        name=registration.name,
        phone=registration.phone,
        id_number=registration.id_number,
        asked=time(registration.asked_ms),
        taken=registration.taken,
    )
