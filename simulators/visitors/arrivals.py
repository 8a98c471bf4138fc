"""Who comes, and when: a seeded stream of visitors, each with what they came for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from simulators.scenarios.scenario import Arrivals
from simulators.visitors.public_api import Item
from simulators.visitors.visitor import Hall, Visitor

INSIDE_MAX = 400
OPENING_RUSH_S = 120.0


def gap_s(arrivals: Sequence[Arrivals], now_s: float, random: Random) -> float:
    """Until the next visitor; whoever would come after the rate changes is drawn again then."""
    at_s = now_s
    for now, following in zip(arrivals, [*arrivals[1:], None], strict=True):
        until_s = following.from_s if following is not None else float("inf")
        if until_s <= at_s:
            continue
        if now.per_h > 0 and (comes_s := at_s + random.expovariate(now.per_h / 3600)) <= until_s:
            return comes_s - now_s
        at_s = until_s
    return float("inf")


async def receive(
    hall: Hall, items: Sequence[Item], *, arrivals: Sequence[Arrivals], at_start: int, random: Random
) -> None:
    """Lets visitors in until cancelled, ``INSIDE_MAX`` at once at most: more are turned away at the door."""
    inside: set[asyncio.Task[None]] = set()
    weights = [item.windows for item in items]
    ident = 0
    try:
        while True:
            rush = ident < at_start
            wait_s = (
                random.expovariate(at_start / OPENING_RUSH_S) if rush else gap_s(arrivals, hall.clock.now_s(), random)
            )
            if wait_s == float("inf"):
                await asyncio.Event().wait()  # nobody comes any more; those inside still live
            await hall.clock.sleep(wait_s)
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
