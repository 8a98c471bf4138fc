"""The small things a module takes as arguments: the clock, randomness and the transaction."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from twin.store.database import Connection

__all__ = ["Clock", "Connection", "Random", "Transactions", "new_id", "new_token"]

Clock: TypeAlias = Callable[[], int]
"""Now, in milliseconds since 1970 UTC."""
Random: TypeAlias = Callable[[int], bytes]
"""That many unguessable bytes: ``os.urandom`` in the product, seeded in tests."""

TOKEN_BYTES = 32
ID_BYTES = 9


class Transactions(Protocol):
    """What a module needs of the database; ``twin.store.database.Database`` is one."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Commits at the end of the block, rolls back when it raises."""
        ...


def new_token(random: Random) -> str:
    """A 256-bit secret that fits in a URL and a cookie."""
    return _text(random(TOKEN_BYTES))


def new_id(random: Random) -> str:
    """A short public id (12 characters) that says nothing about what it names."""
    return _text(random(ID_BYTES))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
