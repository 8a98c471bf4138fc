"""What can become of a reading besides a building or a refusal by the reader itself.

UnreadableFile
├── ReaderCrashed    it died, or what it made is no building
├── ReaderTimedOut   it used up its time
└── ReaderTooLarge   it needed more memory, output or entities than it may have
ReadingStopped       who asked for it does not want it any more
"""

from __future__ import annotations

from building.errors import BuildingError, UnreadableFile


class ReaderCrashed(UnreadableFile):
    """The reader died, or what it made is no building."""


class ReaderTimedOut(UnreadableFile):
    """The reader used up its time."""


class ReaderTooLarge(UnreadableFile):
    """The reader needed more memory, output or entities than it may have."""


class ReadingStopped(BuildingError):
    """Who asked for the reading does not want it any more."""
