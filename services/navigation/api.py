"""Routes of the navigation module: ways through the hall, and how one may walk."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from building.places import Place
from services.kernel.http import make_router, public
from services.navigation.service import MAX_CLOSED, Answer, Navigation
from wayfinding.profile import Profile
from wayfinding.route import to_json

Word = Annotated[str, Query(min_length=1, max_length=120)]
"""A place: ``OUT``, an id, a number, a name, ``FLOOR@x,y``, ``ticket:TOKEN``, ``item:CODE``, a department."""


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


def router(service: Navigation) -> APIRouter:
    """All of the module's routes, below ``/api/v1``."""
    routes = make_router("navigation")

    @routes.get("/routes", **public())
    def find_route(
        to: Word,
        start: Annotated[str, Query(alias="from", min_length=1, max_length=120)] = "OUT",
        profile: Annotated[str, Query(max_length=40)] = "walk",
        closed: Annotated[list[str], Query(max_length=MAX_CLOSED)] = [],  # noqa: B006 - FastAPI copies it
    ) -> RouteOut:
        words = [word.strip() for entry in closed for word in entry.split(",") if word.strip()]
        return route_out(service.find_route(start=start, goal=to, profile=profile, closed=words))

    @routes.get("/profiles", **public())
    def list_profiles() -> list[ProfileOut]:
        return [_profile(p) for p in service.profiles.values()]

    return routes


def route_out(answer: Answer) -> RouteOut:
    """A way as it travels."""
    return RouteOut(
        **to_json(answer.route), start=_place(answer.start), goal=_place(answer.goal), building=answer.version
    )


def _place(place: Place) -> PlaceOut:
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
