"""What is missing of a device's messages, range by range, and which of it is to be asked for again."""

from __future__ import annotations

from dataclasses import dataclass

RANGES_MAX = 64
"""Of one device; the oldest is given up first, its loss stays counted."""
TRIES_MAX = 3
AGAIN_MS = 10_000


@dataclass(slots=True)
class Range:
    """Numbers ``first`` to ``last`` of one boot; ``tries``: how often they were asked for."""

    boot: int
    first: int
    last: int
    tries: int = 0
    due_ms: int = 0

    def asked(self, now_ms: int) -> None:
        self.tries += 1
        self.due_ms = now_ms + AGAIN_MS


class Gaps:
    """The open ranges of one device. What arrives late shortens or splits its range, also beyond any window."""

    def __init__(self) -> None:
        self.ranges: list[Range] = []

    def open(self, boot: int, first: int, last: int) -> None:
        self.ranges.append(Range(boot, first, last))
        del self.ranges[:-RANGES_MAX]

    def fill(self, boot: int, seq: int) -> bool:
        """Whether this number was missing; it no longer is."""
        for index, found in enumerate(self.ranges):
            if found.boot == boot and found.first <= seq <= found.last:
                left = Range(boot, found.first, seq - 1, found.tries, found.due_ms)
                right = Range(boot, seq + 1, found.last, found.tries, found.due_ms)
                self.ranges[index : index + 1] = [part for part in (left, right) if part.first <= part.last]
                del self.ranges[:-RANGES_MAX]
                return True
        return False

    def next_due(self, now_ms: int) -> Range | None:
        """The oldest that may be asked for now."""
        return next((r for r in self.ranges if r.tries < TRIES_MAX and r.due_ms <= now_ms), None)

    def ask_anew(self) -> None:
        """Whoever was asked may not have heard it."""
        for one in self.ranges:
            one.tries = one.due_ms = 0

    def give_up(self) -> None:
        """Nobody can send these again; should they come all the same, they are known to have been missing."""
        for one in self.ranges:
            one.tries = TRIES_MAX
