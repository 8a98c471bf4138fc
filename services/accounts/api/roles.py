"""Routes of roles: what each may do, and those a house composes itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.accounts.api.people import STORABLE, Asked, Id, Role, TextOut
from services.accounts.commands import Accounts
from services.accounts.people_model import HouseRole
from services.kernel.http import CurrentActor, permitted

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=STORABLE)]


class TextIn(Asked):
    zh: Label
    en: Label


class RoleIn(Asked):
    name: TextIn
    permissions: list[Annotated[str, Field(max_length=60)]] = Field(max_length=200)


class NewRoleIn(RoleIn):
    key: Role


class RoleOut(BaseModel):
    """``shipped``: comes with the product and is not changed; ``people``: how many hold it."""

    key: str
    name: TextOut
    permissions: list[str]
    shipped: bool
    people: int


class PermissionOut(BaseModel):
    """``composable``: a role of the house may contain it; the others stay with the three administrators."""

    name: str
    label: TextOut
    composable: bool


class RolesOut(BaseModel):
    roles: list[RoleOut]
    permissions: list[PermissionOut]


def add_roles(routes: APIRouter, service: Accounts) -> None:
    rights = service.rights

    @routes.get("/accounts/roles", **permitted("roles.view"))
    def list_roles(actor: CurrentActor) -> RolesOut:
        declared, composable = rights.permissions(actor)
        permissions = [
            PermissionOut(name=p.name, label=TextOut(**p.label), composable=p.name in composable) for p in declared
        ]
        return RolesOut(roles=[_role(r) for r in rights.list_all(actor)], permissions=permissions)

    @routes.post("/accounts/roles", status_code=201, **permitted("roles.grant"))
    def compose_role(role: NewRoleIn, actor: CurrentActor) -> RoleOut:
        made = rights.compose(actor, key=role.key, name=role.name.model_dump(), permissions=role.permissions)
        return _role(made)

    @routes.put("/accounts/roles/{key}", **permitted("roles.grant"))
    def change_role(key: Id, role: RoleIn, actor: CurrentActor) -> RoleOut:
        """Whoever holds it may so much and no more, from their next request on."""
        return _role(rights.change(actor, key, name=role.name.model_dump(), permissions=role.permissions))

    @routes.delete("/accounts/roles/{key}", status_code=204, **permitted("roles.grant"))
    def retire_role(key: Id, actor: CurrentActor) -> None:
        rights.retire(actor, key)


def _role(role: HouseRole) -> RoleOut:
    return RoleOut(
        key=role.key,
        name=TextOut(**role.name),
        permissions=list(role.permissions),
        shipped=role.shipped,
        people=role.people,
    )
