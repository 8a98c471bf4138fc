"""Routes of published versions: which there were, how they look and differ, and back to one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.kernel.http import CurrentActor, make_router, permitted
from ui.api.building import json_answer
from ui.api.drafts_out import DiffOut, PublishedOut, RollbackIn, VersionOut
from ui.bootstrap import Hall

MANAGE = permitted("building.manage")
VERSIONS_MAX = 200

Hash = Annotated[str, Path(max_length=64)]


def router(hall: Hall) -> APIRouter:
    """Routes under ``/building/versions``."""
    routes = make_router("versions")
    desk = hall.drafting

    @routes.get("/building/versions", **MANAGE)
    def list_versions(limit: Annotated[int, Query(ge=1, le=VERSIONS_MAX)] = 50) -> list[VersionOut]:
        """Those published last come first."""
        return [VersionOut.model_validate(v) for v in desk.list_versions(limit)]

    @routes.get("/building/versions/{version}/scene", **MANAGE)
    def version_scene(version: Hash, request: Request) -> Response:
        """Like ``/building/scene/devices``, of any version."""
        return json_answer(request, *desk.version_scene(version))

    @routes.get("/building/versions/{before}/diff/{after}", **MANAGE)
    def version_diff(before: Hash, after: Hash) -> DiffOut:
        return DiffOut.model_validate(desk.version_diff(before, after))

    @routes.post("/building/versions/{version}/publish", **MANAGE)
    def roll_back(version: Hash, body: RollbackIn, actor: CurrentActor) -> PublishedOut:
        """Make an old version the current one again."""
        return PublishedOut.model_validate(desk.roll_back(version, why=body.why, actor=actor.id))

    return routes
