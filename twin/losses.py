"""What of the devices' messages is missing: counted, shown, asked for again, and closed when it comes late."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iot.errors import IotError
from iot.kind import Value
from iot.messages import CommandRequest, DeviceEvent, Telemetry
from twin.gaps import Gaps
from twin.known import HALL, Known
from twin.registry import Registry

REBIRTH_EVERY_MS = 10_000
EXPIRES_MS = 10_000


class Losses:
    """The writer's, used under its lock. ``is_away``: whether a device is known not to be there."""

    def __init__(
        self, registry: Registry, *, send: Callable[[CommandRequest], None], new_id: Callable[[], str],
        find: Callable[[str, int], Known | None], is_away: Callable[[Known], bool],
    ) -> None:  # fmt: skip
        self._registry, self._send, self._new_id, self._find, self._is_away = registry, send, new_id, find, is_away
        self._gaps: dict[str, Gaps] = {}
        self._reborn_ms: dict[str, int] = {}
        self._changed: set[str] = set()

    def is_new(self, known: Known, message: Telemetry | DeviceEvent, received_ms: int) -> bool:
        """Count what the sequence number tells; False for a message that was seen before."""
        match known.window.see(message.boot, message.seq):
            case "next":
                return True
            case "again":
                known.counters.duplicates += 1
                return False
            case "gap":
                missing = known.window.missing
                gaps = self._gaps.setdefault(message.device, Gaps())
                gaps.open(message.boot, message.seq - missing, message.seq - 1)
                self.count(known, missing)
                self._ask_again(known, gaps, received_ms)
            case "late":
                self._fill(message)
                self._came_late(known)
            case "old" if self._fill(message):
                self._came_late(known)
            case "old":
                known.counters.old += 1
        return True

    def count(self, known: Known, missing: int) -> None:
        """So many of its messages never came."""
        known.counters.gaps += 1
        known.counters.missing += missing
        self._changed.add(known.device.key)

    def changed(self) -> set[str]:
        """The devices of which more or less is missing than when last asked."""
        if not self._changed:
            return self._changed
        changed, self._changed = self._changed, set()
        return changed

    def tick(self, now_ms: int) -> None:
        """Ask again for what was asked for in vain."""
        for key, gaps in self._gaps.items():
            if gaps.next_due(now_ms) is not None and (known := self._find(key, now_ms)) is not None:
                self._ask_again(known, gaps, now_ms)

    def ask_birth(self, known: Known, now_ms: int) -> None:
        """Have it tell everything anew; not too often."""
        key = known.device.key
        if now_ms - self._reborn_ms.get(key, 0) >= REBIRTH_EVERY_MS:
            self._reborn_ms[key] = now_ms
            self._command(known, "rebirth", {}, now_ms)

    def _ask_again(self, known: Known, gaps: Gaps, now_ms: int) -> None:
        """A gap is answered with a resend where the device keeps a buffer; else with a rebirth, and the gap stays."""
        due = gaps.next_due(now_ms)
        if due is None or self._is_away(known):
            return
        device = self._registry.find_device(known.device.key)  # it may have described itself since
        if device is not None and (device.description or {}).get("buffer"):
            due.asked(now_ms)
            self._command(known, "resend", {"boot": due.boot, "from": due.first, "to": due.last}, now_ms)
        else:
            gaps.give_up()
            self.ask_birth(known, now_ms)

    def _fill(self, message: Telemetry | DeviceEvent) -> bool:
        gaps = self._gaps.get(message.device)
        return gaps is not None and gaps.fill(message.boot, message.seq)

    def _came_late(self, known: Known) -> None:
        known.counters.late += 1
        known.counters.missing = max(0, known.counters.missing - 1)
        self._changed.add(known.device.key)

    def _command(self, known: Known, name: str, arguments: Mapping[str, Value], now_ms: int) -> None:
        request = CommandRequest(
            device=known.device.key, id=self._new_id(), name=name, expires_ms=now_ms + EXPIRES_MS, issuer=HALL,
            arguments=arguments,
        )  # fmt: skip
        try:
            self._send(request)
        except IotError:
            known.counters.dropped += 1
        else:
            known.counters.rebirths_asked += 1
