"""Plays what is planned, each thing at its moments, in their order."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from random import Random

from simulators.orders import Order, Planned


async def play(
    planned: Iterable[Planned], *, random: Random, now_s: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[Order]:
    """Each order when its moment has come; ``now_s`` counts from the start."""
    coming = []
    for number, one in enumerate(planned):
        moments = one.when.moments(Random(random.random()))
        if (first_s := next(moments, None)) is not None:
            coming.append((first_s, number, moments, one.order))
    heapq.heapify(coming)
    while coming:
        moment_s, number, moments, order = coming[0]
        await sleep(max(0.0, moment_s - now_s()))
        following = next(moments, None)
        if following is None:
            heapq.heappop(coming)
        else:
            heapq.heapreplace(coming, (following, number, moments, order))
        yield order
