"""Routes of people: who there is, made by an administrator, erased for good."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.accounts.api.common import Name, time
from services.accounts.commands import Accounts
from services.accounts.model import Person
from services.accounts.passwords import LONGEST
from services.kernel.http import CurrentActor, permitted

LoginName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9._-]{2,40}$")]


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


def add_people(routes: APIRouter, service: Accounts) -> None:
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


def _person(person: Person) -> PersonOut:
    return PersonOut(
        id=person.id,
        user=person.login,
        name=person.name,
        phone=person.phone,
        roles=list(person.roles),
        created=time(person.created_ms),
        disabled=time(person.disabled_ms) if person.disabled_ms is not None else None,
    )
