"""Alarms as the console sees them, and their acknowledgement with a name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.kernel.http import CurrentActor, make_router, permitted
from ui.bootstrap import Hall


class AlarmOut(BaseModel):
    """``closed_why`` is set where it was not its condition that closed it: ``retired``, its source is gone."""

    id: str
    source: str
    source_name: dict[str, str]
    type: str
    label: dict[str, str]
    priority: Literal[1, 2, 3, 4]
    state: Literal["active", "acknowledged", "cleared-unacked", "closed"]
    raised_ms: int
    acked_ms: int | None
    acked_by: str | None
    cleared_ms: int | None
    consequence: dict[str, str]
    response: dict[str, str]
    floor: str | None
    space: str | None
    value: Any
    life_safety: bool
    closed_why: str | None = None


class AcknowledgeIn(BaseModel):
    note: str = Field(default="", max_length=300)


def router(hall: Hall) -> APIRouter:
    """Routes under ``/alarms``."""
    routes = make_router("alarms")

    @routes.get("/alarms", **permitted("alert.view"))
    def alarms(
        state: Literal["open", "all"] = "open", limit: Annotated[int, Query(ge=1, le=500)] = 200
    ) -> list[AlarmOut]:
        """Open alarms, or the newest of all."""
        desk = hall.twin.alarms
        found = desk.list_open() if state == "open" else desk.history(limit)
        return [AlarmOut.model_validate(a) for a in found]

    @routes.post("/alarms/{alarm_id}/acknowledge", **permitted("alarm.acknowledge"))
    def acknowledge(alarm_id: str, body: AcknowledgeIn, actor: CurrentActor) -> AlarmOut:
        """I have seen it and take it on: the name stands in the record."""
        return AlarmOut.model_validate(hall.twin.alarms.acknowledge(alarm_id, actor=actor.id, note=body.note))

    return routes
