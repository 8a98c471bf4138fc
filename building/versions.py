"""The identity of a version: the same building gives the same hash, in whatever order it was read."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from building.formats.hall import dumps
from building.model import Building

HASH_CHARACTERS = 32


@lru_cache(maxsize=8)
def content_hash(b: Building) -> str:
    """Of the canonical text, so the order of floors' entities in memory does not matter."""
    return hashlib.sha256(dumps(b).encode()).hexdigest()[:HASH_CHARACTERS]
