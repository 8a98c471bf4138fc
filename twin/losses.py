"""What of the devices' messages is missing: counted, shown, asked for again, and closed when it comes late.

A gap is seen when the next message comes. Where none comes, because the device fell silent after what was lost with its
line or with the broker, nobody would see it: so a device that connects anew is asked for what it said last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iot.errors import IotError
from iot.kind import Value
from iot.messages import CommandRequest, LetGo
from twin.gaps import Gaps
from twin.known import HALL, Known
from twin.registry import Registry

REBIRTH_EVERY_MS = 10_000
EXPIRES_MS = 10_000
RETURNED_MS = 1_000
"""What was under way when a device connects anew comes by itself within this time."""


class Losses:
    """The writer's, used under its lock. ``is_away``: whether a device is known not to be there."""

    def __init__(
        self, registry: Registry, *, send: Callable[[CommandRequest], None], new_id: Callable[[], str],
        find: Callable[[str, int], Known | None], is_away: Callable[[Known], bool],
    ) -> None:  # fmt: skip
        self._registry, self._send, self._new_id, self._find, self._is_away = registry, send, new_id, find, is_away
        self._gaps: dict[str, Gaps] = {}
        self._reborn_ms: dict[str, int] = {}
        self._owed: set[str] = set()
        self._returned: dict[str, tuple[int, int]] = {}
        self._asked: dict[str, int] = {}
        self._changed: set[str] = set()

    def is_new(self, known: Known, boot: int, seq: int, received_ms: int) -> bool:
        """Count what the sequence number tells; False for a message that was seen before."""
        key = known.device.key
        match known.window.see(boot, seq):
            case "next":
                return True
            case "again":
                known.counters.duplicates += 1
                return False
            case "gap":
                missing = known.window.missing
                gaps = self._gaps.setdefault(key, Gaps())
                gaps.open(boot, seq - missing, seq - 1)
                self.count(known, missing)
                self._ask_again(known, gaps, received_ms)
            case "late":
                self._fill(key, boot, seq)
                self._came_late(known)
            case "old" if self._fill(key, boot, seq):
                self._came_late(known)
            case "old":
                known.counters.old += 1
        return True

    def let_go(self, known: Known, message: LetGo, received_ms: int) -> None:
        """These were read, and are not missing."""
        boot, window = message.boot, known.window
        self.is_new(known, boot, message.first, received_ms)
        if (window.boot, window.top) == (boot, message.first):
            window.see_on(message.last)
            return
        for seq in range(message.first + 1, message.last + 1):
            self.is_new(known, boot, seq, received_ms)

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

    def is_answer(self, command: str) -> bool:
        """Whether this command is one of ours: what it brought is seen by the numbers that come."""
        return command in self._asked

    def tick(self, now_ms: int) -> None:
        """Ask again for what was asked for in vain, and for what could not be asked for yet."""
        self._asked = {command: expires_ms for command, expires_ms in self._asked.items() if expires_ms > now_ms}
        for key, gaps in self._gaps.items():
            if gaps.next_due(now_ms) is not None and (known := self._find(key, now_ms)) is not None:
                self._ask_again(known, gaps, now_ms)
        for key in [key for key, (_, due_ms) in self._returned.items() if due_ms <= now_ms]:
            boot, _ = self._returned.pop(key)
            if (known := self._find(key, now_ms)) is not None:
                self._ask_tail(known, boot, now_ms)
        for key in [key for key in self._owed if self._may_ask_birth(key, now_ms)]:
            self._owed.discard(key)
            if (known := self._find(key, now_ms)) is not None and not self._is_away(known):
                self.ask_birth(known, now_ms)

    def ask_birth(self, known: Known, now_ms: int) -> None:
        """Have it tell everything anew; not too often, but never not at all."""
        key = known.device.key
        if not self._may_ask_birth(key, now_ms):
            self._owed.add(key)
            return
        self._reborn_ms[key] = now_ms
        self._command(known, "rebirth", {}, now_ms)

    def returned(self, known: Known, boot: int, now_ms: int) -> None:
        """It connected anew, maybe to a broker that forgot: nothing it was asked for before can be relied on."""
        self._returned[known.device.key] = boot, now_ms + RETURNED_MS
        if self._buffer(known) and (gaps := self._gaps.get(known.device.key)) is not None:
            gaps.ask_anew()

    def recall(self, known: Known) -> None:
        """Taken at hand after a restart of the hall: what its window lacks can still be had."""
        key = known.device.key
        if known.counters.missing and key not in self._gaps and self._buffer(known):
            gaps = self._gaps[key] = Gaps()
            for first, last in known.window.holes():
                gaps.open(known.window.boot, first, last)

    def _ask_tail(self, known: Known, boot: int, now_ms: int) -> None:
        """All it can still hold after the last number seen; usually that is nothing, and it says so."""
        if not (buffer := self._buffer(known)) or self._is_away(known) or boot < known.window.boot:
            return
        first = known.window.top + 1 if boot == known.window.boot else 0
        self._send_request(known, "resend", {"boot": boot, "from": first, "to": first + buffer - 1}, now_ms)

    def _may_ask_birth(self, key: str, now_ms: int) -> bool:
        return now_ms - self._reborn_ms.get(key, 0) >= REBIRTH_EVERY_MS

    def _buffer(self, known: Known) -> int:
        """How many messages it keeps; it may have described itself since it was taken at hand."""
        device = self._registry.find_device(known.device.key)
        return int((device.description or {}).get("buffer", 0)) if device is not None else 0

    def _ask_again(self, known: Known, gaps: Gaps, now_ms: int) -> None:
        """A gap is answered with a resend where the device keeps a buffer; else with a rebirth, and the gap stays."""
        due = gaps.next_due(now_ms)
        if due is None or self._is_away(known):
            return
        if self._buffer(known):
            due.asked(now_ms)
            self._command(known, "resend", {"boot": due.boot, "from": due.first, "to": due.last}, now_ms)
        else:
            gaps.give_up()
            self.ask_birth(known, now_ms)

    def _fill(self, key: str, boot: int, seq: int) -> bool:
        gaps = self._gaps.get(key)
        return gaps is not None and gaps.fill(boot, seq)

    def _came_late(self, known: Known) -> None:
        known.counters.late += 1
        known.counters.missing = max(0, known.counters.missing - 1)
        self._changed.add(known.device.key)

    def _command(self, known: Known, name: str, arguments: Mapping[str, Value], now_ms: int) -> None:
        """Of what is known to be missing; counted."""
        if self._send_request(known, name, arguments, now_ms):
            known.counters.rebirths_asked += 1

    def _send_request(self, known: Known, name: str, arguments: Mapping[str, Value], now_ms: int) -> bool:
        request = CommandRequest(
            device=known.device.key, id=self._new_id(), name=name, expires_ms=now_ms + EXPIRES_MS, issuer=HALL,
            arguments=arguments,
        )  # fmt: skip
        try:
            self._send(request)
        except IotError:
            known.counters.dropped += 1
            return False
        self._asked[request.id] = now_ms + 2 * EXPIRES_MS  # an answer may be under way when it expires
        return True
