"""What tickets and desks share: the parts the queue is made of, the hall's day, and the trace of every change."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from services.kernel.actor import Actor
from services.kernel.audit import Audit
from services.kernel.calendar import HallCalendar
from services.kernel.masking import mask_phone
from services.kernel.ports import Clock, Connection, Random, Transactions
from services.kernel.vault import Vault
from services.kernel.visits import ItemSource
from services.queue import store
from services.queue.directory import Directory
from services.queue.model import Desk, Ticket, transferred
from services.queue.publish import Publisher
from services.queue.store import Event, subject_of
from services.queue.views import Views


@dataclass(slots=True, kw_only=True)
class Core:
    """``system`` acts where nobody did: the end of the day, a window's screen."""

    site: str
    directory: Directory
    database: Transactions
    items: ItemSource
    audit: Audit
    vault: Vault
    calendar: HallCalendar
    views: Views
    publisher: Publisher
    now_ms: Clock
    random: Random
    system: Actor
    _swept: date | None = None
    _sweeping: threading.Lock = field(default_factory=threading.Lock)

    def today(self) -> date:
        """The hall's own day."""
        return self.calendar.day(self.now_ms())

    def begin_day(self) -> None:
        """Once a day: yesterday's tickets end, its windows close, and what was known of its visitors is forgotten."""
        today = self.today()
        with self._sweeping:
            if self._swept == today:
                return
            with self.database.transaction() as conn:
                self._end_earlier(conn, today)
            self._swept = today
        self.publisher.tell(list(self.directory.queues))

    def _end_earlier(self, conn: Connection, today: date) -> None:
        midnight_ms = self.calendar.midnight_ms(today)
        for desk in store.list_desks(conn, self.site):
            if desk.state != "closed" and (desk.opened_ms or 0) < midnight_ms:
                after = Desk(window=desk.window)
                store.save_desk(conn, self.site, after)
                self.record_desk(conn, self.system, "closed", desk, after)
        for ticket in store.list_left_over(conn, self.site, today):
            ended = replace(ticket, state="cancelled", ended_ms=self.now_ms())
            store.save_ticket(conn, ended)
            self.record(conn, self.system, "expired", ticket, ended)
        known = store.list_known(conn, self.site, today)
        for _, subject in known:
            self.vault.erase(conn, subject)
        store.forget_visitors(conn, [ticket_id for ticket_id, _ in known])

    def settle(self) -> None:
        """After the building changed: new windows get their row; whoever stood at one that is gone waits again, whoever
        waits for a department that is gone is told so.
        """
        with self.database.transaction() as conn:
            windows = self.directory.windows
            store.ensure_desks(conn, self.site, windows)
            gone = [d for d in store.list_desks(conn, self.site) if d.window not in windows]
            changed = [t for desk in gone for t in self._leave(conn, desk)]
            for ticket in store.list_stranded(conn, self.site, self.today(), list(self.directory.queues)):
                ended = replace(ticket, state="cancelled", ended_ms=self.now_ms())
                store.save_ticket(conn, ended)
                self.record(conn, self.system, "cancelled", ticket, ended, why="its department left the building")
                changed.append(ended)
        for ticket in changed:
            self.publisher.tell([ticket.queue], ticket=ticket)
        self.publisher.tell(list(self.directory.queues))

    def _leave(self, conn: Connection, desk: Desk) -> list[Ticket]:
        """A window that is gone is closed; its visitor keeps number and time."""
        moved = []
        ticket = store.find_at_window(conn, self.site, desk.window)
        if ticket is not None:
            waiting = transferred(ticket, queue=ticket.queue)
            store.save_ticket(conn, waiting)
            self.record(conn, self.system, "transferred", ticket, waiting, why="the window was retired")
            moved.append(waiting)
        if desk.state != "closed":
            closed = Desk(window=desk.window)
            store.save_desk(conn, self.site, closed)
            self.record_desk(conn, self.system, "closed", desk, closed)
        return moved

    def record(
        self, conn: Connection, actor: Actor, kind: str, before: Ticket | None, after: Ticket, *, why: str | None = None
    ) -> int:
        """One event and one audit line, in the transaction of the change; returns the event's number."""
        self.audit.record(
            conn,
            actor=actor,
            action=f"queue.ticket.{kind}",
            target=f"{self.site}:ticket:{after.day.isoformat()}:{after.number}",
            before=None if before is None else _facts(before),
            after=_facts(after),
            why=why,
        )
        window = after.window or (before.window if before else None)
        detail = {} if before is None else {"from": before.state, "from_queue": before.queue}
        event = Event(
            at_ms=self.now_ms(), kind=kind, actor=actor.id, ticket=after, window=window, detail=detail | {"why": why}
        )
        return store.add_event(conn, self.site, event)

    def record_desk(self, conn: Connection, actor: Actor, kind: str, before: Desk, after: Desk) -> None:
        self.audit.record(
            conn,
            actor=actor,
            action=f"queue.window.{kind}",
            target=f"{self.site}:window:{after.window}",
            before={"state": before.state, "staffed_by": before.staffed_by},
            after={"state": after.state, "staffed_by": after.staffed_by},
        )
        event = Event(at_ms=self.now_ms(), kind=f"window_{kind}", actor=actor.id, window=after.window)
        store.add_event(conn, self.site, event)

    def reach_of(self, conn: Connection, ticket: Ticket) -> Mapping[str, Any]:
        """Whom the vault knows this visitor as, and their number, masked; nothing where they left none."""
        if (sealed := store.find_phone(conn, ticket.id)) is None:
            return {}
        [phone] = self.vault.open_many(conn, [sealed])
        return {} if phone is None else {"subject": subject_of(ticket.day, ticket.number), "phone": mask_phone(phone)}

    def show(self, ticket: Ticket) -> dict[str, Any]:
        """A ticket as its holder sees it, with the token that only the holder has."""
        with self.database.transaction() as conn:
            facts = self.views.facts(conn, ticket.day, ticket.queue)
        return {"token": ticket.token, **self.views.ticket(facts, ticket)}


def _facts(ticket: Ticket) -> Mapping[str, Any]:
    return {"state": ticket.state, "queue": ticket.queue, "window": ticket.window, "calls": ticket.calls}
