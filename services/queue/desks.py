"""What clerks do at a window: open it, call, go on with the visitor, send them elsewhere, close it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.ports import Connection
from services.queue import model, store
from services.queue.core import Core
from services.queue.directory import WindowInfo
from services.queue.errors import (
    NobodyWaiting,
    NothingCalled,
    NoWindowOpen,
    WindowBusy,
    WindowClosed,
    WindowHeld,
    WindowOffline,
)
from services.queue.model import Desk, Ticket

CALL = "queue.call"
MANAGE = "queue.manage"


class Desks:
    """The clerks' half of the queue. Whoever opens a window holds it until they close it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # --- the window itself

    def open(self, actor: Actor, window: str) -> dict[str, Any]:
        def opened(desk: Desk) -> Desk:
            self._check_holder(actor, desk)
            now_ms = self._core.now_ms()
            return replace(desk, state="open", staffed_by=actor.id, opened_ms=desk.opened_ms or now_ms)

        return self._change(actor, window, "opened", opened)

    def pause(self, actor: Actor, window: str) -> dict[str, Any]:
        """A break: the window stays the clerk's, but nobody is called."""

        def paused(desk: Desk) -> Desk:
            self._check_holder(actor, desk)
            if desk.state == "closed":
                raise WindowClosed(desk.window)
            return replace(desk, state="break")

        return self._change(actor, window, "paused", paused)

    def close(self, actor: Actor, window: str) -> dict[str, Any]:
        """By its clerk, or by a manager when the clerk forgot."""

        def closed(desk: Desk) -> Desk:
            if not actor.can(MANAGE):
                self._check_holder(actor, desk)
            return Desk(window=desk.window)

        return self._change(actor, window, "closed", closed)

    # --- the visitor

    def call_next(self, actor: Actor, window: str) -> dict[str, Any]:
        """Calls whoever is next. Two windows never get the same visitor, nor one window two."""
        core, info = self._core, self._access(actor, window)
        core.begin_day()
        now_ms = core.now_ms()
        with core.database.transaction() as conn:
            self._hold(conn, actor, info.number, calling=True)
            current = store.find_at_window(conn, core.site, info.number)
            if current is not None:
                raise WindowBusy(info.number, current.number)
            before = store.take_next(conn, core.site, core.today(), info.queue)
            if before is None:
                raise NobodyWaiting(info.number)
            after = model.called(before, window=info.number, staff=actor.id, now_ms=now_ms)
            store.save_ticket(conn, after)
            n = core.record(conn, actor, "called", before, after)
        core.publisher.call(after, n=n, now_ms=now_ms)
        core.publisher.tell([info.queue], ticket=after)
        return self.get(actor, info.number)

    def recall(self, actor: Actor, window: str) -> dict[str, Any]:
        """The same visitor once more."""
        after, n = self._step(actor, window, "recalled", model.recalled, calling=True)
        self._core.publisher.call(after, n=n, now_ms=self._core.now_ms())
        return self._told(actor, window, after)

    def start(self, actor: Actor, window: str) -> dict[str, Any]:
        after, _ = self._step(actor, window, "started", lambda t: model.started(t, now_ms=self._core.now_ms()))
        return self._told(actor, window, after)

    def finish(self, actor: Actor, window: str) -> dict[str, Any]:
        after, _ = self._step(actor, window, "finished", lambda t: model.finished(t, now_ms=self._core.now_ms()))
        return self._told(actor, window, after, left=True)

    def no_show(self, actor: Actor, window: str) -> dict[str, Any]:
        after, _ = self._step(actor, window, "no_show", lambda t: model.absent(t, now_ms=self._core.now_ms()))
        return self._told(actor, window, after, left=True)

    def transfer(self, actor: Actor, window: str, *, to: str, why: str | None = None) -> dict[str, Any]:
        """To another department's queue; the visitor keeps the number and the time already waited."""
        core, target = self._core, self._core.directory.get_queue(to)
        with core.database.transaction() as conn:
            if not core.views.facts(conn, core.today(), target.key).serving:
                raise NoWindowOpen(target.key)
        after, _ = self._step(actor, window, "transferred", lambda t: model.transferred(t, queue=target.key), why=why)
        return self._told(actor, window, after, left=True)

    # --- what they see

    def get(self, actor: Actor, window: str) -> dict[str, Any]:
        """A window as its clerk sees it."""
        core, info = self._core, self._access(actor, window)
        with core.database.transaction() as conn:
            facts = core.views.facts(conn, core.today(), info.queue)
            done = store.count_done(conn, core.site, core.today())
            current = facts.busy.get(info.number)
            visitor = None if current is None else core.reach_of(conn, current)
        shown = core.views.window(facts, info.number, served_today=done.get(info.number, 0))
        if visitor is not None:
            shown["current"] = {**shown["current"], **visitor}
        return shown | {"screen": core.publisher.screen_state(info.number)}

    def list_all(self, actor: Actor) -> list[dict[str, Any]]:
        """All windows, by number."""
        require(actor, CALL)
        core = self._core
        with core.database.transaction() as conn:
            done = store.count_done(conn, core.site, core.today())
            facts = core.views.list_facts(conn, core.today(), list(core.directory.queues))
        shown = [
            core.views.window(f, n, served_today=done.get(n, 0)) | {"screen": core.publisher.screen_state(n)}
            for f in facts
            for n in f.info.numbers
        ]
        return sorted(shown, key=lambda w: str(w["number"]))

    # --- how

    def _access(self, actor: Actor, window: str) -> WindowInfo:
        """The window, for those who may work at one."""
        require(actor, CALL)
        return self._core.directory.get_window(window)

    @staticmethod
    def _check_holder(actor: Actor, desk: Desk) -> None:
        if desk.staffed_by not in (None, actor.id):
            raise WindowHeld(desk.window)

    def _hold(self, conn: Connection, actor: Actor, window: str, *, calling: bool) -> Desk:
        """The window's row, locked, if this clerk holds it; to call it must be open and its terminal answer."""
        desk = store.lock_desk(conn, self._core.site, window)
        if desk is None or desk.state == "closed":
            raise WindowClosed(window)
        self._check_holder(actor, desk)
        if calling:
            if not desk.open:
                raise WindowClosed(window)
            if not self._core.views.is_online(window):
                raise WindowOffline(window)
        return desk

    def _change(self, actor: Actor, window: str, kind: str, change: Callable[[Desk], Desk]) -> dict[str, Any]:
        """Opens, pauses or closes. A window with a visitor can only be opened (it already is)."""
        core, info = self._core, self._access(actor, window)
        core.begin_day()
        with core.database.transaction() as conn:
            before = store.lock_desk(conn, core.site, info.number) or Desk(window=info.number)
            after = change(before)
            current = store.find_at_window(conn, core.site, info.number)
            if current is not None and not after.open:
                raise WindowBusy(info.number, current.number)
            if after != before:
                store.save_desk(conn, core.site, after)
                core.record_desk(conn, actor, kind, before, after)
        core.publisher.tell([info.queue])
        return self.get(actor, info.number)

    def _step(
        self,
        actor: Actor,
        window: str,
        kind: str,
        change: Callable[[Ticket], Ticket],
        *,
        calling: bool = False,
        why: str | None = None,
    ) -> tuple[Ticket, int]:
        """One step of the visitor at this window: what became of them, and the number of the event."""
        core, info = self._core, self._access(actor, window)
        core.begin_day()
        with core.database.transaction() as conn:
            self._hold(conn, actor, info.number, calling=calling)
            before = store.find_at_window(conn, core.site, info.number)
            if before is None:
                raise NothingCalled(info.number)
            after = change(before)
            store.save_ticket(conn, after)
            n = core.record(conn, actor, kind, before, after, why=why)
        return after, n

    def _told(self, actor: Actor, window: str, ticket: Ticket, *, left: bool = False) -> dict[str, Any]:
        info = self._access(actor, window)
        if left:
            self._core.publisher.clear_screen(info.number)
        self._core.publisher.tell(list({info.queue, ticket.queue}), ticket=ticket)
        return self.get(actor, info.number)
