"""What several route files of this module use: cookies, the address asked from, times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Response
from pydantic import StringConstraints

from services.accounts.model import Asker, Login, Site
from services.kernel.http import Cookies

KNOWN_S = 180 * 86_400
_BROWSERS = (
    ("MicroMessenger/", "微信 WeChat"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


def set_cookie(response: Response, name: str, token: str, *, cookies: Cookies, max_age_s: int | None) -> None:
    response.set_cookie(
        name, token, max_age=max_age_s, path="/", secure=cookies.secure, httponly=True, samesite="strict"
    )


def unset_cookie(response: Response, name: str, *, cookies: Cookies) -> None:
    response.delete_cookie(name, path="/", secure=cookies.secure, httponly=True, samesite="strict")


def begin(response: Response, login: Login, *, cookies: Cookies) -> None:
    """The browser is logged in, and known from now on where it was not."""
    set_cookie(response, cookies.session, login.token, cookies=cookies, max_age_s=None)
    if login.known is not None:
        set_cookie(response, cookies.known, login.known, cookies=cookies, max_age_s=KNOWN_S)


def address(request: Request) -> str:
    return request.client.host if request.client else "local"


def asker(request: Request, cookies: Cookies) -> Asker:
    return Asker(
        address=address(request),
        browser=_browser(request.headers.get("user-agent", "")),
        known=request.cookies.get(cookies.known),
        site=site(request),
    )


def site(request: Request) -> Site | None:
    """The address the page was opened by; the gate has seen that it is ours. Programs tell none."""
    origin = request.headers.get("origin", "")
    host = urlsplit(origin).hostname
    return Site(origin=origin, host=host) if host else None


def _browser(agent: str) -> str:
    """What its owner knows it by; the rest of what it says is not kept."""
    named = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, named))


def time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
