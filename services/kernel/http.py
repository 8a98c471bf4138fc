"""How a module's routes get their actor and declare their permission: no route can exist without one.

    router = make_router("queue", prefix="/queue")

    @router.get("/windows/{number}", **permitted("queue.call"))
    def window(number: str, actor: CurrentActor) -> WindowOut: ...

The permission is checked before anything of the request is parsed: a stranger learns nothing from a 422.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Annotated, Any, get_args, get_origin

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from services.kernel.access import PUBLIC, require
from services.kernel.actor import Actor, Identity, make_visitor
from services.kernel.errors import (
    Conflict,
    ContractBroken,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServiceError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from services.kernel.strict_json import parse_json
from twin.errors import DatabaseUnavailable

MARK = "x-permission"
RETRY_AFTER_S = 5
PARAMETER_SHOWN = 40

STATUS: Mapping[type[ServiceError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}


def status_of(error: ServiceError) -> int:
    """The status of an error is that of the nearest class in the tree."""
    return next((STATUS[c] for c in type(error).__mro__ if c in STATUS), 500)


def problem(error: ServiceError, *, lang: str = "zh") -> dict[str, Any]:
    """An RFC 9457 body; ``text`` carries the sentence in both languages."""
    body = {
        "type": f"urn:halltwin:{error.code}",
        "title": error.code,
        "status": status_of(error),
        "detail": error.text.get(lang, error.text["zh"]),
        "text": dict(error.text),
        **error.extra,
    }
    if isinstance(error, TooMany | Unavailable):
        body["retry_after_s"] = error.retry_after_s
    return body


def permitted(permission: str) -> dict[str, Any]:
    """Keyword arguments for a route that needs this permission."""
    return {"openapi_extra": {MARK: permission}}


def public() -> dict[str, Any]:
    """Keyword arguments for a route that anybody may use."""
    return permitted(PUBLIC)


def answers(*media_types: str) -> dict[str, Any]:
    """Keyword arguments for a route whose answer is no JSON: what the description says of it."""
    return {"response_class": Response, "responses": {200: {"content": {kind: {} for kind in media_types}}}}


def route_permission(route: BaseRoute) -> str | None:
    """The permission a route declares, if it does."""
    extra = getattr(route, "openapi_extra", None) or {}
    mark = extra.get(MARK)
    return mark if isinstance(mark, str) else None


def attachment(name: str) -> dict[str, str]:
    """The header of an answer that is a file: a name of our own making, of characters that mean nothing in it."""
    return {"Content-Disposition": f'attachment; filename="{_UNSAFE.sub("_", name)}"'}


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def address_of(request: HTTPConnection) -> str:
    """Who asks, as far as the network tells. The server has judged what proxies say of it (``ui/server.py``)."""
    return request.client.host if request.client else "local"


class Twice(Invalid):
    """A parameter stands in the address twice: two programs on its way could read it differently."""

    code = "twice"

    def __init__(self, name: str) -> None:
        super().__init__(
            zh=f"网址中的参数“{name}”出现两次，请只保留一个。",
            en=f"{name} is there twice in the address: leave one.",
            parameter=name,
        )


def check_once(query: QueryParams, *, lists: Collection[str] = ()) -> None:
    """Raises ``Twice`` for a parameter that is there more than once, where it is none of those that may be."""
    seen: set[str] = set()
    for name, _ in query.multi_items():
        if name in seen and name not in lists:
            raise Twice(name[:PARAMETER_SHOWN])
        seen.add(name)


def _lists(dependant: Dependant) -> frozenset[str]:
    """The parameters that a route takes as often as wanted."""
    own = {field.alias for field in dependant.query_params if _is_list(field.field_info.annotation)}
    return frozenset(own).union(*map(_lists, dependant.dependencies))


def _is_list(annotation: Any) -> bool:
    return any(get_origin(kind) is list for kind in (annotation, *get_args(annotation)))


class StrictRequest(Request):
    """Its JSON is read by ``strict_json``, once."""

    async def json(self) -> Any:
        if not hasattr(self, "_read"):
            body = await self.body()
            self._read = parse_json(body) if body else None
        return self._read


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


class PermissionRoute(APIRoute):
    """Refuses to exist without a permission, and strangers before their request is looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        permission = route_permission(self)
        if permission is None:
            raise ContractBroken(f"route {self.path} declares no permission: add **permitted(name) or **public()")
        handle, lists = super().get_route_handler(), _lists(self.dependant)

        async def checked(request: Request) -> Response:
            request.state.actor = _acting(request, permission)
            check_once(request.query_params, lists=lists)
            strict = StrictRequest(request.scope, request.receive)
            if _is_json(strict):
                with suppress(JSONDecodeError):  # the route says where it is wrong
                    await strict.json()
            return await handle(strict)

        return checked


