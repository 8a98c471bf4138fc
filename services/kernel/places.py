"""The port by which navigation asks a module where its things are (a ticket, a service item)."""

from __future__ import annotations

from typing import Protocol


class PlaceSource(Protocol):
    """``prefix`` is what its words start with: ``ticket`` answers for ``ticket:TOKEN``."""

    @property
    def prefix(self) -> str: ...

    def find_target(self, word: str) -> str | None:
        """The id of the place that ``word`` (without the prefix) leads to now, or None when there is none."""
        ...
