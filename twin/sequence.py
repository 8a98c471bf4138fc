"""Knows which of a device's messages were seen: each counted once, gaps found, late ones let in.

A sliding window over the sequence numbers of one boot, as anti-replay windows do it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

WIDTH = 2048
_FULL = (1 << WIDTH) - 1

Seen = Literal["next", "gap", "late", "again", "old"]
"""next: in order. gap: some before it are missing. late: fills a gap. again: seen before.

old: of an earlier boot or from before the window, so that nobody can tell whether it was seen.
"""


@dataclass(slots=True)
class Window:
    """``seen`` bit i: number ``top - i`` was seen. ``missing``: how many the last gap lacked."""

    boot: int = -1
    top: int = -1
    seen: int = 0
    missing: int = 0

    def see(self, boot: int, seq: int) -> Seen:
        if boot != self.boot:
            if boot < self.boot:
                return "old"
            self.boot, self.top, self.seen = boot, seq, 1
            return "next"
        step = seq - self.top
        if step > 0:
            self.top = seq
            self.seen = ((self.seen << min(step, WIDTH)) | 1) & _FULL
            self.missing = step - 1
            return "next" if step == 1 else "gap"
        return self._look_back(-step)

    def see_on(self, last: int) -> None:
        """All numbers after ``top`` up to this one were seen."""
        step = min(last - self.top, WIDTH)
        if step > 0:
            self.seen = ((self.seen << step) | ((1 << step) - 1)) & _FULL
            self.top = last

    def _look_back(self, steps: int) -> Seen:
        if steps >= WIDTH:
            return "old"
        bit = 1 << steps
        if self.seen & bit:
            return "again"
        self.seen |= bit
        return "late"

    def holes(self) -> list[tuple[int, int]]:
        """The ranges (first, last) between the oldest number seen and the newest that were not; oldest first."""
        bits = f"{self.seen:b}"  # from the oldest seen to ``top``
        oldest = self.top - len(bits) + 1
        return [(oldest + found.start(), oldest + found.end() - 1) for found in re.finditer("0+", bits) if self.seen]

    def cursor(self) -> tuple[int, int, int]:
        return self.boot, self.top, self.seen


def pack(seen: int) -> bytes:
    return seen.to_bytes(WIDTH // 8, "big").lstrip(b"\0")


def unpack(raw: bytes) -> int:
    return int.from_bytes(raw, "big")
