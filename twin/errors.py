"""Errors of the twin.

TwinError
├── DatabaseUnavailable   the database will not start or answer; the message says who holds it or what to do
├── MigrationRefused      the database's schema and this program do not fit together
├── NotFound              an alarm, command, device or version of that id does not exist
├── Refused               what was asked cannot be done now, or not with these arguments
└── UnknownView           no live view is called that
"""

from __future__ import annotations


class TwinError(Exception):
    """Anything the twin refuses."""


class DatabaseUnavailable(TwinError):
    """The database will not start or answer. ``todo`` is what the person can do."""

    def __init__(self, what: str, *, todo: str) -> None:
        super().__init__(f"{what}. {todo}")
        self.what, self.todo = what, todo


class MigrationRefused(TwinError):
    """The database's schema and this program do not fit together."""


class NotFound(TwinError):
    """Nothing of that id exists."""


class Refused(TwinError):
    """What was asked cannot be done now, or not with these arguments; the message says why."""


class UnknownView(TwinError):
    """No live view is called that."""
