"""Routes of lists of people: the template, and a list that is tried or taken."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from services.accounts.api.people import TextOut
from services.accounts.commands import Accounts
from services.accounts.import_errors import SheetTooLarge
from services.accounts.sheets import FILE_BYTES_MAX, TYPE
from services.kernel.http import CurrentActor, attachment, permitted

_FILE = {"type": "string", "format": "binary"}
_UPLOAD: dict[str, Any] = {"requestBody": {"required": True, "content": {TYPE: {"schema": _FILE}}}}


class BadCellOut(BaseModel):
    """``row`` as Excel numbers it."""

    row: int
    column: str
    text: TextOut


class ImportReportOut(BaseModel):
    """``taken`` false: nothing was changed. ``same``: rows that say what was so already."""

    rows: int
    created: int
    changed: int
    same: int
    bad: list[BadCellOut]
    taken: bool


def add_import(routes: APIRouter, service: Accounts) -> None:
    @routes.get(
        "/accounts/import/template",
        responses={200: {"content": {TYPE: {"schema": _FILE}}}},
        response_class=Response,
        **permitted("accounts.manage"),
    )
    def read_template(actor: CurrentActor) -> Response:
        return Response(service.importing.template(actor), media_type=TYPE, headers=attachment("people.xlsx"))

    extra = permitted("accounts.manage")["openapi_extra"]

    @routes.post("/accounts/import", openapi_extra={**extra, **_UPLOAD})
    async def import_people(
        request: Request,
        actor: CurrentActor,
        dry: Annotated[bool, Query()] = True,
        partial: Annotated[bool, Query()] = False,
    ) -> ImportReportOut:
        """``dry``: judged, not kept. ``partial``: the good rows are taken though others are bad."""
        content = await _read(request)
        report = await run_in_threadpool(service.importing.take, actor, content, dry=dry, partial=partial)
        return ImportReportOut(
            rows=report.rows,
            created=report.created,
            changed=report.changed,
            same=report.same,
            bad=[BadCellOut(row=b.row, column=b.column, text=TextOut(**b.text)) for b in report.bad],
            taken=report.taken,
        )


async def _read(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > FILE_BYTES_MAX:
            raise SheetTooLarge(what="bytes", most=FILE_BYTES_MAX)
    return bytes(content)
