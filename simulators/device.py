"""One simulated device: it describes itself, reports, obeys commands and dies like a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from simulators.behaviours import generic
from simulators.behaviours.behaviour import Act, Beat, Behaviour, EventData, Facts, Refusal, Value, Values
from simulators.faults.active import Faults
from simulators.line import Line, Message
from simulators.mqtt_packets import Arrived
from simulators.obeying import Command, Doorkeeper, find_command, resend_range
from simulators.outbox import Outbox

REPORT_GAP_S = 0.5
"""Changes within this time go out as one message."""
_LATENCY_S = (0.05, 0.3)
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a device needs from outside. ``note``: what happened, for the truth; ``acknowledged``: for the ledger."""

    site: str
    now_ms: Callable[[], int]
    speed: float
    people_in_view: Callable[[str], int] = lambda _key: 0
    note: Callable[..., None] = lambda _what, **_facts: None
    acknowledged: Callable[[Message], None] = lambda _message: None
    dropped: Callable[[int], None] = lambda _count: None


class Device:
    """Its values are what it last measured, reported or not; ``boot`` rises with each start, also of this program."""

    def __init__(
        self,
        key: str,
        *,
        kind: Mapping[str, Any],
        behaviour: Behaviour,
        facts: Facts,
        around: Surroundings,
        random: Random,
        buffer: int,
        beat_s: float,
    ) -> None:
        self.key = key
        self.line: Line
        self._kind, self._behaviour, self._facts, self._around, self._random = kind, behaviour, facts, around, random
        self._beat_s = beat_s
        self._points = {point["name"]: point for point in kind["points"]}
        rest = {} if behaviour.partial else generic.begin(kind)
        self.values: dict[str, Value] = {**rest, **behaviour.begin(facts, random)}
        self.faults = Faults(self._points, random=random, tell=self._note_spoilt)
        self._boot = around.now_ms() // 1000
        self._seq = 0
        self._reported: dict[str, Value] = {}
        self._lost = 0
        self._outbox = Outbox(buffer=buffer, dropped=self._note_dropped)
        self._doorkeeper = Doorkeeper()
        self._beat: asyncio.TimerHandle | None = None
        self._report: asyncio.TimerHandle | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self._last_s = 0.0
        self._prefix = f"ht/v1/{around.site}/{key}"
        self._tele = f"{self._prefix}/tele"

    # --- life

    @property
    def online(self) -> bool:
        return self.line.online

    @property
    def powered(self) -> bool:
        return self._beat is not None

    @property
    def buffer(self) -> int:
        return self._outbox.buffer

    def power_on(self) -> None:
        if self._beat is None:
            self._plan_beat(first=True)
        self.line.open()

    def power_off(self, *, abruptly: bool = True) -> None:
        """Gone without a word; the broker speaks its last will. The next start has a new boot."""
        for handle in (self._beat, self._report):
            if handle is not None:
                handle.cancel()
        self._beat = self._report = None
        unacknowledged = [*self.line.close(abruptly=abruptly), *self.faults.release_all()]
        lost = self._outbox.lose_power(unacknowledged)
        if lost:
            self._lost += len(lost)
            self._around.note("lost", device=self.key, messages=[[m.boot, m.seq] for m in lost])
        self._boot, self._seq = self._boot + 1, 0

    def change(self, changes: Values) -> None:
        """Something about it is different now: worked out, told, and reported within a moment."""
        before = dict(self.values)
        self.values.update({name: value for name, value in changes.items() if name in self._points})
        self.values.update(self._behaviour.settle(before, self.values))
        if self.values == before or self._beat is None:
            return
        for name, data in self._behaviour.tell(before, self.values):
            self.tell(name, data)
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(REPORT_GAP_S, self._report_changes)

    def tell(self, event: str, data: EventData | None = None) -> None:
        """An event, now; what has no power says nothing."""
        if self._beat is not None:
            self._say(f"{self._prefix}/evt/{event}", {"id": f"{self._boot}-{self._seq + 1}", "data": dict(data or {})})

    def bid(self, event: str, data: EventData) -> None:
        """Make it tell this, as its kind would."""
        said = self._behaviour.say(event, data, self.values, self._facts)
        if said is not None:
            self.tell(event, said.data)
            self.change(said.changes)

    def report_all(self) -> None:
        """Everything it measures, now."""
        if self._beat is not None:
            self._report_values(self.values)

    def resume(self) -> None:
        """What was held back to be overtaken goes out."""
        self._send(self.faults.release_all())

    # --- reporting

    def _introduce(self) -> None:
        """After each connection: who it is, that it is there, and everything it measures."""
        description = {
            "kind": self._kind["kind"], "model": f"sim-{self._kind['kind']}", "firmware": "1.0",
            "serial": f"SIM-{self.key}", "points": sorted(self.values),
            "commands": [command["name"] for command in self._kind["commands"]], "buffer": self._outbox.buffer,
            "schema": 1,
        }  # fmt: skip
        self._outbox.put_first(
            Message(self.key, topic, payload, retain=True)
            for topic, payload in ((f"{self._prefix}/desc", _json(description)), self._state(online=True))
        )
        self._report_values(self.values)
        self.on_room()

    def _on_beat(self) -> None:
        now_s = asyncio.get_running_loop().time()
        beat = Beat(
            elapsed_s=(now_s - self._last_s) * self._around.speed, people_in_view=self._around.people_in_view(self.key),
            random=self._random, facts=self._facts,
        )  # fmt: skip
        if self._report is None:  # what has just changed is told before it drifts away
            self.change(self._behaviour.drift(self.values, beat))
        self._report_values(self.values)
        self._plan_beat()

    def _plan_beat(self, *, first: bool = False) -> None:
        """Jittered, so that hundreds do not speak at once."""
        loop = asyncio.get_running_loop()
        self._last_s = loop.time()
        share = self._random.random() if first else self._random.uniform(0.85, 1.15)
        self._beat = loop.call_later(self._beat_s * share, self._on_beat)

    def _report_changes(self) -> None:
        self._report_values({name: v for name, v in self.values.items() if self._reported.get(name) != v})

    def _report_values(self, values: Values) -> None:
        """A device without a buffer does not measure for nobody."""
        if self._report is not None:
            self._report.cancel()
            self._report = None
        if not values or not (self._outbox.buffer or self.line.online):
            return
        self._reported.update(values)
        if self.faults:
            values = self.faults.spoil(values, now_s=asyncio.get_running_loop().time())
        self._say(self._tele, {"v": values})

    def _say(self, topic: str, body: Mapping[str, Any]) -> None:
        """The next number of this boot, kept and sent."""
        self._seq += 1
        payload = _json({"ts": self._now_ms(), "seq": self._seq, "boot": self._boot, **body})
        message = Message(self.key, topic, payload, boot=self._boot, seq=self._seq)
        self._outbox.keep(message)
        self._send(self.faults.pass_on(message) if self.faults else (message,))

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._outbox.put(message)
        self.on_room()

    def _now_ms(self) -> int:
        now_ms = self._around.now_ms()
        if not self.faults:
            return now_ms
        return now_ms + self.faults.off_ms(now_s=asyncio.get_running_loop().time(), now_ms=now_ms)

    def _state(self, *, online: bool) -> tuple[str, bytes]:
        body: dict[str, Value] = {"online": online, "boot": self._boot, "ts": self._now_ms()}
        if self._lost:
            body["dropped"] = self._lost
        return f"{self._prefix}/state", _json(body)

    def _note_spoilt(self, fault: str, message: Message) -> None:
        self._around.note("spoilt", fault=fault, device=self.key, boot=message.boot, seq=message.seq)

    def _note_dropped(self, message: Message) -> None:
        self._lost += 1
        self._around.dropped(1)
        self._around.note("dropped", device=self.key, boot=message.boot, seq=message.seq)

    # --- as the speaker on its line

    @property
    def listens(self) -> tuple[str, ...]:
        return (f"{self._prefix}/cmd/#",)

    def will(self) -> tuple[str, bytes]:
        return self._state(online=False)

    def on_online(self) -> None:
        if self._beat is not None:
            self._introduce()

    def on_room(self) -> None:
        line, outbox = self.line, self._outbox
        while len(outbox) and line.room:
            line.send(outbox.take())

    def on_acknowledged(self, message: Message, reason: int) -> None:
        if message.seq and reason < 0x80:
            self._around.acknowledged(message)

    def on_message(self, arrived: Arrived) -> None:
        command = find_command(arrived.topic.removeprefix(f"{self._prefix}/cmd/"), arrived.payload)
        if command is None or self._beat is None:
            return
        refusal = self._doorkeeper.refuse(command, retained=arrived.retained, now_ms=self._now_ms())
        answer = refusal or self._choose(command)
        if isinstance(answer, Refusal):
            self._acknowledge(command.id, "refused", answer.why)
            return
        self._acknowledge(command.id, "accepted")
        job = asyncio.create_task(self._perform(command, answer))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    # --- obeying

    def _choose(self, command: Command) -> Act | Refusal:
        if command.name == "rebirth":
            return Act()
        if command.name == "resend":
            if not self._outbox.buffer:
                return Refusal(why="nothing is kept here")
            return Act() if resend_range(command.arguments) else Refusal(why="resend needs boot, from, to")
        refusal = generic.check(self._kind, command.name, command.arguments)
        if refusal is not None:
            return refusal
        answer = self._behaviour.obey(command.name, command.arguments, self.values)
        return answer or generic.obey(self._kind, command.name, command.arguments)

    async def _perform(self, command: Command, act: Act) -> None:
        if command.name in {"rebirth", "resend"}:
            self._acknowledge(command.id, "done", self._tell_again(command))
            return
        await asyncio.sleep(self._random.uniform(*_LATENCY_S))
        self._do(act.now)
        if not act.done_last:
            self._acknowledge(command.id, "done")
        for after_s, changes in act.later:
            await asyncio.sleep(after_s)
            self._do(changes)
        if act.done_last:
            self._acknowledge(command.id, "done")
        if act.restart_s:
            await self.restart(act.restart_s)

    async def restart(self, down_s: float) -> None:
        """Off with a goodbye, and on again with a new boot, unless its power is gone meanwhile."""
        self.power_off(abruptly=False)
        await asyncio.sleep(down_s)
        if not self.faults.without_power:
            self.power_on()

    def _tell_again(self, command: Command) -> str:
        """What the protocol's own commands ask for; the answer says what was still there."""
        asked = resend_range(command.arguments) if command.name == "resend" else None
        if asked is None:
            self._introduce()
            return ""
        boot, first, last = asked
        found = self._outbox.find_kept(boot=boot, first=first, last=last)
        self._outbox.put_again(found)
        self.on_room()
        return f"{len(found)} of {last - first + 1} sent again"

    def _do(self, changes: Values) -> None:
        """What a command changed is reported before it is said to be done."""
        self.change(changes)
        self._report_values({name: self.values[name] for name in changes if name in self._points})

    def _acknowledge(self, ident: str, status: str, detail: str = "") -> None:
        body = {"ts": self._now_ms(), "status": status, "detail": detail}
        self._send((Message(self.key, f"{self._prefix}/ack/{ident}", _json(body)),))
