"""A hall small enough to read: the routes simulated people use, over real HTTP, without a database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from simulators.testing_server import TestServer

NAMES = {"SB-01": "社保卡申领", "HJ-01": "户籍迁移"}
QUEUES = {"SB-01": "A01", "HJ-01": "A08"}
ITEMS = [
    {"code": code, "name": {"zh": name, "en": code}, "windows": [QUEUES[code]], "duration_min": 5}
    for code, name in NAMES.items()
]
Reply = tuple[int, Any]


@dataclass(slots=True)
class FakeHall:
    """``start`` gives its URL. ``tickets`` and ``windows`` are what real tables would hold; ``asked`` what came in."""

    kinds: Mapping[str, Any]
    now_ms: Callable[[], int]
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    windows: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    ratings: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    fail_with: int = 0
    """Answer this status to everything while it is not 0."""
    _server: TestServer = field(init=False)

    def __post_init__(self) -> None:
        self._server = TestServer(self._serve)
        for number in QUEUES.values():
            self.windows[number] = {
                "number": number, "queue": number, "online": True, "state": "closed", "open": False, "staffed_by": None,
                "current": None, "waiting": 0,
            }  # fmt: skip

    async def start(self) -> str:
        return f"http://127.0.0.1:{await self._server.start()}"

    async def stop(self) -> None:
        await self._server.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            method, target, _ = line.decode().split()
            headers = {}
            while (header := (await reader.readline()).decode().strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, answer = self._answer(method, target, json.loads(body) if body else None, headers)
            data = json.dumps(answer).encode()
            cookie = "Set-Cookie: hall_session=s1; Path=/; HttpOnly\r\n" if target.endswith("/session") else ""
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{cookie}"
                f"Content-Length: {len(data)}\r\n\r\n".encode()
                + data
            )
            await writer.drain()

    def _answer(self, method: str, target: str, body: Any, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(target)
        path = unquote(parts.path).removeprefix("/api/v1")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((method, path))
        if self.fail_with:
            return self.fail_with, {"detail": "told to fail"}
        first, *rest = path.strip("/").split("/")
        if first == "queue":
            return self._queue(method, rest, body, headers)
        routes: dict[str, Callable[[], Reply]] = {
            "kinds": lambda: (200, self.kinds),
            "guide": lambda: (200, {"items": [i for i in ITEMS if query.get("q", "") in NAMES[str(i["code"])]]}),
            "routes": lambda: self._route(query, headers.get("x-ticket", "")),
            "session": lambda: (200, {"actor": {"id": "user:clerk"}, "expires": None}),
            "evaluations": lambda: self._rate(body),
        }
        return routes[first]() if first in routes else (404, {"detail": f"no route {path}"})

    def _queue(self, method: str, rest: list[str], body: Any, headers: Mapping[str, str]) -> Reply:
        match rest:
            case ["board"]:
                return 200, {"calls": self.calls[-5:], "queues": []}
            case ["tickets", *more]:
                return self._ticket(method, headers.get("x-ticket", "") if more == ["mine"] else "", body)
            case ["windows", *more] if headers.get("cookie") == "hall_session=s1":
                return self._window(more)
        return 401, {"detail": "log in"}

    def _rate(self, body: Any) -> Reply:
        self.ratings[body["token"]] = body["level"]
        return 201, {"id": "1"}

    def _route(self, query: Mapping[str, str], token: str) -> Reply:
        ends = [self._place(query["from"], token), self._place(query["to"], token)]
        if None in ends:
            return 422, {"detail": "no way"}
        (ax, ay), (bx, by) = ends  # type: ignore[misc]
        length = ((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5
        goal = {"id": "shifanqu:space:1F-WAITW"}
        return 200, {"geometry": [[ax, ay, 0], [bx, by, 0]], "distance_m": length, "duration_s": length, "goal": goal}

    def _place(self, word: str, token: str) -> tuple[float, float] | None:
        if word == "OUT":
            return 36.0, 0.0
        if word == "ticket:mine":
            return (2.0, 30.0) if self.tickets[token]["called_window"] else (3.0, 24.0)
        if word.startswith("1F@"):
            x, y = word[3:].split(",")
            return float(x), float(y)
        return None

    def _ticket(self, method: str, shown: str, body: Any) -> Reply:
        if method == "POST":
            window = QUEUES[body["item"]]
            if self.windows[window]["state"] == "closed":
                return 409, {"detail": "no window is open"}
            token = f"token-{len(self.tickets)}"
            self.tickets[token] = {
                "token": token, "number": f"{window[0]}{len(self.tickets):03d}", "state": "issued", "queue": window,
                "ahead": 0, "wait_min": [0, 5], "called_window": None, "item": body["item"], "calls": 0,
            }  # fmt: skip
            self.windows[window]["waiting"] += 1
            return 201, self.tickets[token]
        ticket = self.tickets.get(shown)
        if ticket is None:
            return 404, {"detail": "no such ticket"}
        if method == "DELETE":
            ticket["state"] = "cancelled"
        return 200, ticket

    def _window(self, rest: list[str]) -> Reply:
        if not rest:
            return 200, list(self.windows.values())
        window, step = self.windows[rest[0]], rest[1]
        waiting = [t for t in self.tickets.values() if t["queue"] == rest[0] and t["state"] == "issued"]
        if step == "open":
            window.update(state="open", open=True, staffed_by="user:clerk")
        elif step == "call-next":
            waiting[0].update(state="called", called_window=rest[0], calls=1)
            window.update(current=waiting[0], waiting=len(waiting) - 1)
            self.calls.append({"number": waiting[0]["number"], "window": rest[0]})
        elif step == "start":
            window["current"]["state"] = "serving"
        else:
            window["current"]["state"] = {"finish": "done", "no-show": "no_show"}.get(step, "called")
            window["current"] = None if step in {"finish", "no-show"} else window["current"]
        return 200, window
