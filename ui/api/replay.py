"""Time travel over WebSocket: ``/live/replay`` tells the past with the very messages of ``/live``.

A session has a feed of its own and costs the living hall little: sessions are counted, they share two threads, and the
more there are, the longer each rests. What a client asks for faster than that is told by its newest wish.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Literal, TypeAlias

import msgspec
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from services.kernel.errors import Invalid, NotFound, ServiceError, TooMany, Unavailable
from services.kernel.http import check_once, problem
from twin.errors import Refused, TwinError
from twin.replay import Replay
from twin.views import View, parse_view
from ui.api.errors import as_service_error
from ui.api.feed import Fan, Feed
from ui.api.live import CLIENT_MESSAGE_BYTES_MAX, allowed_view, know, mark_refused, stay_known
from ui.bootstrap import Hall

WHO = "ops"
"""Whoever may see this view may look back, whatever view of the past is asked for."""
SESSIONS_MAX = 8
THREADS = 2
RETRY_AFTER_S = 10
STEP_S = 0.25
REST = 2
"""Of n sessions each rests 2n times as long as what it did last took: all together they are busy half of the time."""
CLOCK_S = 0.5
CONTROLS_MAX = 16
"""So many wishes may wait; of times asked for one after the other only the last does."""


Run: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
Complain: TypeAlias = Callable[[ServiceError], Awaitable[None]]


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client says: one of them."""

    at: float | None = None
    speed: float | None = None
    paused: bool | None = None
    to: Literal["next", "previous"] | None = None


class Begin(msgspec.Struct, frozen=True):
    """The query of the address."""

    at: int
    view: str = "ops"
    speed: float = 1.0
    paused: bool = False


