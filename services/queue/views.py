"""What the queue shows: a ticket's place, a window's visitor, each queue's length and wait, the latest calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.kernel.live import LiveReader, read
from services.kernel.ports import Connection
from services.kernel.visits import ItemSource
from services.queue import store
from services.queue.directory import Directory, QueueInfo, WindowInfo
from services.queue.model import WAITING, Desk, Ticket
from services.queue.wait import MAX_SAMPLES, wait_range_min

MAX_WAITING = 500
"""People waiting in one queue; nobody would wait behind more."""
BOARD_CALLS = 5
_CALLS_READ = 60
NEXT_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue at one moment."""

    info: QueueInfo
    waiting: tuple[Ticket, ...]
    desks: Mapping[str, Desk]
    online: frozenset[str]
    busy: Mapping[str, Ticket]
    taken_s: tuple[float, ...]

    @property
    def serving(self) -> tuple[str, ...]:
        """Windows that are open and whose terminal answers."""
        return tuple(n for n in self.info.numbers if n in self.online and n in self.desks and self.desks[n].open)

    def wait_min(self, ahead: int) -> tuple[int, int] | None:
        idle = sum(1 for n in self.serving if n not in self.busy)
        return wait_range_min(ahead=ahead, windows=len(self.serving), idle=idle, taken_s=self.taken_s)

    def ahead_of(self, ticket: Ticket) -> int | None:
        """How many are called before; None once called."""
        if ticket.state not in WAITING:
            return None
        mine = (ticket.virtual_ms, ticket.id)
        return sum(1 for t in self.waiting if (t.virtual_ms, t.id) < mine)


