"""How a module follows the building: it works on one version, and takes over the next as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from building.model import Building

TakeOver: TypeAlias = Callable[[], None]
"""Makes a prepared version the one that is worked on; quick, and never refuses."""


class Follower(Protocol):
    """A part of the hall that works on one version of the building."""

    def prepare(self, version: str, building: Building) -> TakeOver:
        """Everything slow, while the version before still serves; nobody sees it until it is taken over."""
        ...
