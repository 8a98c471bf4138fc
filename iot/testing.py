"""Stand-ins for the device side, held to the same contract as the real ones by ``tests/iot``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from iot.codecs.native import encode_command
from iot.errors import BrokerUnavailable
from iot.messages import CommandRequest, Foreign, Message
from iot.ports import Binding, ConnectorHealth, Inbound, Inbox, Sieve


class MemoryInbox:
    """An inbox of a given size that keeps what it was offered, until taken."""

    def __init__(self, capacity: int = 100_000) -> None:
        self.capacity = capacity
        self.rejected: list[tuple[str | None, str, str]] = []
        self.foreign: list[Foreign] = []
        self.sieving: Sieve | None = None
        self._items: list[Inbound] = []
        self._lock = threading.Lock()

    def offer(self, item: Inbound) -> bool:
        with self._lock:
            if len(self._items) >= self.capacity:
                return False
            self._items.append(item)
            return True

    def reject(self, *, device: str | None, reason: str, detail: str, foreign: Foreign | None = None) -> None:
        with self._lock:
            self.rejected.append((device, reason, detail))
            if foreign is not None:
                self.foreign.append(foreign)

    def sieve(self) -> Sieve | None:
        return self.sieving

    def list_items(self) -> list[Inbound]:
        with self._lock:
            return list(self._items)

    def take(self) -> list[Inbound]:
        """Everything, leaving room again."""
        with self._lock:
            taken, self._items = self._items, []
            return taken

    def messages(self) -> list[Message]:
        return [item.message for item in self.list_items()]


class FakeConnector:
    """A connector without a wire: ``deliver`` is a device speaking, ``sent`` what devices would have heard."""

    name = "fake"

    def __init__(self, *, now_ms: Callable[[], int], site: str = "shifanqu", unacknowledged_max: int = 5461) -> None:
        self.sent: list[CommandRequest] = []
        self.withdrawn: list[tuple[str, str]] = []
        self.bound: list[Binding] = []
        self.acknowledged: list[Message] = []
        self.reachable = True
        self._now_ms, self._site, self._max = now_ms, site, unacknowledged_max
        self._inbox: Inbox | None = None
        self._waiting: list[Message] = []
        self._open: dict[int, Message] = {}
        self._next = 1
        self._received = 0

    def start(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.flush()

    def stop(self) -> None:
        """As a broker keeps them: what was not acknowledged comes again after the next start."""
        self._inbox = None
        self._waiting = [*self._open.values(), *self._waiting]
        self._open.clear()

    def deliver(self, message: Message) -> None:
        self._waiting.append(message)
        self.flush()

    def flush(self) -> None:
        """Offer what waits, in order, as far as the inbox and the window have room."""
        while self._inbox is not None and self._waiting and len(self._open) < self._max:
            item = Inbound(self._waiting[0], self._now_ms(), self._next)
            if not self._inbox.offer(item):
                return
            self._open[self._next] = self._waiting.pop(0)
            self._next += 1
            self._received += 1

    def acknowledge(self, receipts: list[int]) -> None:
        self.acknowledged += [self._open.pop(receipt) for receipt in receipts if receipt in self._open]
        self.flush()

    def send(self, request: CommandRequest) -> None:
        encode_command(request, site=self._site)
        if self._inbox is None or not self.reachable:
            raise BrokerUnavailable("the broker is not reached now")
        self.sent.append(request)

    def bind(self, bindings: Sequence[Binding]) -> None:
        self.bound = list(bindings)

    def withdraw(self, device: str, command: str) -> None:
        self.withdrawn.append((device, command))

    def health(self) -> ConnectorHealth:
        connected = self._inbox is not None and self.reachable
        return ConnectorHealth(
            state="connected" if connected else "stopped", since_ms=0, last_error=None, received=self._received,
            rejected=0, unacknowledged=len(self._open), broker_dropped=0,
        )  # fmt: skip


def eventually(condition: Callable[[], bool], *, within_s: float = 10.0, what: str = "the condition") -> None:
    """Wait for something another thread or process does; fail with its name when it never does."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s:g} s")
        time.sleep(0.005)
