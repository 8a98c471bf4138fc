"""How much a reader may take before it is stopped: each limit has a name, and people are shown them."""

from __future__ import annotations

from dataclasses import dataclass

from building.formats.format import MAX_BYTES
from building.formats.hall import MAX_ENTITIES

CHILDREN_MAX = 2
"""Readers that run at once; who comes later waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one reading. ``memory_bytes`` is address space: libraries and thread stacks count, some 400 MB of it."""

    file_bytes: int = MAX_BYTES
    memory_bytes: int = 3 * 1024**3
    cpu_s: int = 300
    wall_s: float = 600.0
    open_files: int = 64
    output_bytes: int = 64 * 1024**2
    entities: int = MAX_ENTITIES


DEFAULT = Limits()
