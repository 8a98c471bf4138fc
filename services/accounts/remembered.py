"""Who somebody was when the database last said so: while it is away, those who are logged in stay so.

Nobody logs in meanwhile, and nothing can be revoked: that is asked of the database again as soon as it answers.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from services.kernel.actor import Actor
from services.kernel.ports import Clock
from twin.errors import DatabaseUnavailable

REMEMBERED_MAX = 10_000


class Remembered:
    """``find`` asks the database. ``idle_s``, ``absolute_s``: how long one may go on without it, unused and at all."""

    def __init__(
        self, find: Callable[[str], Actor | None], *, now_ms: Clock, idle_s: int, absolute_s: int
    ) -> None:  # fmt: skip
        self._find, self._now_ms = find, now_ms
        self._idle_ms, self._absolute_ms = idle_s * 1000, absolute_s * 1000
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Actor, int, int]] = OrderedDict()
        """By the hash of a token: who that is, when the database said so, when it was last used."""

    def find(self, token: str) -> Actor | None:
        """Raises DatabaseUnavailable for those who are not remembered."""
        key, now_ms = hashlib.sha256(token.encode()).digest(), self._now_ms()
        try:
            actor = self._find(token)
        except DatabaseUnavailable:
            found = self._recall(key, now_ms)
            if found is None:
                raise
            return found
        with self._lock:
            if actor is None:
                self._known.pop(key, None)
            else:
                self._known[key] = actor, now_ms, now_ms
                self._known.move_to_end(key)
                while len(self._known) > REMEMBERED_MAX:
                    self._known.popitem(last=False)
        return actor

    def _recall(self, key: bytes, now_ms: int) -> Actor | None:
        with self._lock:
            known = self._known.get(key)
            if known is None:
                return None
            actor, said_ms, used_ms = known
            if now_ms - used_ms >= self._idle_ms or now_ms - said_ms >= self._absolute_ms:
                del self._known[key]
                return None
            self._known[key] = actor, said_ms, now_ms
            return actor
