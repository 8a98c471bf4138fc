"""What every request passes: pages of other origins are sent away, the actor is known, answers carry the headers.

Plain ASGI, not Starlette's BaseHTTPMiddleware: that one copies each event of a stream through two queues.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel.actor import make_visitor
from services.kernel.errors import ServiceError
from services.kernel.http import address_of, authenticate, problem, status_of
from ui.api.headers import security_headers, tell_charset
from ui.api.live_host import LiveHost
from ui.refusals import Refusals, is_worth_a_line

API = "/api/v1"
PROBLEM = "application/problem+json"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_CLOSE = 4403
REFUSED, SOCKET = "refused", "WS"
"""What a WebSocket's route calls the status of its refusal, in the connection's state; and what it stands for."""


class Gate:
    """Stands before all routes; ``request.state.actor`` is set behind it."""

    def __init__(self, app: ASGIApp, *, hall: LiveHost, refusals: Refusals | None = None) -> None:
        self._app, self._hall, self._refusals = app, hall, refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = scope["path"].startswith(API)
        added = security_headers(api=api, https=self._hall.cookies.secure)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if api:
                    self._note(scope, message["status"])
                headers = MutableHeaders(scope=message)
                tell_charset(headers)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = await self._refuse(Request(scope)) if api else None
        await (refused or self._app)(scope, receive, with_headers)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is refused here, and what the route behind it refuses and marks so, is a refusal like any other."""
        if is_foreign(HTTPConnection(scope), https=self._hall.cookies.secure):
            self._note(scope, 403)
            await send({"type": "websocket.close", "code": FOREIGN_CLOSE, "reason": "foreign origin"})
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if status := scope.get("state", {}).get(REFUSED):
                self._note(scope, status)

    def _note(self, scope: Scope, status: int) -> None:
        if self._refusals is None:
            return
        request = HTTPConnection(scope)
        if is_worth_a_line(status, path=scope["path"], bearer="authorization" in request.headers):
            self._refusals.happened(
                getattr(request.state, "actor", None) or make_visitor(self._hall.site),
                address=address_of(request),
                method=scope.get("method", SOCKET),
                path=scope["path"],
                status=status,
            )

    async def _refuse(self, request: Request) -> Response | None:
        if is_foreign(request, https=self._hall.cookies.secure):
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


def is_foreign(request: HTTPConnection, *, https: bool) -> bool:
    """Somebody else's page asks. Programs tell neither Origin nor where their request comes from: they are let pass.

    A page of another site may be a way to here (a link that is followed), never more: it neither changes nor reads.
    """
    changes = request.scope["type"] == "websocket" or request.scope["method"] not in SAFE
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None and changes:
        scheme, _, host = origin.partition("://")
        if scheme not in (("https",) if https else ("http", "https")) or host != request.headers.get("host"):
            return True
    if site is None or site == "same-origin":
        return False
    followed = site == "none" or request.headers.get("sec-fetch-mode") == "navigate"
    return changes or not followed


def _foreign_origin() -> Response:
    document = {
        "type": "urn:halltwin:forbidden",
        "title": "forbidden",
        "status": 403,
        "detail": "This request came from a page of another origin.",
        "text": {"zh": "该请求来自其他网站的页面，已拒绝。", "en": "This request came from a page of another origin."},
    }
    return JSONResponse(document, status_code=403, media_type=PROBLEM)
