"""The consents port: whether a person agreed, today, to what a module is about to do with their data."""

from __future__ import annotations

from typing import Protocol

from services.kernel.actor import Actor
from services.kernel.ports import Connection


class Consents(Protocol):
    """Ask each time, within the transaction of the use: a consent can be withdrawn at any moment."""

    def has_consent(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        """Given, for the text in force, and not withdrawn."""
        ...

    def give(
        self, conn: Connection, actor: Actor, *, subject: str, purpose: str, version: int, channel: str
    ) -> None:  # fmt: skip
        """They agree, to this version of the text; raises where another one is in force."""
        ...
