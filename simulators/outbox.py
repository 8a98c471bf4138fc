"""What a device has to say: in order, bounded, and with a buffer also what it said last, to say it again when asked.

A buffer stands for flash memory: what it holds outlives a loss of power. Without one, what waits is lost with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from simulators.line import Message

WAITING_MAX = 64
"""What a device without a buffer holds while it cannot send."""
_LATE = b',"late":true}'


class Outbox:
    """``dropped`` is told of each counted message that had no room, the oldest first."""

    def __init__(self, *, buffer: int, dropped: Callable[[Message], None]) -> None:
        self.buffer = buffer
        self._dropped = dropped
        self._first: deque[Message] = deque(maxlen=4)
        self._again: deque[Message] = deque(maxlen=max(buffer, 1))
        self._waiting: deque[Message] = deque()
        self._kept: deque[Message] = deque(maxlen=buffer)

    def __len__(self) -> int:
        return len(self._first) + len(self._again) + len(self._waiting)

    def keep(self, message: Message) -> None:
        """Said once, so that it can be said again."""
        if self.buffer:
            self._kept.append(message)

    def put(self, message: Message) -> None:
        if len(self._waiting) >= max(self.buffer, WAITING_MAX):
            oldest = self._waiting.popleft()
            if oldest.seq:
                self._dropped(oldest)
        self._waiting.append(message)

    def put_first(self, messages: Iterable[Message]) -> None:
        """Who one is goes before all else; what waited of that sort is out of date."""
        self._first = deque(messages, maxlen=4)

    def put_again(self, messages: Iterable[Message]) -> None:
        """What was asked for again takes no room from what was never sent."""
        self._again.extend(messages)

    def take(self) -> Message:
        return (self._first or self._again or self._waiting).popleft()

    def find_kept(self, *, boot: int, first: int, last: int) -> list[Message]:
        """Those of these numbers that are still held, marked late."""
        held = [m for m in self._kept if m.boot == boot and first <= m.seq <= last]
        return [message._replace(payload=message.payload[:-1] + _LATE) for message in held]

    def lose_power(self, in_flight: Iterable[Message]) -> list[Message]:
        """What was sent unacknowledged or waited: said later where there is a buffer, else lost and given back."""
        self._first.clear()
        self._again.clear()
        held = [m for m in (*in_flight, *self._waiting) if m.seq]
        self._waiting.clear()
        if not self.buffer:
            return held
        self._waiting.extend(held)
        return []
