"""How far behind the hall is: a word to itself now and then, through the broker and behind all that waits there.

No clock but ours is asked, and a burst is told from a standstill by how long the word takes.
"""

from __future__ import annotations

from collections import deque

from iot.codecs.native import echo_topic
from iot.conventions.convention import Publication

EVERY_MS = 500
UNDER_WAY_MAX = 120
"""A minute's; more would tell nothing new."""
WORTH_MS = UNDER_WAY_MAX * EVERY_MS
"""A word that could not be sent by then is not sent any more."""


class Echo:
    """One connector's, on its thread. ``began_ms`` tells the words of one process from those of the one before it."""

    def __init__(self, *, site: str, began_ms: int) -> None:
        self.topic = echo_topic(site)
        self._began_ms = began_ms
        self._session = 0
        self._under_way: deque[int] = deque()
        self._oldest_ms: int | None = None
        """Of those under way, for other threads to see."""
        self._next_ms = 0
        self._last_ms: int | None = None
        """How long the newest word took; unknown until the first of a connection is back: what was kept for us while
        we were away stood before it.
        """

    def begin(self, session: int, now_ms: int) -> None:
        """A new connection: what was under way may come, and means nothing."""
        self._session, self._next_ms = session, now_ms + EVERY_MS
        self._last_ms = self._oldest_ms = None
        self._under_way.clear()

    def due(self, now_ms: int) -> Publication | None:
        if now_ms < self._next_ms or len(self._under_way) >= UNDER_WAY_MAX:
            return None
        self._next_ms = now_ms + EVERY_MS
        self._under_way.append(now_ms)
        self._oldest_ms = self._under_way[0]
        return Publication(topic=self.topic, payload=self._word(now_ms))

    def heard(self, payload: bytes | bytearray, now_ms: int) -> None:
        """What is not the oldest word under way is an older connection's, or comes twice."""
        if not self._under_way or bytes(payload) != self._word(self._under_way[0]):
            return
        self._last_ms = max(0, now_ms - self._under_way.popleft())
        self._oldest_ms = self._under_way[0] if self._under_way else None

    def behind_ms(self, now_ms: int) -> int:
        """From any thread: how long the newest word took, or one that is still under way has taken."""
        last_ms, oldest_ms = self._last_ms, self._oldest_ms
        if last_ms is None:
            return 0
        return last_ms if oldest_ms is None else max(last_ms, now_ms - oldest_ms)

    def _word(self, sent_ms: int) -> bytes:
        return b"%d %d %d" % (self._began_ms, self._session, sent_ms)
