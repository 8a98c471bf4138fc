"""The hall's data for programs of others: the running hall in Brick and RealEstateCore."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from services.kernel.http import answers, make_router, permitted
from twin.turtle import hall_turtle
from ui.api.gate import API
from ui.bootstrap import Hall

TURTLE = "text/turtle"


def router(hall: Hall) -> APIRouter:
    """``GET /building.ttl``."""
    routes = make_router("open data")

    @routes.get("/building.ttl", **permitted("data.read"), **answers("text/turtle"))
    def turtle(request: Request) -> PlainTextResponse:
        """Building, devices and points in Brick 1.4 and RealEstateCore 4 (Turtle), and where their values are read."""
        text = hall_turtle(
            hall.building()[1],
            hall.devices(),
            hall.kinds,
            known={entity: tuple(points) for entity, points in hall.twin.snapshot().entities.items()},
            api=f"{str(request.base_url).rstrip('/')}{API}",
        )
        return PlainTextResponse(text, media_type=TURTLE)

    return routes
