"""Who comes, and when: a seeded stream of visitors, each with what they came for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from simulators.visitors.public_api import Item
from simulators.visitors.visitor import Hall, Visitor

INSIDE_MAX = 400
OPENING_RUSH_S = 120.0


async def receive(hall: Hall, items: Sequence[Item], *, per_h: float, at_start: int, random: Random) -> None:
    """Lets visitors in until cancelled, ``INSIDE_MAX`` at once at most: more are turned away at the door."""
    inside: set[asyncio.Task[None]] = set()
    weights = [item.windows for item in items]
    ident = 0
    try:
        while True:
            rush = ident < at_start
            gap_s = OPENING_RUSH_S / at_start if rush else 3600.0 / per_h
            await hall.clock.sleep(random.expovariate(1 / gap_s))
            ident += 1
            if len(inside) >= INSIDE_MAX:
                hall.truth.write("full", visitor=ident)
                continue
            item = random.choices(items, weights=weights)[0]
            task = asyncio.create_task(Visitor(ident, hall, item=item, random=Random(f"{random.random()}")).live())
            inside.add(task)
            task.add_done_callback(inside.discard)
    finally:
        for task in inside:
            task.cancel()
        await asyncio.gather(*inside, return_exceptions=True)
