"""Routes of the organisation: units, posts, and who manages what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.accounts.api.people import STORABLE, Asked, Id, Key, LoginName, PersonOut, TextOut, show_person
from services.accounts.api.roles import TextIn
from services.accounts.commands import Accounts
from services.accounts.people_model import Post, Unit
from services.kernel.http import CurrentActor, permitted


class UnitIn(Asked):
    """``parent`` null: at the top."""

    name: TextIn
    parent: Key | None = None


class NameIn(Asked):
    name: TextIn


class MoveIn(Asked):
    parent: Key | None


class MergeIn(Asked):
    into: Key


class PostIn(Asked):
    name: TextIn


class PostChangeIn(Asked):
    """Left out: as it was."""

    name: TextIn | None = None
    unit: Key | None = None


class ManagerIn(Asked):
    person: Key


class UnitOut(BaseModel):
    """``children``, ``people``: units right below, people in this very unit."""

    id: str
    parent: str | None
    name: TextOut
    children: int
    people: int


class PostOut(BaseModel):
    id: str
    unit: str
    name: TextOut


class HeldPostOut(PostOut):
    people: list[PersonOut]


class UnitDetailOut(BaseModel):
    """``above``: from the top as far as one may see. ``mine``: whether one may move, merge and retire it."""

    unit: UnitOut
    above: list[UnitOut]
    posts: list[HeldPostOut]
    managers: list[PersonOut]
    mine: bool


def add_units(routes: APIRouter, service: Accounts) -> None:
    organisation = service.organisation

    @routes.get("/accounts/units", **permitted("organisation.view"))
    def list_units(
        actor: CurrentActor,
        below: Annotated[str | None, Query(max_length=40, pattern=STORABLE)] = None,
        q: Annotated[str, Query(max_length=60, pattern=STORABLE)] = "",
    ) -> list[UnitOut]:
        """Right below one; without one, the uppermost that one may see; with ``q``, those of that name."""
        return [_unit(u) for u in organisation.list_units(actor, below=below, text=q)]

    @routes.post("/accounts/units", status_code=201, **permitted("organisation.manage"))
    def create_unit(unit: UnitIn, actor: CurrentActor) -> UnitOut:
        return _unit(organisation.create(actor, name=unit.name.model_dump(), parent=unit.parent))

    @routes.get("/accounts/units/{unit_id}", **permitted("organisation.view"))
    def read_unit(unit_id: Id, actor: CurrentActor) -> UnitDetailOut:
        found = organisation.get(actor, unit_id)
        return UnitDetailOut(
            unit=_unit(found.unit),
            above=[_unit(u) for u in found.above],
            posts=[
                HeldPostOut(**_post(post).model_dump(), people=[show_person(p) for p in found.holders.get(post.id, ())])
                for post in found.posts
            ],
            managers=[show_person(p) for p in found.managers],
            mine=found.mine,
        )

    @routes.put("/accounts/units/{unit_id}/name", status_code=204, **permitted("organisation.manage"))
    def rename_unit(unit_id: Id, asked: NameIn, actor: CurrentActor) -> None:
        organisation.rename(actor, unit_id, asked.name.model_dump())

    @routes.post("/accounts/units/{unit_id}/move", status_code=204, **permitted("organisation.manage"))
    def move_unit(unit_id: Id, asked: MoveIn, actor: CurrentActor) -> None:
        """With all that is below it."""
        organisation.move(actor, unit_id, parent=asked.parent)

    @routes.post("/accounts/units/{unit_id}/merge", status_code=204, **permitted("organisation.manage"))
    def merge_unit(unit_id: Id, asked: MergeIn, actor: CurrentActor) -> None:
        """People and units below go over; this unit ends."""
        organisation.merge(actor, unit_id, into=asked.into)

    @routes.delete("/accounts/units/{unit_id}", status_code=204, **permitted("organisation.manage"))
    def retire_unit(unit_id: Id, actor: CurrentActor) -> None:
        """Only once nobody and nothing is in it."""
        organisation.retire(actor, unit_id)

    @routes.post("/accounts/units/{unit_id}/managers", status_code=204, **permitted("organisation.delegate"))
    def name_manager(unit_id: Id, manager: ManagerIn, actor: CurrentActor) -> None:
        """That person manages people and units from here down."""
        organisation.delegate(actor, unit_id, manager.person)

    @routes.delete(
        "/accounts/units/{unit_id}/managers/{person_id}", status_code=204, **permitted("organisation.delegate")
    )
    def revoke_manager(unit_id: Id, person_id: Id, actor: CurrentActor) -> None:
        organisation.revoke(actor, unit_id, person_id)


def add_posts(routes: APIRouter, service: Accounts) -> None:
    organisation = service.organisation

    @routes.post("/accounts/units/{unit_id}/posts", status_code=201, **permitted("organisation.manage"))
    def create_post(unit_id: Id, post: PostIn, actor: CurrentActor) -> PostOut:
        return _post(organisation.create_post(actor, unit_id, post.name.model_dump()))

    @routes.patch("/accounts/posts/{post_id}", status_code=204, **permitted("organisation.manage"))
    def change_post(post_id: Id, change: PostChangeIn, actor: CurrentActor) -> None:
        """Another name, or with its holders to another unit."""
        name = change.name.model_dump() if change.name else None
        organisation.change_post(actor, post_id, name=name, unit=change.unit)

    @routes.post("/accounts/posts/{post_id}/merge", status_code=204, **permitted("organisation.manage"))
    def merge_post(post_id: Id, asked: MergeIn, actor: CurrentActor) -> None:
        organisation.merge_post(actor, post_id, into=asked.into)

    @routes.delete("/accounts/posts/{post_id}", status_code=204, **permitted("organisation.manage"))
    def retire_post(post_id: Id, actor: CurrentActor) -> None:
        organisation.retire_post(actor, post_id)


class AgentIn(Asked):
    user: LoginName


def add_agents(routes: APIRouter, service: Accounts) -> None:
    """代办. An enterprise's own account may ask for itself."""
    agents = service.agents

    @routes.get("/accounts/me/enterprises", **permitted("session.own"))
    def list_enterprises(actor: CurrentActor) -> list[PersonOut]:
        """Those one may act for now."""
        return [show_person(p) for p in agents.list_acting_for(actor)]

    @routes.get("/accounts/enterprises/{enterprise_id}/agents", **permitted("session.own"))
    def list_agents(enterprise_id: Id, actor: CurrentActor) -> list[PersonOut]:
        return [show_person(p) for p in agents.list_of(actor, enterprise_id)]

    @routes.post("/accounts/enterprises/{enterprise_id}/agents", status_code=204, **permitted("session.own"))
    def name_agent(enterprise_id: Id, agent: AgentIn, actor: CurrentActor) -> None:
        agents.name(actor, enterprise_id, login=agent.user)

    @routes.delete(
        "/accounts/enterprises/{enterprise_id}/agents/{agent_id}", status_code=204, **permitted("session.own")
    )
    def revoke_agent(enterprise_id: Id, agent_id: Id, actor: CurrentActor) -> None:
        agents.revoke(actor, enterprise_id, agent_id)


def _unit(unit: Unit) -> UnitOut:
    return UnitOut(
        id=unit.id, parent=unit.parent_id, name=TextOut(**unit.name), children=unit.children, people=unit.people
    )


def _post(post: Post) -> PostOut:
    return PostOut(id=post.id, unit=post.unit_id, name=TextOut(**post.name))
