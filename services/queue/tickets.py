"""What visitors do: take a ticket, look at it, give it up, find the way it leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from services.kernel.actor import Actor
from services.kernel.ports import Connection
from services.kernel.visits import Visit
from services.queue import model, store
from services.queue.core import Core
from services.queue.directory import QueueInfo
from services.queue.errors import AlreadyWaiting, NoWindowOpen, QueueFull, UnknownQueue, UnknownTicket
from services.queue.model import Ticket
from services.queue.store import Keys
from services.queue.views import MAX_WAITING

_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a visitor asks for: a service item, or a department; and how they may be known again."""

    item: str | None = None
    queue: str | None = None
    profile: str = "walk"
    lang: str = "zh"
    phone: str | None = None
    device_key: str | None = None


class Tickets:
    """The visitors' half of the queue."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def issue(self, actor: Actor, wish: Wish) -> dict[str, Any]:
        """A new ticket; the visitor's own live one when the same device asks for the same again."""
        core = self._core
        core.begin_day()
        queue, item = self._wanted(wish)
        keys = Keys(
            device=core.vault.match_key("queue.device", wish.device_key) if wish.device_key else None,
            phone=core.vault.match_key("phone", wish.phone) if wish.phone else None,
        )
        try:
            with core.database.transaction() as conn:
                ticket = self._find_own(conn, keys, queue)
                if ticket is None:
                    ticket = self._new(conn, actor, queue, replace(wish, item=item), keys)
        except AlreadyWaiting:
            # The same device asked twice at once and the other request won.
            with core.database.transaction() as conn:
                ticket = self._find_own(conn, keys, queue)
            if ticket is None:
                raise
        core.publisher.tell([ticket.queue], ticket=ticket)
        return core.show(ticket)

    def get(self, token: str) -> dict[str, Any]:
        """A ticket as its holder sees it."""
        self._core.begin_day()
        with self._core.database.transaction() as conn:
            ticket = self._access(conn, token)
        return self._core.show(ticket)

    def give_up(self, actor: Actor, token: str) -> dict[str, Any]:
        core = self._core
        with core.database.transaction() as conn:
            before = self._access(conn, token, lock=True)
            after = model.given_up(before, now_ms=core.now_ms())
            store.save_ticket(conn, after)
            # Who goes takes their number with them: nobody is told of a turn that will not come.
            if store.find_phone(conn, after.id) is not None:
                core.vault.erase(conn, store.subject_of(after.day, after.number))
            store.forget_visitors(conn, [after.id])
            core.record(conn, actor, "cancelled", before, after)
        if before.window:
            core.publisher.clear_screen(before.window)
        core.publisher.tell([after.queue], ticket=after)
        return core.show(after)

    def find_visit(self, token: str) -> Visit | None:
        """The kernel's ``VisitSource``."""
        with self._core.database.transaction() as conn:
            ticket = store.find_ticket(conn, self._core.site, token)
        if ticket is None:
            return None
        return Visit(
            done=ticket.state == "done",
            item=ticket.item,
            department=ticket.queue,
            window=ticket.window,
            staff=ticket.staff,
            issued_ms=ticket.issued_ms,
            called_ms=ticket.called_ms,
            started_ms=ticket.started_ms,
            ended_ms=ticket.ended_ms,
        )

    def find_place(self, token: str) -> str | None:
        """Where a live ticket leads: to the window that called it, before that to where its visitors wait."""
        core = self._core
        with core.database.transaction() as conn:
            ticket = store.find_ticket(conn, core.site, token)
            if ticket is None or ticket.state not in model.LIVE:
                return None
            facts = core.views.facts(conn, ticket.day, ticket.queue)
        called_to = core.directory.windows.get(ticket.window or "")
        if called_to is not None:
            return called_to.id
        waiting = [w for w in facts.info.windows if w.number in facts.serving] or list(facts.info.windows)
        return waiting[0].waiting_space if waiting else None

    # --- how

    def _wanted(self, wish: Wish) -> tuple[QueueInfo, str | None]:
        """The queue and the item's own code."""
        if wish.item is None:
            return self._core.directory.get_queue(wish.queue or ""), None
        item = self._core.items.find_item(wish.item)
        if item is None:
            raise UnknownQueue(wish.item[:40])
        return self._core.directory.get_queue(item.department), item.code

    def _find_own(self, conn: Connection, keys: Keys, queue: QueueInfo) -> Ticket | None:
        if keys.device is None:
            return None
        own = store.find_live_of_device(conn, self._core.site, self._core.today(), keys.device)
        if own is not None and own.queue != queue.key:
            raise AlreadyWaiting
        return own

    def _new(self, conn: Connection, actor: Actor, queue: QueueInfo, wish: Wish, keys: Keys) -> Ticket:
        core = self._core
        now_ms, day = core.now_ms(), core.today()
        facts = core.views.facts(conn, day, queue.key)
        if not facts.serving:
            raise NoWindowOpen(queue.key)
        if len(facts.waiting) >= MAX_WAITING:
            raise QueueFull(queue.key)
        number = model.number_of(queue.prefix, store.next_number(conn, core.site, day, queue.prefix))
        if wish.phone:
            sealed = core.vault.seal(conn, subject=store.subject_of(day, number), field="phone", text=wish.phone)
            keys = replace(keys, phone_sealed=sealed)
        ticket = Ticket(
            id=0,
            token=core.random(_TOKEN_BYTES).hex(),
            number=number,
            day=day,
            queue=queue.key,
            item=wish.item,
            profile=wish.profile,
            lang=wish.lang,
            state="issued",
            virtual_ms=model.virtual_arrival_ms(now_ms, wish.profile),
            issued_ms=now_ms,
        )
        ticket = store.insert_ticket(conn, core.site, ticket, keys)
        core.record(conn, actor, "issued", None, ticket)
        return ticket

    def _access(self, conn: Connection, token: str, *, lock: bool = False) -> Ticket:
        """The token is the right: whoever has it may."""
        ticket = store.find_ticket(conn, self._core.site, token, lock=lock)
        if ticket is None:
            raise UnknownTicket
        return ticket


@dataclass(frozen=True, slots=True)
class TicketPlaces:
    """``ticket:TOKEN`` as a place to go to."""

    tickets: Tickets
    prefix: str = "ticket"

    def find_target(self, word: str) -> str | None:
        return self.tickets.find_place(word)
