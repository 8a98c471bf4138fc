"""The catalogue of kinds as documents: for people, and for makers of devices."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from iot.codecs.documents import asyncapi, schema_document
from iot.kind_document import markdown
from services.kernel.http import answers, make_router, public
from ui.bootstrap import Hall


def router(hall: Hall) -> APIRouter:
    """Routes under ``/kinds``, beside the catalogue itself."""
    routes = make_router("kinds", prefix="/kinds")

    @routes.get("/document", **public(), **answers("text/markdown"))
    def document() -> PlainTextResponse:
        """Every kind to read, in both languages (Markdown)."""
        return PlainTextResponse(markdown(hall.kinds), media_type="text/markdown")

    @routes.get("/asyncapi", **public())
    def topics() -> dict[str, Any]:
        """The topics and payloads of this hall's devices (AsyncAPI 3)."""
        return asyncapi(hall.kinds, hall.site)

    @routes.get("/schema", **public())
    def schema() -> dict[str, Any]:
        """Their payloads, and the values of each kind (JSON Schema)."""
        return schema_document(hall.kinds, hall.site)

    return routes
