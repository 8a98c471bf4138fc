"""The building as pages draw it: scene, plans, places, and QR codes that lead to our own pages."""

from __future__ import annotations

import gzip
import io
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import quote

import segno
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from building import places
from building.model import Building
from building.plan_svg import STYLE, plan_svg
from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.errors import Invalid, NotFound
from services.kernel.http import (
    MINE,
    CurrentActor,
    TicketToken,
    TokenInAddress,
    answers,
    make_router,
    permitted,
    public,
)
from ui.api.headers import drawing_policy
from ui.bootstrap import Hall
from ui.scenes import Scenes

QR_PATH_LENGTH_MAX = 300
_TICKET_PAGE = "/go/#/ticket/"
LOOK_BACK = "ops.view"
"""Whoever may see the hall at work may look back at the building as it was."""

Version = Annotated[str | None, Query(max_length=64)]
"""The hash of a version that was published at some time; drafts have none. What is in force now needs no hash."""


class BuildingOut(BaseModel):
    version: str
    site: str
    name: dict[str, str]
    timezone: str
    format: str
    counts: dict[str, int]
    warnings: list[str]
    demo: bool
    limits: list[dict[str, str]]
    """What this hall does not promise, because of the broker it runs on: every page says so."""


class PlaceOut(BaseModel):
    id: str
    kind: str
    name: dict[str, str]
    number: str | None
    floor: str | None
    at: tuple[float, float] | None


class _Archive:
    """The building as it is, and as it was published at any time before."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._older = Scenes()  # who looks back must not keep those waiting who look at now

    def find(self, version: str | None, actor: Actor) -> tuple[str, Building]:
        """The version asked for and its hash. Raises NotFound for one that was never published."""
        current = self._hall.building()
        if version is None or version == current[0]:
            return current
        require(actor, LOOK_BACK)
        return version, self._hall.twin.versions.get(version)

    def scene(self, version: str | None, actor: Actor, *, devices: bool) -> tuple[str, bytes]:
        found, model = self.find(version, actor)
        kept = self._hall.scenes if found == self._hall.building()[0] else self._older
        return kept.get(found, model, devices=devices)


def router(hall: Hall) -> APIRouter:
    """Routes under ``/building`` and ``/qr.svg``."""
    routes = make_router("building")
    archive = _Archive(hall)

    @routes.get("/building", **public())
    def building(actor: CurrentActor, version: Version = None) -> BuildingOut:
        """``version``, here and below: as it was published once; other than today's needs ``ops.view``."""
        version, model = archive.find(version, actor)
        counted = (
            "floors",
            "spaces",
            "openings",
            "vertical_links",
            "windows",
            "devices",
            "zones",
            "pois",
            "seats",
            "bays",
        )
        return BuildingOut(
            version=version,
            site=model.site,
            name=dict(model.name),
            timezone=model.timezone,
            format=model.format,
            counts={name: len(getattr(model, name)) for name in counted},
            warnings=list(model.warnings),
            demo=hall.demo,
            limits=[dict(limit) for limit in hall.limits],
        )

    @routes.get("/building/scene", **public())
    def building_scene(request: Request, actor: CurrentActor, version: Version = None) -> Response:
        """What the 3D engine and the plan draw; the public part, without devices."""
        return json_answer(request, *archive.scene(version, actor, devices=False))

    @routes.get("/building/scene/devices", **permitted("ops.view"))
    def building_scene_with_devices(request: Request, actor: CurrentActor, version: Version = None) -> Response:
        """The same with every device and where it stands."""
        return json_answer(request, *archive.scene(version, actor, devices=True))

    @routes.get("/building/plan/{floor}.svg", **public(), **answers("image/svg+xml"))
    def building_plan(
        floor: str, request: Request, actor: CurrentActor, lang: Literal["zh", "en"] = "zh", version: Version = None
    ) -> Response:
        """One floor as SVG, by its number (``1F``) or id."""
        version, model = archive.find(version, actor)
        found = next((f for f in model.floors if floor in (f.id, f.number, f.key)), None)
        if found is None:
            raise NotFound(
                zh=f"没有楼层 {floor}。", en=f"There is no floor {floor}.", floors=[f.number for f in model.floors]
            )
        tag = f'"{version}-{found.key}-{lang}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        body = _plan(version, model, found.id, lang)
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": drawing_policy(STYLE)}
        return Response(body, media_type="image/svg+xml", headers=headers)

    @routes.get("/building/places", **public())
    def building_places(
        actor: CurrentActor, q: Annotated[str, Query(max_length=80)] = "",
        limit: Annotated[int, Query(ge=1, le=50)] = 12, version: Version = None,
    ) -> list[PlaceOut]:  # fmt: skip
        """Find as you type: names in any language, pinyin, initials, numbers."""
        _, model = archive.find(version, actor)
        return [PlaceOut.model_validate(p, from_attributes=True) for p in places.search(model, q, limit)]

    _add_qr(routes)
    return routes


def _add_qr(routes: APIRouter) -> None:
    @routes.get("/qr.svg", **public(), **answers("image/svg+xml"))
    def qr(
        request: Request, path: Annotated[str, Query(max_length=QR_PATH_LENGTH_MAX)], token: TicketToken = ""
    ) -> Response:
        """A QR code of one of our own pages, as an absolute address for a phone. ``/go/#/ticket/mine`` is the page of
        the ticket in ``X-Ticket``: what stands behind the ``#`` is sent to nobody.
        """
        if not path.startswith("/") or path.startswith("//"):
            raise Invalid(zh="二维码只能指向本站页面。", en="A QR code leads to a page of this hall only.")
        if path == _TICKET_PAGE + MINE:
            path = _TICKET_PAGE + quote(token, safe="")
        elif path.startswith(_TICKET_PAGE):
            raise TokenInAddress
        out = io.BytesIO()
        address = str(request.base_url).rstrip("/") + path
        segno.make(address, error="m").save(out, kind="svg", border=2, xmldecl=False, svgns=True, scale=8)
        return Response(out.getvalue(), media_type="image/svg+xml")


@lru_cache(maxsize=32)
def _plan(version: str, model: Building, floor: str, lang: str) -> str:
    del version
    return plan_svg(model, floor, lang)


def json_answer(request: Request, tag: str, body: bytes) -> Response:
    """Compressed JSON that changes with its tag only; a page that has it is told so."""
    etag = f'"{tag}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), media_type="application/json", headers=headers)
