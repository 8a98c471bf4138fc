"""Who somebody was when the database last said so: while it is away, those who are logged in stay so.

Nobody logs in meanwhile, and nothing can be revoked: that is asked of the database again as soon as it answers.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from services.kernel.actor import Actor
from services.kernel.ports import Clock
from twin.errors import DatabaseUnavailable

REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who that is, how long they may go unused without the database, and until when at all."""

    actor: Actor
    idle_s: int
    until_ms: int


class Remembered:
    """``find`` asks the database."""

    def __init__(self, find: Callable[[str], Found | None], *, now_ms: Clock) -> None:
        self._find, self._now_ms = find, now_ms
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Found, int]] = OrderedDict()
        """By the hash of a token: who that is, and when it was last used."""

    def find(self, token: str) -> Actor | None:
        """Raises DatabaseUnavailable for those who are not remembered."""
        key, now_ms = hashlib.sha256(token.encode()).digest(), self._now_ms()
        try:
            found = self._find(token)
        except DatabaseUnavailable:
            recalled = self._recall(key, now_ms)
            if recalled is None:
                raise
            return recalled
        with self._lock:
            if found is None:
                self._known.pop(key, None)
                return None
            self._known[key] = found, now_ms
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        return found.actor

    def forget(self, actor_id: str) -> None:
        """Whose rights have changed is asked of the database again, or is nobody while that is away."""
        with self._lock:
            for key in [key for key, (found, _) in self._known.items() if found.actor.id == actor_id]:
                del self._known[key]

    def _recall(self, key: bytes, now_ms: int) -> Actor | None:
        with self._lock:
            known = self._known.get(key)
            if known is None:
                return None
            found, used_ms = known
            if now_ms - used_ms >= found.idle_s * 1000 or now_ms >= found.until_ms:
                del self._known[key]
                return None
            self._known[key] = found, now_ms
            return found.actor
