"""The HTTP face of a web process: the live feed, its health and figures, and the built pages."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from ui.api import health, live
from ui.api.app import handle_errors
from ui.api.gate import API, Gate
from ui.api.limits import RequestLimit
from ui.api.live_host import LiveHost
from ui.api.pages import mount_pages
from ui.api.request_log import RequestLog
from ui.refusals import Refusals
from ui.version import __version__


def create_live_app(host: LiveHost, *, pages: Path | None, refusals: Refusals) -> FastAPI:
    """``WS /live``, ``GET /live/sse``, ``/health``, ``/metrics``: all other routes are the hall's own process's."""
    app = FastAPI(title="halltwin web", version=__version__, docs_url=None, openapi_url=None, redoc_url=None)
    app.include_router(health.parts_router(host), prefix=API)
    live.mount(app, host, prefix=API)
    health.mount_metrics(app, host)
    handle_errors(app)
    app.add_middleware(RequestLimit)
    app.add_middleware(Gate, hall=host, refusals=refusals)
    app.add_middleware(RequestLog)
    if pages is not None:
        mount_pages(app, pages)
    return app
