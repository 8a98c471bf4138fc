"""Takes messages from the connectors' threads onto bounded queues; one consumer drains them at its own pace."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from iot.messages import Foreign
from iot.ports import Connector, Inbound, Sieve
from twin.writer import Writer

QUEUE_MAX = 20_000
"""Above the broker's in-flight window, so that in order it is never reached."""
BATCH_MAX = 1_000
"""Some ten milliseconds of work: an event in it is committed when the batch is through, and a tick waits no longer."""
TICK_S = 0.05

Reject: TypeAlias = Callable[[str | None, str, str, Foreign | None], None]
"""(device, reason, detail, foreign) of something that arrived and is no message."""

_log = logging.getLogger(__name__)


class ConnectorInbox:
    """One connector's way in (``iot.ports.Inbox``). ``offer`` costs an append; a full queue refuses and counts."""

    def __init__(
        self, connector: Connector, wake: threading.Event, reject: Reject, queue_max: int,
        sieve: Callable[[], Sieve | None],
    ) -> None:  # fmt: skip
        self.connector, self.sieve = connector, sieve
        self.refused = 0
        self._wake, self._reject, self._max = wake, reject, queue_max
        self._queue: deque[Inbound] = deque()

    def offer(self, item: Inbound) -> bool:
        if len(self._queue) >= self._max:
            self.refused += 1
            return False
        self._queue.append(item)
        if not self._wake.is_set():
            self._wake.set()
        return True

    def reject(self, *, device: str | None, reason: str, detail: str, foreign: Foreign | None = None) -> None:
        self._reject(device, reason, detail, foreign)

    def drain(self) -> list[Inbound]:
        queue = self._queue
        return [queue.popleft() for _ in range(min(len(queue), BATCH_MAX))]

    def __len__(self) -> int:
        return len(self._queue)


class Intake:
    """All inboxes and the consumer thread."""

    def __init__(
        self, writer: Writer, *, reject: Reject, now_ms: Callable[[], int], queue_max: int = QUEUE_MAX
    ) -> None:
        self._writer, self._reject, self._now_ms, self._queue_max = writer, reject, now_ms, queue_max
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.inboxes: list[ConnectorInbox] = []
        self.failed = 0

    def inbox(self, connector: Connector) -> ConnectorInbox:
        inbox = ConnectorInbox(connector, self._wake, self._reject, self._queue_max, self._writer.overload.sieve)
        self.inboxes.append(inbox)
        return inbox

    @property
    def waiting(self) -> int:
        return sum(len(inbox) for inbox in self.inboxes)

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take in what is queued, then end."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        ticked_s = 0.0
        while True:
            stopping = self._stopping.is_set()
            self._wake.wait(TICK_S)
            self._wake.clear()
            for inbox in self.inboxes:
                if items := inbox.drain():
                    self._apply(inbox, items)
            if self.waiting:
                self._wake.set()
            if stopping or time.monotonic() - ticked_s >= TICK_S:  # not for each of ten thousand wake-ups a second
                ticked_s = time.monotonic()
                self._tick()
            if stopping and not self.waiting:
                return

    def _tick(self) -> None:
        try:
            self._writer.tick(self._now_ms())
        except Exception:  # noqa: BLE001 - a bug here must not end the hall's only writer
            self.failed += 1
            _log.exception("tick_failed")

    def _apply(self, inbox: ConnectorInbox, items: list[Inbound]) -> None:
        """A message that trips over a bug of ours is counted and let go; the others of its batch are taken in."""
        try:
            self._writer.apply(items, acknowledge=inbox.connector.acknowledge)
        except Exception:  # noqa: BLE001 - a bug here must not end the hall's only writer
            if len(items) > 1:
                for item in items:
                    self._apply(inbox, [item])
                return
            self.failed += 1
            _log.exception("apply_failed")
            inbox.connector.acknowledge([items[0].receipt])
