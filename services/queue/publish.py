"""Tells the live hall what the queue has committed: values of windows and queues, calls, tickets, window screens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from iot.kind import Value
from services.kernel.actor import Actor
from services.kernel.live import DeviceCommands, LiveHall
from services.kernel.ports import Transactions
from services.queue import store
from services.queue.model import Ticket
from services.queue.views import Views, values_of_queue, values_of_window
from twin.errors import TwinError

SOURCE = "service:queue"
NEAR = 5
"""Visitors with at most so many ahead are told of each step; those further back follow their queue's own values."""


@dataclass(slots=True)
class Counters:
    """What was tried and did not come about."""

    screens_refused: int = 0


class Publisher:
    """Reads again under one lock before it tells: whoever tells last has read last, so nothing old stays shown.

    What many ask for at once is read and told once.
    """

    def __init__(
        self,
        *,
        database: Transactions,
        views: Views,
        live: LiveHall,
        screens: DeviceCommands | None,
        today: Callable[[], date],
        system: Actor,
    ) -> None:
        self._database, self._views, self._live, self._screens = database, views, live, screens
        self._today, self._system = today, system
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self._keys: set[str] = set()
        self._tokens: set[str] = set()
        self._told: dict[str, Mapping[str, Value]] = {}
        self._shown: dict[str, str] = {}
        self.counters = Counters()

    def tell(self, keys: Sequence[str], *, ticket: Ticket | None = None) -> None:
        """Queues' and their windows' values where they changed, the tickets near their turn, and the one changed."""
        with self._asking:
            self._keys.update(keys)
            self._tokens.update([] if ticket is None else [ticket.token])
        with self._lock:
            with self._asking:
                asked, tokens = sorted(self._keys), sorted(self._tokens)
                self._keys.clear()
                self._tokens.clear()
            if not asked:  # somebody before us has told it for us, having read after our commit
                return
            try:
                self._tell(asked, tokens)
            except BaseException:
                with self._asking:  # told with whatever is told next, at the latest by ``tick``
                    self._keys.update(asked)
                    self._tokens.update(tokens)
                raise

    def _tell(self, keys: Sequence[str], tokens: Sequence[str]) -> None:
        with self._database.transaction() as conn:
            queues = {f.info.key: f for f in self._views.list_facts(conn, self._today(), keys)}
            changed = store.list_tickets(conn, self._system.site, tokens)
        # A ticket moved to a queue that was not read: whoever moved it tells.
        tickets = {t.token: t for t in changed if t.queue in queues}
        for facts in queues.values():
            self._publish(facts.info.id, values_of_queue(facts))
            for window in facts.info.windows:
                self._publish(window.id, values_of_window(facts, window.number))
            tickets |= {t.token: t for t in facts.waiting[: NEAR + 1]}
        for ticket in tickets.values():
            facts = queues[ticket.queue]
            self._live.announce("ticket", self._views.ticket(facts, ticket), scope=f"ticket:{ticket.token}")

    def call(self, ticket: Ticket, *, n: int, now_ms: int) -> None:
        """A call, first or again, to the whole hall and to the window's screen."""
        window = ticket.window or ""
        info = self._views.directory.windows.get(window)
        if info is None:  # it was taken out of the building just now
            return
        self._live.announce(
            "call",
            self._views.call(info, n=n, number=ticket.number, called_ms=now_ms) | {"calls": ticket.calls},
            scope=("hall", f"window:{window}", f"desk:{window}"),
        )
        self._show(window, "show_text", {"text": f"请 {ticket.number} 号"})

    def clear_screen(self, window: str) -> None:
        """The visitor has gone."""
        self._show(window, "clear", {})

    def screen_state(self, window: str) -> str | None:
        """What became of the latest command to a window's screen; None when there was none."""
        command_id = self._shown.get(window)
        if command_id is None or self._screens is None:
            return None
        try:
            return self._screens.get(command_id).state
        except TwinError:
            return None

    def check_online(self) -> None:
        """Tells of windows whose terminal came or went since, and what could not be told before."""
        changed = {
            window.queue
            for number, window in self._views.directory.windows.items()
            if self._told.get(window.id, {}).get("online") is not self._views.is_online(number)
        }
        self.tell(sorted(changed))

    def _publish(self, entity_id: str, values: Mapping[str, Value]) -> None:
        if self._told.get(entity_id) != values:
            self._live.publish(entity_id, values, source=SOURCE)
            self._told[entity_id] = values

    def _show(self, window: str, command: str, arguments: Mapping[str, Value]) -> None:
        """Best effort: a dead screen must not keep a visitor from being called. The window's view shows its state."""
        info = self._views.directory.windows.get(window)
        screen = None if info is None else info.screen
        if screen is None or self._screens is None:
            return
        try:
            sent = self._screens.send(screen, command, arguments, actor=self._system.id, reason="queue")
        except TwinError:
            self.counters.screens_refused += 1
        else:
            self._shown[window] = sent.id
