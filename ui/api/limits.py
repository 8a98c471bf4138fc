"""No request is larger, longer or slower than a named maximum; one that is gets a typed answer and is not read further.

413 for the body, 414 for the address, 408 for a body that does not come, 400 for an address that holds no text, and for
a header, or a length, that is there twice: somebody on its way could go by the other one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.draft_reader import UPLOAD_BYTES_MAX

BODY_BYTES_MAX = 1_048_576
BODY_WITHIN_S = 60.0
PATH_MAX, QUERY_MAX = 2_048, 8_192
LARGER: Mapping[tuple[str, str], int] = {("POST", "/api/v1/building/drafts"): UPLOAD_BYTES_MAX}
"""Routes that read their body as it comes, and how much of it."""
LARGER_WITHIN_S = 1_800.0
ONCE = frozenset(
    {b"authorization", b"content-type", b"idempotency-key", b"last-event-id", b"origin", b"sec-fetch-site", b"x-ticket",
     b"x-trip"}
)  # fmt: skip
"""Headers that decide something here. Of Host and Content-Length the server itself takes one only."""


class RequestLimit:
    """Counts the bytes of a body as they come in, whatever Content-Length says, and the time they take."""

    def __init__(self, app: ASGIApp, *, body_within_s: float = BODY_WITHIN_S) -> None:
        self._app, self._within_s = app, body_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (refusal := _look_at_address(scope) or _look_at_headers(scope)) is not None:
            await _answer(send, refusal)
            return
        most = LARGER.get((scope["method"], scope["path"]), BODY_BYTES_MAX)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > most:
            await _answer(send, _too_large(most))
            return
        within_s = self._within_s if most == BODY_BYTES_MAX else LARGER_WITHIN_S
        end_s, seen, whole = time.monotonic() + within_s, 0, False

        async def counted() -> Message:
            nonlocal seen, whole
            if whole:  # what comes now is that the browser has left
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end_s - time.monotonic()))
            except TimeoutError:
                raise HTTPException(408, "The body did not come in time.") from None
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > most and most == BODY_BYTES_MAX:  # the others refuse by themselves, in words
                raise HTTPException(413, f"A request may hold {most} bytes at most.")
            return message

        await self._app(scope, counted, send)


def _look_at_address(scope: Scope) -> dict[str, Any] | None:
    path, query = scope["path"], scope["query_string"]
    if len(path) > PATH_MAX or len(query) > QUERY_MAX:
        return _problem(414, "address_too_long", "网址过长。", "The address is too long.")
    if "\x00" in path or b"%00" in query or b"\x00" in query:
        return _problem(400, "bad_address", "网址含有无效字符。", "The address holds what is no character.")
    return None


def _look_at_headers(scope: Scope) -> dict[str, Any] | None:
    told = [name for name, _ in scope["headers"]]
    if b"transfer-encoding" in told and b"content-length" in told:
        return _problem(400, "two_lengths", "请求的长度有两种说法。", "The body's length is told in two ways.")
    names = [name for name in told if name in ONCE]
    if len(set(names)) < len(names):
        return _problem(400, "header_twice", "请求头出现两次。", "A header is there twice.")
    return None


def _too_large(most: int) -> dict[str, Any]:
    size = f"{most / 1024**2:g} MB"
    return {
        **_problem(
            413, "too_large", f"内容超过 {size}，请缩小后重试。",
            f"This holds more than {size}: make it smaller and try again.",
        ),
        "detail": f"A request may hold {most} bytes at most.",
        "limit_bytes": most,
    }  # fmt: skip


def _problem(status: int, code: str, zh: str, en: str) -> dict[str, Any]:
    return {
        "type": f"urn:halltwin:{code}",
        "title": code,
        "status": status,
        "detail": en,
        "text": {"zh": zh, "en": en},
    }


async def _answer(send: Send, problem: dict[str, Any]) -> None:
    body = json.dumps(problem, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    if problem["title"] == "two_lengths":  # what follows may be the rest of it, or another request: it is not read
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem["status"], "headers": headers})
    await send({"type": "http.response.body", "body": body})
