"""Each request has an id that its answer names, and whatever was refused or broke is told in the log with it.

What was refused (input, rules of the house, too many) is told at once the first time in a minute, and as a number
after: a flood of it must not become a flood of lines. An error that nobody foresaw is told whole, and its answer says
nothing but the id.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel.actor import Actor
from ui.api.headers import security_headers
from ui.logs import request_id

HEADER = b"x-request-id"
WINDOW_S = 60.0
KINDS_MAX = 200
"""Different refusals a window that are told one by one; what is beyond is one number."""
SHORTEST_ERROR, UNFORESEEN = 400, 500
_Kind = tuple[str, str, int, str]

_log = logging.getLogger(__name__)


class RefusalLog:
    """Told amid the event loop or by threads; ``told`` is what goes to the log."""

    def __init__(self, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._since_s = 0.0
        self._seen: dict[_Kind, int] = {}
        self._beyond = 0

    def happened(self, *, method: str, route: str, status: int, actor: str) -> None:
        kind = (method, route, status, actor)
        with self._lock:
            self._close_window()
            if kind in self._seen:
                self._seen[kind] += 1
                return
            if len(self._seen) >= KINDS_MAX:
                self._beyond += 1
                return
            self._seen[kind] = 0
        _tell(kind)

    def flush(self) -> None:
        """What was only counted so far."""
        with self._lock:
            self._close_window(end=True)

    def _close_window(self, *, end: bool = False) -> None:
        now_s = self._monotonic_s()
        if self._seen and (end or now_s - self._since_s >= WINDOW_S):
            for kind, again in self._seen.items():
                if again:
                    _tell(kind, again=again)
            if self._beyond:
                _log.warning("refused", extra={"facts": {"others": self._beyond}})
            self._seen, self._beyond = {}, 0
        if not self._seen:
            self._since_s = now_s


def _tell(kind: _Kind, **more: int) -> None:
    method, route, status, actor = kind
    _log.warning(
        "refused", extra={"facts": {"method": method, "route": route, "status": status, "actor": actor, **more}}
    )


class RequestLog:
    """The outermost of our own layers: what breaks in any other is told here."""

    def __init__(self, app: ASGIApp, *, refusals: RefusalLog | None = None) -> None:
        self._app, self._refusals = app, refusals or RefusalLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                self._refusals.flush()
            return
        own = os.urandom(8).hex()
        mark, begun = request_id.set(own), False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message.get("headers", ()), (HEADER, own.encode())]
                if message["status"] >= SHORTEST_ERROR and message["status"] != UNFORESEEN:
                    self._note(scope, message["status"])
            elif message["type"] == "websocket.close" and not begun:
                self._note(scope, message.get("code", 1000))
            begun = begun or message["type"] == "websocket.accept"
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception:
            _log.exception("unforeseen", extra={"facts": {"method": scope.get("method"), "route": route_of(scope)}})
            if begun or scope["type"] != "http":
                raise
            await _broken(own)(scope, receive, told)
        finally:
            request_id.reset(mark)

    def _note(self, scope: Scope, status: int) -> None:
        actor: Any = scope.get("state", {}).get("actor")
        self._refusals.happened(
            method=scope.get("method", "WEBSOCKET"),
            route=route_of(scope),
            status=status,
            actor=actor.id if isinstance(actor, Actor) else "visitor",
        )


def route_of(scope: Scope) -> str:
    """As it is declared, without what was asked for in it; of what is no route, nothing."""
    return str(getattr(scope.get("route"), "path", "-"))


def _broken(own: str) -> JSONResponse:
    """Said without a word of what went wrong: that stands in the log, under this id."""
    document = {
        "type": "urn:halltwin:internal",
        "title": "internal",
        "status": UNFORESEEN,
        "detail": f"Something unforeseen went wrong here. Whoever keeps this hall finds it in its log as {own}.",
        "text": {
            "zh": f"系统内部出错，请稍后再试。错误编号：{own}",
            "en": f"Something unforeseen went wrong here. Its number: {own}",
        },
        "request": own,
    }
    headers = security_headers(api=True, https=False)
    return JSONResponse(document, status_code=UNFORESEEN, media_type="application/problem+json", headers=headers)
