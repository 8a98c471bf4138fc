"""One simulated device: it describes itself, reports, obeys commands and dies like a real one."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from simulators.behaviours import generic
from simulators.behaviours.behaviour import Act, Beat, Behaviour, EventData, Facts, Refusal, Value, Values
from simulators.mqtt_client import Broker, MqttClient
from simulators.mqtt_packets import Arrived

COMMANDS_REMEMBERED = 256
REPORT_GAP_S = 0.5
"""Changes within this time go out as one message."""
_LATENCY_S = (0.05, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One line of the enrolment file."""

    key: str
    kind: str
    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a device needs from outside; ``people_in_view`` answers for a camera's key."""

    site: str
    now_ms: Callable[[], int]
    speed: float
    people_in_view: Callable[[str], int]


class Device:
    """Its values are what it last measured, reported or not; ``boot`` rises with each start, also of this program."""

    def __init__(
        self,
        login: Login,
        *,
        kind: Mapping[str, Any],
        behaviour: Behaviour,
        facts: Facts,
        around: Surroundings,
        broker: Broker,
        random: Random,
    ) -> None:
        self.key = login.key
        self._kind, self._behaviour, self._facts, self._around, self._random = kind, behaviour, facts, around, random
        self._points = {point["name"] for point in kind["points"]}
        rest = {} if behaviour.partial else generic.begin(kind)
        self.values: dict[str, Value] = {**rest, **behaviour.begin(facts, random)}
        self.skew_ms = 0
        self._boot = around.now_ms() // 1000
        self._seq = 0
        self._reported: dict[str, Value] = {}
        self._seen: deque[str] = deque(maxlen=COMMANDS_REMEMBERED)
        self._beat: asyncio.TimerHandle | None = None
        self._report: asyncio.TimerHandle | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self._last_s = 0.0
        self._prefix = f"ht/v1/{around.site}/{self.key}"
        self._client = MqttClient(
            broker, user=login.user, password=login.password, will=lambda: self._state(online=False),
            listens=f"{self._prefix}/cmd/#", on_online=self._introduce, on_message=self._on_message, random=random,
        )  # fmt: skip

    @property
    def online(self) -> bool:
        return self._client.online

    def power_on(self) -> None:
        self._client.open()
        if self._beat is None:
            self._plan_beat(first=True)

    async def power_off(self, *, abruptly: bool = True) -> None:
        """Gone without a word; the broker speaks its last will. The next start has a new boot."""
        for handle in (self._beat, self._report):
            if handle is not None:
                handle.cancel()
        self._beat = self._report = None
        await self._client.close(abruptly=abruptly)
        self._boot, self._seq = self._boot + 1, 0

    def change(self, changes: Values) -> None:
        """Something about it is different now: worked out, told, and reported within a moment."""
        before = dict(self.values)
        self.values.update({name: value for name, value in changes.items() if name in self._points})
        self.values.update(self._behaviour.settle(self.values))
        if self.values == before or self._beat is None:
            return
        for name, data in self._behaviour.tell(before, self.values):
            self.tell(name, data)
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(REPORT_GAP_S, self._report_changes)

    def tell(self, event: str, data: EventData | None = None) -> None:
        """An event, now; what has no power says nothing."""
        if self._beat is None:
            return
        body = {**self._stamp(), "id": f"{self._boot}-{self._seq}", "data": dict(data or {})}
        self._client.publish(f"{self._prefix}/evt/{event}", _json(body))

    # --- reporting

    def _introduce(self) -> None:
        """After each connection: who it is, that it is there, and everything it measures."""
        description = {
            "kind": self._kind["kind"], "model": f"sim-{self._kind['kind']}", "firmware": "1.0",
            "serial": f"SIM-{self.key}", "points": sorted(self.values),
            "commands": [command["name"] for command in self._kind["commands"]], "buffer": 0, "schema": 1,
        }  # fmt: skip
        self._client.publish(f"{self._prefix}/desc", _json(description), retain=True)
        self._client.publish(*self._state(online=True), retain=True)
        self._report_values(self.values)

    def _on_beat(self) -> None:
        now_s = asyncio.get_running_loop().time()
        beat = Beat(
            elapsed_s=(now_s - self._last_s) * self._around.speed, people_in_view=self._around.people_in_view(self.key),
            random=self._random, facts=self._facts,
        )  # fmt: skip
        self.change(self._behaviour.drift(self.values, beat))
        self._report_values(self.values)
        self._plan_beat()

    def _plan_beat(self, *, first: bool = False) -> None:
        """Jittered, so that hundreds do not speak at once."""
        loop = asyncio.get_running_loop()
        self._last_s = loop.time()
        share = self._random.random() if first else self._random.uniform(0.85, 1.15)
        self._beat = loop.call_later(self._behaviour.heartbeat_s * share, self._on_beat)

    def _report_changes(self) -> None:
        self._report_values({name: v for name, v in self.values.items() if self._reported.get(name) != v})

    def _report_values(self, values: Values) -> None:
        if self._report is not None:
            self._report.cancel()
            self._report = None
        if values and self._client.online:
            self._client.publish(f"{self._prefix}/tele", _json({**self._stamp(), "v": dict(values)}))
            self._reported.update(values)

    def _stamp(self) -> dict[str, int]:
        self._seq += 1
        return {"ts": self._around.now_ms() + self.skew_ms, "seq": self._seq, "boot": self._boot}

    def _state(self, *, online: bool) -> tuple[str, bytes]:
        body = {"online": online, "boot": self._boot, "ts": self._around.now_ms() + self.skew_ms}
        return f"{self._prefix}/state", _json(body)

    # --- obeying

    def _on_message(self, arrived: Arrived) -> None:
        name = arrived.topic.removeprefix(f"{self._prefix}/cmd/")
        try:
            command = json.loads(arrived.payload)
            ident, expires_ms, arguments = str(command["id"]), int(command["exp"]), dict(command["args"])
        except (ValueError, KeyError, TypeError):
            return  # without an id there is nobody to answer
        refusal = self._refusal(ident, expires_ms, retained=arrived.retained)
        answer = refusal or self._choose(name, arguments)
        self._seen.append(ident)
        if isinstance(answer, Refusal):
            self._acknowledge(ident, "refused", answer.why)
            return
        self._acknowledge(ident, "accepted")
        job = asyncio.create_task(self._perform(ident, answer))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def _refusal(self, ident: str, expires_ms: int, *, retained: bool) -> Refusal | None:
        """What no device obeys, whatever it is told to do."""
        if retained:
            return Refusal(why="retained commands are never obeyed")
        if ident in self._seen:
            return Refusal(why="seen before")
        if expires_ms <= self._around.now_ms() + self.skew_ms:
            return Refusal(why="expired")
        return None

    def _choose(self, name: str, arguments: Values) -> Act | Refusal:
        if name == "rebirth":
            self._introduce()
            return Act()
        if name == "resend":
            return Refusal(why="nothing is kept here")
        refusal = generic.check(self._kind, name, arguments)
        if refusal is not None:
            return refusal
        return self._behaviour.obey(name, arguments, self.values) or generic.obey(self._kind, name, arguments)

    async def _perform(self, ident: str, act: Act) -> None:
        await asyncio.sleep(self._random.uniform(*_LATENCY_S))
        self._do(act.now)
        if not act.done_last:
            self._acknowledge(ident, "done")
        for after_s, changes in act.later:
            await asyncio.sleep(after_s)
            self._do(changes)
        if act.done_last:
            self._acknowledge(ident, "done")
        if act.restart_s:
            await self.power_off(abruptly=False)
            await asyncio.sleep(act.restart_s)
            self.power_on()

    def _do(self, changes: Values) -> None:
        """What a command changed is reported before it is said to be done."""
        self.change(changes)
        self._report_values({name: self.values[name] for name in changes if name in self._points})

    def _acknowledge(self, ident: str, status: str, detail: str = "") -> None:
        body = {"ts": self._around.now_ms() + self.skew_ms, "status": status, "detail": detail}
        self._client.publish(f"{self._prefix}/ack/{ident}", _json(body))


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
