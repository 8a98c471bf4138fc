"""What was dropped, refused, missed or repeated: counted per device, and for strangers in a bounded lobby."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, fields
from typing import Any

LOBBY_MAX = 1000
DETAIL_MAX = 200


@dataclass(slots=True, kw_only=True)
class DeviceCounters:
    """Since the hall started. ``missing`` falls again when a gap is filled by late messages. ``unsent``: what the
    device says it lost itself before it was sent. ``dropped``: what we could not send to it. ``shed``: readings let
    go because the hall could not keep all.
    """

    messages: int = 0
    gaps: int = 0
    missing: int = 0
    late: int = 0
    duplicates: int = 0
    old: int = 0
    out_of_range: int = 0
    rejected: int = 0
    clock_ahead: int = 0
    clock_behind: int = 0
    throttled: int = 0
    shed: int = 0
    late_wills: int = 0
    resets: int = 0
    rebirths_asked: int = 0
    dropped: int = 0
    unsent: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)


def total(all_counters: list[DeviceCounters]) -> dict[str, int]:
    return {f.name: sum(getattr(c, f.name) for c in all_counters) for f in fields(DeviceCounters)}


@dataclass(slots=True, kw_only=True)
class Stranger:
    """Messages of one sender that led nowhere, by reason; one without a name by its ``address``."""

    device: str | None
    address: str | None = None
    reason: str
    count: int
    first_ms: int
    last_ms: int
    detail: str


class Lobby:
    """Who knocked and was not let in; the longest silent is forgotten first, and that is counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strangers: OrderedDict[tuple[str | None, str], Stranger] = OrderedDict()
        self.forgotten = 0
        self.total = 0

    def count(
        self, *, device: str | None, reason: str, detail: str, now_ms: int, address: str | None = None
    ) -> None:  # fmt: skip
        key = (device or address, reason)
        with self._lock:
            self.total += 1
            stranger = self._strangers.get(key)
            if stranger is None:
                stranger = self._strangers[key] = Stranger(
                    device=device, address=address, reason=reason, count=0, first_ms=now_ms, last_ms=now_ms, detail=""
                )
                if len(self._strangers) > LOBBY_MAX:
                    self._strangers.popitem(last=False)
                    self.forgotten += 1
            stranger.count += 1
            stranger.last_ms, stranger.detail = now_ms, detail[:DETAIL_MAX]
            self._strangers.move_to_end(key)

    def list_strangers(self) -> list[dict[str, Any]]:
        """The latest first."""
        with self._lock:
            return [asdict(s) for s in reversed(self._strangers.values())]
