"""Routes of the evaluation: the form and the rating for visitors, the summary for managers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.evaluation.commands import VIEW, Evaluation, Said, Summary
from services.evaluation.contacts import CONTACT, FollowUp
from services.evaluation.errors import TooManyRatings
from services.evaluation.model import LEVEL_LABELS, LEVELS, MAX_TAGS, TAGS
from services.kernel.addresses import AddressLimit
from services.kernel.http import (
    CurrentActor,
    CurrentDevice,
    TicketToken,
    address_of,
    make_router,
    permitted,
    public,
)

RATINGS_AT_ONCE_MAX, RATINGS_PER_MINUTE_MAX = 300, 20
"""Of one address: whoever took a ticket there may rate. Paired kiosks are not counted."""

TextOut = dict[str, str]


class TagOut(BaseModel):
    id: str
    label: TextOut


class LevelOut(BaseModel):
    level: Literal[1, 2, 3, 4, 5]
    label: TextOut
    tags: list[TagOut]


class FormOut(BaseModel):
    """``open``: whether the visit of the ticket that was shown may be rated now; null without one. ``may_be_called``:
    you agreed to a call about a low rating, and may leave a number with one.
    """

    levels: list[LevelOut]
    open: bool | None
    may_be_called: bool


class RatingIn(BaseModel):
    """``token`` is the ticket's; ``level`` 1 (非常满意) to 5 (非常不满意)."""

    token: str = Field(min_length=8, max_length=128)
    level: Literal[1, 2, 3, 4, 5]
    tags: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    text: str | None = Field(default=None, max_length=500)
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9]{5,15}$")


class RatedOut(BaseModel):
    id: str


class SaidOut(BaseModel):
    """Day, not time: staff must not know a visitor again."""

    id: str
    day: date
    level: Literal[1, 2, 3, 4, 5]
    tags: list[str]
    text: str | None
    department: str
    item: str | None
    window: str | None
    waited_min: int | None
    people: int | None
    needs_followup: bool


class FollowUpOut(BaseModel):
    """``phone`` is masked; ``subject`` and ``field`` ask for it in clear, with a reason (``/privacy/reveal``)."""

    rating: str
    day: date
    level: Literal[1, 2, 3, 4, 5]
    tags: list[str]
    department: str
    item: str | None
    window: str | None
    phone: str
    subject: str
    field: str


class ShareOut(BaseModel):
    """With its 95 % range."""

    value: float
    low: float
    high: float


class SummaryOut(BaseModel):
    """``satisfied``: levels 1 to 3 of all given; null when nobody rated."""

    counts: dict[Literal["1", "2", "3", "4", "5"], int]
    total: int
    satisfied: ShareOut | None
    tags: dict[str, int]
    needs_followup: int
    recent: list[SaidOut]


def router(service: Evaluation, *, crowd: AddressLimit | None = None) -> APIRouter:
    """All of the module's routes, below ``/api/v1``. ``crowd``: how many ratings one address may give."""
    routes = make_router("evaluation", prefix="/evaluations")
    crowd = crowd or AddressLimit(at_once=RATINGS_AT_ONCE_MAX, per_minute=RATINGS_PER_MINUTE_MAX)

    @routes.get("/form", **public())
    def form(actor: CurrentActor, token: TicketToken = "") -> FormOut:
        """``open`` is about the ticket whose token stands in ``X-Ticket``."""
        levels = [
            LevelOut(
                level=level,
                label=dict(LEVEL_LABELS[level]),
                tags=[TagOut(id=tag, label=dict(label)) for tag, label in TAGS[level].items()],
            )
            for level in LEVELS
        ]
        return FormOut(
            levels=levels,
            open=service.is_open(token) if token else None,
            may_be_called=service.may_be_called(actor),
        )

    @routes.post("", status_code=201, **public())
    def rate(rating: RatingIn, request: Request, actor: CurrentActor, device: CurrentDevice) -> RatedOut:
        """A number only with a low one, by a person who is signed in and agreed to be called."""
        if device is None and (wait_s := crowd.take(address_of(request))):
            raise TooManyRatings(wait_s)
        rated = service.rate(
            actor,
            token=rating.token,
            level=rating.level,
            tags=rating.tags,
            text=rating.text,
            phone=rating.phone,
        )
        return RatedOut(id=rated)

    @routes.get("/followups", **permitted(VIEW))
    def followups(actor: CurrentActor) -> list[FollowUpOut]:
        """Whom to call about a low rating: only who agreed, and still does."""
        return [_followup(one) for one in service.list_followups(actor)]

    @routes.get("/summary", **permitted(VIEW))
    def summary(
        actor: CurrentActor,
        days: Annotated[int, Query(ge=1, le=366)] = 30,
        department: Annotated[str | None, Query(max_length=40)] = None,
    ) -> SummaryOut:
        return _summary(service.summary(actor, days=days, department=department))

    return routes


def _summary(found: Summary) -> SummaryOut:
    share = found.satisfied
    return SummaryOut.model_validate(
        {
            "counts": {str(level): n for level, n in found.counts.items()},
            "total": sum(found.counts.values()),
            "satisfied": share and {"value": share.value, "low": share.low, "high": share.high},
            "tags": found.tags,
            "needs_followup": found.needs_followup,
            "recent": [_said(s) for s in found.recent],
        }
    )


def _followup(one: FollowUp) -> FollowUpOut:
    return FollowUpOut(
        rating=one.rating_id,
        day=one.day,
        level=one.level,
        tags=list(one.tags),
        department=one.department,
        item=one.item,
        window=one.window,
        phone=one.phone,
        subject=one.subject,
        field=CONTACT,
    )


def _said(said: Said) -> SaidOut:
    rating = said.rating
    return SaidOut(
        id=rating.id,
        day=rating.day,
        level=rating.level,
        tags=list(rating.tags),
        text=said.text,
        department=rating.department,
        item=rating.item,
        window=rating.window,
        waited_min=None if rating.waited_s is None else round(rating.waited_s / 60),
        people=rating.people,
        needs_followup=rating.needs_followup,
    )
