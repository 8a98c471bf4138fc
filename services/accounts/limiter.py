"""How often something secret may be guessed: attempts are counted by what was tried, in the database."""

from __future__ import annotations

import threading
from collections import OrderedDict

from services.accounts.errors import TooManyAttempts
from services.kernel.ports import Clock, Connection

FULL_MAX = 10_000


class Limiter:
    """At most ``attempts_max`` in any ``window_s`` for one key, until a success takes them back."""

    def __init__(self, *, site: str, now_ms: Clock, attempts_max: int, window_s: int) -> None:
        self._site, self._now_ms = site, now_ms
        self._attempts_max, self._window_ms = attempts_max, window_s * 1000
        self._lock = threading.Lock()
        self._full: OrderedDict[str, int] = OrderedDict()
        """Keys that had all their attempts, and until when that is sure: asked of nobody meanwhile."""

    def check(self, key: str) -> None:
        """Raises ``TooManyAttempts`` where that is known already: what a flood costs us is next to nothing."""
        with self._lock:
            until_ms = self._full.get(key)
        if until_ms is not None:
            left_ms = until_ms - self._now_ms()
            if left_ms > 0:
                raise TooManyAttempts(retry_after_s=-(-left_ms // 1000))
            with self._lock:
                self._full.pop(key, None)

    def count(self, conn: Connection, key: str) -> int:
        """The number of one attempt, counted before it is made; or raises ``TooManyAttempts`` and counts nothing."""
        self.check(key)
        now = self._now_ms()
        # Attempts for one key queue up here: a hundred at once are no way round the limit.
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{self._site}|{key}",))
        conn.execute(
            "DELETE FROM accounts.attempt WHERE id IN"
            " (SELECT id FROM accounts.attempt WHERE site = %s AND at_ms <= %s FOR UPDATE SKIP LOCKED)",
            (self._site, now - self._window_ms),
        )
        row = conn.execute(
            "SELECT count(*), min(at_ms) FROM accounts.attempt WHERE site = %s AND key = %s", (self._site, key)
        ).fetchone()
        tried, first_ms = row or (0, None)
        if first_ms is not None and tried >= self._attempts_max:
            self._remember(key, first_ms + self._window_ms)
            raise TooManyAttempts(retry_after_s=max(1, -(-(first_ms + self._window_ms - now) // 1000)))
        made = conn.execute(
            "INSERT INTO accounts.attempt (site, key, at_ms) VALUES (%s, %s, %s) RETURNING id", (self._site, key, now)
        ).fetchone()
        return int(made[0]) if made else 0

    def take_back(self, conn: Connection, attempt: int) -> None:
        """That one was no guess."""
        conn.execute("DELETE FROM accounts.attempt WHERE site = %s AND id = %s", (self._site, attempt))

    def _remember(self, key: str, until_ms: int) -> None:
        with self._lock:
            self._full[key] = until_ms
            while len(self._full) > FULL_MAX:
                self._full.popitem(last=False)

    def forget(self, conn: Connection, key: str) -> None:
        with self._lock:
            self._full.pop(key, None)
        conn.execute("DELETE FROM accounts.attempt WHERE site = %s AND key = %s", (self._site, key))
