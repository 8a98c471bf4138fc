"""Compares every command met on the wire with what the hall sent; what it did not send so is an alarm that names it.

Only the hall's user may command, so anything else here means stolen credentials or a broker that was tampered with.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from iot.broker.credentials import HALL_USER
from iot.codecs.native import PROTOCOL_COMMANDS
from iot.kind import AlarmType, Value, When, text
from iot.messages import CommandRequest, CommandSeen
from iot.ports import ConnectorHealth
from twin.conditions import Verdict

Fault = Literal["malformed", "retained", "unknown", "altered", "issuer", "repeated", "expired"]
LEDGER_MAX = 20_000
"""Commands remembered; at the hall's pace some days of them."""
LATE_MS = 2_000
"""So much later than its expiry the hall may meet its own command: the reader pauses while much is not yet durable."""
QUIET_MS = 60_000
"""Without another one for so long the alarm's condition has ended."""
PROTOCOL_LIFE_MS = 10_000
NAMED_A_MINUTE = 60
"""So many are written into the audit each minute; a flood beyond that is counted."""

MISUSE = AlarmType(
    name="command_misuse", label=text("有人冒用或重放控制命令", "Command misuse"), priority=1,
    when=When(point="command_misuse", op="!=", value=""),
    consequence=text("可能有人在冒充大厅控制门、电梯或广播",
                     "Somebody may be commanding doors, lifts or loudspeakers in the hall's name"),
    response=text("到现场核对该设备；更换大厅的消息服务口令；查审计记录中的命令",
                  "Look at the device on site; change the hall's broker password; see the audit for what was sent"),
)  # fmt: skip

