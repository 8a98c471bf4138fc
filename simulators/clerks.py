"""Simulated clerks: they log in like any clerk and call, serve and finish, so that the hall lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, TypeAlias

from simulators.http_client import Answer, HttpClient, HttpError
from simulators.timing import SimClock
from simulators.truth import Truth
from simulators.world import World

Step: TypeAlias = Literal["open", "call-next", "start", "finish", "recall", "no-show"]
LOOK_EVERY_S, LEAST_WALL_S = 3.0, 2.0
REOPEN_AFTER_S = 600.0
STRANGER_WALKS_S = 45.0
"""How long a clerk gives a real person, whom no simulated sensor sees, to come to the window."""
CALL_AGAIN_S, CALLS_MAX = 150.0, 3
TYPICAL_MINUTES = 8.0
SERVICE_SHARE = 0.4
"""Of the minutes an item is said to take: a demo is watched for minutes, not for hours."""


@dataclass(slots=True)
class Desk:
    """What one clerk remembers, in simulated seconds; ``closed_s`` None: never seen closed."""

    closed_s: float | None = None
    ready_s: float = 0.0
    called_s: float | None = None
    serving: str | None = None
    ends_s: float = 0.0


def decide(window: Mapping[str, Any], desk: Desk, *, now_s: float, first: bool, here: bool | None) -> Step | None:
    """What the clerk does next. ``here``: whether the called visitor stands at the window, None: nobody can know."""
    if not window["online"] or window["state"] == "break":
        return None
    if window["state"] == "closed":
        return "open" if first or (desk.closed_s is not None and now_s - desk.closed_s > REOPEN_AFTER_S) else None
    current = window["current"]
    if current is None:
        return "call-next" if window["waiting"] and now_s >= desk.ready_s else None
    if current["state"] == "called":
        return _decide_called(current, desk, now_s=now_s, here=here)
    return "finish" if desk.serving == current["number"] and now_s >= desk.ends_s else None


def _decide_called(current: Mapping[str, Any], desk: Desk, *, now_s: float, here: bool | None) -> Step | None:
    waited_s = 0.0 if desk.called_s is None else now_s - desk.called_s
    if here or (here is None and waited_s > STRANGER_WALKS_S):
        return "start"
    if waited_s <= CALL_AGAIN_S:
        return None
    return "recall" if current["calls"] < CALLS_MAX else "no-show"


class Clerks:
    """All simulated clerks in one session; ``leave`` names the windows that are left to people."""

    def __init__(
        self,
        client: HttpClient,
        *,
        login: tuple[str, str] | None,
        leave: frozenset[str],
        minutes: Mapping[str, float],
        world: World,
        clock: SimClock,
        truth: Truth,
        random: Random,
        say: Callable[[str], None],
    ) -> None:
        self._say = say
        self._client, self._login, self._leave, self._minutes = client, login, leave, minutes
        self._world, self._clock, self._truth, self._random = world, clock, truth, random
        self.opened = asyncio.Event()
        """The windows are open (or nobody will open them): visitors may come."""
        self._desks: dict[str, Desk] = {}
        self._actor: str | None = None

    async def work(self) -> None:
        """Until cancelled; a hall that is away is waited for."""
        if self._login is None:
            self._say("no login for a clerk in the enrolment: the windows are left to people")
            self.opened.set()
            return
        while True:
            try:
                if self._actor is None:
                    self._actor = await self._log_in(*self._login)
                await self._look_round()
                self.opened.set()
            except HttpError as error:
                self._truth.write("clerks_waiting", why=str(error)[:200])
                await self._clock.sleep(self._clock.pause_s(10.0, least_wall_s=5.0))
            await self._clock.sleep(self._clock.pause_s(LOOK_EVERY_S, least_wall_s=LEAST_WALL_S))

    async def _log_in(self, user: str, password: str) -> str:
        answer = await self._client.post("/session", {"user": user, "password": password, "totp": None})
        if not answer.ok:
            raise HttpError(f"login of {user}: {answer.status}")
        return str(answer.body["actor"]["id"])

    async def _look_round(self) -> None:
        answer = await self._client.get("/queue/windows")
        if answer.status == 401:
            self._actor = None
            return
        if not answer.ok:
            raise HttpError(f"windows: {answer.status}")
        waiting = {window["queue"]: int(window["waiting"]) for window in answer.body}
        for window in answer.body:
            mine = window["staffed_by"] in (None, self._actor)
            if not mine or window["number"] in self._leave:
                continue
            queue = window["queue"]
            step = await self._attend({**window, "waiting": waiting[queue]})
            waiting[queue] -= step == "call-next"  # windows of one queue call from the same people

    async def _attend(self, window: Mapping[str, Any]) -> Step | None:
        number, now_s = str(window["number"]), self._clock.now_s()
        first = number not in self._desks
        desk = self._desks.setdefault(number, Desk())
        self._remember(window, desk, now_s)
        step = decide(window, desk, now_s=now_s, first=first, here=self._is_here(window))
        if step is None:
            if first and not window["online"]:
                del self._desks[number]  # its terminal is still starting: the first look is yet to come
            return None
        after = await self._client.post(f"/queue/windows/{number}/{step}")
        self._done(step, number, desk, after)
        return step

    def _remember(self, window: Mapping[str, Any], desk: Desk, now_s: float) -> None:
        if window["state"] != "closed":
            desk.closed_s = None
        elif desk.closed_s is None:
            desk.closed_s = now_s
        current = window["current"]
        if current is None or current["state"] != "called":
            desk.called_s = None
        elif desk.called_s is None:
            desk.called_s = now_s
        if current is not None and current["state"] == "serving" and desk.serving != current["number"]:
            desk.serving, desk.ends_s = current["number"], now_s + self._service_s(current["item"])

    def _is_here(self, window: Mapping[str, Any]) -> bool | None:
        current = window["current"]
        if current is None or current["number"] not in self._world.tickets:
            return None
        return self._world.at_window.get(str(window["number"])) == str(current["number"])

    def _done(self, step: Step, number: str, desk: Desk, after: Answer) -> None:
        if not after.ok:
            detail = after.body.get("detail", "") if isinstance(after.body, dict) else ""
            self._truth.write("clerk_refused", window=number, step=step, why=f"{after.status} {detail}"[:200])
            desk.ready_s = self._clock.now_s() + 30.0
            return
        self._truth.write("clerk", window=number, step=step)
        match step:
            case "recall":
                desk.called_s = self._clock.now_s()
            case "finish" | "no-show":
                desk.serving, desk.called_s = None, None
                desk.ready_s = self._clock.now_s() + self._random.uniform(5.0, 30.0)
                self._world.show_session(number, active=False)
            case "start":
                self._world.show_session(number, active=True)

    def _service_s(self, item: str | None) -> float:
        minutes = self._minutes.get(item or "", TYPICAL_MINUTES) * SERVICE_SHARE
        return 60.0 * min(max(minutes * self._random.lognormvariate(0, 0.4), 1.0), 40.0)
