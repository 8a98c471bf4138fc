"""Fakes of the kernel's ports, and the app and browser that a module's routes are tested with."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random as SeededRandom
from typing import Any, cast

import httpx2
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from iot.kind import Value
from services.kernel.actor import Actor
from services.kernel.errors import ServiceError
from services.kernel.http import problem, status_of
from services.kernel.ports import Connection, Random
from services.kernel.vault import Erased
from twin.errors import NotFound as TwinNotFound


def seeded(seed: int) -> Random:
    """Bytes that are the same in each run."""
    return SeededRandom(seed).randbytes  # noqa: S311 - a test's randomness must repeat


def make_actor(*permissions: str, name: str = "张三", site: str = "test", **fields: Any) -> Actor:
    """A person who may do exactly this."""
    values: dict[str, Any] = {
        "id": "user:test",
        "name": name,
        "roles": frozenset(),
        "permissions": frozenset(permissions),
        "site": site,
    }
    return Actor(**(values | fields))


@dataclass(slots=True)
class FakeClock:
    """A clock that moves when told."""

    ms: int = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms

    def advance_s(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    actor: Actor
    action: str
    target: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    why: str | None


@dataclass(slots=True)
class FakeAudit:
    """Keeps the lines."""

    lines: list[AuditLine] = field(default_factory=list)

    def record(
        self,
        conn: Connection,  # noqa: ARG002 - the port's signature
        *,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
    ) -> None:
        self.lines.append(AuditLine(actor=actor, action=action, target=target, before=before, after=after, why=why))

    @property
    def actions(self) -> list[str]:
        return [line.action for line in self.lines]


@dataclass(slots=True)
class FakeVault:
    """Keeps the texts by a number that stands for them."""

    boxes: dict[str, tuple[str, str]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def seal(self, conn: Connection, *, subject: str, field: str, text: str) -> str:  # noqa: ARG002 - the port's
        if subject in self.erased:
            raise Erased(zh="已删除", en="erased")
        token = f"sealed-{len(self.boxes)}"
        self.boxes[token] = (subject, text)
        return token

    def open(self, conn: Connection, token: str) -> str:  # noqa: ARG002 - the port's
        subject, text = self.boxes[token]
        if subject in self.erased:
            raise Erased(zh="已删除", en="erased")
        return text

    def open_many(self, conn: Connection, tokens: Sequence[str | None]) -> list[str | None]:  # noqa: ARG002
        known = [None if token is None else self.boxes[token] for token in tokens]
        return [None if box is None or box[0] in self.erased else box[1] for box in known]

    def living(self, conn: Connection, subjects: Collection[str]) -> set[str]:  # noqa: ARG002 - the port's
        return {subject for subject, _ in self.boxes.values()} & set(subjects) - self.erased

    def erase(self, conn: Connection, subject: str) -> None:  # noqa: ARG002 - the port's
        self.erased.add(subject)

    def match_key(self, field: str, text: str) -> str:
        return hashlib.sha256(f"{field}|{text.strip().casefold()}".encode()).hexdigest()


@dataclass(slots=True)
class FakeConsents:
    """Who agreed to what, as (subject, purpose)."""

    given: set[tuple[str, str]] = field(default_factory=set)

    def has_consent(self, conn: Connection, *, subject: str, purpose: str) -> bool:  # noqa: ARG002 - the port's
        return (subject, purpose) in self.given

    def give(
        self, conn: Connection, actor: Actor, *, subject: str, purpose: str, version: int, channel: str  # noqa: ARG002
    ) -> None:  # fmt: skip
        self.given.add((subject, purpose))


@dataclass(frozen=True, slots=True)
class FakeValue:
    value: Value


@dataclass
class FakeHall:
    """A twin that only remembers: values by (entity, point), and what was announced."""

    values: dict[tuple[str, str], Value] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    announced: list[tuple[str, dict[str, Any], frozenset[str]]] = field(default_factory=list)

    def value(self, entity_id: str, point: str) -> FakeValue | None:
        value = self.values.get((entity_id, point))
        return None if value is None else FakeValue(value)

    def publish(self, entity_id: str, values: Mapping[str, Value], *, source: str) -> None:  # noqa: ARG002 - the port's
        self.published.append(entity_id)
        self.values.update({(entity_id, point): value for point, value in values.items()})

    def announce(self, topic: str, body: dict[str, Any], *, scope: Collection[str] | str | None = None) -> None:
        audiences = frozenset({scope} if isinstance(scope, str) else scope or ())
        self.announced.append((topic, body, audiences))

    def entity(self, entity_id: str) -> dict[str, Value]:
        return {point: value for (entity, point), value in self.values.items() if entity == entity_id}

    def heard(self, topic: str) -> list[dict[str, Any]]:
        return [body for t, body, _ in self.announced if t == topic]


@dataclass(slots=True)
class FakeCommand:
    id: str
    device: str
    name: str
    arguments: Mapping[str, Value]
    actor: str
    state: str = "queued"


@dataclass(slots=True)
class FakeCommands:
    """Keeps what devices were asked for; ``broken`` devices are unknown."""

    sent: list[FakeCommand] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def send(
        self,
        device_id: str,
        name: str,
        arguments: Mapping[str, Value],
        *,
        actor: str,
        reason: str = "",  # noqa: ARG002 - the port's signature
    ) -> FakeCommand:
        if device_id in self.broken:
            raise TwinNotFound(device_id)
        command = FakeCommand(str(len(self.sent)), device_id, name, arguments, actor)
        self.sent.append(command)
        return command

    def get(self, command_id: str) -> FakeCommand:
        return self.sent[int(command_id)]


class NoDatabase:
    """A transaction around nothing, for services whose store is a fake too."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        yield cast("Connection", None)


def make_app(router: APIRouter, *, actor: Actor, device: Actor | None = None) -> FastAPI:
    """The router alone, as this actor would see it; errors come out as the real faces show them."""
    app = FastAPI()

    @app.middleware("http")
    async def act(request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.state.actor, request.state.device = actor, device
        return await call_next(request)

    handle_errors(app)
    app.include_router(router)
    return app


def handle_errors(app: FastAPI) -> None:
    """Services' errors come out as problems."""

    @app.exception_handler(ServiceError)
    async def refuse(request: Request, error: ServiceError) -> Response:  # noqa: ARG001 - the handler's signature
        return JSONResponse(problem(error), status_code=status_of(error), media_type="application/problem+json")


class Browser:
    """Asks an app as one browser would: it keeps its cookies. ``address`` is where it seems to come from."""

    def __init__(self, app: FastAPI, *, address: str = "127.0.0.1") -> None:
        self._transport = httpx2.ASGITransport(app=app, client=(address, 40_000))
        self.cookies = httpx2.Cookies()

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        return self.ask("POST", path, json=body)

    def delete(self, path: str) -> httpx2.Response:
        return self.ask("DELETE", path)

    def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        async def send() -> httpx2.Response:
            async with httpx2.AsyncClient(
                transport=self._transport, base_url="http://testserver", cookies=self.cookies
            ) as client:
                response = await client.request(method, path, **request)
                self.cookies = client.cookies
                return response

        return asyncio.run(send())
