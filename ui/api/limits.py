"""No request body is larger than a named maximum; one that is gets a 413 and is not read further."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.draft_reader import UPLOAD_BYTES_MAX

BODY_BYTES_MAX = 1_048_576
LARGER: Mapping[tuple[str, str], int] = {("POST", "/api/v1/building/drafts"): UPLOAD_BYTES_MAX}
"""Routes that read their body as it comes, and how much of it."""


class BodyLimit:
    """Counts the bytes of a body as they come in, whatever Content-Length says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LARGER.get((scope["method"], scope["path"]), BODY_BYTES_MAX)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            await _too_large(send, most)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most and most == BODY_BYTES_MAX:  # the others refuse by themselves, in words
                return {"type": "http.disconnect"}
            return message

        await self._app(scope, counted, send)


async def _too_large(send: Send, most: int) -> None:
    body = json.dumps(
        {
            "type": "urn:halltwin:too_large",
            "title": "too_large",
            "status": 413,
            "detail": f"A request may hold {most} bytes at most.",
            "text": {
                "zh": f"内容超过 {most / 1024**2:g} MB，请缩小后重试。",
                "en": f"This holds more than {most / 1024**2:g} MB: make it smaller and try again.",
            },
            "limit_bytes": most,
        },
        ensure_ascii=False,
    ).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
