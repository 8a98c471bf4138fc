"""What a writer is: a name, the endings it is asked for by, and a function that says what the format cannot carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from building.model import Building


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the written file does not hold.

    ``what`` names whole entities by their list (``seats``), one member of theirs (``openings.hours``), or one of the
    building itself (``building.warnings``); ``count`` is how many entities it concerns, ``reason`` why.
    """

    what: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """``suffixes`` are lower-case with their dot (``.ifc``); a longer one wins over a shorter one.

    ``write`` writes the whole file at this path; the same building gives the same bytes.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[Building, Path], tuple[Loss, ...]]
