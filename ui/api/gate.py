"""What every request passes: pages of other origins are sent away, the actor is known, answers carry the headers.

Plain ASGI, not Starlette's BaseHTTPMiddleware: that one copies each event of a stream through two queues.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel.errors import ServiceError
from services.kernel.http import authenticate, problem, status_of
from ui.api.live_host import LiveHost

API = "/api/v1"
PROBLEM = "application/problem+json"
SECURITY_HEADERS = {
    # Everything comes from here: no inline script, nothing off origin. Styles set by code need 'unsafe-inline'.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gate:
    """Stands before all routes; ``request.state.actor`` is set behind it."""

    def __init__(self, app: ASGIApp, *, hall: LiveHost) -> None:
        self._app, self._hall = app, hall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = scope["path"].startswith(API)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if api:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = await self._refuse(Request(scope)) if api else None
        await (refused or self._app)(scope, receive, with_headers)

    async def _refuse(self, request: Request) -> Response | None:
        if request.method in UNSAFE and not _same_origin(request):
            return _foreign_origin()
        hall = self._hall
        try:
            await run_in_threadpool(authenticate, request, identity=hall.identity, cookies=hall.cookies, site=hall.site)
        except ServiceError as error:
            return service_problem(request, error)
        return None


def service_problem(request: Request, error: ServiceError) -> Response:
    """A service's error as RFC 9457, in the language the browser asked for."""
    lang = "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
    body = problem(error, lang=lang)
    headers = {"Retry-After": str(body["retry_after_s"])} if "retry_after_s" in body else None
    return JSONResponse(body, status_code=status_of(error), media_type=PROBLEM, headers=headers)


def _same_origin(request: Request) -> bool:
    """Unsafe methods come from our own pages (or from programs, which send no Origin)."""
    origin = request.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == request.headers.get("host")


def _foreign_origin() -> Response:
    document = {
        "type": "urn:halltwin:forbidden",
        "title": "forbidden",
        "status": 403,
        "detail": "This request came from a page of another origin.",
        "text": {"zh": "该请求来自其他网站的页面，已拒绝。", "en": "This request came from a page of another origin."},
    }
    return JSONResponse(document, status_code=403, media_type=PROBLEM)
