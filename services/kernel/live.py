"""The live hall as a module sees it: what it may read of the twin, and what it may tell it."""

from __future__ import annotations

from typing import Protocol

from iot.kind import Value


class Known(Protocol):
    """A point's newest value; ``twin`` gives quality and age with it."""

    @property
    def value(self) -> Value: ...


class LiveReader(Protocol):
    """Reads what is true now."""

    def value(self, entity_id: str, point: str) -> Known | None: ...


def read(live: LiveReader, entity_id: str, point: str) -> Value | None:
    """The bare value, None when nothing is known."""
    known = live.value(entity_id, point)
    return None if known is None else known.value
