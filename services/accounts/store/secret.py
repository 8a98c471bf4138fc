"""How a secret is kept: as its hash."""

from __future__ import annotations

import hashlib


def hash_secret(secret: str) -> bytes:
    """Tokens and codes are random, so a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(secret.encode()).digest()
