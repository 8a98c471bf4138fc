"""What several route files of this module use: cookies, the address asked from, times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request, Response
from pydantic import StringConstraints

from services.kernel.http import Cookies

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


def set_cookie(response: Response, name: str, token: str, *, cookies: Cookies, max_age_s: int | None) -> None:
    response.set_cookie(
        name, token, max_age=max_age_s, path="/", secure=cookies.secure, httponly=True, samesite="strict"
    )


def unset_cookie(response: Response, name: str, *, cookies: Cookies) -> None:
    response.delete_cookie(name, path="/", secure=cookies.secure, httponly=True, samesite="strict")


def address(request: Request) -> str:
    return request.client.host if request.client else "local"


def time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
