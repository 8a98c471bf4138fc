"""One step of a long form: what it measures, and how its figures are judged."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Figures: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``kept`` and ``met`` judge the figures; ``met`` is also given the calibration."""

    name: str
    measure: Callable[[], Figures]
    kept: Callable[[Figures], bool]
    met: Callable[[Figures, float], bool] = lambda _figures, _speed: True


def bench(module: Any, **options: Any) -> Callable[[], Figures]:
    """What a bench measures with these options, its peers and limits among it."""

    def measure() -> Figures:
        metrics, peers, limits = module.run(Namespace(**options))
        return {**metrics, **peers, **limits}

    return measure
