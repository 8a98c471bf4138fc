"""The call board on the wall: one pair of eyes for all who wait, instead of each asking for itself."""

from __future__ import annotations

import asyncio

from simulators.timing import SimClock
from simulators.visitors.public_api import PublicApi, Refused

LOOK_EVERY_S = 3.0
LEAST_WALL_S = 1.0


class Board:
    """``watch`` runs for as long as there are visitors; ``await_call`` ends when a number appears."""

    def __init__(self, api: PublicApi, clock: SimClock) -> None:
        self._api, self._clock = api, clock
        self._waiting: dict[str, asyncio.Event] = {}

    async def watch(self) -> None:
        while True:
            await self._clock.sleep(self._clock.pause_s(LOOK_EVERY_S, least_wall_s=LEAST_WALL_S))
            if not self._waiting:
                continue
            try:
                calls = await self._api.list_calls()
            except Refused:
                continue  # the hall is away: people keep waiting
            for number, _ in calls:
                if number in self._waiting:
                    self._waiting[number].set()

    async def await_call(self, number: str, seconds: float) -> bool:
        """True when the number was seen within so many simulated seconds."""
        seen = self._waiting.setdefault(number, asyncio.Event())
        try:
            await asyncio.wait_for(seen.wait(), seconds / self._clock.speed)
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(number, None)
        return True
