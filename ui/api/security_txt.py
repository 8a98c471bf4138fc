"""``/.well-known/security.txt`` (RFC 9116): whom to tell of a weakness, once the house names somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from services.kernel.errors import NotFound
from services.kernel.ports import Clock

PATH = "/.well-known/security.txt"
VALID_DAYS = 180
"""From now on: it is written at each question, so it never runs out while the hall runs."""


def mount_security_txt(app: FastAPI, *, contact: str | None, now_ms: Clock) -> None:
    async def security_txt() -> PlainTextResponse:
        if contact is None:
            raise NotFound(zh="未设置安全联系方式。", en="No contact is set: [http] security_contact names one.")
        expires = datetime.fromtimestamp(now_ms() // 1000, UTC) + timedelta(days=VALID_DAYS)
        lines = (f"Contact: {contact}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: zh, en")
        return PlainTextResponse("".join(f"{line}\r\n" for line in lines))

    app.add_api_route(PATH, security_txt, include_in_schema=False)
