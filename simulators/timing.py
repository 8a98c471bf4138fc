"""Simulated time: people live at ``speed`` times the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SimClock:
    """``monotonic_s`` is the wall's own; ``now_s`` runs from 0."""

    monotonic_s: Callable[[], float]
    began_s: float
    speed: float = 1.0

    def now_s(self) -> float:
        return (self.monotonic_s() - self.began_s) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Simulated seconds."""
        await asyncio.sleep(max(seconds, 0.0) / self.speed)

    def pause_s(self, seconds: float, *, least_wall_s: float) -> float:
        """Simulated seconds to wait for something polled, never asking more often than so often on the wall."""
        return max(seconds, least_wall_s * self.speed)
