"""What a ticket and a window are, and which step may follow which. Pure.

    issued ──call──> called ──start──> serving ──finish──> done
      │ ^              │ ├─recall (stays called)  │
      │ └─transfer ────┼─┴────────────────────────┘   (transferred: waits again in another queue, keeps its time)
      └─give up──> cancelled └─absent──> no_show

Who is next: the earliest virtual arrival. That is the arrival less a credit in minutes for those who cannot well
wait, so a credit is worth a fixed time and nobody starves: whoever came ``MAX_CREDIT_MS`` earlier is always first.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.queue.errors import WrongState

State = Literal["issued", "called", "serving", "done", "no_show", "cancelled", "transferred"]
WAITING: frozenset[State] = frozenset({"issued", "transferred"})
AT_WINDOW: frozenset[State] = frozenset({"called", "serving"})
LIVE: frozenset[State] = WAITING | AT_WINDOW

CREDIT_MS: Mapping[str, int] = {"elder": 900_000, "wheelchair": 900_000, "low-vision": 900_000, "pushchair": 600_000}
"""By what the visitor said of themselves when taking the ticket; the clerk sees it."""
MAX_CREDIT_MS = max(CREDIT_MS.values())

_CONFUSABLE = frozenset("IO")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One visitor's place. ``token`` is the visitor's secret; ``queue`` a department's key. Times are ms UTC."""

    id: int
    token: str
    number: str
    day: date
    queue: str
    item: str | None
    profile: str
    lang: str
    state: State
    virtual_ms: int
    issued_ms: int
    window: str | None = None
    staff: str | None = None
    calls: int = 0
    called_ms: int | None = None
    started_ms: int | None = None
    ended_ms: int | None = None

    @property
    def priority(self) -> bool:
        return self.profile in CREDIT_MS


def virtual_arrival_ms(now_ms: int, profile: str) -> int:
    return now_ms - CREDIT_MS.get(profile, 0)


def called(ticket: Ticket, *, window: str, staff: str, now_ms: int) -> Ticket:
    _need(ticket, WAITING)
    return replace(ticket, state="called", window=window, staff=staff, calls=1, called_ms=now_ms, started_ms=None)


def recalled(ticket: Ticket) -> Ticket:
    _need(ticket, {"called"})
    return replace(ticket, calls=ticket.calls + 1)


def started(ticket: Ticket, *, now_ms: int) -> Ticket:
    _need(ticket, {"called"})
    return replace(ticket, state="serving", started_ms=now_ms)


def finished(ticket: Ticket, *, now_ms: int) -> Ticket:
    _need(ticket, {"serving"})
    return replace(ticket, state="done", ended_ms=now_ms)


def absent(ticket: Ticket, *, now_ms: int) -> Ticket:
    _need(ticket, {"called"})
    return replace(ticket, state="no_show", ended_ms=now_ms)


def given_up(ticket: Ticket, *, now_ms: int) -> Ticket:
    """By the visitor, before the service began; or by the end of the day."""
    _need(ticket, WAITING | {"called"})
    return replace(ticket, state="cancelled", ended_ms=now_ms)


def transferred(ticket: Ticket, *, queue: str) -> Ticket:
    """To another queue, with the number on the paper and the time already waited."""
    _need(ticket, AT_WINDOW)
    return replace(
        ticket, state="transferred", queue=queue, window=None, staff=None, calls=0, called_ms=None, started_ms=None
    )


def _need(ticket: Ticket, states: Iterable[State]) -> None:
    if ticket.state not in states:
        raise WrongState(number=ticket.number, state=ticket.state, wanted=" / ".join(sorted(states)))


# --- windows

WindowState = Literal["closed", "open", "break"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A window as the queue knows it. ``staffed_by``: who opened it holds it until they close it."""

    window: str
    state: WindowState = "closed"
    staffed_by: str | None = None
    opened_ms: int | None = None

    @property
    def open(self) -> bool:
        return self.state == "open"


# --- numbers


def prefixes(queues: Sequence[str], *, taken: Iterable[str]) -> dict[str, str]:
    """A letter for each queue, in order: none that looks like a figure, none that begins a window's number."""
    avoid = _CONFUSABLE | {t[:1].upper() for t in taken}
    letters = [c for c in string.ascii_uppercase if c not in avoid]
    labels = [*letters, *(a + b for a in letters for b in letters)]
    return dict(zip(queues, labels, strict=False))


def number_of(prefix: str, n: int) -> str:
    """C007; a thousandth visitor of one day gets four figures."""
    return f"{prefix}{n:03d}"
