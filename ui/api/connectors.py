"""How the ways in are: each connector's state, its back-off and circuit, its last error, and what it counted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from services.kernel.http import make_router, permitted
from ui.bootstrap import Hall


class ConnectorOut(BaseModel):
    """``attempts``: tries in a row that led to nothing lasting; ``next_try_ms``: when the next one is due, if it waits.

    ``last_error``: what is wrong now. ``failure`` at ``failure_ms``: the newest error, also one that is over.
    ``unacknowledged``: taken from the peer and not yet durable. ``broker_dropped``: what the broker itself lost.
    ``displaced``: how often somebody else took our place with our own name. ``unmapped``: what was understood and means
    nothing to us. ``limits``: what is not promised on what the peer speaks.
    """

    name: str
    protocol: str
    state: str
    since_ms: int
    attempts: int
    circuit: Literal["closed", "open", "half-open"]
    next_try_ms: int | None
    last_error: str | None
    failure: str | None
    failure_ms: int | None
    received: int
    rejected: int
    unacknowledged: int
    broker_dropped: int
    displaced: int
    unmapped: dict[str, int]
    limits: list[dict[str, str]]


def router(hall: Hall) -> APIRouter:
    """Route ``/connectors``."""
    routes = make_router("connectors")

    @routes.get("/connectors", **permitted("ops.view"))
    def connectors() -> list[ConnectorOut]:
        """Every way in, supervised one by one."""
        return [ConnectorOut.model_validate({"name": c.name, **asdict(c.health())}) for c in hall.connectors]

    return routes
