"""The consents port: whether a person agreed, today, to what a module is about to do with their data."""

from __future__ import annotations

from typing import Protocol

from services.kernel.ports import Connection


class Consents(Protocol):
    """Ask each time, within the transaction of the use: a consent can be withdrawn at any moment."""

    def has_consent(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        """Given, for the text in force, and not withdrawn."""
        ...
