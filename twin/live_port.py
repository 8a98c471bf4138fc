"""The port between the live feed and those who send it: one hall's own hub, or the mirror of one through the broker.

``ui/api/feed.py`` needs no more than this, and ``tests/twin/test_live_contract.py`` holds both forms to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from twin.live import Message
    from twin.views import View


class LivePlace(Protocol):
    """One client's place in the feed. ``told``: something came since the last ``take``; ``urgent``: of the lane too.

    ``epoch``: of which run of the hall the last message taken was; a place to resume from is (epoch, seq).
    """

    told: bool
    urgent: bool

    @property
    def epoch(self) -> str: ...

    def take(self) -> list[Message]:
        """All that is to be sent now, ``hello`` and ``snap`` first. One sender a client."""
        ...

    def close(self) -> None: ...


class LiveSource(Protocol):
    """Where clients join. ``wake`` is called from any thread, once when something came after the last ``take``."""

    def subscribe(self, view: View | str, *, wake: Callable[[], None]) -> LivePlace: ...

    def resume(self, view: View | str, *, epoch: str, seq: int, wake: Callable[[], None]) -> LivePlace:
        """A client that was here, or at another mirror of the same hall: what it missed, else a new ``snap``."""
        ...
