"""Routes of the navigation module: ways through the hall, and how one may walk."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from building.places import Place
from services.kernel.addresses import AddressLimit
from services.kernel.http import CurrentActor, CurrentDevice, TicketToken, address_of, make_router, public, with_ticket
from services.navigation.errors import TooManyWays
from services.navigation.service import MAX_CLOSED, Answer, Navigation
from services.navigation.staff_ways import check_may_walk
from wayfinding.profile import Profile
from wayfinding.route import to_json

WAYS_AT_ONCE_MAX, WAYS_PER_MINUTE_MAX = 1_200, 600
"""Of one address: four ways for each of 300 phones over the hall's own Wi-Fi, then ten a second. Paired kiosks are not
counted. Finding a way is what costs most of all that anybody may ask."""

Word = Annotated[str, Query(min_length=1, max_length=120)]
"""A place: ``OUT``, an id, a number, a name, ``FLOOR@x,y``, ``item:CODE``, a department, or ``ticket:mine`` with
``X-Ticket``."""


class PlaceOut(BaseModel):
    """Where a word led; ``at`` and ``floor`` are null for the outside."""

    id: str
    name: dict[str, str]
    number: str | None
    floor: str | None
    at: tuple[float, float] | None


class StepOut(BaseModel):
    kind: str
    text: dict[str, str]
    distance_m: float
    duration_s: float
    floor: str
    at: tuple[float, float, float]


class AvoidedOut(BaseModel):
    id: str
    reason: str
    text: dict[str, str]


class RouteOut(BaseModel):
    """A way, drawn (``geometry``) and told (``steps``); ``building`` is the version it holds for."""

    distance_m: float
    duration_s: float
    profile: str
    geometry: list[tuple[float, float, float]]
    floors: list[str]
    steps: list[StepOut]
    avoided: list[AvoidedOut]
    links: list[str]
    openings: list[str]
    start: PlaceOut
    goal: PlaceOut
    building: str


class ProfileOut(BaseModel):
    id: str
    name: dict[str, str]
    speed_m_s: float
    step_free: bool
    access: str


def limit_of_ways() -> AddressLimit:
    """How many ways one address may ask for, however it asks."""
    return AddressLimit(at_once=WAYS_AT_ONCE_MAX, per_minute=WAYS_PER_MINUTE_MAX)


def router(service: Navigation, *, crowd: AddressLimit | None = None) -> APIRouter:
    """All of the module's routes, below ``/api/v1``. ``crowd``: how many ways one address may ask for."""
    routes = make_router("navigation")
    crowd = crowd or limit_of_ways()

    @routes.get("/routes", **public())
    def find_route(
        to: Word,
        request: Request,
        actor: CurrentActor,
        device: CurrentDevice,
        *,
        start: Annotated[str, Query(alias="from", min_length=1, max_length=120)] = "OUT",
        profile: Annotated[str, Query(max_length=40)] = "walk",
        closed: Annotated[list[str], Query(max_length=MAX_CLOSED)] = [],  # noqa: B006 - FastAPI copies it
        ticket: TicketToken = "",
    ) -> RouteOut:
        if device is None and (wait_s := crowd.take(address_of(request))):
            raise TooManyWays(wait_s)
        words = [word.strip() for entry in closed for word in entry.split(",") if word.strip()]
        start, goal = with_ticket(start, ticket), with_ticket(to, ticket)
        check_may_walk(actor, service.find_profile(profile))
        return route_out(service.find_route(start=start, goal=goal, profile=profile, closed=words))

    @routes.get("/profiles", **public())
    def list_profiles() -> list[ProfileOut]:
        return [_profile(p) for p in service.profiles.values()]

    return routes


def route_out(answer: Answer) -> RouteOut:
    """A way as it travels."""
    return RouteOut(
        **to_json(answer.route), start=place_out(answer.start), goal=place_out(answer.goal), building=answer.version
    )


def place_out(place: Place) -> PlaceOut:
    """A place as it travels."""
    inside = not math.isnan(place.at[0])
    return PlaceOut(
        id=place.id,
        name=dict(place.name),
        number=place.number,
        floor=place.floor if inside else None,
        at=place.at if inside else None,
    )


def _profile(profile: Profile) -> ProfileOut:
    return ProfileOut(
        id=profile.id,
        name=dict(profile.name),
        speed_m_s=profile.speed_m_s,
        step_free=profile.step_free_only,
        access=profile.max_access,
    )