DISPLACED = AlarmType(
    name="hall_displaced", label=text("大厅的消息服务账号在别处被使用", "The hall's own account is used elsewhere"),
    priority=1, when=When(point="hall_displaced", op="!=", value=0),
    consequence=text("使用者可以冒充大厅控制所有设备，大厅当时听不到它发出的命令",
                     "Whoever uses it may command all devices, unheard by the hall for that moment"),
    response=text("立即更换大厅的消息服务口令，逐一核对门、电梯和广播的状态",
                  "Change the hall's broker password at once; look at the doors, lifts and loudspeakers one by one"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse:
    """One command on the wire that is not as the hall sent it."""

    device: str
    command: CommandSeen
    faults: tuple[Fault, ...]
    at_ms: int

    @property
    def words(self) -> str:
        seen = self.command
        by = f" by {seen.issuer}" if seen.issuer else ""
        return f"{seen.name} {seen.id}{by}: {', '.join(self.faults)}".replace("  ", " ")

    def to_json(self) -> dict[str, Any]:
        return {"device": self.device, "faults": list(self.faults), "seen": asdict(self.command)}


@dataclass(slots=True)
class _Sent:
    request: CommandRequest
    at_ms: int
    seen: int = 0
    resent: bool = False


class CommandWatch:
    """``sent`` from any thread; ``saw`` and ``tick`` by the one writer.

    ``link``: the hall's connection to the broker. What was under way when an earlier one broke is sent again by the
    client, so once more is no misuse.
    """

    def __init__(
        self, *, entity_id: Callable[[str], str], tell: Callable[[Verdict], None], record: Callable[[Misuse], None],
        withdraw: Callable[[str, str], None], link: Callable[[], ConnectorHealth | None], now_ms: Callable[[], int],
    ) -> None:  # fmt: skip
        self._entity_id, self._tell, self._record = entity_id, tell, record
        self._withdraw, self._link = withdraw, link
        self._now_ms = now_ms
        self._started_ms = now_ms()
        self._lock = threading.Lock()
        self._ledger: OrderedDict[str, _Sent] = OrderedDict()
        self._holding: dict[tuple[str, str], int] = {}
        self._displaced = 0
        self._minute, self._recorded = 0, 0
        self.seen = 0
        self.misused = 0
        self.unrecorded = 0

    def restore(self, sent: Iterable[CommandRequest], holding: Iterable[tuple[str, str]]) -> None:
        """What was sent, and which alarms held, when the hall last ran."""
        for request in sent:
            self.sent(request)
        own = {MISUSE.name, DISPLACED.name}
        self._holding = {(source, name): self._now_ms() for source, name in holding if name in own}

    def sent(self, request: CommandRequest) -> None:
        """About to go on the wire."""
        with self._lock:
            self._ledger[request.id] = _Sent(request, self._now_ms())
            while len(self._ledger) > LEDGER_MAX:
                self._ledger.popitem(last=False)

    def unsent(self, request: CommandRequest) -> None:
        """It could not go."""
        with self._lock:
            self._ledger.pop(request.id, None)

    def saw(self, command: CommandSeen, received_ms: int) -> None:
        """A command on the wire, the hall's own or not."""
        if command.defect == "empty":  # takes a retained one off the broker, and is none
            return
        self.seen += 1
        with self._lock:
            faults = self._faults(command, received_ms)
        if command.retained:
            self._withdraw(command.device, command.name)
        if not faults:
            return
        self.misused += 1
        source = self._entity_id(command.device)
        misuse = Misuse(device=source, command=command, faults=faults, at_ms=received_ms)
        self._happens(source, MISUSE, misuse.words, received_ms)
        self._note(misuse)

    def tick(self, now_ms: int) -> None:
        """See whether the hall itself was pushed off, and end what has been quiet."""
        link = self._link()
        if link is not None and link.displaced > self._displaced:
            self._displaced = link.displaced
            self._happens(self._entity_id(HALL_USER), DISPLACED, link.displaced, now_ms)
        for key in [key for key, last_ms in self._holding.items() if last_ms + QUIET_MS <= now_ms]:
            del self._holding[key]
            source, name = key
            alarm = MISUSE if name == MISUSE.name else DISPLACED
            self._tell(Verdict(source=source, alarm=alarm, holds=False, value="", at_ms=now_ms))

    def _happens(self, source: str, alarm: AlarmType, value: Value, at_ms: int) -> None:
        if (source, alarm.name) not in self._holding:
            self._tell(Verdict(source=source, alarm=alarm, holds=True, value=value, at_ms=at_ms))
        self._holding[source, alarm.name] = at_ms

    def _faults(self, command: CommandSeen, received_ms: int) -> tuple[Fault, ...]:
        found: list[Fault] = ["retained"] if command.retained else []
        if command.defect:
            return (*found, "malformed")
        known = self._ledger.get(command.id)
        if known is None:
            if not found and self._is_of_an_earlier_run(command):
                return ()
            found.append("unknown")
        else:
            found += _differences(command, known.request)
            if known.seen and not self._may_come_again(command, known):
                found.append("repeated")
            known.seen += 1
        if command.expires_ms + LATE_MS <= received_ms:
            found.append("expired")
        return tuple(found)

    def _may_come_again(self, command: CommandSeen, known: _Sent) -> bool:
        """The broker repeats what it got no receipt for, and our own client once what it was sending when cut off."""
        if command.again:
            return True
        link = self._link()
        if known.resent or link is None or known.at_ms > link.since_ms:
            return False
        known.resent = True
        return True

    def _is_of_an_earlier_run(self, command: CommandSeen) -> bool:
        """Requests to devices to speak again stand in no ledger on disk; those of the last run may still come in."""
        return command.name in PROTOCOL_COMMANDS and command.expires_ms <= self._started_ms + PROTOCOL_LIFE_MS

    def _note(self, misuse: Misuse) -> None:
        minute = misuse.at_ms // 60_000
        if minute != self._minute:
            self._minute, self._recorded = minute, 0
        if self._recorded >= NAMED_A_MINUTE:
            self.unrecorded += 1
            return
        self._recorded += 1
        self._record(misuse)


def _differences(command: CommandSeen, sent: CommandRequest) -> list[Fault]:
    found: list[Fault] = []
    asked = (sent.device, sent.name, sent.expires_ms, dict(sent.arguments))
    if (command.device, command.name, command.expires_ms, dict(command.arguments)) != asked:
        found.append("altered")
    if command.issuer != sent.issuer:
        found.append("issuer")
    return found
