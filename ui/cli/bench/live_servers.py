"""What ``bench live`` watches, each in a process of its own: the real server, a bare WebSocket one, a bare socket."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvicorn

LANE_PER_S = 2.0
ENTITIES = 8
"""Of two values each: about 1 kB a delta, as facts of a busy hall are."""
STAMP_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is published: ``rounds`` of new values, ``hz`` a second; ``sample`` is what a bare server sends."""

    hz: float
    seconds: float
    sample: str = ""

    @property
    def rounds(self) -> int:
        return max(1, round(self.hz * self.seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``final``: the round that each entity ended with; ``lane``: how many items went onto the lossless lane."""

    final: Mapping[str, int]
    lane: int
    cpu_s: float


class Control(threading.Thread):
    """The child's side of the pipe: says where it listens, publishes when told, and ends when told."""

    def __init__(self, pipe: Connection, publish: Callable[[], Published], stop: Callable[[], None]) -> None:
        super().__init__(name="control", daemon=True)
        self._pipe, self._publish, self._stop_server = pipe, publish, stop

    def run(self) -> None:
        while (word := self._pipe.recv()) != "stop":
            if word == "publish":
                self._pipe.send(self._publish())
        self._stop_server()


def paced(load: Load, send: Callable[[int], None]) -> None:
    """Call ``send(round)`` in step with the clock, whatever a call takes."""
    began_s = time.monotonic()
    for number in range(1, load.rounds + 1):
        time.sleep(max(0.0, began_s + (number - 1) / load.hz - time.monotonic()))
        send(number)


def now_us() -> int:
    return time.time_ns() // 1000


# --- the real one ------------------------------------------------------------------------------------------


def serve_hall(run_file: str, load: Load, pipe: Connection) -> None:
    """The server as it runs for people; values and calls are published through its own twin."""
    from pathlib import Path

    from ui.api.app import create_app
    from ui.bootstrap import build_hall
    from ui.interpreter import tune_interpreter
    from ui.run_settings import read_run_settings
    from ui.server import make_server

    hall = build_hall(read_run_settings(Path(run_file)))
    hall.connectors.clear()  # no devices: what is published comes from here
    server = make_server(create_app(hall, pages=None))
    tune_interpreter()
    names = [f"{hall.site}:zone:BENCH-{n}" for n in range(ENTITIES)]
    lane = rounds = 0

    def publish() -> Published:
        """Rounds and items go on counting where it is told to publish again."""
        nonlocal rounds
        cpu_before, before = time.process_time(), rounds

        def send(turn: int) -> None:
            nonlocal lane
            number = before + turn
            if int(number * LANE_PER_S / load.hz) > lane:
                lane += 1
                hall.twin.announce("call", {"n": lane, "number": f"A{lane:03d}", "sent_us": now_us()})
            values: dict[str, Any] = {"sent_us": now_us(), "round": number}
            for name in names:
                hall.twin.publish(name, values, source="service:bench")

        paced(load, send)
        rounds += load.rounds
        return Published(
            final=dict.fromkeys(names, rounds), lane=lane, cpu_s=round(time.process_time() - cpu_before, 3)
        )

    def stop() -> None:
        server.should_exit = True

    _run(server, Control(pipe, publish, stop), pipe)


# --- the peer ----------------------------------------------------------------------------------------------


def serve_bare(load: Load, pipe: Connection) -> None:
    """The same bytes by the same uvicorn, from an application that does nothing else."""
    from ui.server import make_server

    clients: list[Callable[[dict[str, Any]], Awaitable[None]]] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def app(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        loops.append(asyncio.get_running_loop())
        await receive()
        await send({"type": "websocket.accept"})
        clients.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        clients.remove(send)

    async def broadcast() -> None:
        text = f"{now_us():0{STAMP_DIGITS}d}{load.sample}"
        for client in clients.copy():
            await client({"type": "websocket.send", "text": text})

    server = make_server(app)

    def publish() -> Published:
        cpu_before = time.process_time()
        paced(load, lambda _: asyncio.run_coroutine_threadsafe(broadcast(), loops[0]).result())
        return Published(final={}, lane=0, cpu_s=round(time.process_time() - cpu_before, 3))

    def stop() -> None:
        server.should_exit = True

    _run(server, Control(pipe, publish, stop), pipe)


async def _lifespan(receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    for done in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{done}.complete"})


def _run(server: uvicorn.Server, control: Control, pipe: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        pipe.send((listening.getsockname()[1], os.getpid()))
        control.start()
        server.run(sockets=[listening])


# --- the limit ---------------------------------------------------------------------------------------------


def serve_socket(clients: int, load: Load, pipe: Connection) -> None:
    """The same bytes written to as many plain connections, one after the other."""
    body = load.sample.encode()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        pipe.send((listening.getsockname()[1], os.getpid()))
        links: Sequence[socket.socket] = [listening.accept()[0] for _ in range(clients)]

    def send(_: int) -> None:
        message = f"{now_us():0{STAMP_DIGITS}d}".encode() + body
        for link in links:
            link.sendall(message)

    def publish() -> Published:
        cpu_before = time.process_time()
        paced(load, send)
        return Published(final={}, lane=0, cpu_s=round(time.process_time() - cpu_before, 3))

    ended = threading.Event()
    Control(pipe, publish, ended.set).start()
    ended.wait()
    for link in links:
        link.close()
