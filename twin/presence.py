"""Whether devices are there: births, last wills, and what the end of a gateway means for those behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from iot.messages import Presence, Quality
from twin.admission import stands_at
from twin.conditions import Watcher
from twin.gateways import OFFLINE, ONLINE, Gateways
from twin.known import DEVICE, HALL, Known
from twin.sequence import Window
from twin.state import PointValue


class PresenceBook:
    """The writer's, used under its lock. ``take`` records a reading, ``state`` is the writer's own."""

    def __init__(
        self, gateways: Gateways, watcher: Watcher, *, state: Callable[[Known], Mapping[str, PointValue]],
        take: Callable[[Known, PointValue], None], find: Callable[[str, int], Known | None],
        replace_all: Callable[[Known, Mapping[str, PointValue]], None],
        ask_birth: Callable[[Known, int], None], returned: Callable[[Known, int, int], None],
    ) -> None:  # fmt: skip
        self._gateways, self._watcher = gateways, watcher
        self._state, self._take, self._find, self._replace_all = state, take, find, replace_all
        self._unsent: dict[str, tuple[int, int]] = {}
        self._ask_birth, self._returned = ask_birth, returned

    def hear(self, known: Known, message: Presence, received_ms: int) -> None:
        """A will carries the time of its connection, so arrival orders within a boot; an older boot's is ignored."""
        self._count_unsent(known, message.boot, message.dropped)
        before = self._state(known).get(ONLINE)
        ts_ms = stands_at(message.ts_ms, received_ms) if message.online and message.ts_ms else received_ms
        if before is not None and message.boot < before.boot:
            if not message.online or ts_ms <= before.ts_ms:
                known.counters.late_wills += 1
                return
            self._begin_anew(known)
            before = None
        seq = received_ms if before is None or before.boot < message.boot else max(received_ms, before.seq + 1)
        known.presumed = False
        self._take(known, PointValue(
            value=message.online, ts_ms=ts_ms, source=DEVICE, received_ms=received_ms, boot=message.boot, seq=seq,
        ))  # fmt: skip
        if not message.online:
            self._cut_off(known.device.key, received_ms)
            return
        self._returned(known, message.boot, received_ms)
        if before is not None and before.value is False:
            for key in self._gateways.behind(known.device.key):
                if (device := self._find(key, received_ms)) is not None:
                    self._ask_birth(device, received_ms)

    def _count_unsent(self, known: Known, boot: int, dropped: int) -> None:
        """A device tells its own total: the rise counts. Less is an older message, unless it started to count anew."""
        last_boot, before = self._unsent.get(known.device.key, (boot, 0))
        if dropped < before and boot > last_boot:
            before = 0
        if dropped > before:
            known.counters.unsent += dropped - before
            self._unsent[known.device.key] = boot, dropped

    def fell_silent(self, known: Known, now_ms: int) -> None:
        """Its line stands, and it has said nothing for longer than it promised."""
        if known.presumed or not self._is_there(known):
            return
        known.presumed = True
        self._say(known, now_ms, online=False, quality="good")
        self._cut_off(known.device.key, now_ms)

    def heard(self, known: Known, now_ms: int) -> None:
        """A device that was taken for gone speaks again."""
        known.presumed = False
        self._say(known, now_ms, online=True, quality="good")

    def recall(self, known: Known) -> None:
        """A device taken at hand again: it is the hall's own word that it is gone, or the device's."""
        online = self._state(known).get(ONLINE)
        known.presumed = online is not None and online.value is False and online.source == HALL

    def is_away(self, known: Known) -> bool:
        online = self._state(known).get(ONLINE)
        return online is not None and online.value is False

    def _is_there(self, known: Known) -> bool:
        online = self._state(known).get(ONLINE)
        return online is not None and online.value is True

    def _cut_off(self, gateway: str, now_ms: int) -> None:
        """Nobody can speak for these any more. That is the gateway's one alarm, and none of theirs."""
        for key in self._gateways.cut_off(gateway, lambda other: self._is_gone(other, now_ms)):
            known = self._find(key, now_ms)
            if known is None or known.presumed or self._state(known).get(ONLINE) is None:
                continue
            if self.is_away(known) and self._watcher.holds(known.device.id, OFFLINE):
                continue  # it was gone before, and that is known
            known.presumed = True
            self._watcher.calm(known.device.id, OFFLINE)
            self._say(known, now_ms, online=False, quality="bad")
            self._cut_off(key, now_ms)  # it may be a gateway itself

    def _is_gone(self, gateway: str, now_ms: int) -> bool:
        known = self._find(gateway, now_ms)
        return known is None or self._state(known).get(ONLINE) is None or self.is_away(known)

    def _say(self, known: Known, now_ms: int, *, online: bool, quality: Quality) -> None:
        before = self._state(known).get(ONLINE)
        boot, seq = (0, now_ms) if before is None else (before.boot, max(now_ms, before.seq + 1))
        self._take(known, PointValue(
            value=online, quality=quality, ts_ms=now_ms, source=HALL, received_ms=now_ms, boot=boot, seq=seq
        ))  # fmt: skip

    def _begin_anew(self, known: Known) -> None:
        """A device that comes online later with a lower boot was reset or replaced: its count starts over."""
        known.counters.resets += 1
        known.window = Window()
        state = self._state(known)
        self._replace_all(known, {name: msgspec.structs.replace(value, boot=-1) for name, value in state.items()})
