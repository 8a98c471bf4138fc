"""Routes of people: found, made, changed, stopped, given rights and posts, erased for good."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.accounts.api.common import Name, time
from services.accounts.commands import Accounts
from services.accounts.model import Proof, Resetting
from services.accounts.passwords import LONGEST
from services.accounts.people_model import PAGE_MAX, Holding, Person, PersonFilter
from services.kernel.http import CurrentActor, permitted

LoginName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9._-]{2,40}$")]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 -]{5,20}$")]
IdNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=18, max_length=18)]
STORABLE = r"^[^\x00]*$"
"""The database takes any character but this."""
Id = Annotated[str, Path(max_length=40, pattern=STORABLE)]
Key = Annotated[str, Field(max_length=40, pattern=STORABLE)]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200, pattern=STORABLE)]
Kind = Literal["staff", "citizen", "enterprise"]


class Asked(BaseModel):
    """What is asked for and is not known is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class PersonIn(Asked):
    """``password`` works until it is changed, at the first login; whoever makes an account knows it."""

    user: LoginName
    password: str = Field(max_length=LONGEST)
    name: Name
    roles: list[Role] = Field(default_factory=list, max_length=8)
    phone: Phone | None = None
    kind: Kind = "staff"
    id_number: IdNumber | None = None
    post: Key | None = None


class PersonChangeIn(Asked):
    """Left out: as it was. An empty text: none any more."""

    name: Name | None = None
    phone: Phone | Literal[""] | None = None
    id_number: IdNumber | Literal[""] | None = None


class PeopleIn(Asked):
    """``q``: the beginning of a login, or a whole name, phone or ID number; ``unit``: it and all below."""

    q: Annotated[str, Field(max_length=60, pattern=STORABLE)] = ""
    unit: Annotated[str | None, Field(max_length=40, pattern=STORABLE)] = None
    role: Annotated[str | None, Field(max_length=40, pattern=STORABLE)] = None
    kind: Kind | None = None
    state: Literal["active", "stopped"] | None = None
    after: Annotated[str, Field(max_length=40, pattern=STORABLE)] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50


class WhyIn(Asked):
    why: Why


class ResetIn(WhyIn):
    """``proof``: what they showed in person who lost password or factor; citizens and enterprises an ID document."""

    proof: Proof

    def told(self) -> Resetting:
        return Resetting(why=self.why, proof=self.proof)


class RolesIn(Asked):
    roles: list[Role] = Field(max_length=8)
    why: Why


class PlaceIn(Asked):
    """``since``: from when the person holds it; left out: from now."""

    post: Key
    since: datetime | None = None


class TextOut(BaseModel):
    zh: str
    en: str


class HoldingOut(BaseModel):
    """``until`` null: still."""

    post: str
    post_name: TextOut
    unit: str
    unit_name: TextOut
    since: datetime
    until: datetime | None


class PersonOut(BaseModel):
    """``name`` is null once the person was erased; those who are served, phones and ID numbers are masked."""

    id: str
    user: str
    kind: Kind
    name: str | None
    phone: str | None
    id_number: str | None
    roles: list[str]
    posts: list[HoldingOut]
    created: datetime
    disabled: datetime | None
    must_change_password: bool


class PeopleOut(BaseModel):
    """``next``: pass it as ``after`` for those that follow; null at the end."""

    people: list[PersonOut]
    total: int
    next: str | None


class NewPasswordOut(BaseModel):
    """Shown this once; it works for one login until then, and is changed there."""

    password: str
    until: datetime


