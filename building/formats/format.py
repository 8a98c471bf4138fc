"""What a building format is: a name, a look at the first bytes, and a reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from building.model import Building

SNIFF_BYTES = 64 * 1024
MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """``sniff`` sees the first ``SNIFF_BYTES`` and knows its own kind; ``read`` raises ``UnreadableFile`` only.

    ``max_bytes`` is what the reader takes in one piece; ``beside``: it reads the files next to its own, too.
    """

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Path], Building]
    max_bytes: int = MAX_BYTES
    beside: bool = False