class Views:
    """Reads within the caller's transaction."""

    def __init__(self, *, site: str, directory: Directory, live: LiveReader, items: ItemSource) -> None:
        self._site, self.directory, self._live, self._items = site, directory, live, items

    def is_online(self, window: str) -> bool:
        """False only when the window's terminal is known to be offline, or the window is there no more."""
        info = self.directory.windows.get(window)
        if info is None:
            return False
        return info.terminal is None or read(self._live, info.terminal, "online") is not False

    def facts(self, conn: Connection, day: date, key: str) -> QueueFacts:
        return self.list_facts(conn, day, [key])[0]

    def list_facts(self, conn: Connection, day: date, keys: Sequence[str]) -> list[QueueFacts]:
        """However many queues, four queries."""
        desks = {d.window: d for d in store.list_desks(conn, self._site)}
        infos = [self.directory.recall_queue(key) for key in keys]
        at_windows = store.list_at_windows(conn, self._site, [n for i in infos for n in i.numbers])
        waiting: defaultdict[str, list[Ticket]] = defaultdict(list)
        for ticket in store.list_waiting(conn, self._site, day, keys):
            waiting[ticket.queue].append(ticket)
        taken_s = store.list_taken_s(conn, self._site, keys, limit=MAX_SAMPLES)
        return [
            QueueFacts(
                info=info,
                waiting=tuple(waiting[info.key]),
                desks={n: desks[n] for n in info.numbers if n in desks},
                online=frozenset(n for n in info.numbers if self.is_online(n)),
                busy={t.window: t for t in at_windows if t.window in info.numbers},
                taken_s=tuple(taken_s[info.key]),
            )
            for info in infos
        ]

    # --- for visitors

    def ticket(self, facts: QueueFacts, ticket: Ticket) -> dict[str, Any]:
        """Without the token: whoever may see it has it."""
        ahead = facts.ahead_of(ticket)
        window = self.directory.windows.get(ticket.window or "")
        item = self._items.find_item(ticket.item) if ticket.item else None
        return {
            "number": ticket.number,
            "queue": facts.info.key,
            "department": facts.info.key,
            "department_name": dict(facts.info.name),
            "item": ticket.item,
            "item_name": None if item is None else dict(item.name),
            "state": ticket.state,
            "priority": ticket.priority,
            "ahead": ahead,
            "wait_min": None if ahead is None else facts.wait_min(ahead),
            "windows": list(facts.info.numbers),
            "open_windows": list(facts.serving),
            "called_window": ticket.window,
            "called_floor": window and window.floor,
            "calls": ticket.calls,
            "issued_ms": ticket.issued_ms,
            "called_ms": ticket.called_ms,
            "started_ms": ticket.started_ms,
            "ended_ms": ticket.ended_ms,
        }

    @staticmethod
    def queue(facts: QueueFacts) -> dict[str, Any]:
        """``wait_min``: of somebody who takes a ticket now."""
        return {
            "id": facts.info.id,
            "queue": facts.info.key,
            "department": facts.info.key,
            "department_name": dict(facts.info.name),
            "department_short": dict(facts.info.short),
            "prefix": facts.info.prefix,
            "floors": sorted({w.floor for w in facts.info.windows}),
            "windows": list(facts.info.numbers),
            "open_windows": list(facts.serving),
            "waiting": len(facts.waiting),
            "wait_min": facts.wait_min(len(facts.waiting)),
        }

    def calls(self, conn: Connection, *, since_ms: int) -> list[dict[str, Any]]:
        """The latest, each ticket once, the newest first."""
        latest: dict[str, dict[str, Any]] = {}
        for row in store.list_calls(conn, self._site, since_ms=since_ms, limit=_CALLS_READ):
            window = self.directory.windows.get(row.window)
            if row.number not in latest and window is not None:
                latest[row.number] = self.call(window, n=row.n, number=row.number, called_ms=row.at_ms)
        return list(latest.values())[:BOARD_CALLS]

    def past_calls(self, conn: Connection, *, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        """Every call of that time as the hall was told of it, the oldest first; of very many the latest."""
        rows = store.list_calls_between(conn, self._site, since_ms=since_ms, until_ms=until_ms, limit=_CALLS_READ)
        return [
            self.call(window, n=row.n, number=row.number, called_ms=row.at_ms) | {"calls": row.calls}
            for row in reversed(rows)
            if (window := self.directory.windows.get(row.window)) is not None
        ]

    def call(self, info: WindowInfo, *, n: int, number: str, called_ms: int) -> dict[str, Any]:
        """One call as boards show it; ``n`` rises with each call of the hall."""
        queue = self.directory.recall_queue(info.queue)
        return {
            "n": n,
            "number": number,
            "window": info.number,
            "window_id": info.id,
            "floor": info.floor,
            "queue": queue.key,
            "department": queue.key,
            "department_name": dict(queue.name),
            "called_ms": called_ms,
        }

    # --- for the clerk

    def window(self, facts: QueueFacts, number: str, *, served_today: int) -> dict[str, Any]:
        """No tokens: they are the visitors' own."""
        desk = facts.desks.get(number) or Desk(window=number)
        current = facts.busy.get(number)
        return {
            "number": number,
            "queue": facts.info.key,
            "department": facts.info.key,
            "department_name": dict(facts.info.name),
            "floor": next((w.floor for w in facts.info.windows if w.number == number), ""),
            "state": desk.state,
            "open": desk.open,
            "online": number in facts.online,
            "staffed_by": desk.staffed_by,
            "current": None if current is None else self._brief(current),
            "next": [self._brief(t) for t in facts.waiting[:NEXT_SHOWN]],
            "waiting": len(facts.waiting),
            "wait_min": facts.wait_min(len(facts.waiting)),
            "served_today": served_today,
        }

    def _brief(self, ticket: Ticket) -> dict[str, Any]:
        item = self._items.find_item(ticket.item) if ticket.item else None
        return {
            "number": ticket.number,
            "item": ticket.item,
            "item_name": None if item is None else dict(item.name),
            "state": ticket.state,
            "profile": ticket.profile,
            "priority": ticket.priority,
            "lang": ticket.lang,
            "calls": ticket.calls,
            "issued_ms": ticket.issued_ms,
            "called_ms": ticket.called_ms,
            "started_ms": ticket.started_ms,
        }


def values_of_queue(facts: QueueFacts) -> dict[str, int | bool]:
    """The points of ``{site}:queue:{key}``. ``wait_known`` False: the range last published counts no more."""
    wait = facts.wait_min(len(facts.waiting))
    values: dict[str, int | bool] = {
        "waiting": len(facts.waiting),
        "windows_open": len(facts.serving),
        "wait_known": wait is not None,
    }
    return values if wait is None else values | {"wait_lo_min": wait[0], "wait_hi_min": wait[1]}


def values_of_window(facts: QueueFacts, number: str) -> dict[str, int | bool | str]:
    """The points of ``{site}:window:{number}``."""
    desk = facts.desks.get(number) or Desk(window=number)
    current = facts.busy.get(number)
    return {
        "called": current.number if current else "",
        "serving": current is not None and current.state == "serving",
        "waiting": len(facts.waiting),
        "state": desk.state,
        "open": desk.open,
        "staffed": desk.staffed_by is not None and desk.open,
        "online": number in facts.online,
    }