def _acting(request: Request, permission: str) -> Actor:
    """The person, or the paired browser they sit at when only that one may."""
    if permission != PUBLIC and getattr(request.state, "unidentified", False):
        raise Unavailable(
            zh="暂时无法确认您的身份，请稍后再试。",
            en="Who you are cannot be checked now.",
            retry_after_s=RETRY_AFTER_S,
        )
    actor: Actor = request.state.actor
    device = _device(request)
    if device is not None and not actor.can(permission) and device.can(permission):
        return device
    require(actor, permission)
    return actor


def make_router(tag: str, *, prefix: str = "") -> APIRouter:
    """A module's router; its routes are ``PermissionRoute``."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=PermissionRoute)


def _current(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


CurrentActor = Annotated[Actor, Depends(_current)]
"""Who asks: a route takes it as a parameter, never a cookie."""


def _device(request: Request) -> Actor | None:
    device: Actor | None = getattr(request.state, "device", None)
    return device


CurrentDevice = Annotated[Actor | None, Depends(_device)]
"""The paired browser this comes from, whoever is logged in at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """What the cookies are called; ``__Host-`` names need HTTPS.

    ``known``: somebody signed in with this browser before. ``asking``: this page waits for a phone to sign it in.
    """

    session: str
    device: str
    known: str
    asking: str
    secure: bool


def _cookies(prefix: str, *, secure: bool) -> Cookies:
    names = {name: f"{prefix}halltwin_{name}" for name in ("session", "device", "known", "asking")}
    return Cookies(**names, secure=secure)


HTTPS_COOKIES, LOOPBACK_COOKIES = _cookies("__Host-", secure=True), _cookies("", secure=False)


TicketToken = Annotated[str, Header(alias="X-Ticket", max_length=128)]
"""The secret of somebody's own ticket, empty where none is shown: never part of an address, which logs and histories
keep. In words that name a place, or a view, ``ticket:mine`` stands for it.
"""
MINE = "mine"
_TICKET = "ticket:"


class TokenInAddress(Invalid):
    """What must not stand in an address stands there."""

    code = "token_in_address"

    def __init__(self) -> None:
        super().__init__(
            zh="号票凭据不能写在网址中：请写 ticket:mine，并用请求头 X-Ticket 提供凭据。",
            en="A ticket's token does not belong into an address: write ticket:mine, and send it as X-Ticket.",
        )


def with_ticket(word: str, token: str) -> str:
    """The word that was meant by one in an address."""
    if not word.startswith(_TICKET):
        return word
    if word != _TICKET + MINE:
        raise TokenInAddress
    return _TICKET + token


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def authenticate(request: Request, *, identity: Identity, cookies: Cookies, site: str) -> None:
    """Sets ``request.state.actor`` and ``.device`` from the cookies, or from the token that a program shows instead.

    Reads the database: call it in a worker thread.

    While the database is away nobody can be told apart: what is public goes on, the rest says 503, not 401.
    """
    session, device = request.cookies.get(cookies.session), request.cookies.get(cookies.device)
    program = _bearer(request)
    person = paired = None
    try:
        if program is not None:
            person = identity.resolve_token(program)
        else:
            paired = identity.resolve_device(device) if device else None
            person = identity.resolve_session(session) if session else None
            if person is not None and person.bound_to is not None and (paired is None or paired.id != person.bound_to):
                person = None
    except DatabaseUnavailable:
        request.state.unidentified = True
    request.state.device = paired
    request.state.actor = person or paired or make_visitor(site)
