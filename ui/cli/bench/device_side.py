"""The long forms of the device side's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ui.cli.bench import burst
from ui.cli.bench.step import Step, bench

BURSTS = 5


def _burst() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{burst.MESSAGES} messages at once, seed {seed}",
            measure=bench(burst, messages=burst.MESSAGES, seed=seed),
            kept=lambda f: f["messages"] == burst.MESSAGES and f["lost"] == 0 and f["duplicates"] == 0,
        )
        for seed in range(1, BURSTS + 1)
    )


PARTS: Mapping[str, Callable[[], Sequence[Step]]] = {
    "burst": _burst,
}
