"""Keeps room on the disk for what must not be lost: as the spool fills up, the noisiest devices' telemetry goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from building.model import key_of, make_id
from twin.batch import Batch, PointBook
from twin.gateways import ONLINE
from twin.known import MISSING
from twin.shedding import FairShare
from twin.spool import Spool

SHED_FROM, TELEMETRY_UNTIL = 0.75, 0.95
"""Parts of the bound: from the first on less and less telemetry is kept, beyond the second none."""
WINDOW_S = 60.0
_SETTLE_S = 1.0
_KEPT_POINTS = frozenset({ONLINE, MISSING})
"""Who is there, and what is missing."""


class SpoolRoom:
    """The recorder's, used in its thread. ``shed`` is told (device, rows) of what was not kept."""

    def __init__(self, spool: Spool, book: PointBook, *, site: str, shed: Callable[[str, int], None]) -> None:
        self._spool, self._book, self._shed = spool, book, shed
        self._devices = make_id(site, "device", "")
        self._share = FairShare(window_s=WINDOW_S)
        self._settled_s = 0.0

    def make_room(self, batch: Batch, now_s: float) -> int:
        """Take out of the batch what there is no room for; how many rows that were."""
        kept = self.kept
        if now_s - self._settled_s >= _SETTLE_S:
            self._settled_s = now_s
            self._share.settle(kept)
        lost: dict[str, int] = {}
        batch.numbers = self._sift(batch.numbers, kept, lost)
        batch.texts = self._sift(batch.texts, kept, lost)
        if kept == 0:
            batch.latest = {slot: value for slot, value in batch.latest.items() if self._telemetry_of(slot) is None}
        for entity, rows in lost.items():
            self._shed(key_of(entity), rows)
        return sum(lost.values())

    @property
    def kept(self) -> float:
        """The part of all telemetry that is kept, by how full it is."""
        full = self._spool.bytes / self._spool.bytes_max
        return min(1.0, max(0.0, (TELEMETRY_UNTIL - full) / (TELEMETRY_UNTIL - SHED_FROM)))

    def _sift(self, rows: list[Any], kept: float, lost: dict[str, int]) -> list[Any]:
        """One message is kept or goes as a whole: its rows stand together and tell one time."""
        left: list[Any] = []
        last: tuple[str | None, int] = (None, 0)
        stays = True
        for row in rows:
            entity = self._telemetry_of(row[0])
            if entity is not None and (entity, row[1]) != last:
                last = (entity, row[1])
                self._share.note(entity)
                stays = kept > 0 and self._share.keeps(entity)
            if entity is None or stays:
                left.append(row)
            else:
                lost[entity] = lost.get(entity, 0) + 1
        return left

    def _telemetry_of(self, slot: int) -> str | None:
        """Whose telemetry a point is; None for anything else."""
        entity, point = self._book.names[slot]
        return entity if entity.startswith(self._devices) and point not in _KEPT_POINTS else None
