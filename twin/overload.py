"""Notices that the hall falls behind what devices say and does not catch up, and decides how much telemetry is kept.

How far behind: what the connectors know of how long a word takes to come to us; no device's clock is asked. What was
kept for us while we were away is no overload, nor is a burst that ends before we are far behind: the broker keeps both,
and nothing of them is let go. Nor is it where messages come late to us and we are through with them at once: then it is
the way here that is slow, and letting them go would help nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from iot.kind import Value
from iot.messages import LetGo, Telemetry
from iot.ports import ConnectorHealth, Sieve
from twin.admission import Admission
from twin.commands import CommandDesk
from twin.conditions import Watcher
from twin.known import Known
from twin.registry import Registry
from twin.shedding import FairShare

BEHIND_MS = 2_500
BACKLOG = 1_500
FOR_S = 3
"""So far behind, so many taken in and not yet durable at half of the times looked, for so long without catching up:
telemetry is shed, and not before.
"""
BEHIND_AGAIN_MS = 500
ALERT_FOR_S = 120
"""Once it was needed, being so little behind is enough for so long: the hall does not swing between both."""
NORMAL_MS = 250
CATCHING_UP_MS = 50
"""Each second at least so much less behind is catching up."""
FIRST_KEPT, LESS, KEPT_MIN = 0.25, 0.25, 0.02
MORE, MORE_AT_LEAST = 1.25, 0.05
RATES_OVER_S = 10.0
SETTLE_MS = 1_000
NOISY_NAMED = 10
"""So many devices have an alarm of their own while telemetry is shed; all have their counter."""


class Overload:
    """``kept``: the part of all telemetry that is kept, 1 while all goes well."""

    def __init__(self) -> None:
        self.kept = 1.0
        self.behind_ms = 0
        self.seconds = 0
        self._share = FairShare(window_s=RATES_OVER_S)
        self._late_s = self._looks = self._full = self._alert_s = 0
        self._counted: dict[str, int] = {}

    @property
    def is_shedding(self) -> bool:
        return self.kept < 1

    def look(self, backlog: int, *, pressed: bool = False) -> None:
        """So many messages are taken in and not yet durable; ``pressed``: more comes than we can read."""
        self._looks += 1
        self._full += pressed or backlog >= BACKLOG

    def settle(self, messages: dict[str, int], behind_ms: int) -> None:
        """A second is over. ``messages``: how many each device has sent in all."""
        for device, count in messages.items():
            self._share.note(device, count - self._counted.get(device, count))
        self._counted = messages
        before_ms, self.behind_ms = self.behind_ms, behind_ms
        is_full = self._full * 2 >= max(1, self._looks)
        self._looks = self._full = 0
        limit_ms = BEHIND_AGAIN_MS if self._alert_s else BEHIND_MS
        is_late = is_full and self.behind_ms >= limit_ms and self.behind_ms > before_ms - CATCHING_UP_MS
        self._late_s = self._late_s + 1 if is_late else 0
        if not self.is_shedding:
            self.kept = FIRST_KEPT if self._late_s >= FOR_S else 1.0
        elif is_late:
            self.kept = max(KEPT_MIN, self.kept * LESS)
        elif not is_full or self.behind_ms < NORMAL_MS:
            self.kept = min(1.0, self.kept * MORE + MORE_AT_LEAST)
        self._alert_s = ALERT_FOR_S if self.is_shedding else max(0, self._alert_s - 1)
        self.seconds += self.is_shedding
        self._share.settle(self.kept)

    def keeps(self, device: str) -> bool:
        return self._share.keeps(device)

    @property
    def noisy(self) -> list[str]:
        return self._share.noisy


class OverloadGuard:
    """The writer's, used under its lock: sheds telemetry that no alarm and no command depends on."""

    def __init__(
        self, registry: Registry, commands: CommandDesk, watcher: Watcher, admission: Admission, *, hall: str,
        links: Callable[[], Sequence[ConnectorHealth]], find: Callable[[str], Known | None],
    ) -> None:  # fmt: skip
        self._registry, self._commands, self._watcher, self._admission = registry, commands, watcher, admission
        self._hall, self._links, self._find = hall, links, find
        self._settled_ms = 0
        self._shed: dict[str, int] = {}
        """Readings by device since the last tick."""
        self._overload = Overload()
        self.is_shedding = False

    def sieve(self) -> Sieve | None:
        """For connectors that can look at a message before they make one of it."""
        return self if self.is_shedding else None

    def lets_go(self, device: str, values: Mapping[str, Value]) -> bool:
        """On a connector's thread, which may see what is true a moment before or after: ``iot.ports.Sieve``."""
        known = self._find(device)
        return known is not None and not known.presumed and self._is_too_much(known, values)

    def let_go(self, message: LetGo) -> None:
        """A connector did."""
        self._count(message.device, message.readings)

    def sheds(self, known: Known, message: Telemetry) -> bool:
        """While shedding: whether there is too much of it. Counted where it is."""
        newest = not message.numbered or (message.seq == known.window.top and message.boot == known.window.boot)
        if not self._is_too_much(known, message.values if newest else {}):
            return False
        self._count(message.device, len(message.values))
        return True

    def tick(self, devices: Mapping[str, Known], now_ms: int) -> None:
        links, overload = self._links(), self._overload
        backlog = sum(link.unacknowledged for link in links)
        overload.look(backlog, pressed=any(link.pressed for link in links))
        if now_ms - self._settled_ms < SETTLE_MS:
            return
        self._settled_ms = now_ms
        for key, readings in self._shed.items():
            self._registry.note_shed(key, readings)
        self._shed.clear()
        behind_ms = max((link.behind_ms for link in links), default=0)
        overload.settle({key: known.counters.messages for key, known in devices.items()}, behind_ms)
        self.is_shedding = overload.is_shedding
        if not self.is_shedding:
            return
        self._admission.overloaded.happens(self._hall, round(overload.kept, 2), now_ms)
        for key in overload.noisy[:NOISY_NAMED]:
            if (known := devices.get(key)) is not None:
                self._admission.flooding.happens(known.device.id, True, now_ms)

    def counters(self) -> dict[str, int]:
        overload = self._overload
        return {
            "behind_ms": overload.behind_ms, "kept_percent": round(100 * overload.kept),
            "shedding_s": overload.seconds,
        }  # fmt: skip

    def _count(self, device: str, readings: int) -> None:
        self._shed[device] = self._shed.get(device, 0) + readings

    def _is_too_much(self, known: Known, values: Mapping[str, Value]) -> bool:
        return not (
            self._overload.keeps(known.device.key)
            or self._commands.awaits(known.device.id)
            or self._matters(known, values)
        )

    def _matters(self, known: Known, values: Mapping[str, Value]) -> bool:
        """Whether an alarm begins or ends with it, or may: what is no valid value is looked at more closely."""
        source = known.device.id
        for name, conditions in known.watched.items():
            value = values.get(name)
            if value is None:
                continue
            try:
                if any(self._watcher.matters(source, condition, value) for condition in conditions):
                    return True
            except TypeError:
                return True
        return False