def mount(app: FastAPI, hall: Hall, *, prefix: str) -> None:
    """``WS {prefix}/live/replay?at=MS&speed=1&paused=false&view=ops``."""
    stage = _Stage(hall)

    @app.websocket(f"{prefix}/live/replay")
    async def replay(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await run_in_threadpool(know, socket, hall)
            allowed_view(hall, WHO, socket.state.actor)
            begin = _parse_query(socket.query_params)
            view = allowed_view(hall, begin.view, socket.state.actor)
            with stage.seat():
                await stage.play(socket, begin, view)
        except ServiceError as error:
            mark_refused(socket, error)
            await _refuse(socket, error)
            await socket.close(4400, error.code)
        except (WebSocketDisconnect, RuntimeError):
            return  # it left


class _Stage:
    """Where all sessions of the hall are played."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._taken, self._numbers = hall, 0, itertools.count(1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="replay")

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Belongs to the event loop. Raises Unavailable where all are taken."""
        if self._taken >= SESSIONS_MAX:
            raise Unavailable(
                zh="回放的人较多，请稍后再试。",
                en=f"{SESSIONS_MAX} replays are running already: try again in a moment.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def play(self, socket: WebSocket, begin: Begin, view: View) -> None:
        """Until the client leaves. Raises Invalid for a time or speed that cannot be."""
        hall = self._hall
        replay = Replay(
            hall.twin.past,
            site=hall.site,
            epoch=f"{hall.hub.epoch}-{next(self._numbers)}",
            now_ms=hall.now_ms,
            passed_s=time.monotonic,
            calls=hall.past_calls,
        )
        await self.run(lambda: _begin(replay, begin))
        fan = Fan(replay.hub, now_ms=lambda: replay.state.at_ms)
        feed = fan.open(view, hz=1 / STEP_S, resume=None)
        driver = _Driver(
            replay, feed, self.run, complain=lambda error: _refuse(socket, error), sessions=lambda: self._taken
        )
        tasks = [
            asyncio.create_task(_send(socket, feed, replay)),
            asyncio.create_task(driver.drive()),
            asyncio.create_task(_listen(socket, driver)),
            asyncio.create_task(stay_known(socket, hall, parse_view(WHO, site=hall.site))),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            feed.close()

    async def run(self, work: Callable[[], None]) -> None:
        """In one of our threads; the twin's errors become those a client is told."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Refused as error:
            raise Invalid(zh="时间或速度超出范围。", en=str(error)) from error
        except TwinError as error:
            raise as_service_error(error) from error


class _Driver:
    """Moves one session on and does what its client wants, one thing after the other; what was done the clock tells."""

    def __init__(
        self, replay: Replay, feed: Feed, run: Run, *, complain: Complain, sessions: Callable[[], int]
    ) -> None:
        self._replay, self._feed, self._run, self._complain = replay, feed, run, complain
        self._sessions = sessions
        self._wanted: deque[Control] = deque()
        self._called = asyncio.Event()

    def want(self, control: Control) -> None:
        """Raises TooMany where it cannot keep up with what is wanted."""
        if control.at is not None and self._wanted and self._wanted[-1].at is not None:
            self._wanted.pop()
        if len(self._wanted) >= CONTROLS_MAX:
            raise TooMany(zh="操作过于频繁，请稍候。", en="Too many controls at once.", retry_after_s=1)
        self._wanted.append(control)
        self._called.set()

    async def drive(self) -> None:
        """Until cancelled."""
        rest_s, told_s = 0.0, time.monotonic()
        while True:
            await self._wait(rest_s)
            began_s, wanted = time.monotonic(), self._wanted.popleft() if self._wanted else None
            try:
                await self._run(self._replay.step if wanted is None else partial(_obey, self._replay, wanted))
            except ServiceError as error:
                await self._complain(error)
                rest_s = error.retry_after_s if isinstance(error, Unavailable) else STEP_S
                continue
            now_s = time.monotonic()
            rest_s = REST * self._sessions() * (now_s - began_s)
            if wanted or self._replay.state.paused or now_s - told_s >= CLOCK_S - STEP_S / 2:
                told_s = now_s
                self._feed.aside(self._replay.clock())

    async def _wait(self, rest_s: float) -> None:
        """Until the rest is over and something is to be done: a wish, or the next step of one that is not paused."""
        await asyncio.sleep(rest_s)
        self._called.clear()
        if not self._wanted:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._replay.state.paused else max(STEP_S - rest_s, 0)):
                    await self._called.wait()


def _begin(replay: Replay, begin: Begin) -> None:
    replay.jump(begin.at)
    replay.set_speed(begin.speed)
    if not begin.paused:
        replay.play()


def _obey(replay: Replay, control: Control) -> None:
    if control.at is not None:
        replay.jump(int(control.at))
    elif control.speed is not None:
        replay.set_speed(control.speed)
    elif control.to is not None:
        if not replay.seek(forward=control.to == "next"):
            raise NotFound(zh="没有更多事件。", en="Nothing more happened in this direction.")
    elif control.paused:
        replay.pause()
    else:
        replay.play()


def _parse_query(query: QueryParams) -> Begin:
    check_once(query)
    try:
        return msgspec.convert(dict(query), Begin, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(
            zh="地址中应写明回放的时间：at=毫秒。", en=f"The address says when: at=MILLISECONDS. {error}"
        ) from error


def _parse_control(text: str) -> Control:
    try:
        if len(text) > CLIENT_MESSAGE_BYTES_MAX:
            raise msgspec.ValidationError("too long")
        control = msgspec.json.decode(text, type=Control)
        if sum(said is not None for said in msgspec.structs.astuple(control)) != 1:
            raise msgspec.ValidationError("one of at, speed, paused, to")
    except msgspec.DecodeError as error:
        raise Invalid(
            zh="无法识别的回放操作。",
            en='A control is {"at": ms}, {"speed": n}, {"paused": true} or {"to": "next"}: ' + str(error),
        ) from error
    return control


async def _listen(socket: WebSocket, driver: _Driver) -> None:
    while True:
        text = await socket.receive_text()
        try:
            driver.want(_parse_control(text))
        except ServiceError as error:
            await _refuse(socket, error)


async def _send(socket: WebSocket, feed: Feed, replay: Replay) -> None:
    async for batch in feed.batches():
        for message in batch:
            await socket.send_text(message.text)
            if message["type"] == "hello":
                await socket.send_text(replay.clock().text)


async def _refuse(socket: WebSocket, error: ServiceError) -> None:
    await socket.send_json({**problem(error), "type": "problem"})
