"""The HTTP face: mounts every router, adds the actor, errors, security headers and the built pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from iot.errors import IotError
from services.kernel.errors import ServiceError
from services.kernel.http import MARK
from twin.errors import TwinError
from ui.api import (
    admission,
    alarms,
    building,
    catalogue,
    connectors,
    devices,
    drafts,
    export,
    health,
    history,
    live,
    open_data,
    oversight,
    replay,
    versions,
)
from ui.api.errors import as_service_error
from ui.api.gate import API, PROBLEM, Gate, service_problem
from ui.api.limits import RequestLimit
from ui.api.pages import mount_pages
from ui.api.problem_documents import describe_problems
from ui.api.request_log import RequestLog
from ui.api.security_txt import mount_security_txt
from ui.bootstrap import Hall
from ui.version import __version__


def create_app(hall: Hall, *, pages: Path | None) -> FastAPI:
    """The application of one hall. ``pages`` is the folder of built web pages, None where only the API is wanted."""
    app = FastAPI(
        title="halltwin",
        version=__version__,
        docs_url=None,  # its page would run scripts of another origin; the description itself is beside the routes
        openapi_url=f"{API}/openapi.json",
        redoc_url=None,
        lifespan=_lifespan(hall),
        redirect_slashes=False,  # a program that asks at the wrong place learns it, and is led nowhere
        separate_input_output_schemas=False,
    )
    routers = [
        building.router(hall),
        drafts.router(hall),
        versions.router(hall),
        devices.router(hall),
        catalogue.router(hall),
        open_data.router(hall),
        export.router(hall),
        history.router(hall),
        admission.router(hall),
        connectors.router(hall),
        alarms.router(hall),
        oversight.router(hall),
        health.router(hall),
        *hall.module_routers,
    ]
    for router in routers:
        app.include_router(router, prefix=API)
    live.mount(app, hall, prefix=API)
    replay.mount(app, hall, prefix=API)
    health.mount_metrics(app, hall)
    mount_security_txt(app, contact=hall.security_contact, now_ms=hall.now_ms)
    handle_errors(app)
    app.add_middleware(RequestLimit)
    app.add_middleware(Gate, hall=hall, refusals=hall.auditing.refusals)
    app.add_middleware(RequestLog)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    if pages is not None:
        mount_pages(app, pages)
    return app


def undeclared_operations(app: FastAPI) -> list[str]:
    """Operations of the API without a permission: must be empty."""
    return [
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and not operation.get(MARK)
    ]


def _lifespan(hall: Hall) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(hall.start)
        try:
            yield
        finally:
            await run_in_threadpool(hall.stop)

    return run


def handle_errors(app: FastAPI) -> None:
    """Every error that somebody foresaw as RFC 9457; the others are the request log's."""

    async def service_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, ServiceError):
            raise error
        return service_problem(request, error)

    async def twin_error(request: Request, error: Exception) -> Response:
        return service_problem(request, as_service_error(error))

    async def http_error(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        document = {
            "type": "about:blank",
            "title": str(error.detail),
            "status": error.status_code,
            "detail": str(error.detail),
        }
        return JSONResponse(document, status_code=error.status_code, media_type=PROBLEM, headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        defects = [{"at": list(e["loc"]), "what": e["msg"]} for e in error.errors()]
        document = {
            "type": "urn:halltwin:invalid",
            "title": "invalid",
            "status": 422,
            "detail": "; ".join(f"{'.'.join(map(str, d['at']))}: {d['what']}" for d in defects),
            "text": {"zh": "提交的内容有误，请检查后重试。", "en": "What was sent is not valid."},
            "defects": json.loads(json.dumps(defects, default=str)),
        }
        return JSONResponse(document, status_code=422, media_type=PROBLEM)

    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(TwinError, twin_error)
    app.add_exception_handler(IotError, twin_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        describe_problems(document)
        app.openapi_schema = document
    return app.openapi_schema
