"""The live feed over its two carriers: WebSocket for consoles, Server-Sent Events for phones, kiosks and walls.

Each client's own task takes what is there at its own pace: values at most ``hz`` a second, alarms and calls at once.
A slow client keeps only the newest value per entity and never delays another. The address may narrow it to what is
asked for, in the words of ``GET /twin``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from fastapi import APIRouter, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.errors import Invalid, ServiceError, Unavailable
from services.kernel.http import (
    CurrentActor,
    TicketToken,
    answers,
    authenticate,
    make_router,
    problem,
    public,
    status_of,
    with_ticket,
)
from twin.errors import TooManyFilters, TwinError, UnknownView
from twin.live import Message
from twin.live_filters import LiveFilters
from twin.selection import Directory, Selection
from twin.views import View, is_public, parse_view
from ui.api.asked import Asked, parse_asked
from ui.api.errors import as_service_error
from ui.api.feed import Fan
from ui.api.gate import REFUSED
from ui.api.live_host import LiveHost

HZ_MAX = 10.0
HZ_DEFAULT = 4.0
FIRST_MESSAGE_TIMEOUT_S = 10.0
CLIENT_MESSAGE_BYTES_MAX = 4096
KNOWN_EVERY_S = 60.0
RETRY_AFTER_S = 30
_PERMISSIONS = {"desk": "queue.call", "alert": "alert.view", "data": "data.read"}


def mount(app: FastAPI, hall: LiveHost, *, prefix: str) -> None:
    """``WS {prefix}/live`` and ``GET {prefix}/live/sse``."""
    lines = _Lines(hall)
    app.include_router(_sse_router(hall, lines), prefix=prefix)

    @app.websocket(f"{prefix}/live")
    async def live(socket: WebSocket) -> None:
        await _serve_socket(socket, hall, lines)


class _Lines:
    """The lines to all clients, each narrowed to what it asks for."""

    def __init__(self, hall: LiveHost) -> None:
        self._fan = Fan(hall.hub, now_ms=hall.now_ms)
        self._filters = LiveFilters(
            make_directory=lambda: Directory(
                hall.building()[1], hall.devices(), hall.kinds, entities=hall.hub.snapshot().entities
            ),
            changed=hall.standing,
            place=hall.hub.place,
        )

    async def narrow(self, view: View, asked: Selection) -> View:
        """To be opened. Raises Invalid for a word that nobody knows, Unavailable where there are too many filters."""
        if asked == Selection():
            return view
        if is_public(view.name):
            raise Invalid(zh="公共视图不能筛选。", en=f"{view.name} is not filtered: data and ops are.")
        try:
            return replace(view, only=await run_in_threadpool(self._filters.take, asked))
        except TooManyFilters as error:
            raise Unavailable(
                zh="实时数据的筛选方式已达上限，请稍后再试。", en=str(error), retry_after_s=RETRY_AFTER_S
            ) from error
        except TwinError as error:
            raise as_service_error(error) from error

    async def open(self, view: View, *, hz: float, resume: tuple[str, int] | None) -> AsyncGenerator[list[Message]]:
        """Batches of messages until the client leaves, or until its filter names what is no more."""
        only = view.only
        if only is not None and resume is not None and not only.reaches(*resume):
            resume = None
        feed = self._fan.open(view, hz=hz, resume=resume)
        try:
            async for batch in feed.batches():
                yield batch
                if only is not None and self._filters.stale:
                    await run_in_threadpool(self._filters.renew)
                if only is not None and only.broken is not None:
                    yield [Message({**problem(as_service_error(only.broken)), "type": "problem"})]
                    return
        finally:
            feed.close()


def _sse_router(hall: LiveHost, lines: _Lines) -> APIRouter:
    routes = make_router("live")

    @routes.get("/live/sse", **public(), **answers("text/event-stream"))
    async def live_events(
        request: Request, actor: CurrentActor, asked: Asked, view: str = "hall", ticket: TicketToken = ""
    ) -> StreamingResponse:
        """The feed as events; ``Last-Event-ID`` (epoch-seq) resumes. Views that need a login answer 401.

        ``entity``, ``point``, ``kind``, ``space`` and ``brick`` narrow ``data`` and the views of staff as they narrow
        ``/twin``: to values, and to what happens to one of those. ``WS /live`` takes the same in its
        address. ``ticket:TOKEN``, which its first message may name, is ``ticket:mine`` with ``X-Ticket`` here.
        """
        wanted = await lines.narrow(allowed_view(hall, with_ticket(view, ticket), actor), asked)
        resume = _last_event(request.headers.get("last-event-id"))

        async def events() -> AsyncIterator[bytes]:
            epoch = ""
            async with aclosing(lines.open(wanted, hz=HZ_DEFAULT, resume=resume)) as batches:
                async for batch in batches:
                    epoch = batch[0].get("epoch", epoch)  # hello comes first, and again when the hall began anew
                    yield b"".join(_event(message, epoch) for message in batch)

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    return routes


def _event(message: Message, epoch: str) -> bytes:
    head = f"id: {epoch}-{message['seq']}\n" if "seq" in message else ""
    return f"{head}data: {message.text}\n\n".encode()


def _last_event(header: str | None) -> tuple[str, int] | None:
    if not header or "-" not in header:
        return None
    epoch, _, seq = header.rpartition("-")
    return (epoch, int(seq)) if seq.isdigit() else None


async def _serve_socket(socket: WebSocket, hall: LiveHost, lines: _Lines) -> None:
    await socket.accept()
    try:
        await run_in_threadpool(know, socket, hall)
        first = await asyncio.wait_for(socket.receive_text(), FIRST_MESSAGE_TIMEOUT_S)
        view, hz, resume = _first_message(hall, first, socket.state.actor)
        view = await lines.narrow(view, parse_asked(socket.query_params))
    except ServiceError as error:
        mark_refused(socket, error)
        await socket.send_json({**problem(error), "type": "problem"})
        await socket.close(4400, error.code)
        return
    except (TimeoutError, WebSocketDisconnect):
        return
    sender = asyncio.create_task(_send(socket, lines.open(view, hz=hz, resume=resume)))
    watcher = asyncio.create_task(stay_known(socket, hall, view))
    try:
        while True:  # a client says nothing more; reading tells us when it leaves
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        sender.cancel()
        watcher.cancel()


async def stay_known(socket: WebSocket, hall: LiveHost, view: View) -> None:
    """Watching is being there: the login must not idle out. And one that ended sees nothing more."""
    while not is_public(view.name):
        await asyncio.sleep(KNOWN_EVERY_S)
        try:
            await run_in_threadpool(know, socket, hall)
            allowed_view(hall, view.name, socket.state.actor)
        except Unavailable:
            continue  # the database is away: whoever was known a minute ago stays
        except ServiceError as error:
            await socket.close(4401, error.code)
            return


def know(socket: WebSocket, hall: LiveHost) -> None:
    """Sets ``socket.state.actor``. Reads the database: call it in a worker thread."""
    socket.scope.setdefault("state", {})  # shared with the request below, which sets the actor in it
    request = Request({**socket.scope, "type": "http"})
    authenticate(request, identity=hall.identity, cookies=hall.cookies, site=hall.site)


def mark_refused(socket: WebSocket, error: ServiceError) -> None:
    """For the audit, which the gate tells."""
    socket.scope.setdefault("state", {})[REFUSED] = status_of(error)


async def _send(socket: WebSocket, batches: AsyncGenerator[list[Message]]) -> None:
    try:
        async with aclosing(batches):
            async for batch in batches:
                for message in batch:
                    await socket.send_text(message.text)
        await socket.close(4400, "problem")
    except (WebSocketDisconnect, RuntimeError):
        return


def allowed_view(hall: LiveHost, name: str, actor: Actor) -> View:
    """The view, if this actor may see it: the hall's boards are public, a program sees ``data``, the rest is ops'."""
    if not is_public(name):
        require(actor, _PERMISSIONS.get(name.partition(":")[0], "ops.view"))
    try:
        return parse_view(name, site=hall.site)
    except UnknownView as error:
        raise Invalid(zh="没有这个视图。", en=str(error)) from error


def _first_message(hall: LiveHost, text: str, actor: Actor) -> tuple[View, float, tuple[str, int] | None]:
    broken = Invalid(
        zh="第一条消息应为 sub 或 resume。", en="The first message is sub or resume, with the view wanted."
    )
    if len(text) > CLIENT_MESSAGE_BYTES_MAX:
        raise broken
    try:
        message = json.loads(text)
    except ValueError as error:
        raise broken from error
    if not isinstance(message, dict) or message.get("type") not in {"sub", "resume"}:
        raise broken
    view = allowed_view(hall, str(message.get("view", "hall")), actor)
    hz = message.get("hz", HZ_DEFAULT)
    pace = min(max(float(hz), 0.2), HZ_MAX) if isinstance(hz, int | float) else HZ_DEFAULT
    resume = None
    if message["type"] == "resume" and isinstance(message.get("seq"), int):
        resume = (str(message.get("epoch", "")), message["seq"])
    return view, pace, resume
