"""Routes of drafts: upload a plan or copy what is published, mend it edit by edit, look at it, publish it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.kernel.http import CurrentActor, make_router, permitted
from services.navigation.api import RouteOut, route_out
from ui.api.building import json_answer
from ui.api.drafts_out import (
    STORABLE,
    DiffOut,
    DraftOut,
    EditIn,
    LimitsOut,
    PublishedOut,
    PublishIn,
    ReportOut,
    StepIn,
)
from ui.bootstrap import Hall

MANAGE = permitted("building.manage")

DraftId = Annotated[str, Path(max_length=40)]
Word = Annotated[str, Query(min_length=1, max_length=120)]
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(hall: Hall) -> APIRouter:
    """Routes under ``/building/limits`` and ``/building/drafts``."""
    routes = make_router("drafts")
    _add_making(routes, hall)
    _add_editing(routes, hall)
    _add_looking(routes, hall)
    return routes


def _add_making(routes: APIRouter, hall: Hall) -> None:
    desk = hall.drafting

    @routes.get("/building/limits", **MANAGE)
    def limits() -> LimitsOut:
        """What a file may cost: shown before it is chosen."""
        return LimitsOut.model_validate(desk.limits())

    @routes.get("/building/drafts", **MANAGE)
    def list_drafts() -> list[DraftOut]:
        """All drafts, the newest first."""
        return [DraftOut.model_validate(d) for d in desk.list_all()]

    @routes.post("/building/drafts", status_code=202, openapi_extra={**MANAGE["openapi_extra"], **UPLOAD})
    async def upload(
        request: Request,
        actor: CurrentActor,
        name: Annotated[str, Query(min_length=1, max_length=200, pattern=STORABLE)],
    ) -> DraftOut:
        """A building file, as raw bytes. It is read in the background: follow it with ``GET``."""
        return DraftOut.model_validate(await desk.upload(request.stream(), name=name, actor=actor.id))

    @routes.post("/building/drafts/current", status_code=201, **MANAGE)
    def copy_current(actor: CurrentActor) -> DraftOut:
        """A draft of what is published now."""
        return DraftOut.model_validate(desk.copy_current(actor=actor.id))

    @routes.get("/building/drafts/{draft}", **MANAGE)
    def get_draft(draft: DraftId) -> DraftOut:
        return DraftOut.model_validate(desk.get(draft))

    @routes.delete("/building/drafts/{draft}", status_code=204, **MANAGE)
    def delete_draft(draft: DraftId, actor: CurrentActor) -> None:
        """For good; what was published from it stays."""
        desk.delete(draft, actor=actor.id)


def _add_editing(routes: APIRouter, hall: Hall) -> None:
    desk = hall.drafting

    @routes.post("/building/drafts/{draft}/edits", **MANAGE)
    def edit(draft: DraftId, body: EditIn, actor: CurrentActor) -> DraftOut:
        """One edit. 409 when somebody else changed the draft, 422 with what to do when it cannot be done."""
        return DraftOut.model_validate(desk.edit(draft, body.edit, revision=body.revision, actor=actor.id))

    @routes.post("/building/drafts/{draft}/undo", **MANAGE)
    def undo(draft: DraftId, body: StepIn, actor: CurrentActor) -> DraftOut:
        return DraftOut.model_validate(desk.undo(draft, revision=body.revision, actor=actor.id))

    @routes.post("/building/drafts/{draft}/redo", **MANAGE)
    def redo(draft: DraftId, body: StepIn, actor: CurrentActor) -> DraftOut:
        return DraftOut.model_validate(desk.redo(draft, revision=body.revision, actor=actor.id))

    @routes.post("/building/drafts/{draft}/rebase", **MANAGE)
    def rebase(draft: DraftId, body: StepIn, actor: CurrentActor) -> DraftOut:
        """Put the draft on what is published now: its edits are made again, those that no longer can are left out."""
        return DraftOut.model_validate(desk.rebase(draft, revision=body.revision, actor=actor.id))

    @routes.post("/building/drafts/{draft}/publish", **MANAGE)
    def publish(draft: DraftId, body: PublishIn, actor: CurrentActor) -> PublishedOut:
        """422 lists the defects that keep it back; 409 says who published something else meanwhile."""
        return PublishedOut.model_validate(desk.publish(draft, revision=body.revision, why=body.why, actor=actor.id))


def _add_looking(routes: APIRouter, hall: Hall) -> None:
    desk = hall.drafting

    @routes.get("/building/drafts/{draft}/scene", **MANAGE)
    def draft_scene(draft: DraftId, request: Request) -> Response:
        """Like ``/building/scene/devices``, of the draft."""
        return json_answer(request, *desk.scene(draft))

    @routes.get("/building/drafts/{draft}/report", **MANAGE)
    def report(draft: DraftId) -> ReportOut:
        """Everything that is wrong, with its place and what may mend it, and what of the live hall would end."""
        return ReportOut.model_validate(desk.report(draft))

    @routes.get("/building/drafts/{draft}/route", **MANAGE)
    def draft_route(
        draft: DraftId,
        to: Word,
        start: Annotated[str, Query(alias="from", min_length=1, max_length=120)] = "OUT",
        profile: Annotated[str, Query(max_length=40)] = "walk",
    ) -> RouteOut:
        """A way through the draft, with nothing closed."""
        return route_out(desk.find_route(draft, start=start, goal=to, profile=profile))

    @routes.get("/building/drafts/{draft}/diff", **MANAGE)
    def draft_diff(draft: DraftId) -> DiffOut:
        """What this draft would change in what is published now."""
        return DiffOut.model_validate(desk.diff(draft))
