"""Readings on their way to the database, and whom to tell once they are there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from iot.messages import Quality
from twin.state import PointValue

Acknowledge: TypeAlias = Callable[[list[int]], None]
QUALITY_CODES: dict[Quality, int] = {"good": 0, "uncertain": 1, "bad": 2}


class PointBook:
    """Gives each (entity, point) a small number for this run; the database's own number is found when recording."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self._slots: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def slot(self, entity_id: str, point: str) -> int:
        """From any thread: what an earlier run left on the disk is brought in beside the writer."""
        key = (entity_id, point)
        slot = self._slots.get(key)
        return self._enter(key) if slot is None else slot

    def _enter(self, key: tuple[str, str]) -> int:
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = len(self.names)
                self.names.append(key)
                self._slots[key] = slot  # only now: whoever finds it finds its name
            return slot


@dataclass(slots=True)
class Batch:
    """``numbers`` and ``texts`` are rows of (slot, ts_ms, value, quality code, seq).

    ``latest``: the newest value by slot, where it changed. ``cursors``: by device, what of it this batch makes durable.
    """

    numbers: list[tuple[int, int, float, int, int]] = field(default_factory=list)
    texts: list[tuple[int, int, str, int, int]] = field(default_factory=list)
    latest: dict[int, PointValue] = field(default_factory=dict)
    cursors: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    receipts: list[tuple[Acknowledge, list[int]]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.texts)

    @property
    def messages(self) -> int:
        return sum(len(receipts) for _, receipts in self.receipts)

    def add(self, slot: int, value: PointValue) -> None:
        """One reading as a row; a truth value is a number, a word stands in its own list."""
        raw = value.value
        if isinstance(raw, str):
            self.texts.append((slot, value.ts_ms, raw, QUALITY_CODES[value.quality], value.seq))
        else:
            self.numbers.append((slot, value.ts_ms, raw, QUALITY_CODES[value.quality], value.seq))

    def join(self, later: Batch) -> None:
        """Append what came after."""
        self.numbers += later.numbers
        self.texts += later.texts
        self.latest.update(later.latest)
        self.cursors.update(later.cursors)
        self.receipts += later.receipts
