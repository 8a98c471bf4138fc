"""Errors of the twin.

TwinError
├── AuditUnusable         the key or an export of the audit cannot be used: where, what to do
├── BackupRefused         a backup cannot be made or used: what, where, what to do
│   ├── BackupDamaged     a file of it is not as it was written, or is missing
│   ├── BackupNewer       it was made by a newer program
│   ├── NoRoom            the disk is full
│   └── NotEmpty          where it should go there is something
├── DatabaseUnavailable   the database will not start or answer; the message says who holds it or what to do
├── MigrationRefused      the database's schema and this program do not fit together
├── NotFound              an alarm, command, device or version of that id does not exist
├── Refused               what was asked cannot be done now, or not with these arguments
│   ├── StaleBase         another building version was published meanwhile: by whom, and when
│   ├── Dismissed         a device in the lobby was sent away
│   └── StaleDraft        somebody else changed the draft meanwhile
├── TooManyFilters        the live feed is narrowed in as many ways as it can be
├── UnknownSelection      no place, or no kind, is called what was asked for
└── UnknownView           no live view is called that
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

NAMED_MAX = 24
"""So many that there are a message lists."""


class TwinError(Exception):
    """Anything the twin refuses."""


class AuditUnusable(TwinError):
    """The key that signs the audit, or what is to be verified, cannot be used."""

    def __init__(self, what: str, *, where: Path, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.what, self.where, self.todo = what, where, todo


class BackupRefused(TwinError):
    """A backup cannot be made or used. ``where`` is the file, folder or database."""

    def __init__(self, what: str, *, where: str, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.what, self.where, self.todo = what, where, todo


class BackupDamaged(BackupRefused):
    """A file of it is not as it was written, or is missing."""


class BackupNewer(BackupRefused):
    """It was made by a newer program."""


class NoRoom(BackupRefused):
    """The disk is full."""


class NotEmpty(BackupRefused):
    """Where it should go there is something."""


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


class StaleBase(Refused):
    """Another building version was published meanwhile."""

    def __init__(self, *, version: str, by: str, at_ms: int) -> None:
        super().__init__(f"{by} published another version meanwhile: {version}")
        self.version, self.by, self.at_ms = version, by, at_ms


class Dismissed(Refused):
    """A device in the lobby was sent away."""


class StaleDraft(Refused):
    """Somebody else changed the draft meanwhile; ``by`` is None where nobody can be named."""

    def __init__(self, *, revision: int, by: str | None) -> None:
        super().__init__(f"the draft is at revision {revision} by now, changed by {by or 'somebody else'}")
        self.revision, self.by = revision, by


class TooManyFilters(TwinError):
    """The live feed is narrowed in as many ways as it can be at a time."""


class UnknownSelection(TwinError):
    """No place, or no kind, is called what was asked for; ``known`` are some that there are."""

    def __init__(self, what: str, word: str, *, known: Sequence[str]) -> None:
        super().__init__(f"no {what} is called {word[:80]!r}; there are {', '.join(known[:NAMED_MAX])}")
        self.what, self.word, self.known = what, word, tuple(known[:NAMED_MAX])


class UnknownView(TwinError):
    """No live view is called that."""