def add_people(routes: APIRouter, service: Accounts) -> None:
    people = service.people

    @routes.get("/accounts/names", **permitted("accounts.names"))
    def list_names(actor: CurrentActor) -> dict[str, str]:
        """Names of colleagues by the ids that alarms, commands and the audit carry."""
        return people.names(actor)

    @routes.get("/accounts/users", **permitted("accounts.view"))
    def list_people(actor: CurrentActor, asked: Annotated[PeopleIn, Query()]) -> PeopleOut:
        wanted = PersonFilter(
            text=asked.q, unit=asked.unit, role=asked.role, kind=asked.kind,
            stopped=None if asked.state is None else asked.state == "stopped", after=asked.after, limit=asked.limit,
        )  # fmt: skip
        page = people.list_page(actor, wanted)
        return PeopleOut(people=[show_person(p) for p in page.people], total=page.total, next=page.next)

    @routes.post("/accounts/users", status_code=201, **permitted("accounts.manage"))
    def create_person(person: PersonIn, actor: CurrentActor) -> PersonOut:
        """Roles beyond ordinary ones are given by the security administrator."""
        created = people.create(
            actor,
            login=person.user,
            password=person.password,
            name=person.name,
            roles=person.roles or ([person.kind] if person.kind != "staff" else []),
            phone=person.phone,
            kind=person.kind,
            id_number=person.id_number,
            post=person.post,
        )
        return show_person(created)

    @routes.get("/accounts/users/{person_id}", **permitted("accounts.view"))
    def read_person(person_id: Id, actor: CurrentActor) -> PersonOut:
        """With the posts of before."""
        return show_person(people.get(actor, person_id))

    @routes.patch("/accounts/users/{person_id}", **permitted("accounts.manage"))
    def change_person(person_id: Id, change: PersonChangeIn, actor: CurrentActor) -> PersonOut:
        changed = people.change(
            actor, person_id, name=change.name, phone=change.phone, id_number=change.id_number
        )  # fmt: skip
        return show_person(changed)

    @routes.delete("/accounts/users/{person_id}", status_code=204, **permitted("accounts.manage"))
    def erase_person(person_id: Id, actor: CurrentActor) -> None:
        people.erase(actor, person_id)


def add_standing(routes: APIRouter, service: Accounts) -> None:
    """Whether somebody may come in, what they may, and where they stand."""
    people, organisation = service.people, service.organisation

    @routes.post("/accounts/users/{person_id}/stop", status_code=204, **permitted("accounts.stop"))
    def stop_person(person_id: Id, asked: WhyIn, actor: CurrentActor) -> None:
        """All logins of this person end at once."""
        people.stop(actor, person_id, why=asked.why)

    @routes.post("/accounts/users/{person_id}/start", status_code=204, **permitted("accounts.stop"))
    def start_person(person_id: Id, asked: WhyIn, actor: CurrentActor) -> None:
        people.start(actor, person_id, why=asked.why)

    @routes.post("/accounts/users/{person_id}/reset", **permitted("accounts.stop"))
    def reset_password(person_id: Id, asked: ResetIn, actor: CurrentActor) -> NewPasswordOut:
        """A second factor stays, and is asked for."""
        made = service.credentials.reset(actor, person_id, asked.told())
        return NewPasswordOut(password=made.password, until=time(made.until_ms))

    @routes.put("/accounts/users/{person_id}/roles", status_code=204, **permitted("roles.grant"))
    def give_roles(person_id: Id, given: RolesIn, actor: CurrentActor) -> None:
        """These and no others, from the next request of that person on."""
        service.rights.give(actor, person_id, given.roles, why=given.why)

    @routes.post("/accounts/users/{person_id}/posts", status_code=204, **permitted("accounts.manage"))
    def place_person(person_id: Id, place: PlaceIn, actor: CurrentActor) -> None:
        since_ms = None if place.since is None else int(place.since.timestamp() * 1000)
        organisation.place(actor, person_id, place.post, from_ms=since_ms)

    @routes.delete("/accounts/users/{person_id}/posts/{post_id}", status_code=204, **permitted("accounts.manage"))
    def release_person(person_id: Id, post_id: Id, actor: CurrentActor) -> None:
        organisation.release(actor, person_id, post_id)


def show_person(person: Person) -> PersonOut:
    return PersonOut(
        id=person.id,
        user=person.login,
        kind=person.kind,  # type: ignore[arg-type]  # the table holds no other
        name=person.name,
        phone=person.phone,
        id_number=person.id_number,
        roles=list(person.roles),
        posts=[_holding(h) for h in person.posts],
        created=time(person.created_ms),
        disabled=time(person.disabled_ms) if person.disabled_ms is not None else None,
        must_change_password=person.must_change_password,
    )


def _holding(holding: Holding) -> HoldingOut:
    return HoldingOut(
        post=holding.post_id,
        post_name=TextOut(**holding.post),
        unit=holding.unit_id,
        unit_name=TextOut(**holding.unit),
        since=time(holding.from_ms),
        until=time(holding.until_ms) if holding.until_ms is not None else None,
    )
