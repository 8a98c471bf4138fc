"""How far a reader is: it reports as it goes, and whoever listens hears it; without a listener nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from building.model import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is being done, and how much of the whole reading is behind (0 to 1)."""

    stage: Text
    fraction: float


Listener = Callable[[Progress], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def report(stage: Text, fraction: float) -> None:
    """Says how far the reading is; cheap enough to be called for every element."""
    if (listener := _listener.get()) is not None:
        listener(Progress(stage=stage, fraction=min(max(fraction, 0.0), 1.0)))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """All that is reported inside goes to this listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
