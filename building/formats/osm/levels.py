"""Reads ``level`` and ``repeat_on`` values as people write them: any text gives levels, what is no level is told apart.

0   0;1   -1-3   -3--1   0.5   " 0 , 1 "   1-3;5   0 to 2   3-1
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

LOWEST, HIGHEST = -100.0, 300.0
"""No building has a level beyond; a number outside is a slip (a height, a year), not a floor."""

_NUMBER = r"[+-]?\d{1,4}(?:\.\d{1,4})?"
_ONE = re.compile(_NUMBER)
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|\.\.|to|bis|~)\s*({_NUMBER})", re.IGNORECASE)
_DASHES = str.maketrans("−–—－～", "----~")


@dataclass(frozen=True, slots=True)
class Levels:
    """``spans`` are (lowest, highest) as listed, a single level is a span too; ``unread`` is what was no level."""

    spans: tuple[tuple[float, float], ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[float, ...]:
        """Every number written, lowest first: the ends of ranges, not what lies between."""
        return tuple(sorted({number for span in self.spans for number in span}))

    @property
    def spanning(self) -> bool:
        """True: it reaches through several levels in one piece (``0-3``)."""
        return any(low < high for low, high in self.spans)

    def among(self, known: Collection[float]) -> tuple[float, ...]:
        """The known levels that are meant, lowest first."""
        return tuple(sorted(k for k in known if any(low <= k <= high for low, high in self.spans)))


def parse_levels(value: str) -> Levels:
    """Total: never raises. A comma separates as a semicolon does, since lists with commas are the commoner slip."""
    spans: list[tuple[float, float]] = []
    unread: list[str] = []
    for part in re.split(r"[;,/&|]", value.translate(_DASHES)):
        text = part.strip()
        if not text:
            continue
        ends = (
            [text, text] if _ONE.fullmatch(text) else list(found.groups()) if (found := _RANGE.fullmatch(text)) else []
        )
        low, high = sorted(float(end) for end in ends) if ends else (1.0, 0.0)
        if LOWEST <= low <= high <= HIGHEST:
            spans.append((low + 0.0, high + 0.0))
        else:
            unread.append(text)
    return Levels(spans=tuple(dict.fromkeys(spans)), unread=tuple(unread))
